"""Step 07: many steps ahead. Three ways to forecast a path, and its error for every step."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from helpers.beyond import seeds_interval
from helpers.language import BadInput, check_choice
from helpers.model import LSTMRegressor
from helpers.training import Forecaster
from helpers.validation import diebold_mariano, skill, skill_interval


def recursive(forecast, x: Tensor, horizon: int) -> Tensor:
    """A one-step forecast fed with its own output (closed loop), `horizon` times.

    forecast: windows (n, window, 1) -> (n, 1), both in the unit of x. Returns (n, horizon); x stays as it is.
    """
    path = []
    for _ in range(horizon):
        y = forecast(x)
        path.append(y)
        x = torch.cat([x[:, 1:], y[:, :, None]], dim=1)
    return torch.cat(path, dim=1)


class EncoderDecoder(nn.Module):
    """One LSTM reads the window, a second one starts from its state and writes the path step by step.

    input_size: features per step. hidden_size: dimensions of each state. horizon: steps to write. The decoder's input is
    its own last output, in training too (Sutskever, Vinyals & Le 2014; there the true value is fed in training).
    """

    def __init__(self, input_size: int = 1, hidden_size: int = 16, horizon: int = 14):
        super().__init__()
        self.horizon = horizon
        self.encoder = nn.LSTM(input_size, hidden_size, batch_first=True)
        self.decoder = nn.LSTM(1, hidden_size, batch_first=True)
        self.head = nn.Linear(hidden_size, 1)

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, window, input_size) -> (batch, horizon)."""
        _, state = self.encoder(x)
        y, path = x[:, -1:, :1], []
        for _ in range(self.horizon):
            o, state = self.decoder(y, state)
            y = self.head(o)  # (batch, 1, 1)
            path.append(y[:, :, 0])
        return torch.cat(path, dim=1)


METHODS = {"direct": LSTMRegressor, "recursive": LSTMRegressor, "encoder-decoder": EncoderDecoder}


class PathForecaster(Forecaster):
    """A `Forecaster` of whole paths, by default of changes since the last known value.

    method: "direct" (all steps at once), "recursive" (one step, fed with its own output; one feature only) or
    "encoder-decoder". The rest as in `Forecaster`. Raises BadInput for another method, or for several features with
    "recursive", which forecasts only the first of them.
    """

    def __init__(
        self, x_train: Tensor, t_train: Tensor, method: str = "direct", *, target: str = "change", **settings: object
    ):
        check_choice("method", method, METHODS)
        if method == "recursive" and x_train.shape[2] > 1:
            raise BadInput(
                "recursive は特徴量が 1 つのときだけ使えます。次の窓に、ほかの特徴量の予測も要るからです。",
                "recursive takes one feature only: the next window would need forecasts of the others too.",
            )
        self.method, self.horizon = method, t_train.shape[1]
        steps = t_train[:, :1] if method == "recursive" else t_train
        super().__init__(x_train, steps, target=target, model=METHODS[method], **settings)

    def __call__(self, x: Tensor) -> Tensor:
        """Windows in prices, (n, window, features) -> paths in prices, (n, horizon)."""
        return recursive(super().__call__, x, self.horizon) if self.method == "recursive" else super().__call__(x)


def check_paths(**arrays: ArrayLike) -> list[np.ndarray]:
    """Each as a float array of shape (n, horizon), or a BadInput when the shapes differ."""
    paths = [np.asarray(array, dtype=float) for array in arrays.values()]
    if len({path.shape for path in paths}) > 1 or paths[0].ndim != 2:
        shapes = ", ".join(f"{name} {path.shape}" for name, path in zip(arrays, paths, strict=True))
        raise BadInput(
            f"形は、どれも (n, horizon) にしてください: {shapes}", f"the shapes must all be (n, horizon): {shapes}"
        )
    return paths


def _by_step(values: object, name: str) -> pd.Series:
    return pd.Series(values, index=pd.RangeIndex(1, len(values) + 1, name="step"), name=name)


def rmse_by_step(actual: ArrayLike, predicted: ArrayLike) -> pd.Series:
    """RMSE of each step ahead, over all paths: two arrays (n, horizon) -> horizon numbers, indexed 1 .. horizon."""
    actual, predicted = check_paths(actual=actual, predicted=predicted)
    return _by_step(np.sqrt(np.mean((actual - predicted) ** 2, axis=0)), "RMSE")


def dm_by_step(actual: ArrayLike, predicted: ArrayLike, baseline: ArrayLike) -> pd.Series:
    """The Diebold-Mariano p of each step ahead, (n, horizon) each, indexed alike."""
    actual, predicted, baseline = check_paths(actual=actual, predicted=predicted, baseline=baseline)
    columns = zip(actual.T, predicted.T, baseline.T, strict=True)
    return _by_step([diebold_mariano(*triple) for triple in columns], "p")


def compare_paths(actual: ArrayLike, forecasts: dict[str, Sequence[ArrayLike]], baseline: ArrayLike) -> pd.DataFrame:
    """Several methods, each trained several times, against one simple forecast of whole paths: one row a method.

    actual, baseline: (n, horizon), of paths that start one step apart, oldest first. forecasts: method -> one array of
    that shape for each training (each seed); a method without seeds has a single one. The skill is that of the RMSE over
    all steps.

    Columns: skill: the mean over the seeds; seeds low, seeds high: `seeds_interval` of them. skill of mean: that of the
    mean forecast over the seeds; days low, days high: `skill_interval` of it, in blocks as long as the paths overlap.
    With few blocks that interval is too narrow (see there).
    Raises BadInput when the shapes differ.
    """
    rows = {}
    for method, runs in forecasts.items():
        named = {f"{method} {number}": run for number, run in enumerate(runs)}
        actual, baseline, *runs = check_paths(actual=actual, baseline=baseline, **named)
        skills, mean = [skill(actual, run, baseline) for run in runs], np.mean(runs, axis=0)
        own, low, high = skill_interval(actual - mean, actual - baseline, block=actual.shape[1])
        rows[method] = [np.mean(skills), *seeds_interval(skills), own, low, high]
    columns = ["skill", "seeds low", "seeds high", "skill of mean", "days low", "days high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)
