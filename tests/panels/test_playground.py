"""The playground of steps 05 and 06 without a browser: every control acts, the ledger keeps all and says what it is worth."""

import base64
import io
import re

import numpy as np
import pandas as pd
import pytest

from helpers.data import load_prices
from helpers.panels import validation
from helpers.panels.validation import Ledger, playground


def picture(html):
    return re.search(r'src="data:image/svg[+]xml;base64,([^"]+)"', html)[1]


def ledger_rows(panel):
    data = re.search(r'href="data:text/csv;base64,([^"]+)"', panel.more.value)[1]
    return pd.read_csv(io.BytesIO(base64.b64decode(data)))


@pytest.fixture
def game():
    return playground("ibm", None, epochs=2, hidden_size=4)


def test_the_first_picture_is_there_when_the_cell_is_done(game):
    assert 'alt="' in game.view.value and len(ledger_rows(game)) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("window", 9),
        ("hidden_size", 3),
        ("num_layers", 2),
        ("cell", "gru"),
        ("cell", "rnn"),
        ("epochs", 3),
        ("seed", 7),
        ("series", "sine"),
    ],
)
def test_every_control_trains_anew_and_draws(game, name, value):
    before = picture(game.view.value)
    game.controls[name].value = value
    rows = ledger_rows(game)
    assert picture(game.view.value) != before and game.status.value == ""
    assert len(rows) == 2 and rows.iloc[-1][name] == value


def test_the_ledger_says_what_a_difference_is_worth(game):
    game.controls["seed"].value = 1
    assert "five seeds" in game.view.value and "5 つのシード" in game.view.value
    game.buttons["seeds"].click()
    rows = ledger_rows(game)
    assert list(rows["seed"][-5:]) == [1, 2, 3, 4, 5] and list(rows["run"]) == list(range(1, 8))
    assert rows["RMSE"][2] == rows["RMSE"][1]  # the same settings and seed: the same error
    game.controls["seed"].value = 2
    assert re.search(r"(in|out)side the spread over seeds \(±[\d.]+\)", game.view.value)
    game.controls["series"].value = "co2"
    assert "Another series" in game.view.value


def test_a_spread_measured_at_other_settings_judges_nothing(game):
    game.buttons["seeds"].click()
    game.controls["hidden_size"].value = 9
    assert "press “five seeds”" in game.view.value and "spread over seeds (±" not in game.view.value
    game.buttons["seeds"].click()
    game.controls["seed"].value = 9
    assert "spread over seeds (±" in game.view.value


@pytest.mark.parametrize(
    "changed",
    [{"window": 9}, {"cell": "gru"}, {"num_layers": 2}, {"epochs": 3}, {"hidden_size": 9}, {"target": "change"}],
)
def test_every_setting_but_the_seed_has_a_spread_of_its_own(changed):
    settings = {"series": "ibm", "window": 5, "epochs": 12, "hidden_size": 16, "num_layers": 1, "cell": "lstm"}
    assert Ledger.key(settings | {"seed": 1}) == Ledger.key(settings | {"seed": 2, "RMSE": 3.0, "run": 4})
    assert Ledger.key(settings) != Ledger.key(settings | changed)


def filled(*runs, settings=None, spread=1.0):
    """A ledger with one list of RMSEs a run, each run one look at the test part."""
    ledger, settings = Ledger(), settings or {"series": "ibm", "window": 5}
    ledger.spread[ledger.key(settings)] = spread
    for look, errors in enumerate(runs, 1):
        for rmse in errors:
            ledger.add(settings, pd.Series({"RMSE": rmse, "skill": 0.0, "best lag": 1}), 10.0, 0.1, look)
    return ledger


def test_the_spread_is_that_of_two_runs():
    outside, inside = filled([10.0], [12.8], [16.0]), filled([10.0], [12.8])
    assert "outside" in outside.difference()[1] and "範囲外" in outside.difference()[0]  # 3.2 > 2 sqrt(2)
    assert "inside" in inside.difference()[1] and "範囲内" in inside.difference()[0]  # 2.8 < 2 sqrt(2)
    other = {"series": "ibm", "window": 9}
    inside.spread[inside.key(other)] = 2.0
    inside.add(other, pd.Series({"RMSE": 16.0, "skill": 0.0, "best lag": 1}), 10.0, 0.1, 3)
    assert "±4.47" in inside.difference()[1]  # 2 sqrt(1 + 4)


