"""Step 07: paths, purge, fans and the closed loop against independent computations and series whose answer is known."""

import numpy as np
import pytest
import torch
from torch import nn

from helpers.data import generate
from helpers.horizons import (
    METHODS,
    EncoderDecoder,
    PathForecaster,
    conformal_fan,
    coverage_by_step,
    drift_path,
    naive_path,
    purge,
    recursive,
    rmse_by_step,
    seasonal_path,
)
from helpers.training import Forecaster
from helpers.windows import make_windows, split_last


@pytest.mark.parametrize("stride", [1, 3, 5])
@pytest.mark.parametrize("horizon", [1, 2, 5, 14])
def test_purge_drops_exactly_the_windows_that_reach_into_the_test(horizon, stride):
    x, _, t, t_test = split_last(*make_windows(range(300), 10, horizon, stride), 20)
    kept_x, kept_t = purge(x, t, horizon, stride)
    clean = int((t[:, -1] < t_test.min()).sum())  # values are row numbers
    assert len(kept_x) == len(kept_t) == clean
    assert torch.equal(kept_x, x[:clean]) and kept_t[-1, -1] < t_test.min()


def test_purge_needs_windows():
    with pytest.raises(ValueError, match="13 個(.|\n)*13 must be dropped"):
        purge(torch.zeros(13, 5, 1), torch.zeros(13, 14), 14)


@pytest.mark.parametrize("include_input", [False, True])
def test_shapes_of_the_windows_of_this_step(include_input):
    x, t = make_windows(np.arange(1092.0), 30, 14, include_input=include_input)
    assert x.shape == (1049, 30, 1) and t.shape == (1049, 44 if include_input else 14)
    assert torch.equal(t[:, -14:], x[:, -1] + torch.arange(1, 15))
    if include_input:  # the copying trap, and the shifted targets that avoid it
        assert torch.equal(t[:, :30], x[:, :, 0]) and torch.equal(t[:, 1:31], x[:, :, 0] + 1)


def test_simple_paths():
    x = torch.arange(48.0).reshape(2, 12, 2)  # the first feature of the last rows: 22 and 46
    assert naive_path(x, 3).tolist() == [[22.0] * 3, [46.0] * 3]
    assert drift_path(x, 3, 0.5).tolist() == [[22.5, 23.0, 23.5], [46.5, 47.0, 47.5]]
    assert seasonal_path(x, 6, 4)[0].tolist() == [16.0, 18.0, 20.0, 22.0, 16.0, 18.0]
    with pytest.raises(ValueError, match="季節 13(.|\n)*season of 13"):
        seasonal_path(x, 3, 13)


def test_on_a_pure_season_the_seasonal_path_is_right():
    x, t = make_windows(np.tile(np.arange(12.0), 8), 24, 14)
    assert torch.equal(seasonal_path(x, 14, 12), t)


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
    x, x_test, t, t_test = split_last(*make_windows(values, 24, 14), 60)
    return *purge(x, t, 14), x_test, t_test


@pytest.mark.parametrize("method", METHODS)
def test_every_method_learns_a_season_on_levels_it_never_saw(method, seasonal):
    x, t, x_test, t_test = seasonal
    model = PathForecaster(x, t, method, seed=0).train(25)
    y = model(x_test)
    assert y.shape == t_test.shape and len(model.losses) == 25 and model.losses[-1] < 0.05 * model.losses[0]
    assert rmse_by_step(t_test, y).mean() < 0.3 * rmse_by_step(t_test, naive_path(x_test, 14)).mean()


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
    conformal_fan(t_test - y, y, 0.8)
    recursive(lambda window: window[:, -1], x_test, 5)
    after = model.model.state_dict()
    assert before.keys() == after.keys() and all(torch.equal(before[name], after[name]) for name in before)
    assert torch.equal(x_test, inputs) and model.model.training == training
    assert torch.equal(model(x_test), y)


