"""Step 12: the search."""

import numpy as np
import pandas as pd

from helpers.language import text, words
from helpers.plots import style
from helpers.plots.leakage import Name, in_both
from helpers.plots.style import Picture, canvas, label, legend, name_rows, styled

LINES = {"予測するもの": "予測する\nもの", "隠れ状態の次元数": "隠れ状態の\n次元数"}


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
    figure, (left, right) = canvas(4.6, ncols=2, width_ratios=[1, 2.4])
    left.barh(range(len(importances)), list(importances.values()), color=style.pale(style.SKY), edgecolor="black")
    name_rows(left, [text(*words(name), "\n") for name in importances])
    skill = trials["skill"]
    table = trials[list(importances)].assign(skill=skill.clip(lower=skill.quantile(0.25)).round(3))  # as in the title
    placed = [_positions(table[name]) for name in table]
    heights = np.array([height for height, _ in placed])
    order = skill.rank(ascending=False, method="first").to_numpy()
    best, quarter = order == 1, order <= len(trials) / 4
    for chosen, line, color, width, name in (
        (~quarter & ~best, ":", style.GREY, 1, ("ほか", "others")),
        (quarter & ~best, "-", style.BLUE, 1.4, ("上位 1/4", "best quarter")),
        (best, "-*", style.RED, 3, ("最良", "best")),
    ):
        lines = right.plot(heights[:, chosen], line, color=color, linewidth=width, markersize=12)
        for first in lines[:1]:
            first.set_label(text(*name))
    for across, (_, ends) in enumerate(placed):
        right.plot([across, across], [0, 1], color="black", linewidth=1)
        for name, height in ends.items():
            ja, en = words(f"≦ {name}" if across == len(importances) and height == 0 else name)
            place = (across, height), (0, -8 if height < 0.5 else 8), "data", "offset points"
            look = {"ha": "center", "va": "top" if height < 0.5 else "bottom", "fontsize": style.SMALL}
            right.annotate(text(ja, en, "\n"), *place, **look, **style.LITERAL)
    names = [text(*(_narrow(word) for word in words(name)), "\n") for name in table]
    right.set_xticks(range(len(placed)), names, **style.LITERAL)
    right.set(yticks=[], xmargin=0.09, ymargin=0.24)
    right.grid(False)
    label(left, ("設定の重要度", "Importance"), ("重要度", "importance"))
    count = len(trials)
    ja, en = f"{count} 回の試行。最良のスキルは {skill.max():+.3f}", f"{count} trials, best skill {skill.max():+.3f}"
    label(right, (ja, en))
    legend(right, "outside lower right", ncols=3)
    most = max(importances, key=importances.get)
    ja = f"左は設定の重要度の棒（最大は{words(most)[0]}）、右は試行ごとの平行座標の線。{ja}。"
    en = f"Left, bars of each setting's importance ({words(most)[1]} has the largest); right, one line a trial across all settings. {en}."
    return Picture(figure, ja, en)


def _narrow(name: str) -> str:
    """A name on two lines where it is long: as in LINES, at a space, or in the middle of Japanese words."""
    if name in LINES:
        return LINES[name]
    if len(name) < 6 or (name.isascii() and " " not in name):
        return name
    if " " in name:
        return name.replace(" ", "\n", 1)
    return f"{name[: len(name) // 2]}\n{name[len(name) // 2 :]}"


@styled
def best_of_many(tables: dict[Name, pd.DataFrame]) -> Picture:
    """What choosing the best of n gains over one unchosen on validation and test part; one panel a `search.best_of`."""
    figure, panels = canvas(4.2, ncols=len(tables), sharey=True, squeeze=False)
    said = []
    for axes, (name, table) in zip(panels[0], tables.items(), strict=True):
        gain = table - table.iloc[0]
        every = max(1, len(gain) // 8)
        blue, red = {"color": style.BLUE, "markevery": every}, {"color": style.RED, "markevery": every}
        axes.plot(gain["validation"], "s-", **blue, label=text("検証部分", "validation part"))
        axes.plot(gain["test"], "o--", **red, label=text("テスト部分", "test part"))
        axes.axhline(0, color="black", linewidth=1)
        axes.xaxis.get_major_locator().set_params(integer=True)
        (ja, en), end = in_both(name), gain.iloc[-1]
        kept = f"{end['test'] / end['validation']:.0%}" if end["validation"] > 0 else "–"
        said.append((f"{ja}: テストに残るのは {kept}", f"{en}: {kept} remains on test"))
        label(axes, said[-1], ("試した数 n", "number tried, n"))
    label(panels[0, 0], y=("選ぶことで増えるスキル", "skill gained by choosing"))
    legend(panels[0, 0], ncols=2)
    ja, en = ("。".join(part) for part in zip(*said, strict=True))
    ja = f"試した数と、選ぶことで増えるスキルの線。{ja}。"
    return Picture(figure, ja, f"Lines of skill gained by choosing, by the number tried. {en.replace('。', '. ')}.")
