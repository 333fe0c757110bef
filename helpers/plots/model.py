"""Step 03: the model."""

import numpy as np
import pandas as pd
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import LogFormatterMathtext
from numpy.typing import ArrayLike

from helpers.language import text
from helpers.plots import style
from helpers.plots.style import Curves, Picture, canvas, line_chart, styled


class Diagram:
    """Words, boxes and arrows on axes without a frame, in units of the caller's choice."""

    def __init__(self, height: float, width: tuple[float, float], heights: tuple[float, float]):
        self.figure, self.axes = canvas(height)
        self.axes.set_axis_off()
        self.axes.set(xlim=width, ylim=heights)

    def write(self, x: float, y: float, words: str, size: float = style.SMALL, **look) -> None:
        self.axes.text(x, y, words, **{"fontsize": size, "ha": "center", "va": "center"} | look)

    def box(
        self, x: float, y: float, words: str, fill: str = "white", shape: str = "round", edge: str = style.GREY
    ) -> None:
        frame = {"boxstyle": f"{shape},pad=0.4", "facecolor": fill, "edgecolor": edge, "linewidth": 1.2}
        self.write(x, y, words, 14, bbox=frame)

    def path(self, *points: tuple[float, float], color: str = style.GREY, width: float = 1.4, tip: bool = True) -> None:
        """A line through the points, with an arrow at its end."""
        self.axes.plot(*zip(*points[: -1 if tip else None], strict=True), color=color, linewidth=width)
        if tip:
            arrow = {"arrowstyle": "-|>", "color": color, "linewidth": width, "shrinkA": 0, "shrinkB": 0}
            self.axes.annotate("", points[-1], points[-2], arrowprops=arrow)


@styled
def lstm_cell() -> Picture:
    """One step of an LSTM: the four parts, and what they do to the cell state and the hidden state."""
    drawn = Diagram(4.9, (-0.8, 12.6), (0.1, 6.2))
    write, box, path = drawn.write, drawn.box, drawn.path
    blue, red = {"color": style.BLUE, "width": 3}, {"color": style.RED, "width": 3}
    cell = {"boxstyle": "round,pad=0,rounding_size=0.3", "facecolor": "#F4F4F4", "edgecolor": style.GREY}
    drawn.axes.add_patch(FancyBboxPatch((1.0, 0.35), 9.5, 5.0, linestyle="--", zorder=0, **cell))
    path((0.45, 4.8), (1.84, 4.8), **blue)  # the cell state runs along the top
    path((2.36, 4.8), (4.74, 4.8), **blue)
    path((5.26, 4.8), (11.3, 4.8), **blue)
    path((9.3, 4.8), (9.3, 4.12), **blue)
    path((9.3, 3.38), (9.3, 2.13), **blue)
    path((0.3, 0.75), (7.8, 0.75), tip=False)  # what every part reads
    for name, x, ja, en in (("f", 2.1, "忘却", "forget"), ("i", 4.1, "入力", "input"), ("g", 5.9, "候補", "candidate"), ("o", 7.8, "出力", "output")):  # fmt: skip
        path((x, 0.75), (x, 1.5))
        box(x, 1.85, "tanh" if name == "g" else "σ", "white" if name == "g" else style.pale(style.SKY))
        write(x + 0.15, 2.5, f"${name}$", 15, ha="left")
        write(x + 0.1, 1.12, text(ja, en, "\n"), ha="left")
    path((2.1, 2.2), (2.1, 4.53))
    path((4.1, 2.2), (4.1, 3.3), (4.73, 3.3))
    path((5.9, 2.2), (5.9, 3.3), (5.27, 3.3))
    path((5.0, 3.57), (5.0, 4.53))
    path((8.12, 1.85), (9.02, 1.85))
    path((9.57, 1.85), (11.3, 1.85), **red)
    for x, y, sign in ((2.1, 4.8, "×"), (5.0, 3.3, "×"), (5.0, 4.8, "+"), (9.3, 1.85, "×")):
        box(x, y, sign, shape="circle")
    box(9.3, 3.75, "tanh")
    for x, y, symbol in ((0.0, 4.8, "c_{t-1}"), (11.7, 4.8, "c_t"), (11.7, 1.85, "h_t")):
        write(x, y, f"${symbol}$", 16)
    write(-0.05, 0.75, "$x_t$\n$h_{t-1}$", 16)
    write(7.7, 5.07, text("セル状態 c（青）", "cell state c (blue)"), 12, color=style.ink(style.BLUE))
    write(
        11.6, 1.4, text("隠れ状態 h\n（赤）", "hidden\nstate h\n(red)", "\n"), 12, color=style.ink(style.RED), va="top"
    )
    write(3.0, 5.8, r"$c_t = f \odot c_{t-1} + i \odot g$", 15)
    write(8.6, 5.8, r"$h_t = o \odot \tanh(c_t)$", 15)
    ja = "LSTM の 1 日分。セル状態 c は上の青い線を進み、忘却ゲート f を掛けられ、入力ゲート i を掛けた候補 g を足される。赤い線の隠れ状態 h は、出力ゲート o と tanh(c) の積。"
    en = "One day of an LSTM. The cell state c runs along the blue line at the top: it is multiplied by the forget gate f, then the candidate g times the input gate i is added. The hidden state h, the red line, is the output gate o times tanh(c)."
    return Picture(drawn.figure, ja, en)


