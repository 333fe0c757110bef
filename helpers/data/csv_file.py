"""The reader's own prices, as a CSV from one of many sources or as a DataFrame; a mistake is told with its place.

A source that writes otherwise is one entry more, in TITLES or CURRENCY here or in DATES of dates.py, and its sample in
tests/data/price_samples.py. More than 200 lines of code: every mistake has a sentence in two languages.
"""

import os
import re
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.data.dates import read_days, with_clock
from helpers.data.rows import TITLE_LINES, Row, read_text, records, separator_of
from helpers.data.series import Series
from helpers.data.table import MIN_ROWS, PRICES, ROOT, DataError, finished, naming
from helpers.language import say

TITLES = {  # of the columns, in small letters, without <>, *, and what stands in brackets behind
    "Date": ("date", "datetime", "date/time", "observation_date", "日付", "日付け", "データ日付", "年月日", "日時"),
    "Time": ("time", "timestamp", "unix", "時刻", "open time"),
    "Open": ("open", "始値"),
    "High": ("high", "高値"),
    "Low": ("low", "安値"),
    "Close": ("close", "close/last", "last", "price", "終値"),
    "Volume": ("volume", "vol", "vol.", "出来高"),
}


CURRENCY = "$¥€£"
NUMBER = (
    rf"^([+-]?)[{CURRENCY}]?"
    r"((?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?([kmb]?)$"
)
# Between semicolons 1,800 may be 1.8, unless another number of the file tells: 1,234,567, 1,800.5 or 101.25, but not
# 12.345, which may be a whole number where commas mark decimals.
ONE_COMMA, THOUSANDS = "[^.,]*,[^.,]*", r",[0-9]{3}[,.]|\.(?![0-9]{3}(?![0-9]))[0-9]"
DECIMALS = r"^[0-9]{1,3}(?:[. ]?[0-9]{3})*,(?:[0-9]{1,2}|[0-9]{4,})$"  # 38.123,45 and 38 123,45
UNITS = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9}
MISSING = ("", "-", ".", "n/a", "#n/a", "na", "nan", "null", "none")
COPYRIGHT = re.compile(r"著作|copyright|©", re.IGNORECASE)

NO_DATE = (
    "日付ではありません: {cell!r}。2025-06-19 のように書くか、データでない行なら消してください",
    "not a date: {cell!r}; write 2025-06-19, or delete the line if it holds no data",
)
TWICE = (
    "日付が {twin} と重なっています。片方を消すか、夏時間の終わりに繰り返す 1 時間なら協定世界時（UTC）で書いてください",
    "the date of {twin} again; delete one of the two, or write the hour that clocks repeat in autumn in UTC",
)
EMPTY = "値がありません: {cell!r}。値を入れるか、行を消してください", "no value: {cell!r}; fill in or delete the line"
NO_NUMBER = "数字ではありません: {cell!r}。27575.57 のように書いてください", "not a number: {cell!r}; write 27575.57"
COMMA = (
    "{cell!r} のカンマが小数点か桁区切りか分かりません。27575.57 のように書くか、"
    'pd.read_csv に sep=";" と、decimal="," か thousands="," を付けて読んだ表を load_prices に渡してください',
    "the comma in {cell!r} may mark decimals or thousands; write 27575.57, "
    'or hand load_prices the table that pd.read_csv gives with sep=";" and decimal="," or thousands=","',
)
TOO_LOW = (
    "0 以下の値です: {cell!r}。誤りなら直すか、行を消してください。気温のように負になる系列は、全部の行に同じ数を足すと読めます",
    "zero or less: {cell!r}; correct or delete the line if it is a mistake. "
    "A series that falls below zero, such as temperatures, is read once one number is added to all its rows",
)
FEWER = (
    "セルの数が見出しより少ない行です。区切り文字が抜けていないか確かめ、値がないだけなら、区切り文字を書き足してください",
    "fewer cells than titles; see whether a separator is lost, or add one if only the value is missing",
)
MORE = '余分な列があります。カンマのある数字は " で囲んでください', 'extra columns; put " around numbers with commas'


