"""Step 11: leaks of all kinds of pipelines are found, and nothing clean is accused."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from torch import nn

from helpers.baselines import naive_forecast
from helpers.data import generate, load_prices
from helpers.leakage import (
    alter,
    coin_tosses,
    evaluation_changes_weights,
    future_changes_past,
    skill_without_target,
    statistics_depend_on_test,
    suite,
)
from helpers.training import Forecaster, Standardizer, predict
from helpers.windows import make_windows, split_last

TEST = 100
SERIES = {
    "ibm": load_prices("ibm")["Open"].tail(500).to_numpy(),
    "usdjpy": load_prices("usdjpy")["Close"].tail(500).to_numpy(),
    "sine": generate("sine")["Close"].tail(500).to_numpy(),
} | {f"random_walk {seed}": generate("random_walk", 500, seed)["Close"].to_numpy() for seed in range(4)}
WALK = SERIES["random_walk 0"]


# Other people's pipelines: clean ones


def naive(values, test):
    return np.asarray(values, dtype=float)[-test - 1 : -1]


def linear(values, test, window=5):
    x, t = make_windows(values, window)
    x_train, x_test, t_train, _ = split_last(x, t, test)
    return LinearRegression().fit(x_train[:, :, 0], t_train).predict(x_test[:, :, 0])


def lstm(values, test):
    x_train, x_test, t_train, _ = split_last(*make_windows(values, 5), test)
    return Forecaster(x_train, t_train, hidden_size=4).train(3)(x_test)


def walk_forward(values, test):
    """Refitted every 20 rows on all rows before: the expanding window of a backtest."""
    x, t = make_windows(values, 5)
    answers = []
    for first in range(len(x) - test, len(x), 20):
        last = min(first + 20, len(x))
        answers.append(LinearRegression().fit(x[:first, :, 0], t[:first]).predict(x[first:last, :, 0]))
    return np.concatenate(answers)


def scored(forecast):
    """The skill of one-step forecasts against the last known value."""

    def score(values, test):
        values = np.asarray(values, dtype=float)
        actual, y = values[-test:], np.asarray(forecast(values, test), dtype=float).ravel()
        return 1 - np.sqrt(np.mean((actual - y) ** 2) / np.mean((actual - values[-test - 1 : -1]) ** 2))

    return score


@pytest.mark.parametrize("forecast", [naive, linear, lstm, walk_forward], ids=lambda function: function.__name__)
@pytest.mark.parametrize("name", ["ibm", "sine", "random_walk 0", "random_walk 1"])
def test_clean_pipelines_stay_silent(forecast, name):
    findings = list(suite(SERIES[name], TEST, forecast=forecast, score=scored(forecast)))
    assert [finding.fired for finding in findings] == [False, False], findings


def test_a_clean_pipeline_of_several_steps_and_columns_stays_silent():
    prices = load_prices("ibm")[["Open", "High", "Low", "Close", "Volume"]].tail(400)

    def forecast(frame, test):
        assert isinstance(frame, pd.DataFrame) and list(frame.index) == list(prices.index)
        x, t = make_windows(frame, 3, horizon=2)
        train = len(x) - test - 1  # the window in between has a target beyond the first forecast
        x = ((x - x[:train].mean((0, 1))) / x[:train].std((0, 1))).flatten(1)
        return LinearRegression().fit(x[:train], t[:train]).predict(x[-test:])[:, -1]

    assert future_changes_past(forecast, prices, TEST, horizon=2).fired is False
    assert future_changes_past(forecast, prices, TEST, horizon=3).fired is True  # it does know one row more


# Other people's pipelines: leaky ones


def features(values, columns, test, past=1):
    """Linear regression of each value on feature columns of the row `past` before."""
    values = np.asarray(values, dtype=float)
    x, t = np.column_stack(columns)[:-past], values[past:]
    train = np.flatnonzero(~np.isnan(np.column_stack([x, t])).any(axis=1))
    train = train[train < len(x) - test]
    return LinearRegression().fit(x[train], t[train]).predict(np.nan_to_num(x[-test:], nan=t[train].mean()))


def centred_mean(values, test):
    return features(values, [pd.Series(values).rolling(3, center=True).mean()], test)


def next_value_among_the_features(values, test):
    return features(values, [values, pd.Series(values).shift(-1)], test)


def filled_from_the_future(values, test):
    return features(values, [pd.Series(values).bfill()], test)


def filled_from_the_past(values, test):
    return features(values, [pd.Series(values).ffill()], test)


def interpolated(values, test):
    return features(values, [pd.Series(values).interpolate(limit_direction="both")], test)


def smoothed_first(values, test):
    smooth = np.convolve(np.pad(values, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    return linear(smooth, test)


def scaled_by_everything(values, test):
    scaler = MinMaxScaler().fit(np.reshape(values, (-1, 1)))
    z = scaler.transform(np.reshape(values, (-1, 1))).ravel()
    x_train, x_test, t_train, _ = split_last(*make_windows(z, 5), test)
    y = Ridge(1.0).fit(x_train[:, :, 0], t_train).predict(x_test[:, :, 0])
    return scaler.inverse_transform(y.reshape(-1, 1)).ravel()


def window_chosen_on_the_test(values, test):
    actual = np.asarray(values)[-test:]
    return min(
        (linear(values, test, window) for window in range(1, 9)), key=lambda y: np.mean((y.ravel() - actual) ** 2)
    )


def trained_on_all(values, test):
    x, t = make_windows(values, 5)
    return LinearRegression().fit(x[:, :, 0], t).predict(x[-test:, :, 0])


def targets_that_reach_into_the_test(values, test):
    x, t = make_windows(values, 5, horizon=10)  # forecasts ten rows ahead, and the training part is not cut short
    return LinearRegression().fit(x[:-test, :, 0], t[:-test, -1]).predict(x[-test:, :, 0])


@pytest.mark.parametrize("name", ["ibm", "sine", "random_walk 2"])
@pytest.mark.parametrize(
    "forecast",
    [
        centred_mean,
        next_value_among_the_features,
        smoothed_first,
        scaled_by_everything,
        window_chosen_on_the_test,
        trained_on_all,
    ],
    ids=lambda function: function.__name__,
)
def test_leaks_of_other_pipelines_are_found(forecast, name):
    assert future_changes_past(forecast, SERIES[name], TEST).fired is True


@pytest.mark.parametrize("forecast", [filled_from_the_future, interpolated], ids=lambda function: function.__name__)
def test_gaps_filled_from_the_future_are_found(forecast):
    values = WALK.copy()
    values[[50, 200, 430, 431, 460]] = np.nan
    assert future_changes_past(forecast, values, TEST).fired is True
    assert future_changes_past(filled_from_the_past, values, TEST).fired is False


def test_a_target_that_reaches_into_the_test_is_found_by_the_horizon():
    assert future_changes_past(targets_that_reach_into_the_test, WALK, TEST, horizon=10).fired is True


@pytest.mark.parametrize(
    "forecast", [centred_mean, next_value_among_the_features, smoothed_first], ids=lambda f: f.__name__
)
def test_skill_on_coin_tosses_gives_a_look_ahead_away(forecast):
    assert skill_without_target(scored(forecast), SERIES["ibm"], TEST).fired is True


def test_copying_the_input_is_found_in_the_scoring():
    def score(values, test):  # perfect on the window, naive on the future: nothing was forecast
        x, t = make_windows(values, 5, include_input=True)
        y = torch.cat([x[:, :, 0], naive_forecast(x)], dim=1)
        error, naive_error = y[-test:] - t[-test:], x[-test:, -1] - t[-test:]
        return float(1 - (error.square().mean() / naive_error.square().mean()).sqrt())

    assert skill_without_target(score, WALK, TEST).fired is True


# Scaling, weights


@pytest.mark.parametrize("kind", [StandardScaler, MinMaxScaler])
def test_statistics_of_a_scaler(kind):
    def on(rows):
        return lambda values, test: kind().fit(np.reshape(values, (-1, 1))[: len(values) - test * (not rows)])

    for values in SERIES.values():
        assert statistics_depend_on_test(on("all"), values, TEST).fired is True
        assert statistics_depend_on_test(on(""), values, TEST).fired is False


def test_statistics_in_other_wrappings():
    def mean(values, test):
        return {
            "mean": torch.tensor(np.mean(values[:-test])),
            "how": "mean",
            "more": [Standardizer.of(make_windows(values, 3)[0])],
        }

    assert statistics_depend_on_test(mean, WALK, TEST).fired is True
    assert statistics_depend_on_test(lambda values, test: mean(values[:-test], 1), WALK, TEST).fired is False
    above = statistics_depend_on_test(lambda values, test: values[values > values[:300].max() * 2], WALK, TEST)
    assert above.fired is None  # no number at all before; with some, another count of them is a difference too
    assert (
        statistics_depend_on_test(lambda values, test: [1.0, *values[values < 50]], WALK * 0 + 90, TEST).fired is True
    )
    assert statistics_depend_on_test(lambda values, test: "nothing", WALK, TEST).fired is None


def test_an_evaluation_that_changes_the_model_is_found_and_undone():
    x, t = make_windows(WALK / 100, 5)
    model = nn.Sequential(nn.Flatten(), nn.Linear(5, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 1))
    before = {name: value.clone() for name, value in model.state_dict().items()}

    def train():
        optimizer = torch.optim.SGD(model.parameters(), 0.01)
        nn.functional.mse_loss(model(x), t).backward()
        optimizer.step()

    assert evaluation_changes_weights(model, train).fired is True
    assert evaluation_changes_weights(model, lambda: model.train()(x)).fired is True  # BatchNorm counts on
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    chance = torch.get_rng_state(), np.random.get_state()[1].copy()
    assert evaluation_changes_weights(model, lambda: predict(model, x)).fired is False
    assert torch.equal(torch.get_rng_state(), chance[0]) and (np.random.get_state()[1] == chance[1]).all()


def test_an_evaluation_that_refits_a_model_of_scikit_learn_is_found():
    x, t = make_windows(WALK, 5)
    model = LinearRegression().fit(x[:-TEST, :, 0], t[:-TEST])
    assert evaluation_changes_weights(model, lambda: model.predict(x[-TEST:, :, 0])).fired is False
    assert evaluation_changes_weights(model, lambda: model.fit(x[:, :, 0], t)).fired is True


# What the tripwires are made of


@pytest.mark.parametrize("how", ["shock", "rescale"])
def test_an_alteration_changes_every_value_from_its_row_on_and_none_before(how):
    prices = load_prices("ibm").tail(200)
    prices.iloc[150, 1] = np.nan
    kept = prices.copy()
    changed = alter(prices, 120, how)
    pd.testing.assert_frame_equal(prices, kept)
    pd.testing.assert_frame_equal(changed.iloc[:120], prices.iloc[:120], check_dtype=False)
    assert (changed.isna() == prices.isna()).all(axis=None)
    assert ((changed != prices) | prices.isna()).iloc[120:].all(axis=None) and not (changed <= 0).any(axis=None)
    assert alter(list(range(1, 9)), 4, how)[:4].tolist() == [1, 2, 3, 4]


def test_coin_tosses_keep_the_size_of_the_steps_and_nothing_else():
    tossed = coin_tosses(WALK, 1)
    steps, drawn = np.diff(np.log(WALK)), np.diff(np.log(tossed))
    np.testing.assert_allclose(np.sort(np.abs(drawn)), np.sort(np.abs(steps)), atol=1e-12)
    many = [np.diff(np.log(coin_tosses(SERIES["sine"], seed))) for seed in range(50)]
    assert abs(np.mean([np.corrcoef(one[1:], one[:-1])[0, 1] for one in many])) < 0.02  # on the sine itself: 0.97
    frame = load_prices("ibm").tail(200)
    both = coin_tosses(frame, 2)
    assert isinstance(both, pd.DataFrame) and (both > 0).all(axis=None)
    size = (
        np.abs(np.diff(np.log(frame[["Open", "Close"]]), axis=0)),
        np.abs(np.diff(np.log(both[["Open", "Close"]]), axis=0)),
    )
    np.testing.assert_allclose(
        *(one[np.lexsort(one.T)] for one in size), atol=1e-9
    )  # both columns of a row moved together
    below = coin_tosses(np.linspace(-1, 1, 50), 0)
    np.testing.assert_allclose(np.abs(np.diff(below)), 2 / 49)
    assert np.isfinite(coin_tosses([1.0, np.nan, 2.0, 3.0], 0)).all()


def test_float_noise_does_not_fire_and_unrepeatable_forecasts_cannot_be_judged():
    loose = np.random.default_rng()
    assert (
        future_changes_past(lambda v, test: naive(v, test) * (1 + 1e-9 * loose.normal(size=test)), WALK, TEST).fired
        is False
    )
    finding = future_changes_past(lambda v, test: naive(v, test) * (1 + 0.1 * loose.normal(size=test)), WALK, TEST)
    assert finding.fired is None and "シード" in finding.ja and "seeds" in finding.en
    unseeded = future_changes_past(
        lambda v, test: naive(v, test) + torch.randn(test).numpy() + np.random.randn(test), WALK, TEST
    )
    assert unseeded.fired is False  # global random numbers are put to the same start in every run


def test_a_pipeline_may_change_what_it_is_given():
    def careless(values, test):
        y = naive(values, test).copy()
        values[:] = 0
        return y

    kept = WALK.copy()
    assert future_changes_past(careless, kept, TEST).fired is False
    np.testing.assert_array_equal(kept, WALK)


def test_forecasts_of_another_length_are_named_in_both_languages():
    with pytest.raises(ValueError, match="最後の 100 行(.|\n)*last 100 rows; the shape was \\(99,\\)"):
        future_changes_past(lambda values, test: naive(values, test)[1:], WALK, TEST)


def test_a_score_that_is_no_number_cannot_be_judged():
    assert skill_without_target(lambda values, test: float("nan"), WALK, TEST).fired is None
