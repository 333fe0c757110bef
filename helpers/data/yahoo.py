"""Series from the network: asked from Yahoo Finance once and kept in data/downloads, whole or not at all."""

import contextlib
import logging
import math
import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from helpers.data.csv_file import parse_csv, read_csv
from helpers.data.series import SERIES
from helpers.data.table import PRICES, ROOT, DataError, finished, naming
from helpers.language import say

DOWNLOADS = ROOT / "data" / "downloads"
HEADER = b"Date,Open,High,Low,Close,Volume\n"  # of the files there
# The first day, the last day and the number of rows.
PERIODS = {"nikkei225": ("2021-01-04", "2025-06-19", 1092), "amazon": ("2013-01-02", "2022-12-30", 2518)}
LOGGERS = [logging.getLogger(name) for name in ("yfinance", "bs4.dammit")]  # of the packages that log what goes wrong
NEWER = 60  # fewer days are no exam
TIMEOUT = 10.0  # seconds for a whole download, so that a stalled network does not hold up a class
PAUSE = 300  # seconds in which a download that timed out is not tried again: a class waits for a stalled network once
_stalled: dict[tuple[str, str], float] = {}  # name and first day -> when


def downloaded(name: str) -> pd.DataFrame:
    """The kept file if it is whole, else a new one, kept only once it has passed the same reader.

    Returns: as load_prices. Raises: DataError where there is neither.
    """
    start, end, _ = PERIODS[name]
    return _kept_or_new(name, f"{name}.csv", start, end, _whole)


def newer(name: str) -> pd.DataFrame:
    """The days since the stated end of a series, up to yesterday: the kept ones, else asked for once and kept.

    Returns: as load_prices, NEWER rows or more. Raises: DataError where they cannot be had.
    """
    start = str((pd.Timestamp(PERIODS[name][1]) + pd.Timedelta(days=1)).date())
    yesterday = str((pd.Timestamp.now() - pd.Timedelta(days=1)).date())
    return _kept_or_new(name, f"{name}_newer.csv", start, yesterday, _enough)


def _kept_or_new(name: str, file_name: str, start: str, end: str, check: Callable) -> pd.DataFrame:
    file, damage = DOWNLOADS / file_name, None
    if file.exists():
        try:
            with naming(f"data/downloads/{file.name}"):
                frame, raw = read_csv(file), file.read_bytes()
                # A file of ours ends with a line break. One cut off within its last volume would look whole otherwise.
                if raw.startswith(HEADER) and not raw.endswith(b"\n"):
                    raise DataError("最後の行の途中で切れています", "cut off in its last line")
                return check(frame, name)
        except DataError as error:
            damage = error
    try:
        with naming(f"Yahoo Finance ({SERIES[name].symbol})"):
            text = _ask_yahoo(name, start, end)
            frame = check(parse_csv(text), name)
    except DataError as failure:
        if damage:  # the file stays where it is: it may be all that the reader has
            raise DataError(f"{damage.ja}。{failure.ja}", f"{damage.en}; {failure.en}") from None
        raise
    _keep(text, file, damage)
    return frame


