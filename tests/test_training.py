"""Step 04: training against a plain loop, metrics against formulas of their own, and what must never change."""

import copy
import math
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from helpers.data import load_prices
from helpers.language import BadInput
from helpers.model import LSTMRegressor
from helpers.training import TARGETS, Forecaster, Scale, Standardizer, fit, make_optimizer, metrics, predict
from helpers.tuning import LBFGS
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
    losses = fit(model.eval(), x, t, torch.optim.AdamW(model.parameters()), 20)
    assert model.training
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


@pytest.mark.parametrize("epochs", [-1, 2.5])
def test_epochs_that_are_none_are_named(epochs, windows):
    x_train, _, t_train, _ = windows
    with pytest.raises(BadInput, match="epochs は 0 以上(.|\n)*epochs must be a whole number"):
        Forecaster(x_train, t_train).train(epochs)


@pytest.mark.parametrize("factor", [math.nan, 1e30])
def test_a_broken_training_says_so_in_both_languages(factor):
    model, x, t = small_task()
    with pytest.raises(FloatingPointError, match="エポック 1 (.|\n)*epoch 1: lower the learning rate"):
        fit(model, x, t * factor, make_optimizer(model, "adamw"), 3)


@pytest.mark.parametrize(("name", "usual"), [("adamw", 1e-3), ("sgd", 1e-2), ("lbfgs", 1.0)])
def test_an_optimizer_has_its_usual_learning_rate_or_the_one_asked_for(name, usual):
    model = LSTMRegressor(hidden_size=2)
    assert [make_optimizer(model, name, lr).defaults["lr"] for lr in (None, 0.03)] == [usual, 0.03]
    assert make_optimizer(model, name).defaults.get("max_iter", 5) == 5  # iterations a step, of LBFGS


@pytest.mark.parametrize(
    ("name", "lr", "word"),
    [("adan", None, "'adan'"), ("adamw", 0, "above 0"), ("sgd", -1, "above 0")]
    + [("lbfgs", lr, "above 0") for lr in (math.nan, math.inf)],
)
def test_bad_optimizer_settings(name, lr, word):
    with pytest.raises(ValueError, match=word):
        make_optimizer(LSTMRegressor(hidden_size=2), name, lr)


def test_predict_changes_nothing():
    model = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(5), nn.Dropout(0.5), nn.Linear(5, 1))
    before = copy.deepcopy(model.state_dict())
    x = torch.randn(20, 5, 1)
    assert predict(model, x).equal(predict(model, x))  # no dropout
    for training in (True, False):
        model.train(training)
        assert not predict(model, x).requires_grad and model.training is training
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


def test_the_main_model_is_near_the_naive_forecast(windows):
    """Below the naive line nothing is to be had on prices; far above it, training would have failed."""
    x_train, x_test, t_train, t_test = windows
    naive = metrics(t_test, x_test[:, -1])["RMSE"]
    runs = [Forecaster(x_train, t_train, seed=seed).train(12) for seed in range(5)]
    ratios = sorted(metrics(t_test, run(x_test))["RMSE"] / naive for run in runs)
    assert ratios[2] < 1.02 and ratios[-1] < 1.1


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


@pytest.mark.parametrize("value", [7.3, -0.1, 38_858.52, 1e-12, 1e12])
def test_a_constant_column_becomes_0_also_where_float32_rounds(value):
    x = torch.full((1000, 20, 1), value)
    scale = Standardizer.of(x)
    assert scale.inputs(x).abs().max() < 1e-5 * max(1, abs(value))
    assert scale.std.item() == 1 and scale.inputs(x * 1.01).abs().max() <= abs(value) * 0.02


def test_a_column_that_hardly_moves_is_still_standardised():
    x = 1000 + 0.5 * torch.randn(500, 10, 1, generator=torch.Generator().manual_seed(0))
    assert Standardizer.of(x).inputs(x).std().item() == pytest.approx(1, abs=1e-2)


@pytest.mark.parametrize("target", TARGETS)
def test_a_scale_leads_back_to_prices(windows, target):
    x_train, _, t_train, _ = windows
    scale = Scale.of(x_train, target)
    assert torch.allclose(scale.prices(x_train, scale.targets(x_train, t_train)), t_train, rtol=1e-5)
    assert scale.inputs(x_train).std().item() == pytest.approx(1, abs=1e-2)


def test_what_a_scale_measures_from():
    x, t = torch.tensor([[[90.0, 1.0], [100.0, 2.0]]]), torch.tensor([[110.0, 80.0]])
    unit = Standardizer(torch.zeros(2), torch.ones(2))
    assert Scale(unit, "level").inputs(x).equal(x)
    assert Scale(unit, "change").inputs(x).tolist() == [
        [[-10.0, -99.0], [0.0, -98.0]]
    ]  # from the last of the first feature
    assert Scale(unit, "change").targets(x, t).tolist() == [[10.0, -20.0]]
    assert torch.allclose(Scale(unit, "relative").targets(x, t), torch.tensor([[0.1, -0.2]]))
    with pytest.raises(ValueError, match="target は level、change、relative(.|\n)*'price'"):
        Scale.of(x, "price")


