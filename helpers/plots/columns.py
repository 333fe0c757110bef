"""Step 09: many columns."""

import numpy as np
import pandas as pd

from helpers.language import text
from helpers.plots import style
from helpers.plots.style import Picture, canvas, draw_curves, in_unit, label, legend, styled


@styled
def between_close_and_open(prices: pd.DataFrame) -> Picture:
    """Two trading days by the hour: what is known in the evening, what is asked, how far the two baselines are off."""
    figure, axes = canvas(3.2)
    (opened, closed), goal = prices[["Open", "Close"]].iloc[-2], (24, prices["Open"].iloc[-1])  # hours after an opening
    today, evening = (0, opened), (6, closed)
    axes.plot(*zip(today, evening, strict=True), "-", color=style.GREY, linewidth=1)
    for point, marker, color, words in (
        (today, "<", style.BLUE, ("今日の始値", "today's open")),
        (evening, ">", style.ORANGE, ("今日の終値", "today's close")),
        (goal, "*", style.RED, ("明日の始値（目標）", "tomorrow's open (target)")),
    ):
        axes.plot(*point, marker, color=color, markersize=14, label=text(*words))
    for point, color, line in ((today, style.BLUE, "--"), (evening, style.ORANGE, "-")):
        axes.annotate("", goal, point, arrowprops={"arrowstyle": "->", "color": color, "linestyle": line})
    axes.axvspan(6, 24, color=style.GREY, alpha=0.12)
    axes.margins(x=0.06, y=0.2)
    names = ("始値", "open"), ("終値", "close"), ("翌日の始値", "next open")
    axes.set_xticks([0, 6, 24], [text(*name, "\n") for name in names])
    legend(axes, ncols=3, fontsize=9)
    title = "終値から翌日の始値まで（灰色は夜）", "From the close to the next open (grey: the night)"
    label(axes, title, y=prices.attrs)
    ja = "今日の始値と終値、明日の始値。終値の方が、明日の始値に時間のうえで近い。"
    return Picture(
        figure, ja, "Today's open and close, tomorrow's open; in time, the close is nearer to tomorrow's open."
    )


@styled
def rmse_by_columns(errors: pd.DataFrame, baselines: dict[str, float], attrs: dict) -> Picture:
    """RMSE of models by the columns they see, one row a model, one column a training; RMSE of baselines as lines."""
    figure, axes = canvas(1.7 + 0.4 * len(errors))
    bars = {"color": style.SKY, "edgecolor": "black", "hatch": "//", "height": 0.6, "label": text("平均", "mean")}
    axes.barh(range(len(errors)), errors.mean(axis=1), **bars)
    dots = axes.plot(errors, range(len(errors)), "o", color="black", markersize=4)
    dots[0].set_label(text("学習 1 回", "one training"))
    for number, (name, rmse) in enumerate(baselines.items()):
        color, line = ((style.BLUE, ":"), (style.RED, "--"))[number % 2]
        marker = style.MARKERS[number // 2 % len(style.MARKERS)]
        axes.axvline(rmse, color=color, linestyle=line, marker=marker, linewidth=2, label=name)
    style.name_rows(axes, errors.index)
    label(axes, ("見せた列と誤差", "Error by the columns shown"), in_unit("RMSE", "RMSE", attrs))
    axes.xaxis.set_major_formatter(style.DIGITS)
    legend(axes, ncols=2)
    en = "Bars of RMSE by the columns shown, and lines at the RMSE of the baselines."
    return Picture(figure, "見せた列ごとの RMSE の棒と、ベースラインの RMSE の線。", en)


@styled
def range_intervals(prices: pd.DataFrame, forecasts: dict[str, np.ndarray]) -> Picture:
    """Each day's Low to High as a bar, thick and red outside the first interval; intervals, (days, 2), as lines."""
    figure, axes = canvas(4.2)
    name, first = next(iter(forecasts.items()))
    out = (prices["Low"] < first[:, 0]) | (prices["High"] > first[:, 1])
    inside, outside = (
        text("当日の安値から高値", "the day, Low to High"),
        text(f"区間（{name}）を外れた日", f"a day outside {name}"),
    )
    for days, color, width, words in ((prices[~out], style.GREY, 2, inside), (prices[out], style.RED, 4, outside)):
        axes.vlines(days.index, days["Low"], days["High"], color=color, linewidth=width, label=words)
    for side in (0, 1):  # a name that begins with "_" is not repeated in the legend
        ends = {"_" * side + name: pd.Series(interval[:, side], prices.index) for name, interval in forecasts.items()}
        draw_curves(axes, ends, linewidth=1.3, drawstyle="steps-mid", markersize=4)
    style.few_dates(axes)
    label(axes, ("翌日の安値と高値の区間予測", "Interval forecasts of the next day's low and high"), y=prices.attrs)
    legend(axes, ncols=2)
    en = "Vertical bars for each day's range, and the lines of the interval forecasts."
    return Picture(figure, "一日の値幅を表す縦棒と、区間予測の線。", en)
