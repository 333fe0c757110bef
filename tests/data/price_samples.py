"""Made-up prices, the CSVs in which many sources would write them, and what every table and every message must hold."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.data import DataError, load_prices
from helpers.data.table import ROOT


def in_both_languages(message: str, *parts: str) -> None:
    """One Japanese and one English line, and every part in each of them."""
    ja, en = str(message).strip().split("\n")
    assert re.search("[ぁ-ん]{2}", ja)
    assert len(re.findall("[A-Za-z]{2,}", en)) > 3 and len(re.findall("[ぁ-ん]", en)) < 5
    for part in parts:
        assert part in ja and part in en, part
    assert str(ROOT) not in str(message)


def is_well_formed(frame: pd.DataFrame, spoiled: bool = False) -> None:
    """spoiled: any value may be far from the others, the first too, from which the scale of a reader's file is taken."""
    assert frame.index.name == "Date" and frame.index.tz is None
    assert frame.index.is_monotonic_increasing and frame.index.is_unique
    assert (frame.dtypes == "float64").all() and np.isfinite(frame.to_numpy()).all()
    assert [c for c in ["Open", "High", "Low", "Close", "Volume"] if c in frame] == list(frame.columns)
    assert frame.attrs["column"] in frame.columns
    values = frame[frame.attrs["column"]]
    assert 0.1 < (values.iloc[0] if spoiled else values.median()) / frame.attrs["scale"] < 10


def prices(rows: int = 40) -> pd.DataFrame:
    """Prices of an index, with two decimals."""
    walk = 38000 + np.cumsum(np.random.default_rng(5).normal(0, 300, rows)).round(2)
    frame = pd.DataFrame({"Open": walk, "High": walk + 100.5, "Low": walk - 99.25, "Close": walk + 12.75})
    frame.index = pd.bdate_range("2025-04-01", periods=rows, name="Date")
    return frame.round(2)


def quoted(number: float) -> str:
    return f'"{number:,.2f}"'


def as_yahoo(frame: pd.DataFrame) -> str:
    lines = [
        f"{day:%Y-%m-%d},{r.Open},{r.High},{r.Low},{r.Close},{r.Close},{1000 + k}"
        for k, (day, r) in enumerate(frame.iterrows())
    ]
    return "\n".join(["Date,Open,High,Low,Close,Adj Close,Volume", *lines])


def as_stooq(frame: pd.DataFrame) -> str:
    lines = [
        f"{day:%Y-%m-%d},{r.Open},{r.High},{r.Low},{r.Close},{1000 + k}" for k, (day, r) in enumerate(frame.iterrows())
    ]
    return "\r\n".join(["Date,Open,High,Low,Close,Volume", *lines, ""])


def as_nikkei(frame: pd.DataFrame) -> str:
    lines = [f'"{day:%Y/%m/%d}","{r.Close}","{r.Open}","{r.High}","{r.Low}"' for day, r in frame.iterrows()]
    sentence = "本資料は日経の著作物です。無断で複製、配布してはいけません。"
    return "\r\n".join(["データ日付,終値,始値,高値,安値", *lines, sentence])


def as_investing(frame: pd.DataFrame) -> str:
    lines = [
        f'"{day.year}年{day:%m}月{day:%d}日",{quoted(r.Close)},{quoted(r.Open)},{quoted(r.High)},{quoted(r.Low)},'
        f'"1.{k:02d}B","-1%"'
        for k, (day, r) in enumerate(frame.iterrows())
    ]
    return "\n".join(['"日付け","終値","始値","高値","安値","出来高","変化率 %"', *lines[::-1]])


def as_simple(frame: pd.DataFrame) -> str:
    lines = [f"{day.year}/{day.month}/{day.day},{close}" for day, close in frame["Close"].items()]
    return "\n".join(["Date,Close", *lines])


