"""The download, its cache, and what is told where neither is to be had."""

import logging
import threading

import numpy as np
import pandas as pd
import pytest
from price_samples import FORMATS, in_both_languages, is_well_formed, prices
from yahoo_server import FIRST, HTML, LAST, NOT_FOUND, NOTHING, chart, kept

from helpers.data import DataError, load_prices
from helpers.data import yahoo as module


class Clock:
    """Stands in for the module `time` in helpers.data.yahoo; its seconds pass only where a test says so."""

    seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds

    def time_ns(self) -> int:
        return int(self.seconds * 1e9)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


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
def test_download_leaves_yfinance_as_it_was(yahoo, clock):
    import yfinance

    yahoo((200, chart()))
    load_prices("nikkei225")
    clock.seconds += 2 * module.TIMEOUT
    assert yfinance.config.debug.hide_exceptions is True  # and its session has no deadline any more:
    assert len(yfinance.Ticker("^N225").history(start="2021-01-05", end="2025-06-20")) > 1000


def test_only_the_packages_of_the_download_are_silent_and_only_while_it_runs(yahoo, monkeypatch, caplog):
    from curl_cffi import requests

    def log(*names: str) -> None:
        for name in names:
            logging.getLogger(name).error("said by %s", name)

    def request(*_, **__):
        log("yfinance", "bs4.dammit", "reader")
        thread = threading.Thread(target=log, args=["reader.thread"])
        thread.start()
        thread.join()
        raise ConnectionError

    yahoo((200, chart()))
    monkeypatch.setattr(requests.Session, "request", request)
    for name in ("yfinance", "bs4.dammit"):  # alembic, beneath a search on SQLite, disables every logger it meets
        monkeypatch.setattr(logging.getLogger(name), "disabled", False)
    with pytest.raises(DataError):
        load_prices("nikkei225")
    assert {record.name for record in caplog.records} == {"reader", "reader.thread"}
    log("yfinance", "bs4.dammit")
    assert [record.name for record in caplog.records[-2:]] == ["yfinance", "bs4.dammit"]


@pytest.mark.parametrize("pace", [float("inf"), 25.0, 7.0], ids=["never", "slowly", "less slowly"])
def test_one_deadline_holds_for_all_requests_together(pace, yahoo, clock, stranger, monkeypatch):
    """Every request takes `pace` seconds of a clock that no machine can slow down, or all those that it was given."""
    from curl_cffi import requests

    yahoo((200, chart()))
    through, given = requests.Session.request, []

    def request(session, method, url, **options):
        given.append(options["timeout"])
        clock.seconds += min(pace, options["timeout"])
        if pace >= options["timeout"]:
            raise requests.exceptions.Timeout(url)
        return through(session, method, url, **options | {"timeout": 60})

    monkeypatch.setattr(requests.Session, "request", request)
    begun = clock.seconds
    load_prices("nikkei225", fallback="ibm")
    assert given and clock.seconds - begun <= module.TIMEOUT + 1e-6


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
    monkeypatch.setattr(module, "PAUSE", 0)  # what fails twice is asked twice here
    if part == "0.8":
        monkeypatch.setattr(module, "TIMEOUT", 0.8)
    others = {"zone": (200, chart())} if zone == "zone answers" else {}
    yahoo(behaviour, **others)
    downloads.mkdir()
    (downloads / "amazon.csv").write_bytes(b"another series")
    (downloads / "nikkei225.csv").write_bytes(kept()[:20_000])  # cut off: what is left must stay as it is
    before = {file.name: file.read_bytes() for file in downloads.iterdir()}
    frame = load_prices("nikkei225", fallback="ibm")
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


def test_prices_come_where_a_firewall_swallows_the_cookies(yahoo, clock, stranger, monkeypatch):
    from curl_cffi import requests

    yahoo((200, chart()))
    through, swallowed = requests.Session.request, []

    def request(session, method, url, **options):
        if "/chart/" in url:
            return through(session, method, url, **options)
        swallowed.append(url)
        clock.seconds += options["timeout"]
        raise requests.exceptions.Timeout(url)

    monkeypatch.setattr(requests.Session, "request", request)
    assert len(load_prices("nikkei225")) == 1092 and swallowed


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

    monkeypatch.setattr(module.os, "replace", full)
    yahoo((200, chart()))
    assert len(load_prices("nikkei225")) == 1092 and list(downloads.iterdir()) == []
    in_both_languages(capsys.readouterr().out, "data/downloads/nikkei225.csv", "No space left")


def test_a_stalled_network_is_waited_for_once(yahoo, monkeypatch):
    yahoo((200, chart()))
    asked = []

    def stall(*arguments):
        asked.append(arguments)
        raise TimeoutError

    with monkeypatch.context() as patched:
        patched.setattr(module, "_history", stall)
        for part in ("60", "5"):  # after so many seconds; not again for so many minutes
            with pytest.raises(DataError) as error:
                load_prices("nikkei225")
            in_both_languages(error.value, part, "data/downloads/nikkei225.csv")
    assert len(asked) == 1
    monkeypatch.setattr(module, "PAUSE", 0)
    assert list(load_prices("nikkei225")) == ["Open", "High", "Low", "Close", "Volume"]
