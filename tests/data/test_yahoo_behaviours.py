"""What yfinance's issue threads of 2025 and 2026 report, played by the server on 127.0.0.1; numbers are those of its issues.

What is a nuisance only must not cost the prices; what is fatal is told in both languages, and IBM can stand in.
"""

import copy

import pandas as pd
import pytest
from price_samples import in_both_languages, is_well_formed
from yahoo_server import DELISTED, LAST, chart, days

from helpers.data import DataError, load_prices
from helpers.data import yahoo as module

CONSENT = "<html><body><form action='https://consent.yahoo.com/v2/collectConsent'><button>Accept all</button></form></body></html>"
BAD_CRUMB = {
    "finance": {"result": None, "error": {"code": "Unauthorized", "description": "Invalid Crumb"}},
    "chart": {"result": None, "error": {"code": "Unauthorized", "description": "Invalid Crumb"}},
}
NO_DATA = {"code": "Unprocessable Entity", "description": "Data doesn't exist for startDate = 1609718400"}


def altered(change) -> dict:
    """A good answer after `change(result)`."""
    answer = copy.deepcopy(chart())
    change(answer["chart"]["result"][0])
    return answer


def nulls(*places: int):
    """An answer in which these days have no price at all, as for a holiday or a day not yet filled in."""

    def change(result: dict) -> None:
        for column in result["indicators"]["quote"][0].values():
            for place in places:
                column[place] = None

    return altered(change)


def no_adjusted_closes(result: dict) -> None:
    del result["indicators"]["adjclose"]


def a_sparse_head(result: dict) -> None:
    for name in ("regularMarketTime", "currency", "validRanges", "exchangeName"):
        result["meta"][name] = None


def the_last_day_twice(result: dict) -> None:
    """Beside the day itself, its last trade, at half past three: yfinance takes one of the two."""
    result["timestamp"][-1] = result["timestamp"][-2] + int(6.5 * 3600)
    for values in (*result["indicators"]["quote"][0].values(), result["indicators"]["adjclose"][0]["adjclose"]):
        values[-1] = values[-2]


ENDURED = {
    "crumb refused: too many requests (2441)": {"prices": (200, chart()), "crumb": (429, "Too Many Requests")},
    "crumb is that sentence, with status 200 (2441)": {"prices": (200, chart()), "crumb": (200, "Too Many Requests")},
    "crumb is a web page (2441)": {"prices": (200, chart()), "crumb": (200, "<html><body>error</body></html>")},
    "crumb is empty": {"prices": (200, chart()), "crumb": (200, "")},
    "first answer: invalid crumb, then prices": {"prices": [(401, BAD_CRUMB), (200, chart())], "zone": (200, chart())},
    "consent page where the cookie should be (EU)": {"prices": (200, chart()), "cookie": (200, CONSENT)},
    "a session is missing (2619, 2964)": {"prices": (200, chart(dates=[d for d in days() if d != days()[500]]))},
    "days without a price (2925)": {"prices": (200, nulls(300, 301, 700))},
    "an index without adjusted closes": {"prices": (200, altered(no_adjusted_closes))},
    "a head with nulls": {"prices": (200, altered(a_sparse_head))},
    "the last day twice": {"prices": (200, altered(the_last_day_twice))},
}


@pytest.mark.parametrize("case", ENDURED)
def test_a_nuisance_does_not_cost_the_prices(case, yahoo, stranger, capfd, caplog):
    yahoo(**copy.deepcopy(ENDURED[case]))
    frame = load_prices("nikkei225")
    is_well_formed(frame)
    assert len(frame) >= 1092 - 3 and tuple(frame.iloc[-1]) == LAST and frame.index[-1] == pd.Timestamp("2025-06-19")
    assert capfd.readouterr() == ("", "") and not caplog.records


FATAL = {  # the behaviour, and a part of what the reader is told
    "chart is null (2670)": ((200, {"chart": None}), "YFPricesMissingError"),
    "JSON of another form": ((200, {"quoteResponse": {"result": []}}), "YFPricesMissingError"),
    "a list": ((200, "[]"), ""),
    "an empty body": ((200, ""), "JSONDecodeError"),
    "no data for these days (2902)": ((422, {"chart": {"result": None, "error": NO_DATA}}), "startDate"),
    "invalid crumb for good": ((401, BAD_CRUMB), "Invalid Crumb"),
    "rate limit in words, with status 200": ((200, "Edge: Too Many Requests"), ""),
    "rate limit (2289, 2422, 2567)": ((429, "Edge: Too Many Requests"), "YFRateLimitError"),
    "consent page instead of prices": ((200, CONSENT), "JSONDecodeError"),
    "will be right back": ((200, "<html>Will be right back...</html>"), "YFDataException"),
    "service unavailable": ((503, "Service Unavailable"), "JSONDecodeError"),
    "forbidden": ((403, "Forbidden"), "JSONDecodeError"),
    "delisted, it says (2329, 2469, 2501)": ((200, {"chart": {"result": None, "error": DELISTED}}), "delisted"),
    "the last days are not filled in yet (2925)": ((200, nulls(-2, -3, -4)), "2025-06-19"),
}


