"""The one door to every series: names, paths, the fallback, and the menu of a panel."""

import pytest
from price_samples import in_both_languages
from yahoo_server import chart

from helpers.data import SERIES, DataError, load_prices, menu, select_columns
from helpers.language import BadInput


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
