"""Step 07: paths and the closed loop against independent computations and series whose answer is known."""

import numpy as np
import pytest
import torch
from torch import nn

from helpers.baselines import naive_forecast
from helpers.beyond import seeds_interval
from helpers.data import generate
from helpers.horizons import METHODS, EncoderDecoder, PathForecaster, compare_paths, dm_by_step, recursive, rmse_by_step
from helpers.training import Forecaster
from helpers.validation import diebold_mariano, skill_interval
from helpers.windows import make_windows, purge, split_last


@pytest.mark.parametrize("include_input", [False, True])
def test_shapes_of_the_windows_of_this_step(include_input):
    x, t = make_windows(np.arange(1092.0), 30, 14, include_input=include_input)
    assert x.shape == (1049, 30, 1) and t.shape == (1049, 44 if include_input else 14)
    assert torch.equal(t[:, -14:], x[:, -1] + torch.arange(1, 15))
    if include_input:  # the copying trap, and the shifted targets that avoid it
        assert torch.equal(t[:, :30], x[:, :, 0]) and torch.equal(t[:, 1:31], x[:, :, 0] + 1)


def test_recursive_is_the_loop_by_hand_and_leaves_the_window_alone():
    x = torch.tensor([[[1.0], [2.0], [4.0]], [[0.0], [1.0], [1.0]]])
    kept = x.clone()
    path = recursive(lambda window: window[:, -1] + window[:, -2], x, 5)  # Fibonacci
    assert path.tolist() == [[6.0, 10.0, 16.0, 26.0, 42.0], [2.0, 3.0, 5.0, 8.0, 13.0]]
    assert torch.equal(x, kept)


def test_the_decoder_starts_from_the_encoders_state_and_reads_its_own_output():
    torch.manual_seed(0)
    model, x = EncoderDecoder(2, 5, 4), torch.randn(3, 7, 2)
    with torch.no_grad():
        path = model(x)
        h, c = (state[0] for state in model.encoder(x)[1])
        cell = nn.LSTMCell(1, 5)
        cell.load_state_dict({name.removesuffix("_l0"): value for name, value in model.decoder.state_dict().items()})
        y = x[:, -1, :1]
        for step in range(4):
            h, c = cell(y, (h, c))
            y = model.head(h)
            assert torch.allclose(path[:, step], y[:, 0], atol=1e-6)


@pytest.fixture(scope="module")
def seasonal():
    """A season of 12 on a straight line: 20% of the test lie higher than anything in training."""
    values = np.sin(np.arange(400) * 2 * np.pi / 12) + np.arange(400) * 0.02
    values = np.round(values * 256) / 256  # so that float32 holds them exactly, 64 higher too
    x, x_test, t, t_test = split_last(*make_windows(values, 24, 14), 60)
    return *purge(x, t, 14), x_test, t_test


@pytest.mark.parametrize("method", METHODS)
def test_every_method_learns_a_season_on_levels_it_never_saw(method, seasonal):
    x, t, x_test, t_test = seasonal
    model = PathForecaster(x, t, method, seed=0).train(25)
    y = model(x_test)
    assert y.shape == t_test.shape and len(model.losses) == 25 and model.losses[-1] < 0.05 * model.losses[0]
    assert rmse_by_step(t_test, y).mean() < 0.3 * rmse_by_step(t_test, naive_forecast(x_test, 14)).mean()


@pytest.mark.parametrize("method", METHODS)
def test_a_shifted_series_gets_the_shifted_path(method, seasonal):
    x, t, x_test, _ = seasonal
    one, other = PathForecaster(x, t, method).train(2), PathForecaster(x + 64, t + 64, method).train(2)
    assert torch.allclose(one(x_test) + 64, other(x_test + 64), atol=0.02)


@pytest.mark.parametrize("method", METHODS)
def test_evaluation_changes_no_parameter_and_no_buffer(method, seasonal):
    x, t, x_test, t_test = seasonal
    model = PathForecaster(x, t, method).train(1)
    model.model.register_buffer("kept", torch.arange(3.0))
    before = {name: value.clone() for name, value in model.model.state_dict().items()}
    inputs, training = x_test.clone(), model.model.training
    y = model(x_test)
    rmse_by_step(t_test, y)
    recursive(lambda window: window[:, -1], x_test, 5)
    after = model.model.state_dict()
    assert before.keys() == after.keys() and all(torch.equal(before[name], after[name]) for name in before)
    assert torch.equal(x_test, inputs) and model.model.training == training
    assert torch.equal(model(x_test), y)


def test_a_method_that_cannot_be_is_named_in_both_languages():
    x, t = torch.zeros(5, 4, 2), torch.zeros(5, 3)
    with pytest.raises(ValueError, match="どれか(.|\n)*method is one of direct, recursive"):
        PathForecaster(x, t, "magic")
    with pytest.raises(ValueError, match="1 つ(.|\n)*one feature only"):
        PathForecaster(x, t, "recursive")
    assert PathForecaster(x, t, "encoder-decoder")(x).shape == (5, 3)


