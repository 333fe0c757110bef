"""The panels of steps 07 on, without a browser: each control trains anew, and what is shown is what the step teaches."""

import io
import re

import numpy as np
import pandas as pd
import pytest

from helpers import panels
from helpers.columns import relative_to_close
from helpers.data import load_prices
from helpers.project import Trainer, by_horizon


def picture(html):
    return re.search(r'src="data:image/png;base64,([^"]+)"', html)[1]


def every_control_acts(panel, moves):
    for name, value in moves.items():
        before = panel.result.value
        panel.controls[name][0].value = value
        assert panel.result.value != before and panel.status.value == "", name


def test_the_panel_trains_for_new_settings_and_only_draws_for_a_new_origin(monkeypatch):
    trained = []
    train = panels.PathForecaster.train
    monkeypatch.setattr(panels.PathForecaster, "train", lambda self, epochs: trained.append(self.method) or train(self, epochs))
    panel = panels.horizon_explorer("ibm", None, window=10, horizon=5, hidden_size=3, epochs=2)
    assert panel.result.value.count("<img alt=") == 2 and trained == ["direct"] * 2
    for name, value in {"origin": 3, "method": "recursive", "horizon": 4, "window": 8, "seed": 1, "series": "co2"}.items():
        before, count = panel.result.value, len(trained)
        panel.controls[name][0].value = value
        assert panel.result.value != before and panel.status.value == "", name
        assert len(trained) == count + (0 if name == "origin" else 2), name
    panel.controls["window"][0].value = 24  # a season of 12 fits: its line joins the others
    assert "seasonal" not in str(panel.status.value) and panel.result.value.count("<img alt=") == 2
    for origin in (0, 99):
        panel.controls["origin"][0].value = origin
        assert panel.status.value == ""


def test_the_panels_first_origin_is_the_first_test_window(monkeypatch):
    drawn = {}
    real = panels.plots.paths_from_origins

    def draw(dates, actual, starts, *rest):
        drawn.update(actual=actual, start=starts[0])
        return real(dates, actual, starts, *rest)

    monkeypatch.setattr(panels.plots, "paths_from_origins", draw)
    panel = panels.horizon_explorer("ibm", None, window=10, horizon=5, hidden_size=2, epochs=1, test=50)
    prices = load_prices("ibm").tail(panels.MAX_ROWS)["Open"]
    for origin in (0, 17, 49):
        panel.controls["origin"][0].value = origin
        assert pd.Timestamp(drawn["actual"].index[drawn["start"]]) == prices.index[-(50 + 4) + origin]


def test_the_columns_ticked_are_the_columns_seen(monkeypatch):
    seen = []
    forecaster = panels.Forecaster
    monkeypatch.setattr(panels, "Forecaster", lambda x, t, **settings: seen.append(x.shape[2]) or forecaster(x, t, **settings))
    prices = load_prices("ibm").tail(400)
    explorer = panels.columns_explorer(prices, hidden_size=3, epochs=2)
    every_control_acts(explorer, {"Volume": False, "Close": False, "High": False, "Low": False, "window": 8, "seed": 2})
    assert seen == [5, 4, 3, 2, 1, 1, 1]
    table = pd.read_html(io.StringIO(explorer.result.value))[0].set_index("Unnamed: 0")
    rmse = (prices["Open"] - prices["Close"].shift(1)).tail(100).pow(2).mean() ** 0.5
    assert table.loc["previous close", "rival RMSE"] == pytest.approx(rmse, rel=1e-3)
    assert explorer.controls["Close"][0].description == "Close"


def test_a_series_of_one_column_is_told_what_is_missing():
    with pytest.raises(ValueError, match="no column Open, High, Low, Volume"):
        panels.columns_explorer(load_prices("usdjpy"))
    with pytest.raises(ValueError, match="no column Low, High, Open"):
        panels.bracket_explorer(load_prices("usdjpy"))


def test_the_bracket_moves_with_its_level():
    prices = load_prices("ibm").tail(400)
    explorer = panels.bracket_explorer(prices, hidden_size=3, epochs=10)
    every_control_acts(explorer, {"level": 0.7, "window": 5, "hidden_size": 5, "epochs": 20, "seed": 3})
    scores = pd.read_html(io.StringIO(explorer.result.value))[0].set_index("Unnamed: 0")
    low, high = (relative_to_close(prices)[name].iloc[5:-100].quantile(q) for name, q in (("Low", 0.3), ("High", 0.7)))
    assert scores.loc["empirical", "width"] == pytest.approx(high - low, rel=1e-3)


def test_each_leak_is_a_named_box_that_draws_anew_and_is_found(monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")
    laboratory = panels.leakage_laboratory("ibm", None, rows=400, hold_out=60, test=60)
    clean = laboratory.result.value
    assert "FIRED" not in clean and clean.count("silent") == 4
    for leak, (_, en) in panels.LEAKS.items():
        box = laboratory.controls[leak][0]
        assert box.description == en
        box.value = True
        assert "FIRED" in laboratory.result.value and picture(laboratory.result.value) != picture(clean), leak
        box.value = False
        assert laboratory.result.value == clean
    laboratory.controls["series"][0].value = "random_walk"
    assert laboratory.status.value == "" and picture(laboratory.result.value) != picture(clean)


def test_project_explorer_trains_anew_and_shows_the_validation_part(monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")
    prices = load_prices("ibm").tail(400)
    explorer = panels.project_explorer(prices, "Close", window=10, horizon=4, hidden_size=4, epochs=2)
    before = explorer.result.value
    assert re.search(r"2 epochs, weights of epoch [12]\. RMSE on the validation part", before)
    validation = Trainer(prices["Close"], window=10, horizon=4).compare("validation")
    assert f"<td>{by_horizon(*validation)['naive'][4]:.4g}</td>" in before  # of this part, and not of the test
    explorer.controls["window"][0].value = 20
    assert picture(explorer.result.value) != picture(before) and explorer.status.value == ""
    explorer.controls["epochs"][0].value = 3
    assert "3 epochs" in explorer.result.value
    with pytest.raises(ValueError, match="no column Price"):
        panels.project_explorer(prices, "Price")


def test_backtest_explorer_walks_as_the_helper_does_and_every_control_draws_anew():
    explorer = panels.backtest_explorer("ibm", None, test=30, every=15, first=2, epochs=1, hidden_size=2)
    prices = load_prices("ibm").tail(panels.MAX_ROWS)
    values = prices[["Open", "Close"]].to_numpy()
    learner = panels.partial(panels.refit_lstm, first=2, epochs=1, hidden_size=2)
    y = panels.walk_forward(values, 30, learner, every=15)
    rmse = pd.read_html(io.StringIO(explorer.result.value))[0].iloc[0, 1]
    assert float(rmse) == pytest.approx(np.sqrt(np.mean((values[-30:, 0] - y) ** 2)), rel=1e-3)
    for name, value in {"sliding": True, "rows": 200, "every": 10, "window": 8, "hidden_size": 3, "target": "change", "seed": 1, "series": "usdjpy"}.items():
        before = picture(explorer.result.value)
        explorer.controls[name][0].value = value
        assert explorer.status.value == "" and picture(explorer.result.value) != before, name
    assert "previous close" not in explorer.result.value  # USD/JPY has one rate a day
