"""Step 13: training in mini-batches, with metrics by epoch, early stopping, and baselines for every step ahead."""

import copy
import hashlib
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torchmetrics import MeanMetric, MetricCollection
from torchmetrics.regression import MeanAbsoluteError, MeanSquaredError, NormalizedRootMeanSquaredError, R2Score

from helpers.baselines import drift_forecast, naive_forecast
from helpers.environment import device
from helpers.horizons import rmse_by_step
from helpers.language import BadInput, check_whole
from helpers.model import LSTMRegressor
from helpers.training import Scale, check_loss, check_rate, predict
from helpers.validation import SIGNIFICANCE, holm
from helpers.windows import make_windows, split_parts

METRICS = ("RMSE", "MAE", "R2", "NRMSE", "direction")


def train_epoch(
    model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, t: Tensor, batch_size: int, seed: int, epoch: int
) -> float:
    """One pass over all windows in batches, in an order drawn again for each epoch. Returns the mean loss over the windows.

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


def make_scores() -> MetricCollection:
    """RMSE and MAE in the unit of the prices; R2; NRMSE, which is RMSE / (highest - lowest target)."""
    return MetricCollection(
        {
            "RMSE": MeanSquaredError(squared=False),
            "MAE": MeanAbsoluteError(),
            "R2": R2Score(),
            "NRMSE": NormalizedRootMeanSquaredError(normalization="range"),
        },
        compute_groups=False,  # none of these share a state
    )


def evaluate(model: nn.Module, scale: Scale, x: Tensor, t: Tensor) -> dict[str, float]:
    """The loss and every metric of one part, over all steps ahead at once; nothing is learned and nothing changed.

    x: (n, window, 1) and t: (n, horizon), in prices. direction: how often the sign of the change from the last known
    price was right, where both changes have one; NaN where none has.
    """
    total, scores, direction = 0.0, make_scores(), MeanMetric()  # BinaryAccuracy would say 0 in place of NaN
    middle = t.mean()  # no metric minds a shift, but squares of prices such as 40,000 cost float32 its digits
    for x_batch, t_batch in zip(x.split(512), t.split(512), strict=True):
        y = predict(model, scale.inputs(x_batch))
        total += nn.functional.mse_loss(y, scale.targets(x_batch, t_batch), reduction="sum").item()
        prices = scale.prices(x_batch, y)
        prices, actual, last = ((values - middle).cpu() for values in (prices, t_batch, x_batch[:, -1, :1]))
        scores.update(prices.flatten(), actual.flatten())
        called = (prices != last) & (actual != last)
        direction.update(((prices > last) == (actual > last))[called])
    found = scores.compute() | {"direction": direction.compute()}
    return {"loss": total / t.numel()} | {name: float(value) for name, value in found.items()}


class EarlyStopping:
    """Keeps the weights of the best epoch, and says when `patience` epochs have passed without a better one."""

    def __init__(self, patience: int):
        self.patience, self.best, self.best_epoch, self.weights = patience, math.inf, 0, {}

    def __call__(self, epoch: int, loss: float, model: nn.Module) -> bool:
        if loss < self.best:
            self.best, self.best_epoch = loss, epoch
            self.weights = {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}
        return epoch - self.best_epoch >= self.patience


@dataclass(frozen=True)
class Settings:
    """What the result of a training follows from, besides the prices. target: as in `Scale`; lr, weight_decay: Adam's."""

    window: int = 30
    horizon: int = 14
    target: str = "relative"
    hidden_size: int = 16
    batch_size: int = 128
    lr: float = 3e-3
    weight_decay: float = 1e-3
    patience: int = 5
    seed: int = 0


