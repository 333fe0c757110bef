"""Step 08: the pinball loss against scikit-learn, brackets on data whose quantiles are known, and who knew what when."""

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics import mean_pinball_loss

from helpers.columns import (
    QuantileForecaster,
    bracket_scores,
    compare_brackets,
    empirical_quantiles,
    pick,
    pinball_loss,
    relative_to_close,
)
from helpers.data import load_prices
from helpers.windows import make_windows


def test_missing_columns_are_named_in_both_languages():
    with pytest.raises(ValueError, match="Open, Volume の列がありません(.|\n)*no column Open, Volume(.|\n)*has Close"):
        pick(load_prices("usdjpy"), ["Open", "Close", "Volume"])
    assert list(pick(load_prices("ibm"), ["Close", "Open"]).columns) == ["Close", "Open"]


def test_relative_prices_are_logarithms_to_the_close_before():
    prices = load_prices("ibm").tail(40)
    relative = relative_to_close(prices)
    assert len(relative) == 39 and not relative.isna().any().any()
    for row in (0, 20, 38):
        before, day = prices.iloc[row], prices.iloc[row + 1]
        for name in ("Low", "High", "Open", "Close"):
            assert relative[name].iloc[row] == pytest.approx(100 * np.log(day[name] / before["Close"]))
        assert relative["range"].iloc[row] == pytest.approx(100 * np.log(day["High"] / day["Low"]))
    doubled = relative_to_close(prices * 2)
    assert np.allclose(doubled, relative)


def test_pinball_loss_is_scikit_learns():
    rng = np.random.default_rng(0)
    y, t = rng.normal(size=(2, 300, 2)).astype(np.float32)
    expected = np.mean([mean_pinball_loss(t[:, k], y[:, k], alpha=q) for k, q in enumerate((0.1, 0.8))])
    assert pinball_loss((0.1, 0.8))(torch.tensor(y), torch.tensor(t)).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("levels", [(0, 0.5), (0.5, 1.0), (-0.1, 0.9)])
def test_a_level_that_is_none_is_refused(levels):
    with pytest.raises(ValueError, match="0 と 1 の間(.|\n)*between 0 and 1"):
        pinball_loss(levels)


def test_empirical_quantiles_take_each_column_at_its_own_level():
    t = np.column_stack([np.arange(101.0), np.arange(101.0) * 10])
    assert np.allclose(empirical_quantiles(t, (0.1, 0.9)), [10, 900])


def noisy(n=600, window=4, seed=0):
    """Windows whose last value is the scale of the next target: its quantiles are known exactly."""
    rng = np.random.default_rng(seed)
    scale = np.where(np.sin(np.arange(n) / 15) > 0, 3.0, 0.5)
    x = np.stack([scale[i : i + window] for i in range(n - window)])[:, :, None]
    noise = rng.normal(size=(n - window, 2)) * scale[window - 1 : -1, None]
    return torch.tensor(x, dtype=torch.float32), torch.tensor(noise, dtype=torch.float32), scale[window - 1 : -1]


def test_the_quantile_forecaster_starts_from_the_empirical_quantiles():
    x, t, _ = noisy()
    model = QuantileForecaster(x, t, (0.1, 0.9))
    assert np.allclose(model(x).mean(dim=0), empirical_quantiles(t, (0.1, 0.9)), atol=0.3)


@pytest.mark.parametrize("seed", range(3))
def test_it_finds_quantiles_that_depend_on_the_window(seed):
    x, t, scale = noisy(2000)
    y = QuantileForecaster(x, t, (0.1, 0.9), seed=seed).train(200)(x).numpy()
    z = stats.norm.ppf(0.9)
    for size in (0.5, 3.0):
        assert np.allclose(y[scale == size].mean(axis=0), [-z * size, z * size], rtol=0.2)
    held = bracket_scores(t, y, (0.1, 0.9))
    assert held["low held"] == pytest.approx(0.9, abs=0.03) and held["high held"] == pytest.approx(0.9, abs=0.03)


def test_bracket_scores_counted_by_hand():
    actual = np.array([[-1.0, 1], [-2, 1], [-1, 3], [-5, 5]])
    bracket = np.tile([-2.0, 2.0], (4, 1))
    scores = bracket_scores(actual, bracket, (0.1, 0.9))
    assert scores[["low held", "high held", "day held", "width"]].tolist() == [0.75, 0.5, 0.5, 4.0]
    by_hand = [0.1 * 1, 0, 0.1 * 1, 0.9 * 3, 0.1 * 1, 0.1 * 1, 0.9 * 1, 0.9 * 3]
    assert scores["pinball"] == pytest.approx(np.mean(by_hand))


def test_compare_brackets_names_the_better_one():
    x, t, scale = noisy(1000)
    z = stats.norm.ppf(0.9)
    right = np.outer(scale, [-z, z])
    fixed = np.tile(empirical_quantiles(t, (0.1, 0.9)), (len(t), 1))
    table = compare_brackets(t, [right, right * 1.01], {"fixed": fixed, "right": right}, (0.1, 0.9))
    assert table.loc["fixed", "skill"] > 0.05 and table.loc["fixed", ["p low", "p high"]].max() < 0.05
    assert abs(table.loc["right", "skill"]) < 0.01


def test_the_previous_close_is_nearer_to_the_open_than_the_previous_open():
    """What the close trap rests on."""
    prices = load_prices("ibm").tail(1092)
    by_open = prices["Open"].diff().pow(2).mean() ** 0.5
    by_close = (prices["Open"] - prices["Close"].shift(1)).pow(2).mean() ** 0.5
    assert by_close < by_open


def test_five_columns_make_windows_of_five_features_with_the_first_as_target():
    table = load_prices("ibm").tail(60)[["Open", "High", "Low", "Close", "Volume"]]
    x, t = make_windows(table, 5)
    assert x.shape == (55, 5, 5) and t.shape == (55, 1)
    assert np.allclose(t[:, 0], table["Open"].iloc[5:]) and np.allclose(x[0, :, 4], table["Volume"].iloc[:5])
