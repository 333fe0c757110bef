"""Step 06: a forecast next to all its baselines, and what a model looks at in its window."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from statsmodels.stats.weightstats import DescrStatsW
from torch import Tensor, nn

from helpers.validation import diebold_mariano, rmse, skill, squared_error


def confidence_interval(numbers: ArrayLike) -> tuple[float, float]:
    """95% interval of the mean by the t distribution; NaN for a single number."""
    numbers = np.asarray(numbers, dtype=float)
    return DescrStatsW(numbers).tconfint_mean() if len(numbers) > 1 else (np.nan, np.nan)


def seeds_interval(skills: ArrayLike) -> tuple[float, float]:
    """95% interval of the mean skill over seeds, by the t distribution of ln(1 - skill): it never reaches above 1.

    skills: one number a seed, five or more for the interval to mean something. It holds the uncertainty from the seed, and
    nothing of the chance in the test period. Strictly it is that of 1 - the geometric mean of the ratios 1 - skill, which
    differs from the mean skill where one error is many times the others: with 19 skills of 0 and one of -19, whose mean is
    -0.95, it is -0.59 to 0.15. NaN for a single seed or a skill of exactly 1.
    """
    ratios = 1 - np.asarray(skills, dtype=float)
    if not (ratios > 0).all():
        return np.nan, np.nan
    low, high = confidence_interval(np.log(ratios))
    return 1 - np.exp(high), 1 - np.exp(low)


def compare(
    actual: ArrayLike,
    forecasts: Sequence[ArrayLike],
    baselines: dict[str, ArrayLike],
    loss: Callable = rmse,
    losses: Callable = squared_error,
    label: str = "RMSE",
) -> pd.DataFrame:
    """Several trainings of one model against simple forecasts, one row a baseline.

    actual: n values; forecasts: one for each training (each seed), shaped like actual; baselines: name -> the same.
    loss(actual, forecast) is what the skill is of, losses(actual, forecast) gives the n losses that the test compares;
    label names the loss.

    Columns: baseline RMSE: its own. skill: the mean over the seeds; seeds low, seeds high: `seeds_interval` of them.
    skill of mean: that of the mean forecast over the seeds; p: its Diebold-Mariano test over the days.
    """
    mean = np.mean([np.asarray(forecast, dtype=float) for forecast in forecasts], axis=0)
    rows = {}
    for name, baseline in baselines.items():
        skills = np.array([skill(actual, forecast, baseline, loss) for forecast in forecasts])
        low, high = seeds_interval(skills)
        rows[name] = {
            f"baseline {label}": loss(np.asarray(actual, dtype=float), np.asarray(baseline, dtype=float)),
            "skill": skills.mean(),
            "seeds low": low,
            "seeds high": high,
            "skill of mean": skill(actual, mean, baseline, loss),
            "p": diebold_mariano(actual, mean, baseline, losses),
        }
    return pd.DataFrame(rows).T


def input_gradients(model: nn.Module, x: Tensor) -> np.ndarray:
    """How far the output moves with each number of each window: dy/dx.

    x: (n, window, features), in the unit that the model was trained in. Returns (n, window, features). For a model of one
    output. They are weights only where the model is linear: the same numbers for every window. A range over the windows
    says how far from linear it is.
    """
    x = x.detach().clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(model(x).sum(), x)  # each output depends on its own window alone
    return gradient.cpu().numpy()
