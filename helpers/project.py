"""Step 11: a whole project. Mini-batches, metrics by epoch, early stopping, checkpoints, and baselines for every step ahead."""

import contextlib
import copy
import hashlib
import math
import os
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from statsmodels.tsa.stattools import diebold_mariano_test
from torch import Tensor, nn
from torchmetrics import Metric, MetricCollection
from torchmetrics.regression import MeanAbsoluteError, MeanSquaredError, NormalizedRootMeanSquaredError, R2Score

from helpers.environment import device
from helpers.language import both
from helpers.model import LSTMRegressor
from helpers.training import Standardizer, check_loss, predict
from helpers.validation import SIGNIFICANCE
from helpers.windows import make_windows

Part = tuple[Tensor, Tensor]  # x (n, window, 1) and t (n, horizon), in prices


# The three parts


def purged_split(x: Tensor, t: Tensor, share: float = 0.15) -> dict[str, Part]:
    """Training, validation and test part, in the order of time; no target of one part lies in the next.

    x: (n, window, features), t: (n, horizon), of windows that start one row after another. The last `share` of the rows
    are the test, the last `share` of those before them the validation part. A window belongs to the part that holds all of
    its targets; the horizon - 1 windows whose targets reach over a border belong to none. Inputs may reach back: when the
    forecast is made, they are known. Raises ValueError when a part would be empty.
    """
    window, horizon = x.shape[1], t.shape[1]
    rows = len(x) + window + horizon - 1
    test = round(rows * (1 - share))
    validation = round(test * (1 - share))
    first = torch.arange(len(x)) + window  # the row of each window's first target
    last = first + horizon - 1
    chosen = {
        "train": last < validation,
        "validation": (first >= validation) & (last < test),
        "test": first >= test,
    }
    check_parts(chosen, rows, window, horizon)
    return {part: (x[mask], t[mask]) for part, mask in chosen.items()}


def check_parts(chosen: dict[str, Tensor], rows: int, window: int, horizon: int) -> None:
    """Raise ValueError unless each part has two windows at least: one alone has neither a spread nor an R2."""
    for part, mask in chosen.items():
        if mask.sum() < 2:
            raise ValueError(
                both(
                    f"系列は {rows} 行しかなく、window {window} と horizon {horizon} では {part} の部分に窓が {int(mask.sum())} 個しか残りません。"
                    "window か horizon を小さくするか、長い系列を使ってください。",
                    f"the series has only {rows} rows: with window {window} and horizon {horizon} the {part} part is left with "
                    f"{int(mask.sum())} window(s). Lower window or horizon, or take a longer series.",
                )
            )


# What the model learns: prices, or the change from the last known price


@dataclass(frozen=True)
class Level:
    """Prices as they are, standardised by the training part. Fails where prices leave the range of the training part."""

    standard: Standardizer

    @classmethod
    def of(cls, x_train: Tensor, t_train: Tensor) -> "Level":
        return cls(Standardizer.of(x_train))

    def inputs(self, x: Tensor) -> Tensor:
        return self.standard.inputs(x)

    def targets(self, x: Tensor, t: Tensor) -> Tensor:
        return self.standard.targets(t)

    def prices(self, x: Tensor, y: Tensor) -> Tensor:
        return self.standard.prices(y)


@dataclass(frozen=True)
class Change:
    """Everything relative to the last known price, in standard deviations of the training part: +0.02 is 2% above it.

    A move of 2% looks the same at 13 and at 180 dollars, so the test part is no foreign country.
    """

    input_std: Tensor
    target_std: Tensor

    @classmethod
    def of(cls, x_train: Tensor, t_train: Tensor) -> "Change":
        last = x_train[:, -1:]
        stds = (x_train / last - 1).std(), (t_train / last[:, 0, :1] - 1).std()
        return cls(*(std if std > 0 else torch.ones_like(std) for std in stds))  # a series that never moves: no NaN

    def inputs(self, x: Tensor) -> Tensor:
        """(n, window, features) in prices -> the same shape, relative to the window's last row."""
        return (x / x[:, -1:] - 1) / self.input_std

    def targets(self, x: Tensor, t: Tensor) -> Tensor:
        """(n, horizon) in prices -> the same shape, relative to the last known price."""
        return (t / x[:, -1, :1] - 1) / self.target_std

    def prices(self, x: Tensor, y: Tensor) -> Tensor:
        """The way back: (n, horizon) of the model -> prices."""
        return x[:, -1, :1] * (1 + y * self.target_std)


SCALES = {"change": Change, "level": Level}


# One epoch


