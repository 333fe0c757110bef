"""Every figure of the tutorial: one style, both languages, alt text, nothing told apart by colour alone."""

import base64
import html
import io
import threading
import time
from collections.abc import Callable, Sequence
from functools import wraps

import japanize_matplotlib  # noqa: F401  (registers a font with Japanese glyphs)
import matplotlib
import numpy as np
import pandas as pd
from IPython.display import DisplayHandle
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter
from PIL import Image

from helpers.language import both, text

# Okabe & Ito (2008): eight colours that people with any colour vision tell apart.
BLUE, ORANGE, GREEN, RED, PURPLE, SKY, GREY = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#56B4E9",
    "#666666",
)
# Line, marker and colour together, so that curves differ in print and for every eye.
LOOKS = (
    ("-", None, BLUE),
    ("--", "s", ORANGE),
    (":", "^", GREEN),
    ("-.", "D", RED),
    ("-", "o", PURPLE),
    ("--", "x", SKY),
)
STYLE = {
    "font.family": "IPAexGothic",
    "font.size": 11,
    "axes.titlesize": 13,
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.alpha": 0.3,
    "legend.frameon": True,
    "legend.framealpha": 0.9,
    "figure.facecolor": "white",  # opaque, so that figures read the same on a dark page
    "figure.constrained_layout.use": True,
}
_drawing = threading.RLock()  # rcParams are one for all threads: a cell and a widget's callback must take turns
WIDTH = 760  # CSS pixels on the page; stored at twice that, for sharp text on a projector


class Picture:
    """A finished figure as the notebook shows it: PNG with alternative text in both languages."""

    def __init__(self, figure: Figure, ja: str, en: str):
        self.figure, self.alt = figure, f"{ja} / {en}"

    def png(self, fast: bool = False) -> bytes:
        """The figure at twice the page's resolution, in a palette of 128 colours: a third of the size, no visible loss.

        fast: for sliders; at 1.5 times and in all colours, which halves the time.
        """
        raw, small = io.BytesIO(), io.BytesIO()
        with _drawing, matplotlib.rc_context(STYLE):
            dpi = (1.5 if fast else 2) * WIDTH / self.figure.get_figwidth()
            self.figure.savefig(raw, dpi=dpi, pil_kwargs={"compress_level": 1})
        if fast:
            return raw.getvalue()
        Image.open(raw).convert("RGB").quantize(128).save(small, "png", optimize=True)
        return small.getvalue()

    def to_html(self, fast: bool = False) -> str:
        """An <img> with the figure in it and its alternative text."""
        return self._img(base64.b64encode(self.png(fast)).decode())

    def _img(self, data: str) -> str:
        alt = html.escape(self.alt, quote=True)
        return f'<img alt="{alt}" width="{WIDTH}" style="max-width: 100%" src="data:image/png;base64,{data}">'

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        data = base64.b64encode(self.png()).decode()
        # JupyterLab gives image/png no alt attribute, so HTML carries it there; image/png is for exports to PDF.
        return {"text/html": self._img(data), "image/png": data, "text/plain": self.alt}


def styled(draw: Callable) -> Callable:
    """Run a drawing function under STYLE alone, so that neither the reader's settings nor ours leak into the other."""

    @wraps(draw)
    def drawn(*args, **kwargs):
        with _drawing, matplotlib.rc_context(STYLE):
            return draw(*args, **kwargs)

    return drawn


def _canvas(height: float = 3.6, **grid) -> tuple[Figure, Axes | np.ndarray]:
    """A figure of the page's width. It is never registered with pyplot: nothing stays open, no other thread's is touched."""
    figure = Figure(figsize=(8.6, height))
    return figure, figure.subplots(**grid)


def _digits(axis: Axis) -> None:
    """38,000 and 0.25 as people write them, never 1e6."""
    axis.set_major_formatter(StrMethodFormatter("{x:,.9g}"))


def _title(axes: Axes, ja: str, en: str) -> None:
    axes.set_title(text(ja, en, between="\n"))


def _few_dates(axes: Axes, count: int) -> None:
    """At most `count` dates on the time axis, so that they stand side by side without turning."""
    locator = AutoDateLocator(minticks=2, maxticks=count)
    axes.xaxis.set_major_locator(locator)
    formatter = ConciseDateFormatter(
        locator,
        formats=["%Y", "%Y-%m", "%m-%d", "%H:%M", "%H:%M", "%S"],  # digits read the same in both languages
        zero_formats=["", "%Y", "%Y-%m", "%m-%d", "%H:%M", "%H:%M"],
        show_offset=False,
    )
    axes.xaxis.set_major_formatter(formatter)


def _label(ja: str, en: str, about: dict, square: bool = False, between: str = " / ") -> str:
    """An axis label with the unit of a series, where it has one; `about` is the attrs of its table."""
    units = [f" [{unit}{'²' * square}]" if unit else "" for unit in (about.get("unit_ja"), about.get("unit_en"))]
    return text(ja + units[0], en + units[1], between)


def _unit(about: dict) -> str:
    return f" [{text(about['unit_ja'], about['unit_en'])}]" if about["unit_ja"] else ""


def _price_axis(axes: Axes, about: dict) -> None:
    """Name and unit of the values on the vertical axis, in digits that people read."""
    axes.set_ylabel(_label(about["value_ja"], about["value_en"], about))
    _digits(axes.yaxis)


def _values(prices: pd.DataFrame, column: str) -> pd.Series:
    """One column of a table, or a ValueError that names those it has."""
    if column not in prices:
        there = ", ".join(prices.columns)
        raise ValueError(both(f"{column} という列はありません。この系列にあるのは {there} です。",
                              f"there is no column {column}; this series has {there}."))  # fmt: skip
    return prices[column]


def _name(prices: pd.DataFrame) -> tuple[str, str]:
    return prices.attrs["title_ja"], prices.attrs["title_en"]


# Step 01: the data


@styled
def price_history(prices: pd.DataFrame, column: str, test: int) -> Picture:
    """The whole series, with a line before the last `test` rows."""
    figure, axes = _canvas()
    ja, en = _name(prices)
    axes.plot(prices.index, _values(prices, column), color=BLUE, linewidth=1)
    start = prices.index[-test]
    axes.axvline(start, color=RED, linestyle="--")
    axes.axvspan(start, prices.index[-1], color=RED, alpha=0.08)
    axes.annotate(
        text(f"最後の {test} 行\nテスト", f"last {test} rows\ntest", between="\n"),
        (start, 0.04), xycoords=("data", "axes fraction"), xytext=(-6, 0), textcoords="offset points", ha="right", color=RED,
    )  # fmt: skip
    _title(axes, f"{ja} {column}", f"{en}, {column}")
    _price_axis(axes, prices.attrs)
    axes.set_xlabel(text("日付", "Date"))
    return Picture(
        figure,
        f"{ja}の{column}の折れ線。最後の{test}行の前に赤い破線。",
        f"Line chart of {en}, {column}, with a dashed red line before the last {test} rows.",
    )