def own_csv(path: Path) -> pd.DataFrame:
    """The table in a CSV of the reader's, named after its file. Returns and raises: as load_prices."""
    # os.path raises nothing for an unknown user, a name too long or a closed folder, as Path does; read_text then tells.
    file = Path(os.path.expanduser(path))
    # Notebooks run in notebooks/, paths are often told from the root.
    if not os.path.exists(file) and os.path.exists(ROOT / file):
        file = ROOT / file
    with naming(path.as_posix()):
        return _own(read_csv(file), file.name.partition(".")[0] or file.name, file.name)


def own_frame(table: pd.DataFrame) -> pd.DataFrame:
    """A DataFrame of the reader's, with dates in its index or in a column. Returns and raises: as load_prices.

    A table that load_prices made, or a part of it, keeps what is known of the series.
    """
    with naming("DataFrame"):
        if table.columns.nlevels > 1:  # yf.download: (Price, Ticker)
            plain = [level for level in range(table.columns.nlevels) if table.columns.unique(level).size > 1]
            if len(plain) > 1:
                raise DataError("銘柄が二つ以上あります。一つだけにしてください", "several tickers; keep one of them")
            table = table.set_axis(table.columns.get_level_values(plain[0] if plain else 0), axis="columns")
        table = _dates_in_a_column(table)
        rows = [
            ((f"iloc[{number}] の行", f"row iloc[{number}]"), [_words(cell) for cell in cells])
            for number, cells in enumerate(table.itertuples(index=False, name=None))
        ]
        header = (("列の見出し", "the columns"), [str(name) for name in table.columns])
        frame = parse([header, *rows])
        known = {key: table.attrs[key] for key in Series.__dataclass_fields__ if key in table.attrs}
        if "column" in known and known["column"] not in frame:
            # A part without it: another column takes its place, with a scale of its own.
            del known["column"]
            known.pop("scale", None)
        return _own(frame, table.attrs.get("name", "DataFrame"), "DataFrame", known)


