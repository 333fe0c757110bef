"""Step 09: all columns of a day as inputs, and the day's low and high as the targets.

Tables `relative` are those of `relative_to_close`; intervals are (days, 2), the low and the high, in percent.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from helpers.data import select_columns
from helpers.language import BadInput
from helpers.uncertainty import empirical_quantiles, linear_quantiles
from helpers.windows import make_windows, split_last


def relative_to_close(prices: pd.DataFrame) -> pd.DataFrame:
    """Each day's prices in percent above the close of the day before, 100 ln(price / previous close), and the day's range.

    Columns Low, High, Open, Close and range = 100 ln(High / Low); one row fewer than `prices`. Unlike prices, these
    numbers keep their size when the level of the series doubles.
    """
    prices = select_columns(prices, ["Low", "High", "Open", "Close"])
    relative = 100 * np.log(prices.div(prices["Close"].shift(1), axis=0))
    return relative.assign(range=relative["High"] - relative["Low"]).dropna()


def recent_range(relative: pd.DataFrame, half_life: float) -> pd.Series:
    """The exponentially weighted mean of the ranges up to the day before, in percent; NaN on the first day.

    half_life: a range that is so many days older weighs half as much. The mean is that of RiskMetrics (1996), of ranges
    instead of squared changes.
    """
    return relative["range"].ewm(halflife=half_life).mean().shift(1)


def scaled_quantiles(relative: pd.DataFrame, ahead: int, levels: Sequence[float], half_life: float) -> np.ndarray:
    """Intervals for the last `ahead` days as wide as the days before suggest: a baseline that trains no network.

    Low and High of the days before those, in units of their `recent_range`, have empirical quantiles; each day's interval
    is these times its own recent range. Returns (ahead, 2). Raises BadInput where low and high never differed.
    """
    recent = recent_range(relative, half_life)
    unit = recent.where(recent > 0)  # days after a halt, on which nothing moved, are in no unit
    ratios = relative[["Low", "High"]].div(unit, axis=0).iloc[:-ahead].dropna()
    if ratios.empty:
        raise BadInput(
            f"最後の {ahead} 日より前に、安値と高値の違う日がないので、値幅を測れません。日中の値動きがある系列を使ってください。",
            f"before the last {ahead} days low and high never differ, so there is no range to measure: take a series that "
            "moves within its days.",
        )
    return np.outer(recent.iloc[-ahead:], empirical_quantiles(ratios, levels))


def har_quantiles(
    relative: pd.DataFrame, ahead: int, levels: Sequence[float], spans: Sequence[int] = (1, 5, 22)
) -> np.ndarray:
    """`linear_quantiles` of Low and High from the mean ranges of the last `spans` days, as HAR has them (Corsi 2009).

    A day, a week and a month of trading. Fitted on the days before the last `ahead`, it forecasts those. Returns (ahead, 2).
    """
    x, _ = make_windows(relative["range"], max(spans))
    t = torch.tensor(relative[["Low", "High"]].to_numpy()[max(spans) :], dtype=torch.float32)
    x_train, x_ahead, t_train, _ = split_last(x, t, ahead)
    return linear_quantiles(x_train, t_train, levels, spans)(x_ahead)


def simple_intervals(
    relative: pd.DataFrame, ahead: int, levels: Sequence[float], half_life: float
) -> dict[str, np.ndarray]:
    """The baselines of an interval forecast of the last `ahead` days, (ahead, 2) each; none of them trains a network.

    empirical: the quantiles of all days before. EWM range: `scaled_quantiles`. HAR: `har_quantiles`.
    """
    fixed = empirical_quantiles(relative[["Low", "High"]].iloc[:-ahead], levels)
    return {
        "empirical": np.tile(fixed, (ahead, 1)),
        "EWM range": scaled_quantiles(relative, ahead, levels, half_life),
        "HAR": har_quantiles(relative, ahead, levels),
    }
