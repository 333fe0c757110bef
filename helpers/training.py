"""Step 04: standardise, train, predict. One loop serves every optimiser, and one Forecaster every later step."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from numpy.typing import ArrayLike
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from torch import Tensor, nn

from helpers.language import BadInput, both, check_choice, check_whole
from helpers.model import LSTMRegressor

try:
    from helpers.tuning import LBFGS
except ImportError:
    from torch.optim import LBFGS

Loss = Callable[[Tensor, Tensor], Tensor]  # (forecasts, targets) -> one number
OnEpoch = Callable[[int, float], bool | None]  # (epoch, loss) -> True to end training
OPTIMIZERS = {
    "adamw": lambda parameters, lr: torch.optim.AdamW(parameters, lr=lr or 1e-3),
    "sgd": lambda parameters, lr: torch.optim.SGD(parameters, lr=lr or 1e-2),
    "lbfgs": lambda parameters, lr: LBFGS(
        parameters, lr=lr or 1.0, max_iter=5, history_size=20, line_search_fn="strong_wolfe"
    ),
}


@dataclass(frozen=True)
class Standardizer:
    """Mean 0 and standard deviation 1, by numbers taken from the training part alone."""

    mean: Tensor  # (features,)
    std: Tensor  # (features,)

    @classmethod
    def of(cls, x_train: Tensor) -> "Standardizer":
        """Measure the training windows, shape (n, window, features)."""
        mean, std = x_train.mean(dim=(0, 1)), x_train.std(dim=(0, 1))
        rounding = 10 * torch.finfo(std.dtype).eps * mean.abs()  # what is left of a constant column in so many digits
        return cls(mean, torch.where(std > rounding, std, torch.ones_like(std)))

    def inputs(self, x: Tensor) -> Tensor:
        """Windows in prices -> windows in standard deviations, same shape."""
        return (x - self.mean) / self.std

    def targets(self, t: Tensor) -> Tensor:
        """Targets (the first feature) in prices -> in standard deviations, same shape."""
        return (t - self.mean[0]) / self.std[0]

    def prices(self, y: Tensor) -> Tensor:
        """The way back: forecasts in standard deviations -> prices."""
        return y * self.std[0] + self.mean[0]


def check_rate(lr: float) -> None:
    """Raise BadInput unless a learning rate is a number above 0; NaN and infinity are none."""
    if not 0 < lr < math.inf:
        raise BadInput(
            f"学習率は 0 より大きい数にしてください: {lr}", f"the learning rate must be a number above 0: {lr}"
        )


def make_optimizer(model: nn.Module, name: str, lr: float | None = None) -> torch.optim.Optimizer:
    """ "adamw" (Loshchilov & Hutter 2019), "sgd" or "lbfgs" (Liu & Nocedal 1989; five iterations a step), ready to use.

    lr: the learning rate; None is the optimiser's usual one. Raises BadInput for another name or a rate not above 0.
    """
    check_choice("optimizer", name, OPTIMIZERS)
    if lr is not None:
        check_rate(lr)
    return OPTIMIZERS[name](model.parameters(), lr)


def check_loss(loss: float, epoch: int) -> float:
    """`loss` itself, or a FloatingPointError when training has broken down."""
    if not math.isfinite(loss):
        raise FloatingPointError(
            both(
                f"エポック {epoch} で損失が {loss} になりました。学習率を下げるか、入力を標準化してください。",
                f"the loss became {loss} in epoch {epoch}: lower the learning rate or standardise the inputs.",
            )
        )
    return loss


def fit(
    model: nn.Module,
    x: Tensor,
    t: Tensor,
    optimizer: torch.optim.Optimizer,
    epochs: int,
    on_epoch: OnEpoch | None = None,
    loss_function: Loss = nn.functional.mse_loss,
) -> list[float]:
    """Train on all windows at once, `epochs` times; the loss is the mean squared error unless another one is given.

    x: (n, window, features), t: (n, horizon). on_epoch(epoch, loss) is called after each epoch, counted from 1, with
    the loss from before its step; when it returns True, training ends there. Returns the loss of every epoch.
    Raises BadInput for a number of epochs that is none, and FloatingPointError when the loss is no longer a number.
    """
    check_whole(0, epochs=epochs)

    def closure():
        optimizer.zero_grad()
        loss = loss_function(model(x), t)
        loss.backward()
        return loss

    losses = []
    model.train()
    for epoch in range(1, epochs + 1):
        losses.append(check_loss(optimizer.step(closure).item(), epoch))
        if on_epoch and on_epoch(epoch, losses[-1]):
            break
    return losses


def predict(model: nn.Module, x: Tensor) -> Tensor:
    """The model's output for x, (n, window, features) -> (n, horizon), with nothing learned and nothing changed."""
    was_training = model.training
    model.eval()
    with torch.no_grad():
        y = model(x)
    model.train(was_training)
    return y


