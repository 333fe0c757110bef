"""The reader's own CSV, as five sources write it; what is wrong with a file is said with its line and column."""

import contextlib
import csv
import io
import re
import unicodedata
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.data.series import Series
from helpers.data.table import MIN_ROWS, PRICES, ROOT, DataError, finished, naming

TITLES = {  # of the columns at Yahoo, Stooq, Nikkei Inc. and investing.com
    "Date": ("date", "datetime", "日付", "日付け", "データ日付"),
    "Open": ("open", "始値"),
    "High": ("high", "高値"),
    "Low": ("low", "安値"),
    "Close": ("close", "price", "終値"),
    "Volume": ("volume", "vol.", "出来高"),
}
# Only year first: 06/07/2025 is June in New York and July in London. pandas' nanoseconds end in the year 2262.
DATE = r"(?P<year>(?:1[7-9]|2[01])[0-9]{2})[-/.年](?P<month>[0-9]{1,2})[-/.月](?P<day>[0-9]{1,2})日?(?:\(.\))?"
TIME = r"(?P<hour>[01]?[0-9]|2[0-3]):(?P<minute>[0-5][0-9])(?::(?P<second>[0-5][0-9])(?:\.[0-9]+)?)?"
DAY = rf"^{DATE}(?:[T ]{TIME})?(?:Z|[+-][0-9]{{2}}:?[0-9]{{2}})?$"
NUMBER = r"^([+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?(?:e[+-]?[0-9]+)?)([kmb]?)$"
UNITS = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9}
MISSING = ("", "-", "n/a", "nan", "null", "none")
COPYRIGHT = re.compile(r"著作|copyright|©", re.IGNORECASE)

NO_DATE = "日付ではありません: {cell!r}。2025-06-19 のように書いてください", "not a date: {cell!r}; write 2025-06-19"
TWICE = "日付が {twin} 行目と重なっています。片方を消してください", "the date of line {twin} again; delete one line"
EMPTY = "値がありません: {cell!r}。値を入れるか、行を消してください", "no value: {cell!r}; fill in or delete the line"
NO_NUMBER = "数字ではありません: {cell!r}。27575.57 のように書いてください", "not a number: {cell!r}; write 27575.57"
TOO_LOW = "0 以下の値です: {cell!r}。直すか、行を消してください", "zero or less: {cell!r}; correct or delete the line"
MORE = '余分な列があります。カンマのある数字は " で囲んでください', 'extra columns; put " around numbers with commas'


def own_csv(path: Path) -> pd.DataFrame:
    """The table in a CSV of the reader's, named after its file. Returns and raises: as load_prices."""
    file = path.expanduser()
    if not file.exists() and (ROOT / file).exists():  # notebooks run in notebooks/, paths are often told from the root
        file = ROOT / file
    with naming(path.as_posix()):
        frame = read_csv(file)
    column = next(name for name in ("Open", "Close", "High", "Low") if name in frame)
    # From the first price alone: a scale taken from all rows would tell the training part about the test part.
    scale = float(10 ** np.floor(np.log10(frame[column].iloc[0])))
    words = {"title_ja": file.name, "title_en": file.name, "value_ja": "価格", "value_en": "price"}
    own = Series(**words, scale=scale, column=column, freq=None, source=file.name)
    return finished(frame, own.attrs(file.stem))


def read_csv(file: Path) -> pd.DataFrame:
    """A file as `parse_csv` returns it; DataError where it cannot be opened, is no text, or holds a mistake."""
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        raise DataError("ファイルがありません。パスを確かめてください", "no such file; check its path") from None
    except OSError as error:
        raise DataError(f"読めません（フォルダなど）: {error.strerror}", f"cannot be read: {error.strerror}") from None
    for encoding in ["utf-16"] if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "cp932"]:
        with contextlib.suppress(UnicodeDecodeError):
            text = raw.decode(encoding)
            if "\0" not in text:
                return parse_csv(text)
    raise DataError("文字を読み取れません。UTF-8 で保存し直してください", "no readable text; save it as CSV in UTF-8")


