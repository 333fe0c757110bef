"""The reader's own CSV: the forms that are read, and the mistakes that are named."""

import gzip
import re
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from price_samples import (
    DIALECTS,
    FORMATS,
    SAMPLES,
    as_fred,
    as_nikkei,
    as_stooq,
    in_both_languages,
    is_read_or_refused,
    is_well_formed,
    prices,
    spoiled,
    table,
)
from yahoo_server import HTML

from helpers.data import DataError, load_prices
from helpers.data.table import PRICES


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
@pytest.mark.parametrize("style", FORMATS)
def test_formats_and_encodings(style, encoding, tmp_path, capsys):
    write, columns = FORMATS[style]
    file = tmp_path / f"{style}.csv"
    file.write_bytes(write(prices()).encode(encoding))
    frame = load_prices(file)
    is_well_formed(frame)
    assert frame.shape == (40, columns)
    expected = prices()[[name for name in PRICES if name in frame]]
    pd.testing.assert_frame_equal(frame[list(expected)], expected, check_freq=False, check_index_type=False)
    assert frame.attrs["scale"] == 10_000 and frame.attrs["title_ja"] == f"{style}.csv" == frame.attrs["title_en"]
    assert frame.attrs["value_ja"] == "価格" and frame.attrs["unit_en"] == "" and capsys.readouterr() == ("", "")
    if "Volume" in frame:
        assert frame["Volume"].iloc[3] == (1.03e9 if style == "investing" else 1003)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_gives_the_same_prices(dialect, tmp_path, capsys):
    write, columns = DIALECTS[dialect]
    (tmp_path / "a.csv").write_text(write(prices()), encoding="utf-8")
    frame = load_prices(tmp_path / "a.csv")
    is_well_formed(frame)
    assert frame.shape == (40, columns)
    expected = prices()[[name for name in PRICES if name in frame]]
    assert (frame.index.normalize() == expected.index).all()
    np.testing.assert_allclose(frame[list(expected)], expected, rtol=1e-12)
    told = capsys.readouterr().out
    assert bool(told) == (dialect == "FRED")


def test_the_time_of_day_is_read(tmp_path):
    for text, hour in [
        (table(prices(), "日時,時刻,終値", "{d},15:00,{c}"), 15),
        (DIALECTS["half days"][0](prices()), 16),
    ]:
        (tmp_path / "a.csv").write_text(text)
        assert (load_prices(tmp_path / "a.csv").index.hour == hour).all()
    noon = table(prices(), "Date,Close", "{d},{c}", "%Y-%m-%d 12:00 AM")
    (tmp_path / "a.csv").write_text(noon)
    assert (load_prices(tmp_path / "a.csv").index.hour == 0).all()


@pytest.mark.parametrize("digits", ["%Y%m%d%H", "%Y%m%d%H%M", "%Y%m%d%H%M%S"])
def test_a_date_and_a_time_in_digits_alone_are_no_seconds_since_1970(digits, tmp_path):
    hours = prices().set_axis(pd.date_range("2025-04-01 09:00", periods=40, freq="h"))
    (tmp_path / "a.csv").write_text(table(hours, "Date,Close", "{d},{c}", digits))
    assert (load_prices(tmp_path / "a.csv").index == hours.index).all()


def test_a_month_in_the_code_of_a_statistics_office_is_no_second_of_2034(tmp_path):
    (tmp_path / "a.csv").write_text(table(prices(), "Date,Close", "{d},{c}", "%Y00%m%d"))
    with pytest.raises(DataError) as error:
        load_prices(tmp_path / "a.csv")
    in_both_languages(error.value, " 2", "'2025000401'")


def test_stamps_within_one_second_are_told_apart(tmp_path):
    stamps = prices().set_axis(pd.date_range("2025-04-01 09:00", periods=40, freq="250ms"))
    (tmp_path / "a.csv").write_text(table(stamps, "timestamp,Close", "{d},{c}", "%Y-%m-%dT%H:%M:%S.%fZ"))
    assert (load_prices(tmp_path / "a.csv").index == stamps.index).all()
    assert (load_prices(stamps).index == stamps.index).all()


