"""Step 08: uncertainty.

Longer than 200 lines of code: each figure of the step has a title that is computed.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator, PercentFormatter
from numpy.typing import ArrayLike
from scipy import stats

from helpers.language import named, text, words
from helpers.plots import style
from helpers.plots.style import (
    AHEAD,
    Dates,
    Picture,
    canvas,
    draw_curves,
    headline,
    label,
    legend,
    line_chart,
    listed,
    looks,
    pale,
    styled,
)

Intervals = dict[str, tuple[ArrayLike, ArrayLike]]  # method -> lower and upper ends
AIM, BY_CHANCE = ("目標", "aim"), ("偶然の範囲（95%）", "chance (95%)")
CHANCE = {"color": style.GREY, "linestyle": (0, (1, 2)), "linewidth": 2}
SHARE = PercentFormatter(1, decimals=0)


def _by_chance(count: int, share: float, scores: int = 0) -> np.ndarray:
    """Between which shares 95% of all counts of `count` independent days lie that are right with a probability of `share`.

    scores: where a margin was set by so many scores, the share that it holds is a matter of chance too (Vovk 2012).
    """
    rank = int(np.ceil((scores + 1) * share))
    if rank > scores > 0:  # too few for a margin: it is infinite and holds every day
        return np.ones(2)
    law = stats.betabinom(count, rank, scores + 1 - rank) if scores else stats.binom(count, share)
    return law.ppf([0.025, 0.975]) / count


def _aim(axes: Axes, count: int, share: float, scores: int = 0) -> None:
    """A dashed line at the aim, and dotted ones where chance ends for so many independent days."""
    axes.axhline(share, **style.DASHED, label=text(*AIM))
    low, high = _by_chance(count, share, scores)
    axes.axhline(low, **CHANCE, label=text(*BY_CHANCE))
    axes.axhline(high, **CHANCE)


@styled
def coverage_of_fans(tables: dict[float, pd.DataFrame]) -> Picture:
    """Share of actual values inside the interval by step ahead; `tables`: confidence -> as of `coverage_by_step`.

    Under some of the steps stands how many paths without a common day there are.
    """
    figure, panels = canvas(3.8, ncols=len(tables), sharey=True, squeeze=False)
    measured, found = text("測った被覆率と 95% 区間", "measured, with 95% interval"), []
    for axes, (confidence, table) in zip(panels[0], tables.items(), strict=True):
        away = np.abs(table[["low", "high"]].T.to_numpy() - table["coverage"].to_numpy())
        axes.errorbar(table.index, table["coverage"], away, fmt="o", color=style.BLUE, capsize=3, label=measured)
        axes.axhline(confidence, color=style.RED, linestyle="--", label=text(*AIM))
        axes.set_ylim(0, 1.03)
        axes.yaxis.set_major_formatter(SHARE)
        blocks = table["blocks"].iloc[[0, *range(4, len(table) - 2, 5), -1]]  # 1, 5, 10, 14
        axes.set_xticks(blocks.index, [f"{step}\n({count})" for step, count in blocks.items()])
        x = "何期先か（重ならない窓の数）", "steps ahead (windows without overlap)", "\n"
        holds = int(((table["low"] <= confidence) & (confidence <= table["high"])).sum())
        found.append((confidence, holds, len(table)))
        title = (
            f"{len(table)} 本中 {holds} 本が {confidence:.0%} を含む",
            f"{holds} of {len(table)} intervals contain {confidence:.0%}",
        )
        label(axes, title, x)
    label(panels[0, 0], y=("区間に入った割合", "share inside"))
    panels[0, 0].yaxis.set_major_formatter(SHARE)
    legend(panels[0, 0], ncols=2)
    ja = "、".join(f"{count} 本のうち {holds} 本が {aim:.0%} を含む" for aim, holds, count in found)
    en = ", ".join(f"{holds} of {count} contain {aim:.0%}" for aim, holds, count in found)
    return Picture(
        figure, f"何期先かごとの被覆率と、その区間。{ja}。", f"Coverage by steps ahead with intervals. {en}."
    )


@styled
def whole_paths(residuals: ArrayLike, bands: dict[str, ArrayLike], test: ArrayLike, confidence: float = 0.8) -> Picture:
    """Paths of errors over bands around 0, and what share has stayed inside up to each step; a star for that of `test`.

    residuals, test: (n, horizon), oldest first, of windows one step apart, in percent. bands: name -> margins,
    (horizon,); a path is red where it leaves the first one. Drawn are paths without a common day, counted are all.
    """
    residuals = np.asarray(residuals, dtype=float)
    horizon, first = residuals.shape[1], np.asarray(next(iter(bands.values())))
    figure, (left, right) = canvas(4, ncols=2, width_ratios=(3, 2))
    steps, shares, new = np.arange(horizon + 1), {}, {}
    for (name, band), color, line in zip(bands.items(), (style.BLUE, style.GREEN), ("-", "--"), strict=True):
        look = {"color": color, "linestyle": line, "linewidth": 2.5}
        left.plot(steps, np.append(0, band), **look, label=named(name))
        left.plot(steps, np.append(0, -np.asarray(band)), **look)
        inside = np.logical_and.accumulate(np.abs(residuals) <= band, axis=1).mean(axis=0)
        shares[name], new[name] = inside[-1], (np.abs(np.asarray(test)) <= band).all(axis=1).mean()
        right.plot(steps, np.append(1, inside), **look, marker="o" if line == "-" else "s")
        right.plot(horizon, new[name], "*", markersize=15, color=color, markeredgecolor="black")
    ja, en = words(next(iter(bands)))
    names = {False: text(f"{ja}の中", f"inside the {en}"), True: text("一度は外に出る", "leaves it at least once")}
    for path in residuals[::horizon]:
        out = bool((np.abs(path) > first).any())
        look = {"color": style.RED} if out else {"color": style.GREY, "linestyle": ":"}
        left.plot(steps, np.append(0, path), **look, linewidth=1.2, label=names.pop(out, None))
    right.axhline(confidence, **style.DASHED)
    right.plot([], [], "*", markersize=12, color=style.GREY, label=text("テスト部分", "test part"))
    right.legend(loc="lower left")
    right.set(ylim=(0, 1.05), xlim=(-0.5, horizon + 1))
    label(left, x=AHEAD, y=("誤差 [%]", "error [%]"))
    label(right, x=AHEAD, y=("ずっと中にいる割合", "still inside"))
    right.yaxis.set_major_formatter(SHARE)
    for axes in (left, right):
        axes.xaxis.get_major_locator().set_params(integer=True)
    legend(left, ncols=2)
    ja = "、".join(f"{words(name)[0]} {share:.0%}（テスト部分 {new[name]:.0%}）" for name, share in shares.items())
    en = ", ".join(f"{words(name)[1]} {share:.0%} (test {new[name]:.0%})" for name, share in shares.items())
    title = f"{horizon} 期ずっと中: {ja}", f"Always inside: {en}"
    headline(figure, title)
    return Picture(figure, f"誤差の推移と帯。{title[0]}。", f"Paths of errors over bands. {title[1]}.")


@styled
def pinball(losses: pd.DataFrame) -> Picture:
    """The mean pinball loss of each answer (rows), one curve a level q (columns); a star marks the smallest loss."""
    curves = {f"q = {q:g}": losses[q] for q in losses}
    best = {q: losses[q].idxmin() for q in losses}
    ja = "、".join(f"q = {q:g} で {answer:g}" for q, answer in best.items())
    en = ", ".join(f"{answer:g} for q = {q:g}" for q, answer in best.items())
    title = f"損失が最小の答え: {ja}", f"Smallest loss: {en}"
    figure, axes = line_chart(curves, title, ("答え", "answer"), ("損失の平均", "mean loss"), 3.4)
    axes.plot(list(best.values()), [losses[q][best[q]] for q in best], "*", color="black", markersize=15)
    axes.set_ylim(bottom=0)
    legend(axes, "upper left", bbox_to_anchor=(1, 1))
    return Picture(
        figure, f"左右で傾きの違う曲線。{title[0]}。", f"Curves with a different slope on either side. {title[1]}."
    )


@styled
def pit(actual: ArrayLike, quantiles: ArrayLike, levels: Sequence[float]) -> Picture:
    """A histogram of where actual values fall between the forecast quantiles, and what its usual shapes mean.

    actual: (n,). quantiles: (n, k), rising; levels: (k,). With deciles each of the ten bins should hold a tenth (probability
    integral transform; Diebold, Gunther & Tay 1998). The grey band is where 95% of the shares of n independent days lie.
    """
    actual, quantiles = np.asarray(actual, dtype=float), np.asarray(quantiles, dtype=float)
    edges = np.array([0, *levels, 1])
    aims, places = np.diff(edges), (actual[:, None] > quantiles).sum(axis=1)
    shares = np.bincount(places, minlength=len(aims)) / len(actual)
    figure = Figure(figsize=(style.INCHES, 4.4))
    axes = figure.subplot_mosaic([["main", "narrow"], ["main", "wide"], ["main", "low"]], width_ratios=(5, 2))
    main, look = axes["main"], {"align": "edge", "edgecolor": "black"}
    main.bar(edges[:-1], shares, aims, color=pale(style.BLUE), **look)
    ends = np.array([_by_chance(len(actual), aim) for aim in aims])
    main.stairs(aims, edges, baseline=None, color=style.RED, linestyle="--", linewidth=2, label=text(*AIM))
    for end, name in zip(ends.T, (text(*BY_CHANCE), None), strict=True):
        main.stairs(end, edges, baseline=None, **CHANCE, label=name)
    main.set_xticks(edges, [f"{edge:g}" for edge in edges])
    main.set_xlim(0, 1)
    shapes = {
        "narrow": (text("U 字: 狭すぎ", "U: too narrow", "\n"), 1.7, 0),
        "wide": (text("山: 広すぎ", "hump: too wide", "\n"), 0.6, 0),
        "low": (text("右上がり: 低すぎ", "rising: too low", "\n"), 1, 0.7),
    }
    for key, (name, spread, shift) in shapes.items():
        bars = np.diff(stats.norm.cdf((stats.norm.ppf(edges) - shift) / spread))
        axes[key].bar(edges[:-1], bars, aims, color=pale(style.GREY), **look)
        axes[key].axhline(aims.mean(), color=style.RED, linestyle="--")
        axes[key].set(xticks=[], yticks=[], xlim=(0, 1))
        axes[key].set_title(name, fontsize=style.SMALL)
    label(main, x=("どの分位点の間に入ったか", "between which quantiles"), y=("日の割合", "share of days"))
    main.yaxis.set_major_locator(MultipleLocator(0.05))
    main.yaxis.set_major_formatter(SHARE)
    legend(main, ncols=2)
    out = (shares < ends[:, 0]) | (ends[:, 1] < shares)
    first, last = f"{levels[0]:g}", f"{levels[-1]:g}"
    ja = f"{first} 分位点より下 {shares[0]:.0%}、{last} 分位点より上 {shares[-1]:.0%}。偶然の範囲の外は {out.sum()} 本"
    en = f"Below the {first} quantile {shares[0]:.0%}, above the {last} quantile {shares[-1]:.0%}; {out.sum()} bars beyond chance"
    headline(figure, (ja, en))
    return Picture(figure, f"ヒストグラムと、形の読み方。{ja}。", f"A histogram, and how to read its shape. {en}.")


@styled
def coverage_after_shift(
    by_day: pd.DataFrame, by_size: pd.DataFrame, confidence: float, shift: int, runs: int, last: int = 50
) -> Picture:
    """Coverage by day with a break after day `shift`, and beside it by volatility before the break; one look a method.

    by_day, by_size: what `helpers.uncertainty.coverage_after_shift` returns. Dotted lines: where 95% of the shares of `runs`
    independent series lie.
    """
    figure, (left, right) = canvas(4, ncols=2, width_ratios=(3, 2), sharey=True)
    draw_curves(left, {named(name): curve for name, curve in by_day.items()}, linewidth=1.6, markersize=6)
    left.get_lines()[-1].set(linewidth=2.5)
    _aim(left, runs, confidence)
    left.axvline(shift + 0.5, color="black", linewidth=2)
    left.text(shift + 6, 0.02, text("ここから 2 倍", "twice as large", "\n"), va="bottom")
    right.axhline(confidence, **style.DASHED)
    _dots(right, by_size)
    right.set_xticks(range(len(by_size)), [text(*words(name), "\n") for name in by_size.index])
    right.set_xlim(-0.5, len(by_size) - 0.5)
    left.set_ylim(0, 1.03)
    label(left, x=("日", "day"), y=("被覆率", "coverage"))
    label(right, x=("2 倍になる前、日の荒さ別", f"up to day {shift}, by volatility", "\n"))
    left.yaxis.set_major_formatter(SHARE)
    legend(left, ncols=3)
    ja, en = listed(by_day.iloc[-last:].mean().to_dict(), ".0%")
    title = f"最後の {last} 日の被覆率: {ja}", f"Coverage of the last {last} days: {en}"
    headline(figure, title)
    return Picture(figure, f"日ごと、荒さごとの被覆率。{title[0]}。", f"Coverage by day and by volatility. {title[1]}.")


@styled
def intervals_over_time(
    dates: Dates, actual: ArrayLike, intervals: Intervals, confidence: float, days: int = 50, scores: int = 0
) -> Picture:
    """Size of each day's value with half the width of intervals, and below the coverage of the last `days` days.

    actual: (n,), in percent. intervals: method -> (low, high), (n,) each, in the same unit; an infinite width is drawn at
    the upper edge. scores: how many set a fixed margin; the range of chance allows for theirs.
    """
    figure, (top, bottom) = canvas(6.2, nrows=2, sharex=True, height_ratios=(3, 2))
    actual, days = np.asarray(actual, dtype=float), min(days, len(actual))
    ends = {name: np.asarray(pair, dtype=float) for name, pair in intervals.items()}
    look = {"color": style.GREY, "linewidth": 1.2, "label": text("値動きの大きさ", "size of the move")}
    top.vlines(dates, 0, np.abs(actual), **look)
    halves = {name: np.maximum(high - low, 0) / 2 for name, (low, high) in ends.items()}
    finite = [half[np.isfinite(half)].max(initial=0) for half in halves.values()]
    edge = 1.1 * max(np.abs(actual).max(), *finite)
    curves = {named(name): pd.Series(half, dates).clip(upper=edge) for name, half in halves.items()}
    _first_wide(top, curves)
    inside = {name: pd.Series((low <= actual) & (actual <= high), dates) for name, (low, high) in ends.items()}
    recent = {name: hits.rolling(days).mean() for name, hits in inside.items()}
    _first_wide(bottom, {f"_{name}": curve for name, curve in recent.items()})
    _aim(bottom, days, confidence, scores)
    top.set_ylim(0, edge)
    bottom.set_ylim(max(0, min(curve.min() for curve in recent.values()) - 0.1), 1.03)
    middle = listed({name: np.median(half) for name, half in halves.items()}, ".2f")
    worst = listed({name: curve.min() for name, curve in recent.items()}, ".0%")
    title = f"幅の半分の中央値 [%]: {middle[0]}", f"Median of half the width [%]: {middle[1]}"
    label(top, title, y=("値動き、幅の半分 [%]", "move, half the width [%]"))
    label(bottom, (f"被覆率の最低: {worst[0]}", f"Lowest coverage: {worst[1]}"))
    label(bottom, y=(f"直前 {days} 日の被覆率", f"coverage, last {days} days"))
    bottom.yaxis.set_major_formatter(SHARE)
    style.few_dates(bottom)
    top.plot([], [], **style.DASHED, label=text(*AIM))
    top.plot([], [], **CHANCE, label=text(*BY_CHANCE))
    legend(top, ncols=3)
    ja = f"上は日ごとの値動きの大きさと区間の幅の半分、下は直前 {days} 日の被覆率。最低は {worst[0]}。"
    en = (
        f"Top: size of each day's move and half the width of the intervals. Bottom: recent coverage, lowest {worst[1]}."
    )
    return Picture(figure, ja, en)


@styled
def coverage_by_group(inside: pd.DataFrame, groups: ArrayLike, confidence: float, scores: int = 0) -> Picture:
    """The coverage of each method (column of `inside`, True or False a day) in each group of days, in the groups' order.

    groups: (n,), ordered categories. Between the dotted lines 95% of the coverages of as many independent days
    lie. scores: how many set a fixed margin; the lines allow for theirs.
    """
    figure, axes = canvas(3.4)
    groups = pd.Categorical(groups)
    means = inside.groupby(groups, observed=False).mean()
    counts = pd.Series(groups).value_counts().reindex(groups.categories)
    for place, count in enumerate(counts):
        for k, end in enumerate(_by_chance(int(count), confidence, scores)):
            axes.hlines(end, place - 0.4, place + 0.4, **CHANCE, label="_" if place or k else text(*BY_CHANCE))
    axes.axhline(confidence, **style.DASHED, label=text(*AIM))
    _dots(axes, means)
    axes.set_xticks(range(len(counts)), [f"{named(str(name))}\n(n = {count})" for name, count in counts.items()])
    axes.margins(y=0.15)
    axes.set_xlim(-0.6, len(counts) - 0.4)
    last = str(counts.index[-1])
    ja, en = listed(means.iloc[-1].to_dict(), ".0%")
    title = f"被覆率、{words(last)[0]}: {ja}", f"Coverage, {words(last)[1]}: {en}"
    label(axes, title, y=("被覆率", "coverage"))
    axes.yaxis.set_major_formatter(SHARE)
    legend(axes, ncols=3)
    return Picture(figure, f"グループごとに、方法ごとの点。{title[0]}。", f"One mark a method and group. {title[1]}.")


def _first_wide(axes: Axes, curves: style.Curves) -> None:
    """Curves of which the first is drawn wide and pale, so that one that coincides with it is seen on top of it."""
    draw_curves(axes, curves, linewidth=2, markersize=6)
    axes.get_lines()[0].set(linewidth=5, alpha=0.65)
    axes.get_lines()[-1].set(linewidth=3)


def _dots(axes: Axes, means: pd.DataFrame) -> None:
    """One marker a method and row, side by side."""
    for k, ((name, values), look) in enumerate(zip(means.items(), looks(), strict=False)):
        look |= {"linestyle": "none", "markersize": 10, "marker": look["marker"] or "o"}
        axes.plot(np.arange(len(values)) + 0.15 * (k - (means.shape[1] - 1) / 2), values, **look, label=named(name))
