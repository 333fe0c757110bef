"""Step 11: leakage."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from helpers.language import text
from helpers.plots import style
from helpers.plots.style import Picture, canvas, label, legend, name_rows, styled


@styled
def apparent_and_hold_out(skills: Mapping[str, tuple[Sequence[float], Sequence[float]]]) -> Picture:
    """Two bars a pipeline: the apparent skill, as its own score has it, and that of the hold-out.

    skills: pipeline -> (apparent, hold-out), one number a seed in each. A bar is their mean; where there are several, each
    seed is a dot.
    """
    figure, axes = canvas(1.9 + 0.62 * len(skills))
    positive = []
    for part, offset, color, hatch, words in (
        (0, -0.2, style.ORANGE, "//", ("見かけの成績", "apparent score")),
        (1, 0.2, style.SKY, "\\\\", ("ホールドアウトでの成績", "hold-out score")),
    ):
        look = {"color": color, "hatch": hatch, "edgecolor": "black", "label": text(*words)}
        means = np.array([np.mean(both[part]) for both in skills.values()])
        positive.append(int((means > 0).sum()))
        axes.barh(np.arange(len(skills)) + offset, means, 0.38, **look)
        seeds = [(skill, row + offset) for row, both in enumerate(skills.values()) for skill in both[part]]
        if len(seeds) > len(skills):
            name = None if part else text("シード", "seed")
            axes.plot(*zip(*seeds, strict=True), "o", color="black", markersize=5, markeredgecolor="white", label=name)
    axes.axvline(0, color="black", linewidth=1.5)
    name_rows(axes, list(skills))
    left, right = axes.get_xlim()
    axes.set_xlim(min(left, -0.6), max(right, 0.8))  # one width for most, so that a panel's bars can be compared
    ja = f"スキルが正: 見かけで {positive[0]} 個、ホールドアウトで {positive[1]} 個"
    en = f"positive skill: {positive[0]} apparent, {positive[1]} on the hold-out"
    label(
        axes,
        (ja, en),
        ("スキル（0 がナイーブ予測、1 が完全な予測）", "skill (0: the naive forecast, 1: perfect)", "\n"),
    )
    legend(axes, ncols=3)
    ja = "パイプラインごとに 2 本の棒。見かけの成績と、ホールドアウトでの成績。点はシードごと。"
    return Picture(
        figure, ja, "Two bars for each pipeline, the apparent score and the score on the hold-out; dots are seeds."
    )


@styled
def tripwire_grid(fired: pd.DataFrame) -> Picture:
    """Which tripwire fires on which pipeline; `fired` is true or false, pipelines down, tripwires across."""
    figure, axes = canvas(2.1 + 0.42 * len(fired))
    down, across = np.indices(fired.shape)
    hit = fired.to_numpy(dtype=bool)
    axes.plot(across[hit], down[hit], "X", color=style.RED, markersize=14, label=text("検知", "fired"))
    axes.plot(across[~hit], down[~hit], "o", color=style.GREY, markersize=5, label=text("検知なし", "silent"))
    names = [name.replace("_", "\n", 1) for name in fired.columns]
    axes.set_xticks(range(len(names)), names, **style.LITERAL)
    axes.xaxis.tick_top()
    name_rows(axes, fired.index)
    count = hit.any(axis=1).sum()
    label(axes, (f"検知: {len(fired)} 個のうち {count} 個", f"fired on {count} of {len(fired)} pipelines"))
    axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(len(fired) - 0.5, -0.5))
    legend(axes, ncols=2)
    ja = "行がパイプライン、列がリーク検知テスト（tripwire）。検知したところに大きなバツ印。"
    return Picture(figure, ja, "Pipelines down, tripwires across; a large cross where a tripwire fired.")
