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
    DistributionForecaster,
    QuantileForecaster,
    adaptive_margins,
    compare_distributions,
    compare_intervals,
    conformal_intervals,
    coverage_after_shift,
    coverage_by_step,
    crps,
    distribution_scores,
    empirical_quantiles,
    fan,
    interval_score,
    interval_scores,
    linear_quantiles,
    margin,
    outside,
    pinball_loss,
    simple_distributions,
    walk_intervals,
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
def test_the_margin_of_sizes_is_the_half_width_of_crepes(confidence):
    residuals = np.random.default_rng(3).standard_t(3, size=(41, 1))
    _, high = conformal_intervals(residuals, np.zeros((1, 1)), confidence)
    assert margin(np.abs(residuals[:, 0]), confidence) == high[0, 0]


def test_a_margin_covers_as_often_as_its_rank_says():
    """The new score is equally likely to take each of the m + 1 ranks: k / (m + 1), whatever the law."""
    rng, m = np.random.default_rng(4), 20
    scores = np.abs(rng.standard_t(2, size=(20_000, m + 1)))
    inside = np.mean([row[-1] <= margin(row[:-1], 0.85) for row in scores])
    assert inside == pytest.approx(18 / 21, abs=3.5 * (18 / 21 * 3 / 21 / 20_000) ** 0.5)


@pytest.mark.parametrize(
    ("confidence", "expected"), [(0.95, np.inf), (1.01, np.inf), (0.9, 9), (0.1, 1), (0, -np.inf), (-0.1, -np.inf)]
)
def test_the_margin_at_both_ends(confidence, expected):
    assert margin(np.arange(9.0, 0, -1), confidence) == expected


def test_a_margin_may_be_negative():
    assert margin([-5.0, -1, -3, -2], 0.6) == -2


def test_adaptive_margins_step_by_step():
    """Four scores for alpha = 0.4, gamma = 0.2: ranks 3, 4, 4, 3 of 5, worked out on paper."""
    past, today = [1.0, 2, 3, 4], [3.5, 3.9, 2.0, 9.0]
    # alpha 0.4 -> margin 3, missed -> 0.28 -> rank ceil(3.6) = 4, held -> 0.36 -> rank ceil(3.2) = 4, held -> 0.44 -> rank 3
    assert adaptive_margins(past, today, 0.6, 0.2).tolist() == [3, 4, 4, 3]


