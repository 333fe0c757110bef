"""Step 14: the reader's function is run, and what it does wrong is said in both languages.

More than 200 lines of code because many of them are sentences, each in Japanese and in English.
"""

import ast
import contextlib
import hashlib
import inspect
import io
import linecache
import secrets
import signal
import textwrap
import threading
import time
import traceback
import warnings
from _thread import interrupt_main
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from types import CodeType, FrameType, FunctionType, MethodType

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.challenge.series import HORIZON
from helpers.language import BadInput
from helpers.leakage.tripwires import same_chance

Pipeline = Callable[..., object]  # (table, origins) or (table, origins, seed) -> forecasts, or (forecasts, low, high)
LIMIT = 15.0  # seconds for one call; a card makes about 20


class Failure(BadInput):
    """What a reader's function did wrong."""


@dataclass(frozen=True)
class Answer:
    """What one call gave: forecasts y, (n, HORIZON), the ends of an interval where there is one, and the seconds it took."""

    y: np.ndarray
    low: np.ndarray | None
    high: np.ndarray | None
    seconds: float


def ask(pipeline: Pipeline, table: pd.DataFrame, origins: ArrayLike, limit: float = LIMIT, seed: int = 0) -> Answer:
    """Call the reader's function on a copy of the table, and check what it returns.

    seed: for a function that has an argument of that name. Random numbers start alike in every call; what the function prints
    and warns of is dropped. Raises Failure, with what to do, when it raises, takes longer than `limit` seconds, or returns
    something else than finite numbers of the right shape.
    """
    origins, option = np.array(origins), {"seed": seed} if takes_seed(pipeline) else {}
    quiet = contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore")
    started = time.perf_counter()
    try:
        with quiet[0], quiet[1], same_chance():
            given = _in_time(lambda: pipeline(table.copy(), origins.copy(), **option), limit)
    except _TimeUp:
        raise Failure(
            f"1 回の呼び出しが {limit:g} 秒で終わりません。小さなモデルにするか、学習を短くしてください。",
            f"one call did not end within {limit:g} seconds: take a smaller model or train for less time.",
        ) from None
    except (Exception, SystemExit) as error:
        where = _where(error, pipeline)
        raise Failure(
            f"関数がエラーで止まりました。{type(error).__name__}: {error}{where[0]}",
            f"the function stopped with an error. {type(error).__name__}: {error}{where[1]}",
        ) from error
    parts = given if isinstance(given, tuple) else (given,)
    if len(parts) not in (1, 3):
        raise Failure(
            f"予測の配列 1 つか、(予測, 下端, 上端) の 3 つを返してください。{len(parts)} 個でした。",
            f"return one array of forecasts, or the three (forecast, low, high); there were {len(parts)}.",
        )
    y, low, high = [_checked(part, len(origins)) for part in parts] + [None] * (3 - len(parts))
    if low is not None and (low > high).any():
        raise Failure("区間の下端が上端より上にあります。", "the low end of the interval is above its high end.")
    return Answer(y, low, high, time.perf_counter() - started)


class _TimeUp(BaseException):
    """A call took too long. Not an Exception, so that an `except Exception` of the reader's function lets it pass."""


def _in_time(work: Callable[[], object], seconds: float) -> object:
    """What work() returns; raises _TimeUp when it takes longer. A single long call into compiled code is stopped when it returns.

    The interrupt comes again after as many seconds, because a bare `except` in the reader's function swallows it.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()  # only the main thread can be interrupted
    before, done = signal.getsignal(signal.SIGINT), threading.Event()
    working, late, ringing = True, False, False

    def ring() -> None:
        nonlocal late, ringing
        while not done.wait(seconds):
            late = ringing = True
            interrupt_main()

    def interrupted(number: int, frame: FrameType | None) -> None:
        nonlocal ringing
        if ringing:
            ringing = False
            if working:  # an alarm may come just after the work
                raise _TimeUp
        elif before is not signal.SIG_IGN:  # the reader's own stop
            (before if callable(before) else signal.default_int_handler)(number, frame)

    signal.signal(signal.SIGINT, interrupted)
    alarm = threading.Thread(target=ring, daemon=True)
    try:
        alarm.start()
        given = work()
    except (Exception, SystemExit):
        if not late:  # else it is what the reader's function made of the interrupt
            raise
    finally:
        working = False
        done.set()
        alarm.join()
        # Before it changes the handler, `signal` hands an alarm that has just rung to the old one.
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)
    if late:
        raise _TimeUp
    return given


def _where(error: BaseException, pipeline: Pipeline) -> tuple[str, str]:
    """The last line of the reader's own code that the error passed through, in Japanese and in English."""
    home = getattr(getattr(plain(pipeline), "__code__", None), "co_filename", "")
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == home]
    if not lines:
        return "", ""
    line = (lines[-1].line or linecache.getline(home, lines[-1].lineno)).strip()
    return f"（{lines[-1].name} の中の `{line}`）", f" (in {lines[-1].name}: `{line}`)"


