"""The panels of the other steps, without a browser: each control trains anew, and what is shown is what the step teaches."""

import io
import re
from functools import partial

import numpy as np
import pandas as pd
import pytest
from test_code import many_series

from helpers.backtest import refit_lstm, walk_forward
from helpers.columns import relative_to_close, scaled_quantiles
from helpers.data import load_prices
from helpers.horizons import rmse_by_step
from helpers.leakage import LEAKS
from helpers.panels import columns, horizons
from helpers.panels.backtest import backtest_explorer
from helpers.panels.controls import MAX_ROWS
from helpers.panels.leakage import leakage_laboratory
from helpers.panels.many import series_explorer
from helpers.panels.project import project_explorer
from helpers.panels.training import loss_explorer
from helpers.panels.windows import windows_explorer
from helpers.project.trainer import Trainer
from helpers.training import Forecaster
from helpers.windows import make_windows, split_last


def picture(panel):
    """The picture on the page, as it is sent there."""
    return re.search(r'src="data:image/svg[+]xml;base64,([^"]+)"', panel.view.value)[1]


def shown(panel):
    """What a panel shows, but for the count of looks at the test part, which rises whatever is moved."""
    return re.sub(r"\d+ 回目|look \d+ at", "", panel.view.value + panel.more.value.split('data-fold="code"')[0])


def table(panel):
    """The first table under the picture, by its English names: a table holds both languages, of which the switch hides one."""
    english = re.sub(r'<span lang="ja">.*?</span><span> / </span>', "", panel.more.value)
    return pd.read_html(io.StringIO(english))[0]


def every_control_acts(panel, moves):
    for name, value in moves.items():
        before, page = shown(panel), panel.view.value
        panel.controls[name].value = value
        assert shown(panel) != before and panel.status.value == "", name
        looks = [int(n) for html in (page, panel.view.value) for n in re.findall(r"look (\d+) at", html)]
        assert not looks or looks[1] == looks[0] + 1, name  # every move that scores on the test part is counted


def test_windows_explorer_shows_the_windows_that_make_windows_cuts():
    prices = load_prices("ibm").tail(200)
    explorer = windows_explorer(prices, "Open")
    explorer.controls["window"].value = 3
    explorer.controls["stride"].value = 7
    x, t = make_windows(prices["Open"], 3, 1, 7)
    assert f"x has the shape {tuple(x.shape)}, t {tuple(t.shape)}" in explorer.view.value
    seen = table(explorer)
    assert np.allclose(seen.iloc[:, 1:4], x[:6, :, 0], rtol=1e-4) and np.allclose(seen.iloc[:, 4], t[:6, 0], rtol=1e-4)


def test_a_window_longer_than_the_rows_shown_is_said_and_the_panel_lives_on():
    explorer = windows_explorer(load_prices("ibm").tail(200), "Open", rows=20)
    good = explorer.view.value
    explorer.controls["window"].value = 25
    assert 'role="alert"' in explorer.status.value and explorer.view.value == good
    explorer.controls["window"].value = 6
    assert explorer.status.value == "" and explorer.view.value != good


def test_loss_explorer_lays_the_runs_over_each_other_and_names_a_breakdown():
    x, x_validation, t, t_validation = split_last(*make_windows(load_prices("ibm")["Open"].tail(200), 5), 50)
    explorer = loss_explorer(x, t, x_validation, t_validation, epochs=5, hidden_size=3)
    every_control_acts(explorer, {"optimizer": "lbfgs", "lr": 1e-4, "epochs": 4, "hidden_size": 4})
    good = explorer.view.value
    explorer.work = lambda **settings: (_ for _ in ()).throw(FloatingPointError("損失が nan\nthe loss became nan"))
    explorer.controls["lr"].value = 1.0
    assert explorer.view.value == good and "損失が nan<br>the loss became nan" in explorer.status.value


def test_loss_explorer_writes_a_dash_where_the_naive_forecast_makes_no_error():
    x, x_validation, t, t_validation = split_last(*make_windows(np.full(80, 5.0), 5), 20)
    explorer = loss_explorer(x, t, x_validation, t_validation, epochs=3, hidden_size=3)
    assert explorer.status.value == "" and "Loss: – times naive on the training part, – on" in explorer.view.value
    assert "nan" not in explorer.now.shown().pictures[0].alt


