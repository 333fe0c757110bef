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
def skills(table: pd.DataFrame, floor: float = -1.0, significance: float = 0.05) -> Picture:
    """Mean skill and its interval over seeds, one row a series, one marker a baseline; skills below `floor` are written there.

    table: as `beyond.compare` gives it, with the index (series, baseline). With a column "p Holm", markers are hollow where
    it is not below `significance`.
    """
    series, baselines = (list(table.index.unique(level)) for level in (0, 1))
    tested = "p Holm" in table
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
        unclear = ~(part["p Holm"].to_numpy() < significance) if tested else np.zeros_like(seen)
        for marker, these in ((look["fmt"], seen & unclear), ("<", low & unclear)):
            axes.plot(skill[these].clip(floor), rows[these], marker, color=color, markerfacecolor="white", zorder=3)
        look = {"va": "center", "fontsize": 9, "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 1}}
        for row, value in zip(rows[low], skill[low], strict=True):
            axes.text(floor + 0.03, row, f"{baseline}: {value:,.3g}", **look, **style.LITERAL)
    axes.axvline(0, color="black", linewidth=1)
    name_rows(axes, series)
    axes.set(xlim=(floor - 0.05, 1.05), ylim=(len(series) - 0.5, -0.5))
    title = "ベースラインと比べたスキル", "Skill against the baselines"
    x = "スキル（右ほど良い。0 より左はベースラインの勝ち）", "skill (right is better; left of 0 the baseline wins)"
    label(axes, title, (*x, "\n"))
    title = text("ベースライン", "baseline")
    if tested:
        title += "\n" + text("白抜き: 差があると\n言えない", "hollow: no difference\ncan be claimed", "\n")
    legend(axes, "outside right upper", title=title)
    ja, en = (
        "系列ごとのスキルと、シードによる区間。縦の線が 0。",
        "Skill and its interval over seeds by series; the vertical line is 0.",
    )
    if tested:
        ja, en = f"{ja}白抜きの印は、差があると言えないもの。", f"{en} Hollow markers: no difference can be claimed."
    return Picture(figure, ja, en)


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
def window_weights(gradients: dict[str, ArrayLike]) -> Picture:
    """Input gradient of each step of the window, (windows, steps): its mean and, as a line, its middle 90%; one column a model."""
    figure, panels = canvas(2.9, ncols=len(gradients), squeeze=False)
    for axes, (name, gradient) in zip(panels[0], gradients.items(), strict=True):
        mean, (low, high) = np.mean(gradient, axis=0), np.quantile(gradient, [0.05, 0.95], axis=0)
        steps, names = np.arange(len(mean)), _steps_back(len(mean))
        axes.bar(steps, mean, color=style.SKY, edgecolor="black")
        axes.vlines(steps, low, high, color="black", linewidth=2)
        axes.plot(np.tile(steps, 2), [*low, *high], "_", color="black", markersize=8)
        axes.axhline(0, color="black", linewidth=1)
        axes.axhline(1, color="black", linewidth=1, linestyle=":")
        axes.set_xticks(steps[:: -(len(steps) // 8 + 1)], names[:: -(len(steps) // 8 + 1)])
        label(axes, (name, name))
    figure.supxlabel(text("窓の中の時点", "step of the window"), fontsize=11)
    label(panels[0, 0], y=("入力の勾配", "input gradient", "\n"))
    en = "Input gradient of each step of the window: the mean as a bar, the middle 90% of all windows as a line."
    return Picture(figure, "窓の各時点の入力の勾配。棒が平均、縦の線が窓の 90% の範囲。", en)
