"""Step 14: a series nobody has seen, and what a report card shows."""

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.language import named, text
from helpers.plots import style
from helpers.plots.style import Dates, Picture, canvas, headline, label, legend, name_rows, styled


def written(error: float, beside: float, sign: str = "") -> str:
    """An error with three digits of the one that it is read beside, so that all errors of a card can be compared."""
    places = max(0, 2 - math.floor(math.log10(beside))) if beside > 0 else 2
    return f"{error:{sign},.{places}f}"


@styled
def all_columns(table: pd.DataFrame) -> Picture:
    """Every column of a table in a frame of its own; a red mark at the foot for each row whose value is missing."""
    figure, frames = canvas(1.9 + 1.7 * len(table.columns), nrows=len(table.columns), sharex=True, squeeze=False)
    marked = None
    for axes, (name, column) in zip(frames[:, 0], table.items(), strict=True):
        axes.plot(column, color=style.BLUE, linewidth=1.1)
        missing = table.index[column.isna()]
        if len(missing):
            feet = np.full(len(missing), column.min()), axes.get_xaxis_transform()
            look = {"color": style.RED, "markersize": 9, "linestyle": ""}
            axes.plot(missing, 0 * feet[0], "|", transform=feet[1], **look, label=text("欠損値", "missing value"))
            marked = axes
        label(axes, y=(str(name), str(name)))
    gaps, names = int(table.isna().to_numpy().sum()), len(table.columns)
    ja = f"{len(table):,} 行、{names} 列、欠損値 {gaps} 個"
    label(frames[0, 0], (ja, f"{len(table):,} rows, {names} column{'s' * (names > 1)}, {gaps} missing values"))
    label(frames[-1, 0], x=style.DATE)
    style.few_dates(frames[-1, 0])
    if marked:
        legend(marked)
    en = "Lines of all columns over time; marks at the foot show missing values."
    return Picture(figure, "すべての列の折れ線。下端の印は欠損値。", en)


@styled
def origins_and_targets(
    dates: Dates, values: ArrayLike, origins: ArrayLike, horizon: int, attrs: dict, rows: int = 26
) -> Picture:
    """What is asked for: the last `rows` rows, a ring at each origin among them, and the rows that it has to forecast.

    values: (rows of the series,), NaN where missing. origins: as in `challenge.practice_origins`.
    """
    figure, axes = canvas(2.8)
    series = pd.Series(np.asarray(values, dtype=float), dates).iloc[-rows:]
    shown = [origin for origin in np.asarray(origins) if len(values) - rows <= origin]
    axes.plot(series, ".-", color=style.GREY, linewidth=1.2, label=text("値", "value"))
    for k, origin in enumerate(shown):
        days = dates[origin + 1 : origin + 1 + horizon]
        look = {"color": (style.SKY, style.ORANGE)[k % 2], "alpha": 0.35, "hatch": ("", "//")[k % 2]}
        names = text("予測する行", "rows to forecast"), text("次の起点から予測する行", "rows of the next origin")
        axes.axvspan(
            days[0] - np.timedelta64(12, "h"),
            days[-1] + np.timedelta64(12, "h"),
            **look,
            label=names[k] if k < 2 else None,
        )
    known = pd.Series(np.asarray(values, dtype=float), dates).ffill().iloc[shown]
    look = {"color": "black", "fillstyle": "none", "markersize": 11, "markeredgewidth": 2, "clip_on": False}
    axes.plot(known, "o", **look, label=text("起点（最後に知っている行）", "origin, the last known row"))
    ja = f"1 つの起点から {horizon} 期先まで、次の起点は {horizon} 行あと"
    label(axes, (ja, f"{horizon} steps from each origin, the next origin {horizon} rows later"), style.DATE, attrs)
    style.few_dates(axes)
    legend(axes, ncols=2)
    en = "The last rows of the series; rings are origins, bands are the rows that each of them has to forecast."
    return Picture(figure, "系列の最後の行。丸が起点、帯がその起点から予測する行。", en)