def test_loss_explorer_opens_on_a_training_that_learns_and_scores_it_on_both_parts():
    x, x_validation, t, t_validation = split_last(*make_windows(load_prices("ibm")["Open"].tail(1092), 5), 100)
    said = loss_explorer(x, t, x_validation, t_validation).view.value
    learned, unseen = (
        float(n) for n in re.search(r"Loss: (\S+) times naive on the training part, (\S+) on", said).groups()
    )
    model = Forecaster(x, t, hidden_size=16, optimizer="adamw", lr=0.01)
    first, last = model.train(100).losses[0], model.losses[-1]
    assert last < first / 20  # the curve falls; with AdamW's usual rate it would hardly move
    spread = model.scale.standard.std.item() ** 2
    assert learned == pytest.approx(last * spread / ((x[:, -1] - t) ** 2).mean().item(), rel=0.01)
    errors = [((y - t_validation) ** 2).mean().item() for y in (model(x_validation), x_validation[:, -1])]
    assert unseen == pytest.approx(errors[0] / errors[1], rel=0.01)


def test_the_panel_trains_for_new_settings_and_only_draws_for_a_new_origin(monkeypatch):
    trained = []
    train = horizons.PathForecaster.train
    monkeypatch.setattr(
        horizons.PathForecaster, "train", lambda self, epochs: trained.append(self.method) or train(self, epochs)
    )
    panel = horizons.horizon_explorer("ibm", None, window=10, horizon=5, hidden_size=3, epochs=2)
    assert panel.view.value.count("<img alt=") == 2 and trained == ["direct"] * 2
    for name, value in {
        "origin": 3,
        "method": "recursive",
        "horizon": 4,
        "window": 8,
        "seed": 1,
        "series": "co2",
    }.items():
        before, count = panel.view.value, len(trained)
        panel.controls[name].value = value
        assert panel.view.value != before and panel.status.value == "", name
        assert len(trained) == count + (0 if name == "origin" else 2), name
    panel.controls["window"].value = 24  # a season of 12 fits: its line joins the others
    assert "seasonal" not in str(panel.status.value) and panel.view.value.count("<img alt=") == 2
    for origin in (0, 99):
        panel.controls["origin"].value = origin
        assert panel.status.value == ""


def test_the_panels_first_origin_is_the_first_test_window(monkeypatch):
    drawn = {}
    real = horizons.plots.paths_from_origins

    def draw(dates, actual, starts, *rest):
        drawn.update(actual=actual, start=starts[0])
        return real(dates, actual, starts, *rest)

    monkeypatch.setattr(horizons.plots, "paths_from_origins", draw)
    panel = horizons.horizon_explorer("ibm", None, window=10, horizon=5, hidden_size=2, epochs=1, test=50)
    prices = load_prices("ibm").tail(MAX_ROWS)["Open"]
    for origin in (0, 17, 49):
        panel.controls["origin"].value = origin
        assert pd.Timestamp(drawn["actual"].index[drawn["start"]]) == prices.index[-(50 + 4) + origin]


def test_the_panels_fan_is_as_wide_in_percent_at_every_origin(monkeypatch):
    drawn = {}
    real = horizons.plots.paths_from_origins

    def draw(dates, actual, starts, paths, attrs, fans):
        drawn.update(path=paths["direct"], high=fans["80%"][1])
        return real(dates, actual, starts, paths, attrs, fans)

    monkeypatch.setattr(horizons.plots, "paths_from_origins", draw)
    panel = horizons.horizon_explorer("ibm", None, window=10, horizon=5, hidden_size=2, epochs=1)
    shares = []
    for origin in (0, 60):
        panel.controls["origin"].value = origin
        shares.append(drawn["high"] / np.asarray(drawn["path"]))
    assert np.allclose(*shares) and (np.diff(shares[0]) > 0).all()


def test_a_series_of_one_column_is_told_what_is_missing():
    with pytest.raises(ValueError, match="no column Low, High, Open"):
        columns.interval_explorer(load_prices("usdjpy"))


