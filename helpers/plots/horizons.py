"""Step 07: many steps.

Longer than 200 lines of code: six figures, each of which works out its title and its alternative text from the data.
"""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from numpy.typing import ArrayLike

from helpers.language import text, words
from helpers.language.tables import significant
from helpers.plots import style
from helpers.plots.style import (
    AHEAD,
    Dates,
    Picture,
    Words,
    canvas,
    first_true,
    headline,
    in_unit,
    label,
    legend,
    line_chart,
    listed,
    looks,
    name_rows,
    styled,
)

Paths, Fans = dict[str, np.ndarray], dict[str, tuple[np.ndarray, np.ndarray]]
Runs = Sequence[ArrayLike]
TIGHT = {"columnspacing": 0.9, "handlelength": 1.6, "handletextpad": 0.5}  # a legend in one row of a panel's figure
SCHEME = {"ha": "center", "va": "center", "fontsize": style.SMALL}


@styled
def windows_at_border(window: int, horizon: int, more: int = 5) -> Picture:
    """The last training windows before the border, one a row: those whose targets reach the test part, and `more` older ones."""
    dropped = horizon - 1
    figure, axes = canvas(3.8)
    back = np.arange(dropped + more, 0, -1)  # days from a window's first target to the border
    rows, late = np.arange(len(back)), back < horizon
    look = {"height": 0.8, "edgecolor": "black", "linewidth": 0.5}
    axes.barh(rows, window, left=-back - window, color=style.pale(style.GREY), label=text("入力", "input"), **look)
    for these, color, hatch, name in (
        (~late, style.BLUE, "...", ("目標", "target")),
        (late, style.RED, "////", ("テスト部分に入る目標", "target that reaches the test part")),
    ):
        look |= {"color": style.pale(color), "hatch": hatch, "label": text(*name)}
        axes.barh(rows[these], horizon, left=-back[these], **look)
    axes.axvline(0, color="black", linewidth=2)
    axes.text(0.5, -0.5, text("テスト部分 →", "test part →", "\n"), va="top")
    axes.set(yticks=[], xlim=(-dropped - more - window - 1, max(horizon + 1, window / 4)), ylim=(len(back), -1))
    title = (
        f"最後の {dropped} 個の窓は、目標がテスト部分に入る",
        f"The targets of the last {dropped} windows reach into the test part",
    )
    label(axes, title, ("境目からの日数", "days from the border"), ("窓（1 行に 1 つ）", "windows, one a row", "\n"))
    legend(axes, ncols=3)
    return Picture(
        figure, f"学習部分の最後の窓を 1 行に 1 つずつ。{title[0]}。", f"The last training windows. {title[1]}."
    )


