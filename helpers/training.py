"""Step 04: standardise, train, predict. One loop serves every optimiser."""

import contextlib
import ctypes
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from numpy.typing import ArrayLike
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from torch import Tensor, nn

from helpers.language import both
from helpers.model import LSTMRegressor

# A step of so small a model takes milliseconds: sharing it between threads gains little on an idle machine and loses
# much on a busy one, where each thread waits for the slowest. OMP_NUM_THREADS overrules.
torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or 1))


def _keep_freed_memory() -> None:
    """Let glibc keep what it frees. By default it hands blocks of some megabytes back to the system after every pass, and
    fetching them again, page by page, takes as long as the arithmetic itself."""
    mmap_threshold, trim_threshold, arena_max = -3, -1, -8  # M_... of malloc.h
    with contextlib.suppress(OSError, AttributeError, TypeError):  # not Linux, or a Linux without glibc: nothing to gain
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(mmap_threshold, 2**30)
        libc.mallopt(trim_threshold, 2**28)
        libc.mallopt(arena_max, 1)  # widget callbacks run in threads, whose own arenas are too small for such blocks


_keep_freed_memory()

def _leave_the_compiler_out() -> None:
    """Spare the second that the first optimiser takes to import torch's compiler, only to switch it off for itself.

    torch._compile looks for this attribute before it imports anything; nothing here is ever compiled.
    """
    for method in (torch.optim.Optimizer.add_param_group, torch.optim.Optimizer.zero_grad):
        vars(method.__wrapped__)["__dynamo_disable"] = method.__wrapped__


_leave_the_compiler_out()

class LBFGS(torch.optim.LBFGS):
    """torch's, which opens every step by evaluating the loss where the step before has just done so.

    fixed_task: set to True where loss and data never change from step to step; that evaluation, one in six, is then remembered.
    """

    fixed_task = False
    _known: tuple[Tensor, list[Tensor], Tensor] | None = None  # the parameters last evaluated, their gradients, the loss

    def step(self, closure: Callable[[], Tensor]) -> Tensor:
        """As torch's, to the last bit."""
        parameters = self.param_groups[0]["params"]

        def evaluate() -> Tensor:
            here = nn.utils.parameters_to_vector(parameters).detach()
            if self.fixed_task and self._known and self._known[0].equal(here):
                for parameter, gradient in zip(parameters, self._known[1], strict=True):
                    parameter.grad = gradient
                return self._known[2]
            loss = closure()
            self._known = here, [parameter.grad for parameter in parameters], loss.detach()
            return loss

        return super().step(evaluate)


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
        return cls(mean, torch.where(std > 0, std, torch.ones_like(std)))  # a constant column becomes 0, not NaN

    def inputs(self, x: Tensor) -> Tensor:
        """Windows in prices -> windows in standard deviations, same shape."""
        return (x - self.mean) / self.std

    def targets(self, t: Tensor) -> Tensor:
        """Targets (the first feature) in prices -> in standard deviations, same shape."""
        return (t - self.mean[0]) / self.std[0]

    def prices(self, y: Tensor) -> Tensor:
        """The way back: predictions in standard deviations -> prices."""
        return y * self.std[0] + self.mean[0]


def make_optimizer(model: nn.Module, name: str, lr: float | None = None) -> torch.optim.Optimizer:
    """ "adamw" (Loshchilov & Hutter 2019), "sgd" or "lbfgs" (Liu & Nocedal 1989; five iterations a step), ready to use.

    lr: the learning rate; None is the optimiser's usual one. Raises ValueError for another name or a rate not above 0.
    """
    if name not in OPTIMIZERS:
        raise ValueError(
            both(
                f"optimizer は {'、'.join(OPTIMIZERS)} のどれかです: {name!r}",
                f"the optimizer is one of {', '.join(OPTIMIZERS)}: {name!r}",
            )
        )
    if lr is not None and not lr > 0:
        raise ValueError(both(f"学習率は 0 より大きくしてください: {lr}", f"the learning rate must be above 0: {lr}"))
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
    on_epoch: Callable[[int, float], bool | None] | None = None,
    loss_function: Callable[[Tensor, Tensor], Tensor] = nn.functional.mse_loss,
) -> list[float]:
    """Train on all windows at once, `epochs` times; the loss is the mean squared error unless another one is given.

    x: (n, window, features), t: (n, horizon). on_epoch(epoch, loss) is called after each epoch, counted from 1, with
    the loss from before its step; when it returns True, training ends there. loss_function(y, t) takes predictions
    and targets and returns one number. Returns the loss of every epoch.
    Raises FloatingPointError when the loss is no longer a number.
    """

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


class Forecaster:
    """A model with the scale it learns in: prices in, prices out. Everything of step 04 in one object.

    x_train: (n, window, features) and t_train: (n, horizon), in prices; the other arguments as in `LSTMRegressor` and
    `make_optimizer`. `train` may be called again and goes on where it ended; `losses` and `seconds` add up over the calls.
    """

    def __init__(self, x_train: Tensor, t_train: Tensor, *, seed: int = 0, hidden_size: int = 16, num_layers: int = 1,
                 cell: str = "lstm", optimizer: str = "lbfgs", lr: float | None = None):
        torch.manual_seed(seed)
        self.scale = Standardizer.of(x_train)
        self.model = LSTMRegressor(x_train.shape[2], hidden_size, num_layers, t_train.shape[1], cell).to(x_train.device)
        self.optimizer = make_optimizer(self.model, optimizer, lr)
        self.optimizer.fixed_task = True  # x and t below stay as they are
        self.x, self.t = self.scale.inputs(x_train), self.scale.targets(t_train)
        self.losses: list[float] = []
        self.seconds = 0.0

    def train(self, epochs: int, on_epoch: Callable[[int, float], bool | None] | None = None) -> "Forecaster":
        """Run `fit` for `epochs` more epochs; raises as `fit` does."""
        started = time.perf_counter()
        self.losses += fit(self.model, self.x, self.t, self.optimizer, epochs, on_epoch)
        self.seconds += time.perf_counter() - started
        return self

    def __call__(self, x: Tensor) -> Tensor:
        """Windows in prices, (n, window, features) -> forecasts in prices, (n, horizon)."""
        return self.scale.prices(predict(self.model, self.scale.inputs(x)))


if __name__ == "__main__":  # python -m helpers.training: step 11 from the terminal
    import sys

    from helpers.terminal import main

    sys.exit(main())