def _checked(given: object, count: int) -> np.ndarray:
    """One returned array in floats, or a Failure that says what is wrong with it."""
    if given is None:
        raise Failure(
            "関数が何も返しませんでした。return を書き忘れていませんか。",
            "the function returned nothing. Is a return missing?",
        )
    try:
        y = np.asarray(given.detach().cpu() if hasattr(given, "detach") else given, dtype=float)
    except (TypeError, ValueError):
        raise Failure(
            "予測を数の配列にできません。起点ごとの長さが違うか、数でない値があります。",
            "the forecasts are no array of numbers: paths of different lengths, or something that is not a number.",
        ) from None
    if y.shape != (count, HORIZON):
        raise Failure(
            f"予測の形は (起点の数, HORIZON) = ({count}, {HORIZON}) です。{y.shape} でした。",
            f"the forecasts must have the shape (origins, HORIZON) = ({count}, {HORIZON}), not {y.shape}.",
        )
    if not np.isfinite(y).all():
        bad = int((~np.isfinite(y)).any(axis=1).sum())
        raise Failure(
            f"{count} 個の起点のうち {bad} 個で、予測が NaN か無限大です。起点の値が欠損値のときも、数を返してください。",
            f"from {bad} of {count} origins the forecast is NaN or infinite: give a number also where the value is missing.",
        )
    return y


# What a function is made of


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
    """The function itself, and the functions and classes beside it that it refers to, directly or not."""
    found = [_part(pipeline)]
    for part in found:  # grows while it is read
        beside = [one.value for function in _functions(part) for one in _variables(function)]
        for other in map(_part, [*getattr(part, "__bases__", ()), *beside]):
            if other.__module__ == part.__module__ and other not in found:
                found.append(other)
    return found


def _source(part: FunctionType | type) -> str:
    """The source of a function or a class; empty where Python has none."""
    if isinstance(part, type):
        own = [one for one in _functions(part) if one.__qualname__ == f"{part.__qualname__}.{one.__name__}"]
        with contextlib.suppress(OSError, TypeError, ValueError, SyntaxError, IndexError):
            return _class_around(own[0])
    with contextlib.suppress(OSError, TypeError):
        return inspect.getsource(part).strip()
    return ""


def _class_around(method: FunctionType) -> str:
    """The source of the class that a method stands in. Of a notebook's class Python knows no file, of its methods it does."""
    lines, at = inspect.findsource(method)
    classes = [node for node in ast.walk(ast.parse("".join(lines))) if isinstance(node, ast.ClassDef)]
    *_, found = [node for node in classes if node.lineno <= at + 1 <= node.end_lineno]  # `walk` goes inwards
    first = min(node.lineno for node in [found, *found.decorator_list])
    return textwrap.dedent("".join(lines[first - 1 : found.end_lineno])).strip()


def _settings(pipeline: object) -> list[str]:
    """What pipelines of one source may differ by: the arguments of a `partial`, the name of a method, an object's values."""
    told, inside = [], _inside(pipeline)
    if isinstance(pipeline, partial):
        told = ["partial: " + ", ".join([*map(repr, pipeline.args), *_named(pipeline.keywords)])]
    if isinstance(pipeline, MethodType):
        told, inside = [f"method: {pipeline.__name__}"], pipeline.__self__
    if inside is not None:
        return told + _settings(inside)
    return [] if isinstance(pipeline, (FunctionType, type)) else _named(getattr(pipeline, "__dict__", {}))


def _named(values: dict[str, object]) -> list[str]:
    return [f"{name}={value!r}" for name, value in values.items()]


def source_of(pipeline: Pipeline) -> str:
    """The source of the function and of the functions and classes beside it that it uses; empty where Python has none.

    Behind it, as comments, the arguments of a `partial`, and the method and the values of an object.
    """
    texts = [*map(_source, _parts(pipeline)), textwrap.indent("\n".join(_settings(pipeline)), "# ")]
    return "\n\n\n".join(filter(None, texts))


def hash_of(pipeline: Pipeline) -> str:
    """Twelve digits that two submissions share only when their sources are equal (from SHA-256).

    Where Python has no source of a part, they are drawn by chance: nothing then says that two are the same.
    """
    number = int(hashlib.sha256(source_of(pipeline).encode()).hexdigest(), 16) % 10**12
    if not all(map(_source, _parts(pipeline))):
        number = secrets.randbelow(10**12)
    return "-".join(f"{number:012}"[start : start + 4] for start in (0, 4, 8))


def outside_tables(pipeline: Pipeline, rows: int) -> list[Outside]:
    """The tables, series and arrays of `rows` rows that a function refers to as global or enclosing variables."""
    functions = [function for part in _parts(pipeline) for function in _functions(part)]
    found = {one.name: one for function in functions for one in _variables(function)}
    tables = [one for _, one in sorted(found.items()) if isinstance(one.value, (pd.DataFrame, pd.Series, np.ndarray))]
    return [one for one in tables if len(one.value.shape) in (1, 2) and len(one.value) == rows]
