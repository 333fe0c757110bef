"""Step 04: training against a plain loop, metrics against formulas of their own, and what must never change."""

import copy
import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from helpers.data import load_prices
from helpers.model import LSTMRegressor
from helpers.training import Forecaster, Standardizer, fit, make_optimizer, metrics, predict
from helpers.windows import make_windows, split_last


@pytest.fixture(scope="module")
def prices():
    return load_prices("ibm")["Open"].tail(1092)


@pytest.fixture
def windows(prices):
    return split_last(*make_windows(prices, 5), 100)


def small_task():
    torch.manual_seed(0)
    x = torch.randn(40, 5, 1)
    return LSTMRegressor(hidden_size=4), x, x[:, -1] * 0.5


def test_standardizer_knows_the_training_part_only(windows):
    x_train, x_test, t_train, _ = windows
    scale = Standardizer.of(x_train)
    assert scale.inputs(x_train).mean().abs() < 1e-3 and abs(scale.inputs(x_train).std().item() - 1) < 1e-3
    everything = torch.cat([x_train, x_test])
    everything[len(x_train) :] *= 100
    again = Standardizer.of(everything[: len(x_train)])
    assert again.mean.equal(scale.mean) and again.std.equal(scale.std)
    assert torch.allclose(scale.prices(scale.targets(t_train)), t_train, rtol=1e-5)


def test_standardizer_takes_each_feature_by_itself_and_the_first_for_targets():
    x = torch.stack([torch.randn(50, 5) * 3 + 100, torch.randn(50, 5) * 1e6, torch.full((50, 5), 7.0)], dim=2)
    scale = Standardizer.of(x)
    scaled = scale.inputs(x)
    assert torch.allclose(scaled.mean(dim=(0, 1)), torch.zeros(3), atol=1e-4)
    assert torch.allclose(scaled.std(dim=(0, 1)), torch.tensor([1.0, 1.0, 0.0]), atol=1e-4)  # a constant column: no NaN
    assert torch.allclose(scale.targets(x[:, -1, :1]), scaled[:, -1, :1])


def test_fit_is_the_plain_loop():
    model, x, t = small_task()
    twin = copy.deepcopy(model)
    losses = fit(model, x, t, torch.optim.AdamW(model.parameters()), 20)
    optimizer, expected = torch.optim.AdamW(twin.parameters()), []
    for _ in range(20):
        loss = ((twin(x) - t) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        expected.append(loss.item())
    assert losses == pytest.approx(expected, rel=1e-5)
    for mine, theirs in zip(model.parameters(), twin.parameters(), strict=True):
        assert torch.allclose(mine, theirs, atol=1e-6)


@pytest.mark.parametrize("name", ["adamw", "sgd", "lbfgs"])
def test_every_optimizer_lowers_the_loss_in_the_same_loop(name):
    model, x, t = small_task()
    losses = fit(model, x, t, make_optimizer(model, name), 30)
    assert len(losses) == 30 and losses[-1] < losses[0]


def test_on_epoch_sees_every_epoch_and_can_end_training():
    model, x, t = small_task()
    seen = []
    losses = fit(model, x, t, make_optimizer(model, "adamw"), 10, lambda epoch, loss: seen.append((epoch, loss)))
    assert seen == list(zip(range(1, 11), losses, strict=True))
    assert len(fit(model, x, t, make_optimizer(model, "adamw"), 10, lambda epoch, loss: epoch == 4)) == 4


def test_a_broken_training_says_so_in_both_languages():
    model, x, t = small_task()
    with pytest.raises(FloatingPointError, match="エポック 1 (.|\n)*epoch 1: lower the learning rate"):
        fit(model, x * math.nan, t, make_optimizer(model, "adamw"), 3)


@pytest.mark.parametrize(
    ("name", "lr", "word"), [("adan", None, "'adan'"), ("adamw", 0, "above 0"), ("sgd", -1, "above 0")]
)
def test_bad_optimizer_settings(name, lr, word):
    with pytest.raises(ValueError, match=word):
        make_optimizer(LSTMRegressor(hidden_size=2), name, lr)


def test_predict_changes_nothing():
    model = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(5), nn.Dropout(0.5), nn.Linear(5, 1))
    model.train()
    before = copy.deepcopy(model.state_dict())
    x = torch.randn(20, 5, 1)
    assert predict(model, x).equal(predict(model, x))  # no dropout
    assert model.training and not predict(model, x).requires_grad
    assert all(value.equal(before[key]) for key, value in model.state_dict().items())