def table(frame: pd.DataFrame, head: str, line: str, day: str = "%Y-%m-%d", newest_first: bool = False) -> str:
    """A header and a line a day; `line` is a format of d (the date), o, h, l, c and v."""
    lines = [
        line.format(d=f"{date:{day}}", o=r.Open, h=r.High, l=r.Low, c=r.Close, v=1000 + k, t=int(date.timestamp()))
        for k, (date, r) in enumerate(frame.iterrows())
    ]
    return "\n".join([head, *(lines[::-1] if newest_first else lines)])


def as_fred(frame: pd.DataFrame) -> str:
    """Holidays are there, without a value; so they are lines of their own here."""
    lines = table(frame, "observation_date,DEXJPUS", "{d},{c}").split("\n")
    return "\n".join([*lines[:9], "2025-04-12,", *lines[9:20], "2025-04-26,.", *lines[20:]])


def as_yf(frame: pd.DataFrame) -> str:
    head = "Price,Close,High,Low,Open,Volume\nTicker,^N225,^N225,^N225,^N225,^N225\nDate,,,,,"
    return table(frame, head, "{d},{c},{h},{l},{o},{v}")


def as_yf_by_ticker(frame: pd.DataFrame) -> str:
    head = "Ticker,^N225,^N225,^N225,^N225,^N225\nPrice,Open,High,Low,Close,Volume\nDate,,,,,"
    return table(frame, head, "{d},{o},{h},{l},{c},{v}")