def train_epoch(
    model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, t: Tensor, batch_size: int, seed: int, epoch: int
) -> float:
    """One pass over all windows in batches, in an order drawn anew for each epoch. Returns the mean loss over the windows.

    x: (n, window, features) and t: (n, horizon), as the model takes them. All that is drawn follows from (seed, epoch)
    alone, so that epoch 7 is the same epoch 7 after a restart.
    """
    torch.manual_seed(1_000_000 * seed + epoch)
    model.train()
    total = 0.0
    for rows in torch.randperm(len(x)).to(x.device).split(batch_size):
        loss = nn.functional.mse_loss(model(x[rows]), t[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)  # the last batch is smaller, and counts less
    return total / len(x)


class DirectionalAccuracy(Metric):
    """How often the sign of the change from the last known price was right, where both changes have one."""

    def __init__(self):
        super().__init__()
        self.add_state("right", torch.tensor(0.0), dist_reduce_fx="sum")
        self.add_state("called", torch.tensor(0.0), dist_reduce_fx="sum")

    def update(self, preds: Tensor, target: Tensor, last: Tensor) -> None:
        """preds, target: (n, horizon); last: (n, 1), the last known prices."""
        called = (preds != last) & (target != last)
        self.right += (((preds > last) == (target > last)) & called).sum()
        self.called += called.sum()

    def compute(self) -> Tensor:
        """A share, 0 to 1; NaN when no change was called."""
        return self.right / self.called


def make_scores() -> MetricCollection:
    """RMSE and MAE in the unit of the prices; R2; NRMSE, which is RMSE / (highest - lowest target); the direction."""
    return MetricCollection(
        {
            "RMSE": MeanSquaredError(squared=False),
            "MAE": MeanAbsoluteError(),
            "R2": R2Score(),
            "NRMSE": NormalizedRootMeanSquaredError(normalization="range"),
            "direction": DirectionalAccuracy(),
        },
        compute_groups=False,  # none of these share a state
    )


METRICS = ("RMSE", "MAE", "R2", "NRMSE", "direction")


def evaluate(model: nn.Module, scale: Level | Change, x: Tensor, t: Tensor) -> dict[str, float]:
    """The loss and every metric of one part, over all steps ahead at once; nothing is learned and nothing changed.

    x: (n, window, 1) and t: (n, horizon), in prices.
    """
    scores, total, was_training = make_scores(), 0.0, model.training
    middle = t.mean().cpu()  # no metric minds a shift, but squares of prices such as 40,000 cost float32 its digits
    model.eval()
    with torch.no_grad():
        for x_batch, t_batch in zip(x.split(512), t.split(512), strict=True):
            y = model(scale.inputs(x_batch))
            total += nn.functional.mse_loss(y, scale.targets(x_batch, t_batch), reduction="sum").item()
            prices = scale.prices(x_batch, y).cpu() - middle
            target, last = t_batch.cpu() - middle, x_batch[:, -1, :1].cpu() - middle
            scores.update(prices.flatten(), target.flatten(), last=last.expand_as(target).flatten())
    model.train(was_training)
    return {"loss": total / t.numel()} | {name: float(value) for name, value in scores.compute().items()}


class EarlyStopping:
    """Keeps the weights of the best epoch, and says when `patience` epochs have passed without a better one."""

    def __init__(self, patience: int):
        self.patience, self.best, self.best_epoch, self.weights = patience, math.inf, 0, {}

    def __call__(self, epoch: int, loss: float, model: nn.Module) -> bool:
        if loss < self.best:
            self.best, self.best_epoch = loss, epoch
            self.weights = {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}
        return epoch - self.best_epoch >= self.patience


# Checkpoints


def save_checkpoint(state: dict, file: Path) -> None:
    """Write to a temporary file beside it and rename: whatever happens, `file` is a whole checkpoint, the old or the new."""
    temporary = file.with_suffix(".tmp")
    with open(temporary, "wb") as opened:
        torch.save(state, opened)
        opened.flush()
        os.fsync(opened.fileno())  # on the disk before the name points to it
    os.replace(temporary, file)


def load_checkpoint(file: Path) -> dict:
    """The state that `save_checkpoint` wrote, on the CPU. Raises ValueError when there is none, or it cannot be read.

    weights_only: tensors and plain values are read and nothing else, so that no file can run code.
    """
    if not file.exists():
        raise ValueError(both(f"チェックポイントがありません: {file}", f"there is no checkpoint: {file}"))
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
        missing = STATE - state.keys()
    except Exception as error:  # a damaged file raises errors of many kinds
        raise ValueError(
            both(
                f"チェックポイント {file} は壊れています（{type(error).__name__}）。そのフォルダーを消し、--resume なしで始めてください。",
                f"the checkpoint {file} is damaged ({type(error).__name__}). Delete its folder and start without --resume.",
            )
        ) from None
    if missing:
        raise ValueError(
            both(
                f"{file} はこのプログラムのチェックポイントではありません（{', '.join(sorted(missing))} がない）。",
                f"{file} is no checkpoint of this program ({', '.join(sorted(missing))} missing).",
            )
        )
    return state


STATE = {"settings", "data", "epoch", "history", "model", "optimizer", "stopping"}


# All together


class Trainer:
    """A series, its three parts, a model and its training, epoch by epoch.

    prices: (time,), oldest first. target: "change" (relative to the last known price) or "level". With validate=False
    nothing is evaluated and nothing stops early; the weights are the same. Raises ValueError for settings that cannot be.
    """

    def __init__(
        self, prices: ArrayLike, *, window: int = 30, horizon: int = 14, target: str = "change", hidden_size: int = 16,
        batch_size: int = 128, lr: float = 3e-3, weight_decay: float = 1e-3, patience: int = 5, seed: int = 0,
        validate: bool = True,
    ):  # fmt: skip
        self.settings = {
            "window": window, "horizon": horizon, "target": target, "hidden_size": hidden_size, "batch_size": batch_size,
            "lr": lr, "weight_decay": weight_decay, "patience": patience, "seed": seed,
        }  # fmt: skip
        if target not in SCALES:
            raise ValueError(both(f"target は {'、'.join(SCALES)} のどれかです: {target!r}", f"target is one of {', '.join(SCALES)}: {target!r}"))
        values = np.asarray(prices, dtype=float)
        self.data = hashlib.sha256(values.tobytes()).hexdigest()
        parts = purged_split(*make_windows(values, window, horizon))
        self.device = device()
        self.parts = {part: (x.to(self.device), t.to(self.device)) for part, (x, t) in parts.items()}
        x, t = self.parts["train"]
        self.train_prices = values[: len(x) + window + horizon - 1]
        self.scale = SCALES[target].of(x, t)
        self.x, self.t = self.scale.inputs(x), self.scale.targets(x, t)
        torch.manual_seed(seed)
        self.model = LSTMRegressor(hidden_size=hidden_size, horizon=horizon).to(self.device)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=lr, weight_decay=weight_decay)
        self.stopping = EarlyStopping(patience)
        self.validate, self.stopped, self.history = validate, False, []

    @property
    def epoch(self) -> int:
        """How many whole epochs have been trained."""
        return len(self.history)

    def epochs(self, limit: int) -> Iterator[dict]:
        """Train up to epoch `limit` or until nothing has got better for long; yields one row a whole epoch."""
        while self.epoch < limit and not self.stopped:
            yield self._one_epoch(self.epoch + 1)

    def _one_epoch(self, epoch: int) -> dict:
        started, settings = time.perf_counter(), self.settings
        loss = train_epoch(self.model, self.optimizer, self.x, self.t, settings["batch_size"], settings["seed"], epoch)
        row = {"epoch": epoch, "loss": check_loss(loss, epoch)}
        if self.validate:
            for part in ("train", "validation"):
                scores = evaluate(self.model, self.scale, *self.parts[part])
                row |= {f"{name}/{part}": value for name, value in scores.items()}
            self.stopped = self.stopping(epoch, row["loss/validation"], self.model)
        self.history.append(row | {"seconds": time.perf_counter() - started})
        return self.history[-1]

    def state(self) -> dict:
        """All that a later process needs to go on as if nothing had happened: plain values and tensors."""
        return {
            "settings": self.settings, "data": self.data, "epoch": self.epoch, "history": self.history,
            "model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "stopping": vars(self.stopping),
        }  # fmt: skip

    def restore(self, state: dict) -> None:
        """Go on from `state`. Raises ValueError when it belongs to other settings or other data."""
        for name, value in self.settings.items():
            if state["settings"].get(name) != value:
                was = state["settings"].get(name)
                raise ValueError(
                    both(
                        f"チェックポイントの {name} は {was} ですが、今の指定は {value} です。同じ設定で再開するか、--resume なしで始めてください。",
                        f"the checkpoint has {name} {was}, but {value} is asked for now. Resume with the same settings, or start without --resume.",
                    )
                )
        if state["data"] != self.data:
            raise ValueError(
                both(
                    "チェックポイントは別のデータで学習したものです。同じデータで再開するか、--resume なしで始めてください。",
                    "the checkpoint was trained on other data. Resume with the same data, or start without --resume.",
                )
            )
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        vars(self.stopping).update(state["stopping"])
        self.history = list(state["history"])
        self.stopped = self.validate and self.epoch - self.stopping.best_epoch >= self.stopping.patience

    def forecast(self, part: str) -> Tensor:
        """Forecasts in prices, (n, horizon), for the windows of a part, with the weights of the best epoch."""
        x, _ = self.parts[part]
        model = copy.deepcopy(self.model)
        if self.stopping.weights:
            model.load_state_dict(self.stopping.weights)
        return self.scale.prices(x, predict(model, self.scale.inputs(x))).cpu()

    def compare(self, part: str) -> tuple[Tensor, dict[str, Tensor]]:
        """The actual prices of a part, (n, horizon), and the forecasts LSTM, naive and drift, each of the same shape."""
        x, t = (tensor.cpu() for tensor in self.parts[part])
        return t, {"LSTM": self.forecast(part)} | baselines(x, t.shape[1], self.train_prices)