def test_rmse_by_step_is_that_of_each_column():
    rng = np.random.default_rng(0)
    actual, predicted = rng.normal(size=(2, 50, 4))
    rmse = rmse_by_step(actual, predicted)
    assert list(rmse.index) == [1, 2, 3, 4]
    for step in rmse.index:
        assert rmse[step] == pytest.approx(np.linalg.norm(actual[:, step - 1] - predicted[:, step - 1]) / 50**0.5)
    with pytest.raises(ValueError, match="actual \\(50, 4\\), predicted \\(50, 3\\)"):
        rmse_by_step(actual, predicted[:, :3])


def test_the_naive_error_of_a_random_walk_follows_the_square_root_law():
    walk = np.cumsum(np.random.default_rng(3).normal(0, 2, 40_000))
    x, t = make_windows(walk, 5, 14)
    rmse = rmse_by_step(t, naive_forecast(x, 14))
    assert np.allclose(rmse, 2 * np.sqrt(rmse.index), rtol=0.05)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_sine_goes_on_for_a_thousand_steps(seed):
    """The recipe of the notebook: levels, correct windows, LBFGS with a line search, float32."""
    sine = generate("sine", n=1150)["Close"].to_numpy()
    model = Forecaster(*make_windows(sine[:150], 25), seed=seed).train(20)
    path = recursive(model, torch.tensor(sine[125:150], dtype=torch.float32)[None, :, None], 1000)[0].numpy()
    assert path.dtype == np.float32
    assert np.corrcoef(path[:200], sine[150:350])[0, 1] >= 0.99
    assert np.abs(path - 100).max() <= 1.5 * 10


def test_dm_by_step_is_the_test_of_each_column():
    actual, one, other = np.random.default_rng(0).normal(size=(3, 60, 9))
    p = dm_by_step(torch.tensor(actual), one, other)
    assert list(p.index) == list(range(1, 10))
    for step in p.index:
        column = (array[:, step - 1] for array in (actual, one, other))
        assert p[step] == pytest.approx(diebold_mariano(*column))
    assert dm_by_step(actual, one, one).isna().all()


def test_compare_paths_scores_each_seed_their_mean_and_the_chance_in_the_test_period():
    rng = np.random.default_rng(0)
    actual, baseline = np.cumsum(rng.normal(size=(2, 80, 7)), axis=1)
    runs = [actual + rng.normal(size=(80, 7)) for _ in range(4)]
    table = compare_paths(torch.tensor(actual), {"noisy": runs, "exact": [actual], "baseline": [baseline]}, baseline)
    ratios = [np.linalg.norm(actual - run) / np.linalg.norm(actual - baseline) for run in runs]
    assert table.loc["noisy", "skill"] == pytest.approx(1 - np.mean(ratios))
    assert table.loc["noisy", ["seeds low", "seeds high"]].tolist() == pytest.approx(
        seeds_interval(1 - np.array(ratios))
    )
    mean = actual - sum(runs) / 4
    assert table.loc["noisy", "skill of mean":].tolist() == pytest.approx(
        skill_interval(mean, actual - baseline, block=7)
    )
    assert table.loc["noisy", "skill of mean"] > table.loc["noisy", "skill"]  # errors of four seeds partly cancel
    assert table.loc["baseline", ["skill", "skill of mean", "days low", "days high"]].tolist() == [0, 0, 0, 0]
    assert table.loc["exact", "skill"] == table.loc["exact", "days low"] == 1
    assert table.loc[["exact", "baseline"], ["seeds low", "seeds high"]].isna().all(axis=None)


def test_compare_paths_names_the_array_of_another_shape():
    paths = np.zeros((6, 3))
    with pytest.raises(ValueError, match=r"direct 1 \(6, 2\)(.|\n)*the shapes must all be \(n, horizon\)"):
        compare_paths(paths, {"direct": [paths, paths[:, :2]]}, paths)


def test_a_block_keeps_the_overlap_that_single_days_lose():
    """Two forecasts of a random walk that err alike by construction: single days see a difference half the time."""
    rng, hits = np.random.default_rng(0), {1: 0, 14: 0}
    for _ in range(60):
        walk, offset = (
            np.cumsum(rng.normal(size=264)),
            np.convolve(rng.normal(size=263), np.full(14, 14**-0.5), "valid"),
        )
        path = np.stack([walk[step : step + 250] - walk[:250] for step in range(1, 15)], axis=1)
        forecast = 0.3 * offset[:, None] * np.sqrt(np.arange(1, 15))
        for block in hits:
            _, low, high = skill_interval(path - forecast, path + forecast, block, resamples=200)
            hits[block] += low <= 0 <= high
    assert hits[1] < 40 and hits[14] > 45
