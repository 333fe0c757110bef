"""Step 11: leakage."""

import numpy as np
import pandas as pd

from helpers.language import text
from helpers.plots import style
from helpers.plots.style import Picture, canvas, label, legend, name_rows, styled


@styled
def apparent_and_hold_out(means: pd.DataFrame, errors: pd.DataFrame | None = None) -> Picture:
    """Two bars a pipeline: the apparent skill, as its own score has it, and that of the hold-out.

    means: columns "apparent" and "hold-out", one row a pipeline. errors: half the width of each interval, shaped alike.
    """
    figure, axes = canvas(1.4 + 0.62 * len(means))
    for column, offset, color, hatch, words in (
        ("apparent", -0.2, style.ORANGE, "//", ("見かけのスキル", "apparent")),
        ("hold-out", 0.2, style.BLUE, "..", ("ホールドアウトでのスキル", "hold-out")),
    ):
        look = {"color": color, "hatch": hatch, "edgecolor": "black", "capsize": 3, "label": text(*words)}
        spread = None if errors is None else errors[column]
        axes.barh(np.arange(len(means)) + offset, means[column], 0.38, xerr=spread, **look)
    axes.axvline(0, color="black", linewidth=1.5)
    name_rows(axes, means.index)
    left, right = axes.get_xlim()
    axes.set_xlim(min(left, -0.6), max(right, 0.8))  # one width for most, so that a panel's bars can be compared
    label(axes, x=("スキル（0 がナイーブ予測、1 が完全な予測）", "skill (0: the naive forecast, 1: perfect)", "\n"))
    legend(axes, "outside upper right", ncols=2)
    ja = "パイプラインごとに 2 本の棒。見かけのスキルと、ホールドアウトでのスキル。"
    return Picture(figure, ja, "Two bars for each pipeline: the apparent skill and the skill on the hold-out.")


@styled
def tripwire_grid(fired: pd.DataFrame) -> Picture:
    """Which tripwire fires on which pipeline; `fired` is true or false, pipelines down, tripwires across."""
    figure, axes = canvas(1.6 + 0.42 * len(fired))
    down, across = np.indices(fired.shape)
    hit = fired.to_numpy(dtype=bool)
    axes.plot(across[hit], down[hit], "X", color=style.RED, markersize=14, label=text("検知", "fired"))
    axes.plot(across[~hit], down[~hit], "o", color=style.GREY, markersize=5, label=text("検知なし", "silent"))
    names = [name.replace("_", "\n", 1) for name in fired.columns]
    axes.set_xticks(range(len(names)), names, **style.LITERAL)
    axes.xaxis.tick_top()
    name_rows(axes, fired.index)
    axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(len(fired) - 0.5, -0.5))
    legend(axes, "outside lower right", ncols=2)
    ja = "行がパイプライン、列がリーク検知テスト（tripwire）。検知したところに大きなバツ印。"
    return Picture(figure, ja, "Pipelines down, tripwires across; a large cross where a tripwire fired.")
