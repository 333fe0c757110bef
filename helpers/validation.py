"""Step 05: what a forecast is worth next to "tomorrow is like today", and how far it lags behind."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from statsmodels.tsa.stattools import diebold_mariano_test
from torch import Tensor

from helpers.language import both
from helpers.training import metrics

SIGNIFICANCE = 0.05  # the usual level; a Diebold-Mariano p below it counts as a difference


def naive_forecast(x: Tensor) -> Tensor:
    """The last value of each window as the forecast of the next: (n, window, features) -> (n, 1)."""
    return x[:, -1, :1]


def _flat(**series: ArrayLike) -> list[np.ndarray]:
    """Each series as a float array of shape (n,), or a ValueError when the lengths differ."""
    arrays = [np.asarray(values, dtype=float).reshape(-1) for values in series.values()]
    if len({len(array) for array in arrays}) > 1:
        lengths = ", ".join(f"{name} {len(array)}" for name, array in zip(series, arrays, strict=True))
        raise ValueError(both(f"長さがそろっていません: {lengths}", f"the lengths differ: {lengths}"))
    return arrays


def check_pair(actual: ArrayLike, predicted: ArrayLike, max_lag: int) -> list[np.ndarray]:
    """Both as float arrays of one length that leaves at least two values after `max_lag`, else a ValueError."""
    actual, predicted = _flat(actual=actual, predicted=predicted)
    if not 0 <= max_lag <= len(actual) - 2:
        raise ValueError(
            both(
                f"max_lag は 0 から {len(actual) - 2} までです: {max_lag}",
                f"max_lag runs from 0 to {len(actual) - 2}: {max_lag}",
            )
        )
    return [actual, predicted]


def lag_profile(actual: ArrayLike, predicted: ArrayLike, max_lag: int = 10) -> pd.Series:
    """RMSE between the prediction for t and the actual value at t - k, for k = 0 .. max_lag.

    actual, predicted: n values each, oldest first. Every lag is measured on the same n - max_lag predictions, so that
    the lags can be compared. Raises ValueError when the lengths differ or fewer than two predictions are left.
    """
    actual, predicted = check_pair(actual, predicted, max_lag)
    n = len(actual) - max_lag
    shifted = {lag: actual[max_lag - lag : max_lag - lag + n] for lag in range(max_lag + 1)}
    rmse = {lag: np.sqrt(np.mean((predicted[max_lag:] - past) ** 2)) for lag, past in shifted.items()}
    return pd.Series(rmse, name="RMSE").rename_axis("lag")


def diebold_mariano(
    actual: ArrayLike, predicted: ArrayLike, baseline: ArrayLike, loss: Callable = lambda actual, y: (actual - y) ** 2
) -> float:
    """p of the hypothesis that two one-step forecasts of n values err alike: two-sided; loss(actual, forecast) -> n losses.

    Newey-West variance with ceil(n ** (1/3)) lags and small-sample correction (Diebold & Mariano 1995; Harvey, Leybourne &
    Newbold 1997). NaN when all losses are equal.
    """
    actual, predicted, baseline = _flat(actual=actual, predicted=predicted, baseline=baseline)
    differs = np.ptp(loss(actual, predicted) - loss(actual, baseline)) > 0
    return diebold_mariano_test(actual, predicted, baseline, criterion=loss, harvey_adj=True).pvalue if differs else np.nan


def scorecard(
    actual: ArrayLike, predicted: ArrayLike, naive: ArrayLike, train: ArrayLike, max_lag: int = 10
) -> pd.Series:
    """Nine numbers on one-step forecasts, each of n values, oldest first; `naive` is the last known value at each step.

    RMSE, MAE: in the unit of the series. R2: of the levels. MASE: MAE over the mean absolute one-step change of `train`,
    the training series (Hyndman & Koehler 2006). skill: 1 - RMSE / RMSE of naive; 0 is as good as naive, 1 perfect.
    best lag: where `lag_profile` is smallest. R2 of changes: of predicted - naive against actual - naive.
    directional accuracy: how often the sign of the change was right, among steps where both changes have one.
    Diebold-Mariano p: against naive, as `diebold_mariano`. NaN stands where a number is not defined: MASE and skill on a series that never moves,
    accuracy without a call, p where the two forecasts err alike.
    """
    actual, predicted, naive = _flat(actual=actual, predicted=predicted, naive=naive)
    change, predicted_change = actual - naive, predicted - naive
    called = (change != 0) & (predicted_change != 0)  # the naive forecast calls neither up nor down
    own, rmse_naive = metrics(actual, predicted), metrics(actual, naive)["RMSE"]
    step = np.abs(np.diff(np.asarray(train, dtype=float).reshape(-1))).mean()
    return pd.Series(
        own
        | {
            "MASE": own["MAE"] / step if step else np.nan,
            "skill": 1 - own["RMSE"] / rmse_naive if rmse_naive else np.nan,
            "best lag": lag_profile(actual, predicted, min(max_lag, len(actual) - 2)).idxmin(),
            "R2 of changes": metrics(change, predicted_change)["R2"],
            "directional accuracy": np.mean(np.sign(change[called]) == np.sign(predicted_change[called]))
            if called.any()
            else np.nan,
            "Diebold-Mariano p": diebold_mariano(actual, predicted, naive),
        }
    )


def verdict(card: pd.Series, rival_ja: str = "ナイーブ予測", rival_en: str = "the naive forecast") -> tuple[str, str]:
    """One sentence on a scorecard, in Japanese and in English; the rival is what stood in for `naive` in it."""
    p, skill, lag = card["Diebold-Mariano p"], card["skill"], int(card["best lag"])
    if np.isnan(p) and not skill:
        return f"予測の誤差は{rival_ja}とまったく同じです。", f"The forecast's error is exactly that of {rival_en}."
    if np.isnan(p):
        return "この系列では p が決まらず、差があるかを検定できません。", "On this series p is not defined: no difference can be tested."
    if p < SIGNIFICANCE and skill > 0:
        return (
            f"予測は{rival_ja}より誤差が {skill:.0%} 小さく、差は偶然とは言えません（p = {p:.2g}、最良のラグ {lag}）。",
            f"The forecast's error is {skill:.0%} smaller than that of {rival_en}, more than chance explains (p = {p:.2g}, best lag {lag}).",
        )
    if p < SIGNIFICANCE:
        return (
            f"予測は{rival_ja}より誤差が {-skill:.0%} 大きく、差は偶然とは言えません（p = {p:.2g}、最良のラグ {lag}）。",
            f"The forecast's error is {-skill:.0%} larger than that of {rival_en}, more than chance explains (p = {p:.2g}, best lag {lag}).",
        )
    late = (
        (
            f"予測は {lag} 期前の値に最も近く、",
            f"The forecast lies closest to the value {lag} step{'s' * (lag > 1)} earlier",
        )
        if lag
        else ("予測は遅れていませんが、", "The forecast does not lag")
    )
    return (
        f"{late[0]}{rival_ja}との誤差の差は、偶然と見分けがつきません（スキル {skill:+.1%}、p = {p:.2g}）。",
        f"{late[1]}, and the difference between its error and that of {rival_en} cannot be told from chance (skill {skill:+.1%}, p = {p:.2g}).",
    )
