"""Step 12: walking forward sees only the past, and the table holds every forecast against every baseline."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LinearRegression

from helpers.backtest import backtest_table, refit_linear, refit_lstm, skill_over_time, walk, walk_forward
from helpers.baselines import last_known
from helpers.data import generate, load_prices
from helpers.leakage import suite
from helpers.training import Forecaster
from helpers.windows import make_windows

PRICES = load_prices("ibm")[["Open", "Close"]].tail(260)
SERIES = {
    "one column": PRICES["Open"].to_numpy(),
    "two columns": PRICES,
    "random_walk": generate("random_walk", 260)["Close"].to_numpy(),
}
LSTM = partial(refit_lstm, hidden_size=3, initial_epochs=3, epochs=1)


def skill(values, test, **how):
    series = np.asarray(values, dtype=float).reshape(len(values), -1)[:, 0]
    errors, naive = series[-test:] - walk_forward(values, test, **how), np.diff(series)[-test:]
    return 1 - np.sqrt(np.mean(errors**2) / np.mean(naive**2))


@pytest.mark.parametrize("rows", [None, 80], ids=["expanding", "sliding"])
@pytest.mark.parametrize("target", ["level", "change"])
@pytest.mark.parametrize("name", ["two columns", "random_walk"])
def test_no_tripwire_fires_on_a_walk(name, target, rows):
    how = {"refit": partial(LSTM, target=target), "train_size": rows, "refit_every": 2}
    findings = list(suite(SERIES[name], 12, forecast=partial(walk_forward, **how), score=partial(skill, **how), cuts=2))
    assert [finding.fired for finding in findings] == [False, False]


@pytest.mark.parametrize("rows", [None, 80])
def test_no_tripwire_fires_on_the_linear_model(rows):
    how = {"refit": refit_linear, "train_size": rows}
    findings = list(
        suite(SERIES["two columns"], 40, forecast=partial(walk_forward, **how), score=partial(skill, **how), cuts=4)
    )
    assert [finding.fired for finding in findings] == [False, False]


def test_a_walk_that_peeks_is_found():
    """The tripwire would see it: a learner that is given the whole series leaks."""

    def peeking(values, test):
        series = np.asarray(values, dtype=float)
        return walk_forward(series, test, lambda x, t, previous: refit_linear(*make_windows(series, 5)))

    (finding,) = suite(SERIES["one column"], 20, forecast=peeking)
    assert finding.fired is True


@pytest.mark.parametrize(("rows", "every"), [(None, 1), (50, 1), (None, 3), (50, 7)])
def test_each_forecast_is_that_of_a_model_fitted_by_hand_on_the_rows_before_it(rows, every):
    values, window, test = PRICES.to_numpy(), 4, 15
    expected = []
    for day in range(len(values) - test, len(values)):
        last_refit = day - (day - len(values) + test) % every
        past = values[:last_refit] if rows is None else values[last_refit - rows : last_refit]
        inputs = [past[end - window : end].ravel() for end in range(window, len(past))]
        model = LinearRegression().fit(inputs, past[window:, 0])
        expected.append(model.predict([values[day - window : day].ravel()])[0])
    y = walk_forward(values, test, refit_linear, window=window, train_size=rows, refit_every=every)
    np.testing.assert_allclose(y, expected, rtol=1e-4)


def test_the_learner_gets_what_it_returned_and_no_row_too_many():
    seen = []

    def learner(x, t, previous):
        seen.append((len(x), t[-1, 0].item(), previous))
        return lambda latest: torch.full((1, 1), float(len(seen)))

    values = np.arange(30.0)
    y = walk_forward(values, 6, learner, window=3, refit_every=2)
    assert [n for n, _, _ in seen] == [21, 23, 25] and [last for _, last, _ in seen] == [23, 25, 27]
    assert seen[0][2] is None and callable(seen[1][2]) and y.tolist() == [1, 1, 2, 2, 3, 3]
    seen.clear()
    walk_forward(values, 6, learner, window=3, train_size=10)
    assert [n for n, _, _ in seen] == [7] * 6 and [last for _, last, _ in seen] == list(range(23, 29))


def test_a_walk_comes_one_forecast_at_a_time():
    steps = walk(np.arange(40.0), 5, lambda x, t, previous: lambda latest: latest[:, -1])
    assert next(steps) == 34 and list(steps) == [35, 36, 37, 38]


def test_a_hundred_refits_beat_the_open_of_the_day_before():
    values = load_prices("ibm")[["Open", "Close"]].tail(592).to_numpy()
    y = walk_forward(values, 100, refit_lstm)
    errors = np.sqrt(np.mean((values[-100:, 0] - y) ** 2)), np.sqrt(np.mean(np.diff(values[:, 0])[-100:] ** 2))
    assert errors[0] < 0.85 * errors[1]  # they see the close


def test_a_past_that_is_too_short_is_named():
    with pytest.raises(ValueError, match="window 5"):
        walk_forward(np.arange(10.0), 6)


def test_warm_start_goes_on_from_the_weights_of_the_day_before():
    x, t = make_windows(PRICES, 5)
    first = refit_lstm(x[:200], t[:200], initial_epochs=4, hidden_size=3)
    frozen = refit_lstm(x, t, first, epochs=0, hidden_size=3)
    for one, other in zip(first.model.parameters(), frozen.model.parameters(), strict=True):
        assert torch.equal(one, other)
    scratch = refit_lstm(x, t, first, initial_epochs=4, epochs=None, hidden_size=3)
    np.testing.assert_array_equal(scratch(x), Forecaster(x, t, hidden_size=3).train(4)(x))
    assert len(refit_lstm(x, t, first, epochs=2, hidden_size=3).losses) == 2


def test_skill_over_time_ends_at_the_skill_of_all_days_and_never_looks_ahead():
    actual, naive = PRICES["Open"].to_numpy()[-80:], PRICES["Open"].to_numpy()[-81:-1]
    forecast = PRICES["Close"].to_numpy()[-81:-1]
    table = skill_over_time(actual, forecast, naive)
    rmse = [np.sqrt(np.mean((actual - y) ** 2)) for y in (forecast, naive)]
    assert table.index.tolist() == list(range(20, 81)) and table.loc[80, "skill"] == pytest.approx(
        1 - rmse[0] / rmse[1]
    )
    assert (table["low"] <= table["skill"]).all() and (table["skill"] <= table["high"]).all()
    pd.testing.assert_frame_equal(skill_over_time(actual[:50], forecast[:50], naive[:50]), table.loc[:50])


def test_the_table_holds_every_forecast_against_the_baseline():
    known = last_known(PRICES, "Open", 60)
    actual = PRICES["Open"].to_numpy()[-60:]
    table, close = backtest_table(actual, known, known["naive"]), backtest_table(actual, known, known["previous close"])
    assert table.loc["naive", "skill"] == 0 and np.isnan(table.loc["naive", "p"])
    one, other = table.loc["previous close", "skill"], close.loc["naive", "skill"]
    assert (1 - one) * (1 - other) == pytest.approx(1)
    row = table.loc["previous close"]
    assert row["days low"] > 0 and row["p"] < 0.05  # two ways to the same question, and on IBM a clear case
    assert row["Holm p"] == pytest.approx(2 * row["p"])  # two tests, and this is the smaller p
    assert row["RMSE"] == pytest.approx(np.sqrt(np.mean((actual - known["previous close"]) ** 2)))
