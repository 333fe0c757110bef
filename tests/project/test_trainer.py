"""Step 13's training: metrics against NumPy, evaluation that changes nothing, early stopping, exact resumption."""

import copy
import math

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import r2_score
from torch import nn

from helpers.data import load_prices
from helpers.horizons import dm_by_step
from helpers.language import BadInput
from helpers.model import LSTMRegressor
from helpers.project import trainer as module
from helpers.project.trainer import EarlyStopping, Trainer, conclusion, evaluate, train_epoch
from helpers.training import TARGETS, Scale
from helpers.windows import make_windows, split_parts

SMALL = {"window": 8, "horizon": 3, "hidden_size": 4, "batch_size": 32, "lr": 0.01}
VALIDATION = round(round(400 * 0.85) * 0.85)  # the first row of the validation part of 400


@pytest.fixture(scope="module")
def prices():
    return load_prices("ibm")["Close"].tail(400).to_numpy()


def trained(prices, epochs, **changed):
    trainer = Trainer(prices, **(SMALL | changed))
    return trainer, list(trainer.epochs(epochs))


def same(one, other):
    return one.keys() == other.keys() and all(value.equal(other[name]) for name, value in one.items())


def test_settings_that_cannot_be_are_named_in_both_languages(prices):
    with pytest.raises(BadInput, match="validation の部分に窓が(.|\n)*the validation part is left with 0"):
        Trainer(prices[:100], window=8, horizon=14)
    with pytest.raises(BadInput, match="'levels'"):
        Trainer(prices, target="levels")
    with pytest.raises(TypeError, match="hidden"):
        Trainer(prices, hidden=16)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_size", 0),
        ("batch_size", 0),
        ("batch_size", "128"),
        ("patience", -1),
        ("seed", "7"),
        ("lr", 0),
        ("lr", math.nan),
    ],
)
def test_a_setting_that_torch_would_refuse_or_take_for_another_is_named_before_the_training(name, value, prices):
    with pytest.raises(BadInput, match=f"{name}|learning rate"):
        Trainer(prices, **{name: value})


@pytest.mark.parametrize("target", TARGETS)
def test_the_scale_knows_the_training_part_only(target, prices):
    later = prices.copy()
    later[VALIDATION:] *= 3
    mine, theirs = (Trainer(values, target=target, **SMALL) for values in (prices, later))
    assert (
        mine.x.equal(theirs.x) and mine.t.equal(theirs.t) and not mine.parts["test"][1].equal(theirs.parts["test"][1])
    )
    assert mine.train_prices.tolist() == prices[:VALIDATION].tolist()


def test_one_epoch_is_the_plain_loop_over_shuffled_batches():
    torch.manual_seed(0)
    model, x = LSTMRegressor(hidden_size=4), torch.randn(50, 5, 1)
    t, twin = x[:, -1] * 0.5, copy.deepcopy(model)
    loss = train_epoch(model, torch.optim.Adam(model.parameters()), x, t, 16, seed=3, epoch=7)
    torch.manual_seed(3_000_007)
    order, optimizer, losses = torch.randperm(50), torch.optim.Adam(twin.parameters()), []
    for start in range(0, 50, 16):
        rows = order[start : start + 16]
        error = twin(x[rows]) - t[rows]
        optimizer.zero_grad()
        error.square().mean().backward()
        optimizer.step()
        losses += error.detach().square().flatten().tolist()
    assert loss == pytest.approx(np.mean(losses), rel=1e-5)
    for mine, theirs in zip(model.parameters(), twin.parameters(), strict=True):
        assert torch.allclose(mine, theirs, atol=1e-6)
    assert len(losses) == 50  # every window once, the short last batch too


@pytest.mark.parametrize("shift", [0, 40_000])
def test_metrics_agree_with_numpy(prices, shift):
    """Over several batches; a mean of the batches' metrics would be another number. 40,000: float32 must not lose digits."""
    trainer, _ = trained(np.concatenate([prices] * 4) + shift, 1, target="level")
    x, t = trainer.parts["train"]
    found = evaluate(trainer.model, trainer.scale, x, t)
    y = trainer.scale.prices(x, trainer.model(trainer.scale.inputs(x))).detach().cpu().numpy().astype(float)
    t, last = t.cpu().numpy().astype(float), x[:, -1, :1].cpu().numpy().astype(float)
    assert len(x) > 2 * 512
    rmse = np.sqrt(np.mean((y - t) ** 2))
    called = (y != last) & (t != last)
    expected = {
        "RMSE": rmse,
        "MAE": np.abs(y - t).mean(),
        "R2": r2_score(t.ravel(), y.ravel()),
        "NRMSE": rmse / np.ptp(t),
        "direction": np.mean((np.sign(y - last) == np.sign(t - last))[called]),
        "loss": np.mean((y - t) ** 2) / trainer.scale.standard.std.item() ** 2,
    }
    assert found == pytest.approx(expected, rel=2e-3)


