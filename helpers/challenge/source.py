"""Step 14: what a function handed in is made of: its source, a hash of it, and the tables that it reads from outside."""

import ast
import contextlib
import hashlib
import inspect
import re
import secrets
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from types import CodeType, FunctionType, MethodType

import numpy as np
import pandas as pd

Pipeline = Callable[..., object]  # (table, origins) or (table, origins, seed) -> forecasts, or (forecasts, low, high)
CONSTANT = (bool, int, float, str, tuple)  # a list or a dict may be a store that grows with each call


def takes_seed(pipeline: Pipeline) -> bool:
    """Whether a function has an argument `seed`."""
    try:
        return "seed" in inspect.signature(pipeline).parameters
    except (TypeError, ValueError):  # not a function, or one that does not say
        return False


def _inside(value: object) -> object:
    """What a `partial` or a decorator wraps; None where nothing is wrapped."""
    if isinstance(value, (partial, MethodType)):
        return getattr(value, "func", None)  # what a method wraps has lost its object
    return getattr(value, "__dict__", {}).get("__wrapped__")


def plain(value: object) -> object:
    """The function inside a `partial` or a decorator; anything else as it is."""
    inside = _inside(value)
    return value if inside is None else plain(inside)


def _names(code: CodeType) -> set[str]:
    """Every name that a piece of code, or a function defined inside it, may look up outside."""
    inner = [const for const in code.co_consts if isinstance(const, CodeType)]
    return set(code.co_names).union(*map(_names, inner))


@dataclass(frozen=True)
class Outside:
    """What a function reads although it was not handed to it, and how to put something else in its place."""

    name: str
    value: object
    put: Callable[[object], None]


def _variables(function: FunctionType) -> Iterator[Outside]:
    """The global and enclosing variables that a function refers to."""
    home = function.__globals__
    for name in sorted(_names(function.__code__) & home.keys()):
        yield Outside(name, home[name], partial(home.__setitem__, name))
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):  # a cell that is still empty
            yield Outside(name, cell.cell_contents, partial(setattr, cell, "cell_contents"))


def _owner(value: object) -> object:
    """The object of a bound method; anything else as it is."""
    value = plain(value)
    return value.__self__ if isinstance(value, MethodType) else value


def _part(value: object) -> FunctionType | type:
    """The function or class that a value is, or the class that it is an object of."""
    owner = _owner(value)
    return owner if isinstance(owner, (FunctionType, type)) else type(owner)


def _functions(part: FunctionType | type) -> list[FunctionType]:
    """A function itself, or the methods of a class."""
    values = vars(part).values() if isinstance(part, type) else [part]
    inside = [plain(one.__func__ if isinstance(one, (classmethod, staticmethod)) else one) for one in values]
    return [one for one in inside if isinstance(one, FunctionType)]


def _parts(pipeline: Pipeline) -> list[FunctionType | type]:
    """The function itself, and the functions and classes beside it that it refers to or was given, directly or not."""
    found, given = [_part(pipeline)], [value for _, value in _settings(pipeline)]
    for part in found:  # grows while it is read
        beside = [one.value for function in _functions(part) for one in _variables(function)]
        for other in map(_part, [*getattr(part, "__bases__", ()), *beside, *given]):
            # A function of the helpers may be given one of the notebook, whose module is `__main__`.
            if other.__module__ in (part.__module__, "__main__") and other not in found:
                found.append(other)
    return found


def _read(pipeline: Pipeline) -> list[Outside]:
    """Every variable outside that a function, or what it uses, refers to; one a name."""
    functions = [function for part in _parts(pipeline) for function in _functions(part)]
    found = {one.name: one for function in functions for one in _variables(function)}
    return [one for _, one in sorted(found.items())]


def _source(part: object) -> str:
    """The source of a function or a class; where Python has none, a notebook's class in its values; else empty."""
    if isinstance(part, type):
        own = [one for one in _functions(part) if one.__qualname__ == f"{part.__qualname__}.{one.__name__}"]
        with contextlib.suppress(OSError, TypeError, ValueError, SyntaxError, IndexError):
            return _class_around(own[0])
    with contextlib.suppress(OSError, TypeError):
        return inspect.getsource(part).strip()
    if isinstance(part, type) and part.__module__ == "__main__":  # of a notebook, with no method that was written there
        values = [f"    {name} = {_told(value)}" for name, value in vars(part).items() if not name.startswith("__")]
        return "\n".join([f"class {part.__name__}:", *values])
    return ""


def _class_around(method: FunctionType) -> str:
    """The source of the class that a method stands in. Of a notebook's class Python knows no file, of its methods it does."""
    lines, at = inspect.findsource(method)
    classes = [node for node in ast.walk(ast.parse("".join(lines))) if isinstance(node, ast.ClassDef)]
    *_, found = [node for node in classes if node.lineno <= at + 1 <= node.end_lineno]  # `walk` goes inwards
    first = min(node.lineno for node in [found, *found.decorator_list])
    return textwrap.dedent("".join(lines[first - 1 : found.end_lineno])).strip()


def _settings(pipeline: object) -> Iterator[tuple[str, object]]:
    """What pipelines of one source may differ by: the arguments of a `partial`, the name of a method, an object's values."""
    inside = _inside(pipeline)
    if isinstance(pipeline, partial):
        yield from [("partial", value) for value in pipeline.args]
        yield from pipeline.keywords.items()
    if isinstance(pipeline, MethodType):
        yield "method", pipeline.__name__
        inside = pipeline.__self__
    if inside is not None:
        yield from _settings(inside)
    elif not isinstance(pipeline, (FunctionType, type)):
        yield from getattr(pipeline, "__dict__", {}).items()


def _told(value: object) -> str:
    """A value as Python writes it. An address, which is another one in every kernel, gives way to what the object holds."""
    held = [f"{name}={one!r}" for name, one in _settings(value)] if " at 0x" in repr(value) else []
    return re.sub(r" at 0x[0-9A-Fa-f]+", "", " ".join([repr(value), *held]))


def source_of(pipeline: Pipeline) -> str:
    """The source of the function and of the functions and classes beside it that it uses; empty where Python has none.

    Behind it, as comments, the arguments of a `partial`, the method and the values of an object, and the constants.
    """
    constants = [(one.name, one.value) for one in _read(pipeline) if isinstance(one.value, CONSTANT)]
    settings = "\n".join(f"{name}={_told(value)}" for name, value in [*_settings(pipeline), *constants])
    texts = [*map(_source, _parts(pipeline)), textwrap.indent(settings, "# ")]
    return "\n\n\n".join(filter(None, texts))


def hash_of(pipeline: Pipeline) -> str:
    """Twelve digits that two submissions share only when their sources are equal (from SHA-256).

    Where Python has no source of what is called, they are drawn by chance: nothing then says that two are the same.
    """
    called = plain(pipeline)
    number = int(hashlib.sha256(source_of(pipeline).encode()).hexdigest(), 16) % 10**12
    if not callable(called) or not (_source(called) or _source(type(called).__call__)):
        number = secrets.randbelow(10**12)
    return "-".join(f"{number:012}"[start : start + 4] for start in (0, 4, 8))


def outside_tables(pipeline: Pipeline, rows: int) -> list[Outside]:
    """The tables, series and arrays of `rows` rows that a function refers to as global or enclosing variables."""
    tables = [one for one in _read(pipeline) if isinstance(one.value, (pd.DataFrame, pd.Series, np.ndarray))]
    return [one for one in tables if len(one.value.shape) in (1, 2) and len(one.value) == rows]
