"""Step 09: many columns."""

import numpy as np
import pandas as pd

from helpers.data import select_columns
from helpers.language import named, text, words
from helpers.language.tables import significant
from helpers.plots import style
from helpers.plots.style import (
    Picture,
    canvas,
    draw_curves,
    first_true,
    headline,
    in_unit,
    label,
    legend,
    listed,
    styled,
)


@styled
def between_close_and_open(prices: pd.DataFrame) -> Picture:
    """Two trading days by the hour: what is known in the evening, what is asked, how far off the two baselines are.

    The distances in the title and beside the arrows are RMSE over all of `prices`, the days drawn are its last two.
    Raises BadInput when Open or Close is missing.
    """
    figure, axes = canvas(3.4)
    prices = select_columns(prices, ["Open", "Close"])
    (opened, closed), goal = prices.iloc[-2], (24, prices["Open"].iloc[-1])  # hours after an opening
    today, evening, ahead = (0, opened), (6, closed), prices["Open"].shift(-1)
    off = {name: np.sqrt(((ahead - prices[name]) ** 2).mean()) for name in ("Open", "Close")}
    above, below = (14, -22) if opened > closed else (-22, 14)  # points: where the words of each arrow stand
    axes.axvspan(6, 24, color=style.GREY, alpha=0.12)
    axes.plot(*zip(today, evening, strict=True), "-", color=style.GREY, linewidth=1)
    for point, color, line, name, side in (
        (today, style.BLUE, "--", "Open", above),
        (evening, style.ORANGE, "-", "Close", below),
    ):
        look = {"arrowstyle": "->", "color": color, "linestyle": line, "linewidth": 2}
        axes.annotate("", goal, point, arrowprops=look)
        middle, look = (0.5 * (point[0] + 24), 0.5 * (point[1] + goal[1])), {"ha": "center", "va": "center"}
        axes.annotate(
            f"RMSE {significant(off[name])}",
            middle,
            (0, side),
            textcoords="offset points",
            color=style.ink(color),
            **look,
        )
    for point, marker, color, words_here in (
        (today, "<", style.BLUE, ("今日の始値", "today's open")),
        (evening, ">", style.ORANGE, ("今日の終値", "today's close")),
        (goal, "*", style.RED, ("明日の始値（目標）", "tomorrow's open (target)")),
    ):
        axes.plot(*point, marker, color=color, markersize=14, label=text(*words_here, "\n"))
    axes.margins(x=0.06, y=0.25)
    names = ("始値", "open"), ("終値", "close"), ("明日の始値", "tomorrow's open")
    axes.set_xticks([0, 6, 24], [text(*name, "\n") for name in names])
    legend(axes, ncols=3)
    title = (
        f"明日の始値とのずれ（RMSE）: 今日の始値 {significant(off['Open'])}、今日の終値 {significant(off['Close'])}",
        f"RMSE from tomorrow's open: today's open {significant(off['Open'])}, today's close {significant(off['Close'])}",
    )
    label(axes, title, y=prices.attrs)
    ja = "今日の始値と終値、明日の始値。終値の時刻の方が、明日の始値の時刻に近い。"
    en = "Today's open and close, tomorrow's open; in time, the close is nearer to tomorrow's open."
    return Picture(figure, f"{ja}{title[0]}。", f"{en} {title[1]}.")


