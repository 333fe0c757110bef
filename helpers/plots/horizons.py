"""Step 07: many steps."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.language import text
from helpers.plots import style
from helpers.plots.style import (
    AHEAD,
    Dates,
    Picture,
    canvas,
    draw_curves,
    in_unit,
    label,
    legend,
    line_chart,
    looks,
    styled,
)

HATCHES = "", "....", "//", "xx", "\\\\", "++", "oo", "**"
Paths, Fans = dict[str, np.ndarray], dict[str, tuple[np.ndarray, np.ndarray]]


@styled
def paths_from_origins(
    dates: Dates, actual: ArrayLike, starts: ArrayLike, paths: Paths, attrs: dict, fans: Fans | None = None
) -> Picture:
    """Forecast paths over the actual series; each begins at the value known last, marked by a ring.

    starts: the row of `dates` that each path forecasts first. paths: method -> (len(starts), horizon). fans: name ->
    lower and upper ends, of the same shape, the widest first; the others are darker and hatched.
    """
    figure, axes = canvas(4)
    actual, count = np.asarray(actual, dtype=float), len(starts)
    axes.plot(dates, actual, color=style.GREY, linewidth=1.2, label=text("実際の値", "actual"))
    for number, (name, (low, high)) in enumerate((fans or {}).items()):
        look = {"facecolor": style.RED, "alpha": min(0.15 * (number + 1), 0.6), "hatch": HATCHES[number % len(HATCHES)]}
        for k, start in enumerate(starts):
            axes.fill_between(dates[start:][: low.shape[1]], low[k], high[k], **look, label=None if k else name)
    for (name, path), look in zip(paths.items(), looks(3), strict=False):
        look |= {"markersize": 4, "markevery": 3}
        for k, start in enumerate(starts):
            y = np.append(actual[start - 1], path[k])
            axes.plot(dates[start - 1 :][: len(y)], y, **look, label=None if k else name)
    known = pd.Series(actual, dates).iloc[np.array(starts) - 1]
    look = {"color": "black", "fillstyle": "none", "markersize": 8}
    axes.plot(known, "o", **look, label=text("最後に知っている値", "last known value"))
    legend(axes, ncols=3)
    label(axes, (f"{count} つの時点からの予測", f"Forecasts from {count} origin{'s' * (count > 1)}"), y=attrs)
    style.few_dates(axes)
    ja = f"実際の値の線の上に、{count}つの時点から伸びる予測の推移。"
    return Picture(figure, ja, f"Forecast paths that set out from {count} origin(s) over the line of actual values.")


@styled
def error_by_step(errors: dict[str, pd.Series | Sequence[pd.Series]], attrs: dict, law: float | None = None) -> Picture:
    """RMSE by step ahead, one line a method; of several runs (over seeds) the mean is drawn, and their range.

    law: the RMSE one step ahead that the square-root law starts from.
    """
    runs = {name: pd.DataFrame([one] if isinstance(one, pd.Series) else list(one)) for name, one in errors.items()}
    means = {name: table.mean() for name, table in runs.items()}
    title = "先へ行くほど誤差はどう増えるか", "How the error grows with the steps ahead"
    figure, axes = line_chart(means, title, AHEAD, in_unit("RMSE", "RMSE", attrs), 3.8, marks=1000, dot=".")
    for table, look in zip(runs.values(), looks(), strict=False):
        if len(table) > 1:
            shade = {"color": look["color"], "alpha": 0.2, "hatch": "...."}
            axes.fill_between(table.columns, table.min(), table.max(), **shade)
    if law is not None:
        steps = next(iter(means.values())).index
        axes.plot(steps, law * np.sqrt(steps), **style.DASHED, label=text("平方根の法則", "square-root law"))
    axes.set_ylim(bottom=0)
    axes.xaxis.get_major_locator().set_params(integer=True)
    legend(axes, ncols=3)
    return Picture(figure, "何期先かごとの RMSE の線。", "Lines of RMSE by the number of steps ahead.")


@styled
def closed_loop(actual: ArrayLike, paths: Paths, attrs: dict, close_up: int = 100) -> Picture:
    """The first and the last `close_up` steps of forecasts that feed on themselves, over the true continuation."""
    figure, (left, right) = canvas(3.8, ncols=2, sharey=True)
    truth = pd.Series(actual, range(1, len(actual) + 1))
    curves = {name: pd.Series(path[: len(truth)], truth.index) for name, path in paths.items()}
    look = {"color": style.GREY, "linewidth": 4, "alpha": 0.5, "label": text("本当の続き", "true continuation")}
    for axes, part in ((left, slice(close_up)), (right, slice(-close_up, None))):
        axes.plot(truth.iloc[part], **look)
        draw_curves(axes, {name: y.iloc[part] for name, y in curves.items()}, first=1, marks=14, markersize=4)
    label(left, (f"最初の {close_up} 期", f"The first {close_up} steps"), AHEAD, attrs)
    label(right, (f"最後の {close_up} 期", f"The last {close_up} steps"), AHEAD)
    legend(left, ncols=3)
    ja = "閉ループの予測と本当の続き。左は最初、右は最後の部分。"
    en = "Closed-loop forecasts and the true continuation, the first part on the left, the last on the right."
    return Picture(figure, ja, en)