def test_a_cell_that_is_no_time_of_day_is_named_and_the_other_times_are_kept(tmp_path):
    """Electricity is often counted up to 24:00; with the whole column left out, the day itself would seem to stand there twice."""
    hours = prices().set_axis(pd.date_range("2025-04-01", periods=40, freq="h"))
    text = table(hours, "Date,Time,Close", "{d},{c}", "%Y-%m-%d,%H:%M")
    (tmp_path / "a.csv").write_text(text.replace("2025-04-02,00:00", "2025-04-01,24:00"))
    with pytest.raises(DataError) as error:
        load_prices(tmp_path / "a.csv")
    in_both_languages(error.value, " 26", "Date", "'2025-04-01 24:00'")


def test_the_hour_that_clocks_repeat_in_autumn_has_a_way_out_that_loses_no_row():
    hours = prices().set_axis(pd.date_range("2025-10-25 20:00", periods=40, freq="h", tz="Europe/Berlin"))
    with pytest.raises(DataError) as error:
        load_prices(hours)
    in_both_languages(error.value, "iloc[7]", "UTC")
    assert len(load_prices(hours.tz_convert("UTC"))) == 40


def test_months(tmp_path):
    months = pd.period_range("2020-01", periods=40, freq="M")
    for write in ("{0.year}年{0.month:02}月", "{0.year}-{0.month:02}", "{0.year}/{0.month:02}"):
        lines = [f"{write.format(month)},{100 + k}" for k, month in enumerate(months)]
        (tmp_path / "m.csv").write_text("\n".join(["年月日,終値", *lines]), encoding="utf-8")
        assert (load_prices(tmp_path / "m.csv").index == months.to_timestamp()).all()


def test_a_file_of_one_value_is_named_after_its_column(tmp_path, capsys):
    (tmp_path / "a.csv").write_text(as_fred(prices()))
    attrs = load_prices(tmp_path / "a.csv").attrs
    assert attrs["title_ja"] == attrs["title_en"] == "DEXJPUS" and attrs["value_en"] == "value"
    in_both_languages(capsys.readouterr().out, " 2 ", "10")  # how many days without a value, and the line of the first


@pytest.mark.parametrize("pack", ["gz", "zip"])
def test_packed_files(pack, tmp_path):
    (tmp_path / "a.csv").write_text(as_stooq(prices()), newline="")
    packed = tmp_path / f"a.csv.{pack}"
    if pack == "gz":
        packed.write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))
    else:
        with zipfile.ZipFile(packed, "w") as file:
            file.write(tmp_path / "a.csv", "folder/a.csv")
            file.writestr("__MACOSX/._a.csv", b"\0")
    frame = load_prices(packed)
    assert frame.equals(load_prices(tmp_path / "a.csv")) and frame.attrs["name"] == "a"
    packed.write_bytes(packed.read_bytes()[:-200])
    with pytest.raises(DataError) as error:
        load_prices(packed)
    in_both_languages(error.value, packed.name)


