"""Step 06: a forecast next to all its baselines, and what a model looks at in its window."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from statsmodels.stats.weightstats import DescrStatsW
from torch import Tensor, nn

from helpers.training import metrics
from helpers.validation import diebold_mariano, rmse, skill, squared_error


def confidence_interval(numbers: ArrayLike) -> tuple[float, float]:
    """95% interval of the mean by the t distribution; NaN for a single number."""
    numbers = np.asarray(numbers, dtype=float)
    return DescrStatsW(numbers).tconfint_mean() if len(numbers) > 1 else (np.nan, np.nan)


def seeds_interval(skills: ArrayLike) -> tuple[float, float]:
    """95% interval of the mean skill over seeds, by the t distribution of ln(1 - skill): it never reaches above 1.

    skills: one number a seed, five or more for the interval to mean something. It holds the uncertainty from the seed, and
    nothing of the chance in the test period. NaN for a single seed or a skill of exactly 1.
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
    season: int = 1,
) -> pd.DataFrame:
    """Several trainings of one model against simple forecasts, one row a baseline.

    actual: n values; forecasts: one for each training (each seed), shaped like actual; baselines: name -> the same.
    loss(actual, forecast) is what the skill is of, losses(actual, forecast) gives the n losses that the test compares;
    label names the loss. season: as in `diebold_mariano`.

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
            "p": diebold_mariano(actual, mean, baseline, losses, season=season),
        }
    return pd.DataFrame(rows).T


def input_gradients(model: nn.Module, x: Tensor) -> np.ndarray:
    """How far the output moves with each number of the window: the mean of dy/dx over n windows.

    x: (n, window, features), in the unit that the model was trained in. Returns (window, features). For a model of one
    output; with a linear model these are its weights.
    """
    x = x.detach().clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(model(x).sum(), x)  # each output depends on its own window alone
    return gradient.mean(dim=0).cpu().numpy()


def permutation_importance(
    forecast: Callable[[Tensor], ArrayLike], x: Tensor, t: Tensor, axis: int = 1, repeats: int = 5, seed: int = 0
) -> np.ndarray:
    """How much the RMSE rises when one part of the windows is shuffled across them (Breiman 2001).

    forecast: windows (n, window, features) -> (n, 1). axis: 1 shuffles a step of the window with all its features, 2 a
    feature with all its steps; scikit-learn's function of this name could only shuffle single numbers. Returns one rise
    a step or feature, in the unit of t, the mean over `repeats`.
    """
    generator = torch.Generator().manual_seed(seed)
    before, rises = metrics(t, forecast(x))["RMSE"], []
    for part in range(x.shape[axis]):
        errors = []
        for _ in range(repeats):
            shuffled = x.clone()
            order = torch.randperm(len(x), generator=generator)
            shuffled.select(axis, part).copy_(x[order].select(axis, part))
            errors.append(metrics(t, forecast(shuffled))["RMSE"])
        rises.append(np.mean(errors) - before)
    return np.array(rises)
