"""Steps 08 and 09: an interval instead of a line. Conformal intervals, quantiles, and how both are scored."""

import warnings
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from sklearn.linear_model import QuantileRegressor
from sklearn.metrics import mean_pinball_loss
from statsmodels.stats.proportion import proportion_confint
from torch import Tensor

from helpers.beyond import compare
from helpers.horizons import check_paths
from helpers.language import BadInput
from helpers.training import Forecaster, Loss

with warnings.catch_warnings():  # crepes sets a warning filter for the whole program when it is imported
    from crepes import ConformalRegressor


def half_width(residuals: ArrayLike, confidence: float) -> float:
    """How far an interval must reach to both sides of a forecast, by split conformal prediction (Lei et al. 2018).

    residuals: (m,), actual minus forecast on windows that were not trained on. It is the ceil((m + 1) confidence)-th
    smallest of their sizes: infinite where there are too few for the confidence, 0 for a confidence of 0 or less.
    """
    sizes = np.append(np.sort(np.abs(np.asarray(residuals, dtype=float))), np.inf)
    rank = int(np.ceil(round(len(sizes) * confidence, 9)))  # rounded: 100 * 0.55 comes out just above 55
    return float(sizes[min(rank, len(sizes)) - 1]) if rank > 0 else 0.0


def adaptive_half_widths(calibration: ArrayLike, residuals: ArrayLike, confidence: float, gamma: float) -> np.ndarray:
    """The half width for each day, where the share of days aimed at moves with what was missed before.

    calibration: (m,), residuals that are known beforehand. residuals: (n,), one a day, each known only after its interval.
    After each day, alpha += gamma (1 - confidence - missed), from alpha = 1 - confidence on (adaptive conformal
    inference, Gibbs & Candès 2021). gamma: 0 never adapts. Returns (n,), infinite on days that ask for certainty.
    """
    alpha, widths = 1 - confidence, []
    for residual in residuals:
        widths.append(half_width(calibration, 1 - alpha))
        alpha += gamma * (1 - confidence - (abs(residual) > widths[-1]))
    return np.array(widths)


