"""Step 05 and later: the forecasts that any model has to beat, each in its one form.

Windows x are (n, window, features) in prices, the first feature is the one to forecast; forecasts are (n, horizon).
Source: Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, section 5.2.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from sklearn.linear_model import LinearRegression
from torch import Tensor

from helpers.language import BadInput


def naive_forecast(x: Tensor, horizon: int = 1) -> Tensor:
    """The last value of each window, `horizon` times."""
    return x[:, -1, :1].repeat(1, horizon)


def drift_forecast(x: Tensor, horizon: int, train: ArrayLike) -> Tensor:
    """The last value of each window plus, for every step, the mean change of `train`, (time,): the training part."""
    train = np.asarray(train, dtype=float)
    slope = (train[-1] - train[0]) / (len(train) - 1)
    return naive_forecast(x, horizon) + slope * torch.arange(1, horizon + 1, device=x.device)


def seasonal_naive_forecast(x: Tensor, horizon: int, period: int) -> Tensor:
    """The value one period earlier. Raises BadInput for a window shorter than the period."""
    window = x.shape[1]
    if not 1 <= period <= window:
        raise BadInput(
            f"周期 {period} は 1 から窓の長さ {window} までにしてください。",
            f"a period of {period} must lie between 1 and the window, {window}.",
        )
    return x[:, [window - period + step % period for step in range(horizon)], 0]


def linear_forecast(x_train: Tensor, t_train: Tensor) -> Callable[[Tensor], Tensor]:
    """Linear regression on all numbers of the window, in float64: a function from windows to forecasts."""
    linear = LinearRegression().fit(x_train.flatten(1).double(), t_train.double())
    return lambda x: torch.from_numpy(linear.predict(x.flatten(1).double()))


def last_known(prices: pd.DataFrame, column: str, test: int) -> dict[str, np.ndarray]:
    """Forecasts of the last `test` values of a column, known the day before: naive, drift, and the previous close.

    The drift's slope is that of all rows before the test. "previous close" is there where the table has a close beside
    the column. Returns (test,) each.
    """
    series = prices[column].to_numpy()
    latest = torch.from_numpy(series[-test - 1 : -1].copy())[:, None, None]
    known = {"naive": naive_forecast(latest), "drift": drift_forecast(latest, 1, series[:-test])}
    known = {name: y[:, 0].numpy() for name, y in known.items()}
    if "Close" in prices and column != "Close":
        known["previous close"] = prices["Close"].to_numpy()[-test - 1 : -1]
    return known