@styled
def three_methods(window: int, horizon: int) -> Picture:
    """What the three methods do, as boxes and arrows: direct, recursive, encoder-decoder."""
    figure, panels = canvas(2.8, ncols=3)
    days = text(f"{window} 日", f"{window} days", "\n")
    for axes, name in zip(panels, ("direct", "recursive", "encoder-decoder"), strict=True):
        axes.set(xlim=(0, 10), ylim=(0.5, 9))
        axes.axis("off")
        label(axes, (text(*words(name), "\n"),) * 2)
    for axes, shown in zip(panels, ("LSTM", "LSTM", text("エンコーダ", "encoder", "\n")), strict=True):
        _box(axes, 1.5, 2, days, style.GREY)
        _box(axes, 1.5, 6, shown, style.BLUE)
        _arrow(axes, (1.5, 2.9), (1.5, 5))
    direct, recursive, chain = panels
    for x, day in ((4.4, "1"), (5.9, "2"), (7.3, "…"), (8.7, f"{horizon}")):
        _box(direct, x, 2, day, style.GREEN)
        _arrow(direct, (2.6, 6), (x, 3.1))
    _box(recursive, 6, 6, "1", style.GREEN)
    _arrow(recursive, (2.8, 6), (5.2, 6))
    _arrow(recursive, (6, 5), (2.9, 1.8), bend=-0.35)
    again = text(f"{horizon} 回繰り返す", f"{horizon} times", "\n")
    recursive.text(6.8, 1.2, again, **SCHEME)
    for x, day in ((4.6, "1"), (6.9, "2"), (9.2, f"{horizon}")):
        _box(chain, x, 6, text("デコーダ", "dec.") if x < 0 else "D", style.ORANGE)
        _box(chain, x, 2, day, style.GREEN)
        _arrow(chain, (x, 5), (x, 3))
    for x in (4.6, 6.9):
        _arrow(chain, (x + 0.5, 2.6), (x + 1.8, 5), dashed=x > 5)
        _arrow(chain, (x + 0.8, 6), (x + 1.5, 6), dashed=x > 5)
    _arrow(chain, (3.2, 6), (3.9, 6))
    chain.text(6.4, 8.3, text("D: デコーダ", "D: decoder"), **SCHEME)
    ja = "3 つの方法の図。直接は全部を一度に、再帰は 1 つずつ自分の入力に戻し、エンコーダ・デコーダは状態を渡して 1 つずつ出す。"
    en = "direct gives all days at once; recursive feeds each forecast back into its input; "
    return Picture(figure, ja, f"Boxes and arrows: {en}encoder-decoder hands on a state and writes day by day.")


def _box(axes: Axes, x: float, y: float, name: str, color: str) -> None:
    look = {"boxstyle": "round,pad=0.4", "facecolor": style.pale(color), "edgecolor": "black"}
    axes.text(x, y, name, bbox=look, **SCHEME)


def _arrow(axes: Axes, start: tuple, end: tuple, bend: float = 0, dashed: bool = False) -> None:
    look = {"arrowstyle": "->", "connectionstyle": f"arc3,rad={bend}", "linestyle": ":" if dashed else "-"}
    axes.annotate("", end, start, arrowprops=look)


def _moves(actual: np.ndarray, starts: Sequence[int], paths: Paths, attrs: dict) -> Words:
    """How far paths and series go from the last known value by the end of the paths or, where paths move enough, how far off they are."""
    horizon = len(next(iter(paths.values()), [[]])[0])
    ends = [(k, start) for k, start in enumerate(starts) if start + horizon <= len(actual)]
    if not ends or not horizon:
        return f"{horizon} 期先までの予測", f"Forecasts {horizon} steps ahead"
    went = np.mean([abs(actual[start + horizon - 1] - actual[start - 1]) for _, start in ends])
    goes = [np.mean([abs(path[k][-1] - actual[start - 1]) for k, start in ends]) for path in paths.values()]
    size = max([went, *goes])  # three digits of it are enough, and a small one has as many: 782 yen, 0.0123 dollars
    places = 0 if size >= 100 else max(2, len(significant(size, 3).partition(".")[2]))
    digits, (ja, en) = f",.{places}f", (f" {attrs[key]}" if attrs.get(key) else "" for key in ("unit_ja", "unit_en"))
    if max(goes) < went / 2:
        low, high = (f"{end(goes):{digits}}" for end in (min, max))
        return (
            f"{horizon} 期での動き（平均）: 実際は {went:{digits}}{ja}、予測は {low if low == high else f'{low}〜{high}'}{ja}",
            f"Mean move in {horizon} steps: actual {went:{digits}}{en}, "
            f"forecast {low if low == high else f'{low} to {high}'}{en}",
        )
    off = {
        name: np.mean([np.abs(np.asarray(path[k]) - actual[start : start + horizon]) for k, start in ends])
        for name, path in paths.items()
    }
    words_ja, words_en = listed(off, digits)
    return (
        f"ずれの平均（図の {len(ends)} 回）: {words_ja}{ja}",
        f"Mean error of the {len(ends)} forecast{'s' * (len(ends) > 1)} drawn: {words_en}{en}",
    )


