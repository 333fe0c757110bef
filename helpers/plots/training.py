"""Step 04: training."""

import html
import time
from collections.abc import Sequence

import numpy as np
import pandas as pd
from IPython.display import DisplayHandle

from helpers.language import text, words
from helpers.language.tables import significant
from helpers.plots import style
from helpers.plots.style import DIGITS, Picture, canvas, draw_curves, in_unit, label, legend, line_chart, styled

SCORES = "RMSE", "MAE", "R2"  # which have no other name


def by_epoch(numbers: Sequence[float] | pd.Series) -> pd.Series:
    """One number an epoch, from epoch 1 on; a Series says by its index which epochs its numbers are of."""
    if isinstance(numbers, pd.Series):
        return numbers
    return pd.Series(numbers, index=range(1, len(numbers) + 1), dtype=float)


@styled
def loss_curves(
    curves: dict[str, Sequence[float] | pd.Series], naive: float | None = None, ratio: bool = False
) -> Picture:
    """Losses by epoch on a logarithmic axis; a Series may leave epochs out.

    naive: the loss of the naive forecast in the same unit. ratio: the losses are shares of the naive forecast's, which
    then is 1.
    """
    losses = {name.replace(" / ", "\n") if len(name) > 24 else name: by_epoch(curve) for name, curve in curves.items()}
    y = (
        ("損失 ÷ ナイーブ予測の損失", "loss ÷ naive loss")
        if ratio
        else ("損失（平均二乗誤差）", "loss (mean squared error)")
    )
    if ratio:
        naive = 1
    title = _how_it_ends(curves, naive)
    figure, axes = line_chart(losses, title, style.EPOCH, y, 3.8, marks=12)
    if naive is not None:
        axes.axhline(naive, **style.DASHED, label=text(*style.NAIVE))
    style.logarithmic(axes)
    axes.xaxis.set_major_formatter(DIGITS)
    axes.xaxis.get_major_locator().set_params(integer=True)
    legend(axes, ncols=min(3, 1 + len(curves)))
    ja, en = "エポックごとの損失の曲線", "Loss by epoch"
    if naive is not None:
        ja, en = f"{ja}と、ナイーブ予測の水準", f"{en}, and the level of the naive forecast"
    return Picture(figure, f"{ja}。{title[0]}。", f"{en}. {title[1]}.")


def _how_it_ends(curves: dict[str, Sequence[float] | pd.Series], naive: float | None) -> tuple[str, str]:
    """Which curve ends lowest, and where: as a multiple of the naive forecast's loss if that is known."""
    ends = {name: by_epoch(curve) for name, curve in curves.items()}
    best = min(ends, key=lambda name: np.nan_to_num(ends[name].iloc[-1], nan=np.inf))  # NaN: its training diverged
    loss, epoch = ends[best].iloc[-1], ends[best].index[-1]
    if np.isnan(loss):
        return "損失が NaN になり、学習が発散した", "The loss has become NaN: training diverged"
    if naive is None:
        ja, en = f" {loss:.3g}", f"{loss:.3g}"
    else:
        ja, en = (
            f"ナイーブ予測の {significant(loss / naive, 3)} 倍",
            f"{significant(loss / naive, 3)} times the naive forecast's",
        )
    if len(ends) == 1:
        return f"損失は {epoch:,} エポックで{ja}", f"After {epoch:,} epochs the loss is {en}"
    ja_name, _, en_name = best.partition(" / ")
    return (
        f"最小は「{ja_name}」（{epoch:,} エポックで{ja}）",
        f"Lowest: {en_name or ja_name}, {en} after {epoch:,} epochs",
    )


class LiveLoss:
    """Pass it to `fit` as on_epoch: a progress bar and a loss curve that grow while the model trains."""

    def __init__(self, epochs: int, naive: float | None = None, seconds: float = 0.5):
        self.epochs, self.naive, self.seconds = epochs, naive, seconds
        self.losses: list[float] = []
        self.drawn = -np.inf
        self.bar, self.curve = DisplayHandle(), DisplayHandle()

    def __call__(self, epoch: int, loss: float) -> None:
        self.losses.append(loss)
        if epoch < self.epochs and time.perf_counter() - self.drawn < self.seconds:
            return  # drawing takes longer than an epoch: now and then is enough
        for handle, content in ((self.bar, _Progress(epoch, self.epochs)), (self.curve, self._picture())):
            handle.update(content) if len(self.losses) > 1 else handle.display(content)
        self.drawn = time.perf_counter()

    def _picture(self) -> Picture:
        return loss_curves({text("学習", "training"): self.losses}, self.naive)


class _Progress:
    def __init__(self, done: int, total: int):
        self.done, self.total = done, total

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        said = f"{self.done:,} / {self.total:,} {text('エポック', 'epochs', ' ')}"
        bar = f'<progress value="{self.done}" max="{self.total}" aria-label="{html.escape(said)}"></progress>'
        return {"text/html": f"{bar} {html.escape(said)}", "text/plain": said}


@styled
def metrics_by_epoch(
    history: dict[str, pd.DataFrame], attrs: dict, metrics: Sequence[str] = SCORES, best_epoch: int | None = None
) -> Picture:
    """Metrics of several parts of the data, one frame a part, one row an epoch.

    attrs: of the prices. metrics: columns of the frames, "loss" and "direction" (share of directions right) among them.
    best_epoch: whose weights are in use. A metric that spans a power of ten gets a logarithmic scale.
    """
    names = [words(metric) for metric in metrics]
    figure, panels = canvas(3.6, ncols=len(metrics), squeeze=False)
    for axes, metric, name in zip(panels[0], metrics, names, strict=True):
        curves = {part: frame[metric] for part, frame in history.items()}
        low, high = pd.concat(curves).agg(["min", "max"])
        draw_curves(axes, curves)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.xaxis.set_major_formatter(DIGITS)
        axes.yaxis.set_major_formatter(DIGITS)
        if max(map(len, curves.values())) == 1:  # epoch 1, and no 0.95
            axes.set_xticks([1])
        if best_epoch is not None:
            axes.axvline(best_epoch, color="black", linestyle=":", label=text("使う重み", "weights in use"))
        if metric == "R2":
            if low < -1:  # of the first epochs: an axis down to them would flatten all later ones
                note = text("−1 未満は省略", "below −1 left out", "\n")
                axes.text(0.98, 0.03, note, ha="right", transform=axes.transAxes)
            axes.set_ylim(max(-1, axes.get_ylim()[0]), 1.05)
        elif metric == "direction":
            grey = style.DASHED | {"color": style.GREY}
            axes.axhline(0.5, **grey)
            panels[0, 0].plot([], [], **grey, label=text("0.5（当てずっぽう）", "0.5, guessing"))  # for the legend
        label(axes, in_unit(*name, attrs) if metric in ("RMSE", "MAE") else name, style.EPOCH)
        if metric != "R2" and metric != "direction" and 0 < 10 * low < high:
            style.logarithmic(axes)
    legend(panels[0, 0], ncols=3)
    ja, en = "、".join(ja for ja, _ in names), ", ".join(en for _, en in names)
    ja, en = f"エポックごとの{ja}。", f"{en} by epoch."
    if best_epoch is not None:
        ja, en = f"{ja}エポック {best_epoch} に点線。", f"{en} A dotted line at epoch {best_epoch}."
    return Picture(figure, ja, en)