def conformal_intervals(residuals: ArrayLike, y: ArrayLike, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper ends of an interval around each step of each path, by split conformal prediction.

    residuals: (m, horizon), actual minus forecast on windows that were not trained on. y: (n, horizon), the paths.
    confidence: share of the values that the interval should hold. Each step ahead has residuals of its own (Mondrian
    categories; Vovk, Gammerman & Shafer 2005). Returns low and high, (n, horizon) each. Raises BadInput when there
    are too few residuals for the confidence.
    """
    residuals, y = np.asarray(residuals, dtype=float), np.asarray(y, dtype=float)
    rank = round(confidence * (len(residuals) + 1), 9)  # 0.9 of 10 is 9, whatever the last bit says
    if not 0 < confidence < 1 or rank > len(residuals):
        raise BadInput(
            f"confidence {confidence} には {len(residuals)} 個の残差では足りません（0 と 1 の間の、もっと小さい値に）。",
            f"{len(residuals)} residuals cannot give a confidence of {confidence}: choose a smaller one between 0 and 1.",
        )
    steps = np.arange(y.shape[1])
    regressor = ConformalRegressor().fit(residuals.ravel(), bins=np.tile(steps, len(residuals)))
    # The same last bit, for crepes: it takes the floor of (1 - confidence) (m + 1).
    ends = regressor.predict_int(y.ravel(), bins=np.tile(steps, len(y)), confidence=confidence - 1e-12)
    return ends[:, 0].reshape(y.shape), ends[:, 1].reshape(y.shape)


def fan(residuals: ArrayLike, y: ArrayLike, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper ends around paths of prices, from residuals in percent: 100 (actual / forecast - 1).

    residuals: (m, horizon). y: (n, horizon), in prices. Returns low and high, (n, horizon) each, in prices: their distance
    grows with the level of y. Raises as `conformal_intervals` does.
    """
    y = np.asarray(y, dtype=float)
    low, high = conformal_intervals(residuals, np.zeros_like(y), confidence)
    return y * (1 + low / 100), y * (1 + high / 100)


def coverage_by_step(actual: ArrayLike, low: ArrayLike, high: ArrayLike) -> pd.DataFrame:
    """How many actual values lie inside the interval, by step ahead: columns blocks, coverage, low, high.

    actual, low, high: (n, horizon); the index is 1 .. horizon. low and high of the result are a 95% interval of the coverage itself (Wilson 1927).
    Paths that start one step apart share all but one of their days, so n paths of `step` days count as n // step, the
    number of paths without a common day: column blocks, at least 1.
    """
    actual, low, high = check_paths(actual=actual, low=low, high=high)
    inside = np.mean((low <= actual) & (actual <= high), axis=0)
    steps = np.arange(1, len(inside) + 1)
    count = np.maximum(1, len(actual) // steps)
    ends = proportion_confint(inside * count, count, method="wilson")
    columns = {"blocks": count, "coverage": inside, "low": ends[0], "high": ends[1]}
    return pd.DataFrame(columns, index=pd.Index(steps, name="step"))


def pinball_loss(levels: Sequence[float]) -> Loss:
    """The loss whose minimum is the quantile, for `fit`: column k of predictions and targets belongs to levels[k].

    With e = t - y it is the mean of max(q e, (q - 1) e) (Koenker & Bassett 1978). Raises BadInput for a level outside 0 .. 1.
    """
    q = torch.as_tensor(levels, dtype=torch.float32)
    if not ((q > 0) & (q < 1)).all():
        raise BadInput(f"分位点は 0 と 1 の間です: {levels}", f"quantile levels lie between 0 and 1: {levels}")

    def loss(y: Tensor, t: Tensor) -> Tensor:
        e = t - y
        return torch.maximum(q.to(e.device) * e, (q.to(e.device) - 1) * e).mean()

    return loss


def empirical_quantiles(t: ArrayLike, levels: Sequence[float]) -> np.ndarray:
    """The quantile of each column of t, (n, k), at its own level: the forecast that needs no model. Returns (k,)."""
    return np.array([np.quantile(column, level) for column, level in zip(np.asarray(t).T, levels, strict=True)])


def linear_quantiles(
    x_train: Tensor, t_train: Tensor, levels: Sequence[float], steps: Sequence[int] = (1, 5, 20)
) -> Callable[[Tensor], np.ndarray]:
    """Quantile regression on recent unrest: a function from windows (n, window, features) to quantiles (n, k).

    Its inputs are the mean sizes of each feature over the last `steps` steps of the window: a day, a week and a month of
    trading days (Koenker & Bassett 1978; the three spans are those of Corsi 2009). t_train: (n, k), k = len(levels).
    """

    def unrest(x: Tensor) -> np.ndarray:
        return np.concatenate([x.abs()[:, -step:].mean(dim=1).numpy(force=True) for step in steps], axis=1)

    targets = zip(t_train.numpy(force=True).T, levels, strict=True)
    models = [QuantileRegressor(quantile=q, alpha=0).fit(unrest(x_train), column) for column, q in targets]
    return lambda x: np.stack([model.predict(unrest(x)) for model in models], axis=1)


class QuantileForecaster(Forecaster):
    """A `Forecaster` of one quantile of each target. It starts from the empirical quantiles and learns when to leave them.

    t_train: (n, k), k = len(levels), in the unit of the first feature; the rest as in `Forecaster`.
    """

    def __init__(self, x_train: Tensor, t_train: Tensor, levels: Sequence[float], **settings: object):
        # The pinball loss has corners; LBFGS, which trusts in curvature, gets stuck at them.
        settings = {"loss": pinball_loss(levels), "optimizer": "adamw", "lr": 1e-2} | settings
        super().__init__(x_train, t_train, **settings)
        with torch.no_grad():
            self.model.head[-1].bias.copy_(torch.as_tensor(empirical_quantiles(self.t.cpu(), levels)))


def interval_pinball(levels: Sequence[float]):
    """The mean pinball loss of both sides, (actual, interval) -> one number, for arrays (n, 2)."""

    def loss(actual: np.ndarray, interval: np.ndarray) -> float:
        sides = zip(actual.T, interval.T, levels, strict=True)
        return np.mean([mean_pinball_loss(side, end, alpha=level) for side, end, level in sides])

    return loss


def interval_scores(actual: ArrayLike, interval: ArrayLike, levels: Sequence[float]) -> pd.Series:
    """How good a forecast of (Low, High) as an interval is; both arrays (n, 2) in one unit.

    pinball: the mean loss of both sides, smaller is better. low coverage, high coverage: share of days whose low (high)
    stayed inside; 1 - levels[0] and levels[1] are aimed at. coverage: both. width: mean distance of the two ends.
    """
    actual, interval = np.asarray(actual, dtype=float), np.asarray(interval, dtype=float)
    low, high = actual[:, 0] >= interval[:, 0], actual[:, 1] <= interval[:, 1]
    scores = {
        "pinball": interval_pinball(levels)(actual, interval),
        "low coverage": low.mean(),
        "high coverage": high.mean(),
        "coverage": (low & high).mean(),
        "width": (interval[:, 1] - interval[:, 0]).mean(),
    }
    return pd.Series(scores)


def compare_intervals(
    actual: ArrayLike, intervals: Sequence[ArrayLike], baselines: dict[str, ArrayLike], levels: Sequence[float]
) -> pd.DataFrame:
    """Several trainings of one model against other intervals, all (n, 2), one row a baseline: `compare` in pinball loss.

    The test compares the losses of the days, each the mean of its two sides.
    """
    q = np.asarray(levels)

    def losses(actual: np.ndarray, interval: np.ndarray) -> np.ndarray:
        e = actual - interval
        return np.maximum(q * e, (q - 1) * e).mean(axis=1)

    actual = np.asarray(actual, dtype=float)
    return compare(actual, intervals, baselines, interval_pinball(levels), losses, "pinball loss")
