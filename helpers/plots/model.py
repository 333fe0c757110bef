"""Step 03: the model."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.language import text
from helpers.plots import style
from helpers.plots.style import Curves, Picture, canvas, legend, line_chart, styled


@styled
def lstm_cell() -> Picture:
    """One step of an LSTM: the four parts, and what they do to the cell state and the hidden state."""
    figure, axes = canvas(4.3)
    axes.set_axis_off()
    axes.set(xlim=(-0.4, 11.6), ylim=(0.3, 5.35))

    def write(x: float, y: float, words: str, size: int = 14, **look) -> None:
        axes.text(x, y, words, fontsize=size, ha="center", va="center", **look)

    def box(x: float, y: float, words: str, face: str, shape: str = "round") -> None:
        write(x, y, words, bbox={"boxstyle": f"{shape},pad=0.4", "facecolor": face, "edgecolor": style.GREY})

    def path(*points: tuple[float, float]) -> None:
        """A line through the points, with an arrow at its end."""
        axes.plot(*zip(*points[:-1], strict=True), color=style.GREY, linewidth=1.4)
        arrow = {"arrowstyle": "-|>", "color": style.GREY, "linewidth": 1.4, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", points[-1], points[-2], arrowprops=arrow)

    gates = {"f": (2.0, "忘却", "forget"), "i": (4.0, "入力", "input"), "g": (5.7, "候補", "candidate"), "o": (7.8, "出力", "output")}  # fmt: skip
    path((0.5, 4.8), (1.68, 4.8))  # the cell state runs along the top
    path((2.32, 4.8), (4.53, 4.8))
    path((5.17, 4.8), (10.6, 4.8))
    axes.plot([0.6, 7.8], [0.75, 0.75], color=style.GREY, linewidth=1.4)  # what every part reads
    for name, (x, ja, en) in gates.items():
        axes.plot([x, x], [0.75, 1.4], color=style.GREY, linewidth=1.4)
        box(x, 1.75, f"${name}$", "white" if name == "g" else style.SKY)
        write(x, 1.08, text(ja, en, "\n"), 10, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})
    path((2.0, 2.1), (2.0, 4.48))
    path((4.0, 2.1), (4.0, 3.1), (4.53, 3.1))
    path((5.7, 2.1), (5.7, 3.1), (5.17, 3.1))
    path((4.85, 3.42), (4.85, 4.48))
    path((9.2, 4.8), (9.2, 4.1))
    path((9.2, 3.4), (9.2, 2.07))
    path((8.2, 1.75), (8.88, 1.75))
    path((9.52, 1.75), (10.6, 1.75))
    for x, y, sign in [(2.0, 4.8, "×"), (4.85, 3.1, "×"), (4.85, 4.8, "+"), (9.2, 1.75, "×")]:
        box(x, y, sign, "white", "circle")
    box(9.2, 3.75, "tanh", "white")
    for x, y, symbol in [(0.1, 4.8, "c_{t-1}"), (11.0, 4.8, "c_t"), (11.0, 1.75, "h_t")]:
        write(x, y, f"${symbol}$", 15)
    write(0.1, 0.75, "$x_t$\n$h_{t-1}$", 15)
    write(7.2, 5.15, text("セル状態", "cell state"), 11)
    write(10.7, 1.15, text("隠れ状態", "hidden state", "\n"), 11)
    ja = "LSTM の 1 日分。セル状態 c は上の線を進み、忘却ゲート f を掛けられ、入力ゲート i を掛けた候補 g を足される。隠れ状態 h は出力ゲート o と tanh(c) の積。"
    en = "One day of an LSTM. The cell state c runs along the top: it is multiplied by the forget gate f, then the candidate g times the input gate i is added. The hidden state h is the output gate o times tanh(c)."
    return Picture(figure, ja, en)


@styled
def unrolled(num_layers: int = 3, steps: int = 5) -> Picture:
    """The states of a recurrent layer, step by step and layer by layer: which are o, which are h."""
    figure, axes = canvas(1.8 + 0.95 * num_layers)
    axes.set_axis_off()

    def write(x: float, y: float, words: str, size: int, **look) -> None:
        axes.text(x, y, words, fontsize=size, va="center", **look)

    def arrow(tip: tuple[float, float], tail: tuple[float, float]) -> None:
        axes.annotate("", tip, tail, arrowprops={"arrowstyle": "->", "color": style.GREY})

    for step in range(1, steps + 1):
        write(step, 0.12, f"$x_{{{step}}}$", 14, ha="center")
        for layer in range(1, num_layers + 1):
            frame = {"edgecolor": "black", "linewidth": 3} if layer == num_layers else {"edgecolor": style.GREY}
            box = {"boxstyle": "round,pad=0.45", "facecolor": style.SKY if step == steps else "white"} | frame
            write(step, layer, f"$h_{{{layer}{step}}}$", 14, ha="center", bbox=box)
            arrow((step, layer - 0.3), (step, layer - 0.68))
            if step > 1:
                arrow((step - 0.27, layer), (step - 0.73, layer))
    o = text("o（太い枠）: 最上層の、すべての日", "o (thick frame): the top layer, every day")
    h = text("h（水色）:\nすべての層の\n最後の日", "h (light blue):\nevery layer,\nthe last day", "\n\n")
    write(0.72, num_layers + 0.62, o, 12)
    write(steps + 0.42, (num_layers + 1) / 2, h, 12)
    axes.set(xlim=(0.4, steps + 1.9), ylim=(-0.1, num_layers + 0.85))
    ja = f"{num_layers} 層、{steps} 日の状態。太い枠の o は最上層の横一列、水色の h は最後の日の縦一列。"
    en = f"The states of {num_layers} layers over {steps} days: o, in a thick frame, is the top row; h, in light blue, is the last column."
    return Picture(figure, ja, en)


@styled
def fading_memory(forget_gates: ArrayLike, steps: int) -> Picture:
    """What is left of a memory of 1 when each step multiplies it by the forget gate."""
    curves = {f"f = {f}": pd.Series(f ** np.arange(steps + 1)) for f in forget_gates}
    title = "忘却ゲート f と記憶の残り方", "The forget gate f and how long a memory lasts"
    x, y = ("経った日数", "days passed"), ("残っている記憶", "memory left")
    figure, axes = line_chart(curves, title, x, y, 3, marks=6)
    axes.set_ylim(0, 1.05)
    legend(axes, "upper left", bbox_to_anchor=(1, 1))
    ja = "忘却ゲートの値ごとに、記憶が日とともに減る曲線。1 に近いほどゆっくり減る。"
    en = "A memory fading with the days, one curve for each value of the forget gate; close to 1 it fades slowly."
    return Picture(figure, ja, en)


@styled
def slopes_by_age(curves: Curves) -> Picture:
    """How much the last state answers to the input of each day, on a logarithmic axis; the index is the age in days."""
    title = "何日前の入力が、最後の状態に効くか", "How far back an input still moves the last state"
    x, y = ("何日前の入力か", "age of the input, in days"), ("勾配の大きさ", "size of the gradient", "\n")
    figure, axes = line_chart(curves, title, x, y, 3.3, marks=6)
    axes.set_yscale("log")
    legend(axes, ncols=3)
    ja = "入力の古さごとの勾配の大きさ。層ごとに 1 本の曲線で、縦軸は対数。"
    en = "The size of the gradient by the age of the input, one curve a layer, on a logarithmic axis."
    return Picture(figure, ja, en)
