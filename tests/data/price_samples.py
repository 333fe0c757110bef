"""Made-up prices, the CSVs in which five sources would write them, and what every table and every message must hold."""

import re

import numpy as np
import pandas as pd

from helpers.data.table import ROOT


def in_both_languages(message: str, *parts: str) -> None:
    """One Japanese and one English line, and every part in each of them."""
    ja, en = str(message).strip().split("\n")
    assert re.search("[ぁ-ん]{2}", ja)
    assert len(re.findall("[A-Za-z]{2,}", en)) > 3 and len(re.findall("[ぁ-ん]", en)) < 5
    for part in parts:
        assert part in ja and part in en, part
    assert str(ROOT) not in str(message)


def is_well_formed(frame: pd.DataFrame) -> None:
    assert frame.index.name == "Date" and frame.index.tz is None
    assert frame.index.is_monotonic_increasing and frame.index.is_unique
    assert (frame.dtypes == "float64").all() and np.isfinite(frame.to_numpy()).all()
    assert [c for c in ["Open", "High", "Low", "Close", "Volume"] if c in frame] == list(frame.columns)
    assert frame.attrs["column"] in frame.columns
    assert 0.1 < frame[frame.attrs["column"]].median() / frame.attrs["scale"] < 10


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


FORMATS = {  # how it is written, and how many columns are read
    "yahoo": (as_yahoo, 5),
    "stooq": (as_stooq, 5),
    "nikkei": (as_nikkei, 4),
    "investing": (as_investing, 5),
    "simple": (as_simple, 1),
}