def test_the_intervals_move_with_their_level_and_half_life(monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")
    prices = load_prices("ibm").tail(400)
    explorer = columns.interval_explorer(prices, hidden_size=3, epochs=10)
    every_control_acts(explorer, {"level": 0.7, "half_life": 5.0, "window": 5, "epochs": 20, "seed": 3})
    scores = table(explorer).set_index("Unnamed: 0")
    relative = relative_to_close(prices)
    low, high = (relative[name].iloc[:-100].quantile(q) for name, q in (("Low", 0.3), ("High", 0.7)))
    assert scores.loc["empirical", "width"] == pytest.approx(high - low, rel=1e-3)
    ranges = scaled_quantiles(relative, 100, (0.3, 0.7), 5.0)
    assert scores.loc["EWM range", "width"] == pytest.approx(np.diff(ranges).mean(), rel=1e-3)


def test_a_halt_at_the_start_leaves_the_intervals_numbers_and_a_fund_is_told_why_it_has_none(monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")
    prices = load_prices("ibm").tail(400)
    halted, fund = prices.copy(), prices.copy()
    for name in ("Open", "High", "Low"):
        halted.loc[halted.index[:60], name] = prices["Close"].iloc[:60]
        fund[name] = prices["Close"]
    explorer = columns.interval_explorer(halted, hidden_size=3, epochs=5)
    assert explorer.status.value == "" and np.isfinite(table(explorer).iloc[:, 1:]).all(axis=None)
    explorer = columns.interval_explorer(fund, hidden_size=3, epochs=5)
    assert "low and high never differ" in explorer.status.value


def test_an_lstm_hardly_trained_stays_where_it_starts_from(monkeypatch):
    """Divided and multiplied by the same range: what comes out is the exponentially weighted range, nearly."""
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")
    explorer = columns.interval_explorer(load_prices("ibm").tail(600), hidden_size=3, epochs=1)
    scores = table(explorer).set_index("Unnamed: 0")
    assert scores.loc["LSTM on EWM", "width"] == pytest.approx(scores.loc["EWM range", "width"], rel=0.05)


def test_the_series_panel_looks_up_and_scores_one_series(monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")
    given = many_series()
    panel = series_explorer(**given)
    every_control_acts(panel, {"series": "b", "origin": 9, "horizon": 3, "covariates": False})
    ahead, mine = given["ahead"], given["ahead"].series == 1

    def scored():
        return dict(table(panel).itertuples(index=False))

    seen = scored()
    naive = (ahead.now - ahead.t)[mine, :3].square().mean().sqrt().item()
    assert seen["one LSTM for all"] == pytest.approx(0.5, rel=1e-3) and seen["naive"] == pytest.approx(naive, rel=1e-3)
    assert f"{given['table'].index[ahead.row[mine][9]]:%m-%d %H:%M}" in panel.view.value
    panel.controls["covariates"].value = True
    assert scored()["one LSTM for all"] == pytest.approx(0.01, rel=1e-3)
    assert "rank 1 of 2" in panel.view.value


@pytest.mark.slow
def test_each_leak_is_a_named_box_that_draws_anew_and_is_found(monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")
    laboratory = leakage_laboratory("ibm", None, rows=400, hold_out=60, test=60)
    clean, drawn = shown(laboratory), picture(laboratory)
    assert 'class="fired"' not in clean and clean.count('class="silent"') == 4 and "Of 4 tripwires, 0 fired." in clean
    for leak, (_, en) in LEAKS.items():
        box = laboratory.controls[leak]
        assert box.description == en
        box.value = True
        now = shown(laboratory)
        fired = now.count('class="fired"')
        assert fired and f"{fired} fired (" in now and picture(laboratory) != drawn, leak  # the verdict counts them
        box.value = False
        assert shown(laboratory) == clean
    laboratory.controls["series"].value = "random_walk"
    assert laboratory.status.value == "" and picture(laboratory) != drawn


def test_project_explorer_trains_anew_and_shows_the_validation_part(monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")
    prices = load_prices("ibm").tail(400)
    explorer = project_explorer(prices, "Close", window=10, horizon=4, hidden_size=4, epochs=2)
    before = picture(explorer)
    assert re.search(r"2 epochs; the weights of epoch [12] are used. On the validation part", explorer.view.value)
    validation = Trainer(prices["Close"], window=10, horizon=4).compare("validation")
    naive = rmse_by_step(validation[0], validation[1]["naive"])
    assert f"<td>{naive[4]:.4g}</td>" in explorer.more.value  # of this part, and not of the test
    explorer.controls["window"].value = 20
    assert picture(explorer) != before and explorer.status.value == ""
    explorer.controls["epochs"].value = 3
    assert "3 epochs" in explorer.view.value
    with pytest.raises(ValueError, match="no column Price"):
        project_explorer(prices, "Price")


def test_backtest_explorer_walks_as_the_helper_does_and_every_control_draws_anew():
    explorer = backtest_explorer("ibm", None, test=30, refit_every=15, initial_epochs=2, epochs=1, hidden_size=2)
    prices = load_prices("ibm").tail(MAX_ROWS)
    values = prices[["Open", "Close"]].to_numpy()
    learner = partial(refit_lstm, initial_epochs=2, epochs=1, hidden_size=2)
    y = walk_forward(values, 30, learner, refit_every=15)
    rmse = table(explorer).iloc[0, 1]
    assert float(rmse) == pytest.approx(np.sqrt(np.mean((values[-30:, 0] - y) ** 2)), rel=1e-3)
    for name, value in {
        "sliding": True,
        "train_size": 200,
        "refit_every": 10,
        "window": 8,
        "hidden_size": 3,
        "target": "change",
        "seed": 1,
        "series": "usdjpy",
    }.items():
        before = picture(explorer)
        explorer.controls[name].value = value
        assert explorer.status.value == "" and picture(explorer) != before, name
    assert "previous close" not in shown(explorer)  # USD/JPY has one rate a day


def test_the_rows_of_a_sliding_window_can_be_set_only_while_it_slides():
    explorer = backtest_explorer("ibm", None, test=22, refit_every=22, initial_epochs=1, hidden_size=2)
    rows = explorer.controls["train_size"]
    assert rows.disabled
    explorer.controls["sliding"].value = True
    assert not rows.disabled
    explorer.buttons["reset"].click()
    assert rows.disabled and not explorer.controls["sliding"].value


def constant(rows: int = 400) -> pd.DataFrame:
    return pd.DataFrame({"Close": 7.0}, index=pd.bdate_range("2020-01-01", periods=rows, name="Date"))


def test_a_fan_of_hours_says_the_hour_and_one_step_is_a_step():
    day, hour = pd.Timestamp("2014-12-29"), pd.Timestamp("2014-12-29 08:00")
    ((ja, en), (_, errors)) = horizons.fan_in_words(hour, 1, 5.0, 0.5)
    assert ja.startswith("2014-12-29 08:00 まで") and en.startswith(
        "Made on 2014-12-29 08:00: the 80% interval 1 step ahead"
    )
    assert "RMSE 1 step ahead is 0.5 times" in errors
    assert horizons.fan_in_words(day, 2, 5.0, 0.5)[0][1].startswith("Made on 2014-12-29: the 80% interval 2 steps")


@pytest.mark.filterwarnings("error:divide")
def test_beside_a_naive_forecast_without_error_no_panel_writes_an_infinite_ratio(monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "both")
    fan = horizons.horizon_explorer(constant(), None, window=5, horizon=2, hidden_size=2, epochs=1)
    project = project_explorer(constant(200), "Close", window=10, horizon=2, hidden_size=2, epochs=1)
    for panel in (fan, project):
        assert "over 1,000 times" in panel.view.value and "1,000 倍以上です" in panel.view.value
    assert "Trained for 1 epoch;" in project.view.value


def test_a_skill_that_cannot_be_computed_is_said_to_be_so(monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "both")
    walked = backtest_explorer(constant(), None, test=30, window=3, hidden_size=2, refit_every=50, epochs=1)
    assert "makes no error: the skill cannot be computed" in walked.view.value and "contains 0" not in walked.view.value
    assert "スキルを計算できません" in walked.view.value
    assert "The apparent skill is –; on the hold-out it is –." in leakage_laboratory(constant(), None).view.value
