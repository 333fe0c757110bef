"""Step 07: many steps ahead. Three ways to forecast a path, what a path must beat, and how wide its fan is."""

import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from statsmodels.stats.proportion import proportion_confint
from torch import Tensor, nn

from helpers.language import both
from helpers.model import LSTMRegressor
from helpers.training import Standardizer, fit, make_optimizer, predict

with warnings.catch_warnings():  # crepes sets a warning filter for the whole program when it is imported
    from crepes import ConformalRegressor


def check_reach(x: Tensor, reach: int) -> None:
    """Raise ValueError unless some windows are left when the last `reach` are dropped."""
    if reach >= len(x):
        raise ValueError(
            both(
                f"窓は {len(x)} 個ですが、境目で {reach} 個を捨てる必要があります。horizon を小さくしてください。",
                f"of {len(x)} windows {reach} must be dropped at the border: choose a smaller horizon.",
            )
        )


def purge(x: Tensor, t: Tensor, horizon: int, stride: int = 1) -> tuple[Tensor, Tensor]:
    """Leave out the last windows of a part, whose targets reach into the part that follows it.

    x: (n, window, features), t: (n, horizon) or (n, window + horizon). Returns both without their last
    (horizon - 1) // stride rows (purging: López de Prado 2018, chapter 7). Raises ValueError when nothing is left.
    """
    reach = (horizon - 1) // stride
    check_reach(x, reach)
    return x[: len(x) - reach], t[: len(t) - reach]


# What a path must beat (Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, section 5.2)


def naive_path(x: Tensor, horizon: int) -> Tensor:
    """The last value of each window, `horizon` times: (n, window, features) -> (n, horizon)."""
    return x[:, -1:, 0].repeat(1, horizon)


def drift_path(x: Tensor, horizon: int, slope: float) -> Tensor:
    """The last value plus `slope` a step: (n, window, features) -> (n, horizon). slope: mean change of the training part."""
    return naive_path(x, horizon) + slope * torch.arange(1, horizon + 1)


def seasonal_path(x: Tensor, horizon: int, season: int) -> Tensor:
    """The value one season earlier: (n, window, features) -> (n, horizon). Raises ValueError for a window below a season."""
    window = x.shape[1]
    if not 1 <= season <= window:
        raise ValueError(
            both(
                f"季節 {season} は 1 から窓の長さ {window} までにしてください。",
                f"a season of {season} must lie between 1 and the window, {window}.",
            )
        )
    return x[:, [window - season + step % season for step in range(horizon)], 0]


# Three ways to a path


def recursive(forecast: Callable[[Tensor], Tensor], x: Tensor, horizon: int) -> Tensor:
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

    input_size: features per step. hidden_size: numbers in each state. horizon: steps to write. The decoder's input is
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


METHODS = {  # name -> the model, from features, hidden size and horizon
    "direct": lambda features, hidden, horizon: LSTMRegressor(features, hidden, horizon=horizon),
    "recursive": lambda features, hidden, horizon: LSTMRegressor(features, hidden),
    "encoder-decoder": EncoderDecoder,
}


class PathForecaster:
    """A model that learns changes since the last known value: windows in prices in, paths in prices out.

    x_train: (n, window, features) and t_train: (n, horizon), in prices; the first feature is the one to forecast.
    method: "direct" (all steps at once), "recursive" (one step, fed with its own output; one feature only) or
    "encoder-decoder". `train` may be called again and goes on where it ended. Raises ValueError for another method, or
    for several features with "recursive", which forecasts only the first of them.
    """

    def __init__(self, x_train: Tensor, t_train: Tensor, method: str = "direct", *, seed: int = 0,
                 hidden_size: int = 16, optimizer: str = "lbfgs"):  # fmt: skip
        features, self.method, self.horizon = x_train.shape[2], method, t_train.shape[1]
        if method not in METHODS:
            names = ", ".join(METHODS)
            raise ValueError(both(f"method は {names} のどれかです: {method!r}", f"the method is one of {names}: {method!r}"))
        if method == "recursive" and features > 1:
            raise ValueError(
                both("recursive は特徴量が 1 つのときだけ使えます。次の窓に、ほかの特徴量の予測も要るからです。",
                     "recursive takes one feature only: the next window would need forecasts of the others too.")
            )  # fmt: skip
        torch.manual_seed(seed)
        self.model = METHODS[method](features, hidden_size, self.horizon)
        self.optimizer = make_optimizer(self.model, optimizer)
        past = x_train - x_train[:, -1:]
        future = (t_train - x_train[:, -1, :1])[:, : 1 if method == "recursive" else None]
        self.scale = Standardizer.of(past)
        self.x, self.t = self.scale.inputs(past), self.scale.targets(future)
        self.losses: list[float] = []
        self.seconds = 0.0

    def train(self, epochs: int, on_epoch: Callable[[int, float], bool | None] | None = None) -> "PathForecaster":
        """Run `fit` for `epochs` more epochs; raises as `fit` does."""
        started = time.perf_counter()
        self.losses += fit(self.model, self.x, self.t, self.optimizer, epochs, on_epoch)
        self.seconds += time.perf_counter() - started
        return self

    def _change(self, x: Tensor) -> Tensor:
        last = x[:, -1:]
        return self.scale.prices(predict(self.model, self.scale.inputs(x - last))) + last[:, 0, :1]

    def __call__(self, x: Tensor) -> Tensor:
        """Windows in prices, (n, window, features) -> paths in prices, (n, horizon)."""
        return recursive(self._change, x, self.horizon) if self.method == "recursive" else self._change(x)


