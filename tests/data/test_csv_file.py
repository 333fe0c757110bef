"""The reader's own CSV: the forms that are read, and the mistakes that are named."""

import re

import pandas as pd
import pytest
from price_samples import FORMATS, as_nikkei, as_stooq, in_both_languages, is_well_formed, prices
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
    ],
    ids=["spaces", "semicolons", "tabs", "blank lines", "empty columns", "time zone", "full width"],
)
def test_harmless_differences_of_form(change, tmp_path):
    (tmp_path / "a.csv").write_text(as_stooq(prices()).replace("\r", ""))
    (tmp_path / "b.csv").write_text(change(as_stooq(prices()).replace("\r", "")), encoding="utf-8", newline="")
    assert load_prices(tmp_path / "a.csv").equals(load_prices(str(tmp_path / "b.csv")))


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
    "yen sign": (with_line(5, r",\d+\.\d+", ",¥38000"), [" 5", "Open", "38000'"]),
    "letter on a price": (with_line(5, r",\d+\.\d+", ",38K"), [" 5", "Open", "'38K'"]),
    "nan inside": (with_line(6, r",\d+\.\d+", ",NaN"), [" 6", "Open", "'NaN'"]),
    "null inside": (with_line(6, r",\d+\.\d+", ",null"), [" 6", "Open", "'null'"]),
    "empty cell": (with_line(6, r",\d+\.\d+", ","), [" 6", "Open", "''"]),
    "short line": (with_line(6, r",\d+\.\d+,\d+$", ""), [" 6", "Close", "''"]),
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


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"Date,Close\n\x81 "])
def test_not_a_text_file(content, tmp_path):
    (tmp_path / "p.csv").write_bytes(content)
    with pytest.raises(DataError) as error:
        load_prices(tmp_path / "p.csv")
    in_both_languages(error.value, "p.csv", "UTF-8")
