"""Step 06: a forecast next to all its simple rivals, and what a model looks at in its window."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from scipy import stats
from torch import Tensor, nn

from helpers.language import both
from helpers.training import metrics
from helpers.validation import diebold_mariano


def seasonal_naive(values: ArrayLike, season: int, test: int) -> np.ndarray:
    """The value one season earlier as the forecast of each of the last `test` values: (time,) -> (test,).

    Raises ValueError when the series is shorter than the test and one season before it.
    """
    values = np.asarray(values, dtype=float)
    if not 1 <= season <= len(values) - test:
        raise ValueError(
            both(f"{len(values)} 行の系列には、周期 {season} とテスト {test} 行は長すぎます。",
                 f"a season of {season} and a test of {test} rows are too long for a series of {len(values)} rows.")
        )  # fmt: skip
    return values[len(values) - test - season : len(values) - season]


def confidence_interval(numbers: ArrayLike) -> tuple[float, float]:
    """95% interval of the mean by the t distribution; NaN for a single number."""
    numbers = np.asarray(numbers, dtype=float)
    if len(numbers) < 2:
        return np.nan, np.nan
    half = stats.t.ppf(0.975, len(numbers) - 1) * stats.sem(numbers)
    return numbers.mean() - half, numbers.mean() + half


def compare(actual: ArrayLike, forecasts: Sequence[ArrayLike], rivals: dict[str, ArrayLike]) -> pd.DataFrame:
    """Several trainings of one model against simple forecasts, one row a rival.

    actual: n values; forecasts: the one-step forecasts of each training (one a seed), n values each; rivals: name -> n values.
    rival RMSE: in the unit of the series. skill: 1 - RMSE / RMSE of the rival, the mean over the trainings; low, high: the
    95% confidence interval of that mean. Diebold-Mariano p: the median over the trainings. The skill against a rival that
    makes no error, up to rounding, is NaN.
    """
    rows, rounding = {}, 1e-9 * np.std(np.asarray(actual, dtype=float))
    for name, rival in rivals.items():
        error = metrics(actual, rival)["RMSE"]
        own = np.array([metrics(actual, forecast)["RMSE"] for forecast in forecasts])
        skills = 1 - own / error if error > rounding else np.full(len(own), np.nan)
        low, high = confidence_interval(skills)
        p = np.median([diebold_mariano(actual, forecast, rival) for forecast in forecasts])
        rows[name] = {"rival RMSE": error, "skill": skills.mean(), "low": low, "high": high, "Diebold-Mariano p": p}
    return pd.DataFrame(rows).T


def input_gradients(model: nn.Module, x: Tensor) -> np.ndarray:
    """How far the output moves with each number of the window: the mean of dy/dx over n windows.

    x: (n, window, features), in the unit that the model was trained in. Returns (window, features). For a model of one
    output; with a linear model these are its weights.
    """
    x = x.detach().clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(model(x).sum(), x)  # each output depends on its own window alone
    return gradient.mean(dim=0).cpu().numpy()


def permutation_importance(forecast: Callable[[Tensor], ArrayLike], x: Tensor, t: Tensor, axis: int = 1,
                           repeats: int = 5, seed: int = 0) -> np.ndarray:
    """How much the RMSE rises when one part of the windows is mixed up between them (Breiman 2001).

    forecast: windows (n, window, features) -> (n, 1). axis: 1 mixes a step of the window with all its features, 2 a feature
    with all its steps; scikit-learn's function of this name could only mix single numbers. Returns one rise a step or feature,
    in the unit of t, the mean over `repeats`.
    """
    generator = torch.Generator().manual_seed(seed)
    before, rises = metrics(t, forecast(x))["RMSE"], []
    for part in range(x.shape[axis]):
        errors = []
        for _ in range(repeats):
            mixed = x.clone()
            mixed.select(axis, part).copy_(x[torch.randperm(len(x), generator=generator)].select(axis, part))
            errors.append(metrics(t, forecast(mixed))["RMSE"])
        rises.append(np.mean(errors) - before)
    return np.array(rises)
