"""Steps 08 and 09: an interval instead of a line. Conformal intervals, quantiles, and how both are scored.

More than 200 lines, because intervals and distributions are scored by the same losses, and both steps use either.
"""

import warnings
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from sklearn.linear_model import QuantileRegressor
from sklearn.metrics import mean_pinball_loss
from statsmodels.stats.proportion import proportion_confint
from torch import Tensor, nn

from helpers.beyond import compare
from helpers.horizons import check_paths
from helpers.language import BadInput
from helpers.model import LSTMRegressor
from helpers.training import Forecaster, Loss

with warnings.catch_warnings():  # crepes sets a warning filter for the whole program when it is imported
    from crepes import ConformalRegressor


def margin(scores: ArrayLike, confidence: float) -> float:
    """How far an interval must be widened so that a new score stays within it, by split conformal prediction.

    scores: (m,), how far off forecasts were on days that were not trained on, such as sizes of residuals (Lei et al. 2018)
    or what `outside` gives. The margin is the ceil((m + 1) confidence)-th smallest of them: where all m + 1 scores are
    exchangeable, the new one is no larger with a probability of at least `confidence`. inf where there are too few scores
    for the confidence, -inf for a confidence of 0 or less, which adaptive margins may ask for.
    """
    scores = np.append(np.sort(np.asarray(scores, dtype=float)), np.inf)
    rank = int(np.ceil(round(len(scores) * confidence, 9)))  # rounded: 100 * 0.55 comes out just above 55
    return float(scores[min(rank, len(scores)) - 1]) if rank > 0 else -np.inf


def adaptive_margins(calibration: ArrayLike, scores: ArrayLike, confidence: float, gamma: float) -> np.ndarray:
    """The margin of each day, where the share of days aimed at moves with what was missed before.

    calibration: (m,), scores that are known beforehand. scores: (n,), one a day, each known only after its interval. After
    each day, alpha += gamma (1 - confidence - missed), from alpha = 1 - confidence on (adaptive conformal inference, Gibbs &
    Candès 2021). gamma: 0 never adapts. Returns (n,), infinite on days that ask for certainty.
    """
    if gamma == 0:
        return np.full(len(scores), margin(calibration, confidence))
    alpha, margins = 1 - confidence, []
    for score in scores:
        margins.append(margin(calibration, 1 - alpha))
        alpha += gamma * (1 - confidence - (score > margins[-1]))
    return np.array(margins)


def outside(actual: ArrayLike, low: ArrayLike, high: ArrayLike) -> np.ndarray:
    """How far each value lies outside its interval, less than 0 inside: the score of conformalised quantile regression.

    All (n,) and in one unit; max(low - actual, actual - high) (Romano, Patterson & Candès 2019).
    """
    actual, low, high = (np.asarray(values, dtype=float) for values in (actual, low, high))
    return np.maximum(low - actual, actual - high)