def _enough(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows after the stated end, or DataError where there are too few for an exam."""
    part = frame[frame.index > PERIODS[name][1] + " 23:59"]
    if len(part) < NEWER or not set(PRICES) <= set(part.columns):
        raise DataError(
            f"{PERIODS[name][1]} より後の価格が {NEWER} 行以上要ります。今は {len(part)} 行です",
            f"prices of {NEWER} days or more after {PERIODS[name][1]} are needed, found {len(part)}",
        )
    return finished(part, SERIES[name].attrs(name))


def _whole(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows from the first day to the last, or DataError where the file or answer is only a part of the series."""
    start, end, rows = PERIODS[name]
    part = frame.loc[start : end + " 23:59"]
    ends = [str(day.date()) for day in part.index[[0, -1]]] if len(part) else []
    if ends != [start, end] or len(part) < 0.95 * rows or not set(PRICES) <= set(part.columns):
        needed, found = ", ".join(PRICES), f"{len(part):,} ({', '.join(part.columns)})"
        raise DataError(
            f"途中までか、別の期間です。{start} から {end} までの約 {rows:,} 行（{needed}）が要ります。今は {found}",
            f"cut off or of another period: {start} to {end} is about {rows:,} rows ({needed}). Found: {found}",
        )
    return finished(part, SERIES[name].attrs(name))


def _keep(text: str, file: Path, damage: DataError | None) -> None:
    """Write to a temporary file and rename it: a reader, or a crash, never meets half a file."""
    temporary, aside = file.with_suffix(f".{os.getpid()}.tmp"), file.with_suffix(f".damaged-{time.time_ns()}.csv")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(text.encode())
        if damage:
            os.replace(file, aside)
            say(
                f"{damage.ja}。元のファイルは data/downloads/{aside.name} に移し、ダウンロードし直しました。",
                f"{damage.en}. The old file is now data/downloads/{aside.name}; the series was downloaded again.",
            )
        os.replace(temporary, file)
    except OSError as error:  # a full or read-only disk: the series is here all the same
        say(
            f"data/downloads/{file.name} に保存できませんでした（{error.strerror}）。次もダウンロードします。",
            f"data/downloads/{file.name} could not be saved ({error.strerror}). The next time downloads it again.",
        )
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _ask_yahoo(name: str, start: str, end: str) -> str:
    """The days from `start` to `end` as CSV text, as Yahoo quotes it: adjusted for splits, not for dividends. DataError for any failure."""
    if os.environ.get("LSTM_TUTORIAL_OFFLINE", "0") not in ("", "0"):
        raise DataError("LSTM_TUTORIAL_OFFLINE の設定により接続しません", "LSTM_TUTORIAL_OFFLINE is set: not asked")
    if time.monotonic() - _stalled.get((name, start), -math.inf) < PAUSE:
        raise DataError(
            f"さきほど時間切れになったので、{PAUSE // 60} 分たつか、カーネルを再起動するまで接続しません",
            f"timed out before, so not asked again for {PAUSE // 60} minutes, or until the kernel is restarted",
        )
    try:
        with warnings.catch_warnings(action="ignore"):
            answer = _history(name, start, end).dropna(
                how="all", subset=PRICES
            )  # without the days that have no price at all
        # Yahoo stores 32-bit numbers: 27575.57 arrives as 27575.5703125. The shortest decimals of the 32-bit number are
        # the price as it was quoted.
        quoted = answer[PRICES].astype("float32").assign(Volume=answer["Volume"].astype("int64"))
        return quoted.to_csv(date_format="%Y-%m-%d", index_label="Date", lineterminator="\n")  # the exchange's own days
    except Exception as error:  # yfinance, curl and the parsing of a broken answer raise errors of every kind
        kind, detail = type(error).__name__, " ".join(str(error).partition(". See ")[0].split())[:120]
        if isinstance(error, TimeoutError) or "Timeout" in kind:
            told = f"{TIMEOUT:g} 秒以内に答えがありません", f"no answer within {TIMEOUT:g} seconds"
            _stalled[name, start] = time.monotonic()
        elif isinstance(error, (ValueError, LookupError, TypeError, AttributeError)):
            told = f"答えが株価の形をしていません（{kind}）", f"the answer does not have the form of prices ({kind})"
        else:
            told = f"データを受け取れません: {kind}: {detail}", f"gives no data: {kind}: {detail}"
        raise DataError(*told) from error


def _history(name: str, start: str, end: str) -> pd.DataFrame:
    """yfinance's table, with one deadline for all its requests: it asks for cookies first, each with a time-out."""
    import yfinance  # takes a second: only who downloads waits for it
    from curl_cffi import requests
    from yfinance.data import YfData

    session = requests.Session(impersonate="chrome")
    request, deadline = session.request, time.monotonic() + TIMEOUT

    def in_time(method: str, url: str, **options):
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(url)
        # Prices come without cookies too; where a firewall swallows the cookie's address, time must be left for them.
        options["timeout"] = left if "/chart/" in url else min(left, TIMEOUT / 8)
        return request(method, url, **options)

    YfData.cache_get.cache_clear()  # it remembers broken answers as well, and would give them again
    debug = yfinance.config.debug
    # What goes wrong is raised, and red log lines would only frighten. A filter lets pass a logger of its name: nobody.
    hide, silence = debug.hide_exceptions, logging.Filter("nobody")
    try:
        for logger in LOGGERS:
            logger.addFilter(silence)
        session.request, debug.hide_exceptions = in_time, False
        ticker = yfinance.Ticker(SERIES[name].symbol, session=session)
        after = pd.Timestamp(end) + pd.Timedelta(days=1)  # yfinance leaves the end itself out
        return ticker.history(start=start, end=after, auto_adjust=False, actions=False)
    finally:  # yfinance keeps the session for whatever the reader asks it next
        session.request, debug.hide_exceptions = request, hide
        for logger in LOGGERS:
            logger.removeFilter(silence)
