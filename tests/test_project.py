"""Step 11's pieces: parts that share no target, metrics against NumPy, evaluation that changes nothing, exact resumption."""

import copy
import io
import math
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.metrics import r2_score
from torch import nn

from helpers import project
from helpers.data import load_prices
from helpers.model import LSTMRegressor
from helpers.project import (
    Change, EarlyStopping, Level, Trainer, baselines, by_horizon, conclusion, difference, evaluate, load_checkpoint,
    purged_split, save_checkpoint, train_epoch,
)  # fmt: skip
from helpers.windows import make_windows

SMALL = {"window": 8, "horizon": 3, "hidden_size": 4, "batch_size": 32, "lr": 0.01}


@pytest.fixture(scope="module")
def prices():
    return load_prices("ibm")["Close"].tail(400).to_numpy()


def trained(prices, epochs, **changed):
    trainer = Trainer(prices, **(SMALL | changed))
    return trainer, list(trainer.epochs(epochs))


def same(one, other):
    return one.keys() == other.keys() and all(value.equal(other[name]) for name, value in one.items())


@pytest.mark.parametrize(("window", "horizon", "share"), [(5, 1, 0.15), (30, 14, 0.15), (7, 10, 0.3)])
def test_no_target_of_one_part_lies_in_another(window, horizon, share):
    rows = 400
    x, t = make_windows(np.arange(rows), window, horizon)  # every value is its own row number
    parts = purged_split(x, t, share)
    targets = {part: set(t.flatten().int().tolist()) for part, (_, t) in parts.items()}
    test, validation = round(rows * (1 - share)), round(round(rows * (1 - share)) * (1 - share))
    assert targets["train"] == set(range(window, validation))
    assert targets["validation"] == set(range(validation, test)) and targets["test"] == set(range(test, rows))
    for x, t in parts.values():
        assert (x[:, -1, 0] + 1 == t[:, 0]).all()
    assert sum(len(x) for x, _ in parts.values()) == rows - window - horizon + 1 - 2 * (horizon - 1)


def test_a_part_without_windows_is_named_in_both_languages(prices):
    with pytest.raises(ValueError, match="validation の部分に窓が(.|\n)*the validation part is left with 0"):
        Trainer(prices[:100], window=8, horizon=14)
    with pytest.raises(ValueError, match="'levels'"):
        Trainer(prices, target="levels")


@pytest.mark.parametrize("kind", [Change, Level])
def test_scales_lead_back_to_prices_and_know_the_training_part_only(kind, prices):
    parts = purged_split(*make_windows(prices, 8, 3))
    x, t = parts["train"]
    scale = kind.of(x, t)
    assert torch.allclose(scale.prices(x, scale.targets(x, t)), t, rtol=1e-5)
    assert 0.8 < scale.targets(x, t).std() < 1.2
    later = prices.copy()
    later[round(round(400 * 0.85) * 0.85) :] *= 3
    kinds = {Change: "change", Level: "level"}
    mine, theirs = (Trainer(values, target=kinds[kind], **SMALL) for values in (prices, later))
    assert mine.x.equal(theirs.x) and mine.t.equal(theirs.t) and not mine.parts["test"][1].equal(theirs.parts["test"][1])


def test_a_constant_series_gives_numbers():
    x, t = torch.full((10, 5, 1), 7.0), torch.full((10, 2), 7.0)
    assert Change.of(x, t).inputs(x).isfinite().all() and Change.of(x, t).targets(x, t).eq(0).all()


def test_change_looks_the_same_at_every_price(prices):
    x, t = make_windows(prices, 8, 3)
    scale = Change.of(x, t)
    assert torch.allclose(scale.inputs(x), scale.inputs(10 * x), atol=1e-4)
    assert torch.allclose(scale.targets(x, t), scale.targets(10 * x, 10 * t), atol=1e-4)


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
    y = trainer.scale.prices(x, trainer.model(trainer.scale.inputs(x))).detach().numpy().astype(float)
    t, last = t.numpy().astype(float), x[:, -1, :1].numpy().astype(float)
    assert len(x) > 2 * 512
    rmse = np.sqrt(np.mean((y - t) ** 2))
    called = (y != last) & (t != last)
    expected = {
        "RMSE": rmse, "MAE": np.abs(y - t).mean(), "R2": r2_score(t.ravel(), y.ravel()), "NRMSE": rmse / np.ptp(t),
        "direction": np.mean((np.sign(y - last) == np.sign(t - last))[called]),
        "loss": np.mean((y - t) ** 2) / trainer.scale.standard.std.item() ** 2,
    }  # fmt: skip
    assert found == pytest.approx(expected, rel=2e-3)


