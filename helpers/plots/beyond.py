"""Step 06: beyond the lag.

Longer than 200 lines of code: nine figures, each of which works out its title and its alternative text from the data.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from helpers.language import named, text, words
from helpers.plots import style
from helpers.plots.style import (
    Picture,
    Words,
    canvas,
    draw_curves,
    first_true,
    headline,
    in_unit,
    label,
    legend,
    listed,
    name_ends,
    name_rows,
    styled,
)
from helpers.plots.training import LiveLoss, by_epoch

POINTS = "os^DvP*X"  # eight markers of one size
CLOSE_UP = 0.3  # where no skill is farther from 0, the axis ends here


@styled
def side_by_side(tables: Sequence[pd.DataFrame], last: int = 200) -> Picture:
    """The last rows of several series, each in a frame and a unit of its own: what is in them to be learned?"""
    last = min(last, max(map(len, tables)))
    rows, names = -(-len(tables) // 3), [words(table.attrs["name"]) for table in tables]
    figure, frames = canvas(0.5 + 1.7 * rows, nrows=rows, ncols=3, squeeze=False)
    for axes, table, name in zip(frames.flat, tables, names, strict=False):
        y = table[table.attrs["column"]].to_numpy()[-last:]
        axes.plot(np.arange(-len(y), 0), y, color=style.BLUE, linewidth=1.2)
        label(axes, (*in_unit(*name, table.attrs), "\n"), y=("", ""), size=style.SMALL)
    for axes in frames.flat[len(tables) :]:
        axes.axis("off")
    figure.supxlabel(text("何期前か（0 からがテスト部分）", "steps back (the test part begins at 0)"), fontsize=12)
    ja, en = "、".join(name[0] for name in names), ", ".join(name[1] for name in names)
    return Picture(figure, f"テスト部分の前の {last} 期。{ja}。", f"The {last} steps before the test part: {en}.")


def _claims(table: pd.DataFrame, sure: pd.Series) -> Words:
    """How many rows of a table of skills win, and lose, against which baseline; `sure` where a difference may be claimed."""
    skill = table["skill of mean"] if "skill of mean" in table else table["skill"]
    few = len(table) <= 3 and table.index.get_level_values(1).nunique() == 1  # rather named than counted

    def counted(rows: pd.Series) -> Words:
        if few:
            names = [words(series) for (series, _), won in rows.items() if won] or [("なし", "none")]
            return "、".join(ja for ja, _ in names), ", ".join(en for _, en in names)
        counts = rows.groupby(level=1, sort=False).agg(["sum", "size"])
        found = [(words(name), won, of) for name, won, of in counts.itertuples() if won]
        ja = "、".join(f"{n[0]}に {k}/{of}" for n, k, of in found)
        en = ", ".join(f"{k}/{of} against {n[1]}" for n, k, of in found)
        return (ja, en) if found else ("なし", "none")

    won, lost = counted(sure & (skill > 0)), counted(sure & (skill < 0))
    if "p Holm" not in table:
        return f"スキルが正: {won[0]}", f"Positive skill: {won[1]}"
    return first_true(
        (
            not sure.any(),
            f"{len(table)} 組とも、差は偶然と見分けがつかない",
            f"{len(table)} pairs: no difference can be told from chance",
        ),
        (True, f"はっきり勝ち: {won[0]}／はっきり負け: {lost[0]}", f"Clear wins: {won[1]}; clear losses: {lost[1]}"),
    )


@styled
def skills(
    table: pd.DataFrame, floor: float = -1.0, significance: float = 0.05, before: pd.DataFrame | None = None
) -> Picture:
    """Mean skill and its interval over seeds, one row a series, one marker a baseline; skills below `floor` are written there.

    table: as `beyond.compare` gives it, with the index (series, baseline). With a column "p Holm", markers are hollow where
    it is not below `significance`. before: the same table of the level model, from whose skills arrows set out.
    """
    series, baselines = (list(table.index.unique(level)) for level in (0, 1))
    tested = "p Holm" in table
    figure, axes = canvas(2.1 + (0.3 + 0.13 * len(baselines)) * len(series))
    axes.axvspan(floor - 0.05, 0, color=style.GREY, alpha=0.1)
    for number, baseline in enumerate(baselines):
        part = table.xs(baseline, level=1)
        offset = min(0.26, 0.8 / len(baselines)) * (number - (len(baselines) - 1) / 2)
        rows = np.array([series.index(name) for name in part.index]) + offset
        skill, color = part["skill"].to_numpy(), style.COLOURS[number % len(style.COLOURS)]
        seen, low = skill >= floor, skill < floor  # a skill that could not be measured, NaN, is neither
        if before is not None:
            old = before.xs(baseline, level=1)["skill"].reindex(part.index).to_numpy()
            ways = zip(rows, np.maximum(old, floor - 0.05), np.maximum(skill, floor), strict=True)
            for row, start, end in ways:  # from the left edge where it comes from below `floor`
                axes.annotate("", (end, row), (start, row), arrowprops={"arrowstyle": "->", "color": style.GREY})
        spread = np.nan_to_num(np.abs(part[["seeds low", "seeds high"]].to_numpy().T - skill))[:, seen]
        ja, en = words(baseline)
        against = text(style.spaced(f"{ja}に対して"), f"against {en}", "\n")
        look = {"fmt": POINTS[number % len(POINTS)], "color": color, "capsize": 3, "label": against}
        axes.errorbar(skill[seen], rows[seen], xerr=spread, **look)
        axes.plot(np.full(low.sum(), floor), rows[low], "<", color=color)
        unclear = ~(part["p Holm"].to_numpy() < significance) if tested else np.zeros_like(seen)
        for marker, these in ((look["fmt"], seen & unclear), ("<", low & unclear)):
            axes.plot(skill[these].clip(floor), rows[these], marker, color=color, markerfacecolor="white", zorder=3)
        for row, value in zip(rows[low], skill[low], strict=True):
            number_there = f"{value:,.0f}" if value < -10 else f"{value:.1f}"
            axes.text(floor + 0.03, row, number_there, va="center", fontsize=style.SMALL, color=style.ink(color))
        if len(baselines) == 1 and tested:  # there is room
            for row, value in zip(rows[seen], skill[seen], strict=True):
                look = {"ha": "left" if value > 0 else "right", "fontsize": style.SMALL, "color": style.ink(color)}
                axes.annotate(f"{value:.2f}", (value, row), (0, 6), textcoords="offset points", **look)
    hollow_ones = tested and not (table["p Holm"] < significance).all()
    if hollow_ones:
        hollow = text("中抜き: 差があると言えない", "hollow: no difference can be claimed", "\n")
        # as an errorbar, so that it stands behind the baselines in the legend, which names all lines first
        axes.errorbar([], [], fmt="o", color=style.GREY, markerfacecolor="white", label=hollow)
    if before is not None:
        axes.plot(
            [], [], "->", color=style.GREY, label=text("水準のモデルからの動き", "change from the level model", "\n")
        )
    axes.axvline(0, color="black", linewidth=1.5)
    name_rows(axes, [text(*words(name), "\n") for name in series])
    ends = np.nan_to_num(table[["skill", "seeds low", "seeds high"]].to_numpy(dtype=float))
    near = before is None and np.abs(ends).max() < CLOSE_UP
    xlim = (-CLOSE_UP, CLOSE_UP) if near else (floor - 0.05, 1.05)
    axes.set(xlim=xlim, ylim=(len(series) - 0.5, -0.5))
    x = (
        f"スキル（左の灰色ではベースラインの勝ち{'' if near else '、1 が完全な予測'}）",
        f"skill (left, in grey, the baseline wins{'' if near else '; 1: perfect'})",
    )
    title = _claims(table, table["p Holm"] < significance if tested else table["skill"].notna())
    label(axes, x=(*x, "\n"))
    headline(figure, title)
    legend(axes, ncols=2 if len(baselines) < 3 else 3)
    found = [(words(name), words(baseline), skill) for (name, baseline), skill in table["skill"].items()]
    ja = "、".join(style.spaced(f"{name[0]}は{baseline[0]}に {skill:.3f}") for name, baseline, skill in found)
    en = ", ".join(f"{name[1]} {skill:.3f} against {baseline[1]}" for name, baseline, skill in found)
    hollow = (
        ("中抜きは、差があると言えないもの。", " Hollow: no difference can be claimed.") if hollow_ones else ("", "")
    )
    return Picture(figure, f"{title[0]}。スキル: {ja}。{hollow[0]}", f"{title[1]}. Skill: {en}.{hollow[1]}")


@styled
def skill_of_walks(walks: pd.DataFrame, interval: tuple[float, float]) -> Picture:
    """The skill on each of many random walks as a point, and the 95% interval of their mean as a line.

    walks: columns skill, and outside: whether the test part leaves the range of the training part.
    """
    figure, axes = canvas(2.9)
    (low, high), mean, count = interval, walks["skill"].mean(), len(walks)
    groups = [("テスト部分が学習部分の範囲の中", "test part inside the training range", False)]
    groups += [("テスト部分が学習部分の範囲の外へ", "test part leaves the training range", True)]
    for row, (*_, outside) in enumerate(groups):
        skill = walks.loc[walks["outside"] == outside, "skill"]
        color, marker = ((style.BLUE, "o"), (style.RED, "X"))[row]
        axes.plot(skill, np.full(len(skill), row), marker, color=color, markersize=9, alpha=0.7)
    axes.errorbar(mean, 2, xerr=[[mean - low], [high - mean]], fmt="D", color="black", capsize=6, linewidth=3)
    axes.axvline(0, color="black", linewidth=1.5)
    mean_words = f"{count} 本の平均と 95% 区間", f"mean of the {count}, 95% interval"
    name_rows(axes, [text(*names[:2], "\n") for names in (*groups, mean_words)])
    axes.set_ylim(2.6, -0.6)
    measured = f"平均 {mean:.2f}（{low:.2f} 〜 {high:.2f}）", f"mean {mean:.2f} ({low:.2f} to {high:.2f})"
    title = first_true(
        (low > 0, f"勝てないはずの系列に勝った: {measured[0]}", f"Wins where nothing can win: {measured[1]}"),
        (high < 0, f"勝てないばかりか、負けている: {measured[0]}", f"It does not win, it loses: {measured[1]}"),
        (True, f"勝ちも負けもしない: {measured[0]}", f"Neither wins nor loses: {measured[1]}"),
    )
    headline(figure, title)
    label(axes, (), ("ナイーブ予測に対するスキル", "skill against the naive forecast"))
    ja = f"{count} 本のランダムウォークのスキルの点。{title[0]}。"
    return Picture(figure, ja, f"The skill on each of {count} random walks. {title[1]}.")


class LiveLag(LiveLoss):
    """As `LiveLoss`, and beside it what `measure()` gives after each epoch: the weight of each step of the window."""

    def __init__(self, epochs: int, naive: float, measure: Callable[[], Sequence[float]], seconds: float = 0.5):
        super().__init__(epochs, naive, seconds)
        self.measure, self.weights = measure, []

    def __call__(self, epoch: int, loss: float) -> None:
        self.weights.append(self.measure())
        super().__call__(epoch, loss)

    def _picture(self) -> Picture:
        return loss_and_weights(self.losses, self.naive, np.asarray(self.weights))


def _steps_back(window: int) -> list[str]:
    """Names of the steps of a window, oldest first: t-4 .. t-1, t."""
    return [f"t-{step}" if step else "t" for step in reversed(range(window))]


@styled
def loss_and_weights(losses: Sequence[float], naive: float, weights: np.ndarray) -> Picture:
    """The loss with the naive forecast's, and the weight of each step of the window, (epochs, window), by epoch."""
    figure, (left, right) = canvas(3.6, ncols=2)
    left.plot(by_epoch(losses), color=style.BLUE, linewidth=2, label="LSTM")
    left.axhline(naive, **style.DASHED, label=text(*style.NAIVE, "\n"))
    style.logarithmic(left)
    steps = zip(_steps_back(weights.shape[1]), weights.T, strict=True)
    draw_curves(right, {name: by_epoch(weight) for name, weight in reversed(list(steps))})
    right.axhline(1, color="black", linewidth=1, linestyle=":")
    legend(left, "upper right")
    name_ends(right)
    times, last = losses[-1] / naive, weights[-1, -1]
    lost = f"損失はナイーブ予測の {times:.2f} 倍", f"Loss: {times:.2f} times that of naive"
    weight = f"今日（t）の重みは {last:.2f}", f"The weight of today (t): {last:.2f}"
    label(left, lost, style.EPOCH, ("損失", "loss"))
    label(right, weight, style.EPOCH, ("重み", "weight"))
    ja = f"左は損失の曲線。{lost[0]}。右は窓の各日の重み。{weight[0]}。"
    return Picture(figure, ja, f"Left: {lost[1]}. Right: the weight of each step of the window. {weight[1]}.")


