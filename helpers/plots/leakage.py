"""Step 11: leakage."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from helpers.language import text, words
from helpers.plots import style
from helpers.plots.style import Dates, Picture, canvas, few_dates, label, legend, name_rows, styled

Name = str | tuple[str, str]  # one that `words` knows, or Japanese and English
Scores = Mapping[Name, Mapping[Name, Sequence[float]]]  # case -> pipeline -> one number a seed
SKILL = "スキル（0 がナイーブ予測、1 が完全な予測）", "skill (0: the naive forecast, 1: perfect)", "\n"


def in_both(name: Name) -> tuple[str, str]:
    """A name in Japanese and in English; one from the code, such as "no leak", as tables have it."""
    return words(name) if isinstance(name, str) else name


def _rows(axes: Axes, names: Sequence[Name]) -> None:
    name_rows(axes, [text(*in_both(name), "\n") for name in names])
    axes.grid(False, axis="y")


def _between_rows(axes: Axes, count: int) -> None:
    """A thin line between each two of `count` rows: what lies in a row belongs to its name."""
    across = {"transform": axes.get_yaxis_transform(), "color": style.GREY, "linewidth": 0.5}
    axes.hlines(np.arange(0.5, count - 1), 0, 1, **across)


@styled
def moved_forecasts(dates: Dates, pairs: Mapping[Name, tuple[ArrayLike, ArrayLike]], attrs: dict) -> Picture:
    """Forecasts of each pipeline before and after a change of values that came later: none may move.

    dates: the n days on which they were made. pairs: pipeline -> (before, after), n forecasts each, in the unit of
    `attrs`.
    """
    figure, panels = canvas(3.8, ncols=len(pairs), sharey=True, squeeze=False)
    said = []
    for axes, (name, pair) in zip(panels[0], pairs.items(), strict=True):
        before, after = (np.asarray(line, dtype=float).ravel() for line in pair)
        (ja, en), moved = in_both(name), int((before != after).sum())
        said.append((f"{ja}: {len(before)} 個のうち {moved} 個が動いた", f"{en}: {moved} of {len(before)} moved"))
        axes.plot(dates, before, color=style.BLUE, linewidth=2.5, label=text("変える前", "before the change"))
        axes.plot(dates, after, "--", color=style.RED, linewidth=1.8, label=text("変えた後", "after the change"))
        label(axes, said[-1], ("予測を作った日", "day the forecast was made"))
        few_dates(axes, 4)
    label(panels[0, 0], y=attrs)
    legend(panels[0, 0], ncols=2)
    ja, en = ("。".join(words) for words in zip(*said, strict=True))
    en = f"Forecasts (blue) and the same after later values were changed (red, dashed). {en.replace('。', '. ')}."
    return Picture(figure, f"予測（青）と、先の値を変えた後の予測（赤い破線）。{ja}。", en)


@styled
def apparent_and_hold_out(
    skills: Mapping[Name, tuple[Sequence[float], Sequence[float]]],
    days: Mapping[Name, tuple[float, float, float]] | None = None,
) -> Picture:
    """Two bars a pipeline: the apparent skill, as its own score has it, and that of the hold-out.

    skills: pipeline -> (apparent, hold-out), one number a seed in each. A bar is their mean; where there are several, each
    seed is a dot. days: pipeline -> skill of the mean forecast on the hold-out, and the ends of its interval over days.
    """
    figure, axes = canvas(2.1 + 0.5 * len(skills))
    positive = []
    above, below, thick = (-0.28, 0.02, 0.28) if days else (-0.2, 0.2, 0.38)  # room for a third mark in the same row
    for part, offset, color, hatch, name in (
        (0, above, style.ORANGE, "//", ("見かけの成績", "apparent score")),
        (1, below, style.SKY, None, ("ホールドアウトでの成績", "hold-out score")),
    ):
        look = {"color": style.pale(color), "hatch": hatch, "edgecolor": "black", "label": text(*name)}
        means = np.array([np.mean(both[part]) for both in skills.values()])
        positive.append(int((means > 0).sum()))
        axes.barh(np.arange(len(skills)) + offset, means, thick, **look)
        seeds = [(skill, row + offset) for row, both in enumerate(skills.values()) for skill in both[part]]
        if len(seeds) > len(skills):
            dots = {"color": "black", "markersize": 5, "markeredgecolor": "white"}
            axes.plot(*zip(*seeds, strict=True), "o", **dots, label=None if part else text("シード", "seed"))
    if days:
        mean, low, high = np.transpose(list(days.values()))
        reach = {"xerr": (mean - low, high - mean), "fmt": "D", "color": style.PURPLE, "capsize": 4}
        reach["label"] = text("平均予測と、日による 95% 区間", "mean forecast, 95% interval over days", "\n")
        axes.errorbar(mean, np.arange(len(days)) + 0.31, **reach)
    axes.axvline(0, color="black", linewidth=1.5)
    _between_rows(axes, len(skills))
    _rows(axes, list(skills))
    left, right = axes.get_xlim()
    axes.set_xlim(min(left, -0.6), max(right, 0.8))  # one width for most, so that a panel's bars can be compared
    ja = f"スキルが正なのは、見かけでは {positive[0]} 個、ホールドアウトでは {positive[1]} 個"
    en = f"Positive skill: {positive[0]} by the apparent score, {positive[1]} on the hold-out"
    label(axes, (ja, en), SKILL)
    legend(axes, ncols=2 if days else 3)
    ja = f"パイプラインごとに 2 本の棒。見かけの成績（橙）と、ホールドアウトでの成績（水色）。{ja}。"
    en = f"Two bars for each pipeline: the apparent score (orange) and that on the hold-out (light blue). {en}."
    return Picture(figure, ja, en)


@styled
def scores_by_case(parts: Mapping[Name, Scores]) -> Picture:
    """Skill of the same pipelines in several cases, a panel for each part that it was measured on.

    A mark is the mean over the seeds, a line spans them. The first pipeline of a case is the one by which the others are
    measured.
    """
    cases = list(next(iter(parts.values())))
    figure, panels = canvas(2.5 + 0.55 * len(cases), ncols=len(parts), sharey=True, squeeze=False)
    for axes, (part, scores) in zip(panels[0], parts.items(), strict=True):
        _score_marks(axes, scores)
        label(axes, in_both(part), ("スキル", "skill"))
    _rows(panels[0, 0], cases)
    legend(panels[0, 0], ncols=3)
    ja, en = _largest_move(list(parts.values()))
    figure.suptitle(text(ja, en, "\n"), x=0.01, ha="left", fontsize=13.5, **style.LITERAL)
    first = "行が系列と予測するもの、印がパイプライン", "Rows are series and what is forecast, marks are pipelines"
    return Picture(figure, f"{first[0]}。{ja}。", f"{first[1]}. {en}.")


def _score_marks(axes: Axes, scores: Scores) -> None:
    """One panel of `scores_by_case`."""
    pipelines = list(next(iter(scores.values())))
    looks = zip("osDv", (style.GREY, style.ORANGE, style.RED, style.BLUE), strict=True)
    for number, (name, (marker, color)) in enumerate(zip(pipelines, looks, strict=False)):
        rows = np.arange(len(scores)) + 0.24 * (number - (len(pipelines) - 1) / 2)
        lows, highs = np.transpose([(min(row[name]), max(row[name])) for row in scores.values()])
        axes.hlines(rows, lows, highs, color=color, linewidth=2)
        look = {"color": color, "markersize": 9, "markeredgecolor": "white", "label": text(*in_both(name), "\n")}
        axes.plot([np.mean(row[name]) for row in scores.values()], rows, marker, **look)
    axes.axvline(0, color="black", linewidth=1.5)
    axes.grid(False, axis="y")  # it would pass for the range of the mark in the middle
    _between_rows(axes, len(scores))


def _largest_move(parts: list[Scores]) -> tuple[str, str]:
    """In words: the mean that is farthest from the first pipeline of its case or, with a second part, moves most from part to part."""

    def means(scores: Scores) -> dict:
        return {(case, name): float(np.mean(row[name])) for case, row in scores.items() for name in row}

    start, end = means(parts[0]), means(parts[-1])
    if len(parts) == 1:
        first = next(iter(next(iter(parts[0].values()))))
        start = {(case, name): start[case, first] for case, name in start}
    key = max(start, key=lambda name: abs(end[name] - start[name]))
    (case_ja, case_en), (ja, en) = (in_both(name) for name in key)
    moved = f"{start[key]:+.2f} → {end[key]:+.2f}"
    return f"{case_ja}の「{ja}」で最も動く: {moved}", f"Largest move, {moved}: {en}, {case_en}"


@styled
def tripwire_grid(fired: Mapping[Name, Mapping[Name, bool]]) -> Picture:
    """Which tripwire fires on which pipeline; fired: pipeline -> tripwire -> true or false, the same tripwires in each."""
    figure, axes = canvas(2.0 + 0.45 * len(fired))
    hit = np.array([list(row.values()) for row in fired.values()], dtype=bool)
    down, across = np.indices(hit.shape)
    look = {"linestyle": "none", "markersize": 15}
    axes.plot(across[hit], down[hit], "X", color=style.RED, **look, label=text("検知", "fired"))
    axes.plot(
        across[~hit], down[~hit], "o", color=style.GREY, **look | {"markersize": 6}, label=text("検知なし", "silent")
    )
    names = [
        text(*(word.replace(" → ", "\n→ ") for word in in_both(name)), "\n") for name in next(iter(fired.values()))
    ]
    axes.set_xticks(range(len(names)), names, **style.LITERAL)
    axes.xaxis.tick_top()
    _rows(axes, list(fired))
    axes.hlines(np.arange(0.5, len(fired) - 1), -0.5, len(names) - 0.5, color=style.GREY, linewidth=0.5)
    axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(len(fired) - 0.5, -0.5))
    axes.grid(False)
    caught, most = int(hit.any(axis=1).sum()), int(hit.sum(axis=0).max())
    title = style.first_true(
        (caught == 0, "どのテストも検知しない", "No tripwire fires"),
        (caught == most, f"1 つのテストだけで {caught} 個すべてを検知", f"A single tripwire fires on all {caught}"),
        (
            True,
            f"全部で {caught} 個を検知。1 つのテストだけでは最大 {most} 個",
            f"Together they fire on {caught}, a single one on {most} at most",
        ),
    )
    label(axes, title)
    legend(axes, ncols=2)
    ja = f"行がパイプライン、列がリーク検知テスト（tripwire）。検知したところに大きな赤いバツ印。{title[0]}。"
    return Picture(figure, ja, f"Pipelines down, tripwires across; a large red cross where one fired. {title[1]}.")
