"""Step 06: beyond the lag."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.language import text
from helpers.plots import style
from helpers.plots.style import Picture, canvas, draw_curves, label, legend, name_rows, styled
from helpers.plots.training import LiveLoss, by_epoch

POINTS = "os^DvP*X"  # eight markers of one size


@styled
def skills(table: pd.DataFrame, floor: float = -1.0) -> Picture:
    """Mean skill and its interval over seeds, one row a series, one marker a baseline; skills below `floor` are written there.

    table: as `beyond.compare` gives it, with the index (series, baseline).
    """
    series, baselines = (list(table.index.unique(level)) for level in (0, 1))
    figure, axes = canvas(1.6 + 0.55 * len(series))
    for number, baseline in enumerate(baselines):
        part = table.xs(baseline, level=1)
        offset = min(0.22, 0.8 / len(baselines)) * (number - (len(baselines) - 1) / 2)
        rows = np.array([series.index(name) for name in part.index]) + offset
        skill, color = part["skill"].to_numpy(), style.COLOURS[number % len(style.COLOURS)]
        seen, low = skill >= floor, skill < floor  # a skill that could not be measured, NaN, is neither
        spread = np.nan_to_num(np.abs(part[["seeds low", "seeds high"]].to_numpy().T - skill))[:, seen]
        look = {"fmt": POINTS[number % len(POINTS)], "color": color, "capsize": 3, "label": baseline}
        axes.errorbar(skill[seen], rows[seen], xerr=spread, **look)
        axes.plot(np.full(low.sum(), floor), rows[low], "<", color=color)
        look = {"va": "center", "fontsize": 9, "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 1}}
        for row, value in zip(rows[low], skill[low], strict=True):
            axes.text(floor + 0.03, row, f"{baseline}: {value:,.3g}", **look, **style.LITERAL)
    axes.axvline(0, color="black", linewidth=1)
    name_rows(axes, series)
    axes.set(xlim=(floor - 0.05, 1.05), ylim=(len(series) - 0.5, -0.5))
    title = "簡単なベースラインに、どれだけ勝てたか", "How far the simple baselines are beaten"
    x = "スキル（右ほど良い。0 より左はベースラインの勝ち）", "skill (right is better; left of 0 the baseline wins)"
    label(axes, title, (*x, "\n"))
    legend(axes, "outside right upper", title=text("ベースライン", "baseline"))
    en = "Skill and its interval over seeds by series; the vertical line is 0."
    return Picture(figure, "系列ごとのスキルと、シードによる区間。縦の線が 0。", en)


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
    figure, (left, right) = canvas(3.4, ncols=2)
    left.plot(by_epoch(losses), color=style.BLUE, label="LSTM")
    left.axhline(naive, color="black", linestyle="--", label=text(*style.NAIVE))
    left.set_yscale("log")
    steps = zip(_steps_back(weights.shape[1]), weights.T, strict=True)
    draw_curves(right, {name: by_epoch(weight) for name, weight in reversed(list(steps))})
    right.axhline(1, color="black", linewidth=1, linestyle=":")
    legend(left, "best")
    legend(right, "center left", bbox_to_anchor=(1, 0.5), reverse=True)
    label(left, ("損失", "Loss"), style.EPOCH)
    label(right, ("窓の各日の重み", "Weight of each step"), style.EPOCH)
    ja = "左は損失がナイーブ予測の線へ下がる曲線。右は窓の各日の重みで、最後の日の重みが 1 へ上がる。"
    en = "Left: the loss falls to the naive line. Right: the weight of each step; that of the last climbs towards 1."
    return Picture(figure, ja, en)


@styled
def window_weights(gradients: dict[str, ArrayLike], importances: dict[str, ArrayLike]) -> Picture:
    """Input gradient, and permutation importance as a share of its sum, by step of the window; one column a model.

    Where no importance is above 0 there is nothing to share: its bars have no height.
    """
    figure, panels = canvas(4.6, nrows=2, ncols=len(gradients), squeeze=False)
    for (top, bottom), name in zip(panels.T, gradients, strict=True):
        rise = np.maximum(0, importances[name])
        steps, names = np.arange(len(rise)), _steps_back(len(rise))
        top.bar(steps, gradients[name], color=style.BLUE, edgecolor="black")
        bottom.bar(steps, rise / (rise.sum() or 1), color=style.ORANGE, edgecolor="black", hatch="//")
        for axes in (top, bottom):
            axes.axhline(0, color="black", linewidth=1)
            axes.set_xticks(steps[:: -(len(steps) // 8 + 1)], names[:: -(len(steps) // 8 + 1)])
        label(top, (name, name))
    figure.supxlabel(text("窓の中の時点", "step of the window"), fontsize=11)
    label(panels[0, 0], y=("入力の勾配", "input gradient", "\n"))
    label(panels[1, 0], y=("順列重要度の割合", "share of permutation\nimportance", "\n"))
    en = "Input gradient (top) and permutation importance (bottom) of each step of the window."
    return Picture(figure, "窓の各時点の、入力の勾配（上）と順列重要度（下）。", en)
