"""Step 03: the model."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.language import text
from helpers.plots import style
from helpers.plots.style import Picture, canvas, legend, line_chart, styled


@styled
def unrolled(num_layers: int = 3, steps: int = 5) -> Picture:
    """The states of a recurrent layer, step by step and layer by layer: which are o, which are h."""
    figure, axes = canvas(1.6 + 0.95 * num_layers)
    axes.set_axis_off()

    def write(x: float, y: float, words: str, size: int, **look) -> None:
        axes.text(x, y, words, fontsize=size, ha="center", va="center", **look)

    def arrow(tip: tuple[float, float], tail: tuple[float, float], color: str = style.GREY) -> None:
        axes.annotate("", tip, tail, arrowprops={"arrowstyle": "->", "color": color})

    for step in range(1, steps + 1):
        write(step, 0.12, f"$x_{{{step}}}$", 14)
        for layer in range(1, num_layers + 1):
            frame = {"edgecolor": style.RED, "linewidth": 2.5} if layer == num_layers else {"edgecolor": style.GREY}
            box = {"boxstyle": "round,pad=0.45", "facecolor": style.SKY if step == steps else "white"} | frame
            write(step, layer, f"$h_{{{layer}{step}}}$", 14, bbox=box)
            arrow((step, layer - 0.3), (step, layer - 0.68))
            if step > 1:
                arrow((step - 0.27, layer), (step - 0.73, layer))
    write(0.35, num_layers, "o", 18, color=style.RED)
    arrow((0.72, num_layers), (0.45, num_layers), style.RED)
    write(steps, num_layers + 0.62, "h", 18, color=style.BLUE)
    ja = "赤い枠: o\n最上層の全ステップ\n\n水色: h\n全層の最後のステップ"
    en = "red frame: o\ntop layer, every step\n\nblue fill: h\nevery layer, last step"
    axes.text(steps + 0.45, (num_layers + 1) / 2, text(ja, en, "\n\n"), va="center")
    axes.set(xlim=(0.2, steps + 2.1), ylim=(-0.1, num_layers + 0.85))
    ja = f"{num_layers}層、{steps}ステップの状態。o は最上層の横一列、h は最後のステップの縦一列。"
    en = f"The states of {num_layers} layers over {steps} steps: o is the top row, h is the last column."
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