@styled
def unrolled(num_layers: int = 3, steps: int = 5) -> Picture:
    """The states of a recurrent layer, step by step and layer by layer: which are o, which are h."""
    drawn = Diagram(1.8 + 0.95 * num_layers, (0.4, steps + 1.9), (-0.1, num_layers + 0.85))
    for step in range(1, steps + 1):
        drawn.write(step, 0.12, f"$x_{{{step}}}$", 15)
        for layer in range(1, num_layers + 1):
            frame = {"edgecolor": "black", "linewidth": 3} if layer == num_layers else {"edgecolor": style.GREY}
            fill = style.pale(style.SKY) if step == steps else "white"
            drawn.write(
                step,
                layer,
                f"$h_{{{layer}{step}}}$",
                15,
                bbox={"boxstyle": "round,pad=0.45", "facecolor": fill} | frame,
            )
            drawn.path((step, layer - 0.7), (step, layer - 0.3))
            if step > 1:
                drawn.path((step - 0.72, layer), (step - 0.27, layer))
    o = text("o（太い枠）: 最上層の、すべての日", "o (thick frame): the top layer, every day")
    h = text("h（色付き）:\nすべての層の\n最後の日", "h (filled):\nevery layer,\nthe last day", "\n\n")
    drawn.write(0.72, num_layers + 0.62, o, 13, ha="left")
    drawn.write(steps + 0.42, (num_layers + 1) / 2, h, 13, ha="left")
    ja = f"{num_layers} 層、{steps} 日の状態。太い枠の o は最上層の横一列、色付きの h は最後の日の縦一列。"
    en = f"The states of {num_layers} layers over {steps} days: o, in a thick frame, is the top row; h, filled, is the last column."
    return Picture(drawn.figure, ja, en)