@styled
def window_weights(gradients: dict[str, ArrayLike]) -> Picture:
    """Input gradient of each step of the window, (windows, steps): its mean and, as a line, its middle 90%; one column a model."""
    figure, panels = canvas(3.3, ncols=len(gradients), squeeze=False, sharey=True)
    widths, found = {}, []
    for axes, (name, gradient) in zip(panels[0], gradients.items(), strict=True):
        mean, (low, high) = np.mean(gradient, axis=0), np.quantile(gradient, [0.05, 0.95], axis=0)
        steps, names = np.arange(len(mean)), _steps_back(len(mean))
        axes.bar(steps, mean, color=style.pale(style.BLUE), edgecolor="black")
        axes.vlines(steps, low, high, color="black", linewidth=2)
        axes.plot(np.tile(steps, 2), [*low, *high], "_", color="black", markersize=8)
        axes.axhline(0, color="black", linewidth=1)
        axes.axhline(1, color="black", linewidth=1, linestyle=":")
        axes.set_xticks(steps[:: -(len(steps) // 8 + 1)], names[:: -(len(steps) // 8 + 1)])
        today = f"t: {mean[-1]:.2f} ({low[-1]:.2f} {{}} {high[-1]:.2f})"
        label(axes, (f"{named(name)}\n{today.format('〜' if '〜' in text('〜', 'to') else 'to')}",) * 2, size=12)
        widths[name] = (high - low).max()  # of the step where it is widest
        found.append(f"{words(name)[1]} {today.format('to')}")
    widest = words(max(widths, key=widths.get))
    title = (
        f"窓による違いが最も大きいのは、{widest[0]}",
        f"The gradient varies most from window to window on {widest[1]}",
    )
    if len(gradients) > 1:
        headline(figure, title)
    figure.supxlabel(text("窓の中の時点", "step of the window"), fontsize=12)
    label(panels[0, 0], y=("入力の勾配", "input gradient", "\n"))
    ja = "窓の各時点の入力の勾配。棒が平均、縦の線が窓の 90% の範囲。"
    en = "Input gradient of each step of the window: the mean as a bar, the middle 90% of all windows as a line."
    return Picture(figure, f"{ja}{title[0]}。", f"{en} {title[1]}. {'; '.join(found)}.")


@styled
def shares_of_naive(shares: dict[str, float]) -> Picture:
    """The error of several forecasts as shares of that of the naive forecast, 1 where the dashed line stands."""
    figure, axes = canvas(1.3 + 0.42 * len(shares))
    _named_bars(axes, pd.Series(shares), "{:.3f}")
    axes.axvline(1, **style.DASHED)
    axes.set_xlim(0, 1.15 * max(1, *shares.values()))
    best = min(shares, key=shares.get)
    title = (
        f"誤差が最小なのは「{words(best)[0]}」: ナイーブ予測の {shares[best]:.0%}",
        f"Smallest error ({shares[best]:.0%} of naive): {words(best)[1]}",
    )
    headline(figure, title)
    label(axes, (), ("RMSE ÷ ナイーブ予測の RMSE（破線が 1）", "RMSE ÷ that of naive (dashed: 1)", "\n"))
    ja, en = listed(shares, ".3f")
    return Picture(figure, f"{title[0]}。{ja}。", f"{title[1]}. {en}.")


def _named_bars(axes: Axes, numbers: pd.Series, written: str) -> None:
    """One bar a row, with its number behind it; the smallest is hatched and darker."""
    small = (numbers == numbers.min()).to_numpy()
    for these, color, hatch in ((~small, style.GREY, None), (small, style.BLUE, "//")):
        axes.barh(np.flatnonzero(these), numbers[these], color=style.pale(color), edgecolor="black", hatch=hatch)
    for row, number in enumerate(numbers):
        axes.annotate(written.format(number), (number, row), (6, 0), textcoords="offset points", va="center")
    name_rows(axes, [text(*words(name), "\n") for name in numbers.index])
    axes.set_xlim(0, 1.15 * numbers.max())


@styled
def season_week(actual: pd.Series, forecasts: dict[str, pd.Series], attrs: dict, week: int = 168) -> Picture:
    """One ordinary week of the hourly changes and of the first forecast, and below it the RMSE of all forecasts over the whole span.

    The week is the one whose error is the median of all weeks. forecasts: name -> the same index as `actual`.
    """
    figure, (top, bottom) = canvas(5.2 + 0.2 * len(forecasts), nrows=2, height_ratios=[3, 1 + 0.5 * len(forecasts)])
    name, first = next(iter(forecasts.items()))
    squares = ((actual - first).to_numpy()[: len(actual) // week * week] ** 2).reshape(-1, week).mean(axis=1)
    number = int(np.argsort(squares)[len(squares) // 2])
    part = slice(number * week, (number + 1) * week)
    top.plot(actual.iloc[part], color=style.GREY, linewidth=4, label=named("actual"))
    top.plot(first.iloc[part], color=style.SKY, linewidth=1.8, label=named(name))
    style.few_dates(top)
    rmse = pd.Series({name: np.sqrt(((actual - y) ** 2).mean()) for name, y in forecasts.items()})
    _named_bars(bottom, rmse, "{:,.0f}")
    others = [(words(other), rmse.iloc[0] / rmse[other]) for other in rmse.index[[1, -1]]]
    ja = f"{words(name)[0]}: 誤差は" + "、".join(f"{other[0]}の {share:.0%}" for other, share in others)
    en = f"{words(name)[1]}: its error is " + ", ".join(f"{share:.0%} of that of {other[1]}" for other, share in others)
    label(top, ("ふつうの 1 週間（誤差が中央値の週）", "An ordinary week (of median error)"))
    label(top, y=in_unit("1 時間の変化", "change in an hour", attrs))
    label(bottom, (ja, en), in_unit("RMSE", "RMSE", attrs))
    bottom.xaxis.set_major_formatter(style.DIGITS)
    top.set_ylim(top=1.7 * actual.iloc[part].max())
    legend(top, "upper right", ncols=2)
    ja = f"上は、ある 1 週間の実際の変化と予測。下は RMSE の棒。{ja}。"
    return Picture(figure, ja, f"Above, actual and forecast changes in one week; below, bars of RMSE. {en}.")


@styled
def skill_by_part(parts: dict[str, tuple[float, float, float]]) -> Picture:
    """The skill in each part of the test, with its interval: name -> (skill, low, high)."""
    figure, axes = canvas(1.3 + 0.45 * len(parts))
    skill, low, high = np.array(list(parts.values())).T
    axes.errorbar(skill, range(len(parts)), xerr=[skill - low, high - skill], fmt="o", color=style.BLUE, capsize=4)
    axes.axvline(0, color="black", linewidth=1.5)
    name_rows(axes, [text(*words(name), "\n") for name in parts])
    axes.set_ylim(len(parts) - 0.5, -0.5)
    around = int(((low <= 0) & (high >= 0)).sum())
    best = words(list(parts)[int(np.nan_to_num(skill, nan=-np.inf).argmax())])
    title = first_true(
        (np.isnan(skill).all(), "スキルを測れた部分はない", "The skill could not be measured in any part"),
        (
            True,
            f"スキルが最大なのは、{best[0]}。{len(parts)} つの区間のうち {around} つは 0 を含む",
            f"Largest skill in {best[1]}; {around} of {len(parts)} intervals contain 0",
        ),
    )
    headline(figure, title)
    label(axes, (), ("スキルと 95% 区間", "skill and its 95% interval"))
    ja, en = listed({name: value for name, (value, *_) in parts.items()}, ".2f")
    return Picture(figure, f"{title[0]}。{ja}。", f"{title[1]}. {en}.")
