"""Step 05: what a forecast is worth next to "tomorrow is like today", and how far it lags behind."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats
from statsmodels.stats.multitest import multipletests

from helpers.language import BadInput
from helpers.training import metrics

SIGNIFICANCE = 0.05  # the usual level; a Diebold-Mariano p below it counts as a difference


def _flat(**series: ArrayLike) -> list[np.ndarray]:
    """Each series as a float array of shape (n,), or a BadInput when the lengths differ."""
    arrays = [np.asarray(values, dtype=float).reshape(-1) for values in series.values()]
    if len({len(array) for array in arrays}) > 1:
        lengths = ", ".join(f"{name} {len(array)}" for name, array in zip(series, arrays, strict=True))
        raise BadInput(f"長さがそろっていません: {lengths}", f"the lengths differ: {lengths}")
    return arrays


def squared_error(actual: ArrayLike, predicted: ArrayLike) -> np.ndarray:
    """The loss of each of n forecasts. Raises BadInput when the lengths differ."""
    actual, predicted = _flat(actual=actual, predicted=predicted)
    return (actual - predicted) ** 2


def rmse(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Root mean squared error over all numbers of two arrays of one shape."""
    return float(np.sqrt(squared_error(actual, predicted).mean()))


def lag_profile(actual: ArrayLike, predicted: ArrayLike, max_lag: int = 10) -> pd.Series:
    """RMSE between the forecast for t and the actual value at t - k, for k = 0 .. max_lag.

    actual, predicted: n values each, oldest first. Every lag is measured on the same n - max_lag forecasts, so that
    the lags can be compared. Raises BadInput when the lengths differ or fewer than two forecasts are left.
    """
    actual, predicted = _flat(actual=actual, predicted=predicted)
    n = len(actual) - max_lag
    if not 0 <= max_lag <= len(actual) - 2:
        raise BadInput(
            f"max_lag は 0 から {len(actual) - 2} までです: {max_lag}",
            f"max_lag runs from 0 to {len(actual) - 2}: {max_lag}",
        )
    shifted = {lag: actual[max_lag - lag : max_lag - lag + n] for lag in range(max_lag + 1)}
    errors = {lag: rmse(past, predicted[max_lag:]) for lag, past in shifted.items()}
    return pd.Series(errors, name="RMSE").rename_axis("lag")


def skill(actual: ArrayLike, predicted: ArrayLike, baseline: ArrayLike, loss: Callable = rmse) -> float:
    """1 - loss(actual, predicted) / loss(actual, baseline): 0 is as good as the baseline, 1 perfect.

    Arrays of one shape; the loss is the RMSE unless another one is given. NaN against a baseline that makes no error, up
    to rounding.
    """
    actual, predicted, baseline = (np.asarray(array, dtype=float) for array in (actual, predicted, baseline))
    error = loss(actual, baseline)
    return 1 - loss(actual, predicted) / error if error > 1e-9 * np.std(actual) else np.nan


def diebold_mariano(
    actual: ArrayLike, predicted: ArrayLike, baseline: ArrayLike, losses: Callable = squared_error
) -> float:
    """p of the hypothesis that two forecasts of n values, oldest first, err alike: two-sided (Diebold & Mariano 1995).

    It is about these forecasts, with what was estimated for them, not about the models behind (Giacomini & White 2006).

    losses(actual, forecast) -> the n losses. Those of neighbouring days, or of paths that overlap, resemble each other; the
    variance of the mean of their differences is therefore taken from their m slowest waves, the first m = floor(n ** (1/3))
    ordinates of the periodogram, and p from Student's t with 2m degrees of freedom (Coroneo & Iacone 2020), which holds its
    level with few days too, but not with few stretches without overlap: on 87 paths of 14 steps, a day apart, it still
    rejects 12% of true hypotheses at 0.05 (Newey-West 21%). NaN when all differences are equal, and for n < 3.
    """
    d = losses(actual, predicted) - losses(actual, baseline)
    n, m = len(d), int(np.cbrt(len(d)))
    if n < 3 or np.ptp(d) == 0:
        return np.nan
    periodogram = np.abs(np.fft.rfft(d - d.mean())) ** 2 / n
    return 2 * stats.t.sf(abs(d.mean()) / np.sqrt(periodogram[1 : m + 1].mean() / n), df=2 * m)


def holm(p: pd.Series) -> pd.Series:
    """Several p-values, each made so large that all below a level may be believed together (Holm 1979); NaN stays NaN."""
    adjusted, known = p.copy(), p.notna()
    if known.any():
        adjusted[known] = multipletests(p[known], method="holm")[1]
    return adjusted


