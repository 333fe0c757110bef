"""Step 06: baselines and intervals against formulas of their own; gradients and importances on models whose weights are known."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats
from sklearn.linear_model import LinearRegression
from torch import nn

from helpers.beyond import compare, confidence_interval, input_gradients, permutation_importance, seeds_interval
from helpers.data import generate, load_prices
from helpers.leakage import future_changes_past
from helpers.training import Forecaster, metrics
from helpers.validation import diebold_mariano
from helpers.windows import make_windows, split_last


def test_interval_is_scipys():
    numbers = [0.1, 0.4, 0.2, 0.9]
    expected = stats.t.interval(0.95, 3, loc=np.mean(numbers), scale=stats.sem(numbers))
    assert confidence_interval(numbers) == pytest.approx(expected)
    assert all(np.isnan(confidence_interval([1.0])))
    assert confidence_interval([2.0, 2.0, 2.0]) == (2, 2)


def test_compare_is_worked_out_baseline_by_baseline():
    rng = np.random.default_rng(0)
    actual = np.cumsum(rng.normal(size=80)) + 50
    forecasts = [actual + rng.normal(size=80) for _ in range(3)]
    baselines = {"one": actual + rng.normal(size=80), "perfect": actual + 1e-13}
    table = compare(actual, forecasts, baselines)

    def size(forecast):
        return np.linalg.norm(forecast - actual)

    skills = [1 - size(forecast) / size(baselines["one"]) for forecast in forecasts]
    mean = sum(forecasts) / 3
    row = table.loc["one"]
    assert row["baseline RMSE"] == pytest.approx(size(baselines["one"]) / np.sqrt(80))
    assert row["skill"] == pytest.approx(np.mean(skills))
    low, high = confidence_interval(np.log(1 - np.array(skills)))
    assert (row["seeds low"], row["seeds high"]) == pytest.approx((1 - np.exp(high), 1 - np.exp(low)))
    assert row["skill of mean"] == pytest.approx(1 - size(mean) / size(baselines["one"])) and row[
        "skill of mean"
    ] > max(skills)
    assert row["p"] == pytest.approx(diebold_mariano(actual, mean, baselines["one"]))
    assert np.isnan(table.loc["perfect", "skill"])  # nothing can be better than a forecast without error


def test_the_interval_over_seeds_stays_below_one():
    skills = [0.99, 0.9, 0.7]  # the symmetric interval of these would end at 1.2
    low, high = seeds_interval(skills)
    assert confidence_interval(skills)[1] > 1 and low < np.mean(skills) < high < 1
    assert np.isnan(seeds_interval([0.5])).all() and np.isnan(seeds_interval([1.0, 0.9])).all()


class Weighted(nn.Module):
    """A model whose weights are known."""

    def __init__(self, weights):
        super().__init__()
        self.weights = torch.tensor(weights)

    def forward(self, x):
        return (x * self.weights).sum(dim=(1, 2), keepdim=False)[:, None]


def test_input_gradients_of_a_linear_model_are_its_weights():
    weights = [[0.1, 0.0], [-0.5, 2.0], [1.0, 0.3]]
    gradients = input_gradients(Weighted(weights), torch.randn(20, 3, 2))
    assert np.allclose(gradients, weights)


def test_input_gradients_agree_with_small_steps():
    x_train, _, t_train, _ = split_last(*make_windows(generate("ar1", 200)["Close"], 4), 20)
    forecaster = Forecaster(x_train, t_train, hidden_size=4).train(3)
    step, model = 1e-2, forecaster.model
    for k in range(4):
        up, down = forecaster.x.clone(), forecaster.x.clone()
        up[:, k] += step
        down[:, k] -= step
        slope = ((model(up) - model(down)) / (2 * step)).mean().item()
        assert input_gradients(model, forecaster.x)[k, 0] == pytest.approx(slope, abs=1e-3)
    assert all(parameter.grad is None or torch.isfinite(parameter.grad).all() for parameter in model.parameters())


@pytest.mark.parametrize(("axis", "parts"), [(1, 3), (2, 2)])
def test_permutation_importance_is_zero_for_what_is_not_used(axis, parts):
    torch.manual_seed(0)
    x = torch.randn(400, 3, 2)
    weights = [[0.0, 0.0], [0.0, 0.5], [0.0, 2.0]]  # step 0 and feature 0 are not used
    model = Weighted(weights)
    rises = permutation_importance(model, x, model(x), axis)
    assert rises.shape == (parts,) and rises[0] == 0 and rises[-1] == max(rises) > 1
    if axis == 1:  # y without step 2 has an error of sqrt(2) * 2 standard deviations
        assert rises[2] == pytest.approx(np.sqrt(2) * 2, rel=0.1)
    assert np.array_equal(rises, permutation_importance(model, x, model(x), axis))


def five_steps(values, seed, window=5, test=100):
    x_train, x_test, t_train, _ = split_last(*make_windows(values, window), test)
    return Forecaster(x_train, t_train, seed=seed).train(12)(x_test).numpy().ravel()


def skill(values, forecast, test=100):
    return 1 - metrics(values[-test:], forecast)["RMSE"] / metrics(values[-test:], values[-test - 1 : -1])["RMSE"]


@pytest.mark.slow
@pytest.mark.parametrize("of_changes", [False, True])
def test_nothing_is_won_on_random_walks(of_changes):
    """20 walks, 20 seeds: the interval of the mean skill must not lie above 0."""
    skills = []
    for seed in range(20):
        values = generate("random_walk", seed=seed)["Close"].to_numpy()
        forecast = values[-101:-1] + five_steps(np.diff(values), seed) if of_changes else five_steps(values, seed)
        skills.append(skill(values, forecast))
    assert confidence_interval(skills)[0] <= 0


@pytest.mark.parametrize("seed", range(3))
def test_a_sine_is_won(seed):
    values = generate("sine")["Close"].to_numpy()
    assert skill(values, five_steps(values, seed)) >= 0.95


def test_electricity_is_won_with_its_season():
    """One hour ahead, last 60 days of 2014: at most 0.33 of the naive forecast's error."""
    load = load_prices("electricity")["Close"].tail(8760 + 1440)
    change = load.diff()
    columns = np.column_stack([change, change.shift(23), change.shift(167)])[168:]
    x_train, x_test, t_train, _ = split_last(*make_windows(columns, 6), 1440)
    forecaster = Forecaster(x_train, t_train).train(18)
    values = load.to_numpy()
    assert skill(values, values[-1441:-1] + forecaster(x_test).numpy().ravel(), 1440) >= 0.67


