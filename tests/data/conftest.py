"""No test of this folder touches the real data/downloads or the network."""

import re

import pytest
from yahoo_server import running

import helpers.data.yahoo


@pytest.fixture(autouse=True)
def downloads(tmp_path, monkeypatch):
    """An empty folder in the place of data/downloads; the real one is never touched."""
    monkeypatch.setattr(helpers.data.yahoo, "DOWNLOADS", tmp_path / "downloads")
    monkeypatch.setattr(helpers.data.yahoo, "_stalled", {})
    return tmp_path / "downloads"


@pytest.fixture
def yahoo(monkeypatch):
    """A context: every request that yfinance makes goes to a server on 127.0.0.1 with the given behaviour."""
    import yfinance.cache
    from curl_cffi import requests

    monkeypatch.delenv("LSTM_TUTORIAL_OFFLINE", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(helpers.data.yahoo, "TIMEOUT", 60.0)  # no answer comes too late, however slow the machine
    monkeypatch.setattr(yfinance.cache, "get_tz_cache", yfinance.cache._TzCacheDummy)  # nothing kept in the home folder
    monkeypatch.setattr(yfinance.cache, "get_cookie_cache", yfinance.cache._CookieCacheDummy)
    plain = requests.Session.request

    class Here:
        def __call__(self, prices, **others):
            self.behaviour = {"prices": prices, **others}
            self.server = running(self.behaviour)
            base, self.asked = self.server.__enter__()

            def request(session, method, url, **options):
                return plain(session, method, re.sub(r"^https://[^/]+", base, url), **options)

            monkeypatch.setattr(requests.Session, "request", request)
            return self

        def stop(self):
            self.server.__exit__(None, None, None)

    here = Here()
    yield here
    here.stop()


@pytest.fixture
def stranger(monkeypatch):
    """yfinance as it is in a new kernel: no cookie and no crumb yet."""
    from yfinance.data import YfData

    monkeypatch.setattr(YfData(), "_cookie", None)
    monkeypatch.setattr(YfData(), "_crumb", None)