def skill_interval(
    errors: ArrayLike, baseline_errors: ArrayLike, block: int | None = None, resamples: int = 1000
) -> tuple[float, float, float]:
    """The skill 1 - RMSE / RMSE of the baseline over n days, and its 95% interval by a bootstrap of the days.

    errors, baseline_errors: (n,), or (n, horizon) for paths, oldest first. Days are drawn with replacement in blocks,
    because errors are correlated from day to day (circular blocks, Politis & Romano 1992); the errors of one day stay
    together. block: days in one block, ceil(n ** (1/3)) unless given; paths that overlap need one as long as the horizon.
    With few blocks the interval is too narrow: on generated errors it held the true skill in 91% of cases with 20 blocks of 5
    days, 85% with 18 blocks (of paths that overlap, 14 steps long), 83% with 10, 78% with 4 and 68% with 2. A few wild days
    make it narrower still. NaN where the baseline makes no error; the interval alone where no more days than a block are there.
    """
    a, b = (np.square(np.asarray(e, dtype=float)).reshape(len(e), -1).mean(axis=1) for e in (errors, baseline_errors))
    a, b = _flat(errors=a, baseline_errors=b)
    if not b.any():
        return np.nan, np.nan, np.nan
    n, block, value = len(a), block or int(np.ceil(len(a) ** (1 / 3))), 1 - np.sqrt(a.mean() / b.mean())
    if n <= block:  # every draw would be all of the days, and the interval a point
        return value, np.nan, np.nan
    starts = np.random.default_rng(0).integers(0, n, (resamples, -(-n // block), 1))
    days = ((starts + np.arange(block)) % n).reshape(resamples, -1)[:, :n]
    drawn_a, drawn_b = a[days].mean(axis=1), b[days].mean(axis=1)
    low, high = np.quantile(1 - np.sqrt(drawn_a[drawn_b > 0] / drawn_b[drawn_b > 0]), [0.025, 0.975])
    return value, low, high


def scorecard(
    actual: ArrayLike, predicted: ArrayLike, naive: ArrayLike, train: ArrayLike, max_lag: int = 10
) -> pd.Series:
    """Nine numbers on one-step forecasts, each of n values, oldest first; `naive` is the last known value at each step.

    RMSE, MAE: in the unit of the series. R2: of the levels. MASE: MAE over the mean absolute one-step change of `train`,
    the training series (Hyndman & Koehler 2006). skill: against naive. best lag: where `lag_profile` is smallest.
    R2 of changes: of predicted - naive against actual - naive. directional accuracy: how often the sign of the change
    was right, among steps where both changes have one. Diebold-Mariano p: against naive. NaN stands where a number is
    not defined: MASE and skill on a series that never moves, accuracy without a call, p where both forecasts err alike.
    """
    actual, predicted, naive = _flat(actual=actual, predicted=predicted, naive=naive)
    change, predicted_change = actual - naive, predicted - naive
    called = (change != 0) & (predicted_change != 0)  # the naive forecast calls neither up nor down
    right = np.sign(change[called]) == np.sign(predicted_change[called])
    own = metrics(actual, predicted)
    step = np.abs(np.diff(np.asarray(train, dtype=float).reshape(-1))).mean()
    more = {
        "MASE": own["MAE"] / step if step else np.nan,
        "skill": skill(actual, predicted, naive),
        "best lag": lag_profile(actual, predicted, min(max_lag, len(actual) - 2)).idxmin(),
        "R2 of changes": metrics(change, predicted_change)["R2"],
        "directional accuracy": right.mean() if called.any() else np.nan,
        "Diebold-Mariano p": diebold_mariano(actual, predicted, naive),
    }
    return pd.Series(own | more)


def verdict(
    card: pd.Series, baseline_ja: str = "ナイーブ予測", baseline_en: str = "the naive forecast"
) -> tuple[str, str]:
    """One sentence on a scorecard, in Japanese and in English; the baseline is what stood in for `naive` in it."""
    p, skill, lag = card["Diebold-Mariano p"], card["skill"], int(card["best lag"])
    if np.isnan(p) and not skill:
        return (
            f"予測の誤差は{baseline_ja}とまったく同じです。",
            f"The forecast's error is exactly that of {baseline_en}.",
        )
    if np.isnan(p) or np.isnan(skill):
        return (
            "この系列ではスキルか p が決まらず、差があるかを検定できません。",
            "On this series skill or p is not defined: no difference can be tested.",
        )
    if p < SIGNIFICANCE:
        ja, en = ("小さく", "smaller") if skill > 0 else ("大きく", "larger")
        return (
            f"予測は{baseline_ja}より誤差が {abs(skill):.1%} {ja}、差は偶然とは言えません（p = {p:.2g}、最良のラグ {lag}）。",
            f"The forecast's error is {abs(skill):.1%} {en} than that of {baseline_en}, "
            f"more than chance explains (p = {p:.2g}, best lag {lag}).",
        )
    ja, en = "予測は遅れていませんが、", "The forecast does not lag"
    if lag:
        ja = f"予測は {lag} 期前の値に最も近く、"
        en = f"The forecast lies closest to the value {lag} step{'s' * (lag > 1)} earlier"
    return (
        f"{ja}{baseline_ja}との誤差の差は、偶然と見分けがつきません（スキル {skill:+.3f}、p = {p:.2g}）。",
        f"{en}, and the difference between its error and that of {baseline_en} cannot be told from chance "
        f"(skill {skill:+.3f}, p = {p:.2g}).",
    )
