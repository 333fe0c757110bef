"""Step 14: the reader's function is run, and what it does wrong is said in both languages."""

import contextlib
import hashlib
import inspect
import io
import linecache
import signal
import threading
import time
import traceback
import warnings
from _thread import interrupt_main
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from types import CodeType, FunctionType

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
        with quiet[0], quiet[1], same_chance(), _stopped_after(limit):
            given = pipeline(table.copy(), origins.copy(), **option)
    except TimeoutError:
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


@contextlib.contextmanager
def _stopped_after(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in here after so many seconds. A single long call into compiled code is stopped when it returns."""
    late = threading.Event()

    def ring() -> None:
        late.set()
        interrupt_main()

    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread can be interrupted
        return
    before = signal.getsignal(signal.SIGINT)
    if not callable(before):  # ignored, as in a job in the background: then nothing would be interrupted
        signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(seconds, ring)
    timer.start()
    try:
        yield
    except KeyboardInterrupt:
        if late.is_set():
            raise TimeoutError from None
        raise  # the reader's own stop
    finally:
        timer.cancel()
        if not callable(before):
            signal.signal(signal.SIGINT, before or signal.SIG_DFL)


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


def plain(pipeline: Pipeline) -> Pipeline:
    """The function inside a `partial`."""
    return plain(pipeline.func) if isinstance(pipeline, partial) else pipeline


def _names(code: CodeType) -> set[str]:
    """Every name that a piece of code, or a function defined inside it, may look up outside."""
    inner = [const for const in code.co_consts if isinstance(const, CodeType)]
    return set(code.co_names).union(*map(_names, inner))


def functions_of(pipeline: Pipeline) -> list[FunctionType]:
    """The function itself and those defined beside it that it calls, directly or not; empty for one that is no function."""
    pipeline = plain(pipeline)
    found = [pipeline] if isinstance(pipeline, FunctionType) else []
    for function in found:  # grows while it is read
        home = function.__globals__
        beside = [home[name] for name in sorted(_names(function.__code__)) if name in home]
        found += [f for f in beside if isinstance(f, FunctionType) and f.__globals__ is home and f not in found]
    return found


def source_of(pipeline: Pipeline) -> str:
    """The source of the function and of those beside it that it calls; empty where Python has none."""
    texts = []
    for function in functions_of(pipeline):
        with contextlib.suppress(OSError, TypeError):
            texts.append(inspect.getsource(function).strip())
    return "\n\n\n".join(texts)


def hash_of(pipeline: Pipeline) -> str:
    """Twelve digits that two submissions share only when their sources are equal (from SHA-256)."""
    number = int(hashlib.sha256(source_of(pipeline).encode()).hexdigest(), 16) % 10**12
    return "-".join(f"{number:012}"[start : start + 4] for start in (0, 4, 8))


@dataclass(frozen=True)
class Outside:
    """A table of the notebook that the function reads although it was not handed to it, and how to put another in its place."""

    name: str
    value: object
    put: Callable[[object], None]


def outside_tables(pipeline: Pipeline, rows: int) -> list[Outside]:
    """The tables, series and arrays of `rows` rows that a function refers to as global or enclosing variables."""
    found = {}
    for function in functions_of(pipeline):
        home = function.__globals__
        for name in _names(function.__code__) & home.keys():
            found[name] = Outside(name, home[name], partial(home.__setitem__, name))
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        for name, cell in cells:
            with contextlib.suppress(ValueError):  # a cell that is still empty
                found[name] = Outside(name, cell.cell_contents, partial(setattr, cell, "cell_contents"))
    tables = [one for _, one in sorted(found.items()) if isinstance(one.value, (pd.DataFrame, pd.Series, np.ndarray))]
    return [one for one in tables if len(one.value.shape) in (1, 2) and len(one.value) == rows]
