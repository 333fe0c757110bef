"""Step 08: uncertainty."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.language import text
from helpers.plots import style
from helpers.plots.style import Dates, Picture, canvas, draw_curves, label, legend, line_chart, styled


@styled
def coverage_of_fans(tables: dict[float, pd.DataFrame]) -> Picture:
    """Share of actual values inside the interval by step ahead; `tables`: confidence -> as of `coverage_by_step`.

    Under some of the steps stands how many paths without a common day there are.
    """
    figure, panels = canvas(3.8, ncols=len(tables), sharey=True, squeeze=False)
    measured = text("測った被覆率と 95% 区間", "measured, with 95% interval")
    for axes, (confidence, table) in zip(panels[0], tables.items(), strict=True):
        away = np.abs(table[["low", "high"]].T.to_numpy() - table["coverage"].to_numpy())
        axes.errorbar(table.index, table["coverage"], away, fmt="o", color=style.BLUE, capsize=3, label=measured)
        axes.axhline(confidence, color=style.RED, linestyle="--", label=text("目標", "aimed at"))
        axes.set_ylim(0, 1.03)
        named = table["blocks"].iloc[[0, *range(4, len(table) - 2, 5), -1]]  # 1, 5, 10, 14
        axes.set_xticks(named.index, [f"{step}\n({blocks})" for step, blocks in named.items()])
        x = "何期先か（重ならない窓の数）", "steps ahead (windows without overlap)", "\n"
        label(axes, (f"目標 {confidence:.0%}", f"aimed at {confidence:.0%}", " / "), x)
    label(panels[0, 0], y=("予測区間に入った割合", "share inside the interval", "\n"))
    panels[0, 0].yaxis.set_major_formatter("{x:.0%}")
    legend(panels[0, 0], ncols=2)
    en = "Coverage by steps ahead with its interval; the dashed line is the aim."
    return Picture(figure, "何期先かごとの被覆率と、その区間。破線が目標。", en)


@styled
def intervals_over_time(
    dates: Dates, residuals: ArrayLike, widths: dict[str, ArrayLike], confidence: float, days: int = 50
) -> Picture:
    """Size of each day's error with the half widths of intervals, and below the coverage of the last `days` days.

    residuals: (n,), in percent. widths: name -> (n,), in the same unit; an infinite one is drawn at the upper edge.
    """
    figure, (top, bottom) = canvas(6, nrows=2, sharex=True, height_ratios=(3, 2))
    sizes = pd.Series(np.abs(residuals), dates)
    look = {"color": style.GREY, "linewidth": 1.5, "label": text("誤差の大きさ", "size of the error")}
    top.vlines(sizes.index, 0, sizes, **look)
    finite = [width[np.isfinite(width)].max(initial=0) for width in map(np.asarray, widths.values())]
    edge = 1.1 * max(sizes.max(), *finite)
    reach = {name: pd.Series(width, dates).clip(upper=edge) for name, width in widths.items()}
    draw_curves(top, reach, linewidth=1.8, markersize=5)
    inside = {
        f"_{name}": (sizes <= np.asarray(width)).rolling(min(days, len(sizes))).mean() for name, width in widths.items()
    }
    draw_curves(bottom, inside, linewidth=1.8, markersize=5)
    bottom.axhline(confidence, **style.DASHED, label=text("目標", "aimed at"))
    top.set_ylim(0, edge)
    bottom.set_ylim(max(0, min(curve.min() for curve in inside.values()) - 0.1), 1.03)
    label(top, ("誤差の大きさと区間の片側の幅", "Size of the errors and half width of the intervals"), y=("[%]", "[%]"))
    label(bottom, y=(f"直前 {days} 日の被覆率", f"coverage, last {days} days", "\n"))
    bottom.yaxis.set_major_formatter("{x:.0%}")
    style.few_dates(bottom)
    legend(top, ncols=3)
    legend(bottom, "lower right")
    ja = "上は日ごとの誤差の大きさと区間の片側の幅。下は直前の日々の被覆率と、破線の目標。"
    en = "Top: size of each day's error and half width of the intervals. Bottom: recent coverage; dashed: the aim."
    return Picture(figure, ja, en)


@styled
def pinball(levels: ArrayLike) -> Picture:
    """The pinball loss by error, one curve a level."""
    error = np.linspace(-2, 2, 41)
    curves = {f"q = {q:g}": pd.Series(np.maximum(q * error, (q - 1) * error), error) for q in levels}
    x, y = ("実際の値 − 予測", "actual − forecast"), ("損失", "loss")
    figure, axes = line_chart(curves, ("ピンボール損失", "Pinball loss"), x, y, 3)
    legend(axes, "upper left", bbox_to_anchor=(1, 1))
    return Picture(figure, "左右で傾きの違う V 字の曲線。", "V-shaped curves with a different slope on either side.")