def _dates_in_a_column(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its index as the column Date, unless the index only counts or the dates stand in a column."""
    index, dates = table.index, TITLES["Date"] + TITLES["Time"]
    if not isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex)):
        in_a_column = any(_plain(str(title)) in dates for title in table.columns)
        if in_a_column or isinstance(index, (pd.RangeIndex, pd.MultiIndex)):
            return table
    # df.index = pd.to_datetime(df["Date"]) leaves the column there as well.
    table = table.drop(columns=[index.name, "Date"], errors="ignore")
    table.insert(
        0, "Date", index.astype(str) if isinstance(index, pd.DatetimeIndex) else index
    )  # a day without its midnight
    return table


def _words(cell: object) -> str:
    """A cell as a CSV would have it; of a period its first day, because a week is written 2024-01-01/2024-01-07."""
    return "" if pd.isna(cell) else str(cell.start_time if isinstance(cell, pd.Period) else cell)


def _own(frame: pd.DataFrame, name: str, source: str, known: dict | None = None) -> pd.DataFrame:
    column = next(title for title in ("Open", "Close", "High", "Low") if title in frame)
    # From the first price alone: a scale taken from all rows would tell the training part about the test part.
    scale = float(10 ** np.floor(np.log10(frame[column].iloc[0])))
    words = {"title_ja": source, "title_en": source, "value_ja": "価格", "value_en": "price", "freq": None}
    words |= {"scale": scale, "column": column, "source": source} | frame.attrs | (known or {})
    return finished(frame, Series(**words).attrs(name))


def read_csv(file: Path) -> pd.DataFrame:
    """A file as `parse` returns it; DataError where it cannot be opened, is no text, or holds a mistake."""
    return parse_csv(read_text(file))


def parse_csv(text: str) -> pd.DataFrame:
    """CSV text as a table of prices by rising dates; DataError names the first mistake with its line and column."""
    return parse(records(text), separator_of(text))


def parse(rows: list[Row], separator: str = ",") -> pd.DataFrame:
    """Rows as a table of prices by rising dates; DataError names the first mistake with its place and column."""
    header, start = _header(rows)
    where, words = _columns(header)
    body = rows[start:]
    places = [place for place, _ in body]
    table = pd.DataFrame(dict(enumerate(zip_longest(header, *(cells for _, cells in body), fillvalue="")))).iloc[1:]
    table.index = range(len(table))
    if len(table) and COPYRIGHT.search(" ".join(table.iloc[-1])):
        table = table.iloc[:-1]  # Nikkei Inc. closes its file with a sentence; a sentence anywhere else is a mistake
    mistakes: dict[int, DataError] = {}

    def check(wrong: pd.Series, column: int, message: tuple[str, str]) -> None:
        if wrong.any():
            row, title = wrong.idxmax(), header[column]
            twin = places[day.eq(day[row]).idxmax()]
            ja, en = (words.format(cell=table[column][row][:80], twin=twin[k]) for k, words in enumerate(message))
            place = places[row]
            error = DataError(f"{place[0]}、「{title}」の列: {ja}", f"{place[1]}, column {title!r}: {en}")
            mistakes.setdefault(row, error)

    stamp = where.pop("Date")
    if "Time" in where:
        table[stamp] = with_clock(table[stamp], table[where.pop("Time")])
    day = read_days(table[stamp], header[stamp], places)
    check((table.loc[:, len(header) :] != "").any(axis=1), len(header) - 1, MORE)
    check(day.isna(), stamp, NO_DATE)
    check(day.duplicated() & day.notna(), stamp, TWICE)
    small = {name: table[column].str.casefold() for name, column in where.items()}
    unclear = separator == ";" and not any(cells.str.contains(THOUSANDS).any() for cells in small.values())
    if unclear and any(cells.str.contains(DECIMALS).any() for cells in small.values()):  # Excel in Germany or France
        unclear = False
        small = {name: cells.str.replace("[. ]", "", regex=True).str.replace(",", ".") for name, cells in small.items()}
    closed = np.logical_and.reduce([small[name].isin(MISSING) for name in PRICES if name in small])
    frame = pd.DataFrame(index=pd.DatetimeIndex(day))
    for name, column in where.items():
        cells, price = small[name], name in PRICES
        parts, missing = cells.str.extract(NUMBER), cells.isin(MISSING)
        digits = (parts[0] + parts[1].str.replace(",", "") + parts[2].fillna("")).astype("float64")
        number = digits * parts[3].map({"": 1.0} if price else UNITS).astype("float64")
        check(missing & price & ~closed, column, EMPTY)
        check(~missing & ~np.isfinite(number), column, NO_NUMBER)
        check(cells.str.fullmatch(ONE_COMMA) & unclear, column, COMMA)
        check((number < 0) | (number == 0) & price, column, TOO_LOW)
        frame[name] = number.to_numpy()
    # Where a separator is lost, the numbers behind it stand in the wrong columns. A last title without any cell is no mistake.
    titled = max(number for number, title in enumerate(header) if title) + 1
    width = min(titled, max((len(cells) for _, cells in body), default=0))
    fewer = pd.Series([len(body[row][1]) < width for row in table.index], table.index, dtype=bool)
    check(fewer & ~closed, width - 1, FEWER)
    if mistakes:
        raise mistakes[min(mistakes)]
    if (n := len(table) - closed.sum()) < MIN_ROWS:
        raise DataError(f"{n} 行だけです。{MIN_ROWS} 行以上が要ります", f"only {n} rows; {MIN_ROWS} or more are needed")
    if closed.any():  # a holiday in the files of FRED and of old downloads from Yahoo
        count, one = closed.sum(), places[closed.argmax()]
        say(
            f"価格が一つもない {count} 行（最初は {one[0]}）を、休みの日として除きました。",
            f"Left out as holidays: {count} rows without any price, the first of them {one[1]}.",
        )
        frame = frame[~closed]
    # Volume is missing on some days, or zero on all, where nobody counted it (an index, say). Without a price it is no
    # mistake, but no later step should meet a NaN: the column is left out.
    if "Volume" in frame and (frame["Volume"].isna().any() or not frame["Volume"].any()):
        frame = frame.drop(columns="Volume")
    frame.attrs = words
    return frame.sort_index()


def _plain(title: str) -> str:
    """A title as TITLES has it: "<OPEN>", "Close*" and "終値(円)" are open, close and 終値."""
    return re.sub(r"\s*[(\[].*[)\]]$", "", title.casefold().strip("<>* ")).strip("* ")


def _header(rows: list[Row]) -> tuple[list[str], int]:
    """The titles of the columns, and the number of the first row below them."""
    first = [cells[0].casefold() if cells else "" for _, cells in rows[:3]]
    if set(first[:2]) == {"price", "ticker"} and len(rows) > 2:  # yf.download(...).to_csv()
        titles, tickers = (rows[first.index(word)][1][1:] for word in ("price", "ticker"))
        if several := sorted(set(tickers) - {""})[1:]:
            names = ", ".join(sorted(set(tickers)))
            raise DataError(
                f"銘柄が {len(several) + 1} つあります: {names}。一つだけ残してください",
                f"{len(several) + 1} tickers: {names}; keep one of them",
            )
        return ["Date", *titles], 3
    dates = TITLES["Date"] + TITLES["Time"]
    for number, (_, cells) in enumerate(rows[: TITLE_LINES + 1]):
        if len([cell for cell in cells if cell]) > 1 and any(_plain(cell) in dates for cell in cells):
            return cells, number + 1
    widest = max(rows[: TITLE_LINES + 1], key=lambda row: sum(map(bool, row[1])))
    return widest[1], rows.index(widest) + 1


def _columns(header: list[str]) -> tuple[dict[str, int], dict[str, str]]:
    """Where each known column stands, {"Date": 0, "Close": 1, ...}, and what the header tells of the series."""
    plain = [_plain(title) for title in header]
    where: dict[str, int] = {}
    for name, titles in TITLES.items():
        places = [place for place, title in enumerate(plain) if title in titles]
        if len(places) > 1 and name != "Time":
            twice = ", ".join(repr(header[place]) for place in places)
            raise DataError(
                f"見出しに {name} の列が二つ以上あります: {twice}。一つだけ残してください",
                f"the header names {name} more than once: {twice}; keep one of them",
            )
        if places:
            where[name] = places[0]
    now = " ".join(", ".join(header).split())[:100]  # an unclosed quote makes one title of many lines
    if "Date" not in where and "Time" in where:
        where["Date"] = where.pop("Time")
    if "Date" not in where:
        titles = ", ".join(TITLES["Date"])
        raise DataError(
            f"見出しの行に日付の列がありません。使える名前: {titles}。今の見出し: {now}",
            f"the header has no date column; name it one of {titles}. The header now: {now}",
        )
    if where.keys() & set(PRICES):
        return where, {}
    others = [place for place, title in enumerate(header) if title and place not in where.values()]
    if len(others) != 1:  # of several columns, which is the price? That is for the reader to say
        titles = ", ".join(title for name in PRICES for title in TITLES[name])
        raise DataError(
            f"見出しに価格の列がありません。予測する列の見出しを Close に変えてください（使える名前: {titles}）。今の見出し: {now}",
            f"the header has no price column; name the one to forecast Close (or one of {titles}). The header now: {now}",
        )
    title = header[others[0]]  # FRED: a date and one value
    return where | {"Close": others[0]}, {"title_ja": title, "title_en": title, "value_ja": "値", "value_en": "value"}