# The errors of a path, and its fan


def check_paths(**arrays: ArrayLike) -> list[np.ndarray]:
    """Each as a float array of shape (n, horizon), or a ValueError when the shapes differ."""
    paths = [np.asarray(array, dtype=float) for array in arrays.values()]
    if len({path.shape for path in paths}) > 1 or paths[0].ndim != 2:
        shapes = ", ".join(f"{name} {path.shape}" for name, path in zip(arrays, paths, strict=True))
        raise ValueError(both(f"形は、そろって (n, horizon) です: {shapes}", f"the shapes must all be (n, horizon): {shapes}"))
    return paths


def rmse_by_step(actual: ArrayLike, predicted: ArrayLike) -> pd.Series:
    """RMSE of each step ahead, over all paths: two arrays (n, horizon) -> horizon numbers, indexed 1 .. horizon."""
    actual, predicted = check_paths(actual=actual, predicted=predicted)
    rmse = np.sqrt(np.mean((actual - predicted) ** 2, axis=0))
    return pd.Series(rmse, index=pd.RangeIndex(1, len(rmse) + 1, name="step"), name="RMSE")


def conformal_fan(residuals: ArrayLike, y: ArrayLike, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper ends of an interval around each step of each path, by split conformal prediction.

    residuals: (m, horizon), actual minus forecast on windows that were not trained on. y: (n, horizon), the paths.
    confidence: share of the values that the interval should hold. Each step ahead has residuals of its own (Mondrian
    categories; Vovk, Gammerman & Shafer 2005). Returns low and high, (n, horizon) each. Raises ValueError when there
    are too few residuals for the confidence.
    """
    residuals, y = np.asarray(residuals, dtype=float), np.asarray(y, dtype=float)
    if not 0 < confidence < 1 or (1 - confidence) * (len(residuals) + 1) < 1:
        raise ValueError(
            both(
                f"confidence {confidence} には {len(residuals)} 個の残差では足りません（0 と 1 の間の、もっと小さい値に）。",
                f"{len(residuals)} residuals cannot give a confidence of {confidence}: choose a smaller one between 0 and 1.",
            )
        )
    steps = np.arange(y.shape[1])
    regressor = ConformalRegressor().fit(residuals.ravel(), bins=np.tile(steps, len(residuals)))
    fan = regressor.predict_int(y.ravel(), bins=np.tile(steps, len(y)), confidence=confidence)
    return fan[:, 0].reshape(y.shape), fan[:, 1].reshape(y.shape)


def coverage_by_step(actual: ArrayLike, low: ArrayLike, high: ArrayLike) -> pd.DataFrame:
    """How many actual values lie inside the fan, for each step ahead: columns coverage, low and high, index 1 .. horizon.

    actual, low, high: (n, horizon). low and high of the result are a 95% interval of the coverage itself (Wilson 1927).
    Paths that start one step apart share all but one of their days, so n paths of `step` days count as n // step.
    """
    actual, low, high = check_paths(actual=actual, low=low, high=high)
    inside = np.mean((low <= actual) & (actual <= high), axis=0)
    steps = np.arange(1, len(inside) + 1)
    count = np.maximum(1, len(actual) // steps)
    ends = proportion_confint(inside * count, count, method="wilson")
    return pd.DataFrame({"coverage": inside, "low": ends[0], "high": ends[1]}, index=pd.Index(steps, name="step"))