# TensorBoard inside a notebook


def show_tensorboard(logdir: Path) -> None:
    """What `%load_ext tensorboard` and `%tensorboard --logdir ...` do, also where the command is not on the PATH."""
    from tensorboard import notebook  # most runs never need it

    # JupyterLab is started by the path of its Python; the folder of commands beside it need not be on the PATH.
    command = shutil.which("tensorboard", path=os.path.dirname(sys.executable))
    if command:
        os.environ.setdefault("TENSORBOARD_BINARY", command)
    notebook.start(f"--logdir {shlex.quote(str(logdir.resolve()))}")


def stop_tensorboard(logdir: Path) -> None:
    """End the servers that `show_tensorboard` started for this very folder; without one, nothing happens."""
    from tensorboard import manager

    for server in manager.get_all():
        if server.logdir == str(logdir.resolve()):
            with contextlib.suppress(OSError):
                os.kill(server.pid, signal.SIGTERM)


# What it is worth


def baselines(x: Tensor, horizon: int, train: ArrayLike) -> dict[str, Tensor]:
    """Two forecasts that learn next to nothing, (n, horizon) each, for windows x (n, window, 1) in prices.

    naive: the last known price. drift: it goes on growing by the mean daily growth of `train`, the training prices
    (Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, section 5.2, on logarithms).
    """
    train = np.asarray(train, dtype=float)
    growth = math.log(train[-1] / train[0]) / (len(train) - 1)
    last, ahead = x[:, -1, :1], torch.arange(1, horizon + 1)
    return {"naive": last.repeat(1, horizon), "drift": last * torch.exp(growth * ahead)}