def test_a_method_that_cannot_be_is_named_in_both_languages():
    x, t = torch.zeros(5, 4, 2), torch.zeros(5, 3)
    with pytest.raises(ValueError, match="どれか(.|\n)*the method is one of direct, recursive"):
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
    rmse = rmse_by_step(t, naive_path(x, 14))
    assert np.allclose(rmse, 2 * np.sqrt(rmse.index), rtol=0.05)


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_the_fan_is_the_quantile_of_the_residuals_of_its_own_step(confidence):
    rng = np.random.default_rng(1)
    residuals, y = rng.normal(size=(185, 3)) * [1, 5, 20], rng.normal(size=(40, 3))
    low, high = conformal_fan(residuals, y, confidence)
    rank = int(np.ceil(confidence * 186))  # the ceil((m + 1) confidence)-th smallest of m residuals
    half = np.sort(np.abs(residuals), axis=0)[rank - 1]
    assert np.allclose((low + high) / 2, y) and np.allclose((high - low) / 2, half)


def test_the_fan_covers_what_it_should_where_the_theory_holds():
    rng = np.random.default_rng(2)
    scale, covered = np.sqrt(np.arange(1, 6)), []
    for _ in range(200):
        residuals, actual = rng.standard_t(3, size=(100, 5)) * scale, rng.standard_t(3, size=(50, 5)) * scale
        covered.append(coverage_by_step(actual, *conformal_fan(residuals, np.zeros((50, 5)), 0.8))["coverage"])
    assert np.allclose(np.mean(covered, axis=0), 0.8, atol=0.02)


@pytest.mark.parametrize(("count", "confidence"), [(18, 0.95), (3, 0.8), (50, 1.0), (50, 0.0)])
def test_too_few_residuals_for_a_fan(count, confidence):
    with pytest.raises(ValueError, match="足りません(.|\n)*choose a smaller"):
        conformal_fan(np.ones((count, 2)), np.ones((4, 2)), confidence)


def test_coverage_counts_and_its_interval_widens_with_the_overlap():
    actual = np.tile(np.arange(100.0)[:, None], 14)
    table = coverage_by_step(actual, np.zeros_like(actual), np.full_like(actual, 79.5))
    assert (table["coverage"] == 0.8).all() and ((table["low"] < 0.8) & (0.8 < table["high"])).all()
    width = table["high"] - table["low"]
    assert (width.diff().dropna() >= 0).all() and width[14] > 2 * width[1]
    z, n = 1.959964, 100  # Wilson (1927) by hand
    middle, half = (0.8 + z**2 / 2 / n) / (1 + z**2 / n), z / (1 + z**2 / n) * (0.16 / n + z**2 / 4 / n**2) ** 0.5
    assert table.loc[1, "low"] == pytest.approx(middle - half) and table.loc[1, "high"] == pytest.approx(middle + half)


NOISE = 0.1  # SINE_NOISE of the notebook


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_sine_goes_on_for_a_thousand_steps(seed):
    """The recipe of the notebook: levels, inputs with a little noise, LBFGS with a line search, float32."""
    sine = generate("sine", n=1500)["Close"].to_numpy()
    x, t = make_windows(sine[:500], 25)
    torch.manual_seed(seed)
    model = Forecaster(x + NOISE * torch.randn_like(x), t, seed=seed).train(40)
    path = recursive(model, torch.tensor(sine[475:500], dtype=torch.float32)[None, :, None], 1000)[0].numpy()
    assert path.dtype == np.float32
    assert np.corrcoef(path[:200], sine[500:700])[0, 1] >= 0.99
    assert np.abs(path - 100).max() <= 1.5 * 10


def test_importing_crepes_leaves_the_warnings_as_they_were():
    import subprocess
    import sys

    code = "import warnings, helpers.horizons; print([f for f in warnings.filters if f[0] == 'always' and f[2] is UserWarning])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