class Fickle(nn.Module):
    """Dropout, and a BatchNorm with its buffers: what an evaluation in training mode would change."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 3))

    def forward(self, x):
        return self.layers(x)


def test_evaluation_changes_no_parameter_and_no_buffer(prices):
    parts = purged_split(*make_windows(prices, 8, 3))
    scale, model = Change.of(*parts["train"]), Fickle()
    model.train()
    before = copy.deepcopy(model.state_dict())
    first = evaluate(model, scale, *parts["validation"])
    assert first == evaluate(model, scale, *parts["validation"])  # no dropout
    assert same(model.state_dict(), before) and model.training
    assert all(parameter.grad is None for parameter in model.parameters())


def test_training_is_the_same_with_and_without_validation(prices):
    watched, rows = trained(prices, 5)
    blind, blind_rows = trained(prices, 5, validate=False)
    assert [row["loss"] for row in rows] == [row["loss"] for row in blind_rows]
    assert same(watched.model.state_dict(), blind.model.state_dict()) and "RMSE/train" not in blind_rows[0]


def test_also_where_the_model_draws_random_numbers(prices, monkeypatch):
    """Dropout draws in training; validation, or a restart, must not shift what it draws."""
    monkeypatch.setattr(project, "LSTMRegressor", lambda hidden_size, horizon: Fickle())
    whole, rows = trained(prices, 4)
    _, blind_rows = trained(prices, 4, validate=False)
    assert [row["loss"] for row in rows] == [row["loss"] for row in blind_rows]
    half, _ = trained(prices, 2)
    torch.manual_seed(99)
    resumed = Trainer(prices, **SMALL)
    resumed.restore(half.state())
    list(resumed.epochs(4))
    assert same(whole.model.state_dict(), resumed.model.state_dict())


def test_validation_data_never_move_a_weight(prices):
    other = prices.copy()
    other[round(round(400 * 0.85) * 0.85) :] = other[0]
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
    assert trainer.forecast("test").equal(again.forecast("test"))
    assert not same(trainer.model.state_dict(), again.model.state_dict())


def test_a_restored_training_ends_with_the_same_bits(prices, tmp_path):
    whole, rows = trained(prices, 6)
    half, _ = trained(prices, 3)
    save_checkpoint(half.state(), tmp_path / "checkpoint.pt")
    resumed = Trainer(prices, **SMALL)
    resumed.restore(load_checkpoint(tmp_path / "checkpoint.pt"))
    assert resumed.epoch == 3 and [row["epoch"] for row in resumed.epochs(6)] == [4, 5, 6]
    assert same(whole.model.state_dict(), resumed.model.state_dict())
    assert same(whole.stopping.weights, resumed.stopping.weights)
    drop = [{name: value for name, value in row.items() if name != "seconds"} for row in resumed.history]
    assert drop == [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def test_a_checkpoint_of_other_settings_or_data_is_refused(prices):
    state = trained(prices, 1)[0].state()
    with pytest.raises(ValueError, match="lr は 0.01 ですが(.|\n)*has lr 0.01, but 0.02 is asked for"):
        Trainer(prices, **(SMALL | {"lr": 0.02})).restore(state)
    with pytest.raises(ValueError, match="別のデータ(.|\n)*other data"):
        Trainer(prices[1:], **SMALL).restore(state)


def test_a_checkpoint_is_whole_or_the_old_one(prices, tmp_path, monkeypatch):
    file, state = tmp_path / "checkpoint.pt", trained(prices, 1)[0].state()
    save_checkpoint(state, file)
    before = file.read_bytes()

    def half(state, opened):
        opened.write(before[: len(before) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(OSError, match="No space"):
        save_checkpoint(state, file)
    assert file.read_bytes() == before and file.with_suffix(".tmp").exists()
    monkeypatch.undo()
    save_checkpoint(state, file)  # the leftover is no obstacle
    assert load_checkpoint(file)["epoch"] == 1 and list(tmp_path.iterdir()) == [file]


def test_damaged_foreign_and_dangerous_checkpoints_are_refused(prices, tmp_path):
    file = tmp_path / "checkpoint.pt"
    with pytest.raises(ValueError, match="チェックポイントがありません(.|\n)*no checkpoint"):
        load_checkpoint(file)
    save_checkpoint(trained(prices, 1)[0].state(), file)
    whole = file.read_bytes()
    for part in (b"", whole[:100], whole[: len(whole) // 2], whole[:-1], b"x" * 5000):
        file.write_bytes(part)
        with pytest.raises(ValueError, match="壊れています(.|\n)*is damaged"):
            load_checkpoint(file)
    torch.save({"model": {}}, file)
    with pytest.raises(ValueError, match="no checkpoint of this program"):
        load_checkpoint(file)
    torch.save({"settings": io.StringIO()}, file)  # anything but tensors and plain values
    with pytest.raises(ValueError, match="is damaged"):
        load_checkpoint(file)


def test_a_broken_training_says_so(prices):
    with pytest.raises(FloatingPointError, match="lower the learning rate"):
        trained(prices, 50, lr=1e30, target="level")


def test_baselines_agree_with_their_formulas():
    train = 100 * 1.01 ** np.arange(50)  # one per cent a day
    x = torch.tensor(train[-8:], dtype=torch.float32).reshape(1, 8, 1)
    found = baselines(x, 4, train)
    assert torch.allclose(found["naive"], x[:, -1].repeat(1, 4))
    assert np.allclose(found["drift"].numpy().ravel(), train[-1] * 1.01 ** np.arange(1, 5))


def test_the_table_and_the_sentence_say_what_the_numbers_say():
    rng = np.random.default_rng(0)
    actual = torch.tensor(rng.normal(100, 5, (300, 2)), dtype=torch.float32)
    good, bad = actual + 0.1, actual + torch.tensor(rng.normal(0, 3, (300, 2)), dtype=torch.float32)
    table = by_horizon(actual, {"LSTM": good, "naive": bad})
    expected = np.sqrt(((bad - actual).numpy() ** 2).mean(axis=0))
    assert np.allclose(table["naive"], expected, rtol=1e-4) and list(table.index) == [1, 2]
    p = difference(actual, good, bad)
    assert (p < 0.05).all() and difference(actual, bad, bad).isna().all()
    assert "2 in its favour, 0 against it" in conclusion(table, p)[1] and "勝ちが 2 通り" in conclusion(table, p)[0]
    swapped = table.rename(columns={"LSTM": "naive", "naive": "LSTM"})
    assert "smaller than that of the naive forecast at 0." in conclusion(swapped, p)[1]


def test_a_sine_is_forecast_far_better_than_by_the_naive_forecast():
    """That the training works is seen where there is something to learn."""
    trainer, _ = trained(load_prices("sine")["Close"].tail(500).to_numpy(), 40, window=30, horizon=5, hidden_size=16)
    table = by_horizon(*trainer.compare("test"))
    assert (table["LSTM"] < 0.3 * table["naive"]).all()


def test_stopping_tensorboard_ends_the_server_of_this_folder_and_no_other(tmp_path, monkeypatch):
    from tensorboard import manager

    sleepers = [subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) for _ in range(2)]
    servers = [SimpleNamespace(pid=one.pid, logdir=str(tmp_path / name)) for one, name in zip(sleepers, "ab", strict=True)]
    monkeypatch.setattr(manager, "get_all", lambda: servers)
    project.stop_tensorboard(tmp_path / "a")
    assert sleepers[0].wait(10) != 0 and sleepers[1].poll() is None
    sleepers[1].kill()
    sleepers[1].wait()
    project.stop_tensorboard(tmp_path / "a")  # gone already: no error
