"""make live and data/download.py, asked of the server on 127.0.0.1 in Yahoo's place."""

import runpy
from pathlib import Path

import pandas as pd
import pytest
from yahoo_server import chart, kept

from helpers.data import yahoo as module

ROOT = Path(__file__).parents[2]
LATER = list(pd.bdate_range("2025-06-20", periods=90))


@pytest.fixture(autouse=True)
def one_series(monkeypatch):
    monkeypatch.setattr(module, "PERIODS", {"nikkei225": module.PERIODS["nikkei225"]})


def test_live_compares_with_what_is_kept_and_keeps_nothing(yahoo, downloads, capsys):
    live = runpy.run_path(str(ROOT / "tests" / "live.py"))
    downloads.mkdir()
    (downloads / "nikkei225.csv").write_bytes(kept())
    yahoo([(200, chart()), (200, chart(dates=LATER))], zone=(200, chart()))
    assert live["main"]() == 0
    out = capsys.readouterr().out
    assert "1,092 rows" in out and "0.0e+00 (1,092 days)" in out and "90 newer rows" in out
    assert [file.name for file in downloads.iterdir()] == ["nikkei225.csv"] and module.DOWNLOADS == downloads


def test_live_without_a_network_says_so_plainly(yahoo, downloads, capsys):
    live = runpy.run_path(str(ROOT / "tests" / "live.py"))
    yahoo((503, "Service Unavailable"))
    assert live["main"]() == 1
    out = capsys.readouterr().out
    assert "NG" in out and "ネットワークがなければ" in out and "Without a network nothing has been checked" in out
    assert not downloads.exists()


def test_download_keeps_the_files_and_names_the_licence(yahoo, downloads, capsys):
    download = runpy.run_path(str(ROOT / "data" / "download.py"))
    yahoo((200, chart()))
    assert download["main"]() == 0
    out = capsys.readouterr().out
    assert "nikkei225.csv: 1,092" in out and "許諾" in out and "licence" in out
    assert (downloads / "nikkei225.csv").read_bytes() == kept()


def test_download_without_a_network_goes_on(yahoo, downloads, capsys):
    download = runpy.run_path(str(ROOT / "data" / "download.py"))
    yahoo((503, "Service Unavailable"))
    assert download["main"]() == 1 and "nikkei225.csv" in capsys.readouterr().out and not downloads.exists()
