"""Step 12: the search."""

import numpy as np
import pandas as pd

from helpers.language import text
from helpers.plots import style
from helpers.plots.style import Picture, canvas, label, legend, name_rows, styled


def _positions(column: pd.Series) -> tuple[np.ndarray, dict[str, float]]:
    """Where the values of a setting stand on an axis from 0 to 1, and the names of its ends; wide ranges get a log."""
    if not pd.api.types.is_numeric_dtype(column):
        names = sorted(column.unique())
        place = {str(name): k / max(1, len(names) - 1) for k, name in enumerate(names)}
        return column.map(place).to_numpy(dtype=float), place
    low, high = column.min(), column.max()
    scale = np.log if low > 0 and high / low > 10 else np.asarray
    span = scale(high) - scale(low) or 1.0
    return (scale(column.to_numpy(dtype=float)) - scale(low)) / span, {f"{low:.3g}": 0.0, f"{high:.3g}": 1.0}


@styled
def search_overview(trials: pd.DataFrame, importances: dict[str, float]) -> Picture:
    """How much each setting mattered, and every trial as one line across all settings.

    trials: the settings in `importances`, and "skill", which is cut off below its first quartile.
    """
    figure, (left, right) = canvas(4.2, ncols=2, width_ratios=[1, 2.2])
    left.barh(range(len(importances)), list(importances.values()), color=style.SKY, edgecolor="black", hatch="//")
    name_rows(left, list(importances))
    skill = trials["skill"]
    table = trials[list(importances)].assign(skill=skill.clip(lower=skill.quantile(0.25)))
    placed = [_positions(table[name]) for name in table]
    heights = np.array([height for height, _ in placed])
    order = skill.rank(ascending=False, method="first").to_numpy()
    best, quarter = order == 1, order <= len(trials) / 4
    for chosen, line, color, width, words in (
        (~quarter & ~best, ":", style.GREY, 1, ("ほか", "others")),
        (quarter & ~best, "-", style.BLUE, 1.2, ("上位 1/4", "best quarter")),
        (best, "-*", style.RED, 3, ("最良", "best")),
    ):
        lines = right.plot(heights[:, chosen], line, color=color, linewidth=width, markersize=12)
        for first in lines[:1]:
            first.set_label(text(*words))
    for across, (_, ends) in enumerate(placed):
        right.plot([across, across], [0, 1], color="black", linewidth=1)
        for name, height in ends.items():
            words = f"<= {name}" if across == len(importances) and height == 0 else name
            place = (across, height), (0, -18 if height < 0.5 else 9), "data", "offset points"
            right.annotate(words, *place, ha="center", fontsize=9, **style.LITERAL)
    right.set_xticks(range(len(placed)), [name.replace("_", "\n") for name in table], **style.LITERAL)
    right.set(yticks=[], xmargin=0.08, ymargin=0.14)
    right.grid(False)
    label(left, ("重要度", "importance", " / "))
    label(right, ("試行 1 回が 1 本の線", "one line a trial", " / "))
    legend(right, "outside lower right", ncols=3)
    en = "Left, bars of each setting's importance; right, parallel coordinates, one line a trial."
    return Picture(figure, "左は設定の重要度の棒、右は試行ごとの平行座標の線。", en)


@styled
def best_of_many(tables: dict[str, pd.DataFrame]) -> Picture:
    """What choosing the best of n gains over one unchosen on validation and test part; one panel a `search.best_of`."""
    figure, panels = canvas(3.8, ncols=len(tables), sharey=True, squeeze=False)
    for axes, (name, table) in zip(panels[0], tables.items(), strict=True):
        gain = table - table.iloc[0]
        axes.plot(gain["validation"], "s-", color=style.BLUE, markevery=4, label=text("検証部分", "validation part"))
        axes.plot(gain["test"], "o--", color=style.RED, markevery=4, label=text("テスト部分", "test part"))
        axes.xaxis.get_major_locator().set_params(integer=True)
        label(axes, (name, name), ("試した数 n", "number tried, n"))
    label(panels[0, 0], y=("選ぶことで増えるスキル", "skill gained by choosing", "\n"))
    legend(panels[0, 0], ncols=2)
    ja = "試した数と、選ぶことで増えるスキル。検証部分では増え続け、テスト部分では増えるとは限らない。"
    en = "Skill gained by choosing, by the number tried: it keeps rising on the validation part, maybe not on the test."
    return Picture(figure, ja, en)