@pytest.mark.parametrize("target", ["change", "relative"])
def test_an_answer_of_0_is_the_naive_forecast(windows, target):
    x_train, x_test, t_train, _ = windows
    forecaster = Forecaster(x_train, t_train, target=target, hidden_size=3)
    for parameter in forecaster.model.head[-1].parameters():
        nn.init.zeros_(parameter)
    assert torch.allclose(forecaster(x_test), x_test[:, -1], rtol=1e-6)


def test_a_forecaster_of_changes_follows_the_level_and_one_of_shares_the_scale(windows):
    x_train, x_test, t_train, _ = windows
    change = Forecaster(x_train, t_train, target="change", hidden_size=3).train(3)
    assert torch.allclose(change(x_test + 1024), change(x_test) + 1024, atol=0.05)  # a level never seen does no harm
    share = Forecaster(x_train, t_train, target="relative", hidden_size=3).train(3)
    assert torch.allclose(share(x_test * 8), share(x_test) * 8, rtol=1e-4)


def test_any_model_and_any_loss(windows):
    x_train, x_test, t_train, _ = windows

    def flat(input_size, hidden_size, horizon):
        return nn.Sequential(nn.Flatten(), nn.Linear(5 * input_size, horizon))

    def absolute(y, t):
        return (y - t).abs().mean()

    run = Forecaster(x_train, t_train, model=flat, loss=absolute, optimizer="adamw", lr=1e-2).train(50)
    assert run(x_test).shape == (100, 1) and run.losses[-1] < run.losses[0]
    assert run.losses[-1] >= absolute(predict(run.model, run.x), run.t).item() * 0.9


def test_models_and_tensors_stay_on_the_device_of_the_windows():
    """torch's meta device has shapes and no numbers: whatever stays behind on the CPU cannot be computed with it."""
    x, t = torch.randn(20, 5, 2, device="meta"), torch.randn(20, 3, device="meta")
    for target in TARGETS:
        y = Forecaster(x, t, target=target)(x)
        assert y.device.type == "meta" and y.shape == (20, 3)


def python(code, **environment):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("threads", ["4,2", "0"])
def test_any_value_of_omp_num_threads_is_torchs_own_business(threads):
    count = "torch.get_num_threads()"
    code = f"import torch; before = {count}; from helpers import tuning; print(before == {count})"
    assert python(code, OMP_NUM_THREADS=threads) == "True\n"


def test_a_remembered_evaluation_is_spared_and_changes_no_bit(windows):
    x_train, _, t_train, _ = windows
    counted, losses = {}, {}
    for kind in (LBFGS, torch.optim.LBFGS):
        model = Forecaster(x_train, t_train).model
        counted[kind] = 0

        def count(*_, kind=kind):
            counted[kind] += 1

        model.register_forward_hook(count)
        x, t = x_train / 100, t_train / 100
        optimizer = kind(model.parameters(), max_iter=5, history_size=20, line_search_fn="strong_wolfe")
        losses[kind] = fit(model, x, t, optimizer, 8)
    assert losses[LBFGS] == losses[torch.optim.LBFGS]
    assert 5 <= counted[torch.optim.LBFGS] - counted[LBFGS] <= 7  # one for all epochs but the first


def test_a_remembered_loss_is_not_taken_for_another_task_or_other_parameters():
    model, x, t = small_task()
    optimizer = make_optimizer(model, "lbfgs")
    fit(model, x, t, optimizer, 1)
    expected = nn.functional.mse_loss(predict(model, x), t + 5).item()
    assert fit(model, x, t + 5, optimizer, 1)[0] == pytest.approx(expected)

    def move(epoch, loss):
        with torch.no_grad():
            model.head[-1].bias += 1
        seen.append(nn.functional.mse_loss(predict(model, x), t).item())

    seen = []
    losses = fit(model, x, t, optimizer, 3, on_epoch=move)
    assert losses[1:] == pytest.approx(seen[:2])


TRAIN = """
import sys, torch
from helpers.training import Forecaster
torch.manual_seed(0)
forecaster = Forecaster(torch.randn(99, 5, 1), torch.randn(99, 1)).train(2)
print(torch.get_num_threads(), "torch._dynamo" in sys.modules, forecaster.losses)
"""


@pytest.mark.slow
def test_without_the_tuning_everything_works_the_same():
    """helpers/tuning.py can be deleted: the losses are the same to the last digit.

    With it there is one thread, and torch's compiler, which takes longer to import than the model to train, is left out.
    """
    tuned = python("import os; os.environ.pop('OMP_NUM_THREADS')\n" + TRAIN, OMP_NUM_THREADS="1")
    plain = python("import sys; sys.modules['helpers.tuning'] = None\n" + TRAIN, OMP_NUM_THREADS="1")
    assert tuned.startswith("1 False ") and tuned.split(maxsplit=2)[2] == plain.split(maxsplit=2)[2]