def test_the_weight_of_today_climbs_to_one_on_a_random_walk():
    values = generate("random_walk", seed=3)["Close"].to_numpy()
    x_train, _, t_train, _ = split_last(*make_windows(values, 5), 100)
    forecaster = Forecaster(x_train, t_train, optimizer="adamw", lr=1e-2)
    last = []
    forecaster.train(
        300, lambda epoch, loss: last.append(input_gradients(forecaster.model, forecaster.x)[-1, 0]) and None
    )
    assert last[0] < 0.1 and last[-1] > 0.6 and last[-1] > last[100] > last[40]
    linear = LinearRegression().fit(x_train[:, :, 0], t_train[:, 0])
    assert linear.coef_[-1] > 0.9


def test_the_columns_and_the_rest_of_electricity_know_nothing_of_the_future():
    """The pipeline of the notebook, asked by the tripwire of step 11."""

    def forecast(values, test):
        load = pd.Series(np.asarray(values))
        change = load.diff()
        columns = pd.DataFrame({"change": change, "day": change.shift(23), "week": change.shift(167)}).dropna()
        lags = pd.DataFrame({f"t-{k}": change.shift(k) for k in range(168)}).dropna()
        target, learn = change.shift(-1)[lags.index], slice(None, -test - 1)
        linear = LinearRegression().fit(lags[learn], target[learn])
        guess = pd.Series(linear.predict(lags), lags.index)
        rest = pd.DataFrame({"rest": change - guess.shift(1), "linear": guess}).join(columns).dropna()
        x_train, x_test, t_train, _ = split_last(*make_windows(rest, 6), test)
        y = Forecaster(x_train, t_train).train(2)(x_test).numpy().ravel()
        return load.to_numpy()[-test - 1 : -1] + guess.to_numpy()[-test - 1 : -1] + y

    load = load_prices("electricity")["Close"].tail(1500).to_numpy()
    assert future_changes_past(forecast, load, 200).fired is False