def by_horizon(actual: Tensor, forecasts: dict[str, Tensor]) -> pd.DataFrame:
    """RMSE for every step ahead, one column a forecast; all are (n, horizon), in prices."""
    rmse = {name: (y - actual).square().mean(dim=0).sqrt().numpy().astype(float) for name, y in forecasts.items()}
    return pd.DataFrame(rmse, index=pd.RangeIndex(1, actual.shape[1] + 1, name="steps ahead"))


def difference(actual: Tensor, forecast: Tensor, naive: Tensor) -> pd.Series:
    """The Diebold-Mariano p of a forecast against the naive one, for every step ahead h, with h - 1 or more lags."""
    p = {}
    for step in range(actual.shape[1]):
        a, f, n = (array[:, step].numpy().astype(float) for array in (actual, forecast, naive))
        differs = np.ptp((a - f) ** 2 - (a - n) ** 2) > 0
        p[step + 1] = diebold_mariano_test(a, f, n, harvey_adj=True, horizon=step + 1).pvalue if differs else np.nan
    return pd.Series(p, name="p").rename_axis("steps ahead")


def conclusion(table: pd.DataFrame, p: pd.Series) -> tuple[str, str]:
    """What a table with the columns LSTM and naive says, with the p of their difference, in Japanese and in English."""
    better, sure = table["LSTM"] < table["naive"], p < SIGNIFICANCE
    counts = len(table), int(better.sum()), int((better & sure).sum()), int((~better & sure).sum())
    return (
        "{} 通りの先読みのうち、LSTM の誤差がナイーブ予測より小さいのは {} 通り。差が偶然と言えないのは、勝ちが {} 通り、負けが {} 通りです（p < 0.05）。".format(*counts),
        "Of {} horizons the LSTM's error is smaller than that of the naive forecast at {}. Differences that chance hardly explains (p < 0.05): {} in its favour, {} against it.".format(*counts),
    )