def as_download(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat({"^N225": frame}, axis="columns", names=["Ticker", "Price"]).swaplevel(axis="columns")


FRAMES = {
    "by date": lambda f: f,
    "in Tokyo": lambda f: f.tz_localize("Asia/Tokyo"),
    "a column of dates": lambda f: f.reset_index(),
    "a column of words": lambda f: f.reset_index().astype({"Date": str}),
    "periods": lambda f: f.to_period("D"),
    "an index of words": lambda f: f.set_axis(f.index.astype(str)),
    "an index of words without a name": lambda f: f.set_axis(f.index.astype(str)).rename_axis(None),
    "an index of whole numbers": lambda f: f.set_axis(f.index.strftime("%Y%m%d").astype(int)),
    "an index of datetime.date": lambda f: f.set_axis(pd.Index(f.index.date, name="Date")),
    "dates in the index and in a column": lambda f: f.assign(Date=f.index),
    "dates in an index without a name and in a column": lambda f: f.assign(Date=f.index).rename_axis(None),
    "dates in the index and in a Japanese column": lambda f: f.rename_axis("日付").assign(日付=f.index),
    "a column of dates, some rows left out": lambda f: pd.concat([f.head(1), f]).reset_index().iloc[1:],
    "dates in the index and times in a column": lambda f: f.assign(Time="00:00"),
    "yf.download": as_download,
    "newest first": lambda f: f[::-1],
    "Japanese titles": lambda f: f.rename(columns={"Open": "始値", "High": "高値", "Low": "安値", "Close": "終値"}),
}


@pytest.mark.parametrize("form", FRAMES)
def test_a_frame_handed_in(form):
    frame = load_prices(FRAMES[form](prices()))
    is_well_formed(frame)
    assert np.array_equal(frame, prices()) and (frame.index == prices().index).all()
    assert frame.attrs["name"] == "DataFrame"


@pytest.mark.parametrize("freq", ["W", "W-WED", "M", "Q", "Y"])
def test_a_period_begins_on_its_first_day(freq):
    periods = pd.period_range("2020-01-01", periods=40, freq=freq, name="Date")
    frame = prices().set_axis(periods)
    for form in (frame, frame.reset_index()):
        assert (load_prices(form).index == periods.to_timestamp()).all()
    assert frame.index.equals(periods)  # the reader's table is as it was


def test_one_column_is_read_like_its_table():
    ibm = load_prices("ibm")
    one = load_prices(ibm["Close"])
    assert one.equals(ibm[["Close"]]) and one.attrs == load_prices(ibm[["Close"]]).attrs
    assert np.array_equal(load_prices(prices()["Close"].rename(None)), prices()[["Close"]])


def test_a_part_of_a_series_keeps_what_is_known_of_it():
    ibm = load_prices("ibm")
    part = load_prices(ibm.tail(50))
    assert part.attrs == ibm.attrs and part.equals(ibm.tail(50))


def test_a_part_without_the_column_of_the_lessons_names_one_that_it_has():
    ibm, rates = load_prices("ibm"), load_prices("usdjpy")
    part = load_prices(ibm[["Close"]])
    is_well_formed(part)
    assert part.attrs == ibm.attrs | {"column": "Close"}
    large = load_prices((1000 * rates).rename(columns={"Close": "Open"}))
    is_well_formed(large)
    assert large.attrs["column"] == "Open" and large.attrs["title_en"] == rates.attrs["title_en"]


@pytest.mark.parametrize(
    "spoil, parts",
    [
        (lambda f: f.assign(Open=f["Open"].where(f.index != f.index[5])), ["iloc[5]", "Open"]),
        (lambda f: pd.concat([f, f.tail(1)]), ["iloc[40]", "iloc[39]"]),
        (lambda f: f.reset_index(drop=True), ["DataFrame", "Open, High"]),
        (lambda f: f.head(20), ["20", "30"]),
        (lambda f: f.add_suffix(" x"), ["Open x", "Close"]),
        (lambda f: f.assign(Open="x"), ["iloc[0]", "'x'"]),
        (lambda f: f.iloc[:0], ["DataFrame", "30"]),
        (lambda f: pd.DataFrame(), ["DataFrame"]),
        (
            lambda f: pd.concat([as_download(f), as_download(f).rename(columns={"^N225": "7203.T"})], axis=1),
            ["DataFrame"],
        ),
    ],
    ids=[
        "no value",
        "a date again",
        "no dates",
        "too few rows",
        "doubtful",
        "words",
        "empty",
        "nothing",
        "two tickers",
    ],
)
def test_a_bad_frame_names_place_and_way_out(spoil, parts):
    with pytest.raises(DataError) as error:
        load_prices(spoil(prices()))
    in_both_languages(error.value, *parts)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("Date,Open", " date , OPEN "),
        lambda text: text.replace(",", ";"),
        lambda text: text.replace(",", "\t"),
        lambda text: text.replace("\n", "\r\n\r\n"),
        lambda text: text.replace("\n", ",,\n"),
        lambda text: re.sub(r"(\d{4})-(\d\d)-(\d\d)", r"\1-\2-\3 00:00:00+09:00", text),
        lambda text: text.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
        lambda text: re.sub(r",(\d\d)(\d{3}\.\d+)", r', "\1,\2"', text),
    ],
    ids=["spaces", "semicolons", "tabs", "blank lines", "empty columns", "time zone", "full width", "spaced quotes"],
)
def test_harmless_differences_of_form(change, tmp_path):
    (tmp_path / "a.csv").write_text(as_stooq(prices()).replace("\r", ""))
    (tmp_path / "b.csv").write_text(change(as_stooq(prices()).replace("\r", "")), encoding="utf-8", newline="")
    assert load_prices(tmp_path / "a.csv").equals(load_prices(str(tmp_path / "b.csv")))