@pytest.mark.parametrize("gamma", [0.02, 0.05, 1.0])
def test_the_share_missed_by_adaptive_margins_is_bounded_for_any_scores_at_all(gamma):
    """| share missed - alpha | <= (max(alpha, 1 - alpha) + gamma) / (gamma n) (Gibbs & Candès 2021, prop. 4.1)."""
    rng, n = np.random.default_rng(5), 1000
    past = rng.normal(size=200)
    hostile = np.where(np.arange(n) % 400 < 200, np.inf, -np.inf)  # no law, and as unlike the past as can be
    for scores in (rng.normal(size=n) * np.repeat([1, 3], n // 2), hostile):
        missed = np.mean(scores > adaptive_margins(past, scores, 0.8, gamma))
        assert abs(missed - 0.2) <= (0.8 + gamma) / (gamma * n)


def test_without_gamma_the_margins_stay_fixed():
    past, today = np.random.default_rng(6).normal(size=(2, 60))
    assert set(adaptive_margins(past, today, 0.8, 0)) == {margin(past, 0.8)}
    # The loop of the notebook, with a gamma so small that nothing moves, says the same.
    assert adaptive_margins(past, today, 0.8, 1e-12).tolist() == adaptive_margins(past, today, 0.8, 0).tolist()


def test_outside_counts_from_the_nearer_end():
    assert outside([0.0, 3, 5, -2], [1, 1, 1, 1], [4, 4, 4, 4]).tolist() == [1, -1, 1, 3]


def test_three_ways_counted_by_hand():
    actual, y = np.array([1.0, -2, 3, 4, 10, 0]), np.zeros(6)
    low, high = np.full(6, -1.0), np.full(6, 1.0)
    walked = walk_intervals(actual, y, low, high, confidence=0.6, gamma=0.2, begin=4)
    # Scores before: 1, 2, 3, 4 around the line and 0, 1, 2, 3 outside the quantiles; the third of each is the margin.
    assert [end.tolist() for end in walked["split conformal"]] == [[-3, -3], [3, 3]]
    assert [end.tolist() for end in walked["CQR"]] == [[-3, -3], [3, 3]]
    assert [end.tolist() for end in walked["CQR + ACI"]] == [[-3, -4], [3, 4]]  # 10 was missed: the fourth


RUNS = 1500


@pytest.fixture(scope="module")
def exchangeable():
    """1,500 generated series of 60 exchangeable days; 99 scores make the rank of 80% exactly the 80th of 100."""
    return coverage_after_shift(0.02, days=60, shift=60, runs=RUNS, begin=99, seed=11)[0]


@pytest.mark.slow
@pytest.mark.parametrize("day", [1, 30, 60])
@pytest.mark.parametrize("method", ["split conformal", "CQR", "CQR + ACI"])
def test_coverage_is_within_the_binomial_interval_of_its_aim_where_days_are_exchangeable(exchangeable, method, day):
    """One day of each series, so that the 1,500 are independent. 99% intervals, because nine of them are looked at."""
    low, high = stats.binom(RUNS, 0.8).ppf([0.005, 0.995]) / RUNS
    assert low <= exchangeable.loc[day, method] <= high


@pytest.mark.slow
def test_after_a_shift_fixed_margins_fail_and_adaptive_ones_come_back():
    by_day, by_size = coverage_after_shift(0.02, days=300, shift=150, runs=200, seed=12)
    before, after = by_day.iloc[:150].mean(), by_day.iloc[-50:].mean()
    assert before.between(0.78, 0.82).all()
    # 200 series on 50 days: far from the aim by more than chance, whatever the dependence within a series
    low, high = stats.binom(200, 0.8).ppf([0.005, 0.995]) / 200
    assert (after[["split conformal", "CQR"]] < low - 0.1).all() and low <= after["CQR + ACI"] <= high
    # Before the shift the average is right; day by day CQR is the nearer, because its width follows what is known.
    away = (by_size - 0.8).abs()
    assert (away.loc[["calm", "volatile"], "CQR"] < away.loc[["calm", "volatile"], "split conformal"] - 0.05).all()
    assert by_size.loc["calm", "split conformal"] > 0.85 and by_size.loc["volatile", "split conformal"] < 0.75


def test_the_fan_is_as_wide_in_percent_at_every_level():
    residuals = np.array([[-1.0, 4], [2, -8], [3, 12], [-4, 16]])
    low, high = fan(residuals, [[100.0, 200], [1000, 2000]], 0.6)  # the third of four
    assert np.allclose(high, [[103, 224], [1030, 2240]]) and np.allclose(low, [[97, 176], [970, 1760]])


def test_coverage_counts_and_its_interval_widens_with_the_overlap():
    actual = np.tile(np.arange(100.0)[:, None], 14)
    table = coverage_by_step(actual, np.zeros_like(actual), np.full_like(actual, 79.5))
    assert (table["coverage"] == 0.8).all() and ((table["low"] < 0.8) & (0.8 < table["high"])).all()
    assert table["blocks"].tolist() == [100, 50, 33, 25, 20, 16, 14, 12, 11, 10, 9, 8, 7, 7]
    assert coverage_by_step(actual[:3], actual[:3], actual[:3])["blocks"].tolist() == [3] + [1] * 13
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


DECILES = np.arange(1, 10) / 10


def test_quantiles_of_one_model_never_cross_and_neither_do_their_means():
    x, t, _ = noisy(600)
    runs = []
    for seed in range(3):
        model = DistributionForecaster(x, t[:, :1], DECILES, seed=seed)
        far = torch.cat([x, 50 * torch.randn(200, *x.shape[1:], generator=torch.Generator().manual_seed(seed))])
        for epochs in (0, 1, 60):
            y = model.train(epochs)(far).numpy()
            assert y.shape == (len(far), 9) and (np.diff(y, axis=1) > 0).all()
        runs.append(y)
    assert (np.diff(np.mean(runs, axis=0), axis=1) > 0).all()


def test_it_starts_from_the_empirical_quantiles_and_finds_those_that_depend_on_the_window():
    x, t, scale = noisy(2000)
    model = DistributionForecaster(x, t[:, :1], DECILES)
    assert np.allclose(model(x).mean(dim=0), np.quantile(t[:, 0], DECILES), atol=0.3)
    y = model.train(200)(x).numpy()
    for size in (0.5, 3.0):
        assert np.allclose(y[scale == size].mean(axis=0), size * stats.norm.ppf(DECILES), atol=0.15 * size)


@pytest.mark.parametrize("levels", [(0.5, 0.1), (0.1, 0.1, 0.9)])
def test_levels_that_do_not_rise_are_refused(levels):
    x, t, _ = noisy(50)
    with pytest.raises(ValueError, match="小さい順(.|\n)*must rise"):
        DistributionForecaster(x, t[:, :1], levels)


def test_ties_in_the_data_do_no_harm():
    x, t, _ = noisy(200)
    y = DistributionForecaster(x, t[:, :1] * 0, DECILES).train(2)(x).numpy()
    assert np.isfinite(y).all() and (np.diff(y, axis=1) >= 0).all()


def test_simple_distributions_do_not_cross_and_lose_nothing_by_that():
    x, t, _ = noisy(400, seed=3)
    x = x + 0.3 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    simple = simple_distributions(x[:40], t[:40, :1], x, DECILES)
    assert (simple["empirical"] == np.quantile(t[:40, 0], DECILES)).all()
    raw = linear_quantiles(x[:40], t[:40, :1], DECILES)(x)
    assert (np.diff(raw, axis=1) < 0).any() and (np.diff(simple["linear quantiles"], axis=1) >= 0).all()
    assert crps(t[:, 0], simple["linear quantiles"], DECILES).mean() <= crps(t[:, 0], raw, DECILES).mean()


@pytest.mark.parametrize("value", [-2.0, -0.3, 0.0, 1.5, 4.0])
def test_crps_is_the_integral_over_squared_distances_of_distributions(value):
    """Its definition, the integral of (F(x) - [value <= x])^2 over x (Matheson & Winkler 1976), by summing on a fine grid."""
    levels = (np.arange(4000) + 0.5) / 4000
    grid = np.linspace(-12, 12, 240_001)
    squared = (stats.norm.cdf(grid) - (grid >= value)) ** 2
    by_definition = squared.sum() * (grid[1] - grid[0])
    assert crps([value], [stats.norm.ppf(levels)], levels)[0] == pytest.approx(by_definition, rel=2e-3)


def test_of_deciles_the_crps_of_a_normal_distribution_is_one_and_a_half_percent_too_small():
    draws = np.random.default_rng(8).normal(size=200_000)
    exact = 1 / np.sqrt(np.pi)  # the mean CRPS of the true standard normal distribution (Gneiting & Raftery 2007)
    found = crps(draws, np.tile(stats.norm.ppf(DECILES), (len(draws), 1)), DECILES).mean()
    assert found / exact == pytest.approx(0.985, abs=0.005)


def test_crps_names_the_true_distribution_among_others():
    """It is proper: too narrow, too wide and shifted are all worse on average."""
    draws, right = np.random.default_rng(9).normal(size=20_000), stats.norm.ppf(DECILES)
    losses = {
        name: crps(draws, np.tile(quantiles, (len(draws), 1)), DECILES).mean()
        for name, quantiles in {"right": right, "narrow": 0.6 * right, "wide": 1.5 * right, "high": right + 0.4}.items()
    }
    assert min(losses, key=losses.get) == "right"


def test_the_interval_score_is_that_of_gneiting_and_raftery_and_the_scaled_sum_of_two_pinball_losses():
    rng = np.random.default_rng(10)
    actual, low, high = rng.normal(size=500), -np.abs(rng.normal(size=500)), np.abs(rng.normal(size=500))
    alpha = 0.2
    by_hand = [
        (u - lo) + 2 / alpha * (lo - t) * (t < lo) + 2 / alpha * (t - u) * (t > u)
        for t, lo, u in zip(actual, low, high, strict=True)
    ]
    assert np.allclose(interval_score(actual, low, high, 0.8), by_hand)
    both = mean_pinball_loss(actual, low, alpha=0.1) + mean_pinball_loss(actual, high, alpha=0.9)
    assert np.mean(by_hand) == pytest.approx(2 / alpha * both)


def test_distribution_scores_of_quantiles_and_of_an_interval():
    actual, quantiles = np.array([0.0, 5, -5, 1]), np.tile([-2.0, 0, 2], (4, 1))
    scores = distribution_scores(actual, quantiles, (0.1, 0.5, 0.9))
    assert scores[["interval score", "coverage", "width"]].tolist() == pytest.approx([(4 * 4 + 10 * 6) / 4, 0.5, 4])
    assert scores["CRPS"] == crps(actual, quantiles, (0.1, 0.5, 0.9)).mean()
    interval = distribution_scores(actual, quantiles[:, [0, 2]], (0.1, 0.9))
    assert np.isnan(interval["CRPS"]) and interval["interval score"] == scores["interval score"]


def test_compare_distributions_names_the_better_one():
    x, t, scale = noisy(1000)
    right = np.outer(scale, stats.norm.ppf(DECILES))
    baselines = {"fixed": np.tile(np.quantile(t[:, 0], DECILES), (len(t), 1)), "right": right}
    table = compare_distributions(t[:, 0], [right, right * 1.01], baselines, DECILES)
    assert table.loc["fixed", "skill"] > 0.05 and table.loc["fixed", "p"] < 0.05
    assert abs(table.loc["right", "skill"]) < 0.01
    losses = [mean_pinball_loss(t[:, 0], column, alpha=q) for column, q in zip(right.T, DECILES, strict=True)]
    assert table.loc["right", "baseline CRPS"] == pytest.approx(0.2 * sum(losses), rel=1e-5)


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
