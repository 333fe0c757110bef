"""Step 01: the data."""

import numpy as np
import pandas as pd

from helpers.data import select_columns
from helpers.language import text
from helpers.plots import style
from helpers.plots.style import Picture, canvas, few_dates, label, legend, styled


@styled
def price_history(prices: pd.DataFrame, column: str, test: int) -> Picture:
    """The whole series, with a line before the last `test` rows."""
    figure, axes = canvas()
    axes.plot(select_columns(prices, [column])[column], color=style.BLUE, linewidth=1)
    ja, en, start = prices.attrs["title_ja"], prices.attrs["title_en"], prices.index[-test]
    axes.axvline(start, color=style.RED, linestyle="--")
    axes.axvspan(start, prices.index[-1], color=style.RED, alpha=0.08)
    words = text(f"最後の {test} 行\nテスト", f"last {test} rows\ntest", "\n")
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
    """The same curve in its own unit and divided by its scale."""
    figure, (left, right) = canvas(3, ncols=2)
    scale, values = prices.attrs["scale"], select_columns(prices, [column])[column]
    left.plot(values, color=style.BLUE, linewidth=1)
    right.plot(values / scale, color=style.GREEN, linewidth=1)
    label(left, ("もとの価格", "Raw prices"), style.DATE, prices.attrs)
    label(right, (f"{scale:,g} で割った価格", f"Prices divided by {scale:,g}"), style.DATE)
    few_dates(left, 6)
    few_dates(right, 6)
    ja = f"同じ形の曲線が 2 つ。左はもとの価格、右は{scale:,g}で割った価格。"
    en = f"Two curves of the same shape: raw prices on the left, prices divided by {scale:,g} on the right."
    return Picture(figure, ja, en)