def test_five_seeds_are_one_run_and_their_mean_is_compared():
    alone, five = [10.0], [11.0, 12.0, 13.0, 12.0, 12.0]
    told = filled(alone, five).difference()[1]
    assert "+2" in told and "inside" in told and "±2.19" in told  # 2 sqrt(1 + 1 / 5)
    assert "Change a setting" in filled(five).difference()[1]
    assert "±1.26" in filled(five, [14.0] * 5).difference()[1]  # 2 sqrt(1 / 5 + 1 / 5)


def test_of_five_seeds_the_mean_forecast_is_drawn_and_judged(game, monkeypatch):
    drawn, real = {}, validation.plots.Playground.__call__
    monkeypatch.setattr(
        validation.plots.Playground, "__call__", lambda self, **given: drawn.update(given) or real(self, **given)
    )
    game.controls["seed"].value = 3
    one_seed = drawn["y"]
    game.buttons["seeds"].click()
    assert (drawn["before"] == one_seed).all()  # the run before, and not the fourth of the five seeds
    low, high = drawn["band"]
    assert (low <= drawn["y"]).all() and (drawn["y"] <= high).all() and (low < high).any()
    rows = ledger_rows(game).tail(5)
    shown = pd.read_html(io.StringIO(game.more.value))[0]
    prices = load_prices("ibm")
    actual = prices[prices.attrs["column"]].to_numpy()[-100:]
    assert shown["RMSE"][0] == pytest.approx(np.sqrt(np.mean((actual - drawn["y"]) ** 2)), rel=1e-3)
    assert shown["RMSE"][0] <= rows["RMSE"].mean() and "The mean of five forecasts is scored" in game.view.value


def test_the_ledger_counts_the_looks_at_the_test_part(game):
    def looks():
        return int(re.search(r"look (\d+) at the sealed part of", game.view.value)[1])

    before = looks()
    game.controls["seed"].value = 11
    game.buttons["seeds"].click()  # five models, one look
    assert looks() == before + 2 and "looks at the test" in game.more.value


def test_a_setting_that_cannot_be_says_so_and_the_picture_stays(tmp_path):
    dates = pd.bdate_range("2024-01-01", periods=130).strftime("%Y-%m-%d")
    pd.DataFrame({"Date": dates, "Close": 100 + np.sin(np.arange(130))}).to_csv(tmp_path / "short.csv", index=False)
    game = playground(tmp_path / "short.csv", None, epochs=1, hidden_size=2)
    good = game.view.value
    game.controls["window"].value = 60  # 130 rows leave 70 windows, fewer than the test needs
    assert game.view.value == good
    assert 'role="alert"' in game.status.value and "test" in game.status.value and "窓は 70 個" in game.status.value
    game.controls["window"].value = 6
    assert game.status.value == "" and game.view.value != good


def test_labels_follow_the_language_at_the_next_draw(game, monkeypatch):
    assert game.controls["window"].description == "窓の長さ / window"
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")
    game.controls["seed"].value = 3
    assert game.controls["window"].description == "window" and game.buttons["seeds"].description == "five seeds"
    assert "best lag" in game.more.value
    # Alternative texts are in both languages, and of a table's two the switch hides one in the page.
    body = re.sub(r'<img alt="[^"]*"|<span lang="ja">.*?</span>', "", game.view.value + game.more.value)
    assert not re.search(r"[\u3040-\u30ff]", body)


def test_every_control_has_a_label_and_acts_on_release(game):
    for widget in game.controls.values():
        assert widget.description and getattr(widget, "continuous_update", False) is False


def test_pages_without_widgets_get_the_picture_as_html(game):
    bundle = game._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "<img alt=" in bundle["text/html"] and "JupyterLab で" in bundle["text/html"]


def test_a_file_named_as_a_bundled_series_is_another_series(tmp_path, monkeypatch):
    dates = pd.bdate_range("2020-01-01", periods=300).strftime("%Y-%m-%d")
    own = 1000 + np.sin(np.arange(300))
    pd.DataFrame({"Date": dates, "Close": own}).to_csv(tmp_path / "ibm.csv", index=False)
    drawn, real = {}, validation.plots.Playground.__call__
    monkeypatch.setattr(
        validation.plots.Playground, "__call__", lambda self, **given: drawn.update(given) or real(self, **given)
    )
    game = playground(tmp_path / "ibm.csv", None, epochs=1, hidden_size=2)
    job = game.work.__self__
    of_the_file = job.drawn[1]
    game.controls["series"].value = "ibm"
    assert job.drawn[1] is not of_the_file and drawn["before"] is None
    game.controls["seed"].value = 3
    assert drawn["before"] is not None


def test_no_figure_stays_open(game):
    import matplotlib.pyplot as plt

    for seed in range(1, 4):
        game.controls["seed"].value = seed
    assert plt.get_fignums() == []
