"""Step 05: validation."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from helpers.language import text
from helpers.plots import style
from helpers.plots.style import Dates, Picture, canvas, few_dates, in_unit, label, legend, styled

CLOSE_UP = 30  # steps at the end, drawn once more
Array, Band = np.ndarray, tuple[np.ndarray, np.ndarray]


def three_lines(
    axes: Axes, dates: Dates, actual: Array, y: Array | None, attrs: dict, lag: int = 1, first: int = 0
) -> None:
    """Actual values, prediction, and the actual values shifted by `lag` >= 0, from row `first` on."""
    start, shifted = max(first, lag), text(f"実際の値を {lag} 期ずらしたもの", f"actual, shifted by {lag}")
    grey = {"color": style.GREY, "markersize": 5, "linewidth": 1}
    blue = {"color": style.BLUE, "markersize": 8, "linewidth": 0.8}
    axes.plot(dates[first:], actual[first:], "^-", **grey, label=text("実際の値", "actual"))
    if y is not None:
        axes.plot(dates[first:], y[first:], "*:", color=style.RED, markersize=7, label=text("予測", "prediction"))
    axes.plot(dates[start:], actual[start - lag : len(actual) - lag], "+--", **blue, label=shifted)
    label(axes, y=attrs)
    few_dates(axes)


def _bars_by_lag(axes: Axes, profile: pd.Series, attrs: dict, short: bool = False) -> None:
    """RMSE by lag; the smallest bar is hatched and named."""
    best = profile.idxmin()
    for chosen, color, hatch in ((profile.index != best, style.SKY, None), (profile.index == best, style.RED, "//")):
        axes.bar(profile.index[chosen], profile[chosen], color=color, hatch=hatch, edgecolor="black")
    above = profile.loc[best - 1 : best + 1].max() + 0.05 * profile.max()
    name = f"k = {best}" if short else text(f"最小: {best} 期前", f"smallest: {best} back", "\n")
    look = {"ha": "center", "va": "bottom", "color": style.RED, "arrowprops": {"arrowstyle": "->", "color": style.RED}}
    axes.annotate(name, (best, profile[best]), (best, above), **look)
    axes.set_xticks(profile.index)
    title = "予測(t) と 実際(t − k) の RMSE", "RMSE between prediction(t) and actual(t − k)"
    x = "k（何期前の実際の値と比べたか）", "k (steps back)", "\n"
    label(axes, title, x, in_unit("RMSE", "RMSE", attrs))


@styled
def forecast_lines(
    dates: Dates, actual: ArrayLike, predicted: ArrayLike | None, attrs: dict, lag: int = 1, close_up: int = CLOSE_UP
) -> Picture:
    """Actual values, prediction, and the actual values shifted by `lag` steps; their end once more, larger."""
    figure, (top, bottom) = canvas(6, nrows=2, height_ratios=[3, 2])
    actual = np.asarray(actual, dtype=float).reshape(-1)
    y = None if predicted is None else np.asarray(predicted, dtype=float).reshape(-1)
    zoom = min(close_up, len(actual) - lag)
    three_lines(top, dates, actual, y, attrs, lag)
    three_lines(bottom, dates, actual, y, attrs, lag, first=len(actual) - zoom)
    legend(top, ncols=3)
    label(top, ("予測は、ずらした実際の値に重なるか", "Does the prediction lie on the shifted actual values?"))
    label(bottom, (f"最後の {zoom} 期を拡大", f"The last {zoom} steps, enlarged", " / "))
    ja = f"テスト部分の 3 本の線: 実際の値（三角）、予測（星と点線）、{lag}期ずらした実際の値（プラス）。"
    en = "Three lines over the test part: actual (triangles), prediction (stars, dotted), actual shifted by"
    return Picture(figure, ja, f"{en} {lag} (plus signs).")


@styled
def lag_bars(profile: pd.Series, attrs: dict) -> Picture:
    """RMSE between the prediction and the actual value k steps earlier; the smallest bar is hatched."""
    figure, axes = canvas(3.2)
    _bars_by_lag(axes, profile, attrs)
    ja = f"ラグごとの RMSE の棒グラフ。最小は {profile.idxmin()} 期前。"
    return Picture(figure, ja, f"Bars of RMSE by lag; the smallest is at {profile.idxmin()} step(s) back.")


@styled
def playground(
    dates: Dates, actual: Array, y: Array, before: Array | None, band: Band | None, profile: pd.Series, attrs: dict
) -> Picture:
    """The three lines, their end enlarged, and the lags in one picture.

    before: the last run's prediction, laid under the new one. band: lowest and highest prediction over several seeds.
    """
    # Margins by hand: working them out at every move of a slider would take as long as the drawing itself.
    figure = Figure(figsize=(8.6, 6), layout="none")
    figure.subplots_adjust(left=0.1, right=0.985, bottom=0.24, top=0.92, hspace=0.5, wspace=0.25)
    axes = figure.subplot_mosaic([["lines", "lines"], ["end", "lags"]], height_ratios=[3, 2.4], width_ratios=[3, 2.4])
    zoom = min(CLOSE_UP, len(actual) - 1)
    shade = {"color": style.RED, "alpha": 0.25, "hatch": "....", "label": text("シードによる幅", "range over seeds")}
    green = {"color": style.GREEN, "label": text("前回の予測", "last run's prediction")}
    for panel, start in ((axes["lines"], 0), (axes["end"], len(actual) - zoom)):
        if band is not None:
            panel.fill_between(dates[start:], band[0][start:], band[1][start:], **shade)
        if before is not None:
            panel.plot(dates[start:], before[start:], "-.", **green)
        three_lines(panel, dates, actual, y, attrs, first=start)
    few_dates(axes["end"], 5)
    axes["end"].set_ylabel("")
    label(axes["lines"], (attrs["title_ja"], attrs["title_en"]))
    label(axes["end"], (f"最後の {zoom} 期", f"The last {zoom} steps"))
    _bars_by_lag(axes["lags"], profile, attrs, short=True)
    label(axes["lags"], ("予測(t) と 実際(t − k)", "prediction(t), actual(t − k)"), ("k", "k"))
    legend(axes["lines"], ncols=2)
    ja = f"テスト部分の実際の値、予測、1期ずらした実際の値と、ラグごとの RMSE。最小は {profile.idxmin()} 期前。"
    en = "Actual values, prediction and shifted actual values of the test part, and RMSE by lag, smallest at"
    return Picture(figure, ja, f"{en} {profile.idxmin()} back.")


@styled
def changes(actual_change: ArrayLike, predicted_change: ArrayLike, attrs: dict) -> Picture:
    """Predicted change against actual change; on the diagonal a forecast would be right."""
    figure, axes = canvas(3.8)
    a, p = (np.asarray(change, dtype=float).reshape(-1) for change in (actual_change, predicted_change))
    ends = [-1.05 * np.abs(a).max(), 1.05 * np.abs(a).max()]
    axes.plot(ends, ends, "--", color=style.GREY, label=text("完全な予測", "perfect forecast"))
    axes.axhline(0, color="black", linewidth=1, linestyle=":", label=text(*style.NAIVE))
    axes.plot(a, p, "o", color=style.RED, alpha=0.7, label=text("モデル", "model"))
    legend(axes, "upper left")
    x, y = in_unit("実際の変化", "actual change", attrs), in_unit("予測した変化", "predicted change", attrs)
    label(axes, ("変化を予測できたか", "Was the change forecast?"), x, (*y, "\n"))
    axes.xaxis.set_major_formatter(style.DIGITS)
    ja = "横軸は実際の変化、縦軸は予測した変化。点は水平な線の近くに並ぶ。"
    return Picture(figure, ja, "Actual change across, predicted change up; the points lie near the horizontal line.")


@styled
def error_of_guesses(offsets: ArrayLike, errors: ArrayLike, attrs: dict) -> Picture:
    """Mean squared error of the forecast "today's price plus a constant", by the constant."""
    figure, axes = canvas(3.2)
    curve = pd.Series(errors, offsets)
    best = curve.idxmin()
    axes.plot(curve, color=style.BLUE)
    axes.plot(best, curve[best], "*", color=style.RED, markersize=16, label=text("誤差が最小", "smallest error"))
    axes.axvline(0, color=style.GREY, linestyle="--", label=text("今日の価格そのまま", "today's price as it is"))
    legend(axes, "upper center")
    x = in_unit("今日の価格に足す数", "added to today's price", attrs)
    y = in_unit("平均二乗誤差", "mean squared error", attrs, square=True)
    label(axes, ("「今日の価格 + 定数」の誤差", "Error of the forecast: today's price + a constant"), x, (*y, "\n"))
    axes.xaxis.set_major_formatter(style.DIGITS)
    return Picture(figure, "放物線。底はほぼ 0 にある。", "A parabola with its bottom close to 0.")