OHLCV = "{d},{o},{h},{l},{c},{v}"
MACROTRENDS = """Macrotrends Data Download

IBM - Historical Price Data
DISCLAIMER AND TERMS OF USE: HISTORICAL DATA IS PROVIDED "AS IS", FOR INFORMATION, AND NOT FOR TRADING.

date,open,high,low,close,volume"""
DIALECTS = {  # how it is written, and how many columns are read
    "yf.download": (as_yf, 5),
    "yf.download by ticker": (as_yf_by_ticker, 5),
    "yfinance history": (
        lambda f: table(
            f, "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits", OHLCV + ",0.0,0.0", "%Y-%m-%d 00:00:00+09:00"
        ),
        5,
    ),
    "nasdaq.com": (
        lambda f: table(f, "Date,Close/Last,Volume,Open,High,Low", "{d},${c},{v},${o},${h},${l}", "%m/%d/%Y", True),
        5,
    ),
    "investing.com in English": (
        lambda f: table(
            f,
            '"Date","Price","Open","High","Low","Vol.","Change %"',
            '"{d}","{c:,.2f}","{o:,.2f}","{h:,.2f}","{l:,.2f}","1.5M","0.1%"',
            "%m/%d/%Y",
            True,
        ),
        5,
    ),
    "investing.com, named months": (
        lambda f: table(
            f,
            '"Date","Price","Open","High","Low","Vol.","Change %"',
            '"{d}","{c:,.2f}","{o:,.2f}","{h:,.2f}","{l:,.2f}","1.5M","0.1%"',
            "%b %d, %Y",
            True,
        ),
        5,
    ),
    "copied from Yahoo's page": (
        lambda f: table(
            f,
            "Date\tOpen\tHigh\tLow\tClose*\tAdj Close**\tVolume",
            "{d}\t{o:,.2f}\t{h:,.2f}\t{l:,.2f}\t{c:,.2f}\t{c:,.2f}\t{v:,}",
            "%b %d, %Y",
            True,
        ),
        5,
    ),
    "FRED": (as_fred, 1),
    "FRED of old": (lambda f: table(f, "DATE,VALUE", "{d},{c}"), 1),
    "CryptoDataDownload": (
        lambda f: table(
            f,
            "https://www.CryptoDataDownload.com\nunix,date,symbol,open,high,low,close,Volume BTC",
            "{t},{d},BTC/USD,{o},{h},{l},{c},{v}",
            "%Y-%m-%d 00:00:00",
            True,
        ),
        4,
    ),
    "Unix seconds": (lambda f: table(f, "time,open,high,low,close,Volume", "{t},{o},{h},{l},{c},{v}"), 5),
    "Unix milliseconds": (lambda f: table(f, "Open time,Open,High,Low,Close,Volume", "{t}000,{o},{h},{l},{c},{v}"), 5),
    "Alpha Vantage": (lambda f: table(f, "timestamp,open,high,low,close,volume", OHLCV, newest_first=True), 5),
    "MetaTrader": (
        lambda f: table(
            f,
            "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>",
            "{d}\t00:00:00\t{o}\t{h}\t{l}\t{c}\t{v}\t{v}\t10",
            "%Y.%m.%d",
        ),
        5,
    ),
    "Stooq, whole market": (
        lambda f: table(
            f,
            "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>",
            "^NKX,D,{d},000000,{o},{h},{l},{c},{v},0",
            "%Y%m%d",
        ),
        5,
    ),
    "Macrotrends": (lambda f: table(f, MACROTRENDS, OHLCV), 5),
    "NSE of India": (
        lambda f: table(
            f,
            '"Date ","OPEN ","HIGH ","LOW ","close "',
            '"{d}","{o:,.2f}","{h:,.2f}","{l:,.2f}","{c:,.2f}"',
            "%d-%b-%Y",
            True,
        ),
        4,
    ),
    "German": (lambda f: table(f, "Date;Open;High;Low;Close;Volume", "{d};{o};{h};{l};{c};{v}", "%d.%m.%Y"), 5),
    "Excel in Germany": (
        lambda f: table(f, "Date;Close", "{d};{c:,.2f}", "%d/%m/%Y").translate(str.maketrans(",./", ".,.")),
        1,
    ),
    "Excel in France": (
        lambda f: table(f, "Date;Close", "{d};{c:,.2f}", "%d/%m/%Y").translate(str.maketrans(",.", "\u202f,")),
        1,
    ),
    "day first": (lambda f: table(f, "Date,Open,High,Low,Close,Volume", OHLCV, "%d/%m/%Y"), 5),
    "Google Sheets": (lambda f: table(f, "Date,Close", "{d},{c}", "%m/%d/%Y 16:00:00"), 1),
    "half days": (lambda f: table(f, "Date/Time,Last", "{d},{c}", "%m/%d/%Y 04:00 PM"), 1),
    "Yahoo! Japan": (
        lambda f: table(
            f,
            "日付,始値,高値,安値,終値,出来高,調整後終値*",
            '{d},"{o:,.2f}","{h:,.2f}","{l:,.2f}","{c:,.2f}","{v:,}","{c:,.2f}"',
            "%Y年%m月%d日",
        ),
        5,
    ),
    "units in the titles": (lambda f: table(f, "日付,終値（円）,出来高（株）", "{d},¥{c},{v}", "%Y/%m/%d"), 2),
    "a day and a time": (lambda f: table(f, "日時,時刻,終値", "{d},15:00,{c}", "%Y/%m/%d"), 1),
}
FORMATS = {  # those that are read in every encoding
    "yahoo": (as_yahoo, 5),
    "stooq": (as_stooq, 5),
    "nikkei": (as_nikkei, 4),
    "investing": (as_investing, 5),
    "simple": (as_simple, 1),
}
SAMPLES = [write(prices()) for write, _ in (FORMATS | DIALECTS).values()]


def spoiled(text: str, start: int, length: int, words: str, encoding: str) -> bytes:
    """A file in which some characters are exchanged for others."""
    return (text[:start] + words + text[start + length :]).encode(encoding, "surrogatepass")


def is_read_or_refused(file: Path) -> bool:
    """Whether it is read; what is refused is refused in both languages, one line each, and no other error comes out."""
    try:
        is_well_formed(load_prices(file), spoiled=True)
    except DataError as error:
        ja, en = str(error).split("\n")
        assert file.name in ja and file.name in en and len(str(error)) < 1500
        return False
    return True