def metrics(actual: Tensor | ArrayLike, predicted: Tensor | ArrayLike) -> dict[str, float]:
    """RMSE and MAE in the unit of `actual`, and R2, of two tensors or arrays of one shape."""
    actual, predicted = (array.cpu() if isinstance(array, Tensor) else array for array in (actual, predicted))
    return {
        "RMSE": root_mean_squared_error(actual, predicted),
        "MAE": mean_absolute_error(actual, predicted),
        "R2": r2_score(actual, predicted),
    }


TARGETS = ("level", "change", "relative")


@dataclass(frozen=True)
class Scale:
    """How prices reach a model and come back, by numbers taken from the training windows alone.

    target: "level", prices as they are; "change", the distance from the last known value of the first feature;
    "relative", that distance as a share of this value, so that a move of 2% looks alike at 13 and at 180 dollars.
    With "change" and "relative" an output of 0 is the naive forecast, whatever the level of the prices.
    """

    standard: Standardizer
    target: str

    @classmethod
    def of(cls, x_train: Tensor, target: str = "level") -> "Scale":
        """Measure the training windows, (n, window, features). Raises BadInput for another target."""
        check_choice("target", target, TARGETS)
        return cls(Standardizer.of(_from_last(x_train, x_train, target)), target)

    def inputs(self, x: Tensor) -> Tensor:
        """Windows in prices, (n, window, features) -> what the model sees, same shape."""
        return self.standard.inputs(_from_last(x, x, self.target))

    def targets(self, x: Tensor, t: Tensor) -> Tensor:
        """Targets in prices, (n, horizon), of the windows x -> what the model should answer, same shape."""
        if self.target == "level":
            return self.standard.targets(t)
        return _from_last(t, x, self.target) / self.standard.std[0]

    def prices(self, x: Tensor, y: Tensor) -> Tensor:
        """The way back: the model's answers, (n, horizon), for the windows x -> prices."""
        if self.target == "level":
            return self.standard.prices(y)
        last, change = x[:, -1, :1], y * self.standard.std[0]
        return last + change if self.target == "change" else last * (1 + change)


def _from_last(values: Tensor, x: Tensor, target: str) -> Tensor:
    """`values`, (n, ...), measured from the last value of the first feature of each window of x."""
    if target == "level":
        return values
    last = x[:, -1, 0].reshape(-1, *[1] * (values.ndim - 1))
    return values - last if target == "change" else values / last - 1


class Forecaster:
    """A model with the scale it learns in: prices in, prices out. Everything of step 04 in one object.

    x_train: (n, window, features) and t_train: (n, horizon), in prices; the first feature is the one to forecast.
    target: as in `Scale`. model(input_size=, hidden_size=, horizon=, ...) makes the network, as `LSTMRegressor` does,
    which gets num_layers and cell too. loss: as in `fit`; optimizer, lr: as in `make_optimizer`. `train` may be called
    again and goes on where it ended; `losses` and `seconds` add up over the calls.
    """

    def __init__(
        self,
        x_train: Tensor,
        t_train: Tensor,
        *,
        seed: int = 0,
        target: str = "level",
        model: Callable[..., nn.Module] = LSTMRegressor,
        hidden_size: int = 16,
        loss: Loss = nn.functional.mse_loss,
        optimizer: str = "lbfgs",
        lr: float | None = None,
        **architecture: object,
    ):
        torch.manual_seed(seed)
        features, horizon = x_train.shape[2], t_train.shape[1]
        self.scale, self.loss = Scale.of(x_train, target), loss
        self.model = model(input_size=features, hidden_size=hidden_size, horizon=horizon, **architecture)
        self.model.to(x_train.device)
        self.optimizer = make_optimizer(self.model, optimizer, lr)
        self.x, self.t = self.scale.inputs(x_train), self.scale.targets(x_train, t_train)
        self.losses: list[float] = []
        self.seconds = 0.0

    def train(self, epochs: int, on_epoch: OnEpoch | None = None) -> "Forecaster":
        """Run `fit` for `epochs` more epochs; raises as `fit` does."""
        started = time.perf_counter()
        self.losses += fit(self.model, self.x, self.t, self.optimizer, epochs, on_epoch, self.loss)
        self.seconds += time.perf_counter() - started
        return self

    def __call__(self, x: Tensor) -> Tensor:
        """Windows in prices, (n, window, features) -> forecasts in prices, (n, horizon)."""
        return self.scale.prices(x, predict(self.model, self.scale.inputs(x)))