def of_cells(*cells: str, separator: str = ";") -> str:
    """A file of 36 lines that repeats these prices; a cell may hold a volume as well."""
    head = "Date;Close;Volume" if ";" in cells[0] else "Date;Close"
    lines = [
        f"{day:%d.%m.%Y};{cells[k % len(cells)]}" for k, day in enumerate(pd.bdate_range("2025-04-01", periods=36))
    ]
    return "\n".join([head, *lines]).replace(";", separator)


@pytest.mark.parametrize(
    "cells, line, cell",
    [
        (["1,811", "1,800"], 2, "1,811"),
        (["985", "1,012"], 3, "1,012"),
        (["¥38,123"], 2, "¥38,123"),
        (["1,811;12.345"], 2, "1,811"),  # 12.345 may be German for 12345
        (["100;1,234"], 2, "1,234"),
    ],
)
def test_a_comma_that_may_mark_decimals_or_thousands_is_asked_about(cells, line, cell, tmp_path):
    """Where semicolons stand between the cells, as in countries with a decimal comma, 1,800 may be 1.8."""
    (tmp_path / "a.csv").write_text(of_cells(*cells), encoding="utf-8")
    with pytest.raises(DataError) as error:
        load_prices(tmp_path / "a.csv")
    in_both_languages(error.value, "a.csv", f" {line}", repr(cell), "27575.57", 'decimal=","', 'thousands=","')


@pytest.mark.parametrize("option, first", [("decimal", 1.811), ("thousands", 1811)])
def test_the_way_out_of_a_doubtful_comma_leads_out(option, first, tmp_path):
    (tmp_path / "a.csv").write_text(of_cells("1,811", "1,800"))
    table = pd.read_csv(tmp_path / "a.csv", sep=";", **{option: ","})
    assert load_prices(table)["Close"].iloc[0] == first


@pytest.mark.parametrize(
    "cells, separator, first",
    [
        (["38,123"], "\t", 38123),
        (['"38,123"'], ",", 38123),
        (["1,234,567", "999,999"], ";", 1234567),
        (["38,123", "38,100.5"], ";", 38123),
        (["38,123;1,234,567"], ";", 38123),
        (["101.5;1,234"], ";", 101.5),
    ],
)
def test_a_comma_that_certainly_marks_thousands_is_read(cells, separator, first, tmp_path):
    (tmp_path / "a.csv").write_text(of_cells(*cells, separator=separator))
    assert load_prices(tmp_path / "a.csv")["Close"].iloc[0] == first


@pytest.mark.parametrize("separator", [";", "\t"])
def test_no_thousands_begin_with_a_zero(separator, tmp_path):
    (tmp_path / "a.csv").write_text(of_cells("0,985", separator=separator))
    with pytest.raises(DataError) as error:
        load_prices(tmp_path / "a.csv")
    in_both_languages(error.value, " 2", "'0,985'", "27575.57")


