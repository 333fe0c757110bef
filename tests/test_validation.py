"""Step 05: the scorecard against scikit-learn, statsmodels' regression and series whose answer is known."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats
from scipy.signal import periodogram
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

from helpers.validation import diebold_mariano, holm, lag_profile, rmse, scorecard, skill, skill_interval, verdict


@pytest.fixture
def walk():
    rng = np.random.default_rng(1)
    series = 1000 + np.cumsum(rng.normal(0, 10, 400))
    actual, naive, train = series[-100:], series[-101:-1], series[:-100]
    return actual, naive, train, naive + rng.normal(1, 3, 100)


def test_scorecard_agrees_with_scikit_learn_and_the_formulas(walk):
    actual, naive, train, predicted = walk
    card = scorecard(actual, predicted, naive, train)
    rmse = mean_squared_error(actual, predicted) ** 0.5
    assert card["RMSE"] == pytest.approx(rmse)
    assert card["MAE"] == pytest.approx(mean_absolute_error(actual, predicted))
    assert card["R2"] == pytest.approx(r2_score(actual, predicted))
    assert card["MASE"] == pytest.approx(
        mean_absolute_error(actual, predicted) / mean_absolute_error(train[1:], train[:-1])
    )
    assert card["skill"] == pytest.approx(1 - rmse / mean_squared_error(actual, naive) ** 0.5)
    assert card["R2 of changes"] == pytest.approx(r2_score(actual - naive, predicted - naive))
    right = sum((a > n) == (p > n) for a, n, p in zip(actual, naive, predicted, strict=True))
    assert card["directional accuracy"] == pytest.approx(right / 100)
    assert scorecard(actual[:4], actual[:4] + 1, naive[:4], train)["best lag"] == 0  # as many lags as four days allow


def test_diebold_mariano_takes_the_variance_from_the_slowest_waves_of_any_losses():
    rng = np.random.default_rng(0)
    actual, one, other = rng.normal(size=(3, 90, 2))

    def losses(actual, forecast):
        return np.abs(actual - forecast).mean(axis=1)

    difference = losses(actual, one) - losses(actual, other)
    _, density = periodogram(difference)  # one-sided: twice the ordinate
    t = difference.mean() / np.sqrt(density[1:5].mean() / 2 / 90)  # 4 waves, because 4 ** 3 = 64 and 5 ** 3 = 125
    assert diebold_mariano(actual, one, other, losses) == pytest.approx(2 * stats.t.sf(abs(t), df=8))


def given(_, losses):
    return losses


def overlapping(n, steps):
    """Paths of so many steps that start a step apart."""
    return lambda rng: np.convolve(rng.normal(size=n + steps - 1), np.ones(steps), "valid")


def hours(rng):
    """One number a day, 24 times."""
    return np.repeat(rng.normal(size=30), 24) + 0.1 * rng.normal(size=720)


@pytest.mark.parametrize(
    "noise",
    [overlapping(14, 1), overlapping(28, 1), overlapping(64, 1), overlapping(100, 10), overlapping(250, 14), hours],
    ids=["14 days", "28 days", "64 days", "10 steps", "14 steps", "hours"],
)
def test_diebold_mariano_keeps_its_level_with_few_days_and_losses_that_resemble_each_other(noise):
    """Where nothing differs, about one p in twenty is below 0.05; a Newey-West variance gives 0.06 to 0.19."""
    rng = np.random.default_rng(0)
    losses = [noise(rng) for _ in range(1000)]
    rejected = np.mean([diebold_mariano(loss, loss, 0 * loss, given) < 0.05 for loss in losses])
    assert 0.03 < rejected < 0.09


def test_diebold_mariano_finds_a_difference_and_has_no_p_where_there_is_nothing_to_test():
    rng = np.random.default_rng(0)
    found = [diebold_mariano(loss, loss, 0 * loss, given) < 0.05 for loss in rng.normal(0.5, 1, (200, 100))]
    assert np.mean(found) > 0.95
    for losses in (np.ones(50), np.array([1.0, 2.0]), np.array([1.0])):
        assert np.isnan(diebold_mariano(losses, losses, 0 * losses, given))


@pytest.mark.parametrize("lag", [0, 1, 4])
def test_lag_profile_finds_a_planted_lag(lag):
    series = np.cumsum(np.random.default_rng(2).normal(size=210))
    actual, predicted = series[10:], series[10 - lag : len(series) - lag]
    profile = lag_profile(actual, predicted, 8)
    assert list(profile.index) == list(range(9))
    assert profile.idxmin() == lag and profile[lag] == 0
    for k in range(9):
        errors = [(predicted[i] - actual[i - k]) ** 2 for i in range(8, 200)]
        assert profile[k] == pytest.approx(np.mean(errors) ** 0.5)


def test_skill_is_the_share_of_the_error_that_is_gone(walk):
    actual, naive, _, predicted = walk
    expected = 1 - np.linalg.norm(actual - predicted) / np.linalg.norm(actual - naive)
    assert skill(actual, predicted, naive) == pytest.approx(expected)
    assert skill(actual[:, None], torch.tensor(predicted)[:, None], naive[:, None]) == pytest.approx(expected)
    assert skill(actual, actual, naive) == 1 and skill(actual, naive, naive) == 0
    assert np.isnan(skill(actual, predicted, actual + 1e-12))  # nothing is better than no error
    assert skill(actual, predicted, naive, mean_absolute_error) == pytest.approx(
        1 - mean_absolute_error(actual, predicted) / mean_absolute_error(actual, naive)
    )
    with pytest.raises(ValueError, match="the lengths differ"):
        rmse(actual[:, None], actual[:50])


def test_holm_by_hand():
    p = pd.Series([0.01, 0.04, np.nan, 0.03, 0.005])
    assert holm(p).tolist() == pytest.approx([0.03, 0.06, np.nan, 0.06, 0.02], nan_ok=True)
    assert holm(pd.Series([np.nan])).isna().all()


def test_the_naive_forecast_gets_a_card_without_warnings(walk, recwarn):
    actual, naive, train, _ = walk
    card = scorecard(actual, naive, naive, train)
    assert card["skill"] == 0 and card["best lag"] == 1
    assert np.isnan(card["Diebold-Mariano p"]) and np.isnan(card["directional accuracy"])
    assert "まったく同じ" in verdict(card)[0] and "exactly that of the naive" in verdict(card)[1]
    assert not recwarn.list


@pytest.mark.parametrize("steps", [np.ones(300), np.zeros(300)])
def test_a_verdict_where_nothing_can_be_tested(steps):
    series = 100 + np.cumsum(steps)
    card = scorecard(series[-100:], series[-100:], series[-101:-1], series[:-100])
    assert "not defined" in verdict(card)[1] and "検定できません" in verdict(card)[0]


def test_against_a_naive_forecast_without_error_no_share_of_it_is_told():
    flat, noise = np.full(300, 100.0), np.random.default_rng(0).normal(size=100)
    card = scorecard(flat[:100], flat[:100] + noise, flat[:100], flat)  # skill NaN, and a p of almost 0
    assert "not defined" in verdict(card)[1] and not any("nan" in words for words in verdict(card))


def test_verdicts_by_what_is_true(walk):
    actual, naive, train, predicted = walk
    better = scorecard(actual, actual + (naive - actual) * 0.2, naive, train)
    worse = scorecard(actual, naive + 30 * np.sign(naive - actual), naive, train)
    assert "smaller than that of the naive forecast" in verdict(better)[1] and "小さく" in verdict(better)[0]
    assert "larger than that of the naive forecast" in verdict(worse)[1] and "大きく" in verdict(worse)[0]
    same = scorecard(actual, naive + np.tile([1, -1], 50) * 0.01, naive, train)
    assert same["best lag"] == 1
    assert "1 step earlier" in verdict(same)[1] and "1 期前" in verdict(same)[0] and "chance" in verdict(same)[1]
    noisy = scorecard(actual, actual + np.random.default_rng(0).permutation(naive - actual), naive, train)
    assert "does not lag" in verdict(noisy)[1] and "遅れていません" in verdict(noisy)[0] and noisy["best lag"] == 0


def test_tensors_frames_and_arrays_of_any_shape_are_welcome(walk):
    actual, naive, train, predicted = walk
    plain = scorecard(actual, predicted, naive, train)
    other = scorecard(torch.tensor(actual)[:, None], pd.Series(predicted), naive[:, None], pd.Series(train))
    pd.testing.assert_series_equal(plain, other)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: lag_profile([1, 2, 3], [1, 2]), ("actual 3", "predicted 2", "そろっていません", "differ")),
        (lambda: lag_profile(range(10), range(10), 9), ("max_lag", "0 から 8", "0 to 8")),
        (lambda: lag_profile(range(10), range(10), -1), ("max_lag",)),
        (lambda: scorecard(range(10), range(10), range(9), range(5)), ("naive 9",)),
        (lambda: skill_interval(range(9), range(1, 12)), ("baseline_errors 11", "そろっていません", "differ")),
    ],
)
def test_bad_input_is_named_in_both_languages(call, words):
    with pytest.raises(ValueError) as caught:
        call()
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("persistence", [0.0, 0.4])
def test_the_interval_holds_the_true_skill_about_nineteen_times_in_twenty(persistence):
    """Errors with a known ratio of sizes, also when they hang together from day to day."""
    rng, held, tries = np.random.default_rng(0), 0, 400
    for _ in range(tries):
        noise = rng.normal(size=(340, 2))
        for day in range(1, len(noise)):
            noise[day] = persistence * noise[day - 1] + np.sqrt(1 - persistence**2) * noise[day]
        baseline = noise[40:, 0]
        own = 0.8 * (0.6 * baseline + 0.8 * noise[40:, 1])  # 0.8 times the size of the baseline: a true skill of 0.2
        _, low, high = skill_interval(own, baseline)
        held += low <= 0.2 <= high
    assert 0.9 <= held / tries <= 0.98


def test_skill_interval_at_the_edges():
    errors = np.random.default_rng(0).normal(size=60)
    value, low, high = skill_interval(errors / 2, errors)
    assert (value, low, high) == pytest.approx((0.5, 0.5, 0.5))  # half of the baseline's error, every day
    assert skill_interval(0 * errors, errors) == pytest.approx((1, 1, 1))
    assert np.isnan(skill_interval(errors, 0 * errors)).all()


@pytest.mark.parametrize("block", [25, 28])
def test_days_that_are_no_more_than_a_block_have_a_skill_and_no_interval(block):
    """A single block is all of the days every time: its interval would be a point, and never hold 0."""
    own, baseline = np.random.default_rng(0).normal(size=(2, 25, 14))
    value, low, high = skill_interval(own, baseline, block=block)
    assert value == pytest.approx(skill(0 * own, own, baseline)) and np.isnan([low, high]).all()


def test_overlapping_paths_are_drawn_whole_and_in_longer_blocks():
    """Errors of paths 14 days long that start a day apart: blocks of one day would take them for independent."""
    steps = np.random.default_rng(0).normal(size=213)
    paths = np.lib.stride_tricks.sliding_window_view(steps, 14).cumsum(axis=1)
    baseline = np.abs(paths) + 1
    narrow, wide = (np.ptp(skill_interval(paths, baseline, block)[1:]) for block in (1, 14))
    assert wide > 1.5 * narrow
    assert skill_interval(paths, baseline)[0] == pytest.approx(1 - np.sqrt((paths**2).mean() / (baseline**2).mean()))