@styled
def regressor(window: int, hidden_size: int) -> Picture:
    """The way of one window through the forecasting model: its layers, and how many numbers go from one to the next."""
    drawn = Diagram(2.5, (-0.9, 10.4), (-1.15, 1.25))
    middle = (hidden_size + 1) // 2
    stops = (
        (0.0, "x", text("窓", "window"), text(f"{window} 日", f"{window} days")),
        (2.4, "LSTM", text("再帰層", "recurrent\nlayer", "\n"), text("1 日ずつ読む", "day by day", "\n")),
        (5.0, "Linear", text("全結合層", "dense layer", "\n"), f"{hidden_size} → {middle}"),
        (7.0, "ReLU", "", text("負の値は 0", "negative: 0", "\n")),
        (8.4, "Linear", text("全結合層", "dense layer", "\n"), f"{middle} → 1"),
        (10.0, "y", text("予測", "forecast", "\n"), text("1 つ", "one number", "\n")),
    )
    for number, (x, name, above, below) in enumerate(stops):
        fill = style.pale(style.SKY) if name == "LSTM" else "white"
        drawn.box(x, 0, name, fill) if len(name) > 1 else drawn.write(x, 0, f"${name}$", 18)
        drawn.write(x, 0.45, above, va="bottom")
        drawn.write(x, -0.45, below, va="top")
        if number:
            left, _, _, _ = stops[number - 1]
            drawn.path((left + (0.62 if number > 1 else 0.25), 0), (x - (0.62 if name != "y" else 0.25), 0))
    drawn.write(3.7, 0.12, "o[:, -1]", va="bottom")
    ja = f"予測モデル。{window} 日の窓を再帰層が 1 日ずつ読み、最後の日の状態（{hidden_size} 次元）が全結合層、ReLU、全結合層を通って、1 つの予測になる。"
    en = f"The forecasting model. A recurrent layer reads the window of {window} days; its last state ({hidden_size} dimensions) goes through a dense layer, ReLU and a dense layer to one forecast."
    return Picture(drawn.figure, ja, en)


@styled
def fading_memory(forget_gates: ArrayLike, steps: int) -> Picture:
    """What is left of a memory of 1 when each step multiplies it by the forget gate."""
    curves = {f"f = {f}": pd.Series(f ** np.arange(steps + 1)) for f in forget_gates}
    names = "、".join(map(str, kept := [f for f in forget_gates if f**steps >= 0.5])), " and ".join(map(str, kept))
    title = style.first_true(
        (len(kept) > 0, f"{steps} 日後に半分以上が残る f: {names[0]}", f"At least half is left after {steps} days with f = {names[1]}"),
        (True, f"どの f でも、{steps} 日後に残るのは半分未満", f"With each f, less than half is left after {steps} days"),
    )  # fmt: skip
    figure, axes = line_chart(
        curves, title, ("経った日数", "days passed"), ("残っている記憶", "memory left"), 3.4, marks=6
    )
    axes.set(xlim=(0, steps), ylim=(0, 1.05))
    for line in axes.get_lines():
        line.set_clip_on(False)  # the markers at both ends are whole
    axes.axhline(0.5, **style.DASHED)
    axes.annotate(text("半分", "half"), (1, 0.5), (-4, 3), ("axes fraction", "data"), "offset points", ha="right")
    style.name_ends(axes)
    ja = f"忘却ゲートの値ごとに、記憶が日とともに減る曲線。{title[0]}。"
    return Picture(
        figure, ja, f"A memory fading with the days, one curve for each value of the forget gate. {title[1]}."
    )


@styled
def slopes_by_age(curves: Curves) -> Picture:
    """How much the last state answers to the input of each day, on a logarithmic axis; the index is the age in days."""
    left = {name: curve.iloc[-1] / curve.iloc[0] for name, curve in curves.items()}
    best, age = max(left, key=left.get), next(iter(curves.values())).index[-1]
    title = (
        f"{age} 日前の入力が最もよく効くのは {best}（最後の日の {left[best]:.2g} 倍）",
        f"An input {age} days back counts most in {best}: {left[best]:.2g} times the last day's",
    )
    x, y = ("何日前の入力か", "age of the input, in days"), ("勾配の大きさ", "size of the gradient")
    figure, axes = line_chart(curves, title, x, y, 3.6, marks=6)
    style.logarithmic(axes)
    axes.yaxis.set_major_formatter(LogFormatterMathtext())  # many powers of ten: all written alike
    axes.margins(x=0)
    style.name_ends(axes)
    ja = f"入力の古さごとの勾配の大きさ。層ごとに 1 本の曲線で、縦軸は対数。{title[0]}。"
    en = f"The size of the gradient by the age of the input, one curve a layer, on a logarithmic axis. {title[1]}."
    return Picture(figure, ja, en)