@pytest.mark.parametrize("volume", ["-", "", "0", "nan"])
def test_a_volume_that_nobody_counted_is_left_out(volume, tmp_path):
    text = re.sub(r",\d+\r", f",{volume}\r", as_stooq(prices()))
    (tmp_path / "a.csv").write_text(text, newline="")
    assert list(load_prices(tmp_path / "a.csv")) == PRICES


def with_line(number: int, old: str, new: str):
    """A change of one line of the Stooq file; `number` as an editor counts."""

    def change(text: str) -> str:
        lines = text.split("\r\n")
        assert re.search(old, lines[number - 1])
        lines[number - 1] = re.sub(old, new, lines[number - 1], count=1)
        return "\r\n".join(lines)

    return change


BAD = {
    "no date column": (lambda t: t.replace("Date", "Day"), ["a.csv", "Day, Open, High", "日付け"]),
    "no price column": (lambda t: t.replace("Open,High,Low,Close", "a,b,c,d"), ["a.csv", "Date, a, b", "始値"]),
    "two columns of one kind": (lambda t: t.replace("High", "始値"), ["a.csv", "Open", "'始値'"]),
    "american date": (with_line(7, "^....-..-..", "06/19/2025"), [" 7", "Date", "'06/19/2025'", "2025-06-19"]),
    "no such day": (with_line(7, "^....-..-..", "2025-02-30"), [" 7", "Date", "'2025-02-30'"]),
    "a year that no clock here counts": (with_line(7, "^....-..-..", "9999-06-19"), [" 7", "Date", "'9999-06-19'"]),
    "no such hour": (with_line(7, "^(....-..-..)", r"\1 25:00"), [" 7", "Date", "25:00'"]),
    "empty date": (with_line(7, "^....-..-..", ""), [" 7", "Date", "''"]),
    "duplicate date": (with_line(9, "^....-..-..", "2025-04-01"), [" 9", "Date", "2"]),
    "text in a number": (with_line(5, r",\d+\.\d+", ",abc"), [" 5", "Open", "'abc'", "27575.57"]),
    "decimal comma": (with_line(5, r",\d+\.\d+", ',"38.123,45"'), [" 5", "Open", "'38.123,45'"]),
    "infinite": (with_line(5, r",\d+\.\d+", ",1e999"), [" 5", "Open", "'1e999'"]),
    "unknown currency": (with_line(5, r",\d+\.\d+", ",₩38000"), [" 5", "Open", "38000'"]),
    "month or day first": (
        lambda t: "\r\n".join(["Date,Close", *(f"{m:02}/{d:02}/2024,1" for m in range(1, 7) for d in range(1, 7))]),
        [" 3", "Date", "'01/02/2024'", "2025-06-19"],
    ),
    "month first, then day first": (
        lambda t: "\r\n".join(
            ["Date,Close", *(f"06/{d:02}/2024,1" for d in range(1, 31)), *(f"{d:02}/07/2024,1" for d in range(13, 20))]
        ),
        [" 32", "Date", "'13/07/2024'"],
    ),
    "two digits of a year": (with_line(7, "^....-..-..", "25/06/19"), [" 7", "Date", "'25/06/19'"]),
    "thirteen in the afternoon": (with_line(7, "^(....-..-..)", r"\1 13:00 PM"), [" 7", "Date", "13:00 PM'"]),
    "prices of doubtful meaning": (
        lambda t: t.replace("Open,High,Low,Close", "USD,EUR,GBP,CHF").replace(",Volume", ",AUD"),
        ["a.csv", "USD, EUR", "Close"],
    ),
    "bid and ask": (
        lambda t: t.replace("Open,High,Low,Close,Volume", "Bid,Ask,Mid,Spread,n"),
        ["a.csv", "Bid, Ask", "Close"],
    ),
    "two tickers": (
        lambda t: "Price,Close,Close\nTicker,^N225,7203.T\nDate,,\n2025-04-01,1,2",
        ["a.csv", "7203.T", "^N225"],
    ),
    "no header": (lambda t: t.partition("\n")[2], ["a.csv", "datetime"]),
    "json": (lambda t: '{"Date": [1, 2]}', ["a.csv", "JSON", "load_prices"]),
    "an xml": (lambda t: '<?xml version="1.0"?><a/>', ["a.csv", "HTML"]),
    "a value below zero": (
        lambda t: "\n".join(["DATE,T10Y2Y", *(f"2025-04-{d:02},{d - 5}" for d in range(1, 31))]),
        [" 2", "T10Y2Y", "'-4'"],
    ),
    "holidays only": (lambda t: re.sub(r"(?m)^(2[^,]*),.*", r"\1,,,,,", t), ["a.csv", " 0 ", "30"]),
    "letter on a price": (with_line(5, r",\d+\.\d+", ",38K"), [" 5", "Open", "'38K'"]),
    "nan inside": (with_line(6, r",\d+\.\d+", ",NaN"), [" 6", "Open", "'NaN'"]),
    "null inside": (with_line(6, r",\d+\.\d+", ",null"), [" 6", "Open", "'null'"]),
    "empty cell": (with_line(6, r",\d+\.\d+", ","), [" 6", "Open", "''"]),
    "short line": (with_line(6, r",\d+\.\d+,\d+$", ""), [" 6", "Close", "''"]),
    "lost comma": (with_line(6, r",(\d+)\.\d+,(\d+\.\d+)", r",\1\2"), [" 6", "Volume"]),
    "zero price": (with_line(8, r",\d+\.\d+", ",0.0"), [" 8", "Open", "0.0"]),
    "negative price": (with_line(8, r",\d+\.\d+", ",-1"), [" 8", "Open", "-1"]),
    "text in the volume": (with_line(8, r"\d+$", "many"), [" 8", "Volume", "'many'"]),
    "negative volume": (with_line(8, r"\d+$", "-5"), [" 8", "Volume", "-5"]),
    "commas without quotes": (with_line(8, r",\d+\.\d+", ",38,000.00"), [" 8", '"']),
    "sentence in the middle": (with_line(8, "^.*$", "日経の著作物です"), [" 8", "Date", "著作物"]),
    "other sentence at the end": (lambda t: t + "メモです", [" 42", "Date", "メモ"]),
    "too few rows": (lambda t: "\r\n".join(t.split("\r\n")[:11]), ["a.csv", "10", "30"]),
    "only a header": (lambda t: t.split("\r\n")[0], ["a.csv", " 0 ", "30"]),
    "a web page": (lambda t: HTML, ["a.csv", "HTML"]),
    "empty": (lambda t: "", ["a.csv"]),
    "only spaces": (lambda t: " \n \n", ["a.csv"]),
    "only commas": (lambda t: ",,\n,,\n", ["a.csv"]),
    "no number in a whole column": (lambda t: re.sub(r"(?m)^(2[^,]*),[^,]*", r"\1,x", t), [" 2", "Open", "'x'"]),
    "open quote": (lambda t: t.replace("2025-04-08", '"2025-04-08') + "x" * 200_000, ["a.csv", '"']),
}


