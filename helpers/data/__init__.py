"""Step 01: a table of daily prices, wherever it comes from.

`load_prices` is the one door: a series from the network, a bundled one, a generated one, or the reader's own CSV or table.
They all come out alike, and what is wrong with a file is said in Japanese and English, with the line and the column.
"""

from pathlib import Path

import pandas as pd

from helpers.data.csv_file import own_csv, own_frame
from helpers.data.series import GENERATED, HELD_BACK, SERIES, Series, bundled, generate, load_many
from helpers.data.table import DataError, select_columns
from helpers.data.yahoo import PERIODS, downloaded, newer
from helpers.language import say

__all__ = [
    "GENERATED",
    "SERIES",
    "DataError",
    "Series",
    "final_days",
    "generate",
    "load_many",
    "load_prices",
    "menu",
    "select_columns",
]


def load_prices(name: str | Path | pd.DataFrame | pd.Series, fallback: str | None = None) -> pd.DataFrame:
    """A series as a table, one row a period.

    Args:
        name: "nikkei225" or "amazon" (from data/downloads, else from the network and kept there); "ibm", "usdjpy",
            "electricity" or "co2" (bundled); "sine", "random_walk" or "ar1" (generated); the path of a CSV, also packed
            as .gz or .zip; or a DataFrame with dates and prices, or one column of it.
        fallback: the series to take instead where a series from the network cannot be had: its last rows, as many
            as the wished series has. One printed line then says so. Ignored for a series that needs no network and
            for a path, whose mistakes are shown.

    Returns:
        (rows, columns), float64: Open, High, Low, Close in the series' unit and Volume in shares; some series have
        fewer columns. The index "Date" is a rising, unique DatetimeIndex without a time zone. `attrs` holds name,
        title_*, value_*, unit_* (each _ja and _en), scale, column, freq, season, source, licence, stands_in_for.

    Raises:
        DataError (a ValueError): no such series or file, a mistake in it (named by line and column), or no
            download and no fallback. With LSTM_TUTORIAL_OFFLINE=1 the network is not asked.
    """
    if isinstance(name, pd.Series):
        name = name.to_frame()
    if isinstance(name, pd.DataFrame):
        return own_frame(name)
    is_path = isinstance(name, Path) or bool(Path(name).suffix) or "/" in name or "\\" in name
    for wanted in (name, fallback):
        if not (wanted is None or wanted in SERIES or (wanted is name and is_path)):
            raise DataError(
                f"{str(wanted)!r} という系列はありません。使える名前: {', '.join(SERIES)}。CSV は .csv まで書きます。",
                f"there is no series {str(wanted)!r}. Known: {', '.join(SERIES)}. Write .csv after a CSV of your own.",
            )
    if name not in SERIES:
        return own_csv(Path(name))
    if not SERIES[name].symbol:
        return generate(name) if name in GENERATED else bundled(name)
    try:
        return downloaded(name)
    except DataError as failure:
        (start, end, rows), wished = PERIODS[name], SERIES[name]
        ja = f"「{wished.title_ja}」を用意できません（{failure.ja}）。"
        en = f"{wished.title_en} is not available ({failure.en}). "
        if fallback is None:
            free = ", ".join(menu(name)[1:])
            raise DataError(
                f"{ja}道は三つあります。(1) ネットワークにつなぎ、LSTM_TUTORIAL_OFFLINE を外して、もう一度実行する。"
                f"(2) {start} から {end} までの CSV を data/downloads/{name}.csv に保存する。"
                f"別の CSV なら、そのパスを load_prices に渡す。(3) ネットワークの要らない系列を使う: {free}。",
                f"{en}There are three ways on: (1) go online, without LSTM_TUTORIAL_OFFLINE, and run this again; "
                f"(2) save a CSV from {start} to {end} as data/downloads/{name}.csv, "
                f"or pass the path of any other CSV to load_prices; (3) take a series that needs no network: {free}.",
            ) from None  # the cause is in the message; its traceback would hide it
        frame, taken = load_prices(fallback).tail(rows), SERIES[fallback]
        frame.attrs["stands_in_for"] = name
        say(
            f"{ja}代わりに「{taken.title_ja}」の最後の {len(frame):,} 行を使います。出典: {taken.source}",
            f"{en}Using the last {len(frame):,} rows of {taken.title_en} instead. Source: {taken.source}",
        )
        return frame


def final_days(name: str | Path, fallback: str = "ibm") -> tuple[pd.DataFrame, int]:
    """A series with days that no step has read, for an exam after every decision, and how many these last days are.

    For a series from the network: the days since its stated end, asked from the network and kept. Where they cannot be
    had, and for every other series: the stretch of `fallback` (a key of HELD_BACK) that `load_prices` holds back; one
    printed line says so. Returns the table with all days before them as well, as load_prices does, and their number.
    Raises DataError when nothing of `fallback` is held back.
    """
    if fallback not in HELD_BACK:
        known = ", ".join(HELD_BACK)
        raise DataError(
            f"どのステップも読まない区間があるのは {known} だけです: {fallback!r}",
            f"a stretch that no step reads is there for {known} only: {fallback!r}",
        )
    if name in PERIODS:
        try:
            new = newer(name)
            whole = pd.concat([downloaded(name), new], join="inner")
            whole.attrs = new.attrs
            return whole, len(new)
        except DataError as failure:
            ja, en = (
                f"「{SERIES[name].title_ja}」のその後の日を用意できません（{failure.ja}）。",
                f"Later days of {SERIES[name].title_en} are not available ({failure.en}). ",
            )
    elif name == fallback:
        return bundled(name, whole=True), HELD_BACK[name]
    else:
        ja, en = "この系列には、どのステップでも使わない日がありません。", "Other steps use all days of this series. "
    taken, count = SERIES[fallback], HELD_BACK[fallback]
    say(
        f"{ja}ほかのステップでは使わない「{taken.title_ja}」の最後の {count} 行を使います。出典: {taken.source}",
        f"{en}Using the last {count} rows of {taken.title_en}, which no other step uses. Source: {taken.source}",
    )
    return bundled(fallback, whole=True), count


def menu(first: str | Path) -> list[str]:
    """The series to choose from: `first`, then every other that needs no network."""
    return [str(first), *(name for name, series in SERIES.items() if not series.symbol and name != first)]
