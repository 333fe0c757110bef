"""The code of a run, copied into a cell, gives the numbers that the panel shows."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from helpers.data import load_prices
from helpers.many import cut
from helpers.panels.backtest import backtest_explorer
from helpers.panels.columns import interval_explorer
from helpers.panels.horizons import horizon_explorer
from helpers.panels.leakage import leakage_laboratory
from helpers.panels.many import series_explorer
from helpers.panels.project import project_explorer
from helpers.panels.training import loss_explorer
from helpers.panels.validation import playground
from helpers.panels.windows import windows_explorer
from helpers.windows import make_windows, split_last

IBM = load_prices("ibm").tail(400)


def many_series():
    """What the panel of step 10 is given: a small table, windows of its last rows, and forecasts of them."""
    index = pd.DatetimeIndex(pd.date_range("2016-10-04", periods=200, freq="h"), name="Date")
    table = pd.DataFrame({name: np.sin(np.arange(200) / (4 + k)) for k, name in enumerate("ab")}, index)
    table.attrs = {"name": "parking"}
    ahead = cut(table, 24, 5, 4).part(150, 200)
    forecasts = {"naive": ahead.now.expand(-1, 4), "LSTM for all": ahead.t + 0.01}
    return {"table": table, "ahead": ahead, "forecasts": forecasts, "bare": ahead.t + 0.5}


def move(panel, **settings):
    """The panel after some controls have been moved."""
    for name, value in settings.items():
        panel.controls[name].value = value
    assert panel.status.value == "" and panel.now.settings.items() >= settings.items()
    return panel


def executed(panel, **given):
    """The names that the code of the panel's last run leaves; `given` are those that the notebook has already."""
    exec(compile(panel.now.code, "the code of a run", "exec"), given)
    return given


def scores(panel):
    """The numbers shown beside A and B, in their order."""
    return list(panel.now.shown().scores.values())


def test_playground():
    panel = move(playground("ibm", None, epochs=2, hidden_size=4, target="change"), seed=3, window=7, cell="gru")
    card = executed(panel)["card"]
    assert scores(panel) == [card["RMSE"], card["skill"], card["best lag"]]


def test_playground_with_five_seeds():
    panel = move(playground("ibm", None, epochs=2, hidden_size=4), seed=3)
    panel.buttons["seeds"].click()
    names = executed(panel)
    assert len(names["forecasts"]) == 5 and scores(panel)[0] == names["card"]["RMSE"]


def test_windows():
    panel = move(windows_explorer(IBM, "Open"), stride=4, horizon=3)
    names = executed(panel, prices=IBM)
    assert scores(panel) == [len(names["x"])] and tuple(names["t"].shape) == (len(names["x"]), 3)


def test_loss():
    x_fit, x_validation, t_fit, t_validation = split_last(*make_windows(IBM["Open"], 5), 50)
    panel = move(loss_explorer(x_fit, t_fit, x_validation, t_validation, epochs=5), optimizer="lbfgs", lr=0.1)
    given = {"x_fit": x_fit, "t_fit": t_fit, "x_validation": x_validation, "t_validation": t_validation}
    names = executed(panel, **given)
    assert np.allclose(scores(panel), [names["learned"], names["unseen"]], rtol=1e-6)


@pytest.mark.parametrize("method", ["direct", "recursive"])
def test_horizons(method):
    start = horizon_explorer("ibm", None, window=10, horizon=5, hidden_size=3, epochs=2)
    panel = move(start, method=method, seed=2, origin=7)
    names = executed(panel)
    width = 100 * (names["high"] - names["low"])[0, -1] / names["y"][7, -1].item()
    assert np.allclose(scores(panel), [names["errors"].iloc[0], names["errors"].iloc[-1], width], rtol=1e-6)


def test_columns():
    panel = move(interval_explorer(IBM, hidden_size=3), level=0.7, half_life=5.0, seed=4)
    assert np.allclose(scores(panel), executed(panel, prices=IBM)["scores"], rtol=1e-6)


@pytest.mark.parametrize("covariates", [True, False])
def test_many(covariates):
    given = many_series()
    panel = move(series_explorer(**given), series="b", origin=7, horizon=2, covariates=covariates)
    names = executed(panel, **given)
    assert scores(panel) == [names["errors"]["LSTM for all"]] and names["path"].shape == (2,)


@pytest.mark.slow
def test_leakage():
    panel = move(leakage_laboratory("ibm", None, rows=400, hold_out=60, test=60), shuffle=True, seed=1)
    names = executed(panel)
    fired = sum(bool(finding.fired) for finding in names["findings"])
    assert scores(panel) == [names["skills"]["apparent"], names["skills"]["hold-out"], fired] and fired


@pytest.mark.parametrize("sliding", [False, True])
def test_backtest(sliding):
    start = backtest_explorer("ibm", None, test=30, refit_every=15, initial_epochs=2, epochs=1, hidden_size=2)
    panel = move(start, seed=2, train_size=200, sliding=sliding)
    own = executed(panel)["table"].loc["LSTM"]
    assert scores(panel) == [own["RMSE"], own["skill"], own["p"]]


def test_project():
    panel = move(project_explorer(IBM, "Close", window=10, horizon=4, hidden_size=4, epochs=2), lr=0.01)
    errors = executed(panel, prices=IBM)["table"]["LSTM"]
    assert np.allclose(scores(panel), errors.iloc[[0, -1]], rtol=1e-6)


def test_the_code_is_shown_escaped_with_a_button_that_copies_it(monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")
    panel = windows_explorer(IBM, "Open", window=5)
    html = panel.more.value
    assert 'class="lstm-copy' in html and "the code of this run" in html
    assert "prices[&#x27;Open&#x27;], window=5, stride=1, horizon=1)" in html


def test_running_the_code_counts_as_a_look_at_the_test_part(capsys):
    executed(playground("ibm", None, epochs=1, hidden_size=2))
    assert "This is look" in capsys.readouterr().out


def own_table(rows=200):
    rises = np.random.default_rng(4).normal(size=rows).cumsum()
    return pd.DataFrame({"Close": 50 + rises}, index=pd.bdate_range("2024-01-01", periods=rows))


@pytest.mark.parametrize("panel", [playground, partial(horizon_explorer, test=30, calibration=30)])
def test_a_table_of_the_readers_own(panel):
    table = own_table()
    shown = panel(table, None, epochs=1, hidden_size=4)
    assert shown.controls["series"].value == "DataFrame" and shown.controls["series"].options[1:]
    assert shown.status.value == "" and shown.now.shown().scores
    executed(shown, table=table)


def test_a_file_of_the_readers_own(tmp_path):
    own_table().to_csv(tmp_path / "mine.csv", index_label="Date")
    shown = playground(tmp_path / "mine.csv", None, epochs=1, hidden_size=4)
    assert shown.status.value == "" and shown.controls["series"].value == str(tmp_path / "mine.csv")
    executed(shown)