@styled
def rmse_by_columns(errors: pd.DataFrame, baselines: dict[str, float], attrs: dict) -> Picture:
    """RMSE of models by the columns they see, one row a model, one column a training; RMSE of baselines as lines."""
    figure, axes = canvas(1.9 + 0.4 * len(errors))
    bars = {"color": style.pale(style.GREY), "edgecolor": "black", "height": 0.6, "label": text("平均", "mean", "\n")}
    axes.barh(range(len(errors)), errors.mean(axis=1), **bars)
    dots = axes.plot(errors, range(len(errors)), "o", color="black", markersize=5)
    dots[0].set_label(text("学習 1 回", "one training", "\n"))
    for number, (name, rmse) in enumerate(baselines.items()):
        color, line = ((style.BLUE, ":"), (style.RED, "--"))[number % 2]
        marker = style.MARKERS[number // 2 % len(style.MARKERS)]
        axes.axvline(rmse, color=color, linestyle=line, marker=marker, linewidth=2.5, label=text(*words(name), "\n"))
    style.name_rows(axes, [named(str(name)) for name in errors.index])
    best, smallest = min(baselines, key=baselines.get), errors.min().min()
    title = first_true(
        (
            baselines[best] < smallest,
            f"{words(best)[0]}だけの {significant(baselines[best])} は、学習したどのモデル（最小 {significant(smallest)}）より小さい",
            f"The {words(best)[1]} alone, {significant(baselines[best])}, is below every trained model (smallest {significant(smallest)})",
        ),
        (
            True,
            *(
                f"{say} {words(str(errors.min(axis=1).idxmin()))[k]}"
                for k, say in enumerate(("誤差が最小:", "Smallest error:"))
            ),
        ),
    )
    label(axes, (), in_unit("RMSE", "RMSE", attrs))
    headline(figure, title)
    axes.xaxis.set_major_formatter(style.DIGITS)
    legend(axes, ncols=4)
    ja, en = listed(errors.mean(axis=1).rename(str).to_dict() | baselines)
    return Picture(
        figure, f"見せた列ごとの RMSE の棒。{title[0]}。{ja}。", f"Bars of RMSE by the columns shown. {title[1]}. {en}."
    )


@styled
def autocorrelations(table: pd.DataFrame, band: float) -> Picture:
    """The correlation of each column with its own past, by lag (the index); within ±`band` it may be chance."""
    figure, axes = canvas(3.4)
    width, outside = 0.8 / len(table.columns), {}
    looks = zip((style.BLUE, style.ORANGE, style.GREEN, style.PURPLE), ("//", None, "..", "xx"), strict=True)
    for k, (name, (color, hatch)) in enumerate(zip(table.columns, looks, strict=False)):
        place = table.index + (k - (len(table.columns) - 1) / 2) * width
        axes.bar(place, table[name], width, color=style.pale(color), hatch=hatch, edgecolor="black", label=named(name))
        outside[name] = int((table[name].abs() > band).sum())
    for end, said in ((band, text(f"偶然の範囲 ±{band:.2f}", f"chance, ±{band:.2f}")), (-band, None)):
        axes.axhline(end, **style.DASHED, label=said)
    axes.axhline(0, color="black", linewidth=1)
    axes.set_xticks(table.index)
    ja, en = listed(outside, "d")
    title = f"偶然の範囲を出たラグの数（{len(table)} のうち）: {ja}", f"Lags beyond chance, of {len(table)}: {en}"
    label(axes, title, ("ラグ（何日前か）", "lag (days back)"), ("自己相関", "autocorrelation", "\n"))
    legend(axes, ncols=3)
    ja, en = listed(table.iloc[0].to_dict(), ".2f")
    return Picture(
        figure,
        f"ラグごとの自己相関の棒。{title[0]}。ラグ 1: {ja}。",
        f"Bars of autocorrelation by lag. {title[1]}. Lag 1: {en}.",
    )


@styled
def gain_by_day(gain: pd.Series, best: pd.Series) -> Picture:
    """By how much one loss is smaller than another on each day; the days of `best`, a part of `gain`, stand out."""
    figure, axes = canvas(3.2)
    others = gain.drop(best.index)
    for part, color, hatch, said in (
        (others, style.GREY, None, text(f"ほかの {len(others)} 日", f"the other {len(others)} days")),
        (best, style.RED, "//", text(f"改善が大きい {len(best)} 日", f"the {len(best)} days with the largest gains")),
    ):
        axes.bar(part.index, part, 1, color=color, hatch=hatch, edgecolor=color, label=said)
    axes.axhline(0, color="black", linewidth=1)
    style.few_dates(axes)
    total, days = gain.sum(), len(gain)
    share = best.sum() / (total if total > 0 else np.nan)  # of a loss there is no share
    title = first_true(
        (total < 0, f"{days} 日を合計すると、改善ではなく悪化", f"Summed over {days} days: no gain, but a loss"),
        (total == 0, f"{days} 日を合計すると、改善は 0", f"Summed over {days} days, the gain is 0"),
        (
            True,
            f"改善の {share:.0%} は、{days} 日のうち {len(best)} 日から",
            f"{share:.0%} of the gain comes from {len(best)} of {days} days",
        ),
    )
    label(axes, title, y=("損失の減少", "loss saved", "\n"))
    legend(axes, ncols=2)
    return Picture(figure, f"日ごとの損失の減少の棒。{title[0]}。", f"Bars of the loss saved by day. {title[1]}.")


@styled
def range_intervals(prices: pd.DataFrame, forecasts: dict[str, np.ndarray]) -> Picture:
    """Each day's Low to High inside the first interval, (days, 2), and below it the width of all intervals and of the day.

    A day is thick and red where it leaves the first interval. The widths are in percent of the lower end: where the ends
    of two intervals lie on each other in prices, their widths can be told apart.
    """
    figure, (top, bottom) = canvas(5.6, nrows=2, sharex=True, height_ratios=[3, 2])
    name, first = next(iter(forecasts.items()))
    out = (prices["Low"] < first[:, 0]) | (prices["High"] > first[:, 1])
    inside, outside = text("安値から高値", "low to high", "\n"), text("区間を外れた日", "a day outside", "\n")
    band = {"facecolor": (style.BLUE, 0.25), "edgecolor": style.BLUE, "step": "mid", "linewidth": 0.8}
    band |= {"label": text("区間", "interval", "\n")}
    top.fill_between(prices.index, first[:, 0], first[:, 1], **band)
    for days, color, width, said in ((prices[~out], style.GREY, 2, inside), (prices[out], style.RED, 4, outside)):
        top.vlines(days.index, days["Low"], days["High"], color=color, linewidth=width, label=said)
    widths = {name: pd.Series(100 * (y[:, 1] / y[:, 0] - 1), prices.index) for name, y in forecasts.items()}
    spread = 100 * (prices["High"] / prices["Low"] - 1)
    bottom.bar(prices.index, spread, 0.8, color=style.GREY, label=text("その日の値幅", "the day's range", "\n"))
    draw_curves(
        bottom,
        {text(*words(name), "\n"): width for name, width in widths.items()},
        linewidth=2,
        drawstyle="steps-mid",
        markersize=4,
    )
    style.few_dates(bottom)
    share = 1 - out.mean()
    ends = words(name), f"{widths[name].min():.1f}", f"{widths[name].max():.1f}"
    title = (
        f"{ends[0][0]}: 幅は {ends[1]}〜{ends[2]}%、収まった日は {share:.0%}",
        f"{ends[0][1]}: {ends[1]} to {ends[2]}% wide, {share:.0%} of the days inside",
    )
    label(top, title, y=prices.attrs)
    label(bottom, y=("幅 [%]", "width [%]", "\n"))
    handles, names = (
        [*one, *other] for one, other in zip(*(a.get_legend_handles_labels() for a in (bottom, top)), strict=True)
    )
    for said in figure.legend(handles, names, loc="outside lower center", ncols=3).get_texts():
        said.set(**style.LITERAL)
    ja = "上は一日の値幅を表す縦棒と、区間予測の帯。下は区間の幅。"
    en = "Above, each day's range as a bar and the interval forecast as a band; below, the width of the intervals."
    return Picture(figure, f"{ja}{title[0]}。", f"{en} {title[1]}.")
