"""Step 06: baselines and intervals against formulas of their own; gradients of models whose weights are known."""

from types import FunctionType

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats
from sklearn.linear_model import LinearRegression
from test_taught import namespace
from torch import nn

from helpers.baselines import naive_forecast
from helpers.beyond import compare, confidence_interval, input_gradients, seeds_interval
from helpers.data import generate, load_prices
from helpers.leakage import future_changes_past
from helpers.training import Forecaster
from helpers.validation import diebold_mariano, skill
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
    wild = [0.0] * 19 + [-19.0]  # the mean of the logarithms is that of the geometric mean, far from -0.95
    assert seeds_interval(wild) == pytest.approx((-0.59, 0.15), abs=0.005)


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
    assert gradients.shape == (20, 3, 2) and np.allclose(gradients, weights)  # the same for every window


def test_input_gradients_of_a_curved_model_differ_from_window_to_window():
    class Squared(nn.Module):
        def forward(self, x):
            return x.square().sum(dim=(1, 2))[:, None]

    x = torch.randn(7, 3, 1)
    assert np.allclose(input_gradients(Squared(), x), 2 * x)


def test_input_gradients_agree_with_small_steps():
    x_train, _, t_train, _ = split_last(*make_windows(generate("ar1", 200)["Close"], 4), 20)
    forecaster = Forecaster(x_train, t_train, hidden_size=4).train(3)
    step, model = 1e-2, forecaster.model
    for k in range(4):
        up, down = forecaster.x.clone(), forecaster.x.clone()
        up[:, k] += step
        down[:, k] -= step
        slopes = ((model(up) - model(down)) / (2 * step)).detach().numpy()[:, 0]
        found = input_gradients(model, forecaster.x)[:, k, 0]
        assert np.isclose(found, slopes, atol=2e-3).mean() > 0.95  # a step across the kink of a ReLU sees two slopes
    assert all(parameter.grad is None or torch.isfinite(parameter.grad).all() for parameter in model.parameters())


NOTEBOOK = namespace("06_beyond_the_lag")  # its definitions, so that what is tested is what the reader runs


def skill_of(kind, values, seed, test=100):
    x_train, x_test, t_train, t_test = split_last(*make_windows(values, 5), test)
    return skill(t_test, NOTEBOOK[kind](x_train, t_train, seed)(x_test), naive_forecast(x_test))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["level_model", "change_model"])
def test_nothing_is_won_on_random_walks(kind):
    """20 walks, 20 seeds: the interval of the mean skill must not lie above 0."""
    skills = [skill_of(kind, generate("random_walk", seed=seed)["Close"], seed) for seed in range(20)]
    assert seeds_interval(skills)[0] <= 0


@pytest.mark.parametrize("kind", ["level_model", "change_model"])
def test_a_sine_is_won(kind):
    assert skill_of(kind, generate("sine")["Close"], seed=1) >= 0.95


def test_the_change_model_does_not_see_the_level():
    x, t = make_windows(generate("ar1", 200)["Close"], 5)
    model = NOTEBOOK["change_model"](x, t, 0)
    assert torch.allclose(model(x + 64) - 64, model(x), atol=1e-2) and not torch.allclose(model(x), x[:, -1], atol=0.1)


def test_the_weight_of_today_climbs_to_one_on_a_random_walk():
    values = generate("random_walk", seed=3)["Close"].to_numpy()
    x_train, _, t_train, _ = split_last(*make_windows(values, 5), 100)
    forecaster = Forecaster(x_train, t_train, optimizer="adamw", lr=1e-2)
    last = []
    forecaster.train(
        300, lambda epoch, loss: last.append(input_gradients(forecaster.model, forecaster.x)[:, -1, 0].mean()) and None
    )
    assert last[0] < 0.1 and last[-1] > 0.6 and last[-1] > last[100] > last[40]
    linear = LinearRegression().fit(x_train[:, :, 0], t_train[:, 0])
    assert linear.coef_[-1] > 0.9


def electricity(hours=1500):
    return load_prices("electricity")["Close"].loc["2013-05":].iloc[:hours]


def test_the_columns_hold_the_changes_that_correspond_to_the_next_hour():
    load = electricity(400)
    columns, change = NOTEBOOK["seasonal_columns"](load), load.diff()
    for name, back in {"change": 1, "day": 24, "week": 168}.items():  # before the target, which is one row on
        expected = change.shift(back)[columns.index[1:]]
        assert np.allclose(columns[name].shift(1)[columns.index[1:]], expected)


def test_forward_forecasts_no_hour_that_its_regression_was_fitted_on():
    change = electricity(1200).diff()
    starts = change.index[[500, 800]]
    forecast = NOTEBOOK["forward"](change, starts)
    assert forecast.index[0] == starts[0] and len(forecast) == 700
    for start in starts:  # what comes later may be anything
        spoilt = change.where(change.index < start, 12345.0)
        after = NOTEBOOK["forward"](spoilt, starts)
        assert np.allclose(forecast[:start], after[:start])
    lags = np.column_stack([change.shift(k) for k in range(1, 169)])
    past = LinearRegression().fit(lags[169:800], change[169:800])
    assert forecast.iloc[-1] == pytest.approx(past.predict(lags[-1:])[0])


def test_the_columns_and_the_rest_of_electricity_know_nothing_of_the_future():
    """The pipeline of the notebook, asked by the tripwire of step 11."""
    taught = namespace("06_beyond_the_lag") | {"EPOCHS": 2}
    for name in ("level_model", "seasonal_columns", "forward", "with_rest", "lstm_forecast"):
        taught[name] = FunctionType(taught[name].__code__, taught)

    def forecast(values, test):
        load = pd.Series(np.asarray(values), pd.date_range("2013-01-01", periods=len(values), freq="h"))
        start = load.index[-test]
        linear = taught["forward"](load.diff(), [load.index[600], start])
        rest = taught["lstm_forecast"](taught["with_rest"](taught["seasonal_columns"](load), linear), start, 0)
        return (load.shift(1) + linear + rest)[start:].to_numpy()

    assert future_changes_past(forecast, electricity().to_numpy(), 200).fired is False
