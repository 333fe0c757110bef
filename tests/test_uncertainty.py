"""Steps 08 and 09: intervals and quantiles against independent computations and data whose quantiles are known."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics import mean_pinball_loss
from statsmodels.regression.quantile_regression import QuantReg

from helpers.uncertainty import (
    QuantileForecaster,
    adaptive_half_widths,
    compare_intervals,
    conformal_intervals,
    coverage_by_step,
    empirical_quantiles,
    fan,
    half_width,
    interval_scores,
    linear_quantiles,
    pinball_loss,
)
from helpers.validation import diebold_mariano


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_the_interval_is_the_quantile_of_the_residuals_of_its_own_step(confidence):
    rng = np.random.default_rng(1)
    residuals, y = rng.normal(size=(185, 3)) * [1, 5, 20], rng.normal(size=(40, 3))
    low, high = conformal_intervals(residuals, y, confidence)
    rank = int(np.ceil(confidence * 186))  # the ceil((m + 1) confidence)-th smallest of m residuals
    half = np.sort(np.abs(residuals), axis=0)[rank - 1]
    assert np.allclose((low + high) / 2, y) and np.allclose((high - low) / 2, half)


def test_the_interval_covers_what_it_should_where_the_theory_holds():
    rng = np.random.default_rng(2)
    scale, covered = np.sqrt(np.arange(1, 6)), []
    for _ in range(200):
        residuals, actual = rng.standard_t(3, size=(100, 5)) * scale, rng.standard_t(3, size=(50, 5)) * scale
        covered.append(coverage_by_step(actual, *conformal_intervals(residuals, np.zeros((50, 5)), 0.8))["coverage"])
    assert np.allclose(np.mean(covered, axis=0), 0.8, atol=0.02)


@pytest.mark.parametrize(("count", "confidence"), [(9, 0.9), (4, 0.8), (19, 0.95), (1, 0.5)])
def test_exactly_enough_residuals_are_enough(count, confidence):
    """Nine residuals for 90%: the rank 0.9 (9 + 1) is the ninth, whatever the last bit of a float says."""
    residuals = np.arange(1.0, count + 1)[:, None]
    low, high = conformal_intervals(residuals, np.zeros((2, 1)), confidence)
    assert (high == count).all() and (low == -count).all()


@pytest.mark.parametrize(("count", "confidence"), [(18, 0.95), (3, 0.8), (50, 1.0), (50, 0.0)])
def test_too_few_residuals(count, confidence):
    with pytest.raises(ValueError, match="足りません(.|\n)*choose a smaller"):
        conformal_intervals(np.ones((count, 2)), np.ones((4, 2)), confidence)


@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.95])
def test_the_half_width_is_that_of_crepes(confidence):
    residuals = np.random.default_rng(3).standard_t(3, size=(41, 1))
    _, high = conformal_intervals(residuals, np.zeros((1, 1)), confidence)
    assert half_width(residuals[:, 0], confidence) == high[0, 0]


def test_the_half_width_covers_as_often_as_its_rank_says():
    """The new residual is equally likely to take each of the m + 1 ranks: k / (m + 1), whatever the law."""
    rng, m = np.random.default_rng(4), 20
    noise = rng.standard_t(2, size=(20_000, m + 1))
    inside = np.mean([abs(row[-1]) <= half_width(row[:-1], 0.85) for row in noise])
    assert inside == pytest.approx(18 / 21, abs=3.5 * (18 / 21 * 3 / 21 / 20_000) ** 0.5)


@pytest.mark.parametrize(
    ("confidence", "expected"), [(0.95, np.inf), (1.01, np.inf), (0.9, 9), (0.1, 1), (0, 0), (-0.1, 0)]
)
def test_the_half_width_at_both_ends(confidence, expected):
    assert half_width(np.arange(-9.0, 0), confidence) == expected


def test_adaptive_widths_step_by_step():
    """Four residuals for alpha = 0.4, gamma = 0.2: ranks 3, 4, 3, 3 of 5, worked out on paper."""
    past, today = [1.0, -2, 3, -4], [3.5, -3.9, 2.0, 9.0]
    # alpha 0.4 -> width 3, missed -> 0.28 -> rank ceil(3.6) = 4, width 4, held -> 0.36 -> rank 4, held -> 0.44 -> rank 3
    assert adaptive_half_widths(past, today, 0.6, 0.2).tolist() == [3, 4, 4, 3]


def test_adaptive_coverage_comes_back_after_the_noise_has_doubled():
    """The bound holds for any residuals at all: | share missed - alpha | <= (max(alpha, 1 - alpha) + gamma) / (gamma n)."""
    rng, gamma, n = np.random.default_rng(5), 0.05, 1000
    today = rng.normal(size=n) * np.repeat([1, 3], n // 2)
    past = rng.normal(size=200)
    inside = np.abs(today) <= adaptive_half_widths(past, today, 0.8, gamma)
    assert abs(inside.mean() - 0.8) <= (0.8 + gamma) / (gamma * n)
    fixed = np.abs(today) <= half_width(past, 0.8)
    assert fixed[n // 2 :].mean() < 0.5 and inside[n // 2 :].mean() > 0.75


def test_without_gamma_the_widths_stay_fixed():
    rng = np.random.default_rng(6)
    past, today = rng.normal(size=(2, 60))
    assert set(adaptive_half_widths(past, today, 0.8, 0)) == {half_width(past, 0.8)}


def test_the_fan_is_as_wide_in_percent_at_every_level():
    residuals = np.array([[-1.0, 4], [2, -8], [3, 12], [-4, 16]])
    low, high = fan(residuals, [[100.0, 200], [1000, 2000]], 0.6)  # the third of four
    assert np.allclose(high, [[103, 224], [1030, 2240]]) and np.allclose(low, [[97, 176], [970, 1760]])


def test_coverage_counts_and_its_interval_widens_with_the_overlap():
    actual = np.tile(np.arange(100.0)[:, None], 14)
    table = coverage_by_step(actual, np.zeros_like(actual), np.full_like(actual, 79.5))
    assert (table["coverage"] == 0.8).all() and ((table["low"] < 0.8) & (0.8 < table["high"])).all()
    assert table["blocks"].tolist() == [100, 50, 33, 25, 20, 16, 14, 12, 11, 10, 9, 8, 7, 7]
    width = table["high"] - table["low"]
    assert (width.diff().dropna() >= 0).all() and width[14] > 2 * width[1]
    z, n = 1.959964, 100  # Wilson (1927) by hand
    middle, half = (0.8 + z**2 / 2 / n) / (1 + z**2 / n), z / (1 + z**2 / n) * (0.16 / n + z**2 / 4 / n**2) ** 0.5
    assert table.loc[1, "low"] == pytest.approx(middle - half) and table.loc[1, "high"] == pytest.approx(middle + half)


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


def test_linear_quantiles_are_those_of_statsmodels():
    rng = np.random.default_rng(7)
    x = torch.tensor(rng.normal(size=(300, 8, 2)) * rng.lognormal(size=(300, 1, 1)), dtype=torch.float32)
    t = torch.tensor(rng.normal(size=(300, 2)), dtype=torch.float32) * x[:, -1:, 0].abs()
    sizes = np.abs(x.numpy())
    columns = [sizes[:, -3:, k].mean(axis=1) for k in (0, 1)]
    design = np.column_stack([np.ones(300), sizes[:, -1], *columns])
    fitted = linear_quantiles(x, t, (0.2, 0.9), steps=(1, 3))(x)
    assert fitted.shape == (300, 2)
    for k, q in enumerate((0.2, 0.9)):
        other = QuantReg(t[:, k].numpy().astype(float), design).fit(q=q, p_tol=1e-9, max_iter=5000).predict(design)
        loss, others = (mean_pinball_loss(t[:, k], y, alpha=q) for y in (fitted[:, k], other))
        assert loss == pytest.approx(others, rel=1e-4) and np.allclose(fitted[:, k], other, atol=0.05)


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
    scores = interval_scores(t, y, (0.1, 0.9))
    assert scores[["low coverage", "high coverage"]].tolist() == pytest.approx([0.9, 0.9], abs=0.03)


def test_interval_scores_counted_by_hand():
    actual = np.array([[-1.0, 1], [-2, 1], [-1, 3], [-5, 5]])
    interval = np.tile([-2.0, 2.0], (4, 1))
    scores = interval_scores(actual, interval, (0.1, 0.9))
    assert scores[["low coverage", "high coverage", "coverage", "width"]].tolist() == [0.75, 0.5, 0.5, 4.0]
    by_hand = [0.1 * 1, 0, 0.1 * 1, 0.9 * 3, 0.1 * 1, 0.1 * 1, 0.9 * 1, 0.9 * 3]
    assert scores["pinball"] == pytest.approx(np.mean(by_hand))


def test_compare_intervals_names_the_better_one():
    x, t, scale = noisy(1000)
    z = stats.norm.ppf(0.9)
    right = np.outer(scale, [-z, z])
    fixed = np.tile(empirical_quantiles(t, (0.1, 0.9)), (len(t), 1))
    table = compare_intervals(t, [right, right * 1.01], {"fixed": fixed, "right": right}, (0.1, 0.9))
    assert table.loc["fixed", "skill"] > 0.05 and table.loc["fixed", "p"] < 0.05
    assert abs(table.loc["right", "skill"]) < 0.01

    def losses(actual, interval):
        low, high = (np.asarray(actual)[:, side] - interval[:, side] for side in (0, 1))
        return (np.where(low > 0, 0.1 * low, -0.9 * low) + np.where(high > 0, 0.9 * high, -0.1 * high)) / 2

    assert table.loc["fixed", "p"] == pytest.approx(diebold_mariano(t, right * 1.005, fixed, losses))
    assert table.loc["fixed", "baseline pinball loss"] == pytest.approx(losses(t, fixed).mean(), rel=1e-5)


def test_importing_crepes_leaves_the_warnings_as_they_were():
    code = "import warnings, helpers.uncertainty; print([f for f in warnings.filters if f[0] == 'always' and f[2] is UserWarning])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
