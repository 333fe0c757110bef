"""Step 12: walk forward through time, refit on the way, forecast one step, and watch the skill with its interval."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from helpers.baselines import linear_forecast
from helpers.training import Forecaster
from helpers.validation import diebold_mariano, holm, rmse, skill_interval
from helpers.windows import make_windows


def refit_lstm(
    x: Tensor,
    t: Tensor,
    previous: Forecaster | None = None,
    *,
    initial_epochs: int = 12,
    epochs: int | None = 2,
    **settings: object,
) -> Forecaster:
    """An LSTM trained on the past: `initial_epochs` from scratch, and from then on `epochs` from the weights of `previous`.

    x: (n, window, features), t: (n, 1). The weights of the time before know only an earlier past, so nothing leaks. The
    scale is measured again each time. epochs=None: always from scratch. settings: arguments of `Forecaster`.
    """
    forecaster = Forecaster(x, t, **settings)
    if previous is None or epochs is None:
        return forecaster.train(initial_epochs)
    forecaster.model.load_state_dict(previous.model.state_dict())
    return forecaster.train(epochs)


def refit_linear(x: Tensor, t: Tensor, previous: object = None) -> Callable[[Tensor], Tensor]:
    """The linear regression of `baselines`, with the arguments of `refit_lstm`."""
    return linear_forecast(x, t)


def walk(
    values: ArrayLike, test: int, refit: Callable, window: int = 5, train_size: int | None = None, refit_every: int = 1
) -> Iterator[float]:
    """Forecasts of the last `test` values, one after the other, each by a model that has seen only the rows before it.

    values: (time,) or (time, features), the first feature is forecast. refit(x, t, previous): trains on windows of the
    past and returns a model; `previous` is the one it returned the last time, None at first. train_size: how many of the
    latest rows it sees (a sliding window), None for all of the past (an expanding one). refit_every: days from one refit
    to the next. Raises BadInput as `make_windows` does, when the past does not hold a window and its target.
    """
    values, model = np.asarray(values, dtype=float), None
    for day in range(test):
        past = values[: len(values) - test + day][-(train_size or len(values)) :]
        if day % refit_every == 0:
            model = refit(*make_windows(past, window), model)
        latest = torch.tensor(past[-window:], dtype=torch.float32).reshape(1, window, -1)
        yield model(latest).item()


def walk_forward(values: ArrayLike, test: int, refit: Callable = refit_lstm, **how: object) -> np.ndarray:
    """All forecasts of `walk`, (test,). With `functools.partial` or a lambda it has the form that `leakage.suite` asks for."""
    return np.fromiter(walk(values, test, refit, **how), dtype=float, count=test)


def skill_over_time(actual: ArrayLike, forecast: ArrayLike, baseline: ArrayLike, first: int = 20) -> pd.DataFrame:
    """The skill over the first n days for n = first, first + 1, ...: columns skill, low, high (95%), index n.

    Each interval is for one n, fixed beforehand. It does not allow for picking the n that looks best.
    """
    errors, baseline_errors = np.asarray(actual) - np.asarray(forecast), np.asarray(actual) - np.asarray(baseline)
    days = range(first, len(errors) + 1)
    rows = [skill_interval(errors[:n], baseline_errors[:n]) for n in days]
    return pd.DataFrame(rows, columns=["skill", "low", "high"], index=pd.Index(days, name="days"))


def backtest_table(actual: ArrayLike, forecasts: dict[str, ArrayLike], baseline: ArrayLike) -> pd.DataFrame:
    """Every forecast of n values against one baseline, one row a forecast.

    Columns: RMSE; skill, and days low, days high, its `skill_interval` over the days; p of Diebold-Mariano, and Holm p,
    corrected for as many tests as there are rows. A forecast equal to the baseline has no p.
    """
    actual, baseline, rows = np.asarray(actual), np.asarray(baseline), {}
    for name, forecast in forecasts.items():
        skill, low, high = skill_interval(actual - forecast, actual - baseline)
        p = diebold_mariano(actual, forecast, baseline)
        rows[name] = {"RMSE": rmse(actual, forecast), "skill": skill, "days low": low, "days high": high, "p": p}
    table = pd.DataFrame(rows).T
    return table.assign(**{"Holm p": holm(table["p"])})