@styled
def autocorrelation_of_changes(values: ArrayLike, lags: int = 40) -> Picture:
    """How far each change resembles the one some steps before; the strongest lag that chance does not explain is named.

    values: (time,), oldest first; a missing value is taken to be the last known one.
    """
    change = np.diff(pd.Series(np.asarray(values, dtype=float)).ffill().dropna())
    change = change - change.mean()
    found = pd.Series({k: (change[k:] * change[:-k]).sum() / (change**2).sum() for k in range(1, lags + 1)})
    chance = 1.96 / np.sqrt(len(change))
    strongest = int(
        found.index[found.abs() >= 0.9 * found.abs().max()][0]
    )  # the shortest of those that are almost equal
    figure, axes = canvas(3)
    axes.vlines(found.index, 0, found, color=style.BLUE, linewidth=3)
    axes.plot(found, "o", color=style.BLUE, markersize=5, label=text("自己相関", "autocorrelation"))
    for end, said in ((chance, text(f"偶然の範囲 ±{chance:.2f}", f"chance, ±{chance:.2f}")), (-chance, None)):
        axes.axhline(end, **style.DASHED, label=said)
    axes.axhline(0, color="black", linewidth=1)
    axes.margins(y=0.1)  # room for the diamond
    title = "変化の自己相関は、どの間隔でもほぼ偶然の範囲", "The changes hardly resemble earlier ones at any lag"
    if abs(found[strongest]) > 2 * chance:
        axes.plot(
            [strongest],
            [found[strongest]],
            "D",
            color=style.RED,
            markersize=9,
            label=text(f"{strongest} 期前", f"{strongest} step{'s' * (strongest > 1)} before"),
        )
        ja = f"変化の自己相関は {strongest} 期前とのものが大きい（{found[strongest]:+.2f}）"
        steps = f"{strongest} step{'s' * (strongest > 1)}"
        title = ja, f"Changes are strongly correlated with those {steps} before ({found[strongest]:+.2f})"
    label(axes, title, ("何期前か（ラグ）", "steps before (lag)"), ("自己相関", "autocorrelation"))
    legend(axes, ncols=3)
    en = "Autocorrelation of the changes by lag, with dashed lines around what chance explains."
    return Picture(figure, "変化の自己相関をラグごとに描いた図。破線は偶然の範囲。", en)


@styled
def errors_beside_best(errors: dict[str, float], yours: str, best: str) -> Picture:
    """A bar for the RMSE of each forecast, name -> RMSE, and a line at that of the best possible one.

    yours, best: the names among them of the reader's forecast and of the best possible one.
    """
    bars = {name: error for name, error in errors.items() if name != best}
    figure, axes = canvas(1.7 + 0.42 * len(bars))
    for row, (name, error) in enumerate(bars.items()):
        own = name == yours
        look = {
            "color": style.pale(style.ORANGE if own else style.SKY),
            "hatch": "//" if own else "",
            "edgecolor": "black",
        }
        axes.barh(row, error, 0.7, **look)
    axes.axvline(errors[best], color=style.RED, linestyle="--", linewidth=2, label=named(best))
    name_rows(axes, [named(name) for name in bars])
    top = (
        sorted(bars.values())[min(2, len(bars) - 1)] * 1.5
    )  # a hopeless one is cut off, so that the others can be compared
    top = max(top, 1.2 * bars[yours], 1.2 * errors[best])
    if max(bars.values()) > top:
        axes.set_xlim(0, top)
    for row, error in enumerate(bars.values()):
        beyond = error > top
        words = written(error, errors[best]) + (" →" if beyond else "")
        look = {"xytext": (-6 if beyond else 5, 0), "textcoords": "offset points", "va": "center"}
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5, "alpha": 0.85}
        axes.annotate(words, (min(error, top), row), **look, ha="right" if beyond else "left", bbox=box)
    ratio = errors[yours] / errors[best] if errors[best] else np.nan
    beaten = sum(error > errors[yours] for error in bars.values())
    ja = f"誤差は可能な最小値の {ratio:.2f} 倍。{len(bars) - 1} 個のベースラインのうち {beaten} 個より小さい"
    en = f"Error {ratio:.2f} times the smallest possible, below {beaten} of {len(bars) - 1} baselines"
    headline(figure, (ja, en))
    label(axes, (), ("RMSE（隠した行）", "RMSE (hidden rows)"))
    legend(axes)
    alt = "Bars of the RMSE of each forecast; the dashed line is the smallest one possible."
    return Picture(figure, "予測ごとの RMSE の棒。破線は可能な最小値。", alt)