def test_metrics_agree_with_their_formulas():
    rng = np.random.default_rng(0)
    actual, predicted = rng.normal(100, 10, (50, 1)), rng.normal(100, 10, (50, 1))
    error = actual - predicted
    expected = {
        "RMSE": np.sqrt((error**2).mean()),
        "MAE": np.abs(error).mean(),
        "R2": 1 - (error**2).sum() / ((actual - actual.mean()) ** 2).sum(),
    }
    assert metrics(torch.tensor(actual), torch.tensor(predicted)) == pytest.approx(expected)


def test_one_seed_gives_one_model_and_another_seed_another(windows):
    x_train, x_test, t_train, _ = windows
    first, same, other = (Forecaster(x_train, t_train, seed=seed).train(3)(x_test) for seed in (1, 1, 2))
    assert first.equal(same) and not first.equal(other)


def test_the_main_model_is_near_the_naive_forecast_and_fast(windows):
    """Below the naive line nothing is to be had on prices; far above it, training would have failed."""
    x_train, x_test, t_train, t_test = windows
    naive = metrics(t_test, x_test[:, -1])["RMSE"]
    runs = [Forecaster(x_train, t_train, seed=seed).train(12) for seed in range(5)]
    assert max(metrics(t_test, run(x_test))["RMSE"] for run in runs) < 1.06 * naive
    assert max(run.seconds for run in runs) < 2


@pytest.mark.parametrize("cell", ["gru", "rnn"])
def test_a_sine_is_learned(cell):
    x, t = make_windows(load_prices("sine")["Close"], 10)
    x_train, x_test, t_train, t_test = split_last(x, t, 100)
    run = Forecaster(x_train, t_train, cell=cell).train(12)
    assert metrics(t_test, run(x_test))["RMSE"] < 0.2 * metrics(t_test, x_test[:, -1])["RMSE"]


def test_training_goes_on_where_it_ended(windows):
    x_train, x_test, t_train, _ = windows
    whole, parts = Forecaster(x_train, t_train).train(4), Forecaster(x_train, t_train)
    for _ in range(4):
        parts.train(1)
    assert parts.losses == whole.losses and parts(x_test).equal(whole(x_test)) and parts.seconds > 0


def evaluations(forecaster, epochs):
    """Train epoch by epoch, as the panels do; how often the model was computed."""
    counted = []
    forecaster.model.register_forward_hook(lambda *_: counted.append(1))
    for _ in range(epochs):
        forecaster.train(1)
    return len(counted)


def test_remembering_the_last_evaluation_spares_one_an_epoch_and_changes_no_bit(windows):
    x_train, x_test, t_train, _ = windows
    spared, plain = Forecaster(x_train, t_train), Forecaster(x_train, t_train)
    plain.optimizer.fixed_task = False
    assert 9 <= evaluations(plain, 12) - evaluations(spared, 12) <= 11  # all but the first epoch begin where one ended
    assert spared.losses == plain.losses and spared(x_test).equal(plain(x_test))


def test_a_remembered_loss_is_not_taken_for_another_task_or_other_parameters():
    model, x, t = small_task()
    optimizer = make_optimizer(model, "lbfgs")  # as fit is given it: nobody promised that x and t stay
    fit(model, x, t, optimizer, 1)
    expected = nn.functional.mse_loss(predict(model, x), t + 5).item()
    assert fit(model, x, t + 5, optimizer, 1)[0] == pytest.approx(expected)
    run = Forecaster(x, t).train(2)
    with torch.no_grad():
        run.model.head[-1].bias += 1
    expected = nn.functional.mse_loss(predict(run.model, run.x), run.t).item()
    assert run.train(1).losses[-1] == pytest.approx(expected)


def test_training_does_not_wait_for_the_compiler():
    """torch's compiler takes longer to import than the model to train, and nothing here is compiled.

    (AdamW and SGD import it in their first step, whatever one does.)
    """
    code = (
        "import sys, torch\nfrom helpers.training import Forecaster\n"
        "Forecaster(torch.randn(9, 5, 1), torch.randn(9, 1)).train(2)\n"
        "assert 'torch._dynamo' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