def test_there_are_as_many_as_promised():
    assert len(FORMATS | DIALECTS) >= 22 and len(BAD) >= 40


@pytest.mark.parametrize("case", BAD)
def test_bad_csv_names_place_and_way_out(case, tmp_path, monkeypatch):
    change, parts = BAD[case]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text(change(as_stooq(prices())), encoding="utf-8", newline="")
    with pytest.raises(DataError) as error:
        load_prices("a.csv", fallback="ibm")  # a path has no fallback: its mistakes are shown
    in_both_languages(error.value, *parts)


def test_the_first_line_with_a_mistake_is_named(tmp_path):
    """Whatever the column: a reader mends a file from the top."""
    both = with_line(5, r"\d+\r?$", "many")(with_line(9, "^....-..-..", "x")(as_stooq(prices())))
    (tmp_path / "a.csv").write_text(both, newline="")
    with pytest.raises(DataError, match="line 5, column 'Volume'"):
        load_prices(tmp_path / "a.csv")


def test_lines_are_counted_as_an_editor_counts(tmp_path):
    """Blank lines and line breaks inside quotes count."""
    text = as_stooq(prices()).replace("Volume\r\n", 'Volume,"a\r\nnote"\r\n\r\n').replace("2025-04-03", "2025-04-31")
    (tmp_path / "a.csv").write_text(text, newline="")
    line = 1 + next(k for k, words in enumerate(text.split("\r\n")) if "2025-04-31" in words)
    with pytest.raises(DataError, match=f"line {line}, column 'Date'"):
        load_prices(tmp_path / "a.csv")