@styled
def price_bars(prices: pd.DataFrame) -> Picture:
    """What the four prices of a day are: a bar from Low to High, a tick to the left at Open, to the right at Close."""
    figure, axes = _canvas(3.2)
    days = np.arange(len(prices))
    axes.vlines(days, prices["Low"], prices["High"], color=GREY, label=text("安値から高値", "Low to High"))
    axes.plot(days, prices["Open"], linestyle="none", marker="<", color=BLUE, label=text("始値", "Open"))
    axes.plot(days, prices["Close"], linestyle="none", marker=">", color=ORANGE, label=text("終値", "Close"))
    axes.set_xticks(days[::5], [f"{date:%m/%d}" for date in prices.index[::5]])
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    _title(axes, "1 日の 4 つの価格", "The four prices of a day")
    _price_axis(axes, prices.attrs)
    axes.set_xlabel(text("日付", "Date"))
    return Picture(
        figure,
        f"{len(prices)}日分の始値、高値、安値、終値。",
        f"Open, high, low and close of {len(prices)} days.",
    )


@styled
def two_scales(prices: pd.DataFrame, column: str) -> Picture:
    """The same curve in its own unit and divided by its scale."""
    figure, (left, right) = _canvas(3, ncols=2)
    scale = prices.attrs["scale"]
    left.plot(prices.index, _values(prices, column), color=BLUE, linewidth=1)
    right.plot(prices.index, _values(prices, column) / scale, color=GREEN, linewidth=1)
    _title(left, "もとの価格", "Raw prices")
    _title(right, f"{scale:,g} で割った価格", f"Prices divided by {scale:,g}")
    _price_axis(left, prices.attrs)
    for axes in (left, right):
        _few_dates(axes, 6)
        axes.set_xlabel(text("日付", "Date"))
    return Picture(
        figure,
        f"同じ形の曲線が 2 つ。左はもとの価格、右は{scale:,g}で割った価格。",
        f"Two curves of the same shape: raw prices on the left, prices divided by {scale:,g} on the right.",
    )


# Step 02: windows and the split


@styled
def windows_on_series(
    values: Sequence[float], window: int, horizon: int = 1, stride: int = 1, show: int = 4
) -> Picture:
    """The first windows as rows under the series: circles go in, the star is to be forecast."""
    values = np.asarray(values, dtype=float)
    starts = list(range(0, len(values) - window - horizon + 1, stride))[:show]
    upto = min(len(values), starts[-1] + window + horizon + 2)
    figure, (top, bottom) = _canvas(
        2.6 + 0.35 * len(starts), nrows=2, sharex=True, height_ratios=[3, 0.6 + len(starts) * 0.8]
    )
    days = np.arange(1, upto + 1)
    top.plot(days, values[:upto], color=GREY, marker=".")
    _title(top, f"窓の長さ {window}、ずらし幅 {stride}", f"window {window}, stride {stride}")
    top.set_ylabel(text("価格", "Price"))
    for row, start in enumerate(starts):
        first = {} if row else {"label": text("入力 x", "input x")}
        after = {} if row else {"label": text("目標 t", "target t")}
        inputs, targets = days[start : start + window], days[start + window : start + window + horizon]
        bottom.plot(inputs, np.full(len(inputs), row), color=BLUE, marker="o", linestyle="-", **first)
        bottom.plot(targets, np.full(len(targets), row), color=RED, marker="*", markersize=12, linestyle=":", **after)
    bottom.set_yticks(range(len(starts)), [text(f"窓 {row + 1}", f"window {row + 1}") for row in range(len(starts))])
    bottom.set_ylim(len(starts) - 0.4, -0.6)
    bottom.xaxis.get_major_locator().set_params(integer=True)
    bottom.set_xlabel(text("日", "Day"))
    bottom.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return Picture(
        figure,
        f"系列の下に最初の{len(starts)}個の窓。丸が入力、星が目標。",
        f"The first {len(starts)} windows under the series: circles are inputs, stars are targets.",
    )


@styled
def split_or_shuffle(dates: pd.DatetimeIndex, t: Sequence[float], test: int, seed: int = 0) -> Picture:
    """Where the test targets lie when the split follows time, and when it is drawn at random."""
    figure, (left, right) = _canvas(3.2, ncols=2, sharey=True)
    t = np.asarray(t, dtype=float).reshape(-1)
    rows = np.arange(len(t))
    drawn = np.random.default_rng(seed).choice(len(t), test, replace=False)
    for axes, chosen in ((left, rows >= len(t) - test), (right, np.isin(rows, drawn))):
        axes.plot(dates[~chosen], t[~chosen], ".", color=BLUE, markersize=2, label=text("学習", "training"))
        axes.plot(dates[chosen], t[chosen], "x", color=RED, markersize=5, label=text("テスト", "test"))
        _few_dates(axes, 6)
        axes.set_xlabel(text("日付", "Date"))
    left.set_ylabel(text("目標 t", "Target t"))
    _digits(left.yaxis)
    left.legend(markerscale=1.5)
    _title(left, "時間の順に分ける", "Split in time")
    _title(right, "混ぜて分ける（誤り）", "Shuffled split (wrong)")
    return Picture(
        figure,
        "左は最後の部分だけがテスト。右はテストの点が学習の点の間に散らばる。",
        "On the left only the last part is test; on the right test points lie between training points.",
    )


# Step 03: the model


@styled
def unrolled(num_layers: int = 3, steps: int = 5) -> Picture:
    """The states of a recurrent layer, step by step and layer by layer: which are o, which are h."""
    figure, axes = _canvas(1.6 + 0.95 * num_layers)
    axes.set_axis_off()
    for layer in range(1, num_layers + 1):
        for step in range(1, steps + 1):
            top, last = layer == num_layers, step == steps
            axes.annotate(
                f"$h_{{{layer}{step}}}$", (step, layer), ha="center", va="center", fontsize=14,
                bbox={"boxstyle": "round,pad=0.45", "facecolor": SKY if last else "white", "edgecolor": RED if top else GREY,
                      "linewidth": 2.5 if top else 1},
            )  # fmt: skip
            if step > 1:
                axes.annotate(
                    "", (step - 0.27, layer), (step - 0.73, layer), arrowprops={"arrowstyle": "->", "color": GREY}
                )
            axes.annotate("", (step, layer - 0.3), (step, layer - 0.68), arrowprops={"arrowstyle": "->", "color": GREY})
    for step in range(1, steps + 1):
        axes.text(step, 0.12, f"$x_{{{step}}}$", ha="center", va="center", fontsize=14)
    axes.text(0.35, num_layers, "o", color=RED, fontsize=18, ha="center", va="center")
    axes.annotate("", (0.72, num_layers), (0.45, num_layers), arrowprops={"arrowstyle": "->", "color": RED})
    axes.text(steps, num_layers + 0.62, "h", color=BLUE, fontsize=18, ha="center", va="center")
    axes.text(
        steps + 0.45, (num_layers + 1) / 2,
        text("赤い枠: o\n最上層の全ステップ\n\n水色: h\n全層の最後のステップ", "red frame: o\ntop layer, every step\n\nblue fill: h\nevery layer, last step",
             between="\n\n"), va="center",
    )  # fmt: skip
    axes.set_xlim(0.2, steps + 2.1)
    axes.set_ylim(-0.1, num_layers + 0.85)
    return Picture(
        figure,
        f"{num_layers}層、{steps}ステップの状態。o は最上層の横一列、h は最後のステップの縦一列。",
        f"The states of {num_layers} layers over {steps} steps: o is the top row, h is the last column.",
    )