@pytest.mark.parametrize("case", FATAL)
def test_what_is_fatal_is_told_and_nothing_is_kept(case, yahoo, downloads, capfd, caplog):
    behaviour, part = FATAL[case]
    yahoo(behaviour, zone=(200, chart()))
    with pytest.raises(DataError) as error:
        load_prices("nikkei225")
    in_both_languages(error.value, part, "data/downloads/nikkei225.csv", "ibm")
    assert load_prices("nikkei225", fallback="ibm").attrs["stands_in_for"] == "nikkei225"
    assert not downloads.exists() or not list(downloads.iterdir())
    assert capfd.readouterr().err == "" and not caplog.records


def without_zone(result: dict) -> None:
    del result["meta"]["exchangeTimezoneName"]


def test_without_a_time_zone_it_is_told(yahoo):
    """possibly delisted; no timezone found (1996, 2367, 2469)"""
    yahoo((200, altered(without_zone)))
    with pytest.raises(DataError) as error:
        load_prices("nikkei225")
    in_both_languages(error.value, "data/downloads/nikkei225.csv")


RAISED = {  # what curl_cffi raises before any answer is there
    "an old curl_cffi (2528)": ("ImpersonateError", "Impersonating chrome136 is not supported"),
    "an inspecting proxy (2729)": ("CertificateVerifyError", "curl: (60) SSL certificate problem"),
    "no such proxy": ("ProxyError", "curl: (5) Could not resolve proxy"),
    "TLS (2529)": ("SSLError", "curl: (35) TLS connect error"),
    "reset": ("ConnectionError", "curl: (56) Recv failure: Connection reset by peer"),
}


@pytest.mark.parametrize("case", RAISED)
def test_what_curl_raises_is_told(case, yahoo, stranger, monkeypatch):
    from curl_cffi import requests

    kind, words = RAISED[case]
    yahoo((200, chart()))

    def request(session, method, url, **options):
        raise getattr(requests.exceptions, kind)(words)

    monkeypatch.setattr(requests.Session, "request", request)
    with pytest.raises(DataError) as error:
        load_prices("nikkei225")
    in_both_languages(error.value, kind, words.partition(":")[0], "data/downloads/nikkei225.csv")


def test_prices_come_past_a_blocker_of_the_cookies_address(yahoo, stranger, monkeypatch):
    """Ad blockers answer fc.yahoo.com with no address (2386)."""
    from curl_cffi import requests

    yahoo((200, chart()))
    through, blocked = requests.Session.request, []

    def request(session, method, url, **options):
        if "/chart/" in url:
            return through(session, method, url, **options)
        blocked.append(url)
        raise requests.exceptions.DNSError("Failed to perform, curl: (6) Could not resolve host: fc.yahoo.com")

    monkeypatch.setattr(requests.Session, "request", request)
    assert len(load_prices("nikkei225")) == 1092 and blocked


def test_prices_come_where_yfinance_cannot_keep_its_own_notes(yahoo, stranger, monkeypatch, tmp_path, capfd):
    """It keeps time zones and cookies in SQLite files under the home folder, which may be read-only."""
    from yfinance import cache

    (tmp_path / "home").write_text("a file where the folder should be")
    for kind in ("Tz", "Cookie"):
        manager = getattr(cache, f"_{kind}CacheManager")
        monkeypatch.setattr(
            cache, f"get_{kind.lower()}_cache", manager.__dict__[f"get_{kind.lower()}_cache"].__get__(None, manager)
        )
        monkeypatch.setattr(manager, f"_{kind if kind == 'Cookie' else 'tz'}_cache", None)
        monkeypatch.setattr(getattr(cache, f"_{kind}DBManager"), "_db", None)
        monkeypatch.setattr(getattr(cache, f"_{kind}DBManager"), "_cache_dir", str(tmp_path / "home" / "py-yfinance"))
    yahoo((200, chart()))
    assert len(load_prices("nikkei225")) == 1092 and capfd.readouterr().err == ""


def test_a_table_of_yf_download_is_taken_as_it_is():
    """Since 0.2.51 its columns have two levels, Price and Ticker."""
    index = pd.bdate_range("2024-01-02", periods=80, name="Date")
    prices = pd.DataFrame({name: 100.0 + k for k, name in enumerate(["Close", "High", "Low", "Open"])}, index=index)
    prices["High"], prices["Volume"] = 200.0, 5
    prices["Low"] = 50.0
    prices.columns = pd.MultiIndex.from_product([prices.columns, ["AAPL"]], names=["Price", "Ticker"])
    frame = load_prices(prices)
    assert list(frame) == ["Open", "High", "Low", "Close", "Volume"] and len(frame) == 80


def test_the_limit_is_told_once_and_not_remembered_as_an_answer(yahoo):
    """After a 429 the next call may succeed."""
    yahoo([(429, "Too Many Requests"), (429, "Too Many Requests"), (200, chart())], zone=(200, chart()))
    with pytest.raises(DataError):
        load_prices("nikkei225")
    assert len(load_prices("nikkei225")) == 1092
    assert module._stalled == {}