def test_a_message_stays_short(tmp_path):
    """A quote that is never closed makes one cell of all lines below it."""
    text = as_stooq(prices(2000)).replace("2025-06-19", '"2025-06-19')
    (tmp_path / "a.csv").write_text(text, newline="")
    with pytest.raises(DataError) as error:
        load_prices(tmp_path / "a.csv")
    in_both_languages(error.value, "Date", "2025-06-19")
    assert len(str(error.value)) < 600


def test_bad_place_in_a_japanese_file_is_named_in_its_own_words(tmp_path):
    text = as_nikkei(prices()).replace('"2025/04/03",', '"2025/04/03","-",', 1)
    (tmp_path / "n.csv").write_bytes(text.encode("cp932"))
    with pytest.raises(DataError) as error:
        load_prices(tmp_path / "n.csv")
    in_both_languages(error.value, " 4")
    cut = re.sub('("2025/04/03",)"[^"]+"', r'\1"-"', as_nikkei(prices()))
    (tmp_path / "n.csv").write_bytes(cut.encode("cp932"))
    with pytest.raises(DataError) as error:
        load_prices(tmp_path / "n.csv")
    in_both_languages(error.value, " 4", "終値", "'-'")


def test_an_excel_file_is_named_as_such(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as file:
        file.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(DataError) as error:
        load_prices(tmp_path / "a.xlsx")
    in_both_languages(error.value, "Excel", "pd.read_excel")


def test_a_pack_of_two_files_asks_for_one(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        for name in ("one.csv", "two.csv"):
            file.writestr(name, as_stooq(prices()))
    with pytest.raises(DataError) as error:
        load_prices(tmp_path / "a.zip")
    in_both_languages(error.value, "one.csv, two.csv")


CUTS = st.tuples(
    st.sampled_from(SAMPLES),
    st.integers(0, 3000),
    st.integers(0, 60),
    st.text(max_size=40),
    st.sampled_from(["utf-8", "utf-16"]),
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(
    raw=st.one_of(
        CUTS.map(lambda cut: spoiled(*cut)),
        st.binary(max_size=300),
        CUTS.map(lambda cut: gzip.compress(spoiled(*cut))[: 2000 - cut[2]]),
    )
)
def test_whatever_a_file_holds_it_is_read_or_refused_in_both_languages(raw, tmp_path):
    """python tests/data/fuzz.py goes on for as long as you like."""
    (tmp_path / "a.csv").write_bytes(raw)
    is_read_or_refused(tmp_path / "a.csv")


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"Date,Close\n\x81 "])
def test_not_a_text_file(content, tmp_path):
    (tmp_path / "p.csv").write_bytes(content)
    with pytest.raises(DataError) as error:
        load_prices(tmp_path / "p.csv")
    in_both_languages(error.value, "p.csv", "UTF-8")


def test_a_last_title_without_cells_and_a_holiday_without_commas_are_no_lost_comma(tmp_path, capsys):
    lines = as_stooq(prices()).splitlines()
    lines[0] += ",Note"
    lines[7] = lines[7][:10]  # a date alone
    (tmp_path / "a.csv").write_text("\n".join(lines))
    frame = load_prices(tmp_path / "a.csv")
    assert len(frame) == 39 and "Volume" in frame and "Left out as holidays: 1 rows" in capsys.readouterr().out
