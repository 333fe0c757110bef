"""Step 10: walk forward through time, refit on the way, forecast one step, and watch the skill with its interval."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from sklearn.linear_model import LinearRegression
from torch import Tensor

from helpers.language import both
from helpers.training import Forecaster, metrics
from helpers.validation import diebold_mariano
from helpers.windows import make_windows

TARGETS = ("level", "change")


class TargetForecaster(Forecaster):
    """A `Forecaster` of the next value as it is ("level"), or of its distance from the last known one ("change").

    With "change" the windows, too, are distances from the last known value of the first feature. Prices in, prices out
    with both. Arguments as in `Forecaster`; raises ValueError for another target.
    """

    def __init__(self, x_train: Tensor, t_train: Tensor, target: str = "level", **model: Any):
        if target not in TARGETS:
            raise ValueError(both(f"target は level か change です: {target!r}", f"target is level or change: {target!r}"))
        self.target = target
        super().__init__(x_train - self._base(x_train)[:, None], t_train - self._base(x_train), **model)

    def _base(self, x: Tensor) -> Tensor:
        return x[:, -1, :1] * (self.target == "change")

    def __call__(self, x: Tensor) -> Tensor:
        return super().__call__(x - self._base(x)[:, None]) + self._base(x)


def refit_lstm(x: Tensor, t: Tensor, before: TargetForecaster | None = None, *, first: int = 12, epochs: int = 2,
               **model: Any) -> TargetForecaster:
    """An LSTM trained on the past: `first` epochs from scratch, and from then on `epochs` from the weights of `before`.

    x: (n, window, features), t: (n, 1). The weights of the time before know only an earlier past, so nothing leaks. The scale
    is measured anew each time. epochs=None: always from scratch. model: arguments of `TargetForecaster`.
    """
    forecaster = TargetForecaster(x, t, **model)
    if before is None or epochs is None:
        return forecaster.train(first)
    forecaster.model.load_state_dict(before.model.state_dict())
    return forecaster.train(epochs)


def refit_linear(x: Tensor, t: Tensor, before: Any = None) -> Callable[[Tensor], Tensor]:
    """Linear regression on all numbers of the window, in float64: the same arguments and answer as `refit_lstm`."""
    linear = LinearRegression().fit(x.flatten(1).double(), t[:, 0].double())
    return lambda x: torch.from_numpy(linear.predict(x.flatten(1).double()))[:, None]


def walk(values: ArrayLike, test: int, refit: Callable, window: int = 5, rows: int | None = None,
         every: int = 1) -> Iterator[float]:
    """Forecasts of the last `test` values, one after the other, each by a model that has seen only the rows before it.

    values: (time,) or (time, features), the first feature is forecast. refit(x, t, before): trains on windows of the past and
    returns a model; `before` is the one it returned the last time, None at first. rows: how many of the latest rows it
    sees (a sliding window), None for all of the past (an expanding one). every: days from one refit to the next.
    Raises ValueError as `make_windows` does, when the past does not hold a window and its target.
    """
    values, model = np.asarray(values, dtype=float), None
    for day in range(test):
        past = values[: len(values) - test + day][-(rows or len(values)) :]
        if day % every == 0:
            model = refit(*make_windows(past, window), model)
        latest = torch.tensor(past[-window:], dtype=torch.float32).reshape(1, window, -1)
        yield model(latest).item()


def walk_forward(values: ArrayLike, test: int, refit: Callable = refit_lstm, **how: Any) -> np.ndarray:
    """All forecasts of `walk`, (test,). With `functools.partial` or a lambda it has the form that `leakage.suite` asks for."""
    return np.fromiter(walk(values, test, refit, **how), dtype=float, count=test)


def drift(values: ArrayLike, test: int) -> np.ndarray:
    """The last value plus the average change since the first, for the last `test` values (Hyndman & Athanasopoulos 2021, 5.2)."""
    series = np.asarray(values, dtype=float).reshape(len(values), -1)[:, 0]
    known = np.arange(len(series) - test, len(series))  # rows known at each forecast
    return series[known - 1] + (series[known - 1] - series[0]) / (known - 1)


def simple_forecasts(prices: pd.DataFrame, column: str, test: int) -> dict[str, np.ndarray]:
    """Forecasts of the last `test` values that need no training: naive, drift, and the previous close where there is one."""
    series = prices[column].to_numpy()
    known = {"naive": series[-test - 1 : -1], "drift": drift(series, test)}
    if "Close" in prices and column != "Close":
        known["previous close"] = prices["Close"].to_numpy()[-test - 1 : -1]
    return known


def skill_interval(errors: ArrayLike, rival_errors: ArrayLike, resamples: int = 1000) -> tuple[float, float, float]:
    """The skill 1 - RMSE / RMSE of the rival over n days, and its 95% interval by a bootstrap of the days.

    Days are drawn anew in blocks of ceil(n ** (1/3)), because errors hang together from day to day (circular blocks, Politis &
    Romano 1992); the pairs of errors of one day stay together. Where a few wild days weigh most, it is still somewhat too narrow.
    NaN where the rival makes no error.
    """
    a, b = np.square(np.asarray(errors, dtype=float)), np.square(np.asarray(rival_errors, dtype=float))
    if not b.any():
        return np.nan, np.nan, np.nan
    n, block = len(a), int(np.ceil(len(a) ** (1 / 3)))
    starts = np.random.default_rng(0).integers(0, n, (resamples, -(-n // block), 1))
    days = ((starts + np.arange(block)) % n).reshape(resamples, -1)[:, :n]
    drawn_a, drawn_b = a[days].mean(axis=1), b[days].mean(axis=1)
    low, high = np.quantile(1 - np.sqrt(drawn_a[drawn_b > 0] / drawn_b[drawn_b > 0]), [0.025, 0.975])
    return 1 - np.sqrt(a.mean() / b.mean()), low, high


def skill_over_time(actual: ArrayLike, forecast: ArrayLike, rival: ArrayLike, first: int = 20) -> pd.DataFrame:
    """The skill over the first n days for n = first, first + 1, ...: columns skill, low, high (95%), index n.

    Each interval is for one n, fixed beforehand. It does not allow for picking the n that looks best.
    """
    errors, rival_errors = np.asarray(actual) - np.asarray(forecast), np.asarray(actual) - np.asarray(rival)
    days = range(first, len(errors) + 1)
    rows = [skill_interval(errors[:n], rival_errors[:n]) for n in days]
    return pd.DataFrame(rows, columns=["skill", "low", "high"], index=pd.Index(days, name="days"))


def backtest_table(actual: ArrayLike, forecasts: dict[str, ArrayLike], rivals: dict[str, ArrayLike]) -> pd.DataFrame:
    """RMSE of every forecast, and against each rival the skill, its interval and the Diebold-Mariano p; n values each."""
    rows = {}
    for name, forecast in forecasts.items():
        rows[name] = {("", "RMSE"): metrics(actual, forecast)["RMSE"]}
        for rival, values in rivals.items():
            skill, low, high = skill_interval(np.asarray(actual) - forecast, np.asarray(actual) - values)
            p = diebold_mariano(actual, forecast, values)
            rows[name] |= {(f"vs {rival}", key): n for key, n in zip(("skill", "low", "high", "p"), (skill, low, high, p), strict=True)}
    return pd.DataFrame(rows).T
