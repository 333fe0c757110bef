"""Step 05: validation."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from helpers.language import text
from helpers.language.tables import significant
from helpers.plots import style
from helpers.plots.style import Dates, Picture, canvas, few_dates, first_true, in_unit, label, legend, styled

CLOSE_UP = 20  # steps at the end, drawn once more
STEPS_BACK = "k（何期前の実際の値と比べたか）", "k (steps back)", "\n"
Array = np.ndarray


def three_lines(
    axes: Axes,
    dates: Dates,
    actual: Array,
    y: Array,
    attrs: dict,
    lag: int | None = 1,
    first: int = 0,
    marks: bool = True,
) -> None:
    """Actual values (grey), forecast (red) and, unless `lag` is None, the actual values shifted by `lag` >= 0 (blue).

    From row `first` on. Without `marks` the lines are thin: for more rows than can have a marker each.
    """
    width = 1.4 if marks else 1
    axes.plot(dates[first:], actual[first:], "-", color=style.GREY, linewidth=width, label=text("実際の値", "actual"))
    if lag is not None:
        start, words = max(first, lag), text(f"{lag} 期ずらした実際の値", f"actual, shifted by {lag}")
        shifted = actual[start - lag : len(actual) - lag]
        axes.plot(dates[start:], shifted, "--", color=style.BLUE, linewidth=width, label=words)
    axes.plot(dates[first:], y[first:], "-.", color=style.RED, linewidth=width, label=text("予測", "forecast"))
    if marks:
        for line, marker, size in zip(axes.get_lines(), "^*" if lag is None else "^P*", (7, 7, 10), strict=False):
            line.set(marker=marker, markersize=size)
    axes.yaxis.set_major_formatter(style.DIGITS)
    few_dates(axes)


def _back(lag: int) -> str:
    return f"{lag} step{'s' * (lag != 1)} back"


def _finding(actual: Array, y: Array, lag: int | None) -> tuple[str, str]:
    """Which of the two actual lines the forecast is closer to."""
    if not lag:
        return "テスト部分の実際の値と予測", "Actual values and forecast on the test part"
    own, past = (np.abs(y[lag:] - line).mean() for line in (actual[lag:], actual[:-lag]))
    return first_true(
        (
            past < own,
            f"予測は、{lag} 期ずらした実際の値のほうに近い",
            f"The forecast is closer to the values shifted by {lag}",
        ),
        (
            past > own,
            "予測は、ずらさない実際の値のほうに近い",
            "The forecast is closer to the values that are not shifted",
        ),
        (
            True,
            f"予測は、ずらさない実際の値にも {lag} 期ずらした値にも、同じだけ近い",
            f"The forecast is as close to the values not shifted as to those shifted by {lag}",
        ),
    )


@styled
def forecast_lines(
    dates: Dates, actual: ArrayLike, predicted: ArrayLike, attrs: dict, lag: int | None = None, close_up: int = CLOSE_UP
) -> Picture:
    """Actual values, forecast and, unless `lag` is None, the actual values shifted by `lag` steps; their end once more, larger.

    Each of n values, oldest first.
    """
    figure, (top, bottom) = canvas(6.4, nrows=2, height_ratios=[1, 2])
    actual, y = (np.asarray(line, dtype=float).reshape(-1) for line in (actual, predicted))
    zoom, finding = min(close_up, len(actual) - (lag or 0)), _finding(actual, y, lag)
    three_lines(top, dates, actual, y, attrs, lag, marks=False)
    three_lines(bottom, dates, actual, y, attrs, lag, first=len(actual) - zoom)
    top.axvspan(dates[-zoom], dates[-1], color=style.GREY, alpha=0.15)
    style.name_frames(figure, attrs)
    legend(bottom, ncols=3)
    label(top, finding)
    enlarged = f"最後の {zoom} 期（上の灰色の部分）を拡大", f"The last {zoom} steps (grey above), enlarged"
    label(bottom, enlarged, style.DATE)
    ja, en = "実際の値（灰色の三角）、予測（赤い星）", "Actual values (grey triangles), forecast (red stars)"
    if lag is not None:
        ja, en = (
            f"{ja}、{lag} 期ずらした実際の値（青いプラス）",
            f"{en}, actual values shifted by {lag} (blue plus signs)",
        )
    return Picture(figure, f"{ja}。{finding[0]}。", f"{en}. {finding[1]}.")


@styled
def lag_bars(profile: pd.Series, attrs: dict) -> Picture:
    """RMSE between the forecast and the actual value k steps earlier; the smallest bar is hatched and named."""
    figure, axes = canvas(3.6)
    best, smallest = profile.idxmin(), profile == profile.min()
    for chosen, color, hatch in ((~smallest, style.SKY, None), (smallest, style.RED, "//")):
        axes.bar(profile.index[chosen], profile[chosen], color=style.pale(color), hatch=hatch, edgecolor="black")
    axes.set_xticks(profile.index)
    if smallest.sum() > 1:
        lags = ", ".join(str(lag) for lag in profile.index[smallest])
        title = f"最も近い実際の値が複数ある: k = {lags}", f"Several actual values are equally close: k = {lags}"
        ja, en = f"最小が {smallest.sum()} 本ある", f"{smallest.sum()} of them are the smallest"
    else:
        above = profile.loc[best - 1 : best + 1].max() + 0.05 * profile.max()
        name = text(f"最小: {best} 期前", f"smallest: k = {best}", "\n")
        look = {"ha": "center", "va": "bottom", "arrowprops": {"arrowstyle": "->"}}
        axes.annotate(name, (best, profile[best]), (best, above), **look)
        title = (
            f"予測に最も近いのは {best} 期前の実際の値",
            f"The forecast is closest to the actual value {_back(best)}",
        )
        ja, en = f"最小は {best} 期前", f"the smallest is the one {_back(best)}"
    label(axes, title, STEPS_BACK, in_unit("RMSE", "RMSE", attrs))
    return Picture(figure, f"ラグごとの RMSE の棒グラフ。{ja}。", f"Bars of RMSE by lag; {en}.")


@styled
def lags_beside(profiles: dict[str, pd.Series]) -> Picture:
    """The lag profiles of several models, name -> RMSE by lag, each as a multiple of its own RMSE at lag 0.

    Without a unit, so that models of different series can stand side by side.
    """
    figure, axes = canvas(3.8)
    width, best = 0.8 / len(profiles), {int(profile.idxmin()) for profile in profiles.values()}
    looks = zip(style.COLOURS[::-1], (None, "//", "..", "xx", "++", "--"), strict=True)
    for k, ((name, profile), (color, hatch)) in enumerate(zip(profiles.items(), looks, strict=False)):
        place = profile.index + (k - (len(profiles) - 1) / 2) * width
        look = {"color": style.pale(color), "hatch": hatch, "edgecolor": "black", "label": name}
        axes.bar(place, profile / profile[0], width, **look)
    axes.axhline(1, **style.DASHED)
    axes.set_xticks(next(iter(profiles.values())).index)
    legend(axes, ncols=3)
    if len(best) == 1:
        (lag,) = best
        title = (
            f"どの予測も {lag} 期前の実際の値に最も近い",
            f"Each forecast is closest to the actual value {_back(lag)}",
        )
    else:
        title = "最も近い実際の値は、モデルによって違う", "Which actual value is closest differs from model to model"
    label(axes, title, STEPS_BACK, ("RMSE(k) ÷ RMSE(0)", "RMSE(k) ÷ RMSE(0)"))
    return Picture(
        figure, f"モデルごとのラグの棒グラフ。{title[0]}。", f"Bars of RMSE by lag for each model. {title[1]}."
    )


@styled
def changes(actual_change: ArrayLike, predicted_change: ArrayLike, attrs: dict) -> Picture:
    """Forecast change against actual change; on the diagonal a forecast would be right. Each of n values."""
    figure, axes = canvas(4.2)
    a, p = (np.asarray(change, dtype=float).reshape(-1) for change in (actual_change, predicted_change))
    ends = [-1.05 * np.abs(a).max(), 1.05 * np.abs(a).max()]
    axes.plot(ends, ends, "--", color=style.GREY, label=text("完全な予測", "perfect forecast"))
    axes.axhline(0, color="black", linewidth=1, linestyle=":", label=text(*style.NAIVE))
    axes.plot(a, p, "o", color=style.RED, alpha=0.7, label=text("モデル", "model"))
    legend(axes, ncols=3)
    x, y = in_unit("実際の変化", "actual change", attrs), in_unit("予測した変化", "forecast change", attrs)
    still = not a.any()
    share = np.abs(p).mean() / (np.nan if still else np.abs(a).mean())  # of no change there is no share
    ja, en = first_true(
        (still, "実際の変化は、どれも 0", "All actual changes are 0"),
        (
            True,
            f"予測した変化の大きさは、平均すると実際の変化の {share:.0%}",
            f"Forecast changes are on average {share:.0%} as large as actual ones",
        ),
    )
    label(axes, (ja, en), x, y)
    axes.xaxis.set_major_formatter(style.DIGITS)
    return Picture(
        figure, f"横軸は実際の変化、縦軸は予測した変化。{ja}。", f"Actual change across, forecast change up. {en}."
    )


@styled
def error_of_guesses(offsets: ArrayLike, errors: ArrayLike, attrs: dict) -> Picture:
    """Mean squared error of the forecast "today's price plus a constant", by the constant."""
    figure, axes = canvas(3.6)
    curve = pd.Series(errors, offsets)
    best = curve.idxmin()
    axes.plot(curve, color=style.BLUE)
    axes.axvline(0, color=style.GREY, linestyle="--", label=text("今日の価格そのまま", "today's price as it is"))
    axes.plot(best, curve.min(), "*", color=style.RED, markersize=16, label=text("誤差が最小", "smallest error"))
    legend(axes, ncols=2)
    x = in_unit("今日の価格に足す数", "added to today's price", attrs)
    y = in_unit("平均二乗誤差", "mean squared error", attrs, square=True)
    unit_ja, unit_en = (f" {attrs[key]}" if attrs.get(key) else "" for key in ("unit_ja", "unit_en"))
    title = (
        f"誤差が最小なのは、今日の価格に {significant(best, 3)}{unit_ja or ' '}を足す予測",
        f"The error is smallest when {significant(best, 3)}{unit_en} are added to today's price",
    )
    label(axes, title, x, y)
    axes.xaxis.set_major_formatter(style.DIGITS)
    return Picture(figure, f"放物線。{title[0]}。", f"A parabola. {title[1]}.")
