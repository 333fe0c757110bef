"""The one door to every series: names, paths, the fallback, and the menu of a panel."""

import os

import pandas as pd
import pytest
from price_samples import in_both_languages
from yahoo_server import chart

from helpers.data import SERIES, DataError, final_days, load_prices, menu, select_columns
from helpers.language import BadInput


def test_missing_file_folder_and_unknown_name(tmp_path):
    for wanted, part in (
        (tmp_path / "no.csv", "no.csv"),
        ("no/such.csv", "no/such.csv"),
        (tmp_path, tmp_path.name),
        ("~nosuch/p.csv", "~nosuch/p.csv"),
        (f"{'x' * 300}.csv", "x.csv"),
        ("nikkei", "nikkei225"),
    ):
        with pytest.raises(DataError) as error:
            load_prices(wanted)
        in_both_languages(error.value, part)
    with pytest.raises(DataError) as error:
        load_prices("ibm", fallback="imb")  # a slip in the fallback is told before a class needs it
    in_both_languages(error.value, "'imb'", "usdjpy")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may search every folder")
def test_a_folder_that_may_not_be_searched_is_told(tmp_path):
    (tmp_path / "closed").mkdir(mode=0o000)
    with pytest.raises(DataError) as error:
        load_prices(tmp_path / "closed" / "p.csv")
    in_both_languages(error.value, "closed/p.csv", "Permission denied")


def test_a_path_may_be_told_from_the_root_of_the_repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # as a notebook runs in notebooks/
    frame = load_prices("data/ibm.csv")
    assert frame[:-100].equals(load_prices("ibm")) and frame.attrs["scale"] == 100 and frame.attrs["column"] == "Open"


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


@pytest.mark.parametrize("name", ["ibm", "sine"])
def test_a_series_that_needs_no_network_ignores_the_fallback(name, capsys):
    frame = load_prices(name, fallback="usdjpy")
    assert frame.equals(load_prices(name)) and frame.attrs["stands_in_for"] is None
    assert capsys.readouterr() == ("", "")


def test_an_error_has_both_languages_whatever_the_choice(monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")
    with pytest.raises(BadInput) as error:
        load_prices("imb")
    assert isinstance(error.value, DataError) and isinstance(error.value, ValueError)
    assert str(error.value) == f"{error.value.ja}\n{error.value.en}"
    in_both_languages(error.value, "'imb'")


def test_menu_begins_with_the_series_and_goes_on_with_those_that_need_no_network(tmp_path):
    local = ["ibm", "usdjpy", "electricity", "co2", "sine", "random_walk", "ar1"]
    assert menu("nikkei225") == ["nikkei225", *local]
    assert menu("co2") == ["co2", *(name for name in local if name != "co2")]
    assert menu(tmp_path / "a.csv") == [str(tmp_path / "a.csv"), *local]
    assert set(SERIES) - set(local) == {"nikkei225", "amazon"}


def test_missing_columns_are_named_in_both_languages():
    with pytest.raises(
        ValueError, match="Open, Volume という列はありません(.|\n)*no column Open, Volume; this series has Close"
    ):
        select_columns(load_prices("usdjpy"), ["Open", "Close", "Volume"])
    assert list(select_columns(load_prices("ibm"), ["Close", "Open"]).columns) == ["Close", "Open"]


def test_no_series_by_name_shows_the_days_of_the_final_exam(capsys):
    whole, count = final_days("ibm")
    assert count == 100 and whole[:-count].equals(load_prices("ibm")) and whole.index[-1] == pd.Timestamp("2013-03-01")
    assert capsys.readouterr().out == ""
    assert load_prices("nikkei225", "ibm").index.max() < whole.index[-count]  # the fallback does not show them either


def test_the_final_days_of_any_other_series_are_those_held_back(capsys):
    own, count = final_days("data/co2.csv")
    in_both_languages(capsys.readouterr().out, "IBM", "100", "Quandl")
    assert own.equals(final_days("ibm")[0]) and count == 100
    with pytest.raises(DataError) as error:
        final_days("nikkei225", "usdjpy")
    in_both_languages(error.value, "'usdjpy'", "ibm")


def test_the_final_days_of_a_download_are_those_after_its_stated_end(yahoo, downloads, monkeypatch, capsys):
    later = list(pd.bdate_range("2025-06-20", periods=80))
    here = yahoo((200, chart()))
    known = load_prices("nikkei225")
    here.behaviour["prices"] = (200, chart(dates=later))
    whole, count = final_days("nikkei225")
    assert count == 80 and len(whole) == 1092 + 80 and whole[:-count].equals(known) and whole.attrs["scale"] == 10_000
    assert list(whole.index[-count:]) == later and capsys.readouterr().out == ""
    assert sorted(file.name for file in downloads.iterdir()) == ["nikkei225.csv", "nikkei225_newer.csv"]
    asked = len(here.asked)
    assert final_days("nikkei225")[0].equals(whole) and len(here.asked) == asked  # kept: the exam can be repeated


def test_too_few_newer_days_are_no_exam(yahoo, capsys):
    here = yahoo((200, chart()))
    load_prices("nikkei225")
    here.behaviour["prices"] = (200, chart(dates=list(pd.bdate_range("2025-06-20", periods=45))))
    whole, count = final_days("nikkei225")
    in_both_languages(capsys.readouterr().out, "2025-06-19", "45", "60")
    assert whole.attrs["name"] == "ibm" and count == 100