class Trainer:
    """A series, its three parts, a model and its training, epoch by epoch.

    prices: (time,), oldest first. settings: those of `Settings`, by name. Raises BadInput for settings that cannot be,
    and while training FloatingPointError when the loss is no longer a number.
    """

    def __init__(self, prices: ArrayLike, **settings: object):
        self.settings = Settings(**settings)
        window, horizon = self.settings.window, self.settings.horizon
        check_whole(**{name: getattr(self.settings, name) for name in ("hidden_size", "batch_size", "patience")})
        check_whole(0, seed=self.settings.seed)
        check_rate(self.settings.lr)
        self.device = device()
        parts = split_parts(*make_windows(prices, window, horizon))
        self.parts = {part: (x.to(self.device), t.to(self.device)) for part, (x, t) in parts.items()}
        x, t = self.parts["train"]
        values = np.asarray(prices, dtype=float)
        if self.settings.target == "relative" and (values == 0).any():
            row = int(np.flatnonzero(values == 0)[0])
            raise BadInput(
                f"{row} 行目（0 から数えて）の値が 0 です。target が 'relative' のときは直前の値で割るので、0 は使えません。"
                "target を 'level' か 'change' にするか、0 のない列を選んでください。",
                f"row {row} (counted from 0) is 0, and target 'relative' divides by the value before. "
                "Choose target 'level' or 'change', or a column without zeros.",
            )
        self.train_prices = values[: len(x) + window + horizon - 1]
        self.data_sha256 = hashlib.sha256(values.tobytes()).hexdigest()
        self.scale = Scale.of(x, self.settings.target)
        self.x, self.t = self.scale.inputs(x), self.scale.targets(x, t)
        torch.manual_seed(self.settings.seed)
        self.model = LSTMRegressor(hidden_size=self.settings.hidden_size, horizon=horizon).to(self.device)
        rates = {"lr": self.settings.lr, "weight_decay": self.settings.weight_decay}
        self.optimizer = torch.optim.Adam(self.model.parameters(), **rates)
        self.stopping, self.stopped, self.history = EarlyStopping(self.settings.patience), False, []

    @property
    def epoch(self) -> int:
        """How many whole epochs have been trained."""
        return len(self.history)

    def epochs(self, limit: int) -> Iterator[dict]:
        """Train up to epoch `limit` or until nothing has got better for long; yields one row a whole epoch."""
        batch_size, seed = self.settings.batch_size, self.settings.seed
        while self.epoch < limit and not self.stopped:
            epoch = self.epoch + 1
            loss = train_epoch(self.model, self.optimizer, self.x, self.t, batch_size, seed, epoch)
            row = {"epoch": epoch, "loss": check_loss(loss, epoch)}
            for part in ("train", "validation"):
                scores = evaluate(self.model, self.scale, *self.parts[part])
                row |= {f"{name}/{part}": value for name, value in scores.items()}
            self.stopped = self.stopping(epoch, check_loss(row["loss/validation"], epoch), self.model)
            self.history.append(row)
            yield row

    def state(self) -> dict:
        """All that a later process needs to go on as if nothing had happened: plain values and tensors."""
        return {
            "settings": asdict(self.settings),
            "data_sha256": self.data_sha256,
            "history": self.history,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "stopping": vars(self.stopping),
        }

    def restore(self, state: dict) -> None:
        """Go on from `state`. Raises BadInput when it belongs to other settings or other data."""
        for name, value in asdict(self.settings).items():
            if (was := state["settings"].get(name)) != value:
                raise BadInput(
                    f"チェックポイントの {name} は {was} ですが、今の指定は {value} です。同じ設定で再開するか、"
                    "--resume なしで始めてください。",
                    f"the checkpoint has {name} {was}, but {value} is asked for now. Resume with the same settings, "
                    "or start without --resume.",
                )
        if state["data_sha256"] != self.data_sha256:
            raise BadInput(
                "チェックポイントは別のデータで学習したものです。同じデータで再開するか、--resume なしで始めてください。",
                "the checkpoint was trained on other data. Resume with the same data, or start without --resume.",
            )
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        vars(self.stopping).update(state["stopping"])
        self.history = list(state["history"])
        self.stopped = self.epoch - self.stopping.best_epoch >= self.stopping.patience

    def forecasts(self, x: Tensor) -> dict[str, Tensor]:
        """Windows in prices, (n, window, 1) -> the forecasts LSTM, naive and drift, (n, horizon) each, on the CPU.

        The LSTM forecasts with the weights of the best epoch, the drift goes on as the training prices went.
        """
        best, horizon, x = copy.deepcopy(self.model), self.settings.horizon, x.to(self.device)
        best.load_state_dict(self.stopping.weights or best.state_dict())
        forecasts = {
            "LSTM": self.scale.prices(x, predict(best, self.scale.inputs(x))),
            "naive": naive_forecast(x, horizon),
            "drift": drift_forecast(x, horizon, self.train_prices),
        }
        return {name: y.cpu() for name, y in forecasts.items()}

    def compare(self, part: str) -> tuple[Tensor, dict[str, Tensor]]:
        """The actual prices of a part, (n, horizon), and the `forecasts` of its windows."""
        x, t = self.parts[part]
        return t.cpu(), self.forecasts(x)

    def rmse(self, part: str) -> pd.DataFrame:
        """The RMSE on a part: one row a step ahead, one column a forecast of `compare`."""
        actual, forecasts = self.compare(part)
        return pd.DataFrame({name: rmse_by_step(actual, y) for name, y in forecasts.items()})


def conclusion(table: pd.DataFrame, p: pd.Series) -> tuple[str, str]:
    """What the errors by step in the columns LSTM and naive say, in Japanese and in English.

    p: of their difference at every step, as `dm_by_step` gives them. Wins and losses are counted after Holm's
    correction: as many tests as steps find something by chance.
    """
    better, sure = table["LSTM"] < table["naive"], holm(p) < SIGNIFICANCE
    steps, smaller, won, lost = len(table), better.sum(), (better & sure).sum(), (~better & sure).sum()
    return (
        f"{steps} 通りのホライズンのうち、LSTM の誤差がナイーブ予測より小さいのは {smaller} 通りです。"
        f"Holm の補正をしたうえで偶然とは言えない差は、勝ちが {won} 通り、負けが {lost} 通りです（p < {SIGNIFICANCE}）。",
        f"Of {steps} horizons the LSTM's error is smaller than that of the naive forecast at {smaller}. Differences that "
        f"chance hardly explains (p < {SIGNIFICANCE} after Holm's correction): {won} in its favour, {lost} against it.",
    )