class Answer(nn.Module):
    """Forecasts fixed changes from the last value, whatever it is shown."""

    def __init__(self, changes):
        super().__init__()
        self.changes = torch.tensor(changes)

    def forward(self, x):
        return self.changes


def test_the_direction_counts_where_both_changes_have_a_sign():
    x, scale = torch.full((5, 4, 1), 10.0), Scale.of(torch.arange(20.0).reshape(5, 4, 1), "change")
    t = torch.tensor([[11.0], [9.0], [10.0], [12.0], [8.0]])
    assert evaluate(Answer([[1.0], [1.0], [1.0], [0.0], [-1.0]]), scale, x, t)["direction"] == pytest.approx(2 / 3)
    assert math.isnan(evaluate(Answer([[0.0]] * 5), scale, x, t)["direction"])


class Fickle(nn.Module):
    """Dropout, and a BatchNorm with its buffers: what an evaluation in training mode would change."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 3))

    def forward(self, x):
        return self.layers(x)


def test_evaluation_changes_no_parameter_and_no_buffer(prices):
    parts = split_parts(*make_windows(prices, 8, 3))
    scale, model = Scale.of(parts["train"][0], "relative"), Fickle()
    model.train()
    before = copy.deepcopy(model.state_dict())
    first = evaluate(model, scale, *parts["validation"])
    assert first == evaluate(model, scale, *parts["validation"])  # no dropout
    assert same(model.state_dict(), before) and model.training
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("fickle", [False, True])
def test_training_is_the_same_with_and_without_evaluation(fickle, prices, monkeypatch):
    """Also where the model draws random numbers: evaluation, or a restart, must not shift what it draws."""
    if fickle:
        monkeypatch.setattr(module, "LSTMRegressor", lambda hidden_size, horizon: Fickle())
    whole, rows = trained(prices, 4)
    half, _ = trained(prices, 2)
    torch.manual_seed(99)
    resumed = Trainer(prices, **SMALL)
    resumed.restore(half.state())
    list(resumed.epochs(4))
    assert same(whole.model.state_dict(), resumed.model.state_dict())
    monkeypatch.setattr(module, "evaluate", lambda *_: {"loss": 0.0})
    blind, blind_rows = trained(prices, 4)
    assert [row["loss"] for row in rows] == [row["loss"] for row in blind_rows]
    weights = {
        name for name, _ in whole.model.named_parameters()
    }  # what BatchNorm counts is not learned by the optimiser
    assert all(whole.model.state_dict()[name].equal(blind.model.state_dict()[name]) for name in weights)


def test_validation_data_never_move_a_weight(prices):
    other = prices.copy()
    other[VALIDATION:] = other[0]
    assert same(trained(prices, 3)[0].model.state_dict(), trained(other, 3)[0].model.state_dict())


def test_seeds_differ_and_one_seed_repeats(prices):
    first, again, other = (trained(prices, 2, seed=seed)[0].model.state_dict() for seed in (1, 1, 2))
    assert same(first, again) and not same(first, other)


def test_early_stopping_keeps_the_best_weights():
    model, stopping = nn.Linear(1, 1), EarlyStopping(patience=3)
    losses, stopped = [3.0, 2.0, 2.5, 2.0, math.nan, 1.0], []
    for epoch, loss in enumerate(losses, start=1):
        nn.init.constant_(model.weight, epoch)
        stopped.append(stopping(epoch, loss, model))
    assert stopped == [False, False, False, False, True, False]
    assert (stopping.best, stopping.best_epoch) == (1.0, 6) and stopping.weights["weight"].item() == 6
    assert not stopping(7, 1.0, model) and stopping.best_epoch == 6  # as good is not better


def test_training_ends_early_and_forecasts_with_the_best_epoch(prices):
    trainer, rows = trained(prices, 200, lr=0.05, patience=2)
    best = int(np.argmin([row["loss/validation"] for row in rows])) + 1
    assert trainer.stopped and len(rows) == best + 2 and trainer.stopping.best_epoch == best
    again, _ = trained(prices, best, lr=0.05, patience=2)
    assert same(trainer.compare("test")[1], again.compare("test")[1])
    assert not same(trainer.model.state_dict(), again.model.state_dict())


def test_a_restored_training_ends_with_the_same_bits(prices):
    whole, rows = trained(prices, 6)
    half, _ = trained(prices, 3)
    resumed = Trainer(prices, **SMALL)
    resumed.restore(copy.deepcopy(half.state()))
    assert resumed.epoch == 3 and [row["epoch"] for row in resumed.epochs(6)] == [4, 5, 6]
    assert same(whole.model.state_dict(), resumed.model.state_dict())
    assert same(whole.stopping.weights, resumed.stopping.weights)
    assert resumed.history == rows


def test_a_training_that_had_stopped_stays_stopped(prices):
    trainer, rows = trained(prices, 200, lr=0.05, patience=2)
    resumed = Trainer(prices, **(SMALL | {"lr": 0.05, "patience": 2}))
    resumed.restore(trainer.state())
    assert list(resumed.epochs(200)) == [] and resumed.history == rows


def test_a_checkpoint_of_other_settings_or_data_is_refused(prices):
    state = trained(prices, 1)[0].state()
    with pytest.raises(BadInput, match="lr は 0.01 ですが(.|\n)*has lr 0.01, but 0.02 is asked for"):
        Trainer(prices, **(SMALL | {"lr": 0.02})).restore(state)
    with pytest.raises(BadInput, match="別のデータ(.|\n)*other data"):
        Trainer(prices[1:], **SMALL).restore(state)


def test_a_broken_training_says_so(prices):
    with pytest.raises(FloatingPointError, match="lower the learning rate"):
        trained(prices, 50, lr=1e30, target="level")


@pytest.mark.parametrize("row", [100, 300, 399])  # in the training, the validation and the test part
def test_a_zero_is_refused_where_shares_of_it_would_be_learned(row, prices):
    with_zero = prices.copy()
    with_zero[row] = 0
    told = f"{row} 行目(.|\n)*'level' か 'change'(.|\n)*row {row} (.|\n)* 'level' or 'change'"
    with pytest.raises(BadInput, match=told):
        Trainer(with_zero, target="relative", **SMALL)
    for target in ("level", "change"):
        assert math.isfinite(trained(with_zero, 1, target=target)[1][0]["loss/validation"])


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_validation_loss_that_is_no_number_is_no_epoch_that_was_only_worse(loss, prices, monkeypatch):
    monkeypatch.setattr(module, "evaluate", lambda *_: {"loss": loss})
    trainer = Trainer(prices, **SMALL)
    with pytest.raises(FloatingPointError, match=f"became {loss} in epoch 1"):
        list(trainer.epochs(20))
    assert trainer.history == []


@pytest.mark.parametrize("part", ["validation", "test"])
def test_the_baselines_know_the_training_part_only(part, prices):
    trainer = Trainer(prices, **SMALL)
    actual, forecasts = trainer.compare(part)
    last = trainer.parts[part][0][:, -1].cpu()
    slope = (prices[VALIDATION - 1] - prices[0]) / (VALIDATION - 1)
    assert forecasts["naive"].equal(last.repeat(1, 3))
    assert torch.allclose(forecasts["drift"], last + slope * torch.arange(1, 4))
    errors = (forecasts["naive"] - actual).square().mean(dim=0).sqrt()
    table = trainer.rmse(part)
    assert list(table) == ["LSTM", "naive", "drift"] and list(table.index) == [1, 2, 3]
    assert np.allclose(table["naive"], errors, rtol=1e-5)


def test_the_sentence_says_what_the_numbers_say():
    rng = np.random.default_rng(0)
    actual = rng.normal(100, 5, (300, 2))
    good, bad = actual + 0.1, actual + rng.normal(0, 3, (300, 2))
    table = pd.DataFrame({"LSTM": [0.1, 0.1], "naive": [3.0, 3.0]}, index=[1, 2])
    p = dm_by_step(actual, good, bad)
    ja, en = conclusion(table, p)
    assert "at 2." in en and "2 in its favour, 0 against it" in en and "勝ちが 2 通り、負けが 0 通り" in ja
    en = conclusion(table.rename(columns={"LSTM": "naive", "naive": "LSTM"}), p)[1]
    assert "at 0." in en and "0 in its favour, 2 against it" in en
    assert "0 in its favour, 0 against it" in conclusion(table, dm_by_step(actual, bad, bad))[1]  # p is not defined


def test_many_tests_are_corrected_before_they_count():
    """Of 14 horizons one has p = 0.0001, which holds after Holm's correction; 13 times 0.04 does not."""
    steps = range(1, 15)
    table = pd.DataFrame({"LSTM": 1.0, "naive": 2.0}, index=steps)
    p = pd.Series([0.0001] + 13 * [0.04], index=steps)
    assert "1 in its favour, 0 against it" in conclusion(table, p)[1]


def test_a_sine_is_forecast_far_better_than_by_the_naive_forecast():
    """That the training works is seen where there is something to learn."""
    trainer, _ = trained(load_prices("sine")["Close"].tail(500).to_numpy(), 40, window=30, horizon=5, hidden_size=16)
    table = trainer.rmse("test")
    assert (table["LSTM"] < 0.3 * table["naive"]).all()
