"""Step 14: the reader's function is run, and what it does wrong is said in both languages."""

import contextlib
import io
import linecache
import signal
import threading
import time
import traceback
import warnings
from _thread import interrupt_main
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.challenge.series import HORIZON
from helpers.challenge.source import Pipeline, plain, takes_seed
from helpers.language import BadInput
from helpers.leakage.tripwires import same_chance

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