def _inside(actual: np.ndarray, starts: Sequence[int], fans: Fans) -> Words:
    """How many of the actual values drawn lie in each fan."""
    counts = []
    for name, (low, high) in fans.items():
        pairs = [(actual[start:][: low.shape[1]], k) for k, start in enumerate(starts)]
        hits = sum(int(((low[k][: len(y)] <= y) & (y <= high[k][: len(y)])).sum()) for y, k in pairs)
        counts.append((name, hits, sum(len(y) for y, _ in pairs)))
    total = counts[0][2]  # the same in each fan
    ja = "、".join(f"{name} の区間に {hits} 個" for name, hits, _ in counts[:2])
    en = ", ".join(f"{hits} in the {name} interval" for name, hits, _ in counts[:2])
    return f"実際の値 {total} 個中、{ja}", f"Of {total} actual value{'s' * (total > 1)}: {en}"


@styled
def paths_from_origins(
    dates: Dates, actual: ArrayLike, starts: ArrayLike, paths: Paths, attrs: dict, fans: Fans | None = None
) -> Picture:
    """Forecast paths over the actual series; each begins at the value known last, marked by a ring.

    starts: the row of `dates` that each path forecasts first; several of them get a frame each, all of one height. paths:
    method -> (len(starts), horizon). fans: name -> lower and upper ends, of the same shape, the widest first.
    """
    actual, starts, fans = np.asarray(actual, dtype=float), [int(start) for start in starts], fans or {}
    horizon = max([len(path[0]) for path in paths.values()] + [low.shape[1] for low, _ in fans.values()], default=0)
    across = 1 if len(starts) == 1 else 2 if len(starts) in (2, 4) else 3
    down = -(-len(starts) // across)
    figure, frames = canvas(4 if down == 1 else 1 + 2 * down, nrows=down, ncols=across, squeeze=False)
    tallest = 0.0
    for k, (axes, start) in enumerate(zip(frames.flat, starts, strict=False)):
        part = slice(0, None) if across == 1 else slice(max(0, start - max(horizon, 10)), start + horizon)
        known = {
            "color": "black",
            "fillstyle": "none",
            "markersize": 8,
            "label": text("最後に分かっている値", "last known", "\n"),
        }
        axes.plot(dates[part], actual[part], color=style.GREY, linewidth=2, label=text(*words("actual"), "\n"))
        for shade, (name, (low, high)) in zip(np.linspace(0.12, 0.3, max(2, len(fans))), fans.items(), strict=False):
            look = {"facecolor": (style.BLUE, shade), "edgecolor": style.BLUE, "label": name}
            days = dates[start:][: low.shape[1]]
            axes.fill_between(days, low[k][: len(days)], high[k][: len(days)], **look)
        for (name, path), look in zip(paths.items(), looks(3), strict=False):
            y = np.append(actual[start - 1], path[k])[: len(dates) - start + 1]
            axes.plot(
                dates[start - 1 :][: len(y)], y, **look, markersize=4, markevery=3, label=text(*words(name), "\n")
            )
        axes.plot(dates[start - 1], actual[start - 1], "o", **known)
        style.few_dates(axes, {1: 8, 2: 5, 3: 4}[across])
        axes.yaxis.set_major_formatter(style.DIGITS)
        tallest = max(tallest, np.ptp(axes.get_ylim()))
    for axes in frames.flat[: len(starts)] if across > 1 else ():
        axes.set_ylim(np.mean(axes.get_ylim()) + tallest * np.array([-0.5, 0.5]))  # a move looks alike everywhere
    for axes in frames.flat[len(starts) :]:
        axes.axis("off")
    if across == 1:  # a panel's frame may be lower than the name of what is drawn is long
        units = (f"[{attrs[f'unit_{k}']}]" if attrs.get(f"unit_{k}") else attrs[f"value_{k}"] for k in ("ja", "en"))
        label(frames[0, 0], y=tuple(units))
    else:
        style.name_frames(figure, attrs)
    legend(frames[0, 0], ncols=5 if across == 1 else 3, **TIGHT)
    title = _inside(actual, starts, fans) if fans else _moves(actual, starts, paths, attrs)
    headline(figure, tuple(re.sub(r" (?=[\d-])", "\u00a0", line) for line in title))  # no line begins with a number
    ja = f"{len(starts)} つの起点から伸びる予測の推移と、実際の値の線。{title[0]}。"
    return Picture(
        figure,
        ja,
        f"Forecast paths from {len(starts)} origin{'s' * (len(starts) > 1)}, and the line of actual values. {title[1]}.",
    )


def _growth(means: dict[str, pd.Series], law: float | None) -> Words:
    """By how much the error grows up to the last step; with a law, on the curve from which the law sets out."""
    steps = len(next(iter(means.values())))
    if steps == 1:
        return "1 期先の誤差", "The error one step ahead"
    if any(mean.iloc[0] == 0 for mean in means.values()):  # of which there is no multiple
        return "1 期先の誤差が 0 の予測がある", "A forecast has no error one step ahead"
    times = {name: mean.iloc[-1] / mean.iloc[0] for name, mean in means.items()}
    if law is None:
        low, high = (f"{end(times.values()):.1f}" for end in (min, max))
        ja, en = (low, low) if low == high else (f"{low}〜{high}", f"{low} to {high}")
        return (f"{steps} 期先の誤差は、1 期先の {ja} 倍", f"Error {steps} steps ahead: {en} times that of one step")
    name = min(means, key=lambda name: abs(means[name].iloc[0] - law))
    ja, en = words(name)
    return (
        f"{ja}、{steps} 期先の誤差: 1 期先の {times[name]:.1f} 倍（√{steps} = {np.sqrt(steps):.1f}）",
        f"{en}: error {steps} steps ahead {times[name]:.1f} times one step's (√{steps} = {np.sqrt(steps):.1f})",
    )


@styled
def error_by_step(errors: dict[str, pd.Series | Sequence[pd.Series]], attrs: dict, law: float | None = None) -> Picture:
    """RMSE by step ahead, one line a method; of several runs (over seeds) the mean is drawn, and their range.

    law: the RMSE one step ahead that the square-root law starts from.
    """
    runs = {name: pd.DataFrame([one] if isinstance(one, pd.Series) else list(one)) for name, one in errors.items()}
    means = {text(*words(name), "\n"): table.mean() for name, table in runs.items()}
    title, steps = _growth({name: table.mean() for name, table in runs.items()}, law), next(iter(means.values())).index
    figure, axes = line_chart(means, title, AHEAD, in_unit("RMSE", "RMSE", attrs), 3.8, marks=1000, dot=".")
    for k, curve in enumerate(axes.get_lines()):
        curve.set_zorder(2 - 0.01 * k)  # the first on top: its thin line does not hide the marks of one below it
    for table, look in zip(runs.values(), looks(), strict=False):
        if len(table) > 1:
            shade = {"facecolor": (look["color"], 0.25), "edgecolor": look["color"], "linewidth": 0.8}
            axes.fill_between(table.columns, table.min(), table.max(), **shade)
    if law is not None:
        axes.plot(steps, law * np.sqrt(steps), **style.DASHED, label=text("平方根の法則", "square-root law", "\n"))
    axes.set_ylim(bottom=0)
    axes.xaxis.get_major_locator().set_params(integer=True)
    if len(steps) == 1:
        axes.set_xticks(steps)
    legend(axes, ncols=4, **TIGHT)
    ja, en = listed({name: table.mean().iloc[-1] for name, table in runs.items()})
    ja = f"何期先かごとの RMSE の線。{title[0]}。最後の期の RMSE: {ja}。"
    return Picture(figure, ja, f"Lines of RMSE by the number of steps ahead. {title[1]}. RMSE at the last step: {en}.")


@styled
def closed_loop(
    actual: ArrayLike, paths: dict[str, Runs], attrs: dict, close_up: int = 100, share: float = 0.1
) -> Picture:
    """How far closed-loop forecasts are off, for every run, and the last `close_up` steps of each first run.

    paths: name -> one path for each run (seed), at least as long as `actual`. A run has left the series where it is off by
    more than `share` of the amplitude; the left side shows the largest error of the last 25 steps. First runs that differ
    by less than that are drawn once.
    """
    figure, (left, right) = canvas(4.2, ncols=2)
    actual = np.asarray(actual, dtype=float)
    steps, limit = np.arange(1, len(actual) + 1), share * np.ptp(actual) / 2
    last = slice(max(0, len(actual) - close_up), None)
    right.plot(steps[last], actual[last], color=style.GREY, linewidth=7)
    apart = [withStroke(linewidth=4, foreground="white")]  # a forecast that lies on the actual values is seen
    stayed, drawn = {}, {}
    for (name, runs), look in zip(paths.items(), looks(1), strict=False):
        errors = [np.abs(np.asarray(run)[: len(actual)] - actual) for run in runs]
        stayed[name] = f"{sum(bool((error <= limit).all()) for error in errors)}/{len(errors)}"
        for number, error in enumerate(errors):
            seen = pd.Series(error, steps).rolling(25, min_periods=1).max()
            left.plot(
                seen,
                **look,
                markevery=(20 * number, len(actual) // 5),
                label=None if number else text(*words(name), "\n"),
            )
        first = np.asarray(runs[0])[: len(actual)][last]
        twin = next((other for other, path in drawn.items() if np.abs(path - first).max() < limit), None)
        if twin is None:
            drawn[name] = first
            right.plot(steps[last], first, **look, markevery=close_up // 10, markersize=6, path_effects=apart)
    left.axhline(
        limit, color="black", linewidth=2, label=text(f"振幅の {share:.0%}", f"{share:.0%} of the amplitude", "\n")
    )
    style.logarithmic(left)
    ja, en = (mark.join(f"{words(name)[k]} {n}" for name, n in stayed.items()) for k, mark in enumerate(("／", "; ")))
    title = f"{len(actual):,} 期ずっと沿った回数: {ja}", f"Runs that stay for all {len(actual):,} steps: {en}"
    headline(figure, title)
    label(left, (), AHEAD, ("直近 25 期の最大のずれ", "largest error of 25 steps", "\n"))
    label(right, (f"シード 0 の最後の {close_up} 期", f"The last {close_up} steps of seed 0"), AHEAD, attrs, 12)
    left.plot([], [], color=style.GREY, linewidth=7, label=text(*words("actual"), "\n"))  # names what is on the right
    legend(left, ncols=3)
    ja = f"左は閉ループの予測のずれ、右は最後の {close_up} 期。{title[0]}。"
    return Picture(
        figure, ja, f"Left, how far closed-loop forecasts are off; right, the last {close_up} steps. {title[1]}."
    )


def _beyond_0(whole: pd.DataFrame) -> Words:
    """Which rows of each table of skills have a bootstrap interval that is above 0, or below."""
    parts, said = list(whole.index.unique(0)), []
    sides = {1: [("", "")], 2: [("左の", "Left, "), ("右の", "Right, ")]}
    named_sides = [(f"「{ja}」の", f"{en}, ") for ja, en in map(words, parts)]
    for part, (ja, en) in zip(parts, sides.get(len(parts), named_sides), strict=True):
        table, found = whole.loc[part], []
        for these, side in ((table["days low"] > 0, ("上", "above")), (table["days high"] < 0, ("下", "below"))):
            names = [words(method) for method in table.index[these]]
            if names:
                listed_ja, listed_en = "、".join(name[0] for name in names), ", ".join(name[1] for name in names)
                found.append((f"0 より{side[0]}: {listed_ja}", f"{side[1]} 0: {listed_en}"))
        if found:
            said.append(
                (f"{ja}区間が " + "／".join(f[0] for f in found), f"{en}interval " + "; ".join(f[1] for f in found))
            )
    titles = "。".join(ja for ja, _ in said), ". ".join(en for _, en in said)
    return titles[0], titles[1][:1].upper() + titles[1][1:]


@styled
def path_skills(tables: dict[str, pd.DataFrame], floor: float = -0.5) -> Picture:
    """Skills of methods side by side, one frame a table: the mean forecast with its block bootstrap interval, and the mean over seeds.

    tables: title -> as `compare_paths` gives it. A skill below `floor` stands at the edge as a number.
    """
    figure, frames = canvas(1.9 + 0.65 * max(map(len, tables.values())), ncols=len(tables), squeeze=False)
    whole = pd.concat(tables)
    seen = whole[whole["skill of mean"] >= floor]
    reach = np.nanmax(np.abs(seen[["days low", "days high", "seeds low", "seeds high"]].to_numpy()), initial=0.01)
    for axes, (name, table) in zip(frames[0], tables.items(), strict=True):
        for columns, shift, color, marker, width, said in (
            (
                ("skill of mean", "days low", "days high"),
                -0.18,
                style.BLUE,
                "D",
                3,
                ("全シードの平均の予測、ブートストラップの区間", "mean forecast, bootstrap interval", "\n"),
            ),
            (
                ("skill", "seeds low", "seeds high"),
                0.2,
                style.ORANGE,
                "o",
                1.5,
                ("シードごとの値の平均、シードによる区間", "mean over seeds, interval over seeds", "\n"),
            ),
        ):
            skill, low, high = (table[column].to_numpy() for column in columns)
            rows, near, far = np.arange(len(table)) + shift, skill >= floor, skill < floor  # NaN is neither
            spread = np.nan_to_num([skill - low, high - skill])[:, near]
            look = {"color": color, "capsize": 4, "linewidth": width, "label": text(*said)}
            axes.errorbar(skill[near], rows[near], xerr=spread, fmt=marker, **look)
            for row, value in zip(rows[far], skill[far], strict=True):
                axes.plot(-1.1 * reach, row, "<", color=color)
                axes.annotate(f"{value:.1f}", (-1.0 * reach, row), va="center", color=style.ink(color))
        axes.axvline(0, color="black", linewidth=1.5)
        name_rows(axes, [text(*words(method), "\n") for method in table.index])
        axes.set(xlim=(-1.2 * reach, 1.2 * reach), ylim=(len(table) - 0.5, -0.5))
        axes.locator_params(axis="x", nbins=4)
        label(axes, (text(*words(name), "\n"),) * 2, ("スキル", "skill"), size=12)
    ends, beyond = whole[["days low", "days high"]], _beyond_0(whole)
    title = first_true(
        (ends.isna().all(axis=None), "ブートストラップの区間を計算できない", "No bootstrap interval could be computed"),
        (any(beyond), *beyond),
        (
            ends.isna().any(axis=None),
            "計算できた区間は、どれも 0 を含む",
            "All bootstrap intervals that could be computed contain 0",
        ),
        (True, "ブートストラップの区間は、どれも 0 を含む", "All bootstrap intervals contain 0"),
    )
    headline(figure, title)
    legend(frames[0, 0], ncols=2)
    found = [(words(name), words(method), skill) for (name, method), skill in whole["skill of mean"].items()]
    ja, en = (
        "、".join(f"{n[0]}: {m[0]} {skill:.3f}" for n, m, skill in found),
        "; ".join(f"{n[1]}, {m[1]} {skill:.3f}" for n, m, skill in found),
    )
    return Picture(figure, f"{title[0]}。スキル: {ja}。", f"{title[1]}. Skill: {en}.")
