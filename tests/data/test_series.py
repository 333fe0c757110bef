"""Bundled files and generated series."""

import hashlib
import json
import math
import re

import numpy as np
import pandas as pd
import pytest
from price_samples import in_both_languages, is_well_formed

from helpers.data import GENERATED, SERIES, DataError, generate, load_many, load_prices
from helpers.data.series import BUNDLED, bundled

LOCAL = [name for name, series in SERIES.items() if not series.symbol]


def test_bundled_files_are_those_of_the_readme():
    readme = (BUNDLED / "README.md").read_text(encoding="utf-8")
    names = ["co2.csv", "currencies.csv", "electricity.csv", "eurofx.csv", "ibm.csv", "parking.csv"]
    assert sorted(set(re.findall(r"(?m)^\| (\w+\.csv) \|", readme))) == names
    for file in (BUNDLED / name for name in names):  # a reader's own may lie beside them
        row = next(line for line in readme.splitlines() if line.startswith(f"| {file.name} |"))
        assert hashlib.sha256(file.read_bytes()).hexdigest() in row
        table = pd.read_csv(file, comment="#")
        stamps = table["LastUpdated" if file.name == "parking.csv" else table.columns[0]]
        for fact in (f"{len(table):,}", stamps.iloc[0][:10], stamps.iloc[-1][:10]):
            assert fact in row, fact
    for name in ("eurofx.csv", "currencies.csv"):
        assert (BUNDLED / name).read_text().startswith("# Source: ECB statistics.\n")


@pytest.mark.parametrize("name", LOCAL)
def test_local_series_are_well_formed(name, capsys):
    frame = load_prices(name)
    is_well_formed(frame)
    assert frame.attrs["name"] == name and json.loads(json.dumps(frame.attrs)) == frame.attrs
    assert frame.tail(5).attrs == frame.attrs == frame[[frame.attrs["column"]]].attrs
    assert frame.attrs["source"] and frame.attrs["licence"] and capsys.readouterr() == ("", "")


def test_known_rows_of_the_bundled_series():
    assert bundled("ibm", whole=True).loc["2013-03-01"].tolist() == [200.65, 202.94, 199.36, 202.91, 3308300]
    assert load_prices("usdjpy").loc["1999-01-04", "Close"] == 133.73 / 1.1789
    assert load_prices("electricity")["Close"].iloc[0] * 321 == pytest.approx(417485)
    assert load_prices("co2").loc["2020-04-01", "Close"] == 416.18


def test_attrs_are_what_figures_label_with():
    """Every word by name: a pair of words in the wrong place would show only in a figure."""
    words = ("title", "value", "unit")
    attrs = {name: load_prices(name).attrs for name in LOCAL}
    labels = {
        name: [known[f"{word}_{tongue}"] for word in words for tongue in ("ja", "en")] for name, known in attrs.items()
    }
    assert labels == {
        "ibm": ["IBM の株価", "IBM share price", "株価", "price", "ドル", "US dollars"],
        "usdjpy": ["ドル円レート", "US dollar in yen", "為替レート", "exchange rate", "円/ドル", "yen per US dollar"],
        "electricity": [
            *("電力消費（321 契約の平均）", "Electricity consumption, mean of 321 clients"),
            *("電力消費", "electricity consumption", "kW", "kW"),
        ],
        "co2": ["マウナロアの CO2 濃度", "CO2 at Mauna Loa", "CO2 濃度", "CO2 concentration", "ppm", "ppm"],
        "sine": ["正弦波", "Sine wave", "値", "value", "", ""],
        "random_walk": ["ランダムウォーク", "Random walk", "値", "value", "", ""],
        "ar1": ["AR(1) 過程", "AR(1) process", "値", "value", "", ""],
    }
    facts = {
        name: tuple(known[fact] for fact in ("scale", "column", "freq", "season")) for name, known in attrs.items()
    }
    assert facts == {
        "ibm": (100.0, "Open", "B", None),
        "usdjpy": (100.0, "Close", "B", None),
        "electricity": (1000.0, "Close", "h", 24),
        "co2": (100.0, "Close", "MS", 12),
        "sine": (100.0, "Close", "B", 25),
        "random_walk": (100.0, "Close", "B", None),
        "ar1": (100.0, "Close", "B", None),
    }


@pytest.mark.parametrize("name, step", [("electricity", "h"), ("co2", "MS")])
def test_seasonal_series_have_no_gap_and_their_season_beats_the_last_value(name, step):
    frame = load_prices(name)
    assert frame.index.equals(pd.date_range(frame.index[0], frame.index[-1], freq=step)) and frame.attrs["freq"] == step
    close = frame["Close"].diff() if name == "co2" else frame["Close"]  # CO2 rises as well: its season is in the steps
    season = close.shift(frame.attrs["season"])
    assert ((close - season) ** 2).mean() < ((close - close.shift(1)) ** 2).mean()


@pytest.mark.parametrize("name", GENERATED)
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
    with pytest.raises(DataError) as error:
        generate("sine", n=0)
    in_both_languages(error.value, "n=0")


def test_a_generated_series_may_be_as_long_as_pandas_counts_days():
    assert generate("sine", n=62_945).index[-1] == pd.Timestamp("2262-04-11")
    with pytest.raises(DataError) as error:
        generate("random_walk", n=62_946)
    in_both_languages(error.value, "n=62946", "62,945")


def test_tables_of_many_series_are_as_published():
    records, rates = load_many("parking"), load_many("currencies")
    assert records.columns.tolist() == ["car park", "capacity", "cars"] and records["car park"].nunique() == 30
    assert not records.index.is_unique and records.index[0] == pd.Timestamp("2016-10-04 07:59:42")
    assert records.iloc[0].tolist() == ["BHMBCCMKT01", 577, 61]
    assert rates.index.is_monotonic_increasing and rates.notna().all().all() and rates.shape == (1494, 27)
    assert not {"DKK", "HKD"} & set(rates) and rates.loc["2026-10-30", "USD"] == 1.1172
    for table, season in ((records, 126), (rates, 5)):
        assert table.attrs["season"] == season and table.attrs["source"] and table.attrs["licence"]
    with pytest.raises(DataError) as error:
        load_many("ibm")
    in_both_languages(error.value, "parking", "'ibm'")