def parse_csv(text: str) -> pd.DataFrame:
    """CSV text as a table of prices by rising dates; DataError names the first mistake with its line and column."""
    lines, rows = zip(*_records(text), strict=True)
    header, where = rows[0], _columns(rows[0])
    table = pd.DataFrame(dict(enumerate(zip_longest(*rows, fillvalue=""))), index=lines).iloc[1:]
    if len(table) and COPYRIGHT.search(" ".join(table.iloc[-1])) and not re.match(DAY, table.iloc[-1, 0]):
        table = table.iloc[:-1]  # Nikkei Inc. closes its file with a sentence; a sentence anywhere else is a mistake
    day = pd.to_datetime(table[where["Date"]].str.extract(DAY).fillna("0"), errors="coerce")
    mistakes: dict[int, DataError] = {}

    def check(wrong: pd.Series, place: int, message: tuple[str, str]) -> None:
        if wrong.any():
            line, title = wrong.idxmax(), header[place]
            ja, en = (words.format(cell=table[place][line][:80], twin=day.eq(day[line]).idxmax()) for words in message)
            error = DataError(f"{line} 行目、「{title}」の列: {ja}", f"line {line}, column {title!r}: {en}")
            mistakes.setdefault(line, error)

    check((table.loc[:, len(header) :] != "").any(axis=1), len(header) - 1, MORE)
    check(day.isna(), where["Date"], NO_DATE)
    check(day.duplicated() & day.notna(), where.pop("Date"), TWICE)
    frame = pd.DataFrame(index=pd.DatetimeIndex(day))
    for name, place in where.items():
        cells, price = table[place].str.casefold(), name in PRICES
        parts, missing = cells.str.extract(NUMBER), cells.isin(MISSING)
        unit = parts[1].map({"": 1.0} if price else UNITS)
        number = parts[0].str.replace(",", "").astype("float64") * unit.astype("float64")
        check(missing & price, place, EMPTY)
        check(~missing & ~np.isfinite(number), place, NO_NUMBER)
        check((number < 0) | (number == 0) & price, place, TOO_LOW)
        frame[name] = number.to_numpy()
    if mistakes:
        raise mistakes[min(mistakes)]
    if (n := len(table)) < MIN_ROWS:
        raise DataError(f"{n} 行だけです。{MIN_ROWS} 行以上が要ります", f"only {n} rows; {MIN_ROWS} or more are needed")
    # Volume is missing on some days, or zero on all, where nobody counted it (an index, say). Without a price it is no
    # mistake, but no later step should meet a NaN: the column is left out.
    if "Volume" in frame and (frame["Volume"].isna().any() or not frame["Volume"].any()):
        frame = frame.drop(columns="Volume")
    return frame.sort_index()


def _records(text: str) -> list[tuple[int, list[str]]]:
    """Every line that is not blank, as (number of the line in an editor, cells); full-width characters become plain."""
    first = text.strip().partition("\n")[0]
    if first.startswith("<"):
        raise DataError("CSV ではなく HTML です。CSV を保存し直してください", "an HTML page; save the CSV itself")
    # pandas counts neither blank lines nor line breaks inside quotes: only the csv module knows the line in an editor.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    try:
        rows = [(reader.line_num, [unicodedata.normalize("NFKC", cell).strip() for cell in row]) for row in reader]
    except csv.Error:
        line = reader.line_num
        raise DataError(f'{line} 行目の近くに、閉じていない " があります', f'near line {line}: an unclosed "') from None
    records = [(line, cells) for line, cells in rows if any(cells)]
    if not records:
        raise DataError("空のファイルです。CSV を保存し直してください", "the file is empty; save the CSV again")
    return records


def _columns(header: list[str]) -> dict[str, int]:
    """Where each known column stands: {"Date": 0, "Close": 1, ...}."""
    where: dict[str, int] = {}
    for name, titles in TITLES.items():
        places = [place for place, title in enumerate(header) if title.casefold() in titles]
        if len(places) > 1:
            twice = ", ".join(repr(header[place]) for place in places)
            raise DataError(
                f"見出しに {name} の列が二つ以上あります: {twice}。一つだけ残してください",
                f"the header names {name} more than once: {twice}; keep one of them",
            )
        if places:
            where[name] = places[0]
    for ja, en, names in (("日付", "date", ["Date"]), ("価格", "price", PRICES)):
        if not where.keys() & set(names):
            titles, found = ", ".join(title for name in names for title in TITLES[name]), ", ".join(header)[:100]
            raise DataError(
                f"見出し（最初の行）に{ja}の列がありません。使える名前: {titles}。今の見出し: {found}",
                f"the header (the first line) has no {en} column; name it one of {titles}. The header now: {found}",
            )
    return where
