"""Step 01: the data."""

import numpy as np
import pandas as pd

from helpers.data import select_columns
from helpers.language import text
from helpers.plots import style
from helpers.plots.style import Picture, canvas, few_dates, label, legend, looks, styled


@styled
def price_history(prices: pd.DataFrame, column: str, test: int) -> Picture:
    """The whole series, with a line before the last `test` rows."""
    figure, axes = canvas()
    axes.plot(select_columns(prices, [column])[column], color=style.BLUE, linewidth=1)
    ja, en, start = prices.attrs["title_ja"], prices.attrs["title_en"], prices.index[-test]
    axes.axvline(start, color=style.RED, linestyle="--")
    axes.axvspan(start, prices.index[-1], color=style.RED, alpha=0.08)
    words = text(f"テスト部分\n最後の {test} 行", f"test part\nlast {test} rows", "\n")
    place = (start, 0.04), (-6, 0), ("data", "axes fraction"), "offset points"
    axes.annotate(words, *place, ha="right", color=style.RED)
    label(axes, (f"{ja} {column}", f"{en}, {column}"), style.DATE, prices.attrs)
    alt = f"Line chart of {en}, {column}, with a dashed red line before the last {test} rows."
    return Picture(figure, f"{ja}の{column}の折れ線。最後の{test}行の前に赤い破線。", alt)


@styled
def price_bars(prices: pd.DataFrame) -> Picture:
    """What the four prices of a day are: a bar from Low to High, a tick to the left at Open, to the right at Close."""
    figure, axes = canvas(3.2)
    days, count = np.arange(len(prices)), len(prices)
    axes.vlines(days, prices["Low"], prices["High"], color=style.GREY, label=text("安値から高値", "Low to High"))
    axes.plot(days, prices["Open"], "<", color=style.BLUE, label=text("始値", "Open"))
    axes.plot(days, prices["Close"], ">", color=style.ORANGE, label=text("終値", "Close"))
    axes.set_xticks(days[::5], [f"{date:%m/%d}" for date in prices.index[::5]])
    legend(axes, "upper left", bbox_to_anchor=(1, 1))
    label(axes, ("1 日の 4 つの価格", "The four prices of a day"), style.DATE, prices.attrs)
    return Picture(figure, f"{count}日分の始値、高値、安値、終値。", f"Open, high, low and close of {count} days.")


@styled
def two_scales(prices: pd.DataFrame, column: str) -> Picture:
    """The same curve in its own unit, and divided by its scale: then the unit is 10,000 yen, say."""
    figure, (left, right) = canvas(3, ncols=2)
    attrs, values = prices.attrs, select_columns(prices, [column])[column]
    scale = f"{attrs['scale']:,g}"
    left.plot(values, color=style.BLUE, linewidth=1)
    right.plot(values / attrs["scale"], color=style.GREEN, linewidth=1)
    label(left, ("もとの価格", "Raw prices"), style.DATE, attrs)
    unit = [f"{scale} {attrs.get(key, '')}".strip() for key in ("unit_ja", "unit_en")]
    label(right, (f"割った価格（÷ {scale}）", f"Divided prices (÷ {scale})"), style.DATE, unit)
    few_dates(left, 6)
    few_dates(right, 6)
    ja = f"同じ形の曲線が 2 つ。左はもとの価格、右は{scale}で割った価格。"
    en = f"Two curves of the same shape: raw prices on the left, prices divided by {scale} on the right."
    return Picture(figure, ja, en)


@styled
def slopes_of_tanh(points: dict[str, float], edge: float = 5.0) -> Picture:
    """The curve of tanh with a piece of its tangent at every named point.

    points: name -> place on the horizontal axis. One beyond `edge` stands there as an arrow, with its own slope.
    """
    figure, axes = canvas(3.4)
    grid = np.linspace(-edge, edge + 0.6, 400)
    axes.plot(grid, np.tanh(grid), color=style.GREY)
    for (name, value), look in zip(points.items(), looks(2), strict=False):
        place, slope = np.clip(value, -edge, edge), 1 - np.tanh(value) ** 2
        inputs = place + 0.6 * np.array([-1, 0, 1])
        look |= {"marker": ">" if value > edge else look["marker"] or "*", "markevery": [1], "linewidth": 3}
        words = "\n".join([*name.split(" / "), f"{text('傾き', 'slope')} {slope:.3f}"])
        axes.plot(inputs, np.tanh(place) + slope * (inputs - place), label=words, **look)
    legend(axes, "upper left", bbox_to_anchor=(1, 1))
    label(axes, ("tanh の傾きは、0 の近くで大きい", "The slope of tanh is large near 0"))
    label(axes, (), ("tanh に入る値", "input of tanh"), ("tanh の値", "tanh"))
    ja = "S 字形の曲線と、いくつかの点での接線。0 の近くでは急に上がり、大きな値では水平になる。"
    return Picture(figure, ja, "An S-shaped curve with tangents at some points: steep near 0, level at large values.")