@styled
def fading_memory(forget_gates: Sequence[float], steps: int) -> Picture:
    """What is left of a memory of 1 when each step multiplies it by the forget gate."""
    figure, axes = _canvas(3)
    days = np.arange(steps + 1)
    for f, (line, marker, color) in zip(forget_gates, LOOKS, strict=False):
        axes.plot(days, f**days, line, color=color, marker=marker, markevery=5, label=f"$f$ = {f}")
    axes.set_ylim(0, 1.05)
    axes.set_xlabel(text("経った日数", "days passed"))
    axes.set_ylabel(text("残っている記憶", "memory left"))
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    _title(axes, "忘却ゲート f と記憶の残り方", "The forget gate f and how long a memory lasts")
    return Picture(
        figure,
        "忘却ゲートの値ごとに、記憶が日とともに減る曲線。1 に近いほどゆっくり減る。",
        "Curves of a memory fading with the days, one for each value of the forget gate; close to 1 it fades slowly.",
    )


# Step 04: training


@styled
def loss_curves(
    curves: dict[str, Sequence[float]], naive: float | None = None, xlabel: tuple[str, str] = ("エポック", "epoch")
) -> Picture:
    """Losses by epoch on a logarithmic axis; `naive` is the loss of the naive forecast in the same unit."""
    figure, axes = _canvas(3.4)
    for (name, losses), (line, marker, color) in zip(
        curves.items(), LOOKS * (1 + len(curves) // len(LOOKS)), strict=False
    ):
        epochs = np.arange(1, len(losses) + 1)
        axes.plot(epochs, losses, line, color=color, marker=marker, markevery=max(1, len(losses) // 12), label=name)
    if naive is not None:
        axes.axhline(
            naive, color="black", linestyle=(0, (6, 3)), linewidth=1, label=text("ナイーブ予測", "naive forecast")
        )
    axes.set_yscale("log")
    axes.set_ylabel(text("損失（平均二乗誤差）", "loss (mean squared error)", between="\n"))
    axes.set_xlabel(text(*xlabel))
    figure.legend(loc="outside lower center", ncols=min(3, 1 + len(curves)))
    _title(axes, "学習の進み方", "How training goes")
    return Picture(
        figure,
        "エポックごとの損失の曲線と、ナイーブ予測の水準。",
        "Loss by epoch, and the level of the naive forecast.",
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
        label = f"{self.done:,} / {self.total:,} {text('エポック', 'epochs', between=' ')}"
        bar = f'<progress value="{self.done}" max="{self.total}" aria-label="{html.escape(label)}"></progress> {html.escape(label)}'
        return {"text/html": bar, "text/plain": label}


@styled
def metrics_by_epoch(history: dict[str, pd.DataFrame], about: dict) -> Picture:
    """RMSE, MAE and R2 of several parts of the data, one frame a part, one row an epoch; `about` is the attrs of the prices."""
    figure, panels = _canvas(3, ncols=3)
    for axes, metric in zip(panels, ("RMSE", "MAE", "R2"), strict=True):
        for (part, frame), (line, marker, color) in zip(history.items(), LOOKS, strict=False):
            axes.plot(
                frame.index,
                frame[metric],
                line,
                marker=marker,
                color=color,
                markevery=max(1, len(frame) // 8),
                label=part,
            )
        axes.set_title(metric if metric == "R2" else metric + _unit(about))
        axes.set_xlabel(text("エポック", "epoch"))
    panels[0].set_yscale("log")
    panels[1].set_yscale("log")
    panels[2].set_ylim(max(-1, panels[2].get_ylim()[0]), 1.05)
    panels[2].legend(loc="lower right", fontsize=9)
    return Picture(figure, "エポックごとの RMSE、MAE、R2。", "RMSE, MAE and R2 by epoch.")


# Step 05: validation


def _three_lines(
    axes: Axes, dates: pd.DatetimeIndex, actual: np.ndarray, y: np.ndarray | None, about: dict, lag: int = 1, first: int = 0
) -> None:
    """Actual values, prediction, and the actual values shifted by `lag`, from row `first` on."""
    start = max(first, lag)
    axes.plot(dates[first:], actual[first:], "^-", color=GREY, markersize=5, linewidth=1, label=text("実際の値", "actual"))
    if y is not None:
        axes.plot(dates[first:], y[first:], "*:", color=RED, markersize=7, label=text("予測", "prediction"))
    label = text(f"実際の値を {lag} 期ずらしたもの", f"actual, shifted by {lag}")
    axes.plot(dates[start:], actual[start - lag : -lag], "+--", color=BLUE, linewidth=0.8, markersize=8, label=label)
    _price_axis(axes, about)
    _few_dates(axes, 8)


def _bars_by_lag(axes: Axes, profile: pd.Series, about: dict, short: bool = False) -> None:
    """RMSE by lag; the smallest bar is hatched and named."""
    best = profile.idxmin()
    colors = [RED if lag == best else SKY for lag in profile.index]
    bars = axes.bar(profile.index, profile, color=colors, edgecolor="black")
    bars[list(profile.index).index(best)].set_hatch("//")
    above = profile.loc[best - 1 : best + 1].max() + 0.05 * profile.max()
    name = f"k = {best}" if short else text(f"最小: {best} 期前", f"smallest: {best} back", between="\n")
    axes.annotate(
        name, (best, profile[best]), xytext=(best, above),
        ha="center", va="bottom", color=RED, arrowprops={"arrowstyle": "->", "color": RED},
    )  # fmt: skip
    axes.set_xticks(profile.index)
    axes.set_xlabel(text("k（何期前の実際の値と比べたか）", "k (steps back)", between="\n"))
    axes.set_ylabel(f"RMSE{_unit(about)}")
    _digits(axes.yaxis)
    _title(axes, "予測(t) と 実際(t − k) の RMSE", "RMSE between prediction(t) and actual(t − k)")


@styled
def forecast_lines(
    dates: pd.DatetimeIndex, actual: Sequence[float], predicted: Sequence[float] | None, about: dict, lag: int = 1,
    close_up: int = 30,
) -> Picture:  # fmt: skip
    """Actual values, prediction, and the actual values shifted by `lag` steps; their end once more, larger."""
    figure, panels = _canvas(6, nrows=2, height_ratios=[3, 2])
    actual = np.asarray(actual, dtype=float).reshape(-1)
    y = None if predicted is None else np.asarray(predicted, dtype=float).reshape(-1)
    zoom = min(close_up, len(actual) - lag)
    _three_lines(panels[0], dates, actual, y, about, lag)
    _three_lines(panels[1], dates, actual, y, about, lag, first=len(actual) - zoom)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    _title(panels[0], "予測は、ずらした実際の値に重なるか", "Does the prediction lie on the shifted actual values?")
    panels[1].set_title(text(f"最後の {zoom} 期を拡大", f"The last {zoom} steps, enlarged"))
    return Picture(
        figure,
        f"テスト部分の 3 本の線: 実際の値（三角）、予測（星と点線）、{lag}期ずらした実際の値（プラス）。",
        f"Three lines over the test part: actual (triangles), prediction (stars, dotted), actual shifted by {lag} (plus signs).",
    )


@styled
def lag_bars(profile: pd.Series, about: dict) -> Picture:
    """RMSE between the prediction and the actual value k steps earlier; the smallest bar is hatched."""
    figure, axes = _canvas(3.2)
    _bars_by_lag(axes, profile, about)
    best = profile.idxmin()
    return Picture(
        figure,
        f"ラグごとの RMSE の棒グラフ。最小は {best} 期前。",
        f"Bars of RMSE by lag; the smallest is at {best} step(s) back.",
    )


@styled
def playground(
    dates: pd.DatetimeIndex, actual: np.ndarray, y: np.ndarray, before: np.ndarray | None,
    band: tuple[np.ndarray, np.ndarray] | None, profile: pd.Series, about: dict, close_up: int = 30,
) -> Picture:  # fmt: skip
    """The three lines, their end enlarged, and the lags in one picture.

    before: the last run's prediction, laid under the new one. band: lowest and highest prediction over several seeds.
    """
    # Margins by hand: working them out at every move of a slider would take as long as the drawing itself.
    figure = Figure(figsize=(8.6, 6), layout="none")
    figure.subplots_adjust(left=0.1, right=0.985, bottom=0.24, top=0.92, hspace=0.5, wspace=0.25)
    axes = figure.subplot_mosaic([["lines", "lines"], ["end", "lags"]], height_ratios=[3, 2.4], width_ratios=[3, 2.4])
    first = len(actual) - min(close_up, len(actual) - 1)
    for panel, start in ((axes["lines"], 0), (axes["end"], first)):
        if band is not None:
            label = text("種による幅", "range over seeds")
            panel.fill_between(dates[start:], band[0][start:], band[1][start:], color=RED, alpha=0.25, hatch="....", label=label)
        if before is not None:
            panel.plot(dates[start:], before[start:], "-.", color=GREEN, label=text("前回の予測", "last run's prediction"))
        _three_lines(panel, dates, actual, y, about, first=start)
    _few_dates(axes["end"], 5)
    axes["end"].set_title(text(f"最後の {len(actual) - first} 期", f"The last {len(actual) - first} steps", between="\n"))
    axes["end"].set_ylabel("")
    _bars_by_lag(axes["lags"], profile, about, short=True)
    axes["lags"].set_xlabel("k")
    axes["lags"].set_title(text("予測(t) と 実際(t − k)", "prediction(t), actual(t − k)", between="\n"))
    _title(axes["lines"], about["title_ja"], about["title_en"])
    figure.legend(*axes["lines"].get_legend_handles_labels(), loc="lower center", ncols=2)
    best = profile.idxmin()
    return Picture(
        figure,
        f"テスト部分の実際の値、予測、1期ずらした実際の値と、ラグごとの RMSE。最小は {best} 期前。",
        f"Actual values, prediction and shifted actual values of the test part, and RMSE by lag, smallest at {best} back.",
    )


@styled
def changes(actual_change: Sequence[float], predicted_change: Sequence[float], about: dict) -> Picture:
    """Predicted change against actual change; on the diagonal a forecast would be right."""
    figure, axes = _canvas(3.8)
    a, p = np.asarray(actual_change, dtype=float).reshape(-1), np.asarray(predicted_change, dtype=float).reshape(-1)
    bound = 1.05 * np.abs(a).max()
    axes.plot([-bound, bound], [-bound, bound], "--", color=GREY, label=text("完全な予測", "perfect forecast"))
    axes.axhline(0, color="black", linewidth=1, linestyle=":", label=text("ナイーブ予測", "naive forecast"))
    axes.plot(a, p, "o", color=RED, alpha=0.7, label=text("モデル", "model"))
    axes.legend(loc="upper left")
    axes.set_xlabel(_label("実際の変化", "actual change", about))
    _digits(axes.xaxis)
    _digits(axes.yaxis)
    axes.set_ylabel(_label("予測した変化", "predicted change", about, between="\n"))
    _title(axes, "変化を予測できたか", "Was the change forecast?")
    return Picture(
        figure,
        "横軸は実際の変化、縦軸は予測した変化。点は水平な線の近くに並ぶ。",
        "Actual change across, predicted change up; the points lie near the horizontal line.",
    )


@styled
def error_of_guesses(offsets: Sequence[float], errors: Sequence[float], about: dict) -> Picture:
    """Mean squared error of the forecast "today's price plus a constant", by the constant."""
    figure, axes = _canvas(3.2)
    offsets, errors = np.asarray(offsets, dtype=float), np.asarray(errors, dtype=float)
    best = int(errors.argmin())
    axes.plot(offsets, errors, color=BLUE)
    axes.plot(offsets[best], errors[best], "*", color=RED, markersize=16, label=text("誤差が最小", "smallest error"))
    axes.axvline(0, color=GREY, linestyle="--", label=text("今日の価格そのまま", "today's price as it is"))
    axes.legend(loc="upper center")
    axes.set_xlabel(_label("今日の価格に足す数", "added to today's price", about))
    _digits(axes.xaxis)
    _digits(axes.yaxis)
    axes.set_ylabel(_label("平均二乗誤差", "mean squared error", about, square=True, between="\n"))
    _title(axes, "「今日の価格 + 定数」の誤差", "Error of the forecast: today's price + a constant")
    return Picture(figure, "放物線。底はほぼ 0 にある。", "A parabola with its bottom close to 0.")


# Step 06: beyond the lag


@styled
def skills(table: pd.DataFrame, floor: float = -1.0) -> Picture:
    """Mean skill and its interval, one row a series, one marker a rival; what lies below `floor` is written at the edge.

    table: as `beyond.compare` gives it, with the index (series, rival).
    """
    series, rivals = list(dict.fromkeys(table.index.get_level_values(0))), list(dict.fromkeys(table.index.get_level_values(1)))
    figure, axes = _canvas(1.6 + 0.55 * len(series))
    for number, rival in enumerate(rivals):
        marker, color = ("o", "s", "^", "D")[number % 4], (BLUE, ORANGE, GREEN, PURPLE)[number % 4]
        part = table.xs(rival, level=1)
        rows = np.array([series.index(name) for name in part.index]) + 0.22 * (number - (len(rivals) - 1) / 2)
        seen = (part["skill"] >= floor).to_numpy()
        spread = np.nan_to_num(np.abs(part[["low", "high"]].to_numpy().T - part["skill"].to_numpy()))
        axes.errorbar(part["skill"][seen], rows[seen], xerr=spread[:, seen], fmt=marker, color=color, capsize=3, label=rival)
        for row, skill in zip(rows[~seen], part["skill"][~seen].dropna(), strict=False):
            axes.annotate(f"{rival}: {skill:,.3g}", (floor, row), xytext=(9, 0), textcoords="offset points", va="center", fontsize=9,
                          bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
            axes.plot(floor, row, "<", color=color)
    axes.axvline(0, color="black", linewidth=1)
    axes.set_xlim(floor - 0.05, 1.05)
    axes.set_yticks(range(len(series)), series)
    axes.set_ylim(len(series) - 0.5, -0.5)
    axes.set_xlabel(text("スキル（右ほど良い。0 より左は相手の勝ち）", "skill (right is better; left of 0 the rival wins)", between="\n"))
    figure.legend(title=text("比べる相手", "against"), loc="outside right upper")
    _title(axes, "簡単な相手に、どれだけ勝てたか", "How far the simple rivals are beaten")
    return Picture(figure, "系列ごとのスキルと信頼区間。縦の線が 0。", "Skill and its confidence interval by series; the vertical line is 0.")


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


def steps_back(window: int) -> list[str]:
    """Names of the steps of a window, oldest first: t-4 .. t-1, t."""
    return [f"t-{window - 1 - step}" if step < window - 1 else "t" for step in range(window)]


@styled
def loss_and_weights(losses: Sequence[float], naive: float, weights: np.ndarray) -> Picture:
    """The loss with the naive forecast's, and the weight of each step of the window, (epochs, window), by epoch."""
    figure, (left, right) = _canvas(3.4, ncols=2)
    epochs = np.arange(1, len(losses) + 1)
    left.plot(epochs, losses, color=BLUE, label="LSTM")
    left.axhline(naive, color="black", linestyle="--", label=text("ナイーブ予測", "naive forecast"))
    left.set_yscale("log")
    left.legend()
    window = weights.shape[1]
    for step, name in enumerate(steps_back(window)):
        line, marker, color = LOOKS[(window - 1 - step) % len(LOOKS)]
        right.plot(epochs, weights[:, step], line, color=color, marker=marker, markevery=max(1, len(epochs) // 8), label=name)
    right.axhline(1, color="black", linewidth=1, linestyle=":")
    right.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    for axes in (left, right):
        axes.set_xlabel(text("エポック", "epoch"))
    _title(left, "損失", "Loss")
    _title(right, "窓の各日の重み", "Weight of each step")
    return Picture(figure, "左は損失がナイーブ予測の線へ下がる曲線。右は窓の各日の重みで、最後の日の重みが 1 へ上がる。",
                   "Left: the loss falls to the naive line. Right: the weight of each step; that of the last climbs towards 1.")  # fmt: skip


@styled
def window_weights(gradients: dict[str, Sequence[float]], importances: dict[str, Sequence[float]]) -> Picture:
    """Input gradient above, permutation importance as a share of its sum below, by step of the window; one column a model."""
    figure, panels = _canvas(4.6, nrows=2, ncols=len(gradients), squeeze=False)
    for column, name in zip(panels.T, gradients, strict=True):
        rise = np.maximum(0, importances[name])
        for axes, heights, color, hatch in ((column[0], gradients[name], BLUE, None), (column[1], rise / rise.sum(), ORANGE, "//")):
            axes.bar(np.arange(len(heights)), heights, color=color, edgecolor="black", hatch=hatch)
            axes.axhline(0, color="black", linewidth=1)
            names = steps_back(len(heights))
            every = -(-len(names) // 8)
            axes.set_xticks(range(len(names))[::-every], names[::-every])
        column[0].set_title(name)
    figure.supxlabel(text("窓の中の時点", "step of the window"), fontsize=11)
    panels[0, 0].set_ylabel(text("入力の勾配", "input gradient", between="\n"))
    panels[1, 0].set_ylabel(text("順列重要度の割合", "share of permutation\nimportance", between="\n"))
    return Picture(figure, "窓の各時点の、入力の勾配（上）と順列重要度（下）。", "Input gradient (top) and permutation importance (bottom) of each step of the window.")


# Step 07: many steps


def _fans(axes: Axes, dates: pd.DatetimeIndex, starts: Sequence[int], fans: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    """One band for each start and confidence, the widest first; the narrower one is dotted."""
    for (name, (low, high)), hatch, alpha in zip(fans.items(), ("", "...."), (0.15, 0.3), strict=False):
        for k, start in enumerate(starts):
            label = {} if k else {"label": name}
            rows = dates[start : start + low.shape[1]]
            axes.fill_between(rows, low[k], high[k], facecolor=RED, alpha=alpha, hatch=hatch, **label)


@styled
def paths_from_origins(
    dates: pd.DatetimeIndex, actual: Sequence[float], starts: Sequence[int], paths: dict[str, np.ndarray], about: dict,
    fans: dict[str, tuple[np.ndarray, np.ndarray]] | None = None,
) -> Picture:  # fmt: skip
    """Forecast paths over the actual series; each begins at the value known last, marked by a ring.

    starts: the row of `dates` that each path forecasts first. paths: method -> (len(starts), horizon). fans: name ->
    lower and upper ends, of the same shape, the widest first.
    """
    figure, axes = _canvas(4)
    actual = np.asarray(actual, dtype=float)
    axes.plot(dates, actual, color=GREY, linewidth=1.2, label=text("実際の値", "actual"))
    _fans(axes, dates, starts, fans or {})
    for (name, path), (line, marker, color) in zip(paths.items(), LOOKS[3:] + LOOKS[:3], strict=False):
        for k, start in enumerate(starts):
            y = np.append(actual[start - 1], path[k])
            look = {"marker": marker, "markersize": 4, "markevery": 3, "color": color, "label": "_" if k else name}
            axes.plot(dates[start - 1 : start - 1 + len(y)], y, line, **look)
    known, label = np.array(starts) - 1, text("最後に知っている値", "last known value")
    axes.plot(dates[known], actual[known], "o", color="black", fillstyle="none", markersize=8, label=label)
    figure.legend(loc="outside lower center", ncols=3)
    _title(axes, f"{len(starts)} つの時点からの予測", f"Forecasts from {len(starts)} origin{'s' * (len(starts) > 1)}")
    _price_axis(axes, about)
    _few_dates(axes, 8)
    return Picture(figure, f"実際の値の線の上に、{len(starts)}つの時点から伸びる予測の道すじ。",
                   f"Forecast paths that set out from {len(starts)} origin(s) over the line of actual values.")  # fmt: skip


@styled
def error_by_step(errors: dict[str, pd.Series], about: dict, law: float | None = None) -> Picture:
    """RMSE by step ahead, one line a method; `law` is the RMSE one step ahead that the square-root law starts from."""
    figure, axes = _canvas(3.8)
    for (name, error), (line, marker, color) in zip(errors.items(), LOOKS * (1 + len(errors) // len(LOOKS)), strict=False):
        axes.plot(error.index, error, line, marker=marker or ".", color=color, label=name)
    if law is not None:
        steps = np.asarray(next(iter(errors.values())).index)
        label = text("平方根の法則", "square-root law")
        axes.plot(steps, law * np.sqrt(steps), color="black", linestyle=(0, (6, 3)), linewidth=1, label=label)
    axes.set_ylim(bottom=0)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel(text("何期先か", "steps ahead"))
    axes.set_ylabel(f"RMSE{_unit(about)}")
    _digits(axes.yaxis)
    figure.legend(loc="outside lower center", ncols=3)
    _title(axes, "先へ行くほど誤差はどう増えるか", "How the error grows with the steps ahead")
    return Picture(figure, "何期先かごとの RMSE の線。", "Lines of RMSE by the number of steps ahead.")


@styled
def coverage_of_fans(tables: dict[float, pd.DataFrame]) -> Picture:
    """Share of actual values inside the fan by step ahead, with its own interval; `tables`: confidence -> coverage_by_step."""
    figure, panels = _canvas(3.6, ncols=len(tables), sharey=True, squeeze=False)
    for axes, (confidence, table) in zip(panels[0], tables.items(), strict=True):
        away = np.abs(table[["low", "high"]].T.to_numpy() - table["coverage"].to_numpy())
        axes.errorbar(table.index, table["coverage"], away, fmt="o", color=BLUE, capsize=3,
                      label=text("測った被覆率と 95% 区間", "measured, with 95% interval"))  # fmt: skip
        axes.axhline(confidence, color=RED, linestyle="--", label=text("ねらい", "aimed at"))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:.0%}"))
        axes.set_ylim(0, 1.03)
        axes.set_title(text(f"ねらい {confidence:.0%}", f"aimed at {confidence:.0%}"))
        axes.set_xlabel(text("何期先か", "steps ahead"))
    panels[0][0].set_ylabel(text("扇に入った割合", "share inside the fan", between="\n"))
    figure.legend(*panels[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return Picture(figure, "何期先かごとの被覆率と、その区間。破線がねらい。", "Coverage by steps ahead with its interval; the dashed line is the aim.")


@styled
def closed_loop(actual: Sequence[float], paths: dict[str, np.ndarray], about: dict, close_up: int = 100) -> Picture:
    """The first and the last `close_up` steps of forecasts that feed on themselves, over the true continuation."""
    figure, panels = _canvas(3.8, ncols=2, sharey=True)
    actual = np.asarray(actual, dtype=float)
    for axes, first in zip(panels, (0, len(actual) - close_up), strict=True):
        steps = np.arange(first, first + close_up)
        axes.plot(steps + 1, actual[steps], color=GREY, linewidth=4, alpha=0.5, label=text("本当の続き", "true continuation"))
        for (name, path), (line, marker, color) in zip(paths.items(), LOOKS[1:], strict=False):
            axes.plot(steps + 1, path[steps], line, marker=marker, markersize=4, markevery=7, color=color, label=name)
        axes.set_xlabel(text("何期先か", "steps ahead"))
    panels[0].set_title(text(f"最初の {close_up} 期", f"The first {close_up} steps", between="\n"))
    panels[1].set_title(text(f"最後の {close_up} 期", f"The last {close_up} steps", between="\n"))
    _price_axis(panels[0], about)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return Picture(figure, "閉ループの予測と本当の続き。左は最初、右は最後の部分。",
                   "Closed-loop forecasts and the true continuation, the first part on the left, the last on the right.")  # fmt: skip


# Step 08: many columns


@styled
def between_close_and_open(prices: pd.DataFrame) -> Picture:
    """Two trading days on a clock: what is known in the evening, what is asked, and how far the two baselines are from it."""
    figure, axes = _canvas(3.2)
    day, after = prices.iloc[-2], prices.iloc[-1]
    hours = [0, 6, 24]  # opening, closing, and the next opening, in hours
    axes.plot(hours[:2], [day["Open"], day["Close"]], "-", color=GREY, linewidth=1)
    for hour, price, marker, color, words in (
        (0, day["Open"], "<", BLUE, ("今日の始値", "today's open")),
        (6, day["Close"], ">", ORANGE, ("今日の終値", "today's close")),
        (24, after["Open"], "*", RED, ("明日の始値を当てる", "tomorrow's open: the target")),
    ):
        axes.plot(hour, price, marker, color=color, markersize=14, label=text(*words))
    axes.annotate("", (24, after["Open"]), (0, day["Open"]), arrowprops={"arrowstyle": "->", "color": BLUE, "linestyle": "--"})
    axes.annotate("", (24, after["Open"]), (6, day["Close"]), arrowprops={"arrowstyle": "->", "color": ORANGE})
    axes.axvspan(6, 24, color=GREY, alpha=0.12)
    axes.margins(x=0.06, y=0.2)
    axes.set_xticks(hours, [text("始値", "open", "\n"), text("終値", "close", "\n"), text("翌日の始値", "next open", "\n")])
    figure.legend(loc="outside lower center", ncols=3, fontsize=9)
    _price_axis(axes, prices.attrs)
    _title(axes, "終値から翌日の始値まで（灰色は夜）", "From the close to the next open (grey: the night)")
    return Picture(figure, "今日の始値と終値、明日の始値。終値の方が、明日の始値に時間のうえで近い。",
                   "Today's open and close and tomorrow's open; in time, the close is nearer to tomorrow's open.")  # fmt: skip


@styled
def rmse_by_columns(errors: pd.DataFrame, rivals: dict[str, float], about: dict) -> Picture:
    """RMSE of models by the columns they see, one row a model and one number a training, and the RMSE of rivals as lines."""
    figure, axes = _canvas(1.7 + 0.4 * len(errors))
    rows = np.arange(len(errors))
    axes.barh(rows, errors.mean(axis=1), color=SKY, edgecolor="black", hatch="//", height=0.6, label=text("平均", "mean"))
    for run in errors:
        axes.plot(errors[run], rows, "o", color="black", markersize=4, label=text("学習 1 回", "one training") if run == errors.columns[0] else None)
    for (name, rmse), (_, _, color), line in zip(rivals.items(), (LOOKS[0], LOOKS[3]), (":", "--"), strict=False):
        axes.axvline(rmse, color=color, linestyle=line, linewidth=2, label=name)
    axes.set_yticks(rows, errors.index)
    axes.invert_yaxis()
    _digits(axes.xaxis)
    axes.set_xlabel(f"RMSE{_unit(about)}")
    figure.legend(loc="outside lower center", ncols=2)
    _title(axes, "見せた列と誤差", "Error by the columns shown")
    return Picture(figure, "見せた列ごとの RMSE の棒と、2 つの相手の RMSE の線。", "Bars of RMSE by the columns shown, and lines at the RMSE of two rivals.")


@styled
def pinball(levels: Sequence[float]) -> Picture:
    """The pinball loss by error, one curve a level."""
    figure, axes = _canvas(3)
    e = np.linspace(-2, 2, 41)
    for level, (line, marker, color) in zip(levels, LOOKS, strict=False):
        axes.plot(e, np.maximum(level * e, (level - 1) * e), line, marker=marker, markevery=5, color=color, label=f"q = {level:g}")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    axes.set_xlabel(text("実際の値 − 予測", "actual − forecast"))
    axes.set_ylabel(text("損失", "loss"))
    _title(axes, "ピンボール損失", "Pinball loss")
    return Picture(figure, "左右で傾きの違う V 字の曲線。", "V-shaped curves with a different slope on either side.")


@styled
def brackets(prices: pd.DataFrame, forecasts: dict[str, np.ndarray]) -> Picture:
    """Each day's Low to High as a bar, red where it left the first bracket, and forecasts of the range, (days, 2), as lines."""
    figure, axes = _canvas(4.2)
    first = next(iter(forecasts.values()))
    out = (prices["Low"].to_numpy() < first[:, 0]) | (prices["High"].to_numpy() > first[:, 1])
    for chosen, color, width, words in ((~out, GREY, 2, ("当日の安値から高値", "the day, Low to High")), (out, RED, 4, ("はみ出した日", "a day outside"))):
        axes.vlines(prices.index[chosen], prices["Low"][chosen], prices["High"][chosen], color=color, linewidth=width, label=text(*words))
    for (name, bracket), (line, _, color) in zip(forecasts.items(), LOOKS, strict=False):
        for side in (0, 1):
            axes.plot(prices.index, bracket[:, side], line, color=color, linewidth=1.3, drawstyle="steps-mid", label=None if side else name)
    _price_axis(axes, prices.attrs)
    _few_dates(axes, 8)
    figure.legend(loc="outside lower center", ncols=2)
    _title(axes, "翌日の安値と高値をはさむ", "Bracketing the next day's low and high")
    return Picture(figure, "一日の値幅を表す縦棒と、それをはさむ予測の線。", "Vertical bars for each day's range, and the forecast lines around them.")


# Step 09: leakage


@styled
def pretended_and_held_out(means: pd.DataFrame, errors: pd.DataFrame | None = None) -> Picture:
    """Two bars a pipeline: the skill that its score pretends, and that of the hold-out.

    means: columns "pretended" and "hold-out", one row a pipeline. errors: half the width of each interval, shaped alike.
    """
    figure, axes = _canvas(1.4 + 0.62 * len(means))
    rows = np.arange(len(means))
    looks = {"pretended": (-0.2, ORANGE, "//", text("見せかけのスキル", "pretended")),
             "hold-out": (0.2, BLUE, "..", text("取り置き部分でのスキル", "hold-out"))}  # fmt: skip
    for column, (offset, color, hatch, label) in looks.items():
        axes.barh(rows + offset, means[column], 0.38, color=color, hatch=hatch, edgecolor="black", label=label,
                  xerr=None if errors is None else errors[column], capsize=3)  # fmt: skip
    axes.axvline(0, color="black", linewidth=1.5)
    axes.set_yticks(rows, means.index)
    axes.invert_yaxis()
    left, right = axes.get_xlim()
    axes.set_xlim(min(left, -0.6), max(right, 0.8))  # one width for most pipelines, so that a panel's bars can be compared
    axes.set_xlabel(text("スキル（0 がナイーブ予測、1 が完全な予測）", "skill (0: the naive forecast, 1: perfect)", between="\n"))
    figure.legend(loc="outside upper right", ncols=2)
    return Picture(
        figure,
        "パイプラインごとに 2 本の棒。見せかけのスキルと、取り置き部分でのスキル。",
        "Two bars for each pipeline: the skill that its score pretends and the skill on the hold-out.",
    )


@styled
def tripwire_grid(fired: pd.DataFrame) -> Picture:
    """Which tripwire fires on which pipeline; `fired` is a table of true and false, pipelines down, tripwires across."""
    figure, axes = _canvas(1.6 + 0.42 * len(fired))
    down, across = np.indices(fired.shape)
    hit = fired.to_numpy(dtype=bool)
    axes.plot(across[hit], down[hit], "X", color=RED, markersize=14, label=text("作動", "fired"))
    axes.plot(across[~hit], down[~hit], "o", color=GREY, markersize=5, label=text("静か", "silent"))
    axes.set_xticks(range(fired.shape[1]), [name.replace("_", "\n", 1) for name in fired.columns])
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(fired)), fired.index)
    axes.set_xlim(-0.5, fired.shape[1] - 0.5)
    axes.set_ylim(len(fired) - 0.5, -0.5)
    figure.legend(loc="outside lower right", ncols=2)
    return Picture(
        figure,
        "行がパイプライン、列がトリップワイヤ。作動したところに大きなバツ印。",
        "Pipelines down, tripwires across; a large cross where a tripwire fired.",
    )


# Step 10: backtest and search


@styled
def skill_over_time(dates: pd.DatetimeIndex, curves: dict[str, pd.DataFrame], rival: tuple[str, str]) -> Picture:
    """Skill over all days up to each date, one curve a forecast, and the 95% interval of the first.

    dates: of the n days tested; curves: as `backtest.skill_over_time` gives them, in its unit; rival: whom the skill is against.
    """
    figure, axes = _canvas(4)
    for (name, table), (line, marker, color) in zip(curves.items(), LOOKS, strict=False):
        days = dates[table.index - 1]
        if name == next(iter(curves)):
            label = text(f"{name} の 95% 区間", f"95% interval of {name}", between="\n")
            axes.fill_between(days, table["low"], table["high"], color=color, alpha=0.2, hatch="..", label=label)
        axes.plot(days, table["skill"], line, marker=marker, markevery=8, color=color, label=name)
    axes.axhline(0, color="black", linewidth=1)
    axes.set_ylabel(text("その日までのスキル", "skill up to that day", between="\n"))
    _few_dates(axes, 8)
    figure.legend(loc="outside lower center", ncols=3)
    _title(axes, f"{rival[0]}に対するスキル", f"Skill against {rival[1]}")
    return Picture(figure, "その日までのスキルの折れ線と、1 本目の 95% 区間。0 より上なら比べる相手より良い。",
                   "Skill up to each day and the 95% interval of the first line; above 0 it beats the rival.")  # fmt: skip


def _positions(column: pd.Series) -> tuple[np.ndarray, dict[str, float]]:
    """Where the values of a setting stand on an axis from 0 to 1, and the names of its ends; factors of ten get a log scale."""
    if column.dtype == object or isinstance(column.dtype, (pd.CategoricalDtype, pd.StringDtype)):
        names = sorted(column.unique())
        place = {str(name): k / max(1, len(names) - 1) for k, name in enumerate(names)}
        return column.map(place).to_numpy(dtype=float), place
    low, high = column.min(), column.max()
    scale = np.log if low > 0 and high / low > 10 else np.asarray
    span = scale(high) - scale(low) or 1.0
    return (scale(column.to_numpy(dtype=float)) - scale(low)) / span, {f"{low:.3g}": 0.0, f"{high:.3g}": 1.0}


@styled
def search_overview(trials: pd.DataFrame, importances: dict[str, float]) -> Picture:
    """How much each setting mattered, and every trial as one line across all settings; trials has their columns and "skill"."""
    figure, (left, right) = _canvas(4.2, ncols=2, width_ratios=[1, 2.2])
    left.barh(range(len(importances)), list(importances.values()), color=SKY, edgecolor="black", hatch="//")
    left.set_yticks(range(len(importances)), importances)
    left.invert_yaxis()
    left.set_title(text("重要度", "importance"))
    columns = [*importances, "skill"]
    placed = [_positions(trials[name].clip(lower=trials["skill"].quantile(0.25)) if name == "skill" else trials[name]) for name in columns]
    order = trials["skill"].rank(ascending=False, method="first").to_numpy()
    looks = ((order > len(trials) / 4, ":", GREY, 1, ("ほか", "others")), ((order <= len(trials) / 4) & (order > 1), "-", BLUE, 1.2, ("上位 1/4", "best quarter")),
             (order == 1, "-*", RED, 3, ("最良", "best")))  # fmt: skip
    for chosen, line, color, width, words in looks:
        lines = right.plot(np.array([place[chosen] for place, _ in placed]), line, color=color, linewidth=width, markersize=12)
        lines[0].set_label(text(*words)) if lines else None
    for across, (_, ends) in enumerate(placed):
        right.plot([across, across], [0, 1], color="black", linewidth=1)
        for name, height in ends.items():
            mark = "<= " if columns[across] == "skill" and height == 0 else ""
            right.annotate(mark + name, (across, height), xytext=(0, -18 if height < 0.5 else 9), textcoords="offset points", ha="center", fontsize=9)
    right.set_xticks(range(len(columns)), [name.replace("_", "\n") for name in columns])
    right.set_yticks([])
    right.grid(False)
    right.margins(x=0.08, y=0.14)
    right.set_title(text("試行 1 回が 1 本の線", "one line a trial"))
    figure.legend(loc="outside lower right", ncols=3)
    return Picture(figure, "左は設定の重要度の棒、右は試行ごとの平行座標の線。", "Left, bars of each setting's importance; right, parallel coordinates, one line a trial.")


@styled
def workers_timeline(trials: pd.DataFrame) -> Picture:
    """Who trained what and when, one row a process; as `search.trial_table` gives it. A trial cut off and its retry are named."""
    workers = list(dict.fromkeys(trials["worker"]))
    figure, axes = _canvas(1.7 + 0.35 * len(workers))
    retried = trials["retry of"].notna()
    looks = ((~retried & (trials["state"] == "COMPLETE"), SKY, None, ("完了", "complete")),
             (trials["state"] == "FAIL", RED, "xx", ("中断された試行", "cut off")), (retried, ORANGE, "//", ("やり直し", "retry")))  # fmt: skip
    for chosen, color, hatch, words in looks:
        part = trials[chosen].dropna(subset=["start", "end"])
        rows = [workers.index(worker) for worker in part["worker"]]
        axes.barh(rows, part["end"] - part["start"], left=part["start"], color=color, hatch=hatch, edgecolor="black", label=text(*words))
        for row, (number, trial) in zip(rows, part.iterrows(), strict=True):
            if hatch:
                axes.annotate(f"{number}", ((trial["start"] + trial["end"]) / 2, row), ha="center", va="center", fontsize=10,
                              bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
    axes.set_yticks(range(len(workers)), [text(f"プロセス {k + 1}", f"process {k + 1}") for k in range(len(workers))])
    axes.invert_yaxis()
    axes.set_xlabel(text("秒", "seconds"))
    figure.legend(loc="outside lower center", ncols=3)
    _title(axes, "どのプロセスが、いつ、どの試行をしたか", "Which process did which trial, and when")
    return Picture(figure, "プロセスごとの横棒。中断された試行と、そのやり直しに番号がある。", "Bars by process; the trial that was cut off and its retry carry their numbers.")


@styled
def best_of_many(tables: dict[str, pd.DataFrame]) -> Picture:
    """What choosing the best of n gains over one unchosen, on validation and test part; one panel a table of `search.best_of`."""
    figure, panels = _canvas(3.8, ncols=len(tables), sharey=True, squeeze=False)
    for axes, (name, table) in zip(panels[0], tables.items(), strict=True):
        table = table - table.iloc[0]
        axes.plot(table.index, table["validation"], "s-", color=BLUE, markevery=4, label=text("検証部分", "validation part"))
        axes.plot(table.index, table["test"], "o--", color=RED, markevery=4, label=text("テスト部分", "test part"))
        axes.set_xlabel(text("試した数 n", "number tried, n"))
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set_title(name)
    panels[0, 0].set_ylabel(text("選ぶことで増えるスキル", "skill gained by choosing", between="\n"))
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return Picture(figure, "試した数と、選ぶことで増えるスキル。検証部分では増え続け、テスト部分では増えるとは限らない。",
                   "Skill gained by choosing, by the number tried: on the validation part it keeps rising, on the test part it need not.")  # fmt: skip


# Step 11: the project


@styled
def three_parts(prices: pd.Series, sizes: dict[str, int], about: dict) -> Picture:
    """The series with its training, validation and test part, told apart by colour, dash and a name above each.

    sizes: rows of the parts "train", "validation" and "test", in this order of time; they add up to the series.
    """
    names = {"train": ("学習", "training"), "validation": ("検証", "validation"), "test": ("テスト", "test")}
    figure, axes = _canvas(3.4)
    start = 0
    for (part, rows), (line, _, color) in zip(sizes.items(), LOOKS, strict=False):
        end = start + rows
        piece = prices.iloc[max(0, start - 1) : end]
        axes.plot(piece.index, piece, line, color=color, linewidth=1.2, label=text(*names[part]))
        axes.axvspan(prices.index[start], prices.index[end - 1], color=color, alpha=0.07)
        start = end
    axes.legend(loc="upper left")
    _price_axis(axes, about)
    axes.set_xlabel(text("日付", "Date"))
    _title(axes, about["title_ja"], about["title_en"])
    return Picture(figure, "価格の折れ線。左から学習、検証、テストの部分。", "Line chart of the prices: training, validation and test part from left to right.")


@styled
def forecasts_ahead(
    dates: pd.DatetimeIndex, actual: Sequence, predicted: Sequence, about: dict, steps: Sequence[int] | None = None,
    close_up: int = 120,
) -> Picture:  # fmt: skip
    """Forecasts made one step and `horizon` steps before, each with the actual values and those shifted by as many steps.

    actual, predicted: (n, horizon) in prices; dates: of the n + horizon - 1 targets. The last `close_up` are drawn.
    """
    actual, predicted = np.asarray(actual, dtype=float), np.asarray(predicted, dtype=float)
    steps = list(dict.fromkeys(steps or (1, actual.shape[1])))
    figure, panels = _canvas(1.4 + 2.6 * len(steps), nrows=len(steps), squeeze=False, sharex=True)
    for axes, step in zip(panels[:, 0], steps, strict=True):
        first = max(0, len(actual) - close_up)
        a, y = actual[first:, step - 1], predicted[first:, step - 1]
        _three_lines(axes, dates[first + step - 1 :][: len(a)], a, y, about, lag=min(step, len(a) - 1))
        axes.set_title(text(f"{step} 期前に出した予測", f"Forecasts made {step} step{'s' * (step > 1)} before"))
        axes.legend(fontsize=8, loc="best")
    ja = f"テスト部分の最後の実際の値、{'期前と'.join(map(str, steps))}期前に出した予測、同じだけずらした実際の値。"
    en = f"The end of the test part: actual values, forecasts made {' and '.join(map(str, steps))} step(s) before, actual values shifted as far."
    return Picture(figure, ja, en)


@styled
def errors_by_horizon(tables: dict[str, Sequence[pd.Series]], about: dict) -> Picture:
    """RMSE by steps ahead, one line a forecast. Of several runs (over seeds) the mean is drawn, and their range."""
    figure, axes = _canvas(3.6)
    for (name, runs), (line, marker, color) in zip(tables.items(), LOOKS, strict=False):
        runs = pd.DataFrame(list(runs))
        steps = np.asarray(runs.columns, dtype=int)
        axes.plot(steps, runs.mean(), line, color=color, marker=marker or "o", label=name)
        if len(runs) > 1:
            axes.fill_between(steps, runs.min(), runs.max(), color=color, alpha=0.2, hatch="....")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel(text("何期先か", "steps ahead"))
    axes.set_ylabel(f"RMSE{_unit(about)}")
    _digits(axes.yaxis)
    axes.legend(loc="upper left")
    _title(axes, "何期先かと誤差の大きさ", "The error by steps ahead")
    return Picture(figure, "何期先かごとの RMSE の折れ線。", "RMSE by steps ahead, one line for each forecast.")


@styled
def training_curves(history: dict[str, pd.DataFrame], best_epoch: int, about: dict) -> Picture:
    """Loss, RMSE and directional accuracy by epoch, one frame a part of the data; a line marks the epoch of the best weights."""
    figure, panels = _canvas(3.3, ncols=3)
    titles = (text("損失", "loss"), f"RMSE{_unit(about)}", text("方向が合った割合", "direction right", between="\n"))
    for axes, metric, title in zip(panels, ("loss", "RMSE", "direction"), titles, strict=True):
        for (part, frame), (line, marker, color) in zip(history.items(), LOOKS, strict=False):
            axes.plot(frame.index, frame[metric], line, marker=marker or "o", markersize=4, color=color, label=part)
        axes.axvline(best_epoch, color="black", linestyle=":", label=text("使う重み", "weights in use"))
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set_title(title, fontsize=12)
        axes.set_xlabel(text("エポック", "epoch"))
    panels[2].axhline(0.5, color=GREY, linewidth=1, linestyle=(0, (6, 3)))
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    ja = f"エポックごとの損失、RMSE、方向が合った割合。エポック {best_epoch} に点線。"
    return Picture(figure, ja, f"Loss, RMSE and share of directions right by epoch; a dotted line at epoch {best_epoch}.")