def walk_intervals(
    actual: ArrayLike, y: ArrayLike, low: ArrayLike, high: ArrayLike, confidence: float, gamma: float, begin: int = 100
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Three ways to an interval for each day after the first `begin`, whose scores are known: method -> (low, high).

    actual, y, low, high: (n,), one a day, oldest first: values, forecasts, and the lower and upper quantile that a model
    forecasts. "split conformal": y and one margin for all days. "CQR": the quantiles and one margin for both ends.
    "CQR + ACI": the same with a margin that adapts by `gamma`. Each result is (n - begin,).
    """
    actual, y, low, high = (np.asarray(values, dtype=float) for values in (actual, y, low, high))
    kinds = {"split conformal": (y, y, 0), "CQR": (low, high, 0), "CQR + ACI": (low, high, gamma)}
    intervals = {}
    for name, (bottom, top, speed) in kinds.items():
        scores = outside(actual, bottom, top)  # of a single line: the size of its residual
        margins = adaptive_margins(scores[:begin], scores[begin:], confidence, speed)
        intervals[name] = bottom[begin:] - margins, top[begin:] + margins
    return intervals


def coverage_after_shift(
    gamma: float, days: int = 300, shift: int = 150, runs: int = 400, begin: int = 99, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How often 80% intervals hold on generated days: by day (1 .. days), and by volatility before the shift.

    Each day has a volatility (lognormal) that the model knows, and a value that is normal with it. The model's quantiles are
    plus and minus one volatility, too narrow for 80%; the scores of `begin` more days before set the margins, as in
    `walk_intervals`. Up to day `shift` all days are exchangeable. After it values are twice as large, unknown to the model.
    Both tables have a column a method, and the share of `runs` independent series; the second one has the days up to the
    shift by thirds of their volatility.
    """
    rng = np.random.default_rng(seed)
    size = rng.lognormal(sigma=0.4, size=(runs, begin + days))
    grown = np.where(np.arange(begin + days) < begin + shift, 1, 2)
    actual = grown * size * rng.normal(size=size.shape)
    walks = [walk_intervals(*row, 0.8, gamma, begin) for row in zip(actual, 0 * size, -size, size, strict=True)]
    new, by_day, by_size = actual[:, begin:], {}, {}
    calm = size[:, begin : begin + shift]
    edges = np.quantile(calm, [1 / 3, 2 / 3])
    third = (calm[..., None] > edges).sum(axis=-1)
    for name in walks[0]:
        low, high = np.stack([walk[name] for walk in walks], axis=1)  # (runs, days) each
        inside = (low <= new) & (new <= high)
        by_day[name] = inside.mean(axis=0)
        by_size[name] = [inside[:, :shift][third == k].mean() for k in range(3)]
    steps = pd.RangeIndex(1, days + 1, name="day")
    return pd.DataFrame(by_day, steps), pd.DataFrame(by_size, ["calm", "middle", "volatile"])


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

    actual, low, high: (n, horizon); the index is 1 .. horizon. low and high of the result are a 95% interval of the coverage
    itself (Wilson 1927). Paths that start one step apart share all but one of their days, so n paths of `step` days count as
    n // step, the number of paths without a common day: column blocks, at least 1. This is on the safe side: on random walks
    the interval holds the true coverage in 99% of cases at 5 and at 14 steps.
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
    trading days (Koenker & Bassett 1978; three spans, as Corsi 2009 has them, whose month is 22 days). t_train: (n, k), k = len(levels), or
    (n, 1), one target for all levels. Each level is fitted on its own, so that those of one target may cross.
    """

    def unrest(x: Tensor) -> np.ndarray:
        return np.concatenate([x.abs()[:, -step:].mean(dim=1).numpy(force=True) for step in steps], axis=1)

    targets = np.broadcast_to(t_train.numpy(force=True), (len(t_train), len(levels)))
    pairs = zip(targets.T, levels, strict=True)
    models = [QuantileRegressor(quantile=q, alpha=0).fit(unrest(x_train), column) for column, q in pairs]
    return lambda x: np.stack([model.predict(unrest(x)) for model in models], axis=1)


def simple_distributions(x_train: Tensor, t_train: Tensor, x: Tensor, levels: Sequence[float]) -> dict[str, np.ndarray]:
    """The baselines of a forecast of quantiles of one target, t_train: (n, 1), for the windows x: name -> (len(x), k).

    "empirical": the quantiles of t_train, the same every time. "linear quantiles": `linear_quantiles`, sorted, which undoes
    crossings and cannot raise the mean pinball loss (Chernozhukov, Fernández-Val & Galichon 2010).
    """
    empirical = np.quantile(t_train.numpy(force=True), levels)
    linear = linear_quantiles(x_train, t_train, levels)(x)
    return {"empirical": np.tile(empirical, (len(x), 1)), "linear quantiles": np.sort(linear, axis=1)}


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


class RisingQuantiles(LSTMRegressor):
    """An `LSTMRegressor` whose outputs rise from the first to the last, so that quantiles cannot cross.

    The first output is free, and each next one adds softplus(...) > 0 to the one before (Park et al. 2022, incremental
    quantile functions). Means of several such models rise as well. Sorting free outputs would also do (Chernozhukov,
    Fernández-Val & Galichon 2010); here nothing has to be repaired, and the loss sees what is forecast.
    """

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, window, input_size) -> (batch, horizon), rising along each row."""
        y = super().forward(x)
        return torch.cat([y[:, :1], nn.functional.softplus(y[:, 1:])], dim=1).cumsum(dim=1)


class DistributionForecaster(Forecaster):
    """A `Forecaster` of several quantiles of one target: its whole distribution, without crossings.

    t_train: (n, 1), in the unit of the first feature. levels: (k,), rising, between 0 and 1. Forecasts are (n, k). It starts
    from the empirical quantiles; the rest as in `Forecaster`. Raises BadInput for levels that do not rise.
    """

    def __init__(self, x_train: Tensor, t_train: Tensor, levels: Sequence[float], **settings: object):
        if (np.diff(levels) <= 0).any():
            raise BadInput(f"分位点は小さい順に並べます: {levels}", f"quantile levels must rise: {levels}")

        def network(**sizes: int) -> RisingQuantiles:
            return RisingQuantiles(**sizes | {"horizon": len(levels)})

        settings = {"loss": pinball_loss(levels), "optimizer": "adamw", "lr": 1e-2, "model": network} | settings
        super().__init__(x_train, t_train, **settings)
        start = np.quantile(self.t.numpy(force=True), levels)
        steps = np.log(
            np.expm1(np.maximum(np.diff(start), 1e-3))
        )  # what softplus turns into the gaps between quantiles
        with torch.no_grad():
            self.model.head[-1].bias.copy_(torch.as_tensor(np.append(start[:1], steps)))


def interval_score(actual: ArrayLike, low: ArrayLike, high: ArrayLike, confidence: float) -> np.ndarray:
    """The loss of each of n intervals: its width, and 2 / (1 - confidence) times what an actual value lies outside by.

    (Gneiting & Raftery 2007, eq. 43.) Smaller is better. The pinball losses of both ends, at (1 - confidence) / 2 and
    (1 + confidence) / 2, add up to the same but for that factor.
    """
    width = np.asarray(high, dtype=float) - np.asarray(low, dtype=float)
    return width + 2 / (1 - confidence) * np.maximum(outside(actual, low, high), 0)


def crps(actual: ArrayLike, quantiles: ArrayLike, levels: Sequence[float]) -> np.ndarray:
    """The continuous ranked probability score of each of n forecast distributions, known by quantiles; smaller is better.

    actual: (n,). quantiles: (n, k), levels: (k,), rising. The score is twice the integral of the pinball loss over all
    levels from 0 to 1 (Gneiting & Ranjan 2011); here the integral is the trapezoidal rule on the levels given, with a loss
    of 0 at both ends. Of nine deciles of a normal distribution it is 1.5% less than the exact score.
    """
    q = np.asarray(levels, dtype=float)
    e = np.asarray(actual, dtype=float)[:, None] - np.asarray(quantiles, dtype=float)
    losses = np.pad(np.maximum(q * e, (q - 1) * e), ((0, 0), (1, 1)))
    return 2 * np.trapezoid(losses, [0, *q, 1], axis=1)


def distribution_scores(actual: ArrayLike, quantiles: ArrayLike, levels: Sequence[float]) -> pd.Series:
    """Four numbers on forecasts of quantiles, (n, k), of n values: CRPS, and three of the interval of the outermost two.

    CRPS and interval score: means over the days, in the unit of the values, smaller is better. coverage: the share of days
    inside; levels[-1] - levels[0] is aimed at. width: the mean. Two levels alone are an interval and no distribution: their
    CRPS is NaN. For the interval score the levels must lie evenly around 0.5.
    """
    actual, quantiles = np.asarray(actual, dtype=float), np.asarray(quantiles, dtype=float)
    low, high, confidence = quantiles[:, 0], quantiles[:, -1], levels[-1] - levels[0]
    scores = {
        "CRPS": crps(actual, quantiles, levels).mean() if len(levels) > 2 else np.nan,
        "interval score": interval_score(actual, low, high, confidence).mean(),
        "coverage": (outside(actual, low, high) <= 0).mean(),
        "width": (high - low).mean(),
    }
    return pd.Series(scores)


def compare_distributions(
    actual: ArrayLike, forecasts: Sequence[ArrayLike], baselines: dict[str, ArrayLike], levels: Sequence[float]
) -> pd.DataFrame:
    """Several trainings of one model against other forecasts of quantiles, all (n, k), one row a baseline: `compare` in CRPS."""

    def losses(actual: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
        return crps(actual, quantiles, levels)

    return compare(actual, forecasts, baselines, lambda t, y: losses(t, y).mean(), losses, "CRPS")


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