@styled
def hidden_forecasts(
    dates: Dates,
    truth: ArrayLike,
    origins: ArrayLike,
    y: ArrayLike,
    attrs: dict,
    interval: tuple[ArrayLike, ArrayLike] | None = None,
) -> Picture:
    """The hidden rows with the forecast paths over them, and some known rows before.

    dates, truth: (rows,), of the whole series. origins: rows from which the paths y, (n, horizon), set out. interval: their low
    and high ends, shaped as y, where the function gave some; then the first 20 paths are drawn, for more cannot be told apart.
    """
    figure, axes = canvas(3.8)
    first, truth, y = origins[0], pd.Series(np.asarray(truth), dates), np.asarray(y)
    shown = 20 if interval and len(origins) > 20 else len(origins)
    end = origins[shown - 1] + y.shape[1] + 1 if shown < len(origins) else len(truth)
    axes.plot(truth.iloc[first - 60 : end], color=style.GREY, linewidth=1.3, label=text("実際の値", "actual"))
    for k, (origin, path) in enumerate(zip(origins[:shown], y[:shown], strict=True)):
        days = dates[origin + 1 : origin + 1 + len(path)]
        look = {"color": style.RED, "marker": ".", "markersize": 4, "linewidth": 1.4}
        axes.plot(days, path, **look, label=None if k else text("あなたの予測", "yours"))
        if interval:
            shade = {"facecolor": (style.RED, 0.2), "edgecolor": style.RED, "linewidth": 0.4}
            name = None if k else text("あなたの予測区間", "your interval")
            axes.fill_between(days, interval[0][k], interval[1][k], **shade, label=name)
    axes.axvline(dates[first], **style.DASHED, label=text("ここから先を隠した", "hidden from here on"))
    away = y - truth.to_numpy()[np.asarray(origins)[:, None] + np.arange(1, y.shape[1] + 1)]
    error, up = np.sqrt(np.mean(away**2)), np.mean(away)
    rmse, mean = written(error, error), written(up, error, "+")
    rows, part = end - 1 - first, ("", "")
    if end < len(truth):
        part = f"（図は初めの {rows} 行）", f" (the first {rows} drawn)"
    ja = f"隠した {len(dates) - 1 - first} 行での予測{part[0]}: RMSE {rmse}、誤差の平均 {mean}"
    en = f"Forecasts of {len(dates) - 1 - first} hidden rows{part[1]}: RMSE {rmse}, mean error {mean}"
    label(axes, (ja, en), style.DATE, attrs)
    style.few_dates(axes)
    legend(axes, ncols=2 if interval else 3)
    en = "The actual values and, on the hidden rows, the forecast paths from each origin."
    return Picture(figure, "実際の値の線と、隠した行での予測の推移。", en)


@styled
def movement_by_rows(moved: pd.Series) -> Picture:
    """How far a forecast moves with rows that come after its origin; `moved`: as `challenge.movement_by_rows` gives it."""
    figure, axes = canvas(2.9)
    axes.bar(range(len(moved)), moved, color=style.pale(style.RED), hatch="//", edgecolor="black")
    axes.set_xticks(range(len(moved)), moved.index)
    hit = moved.index[moved > 1e-6 * (1 + moved.max())]
    ja, en = "起点より後の行を変えても、予測は動かない", "No row after the origin moves the forecast"
    if len(hit):
        span = hit[0] if len(hit) == 1 else f"{hit[0].split('–')[0]}–{hit[-1].split('–')[-1]}"
        ja, en = f"{span} 行先の値が、予測を動かしている", f"Values {span} rows ahead move the forecast"
    x = "変えた行が起点の何行先か", "rows from the origin to those that were changed"
    label(axes, (ja, en), x, ("予測の動き", "movement of the forecast", "\n"))
    ja = "変えた行が起点の何行先かごとに、予測がどれだけ動いたかの棒。"
    return Picture(figure, ja, "Bars of how far the forecast moved, by how many rows ahead the changed ones are.")
