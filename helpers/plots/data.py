"""Step 01: the data."""

import numpy as np
import pandas as pd

from helpers.data import select_columns
from helpers.language import BadInput, check_whole, text
from helpers.plots import style
from helpers.plots.style import Picture, canvas, few_dates, label, legend, looks, rows_are_days, styled


@styled
def price_history(prices: pd.DataFrame, column: str, test: int, moves: bool = False) -> Picture:
    """The whole series, with a line before the last `test` rows; with `moves`, each day's change in percent below.

    Raises BadInput when the series has fewer rows than `test`.
    """
    check_whole(test=test)
    if test > len(prices):
        ja = f"{len(prices)} 行の系列から、テスト部分の {test} 行は取れません。test を小さくしてください。"
        en = f"A series of {len(prices)} rows has no test part of {test} rows: lower test."
        raise BadInput(ja, en)
    rows = [4, 3] if moves else [1]
    figure, panels = canvas(5.6 if moves else 3.8, nrows=len(rows), height_ratios=rows, sharex=True, squeeze=False)
    axes, attrs = panels[0, 0], prices.attrs
    series, start = select_columns(prices, [column])[column], prices.index[-test]
    axes.plot(series, color=style.BLUE, linewidth=1)
    for panel in panels[:, 0]:
        panel.axvline(start, color=style.RED, linestyle="--")
        panel.axvspan(start, prices.index[-1], color=style.RED, alpha=0.08)
    words = text(f"テスト部分\n最後の {test} 行", f"test part\nlast {test} rows", "\n")
    place = (start, 0.04), (-6, 0), ("data", "axes fraction"), "offset points"
    ground = {"facecolor": "white", "edgecolor": "none", "pad": 1}  # a series that falls or swings runs through here
    axes.annotate(words, *place, ha="right", color=style.ink(style.RED), bbox=ground)
    ja, en = attrs["title_ja"], attrs["title_en"]
    span = f"{prices.index[0]:%Y-%m} – {prices.index[-1]:%Y-%m}"
    label(axes, (f"{ja} {column}（{span}）", f"{en}, {column} ({span})"), (), attrs)
    alt = f"Line chart of {en}, {column}, with a dashed red line before the last {test} rows."
    ja = f"{ja}の{column}の折れ線。最後の{test}行の前に赤い破線。"
    if moves:
        panels[1, 0].plot(100 * series.pct_change(), color=style.GREY, linewidth=0.8)
        words = "前の行からの変化", "Change from the row before"
        label(panels[1, 0], words, y=("[%]", "[%]"))
        ja, alt = f"{ja}下に、前の行からの変化。", f"{alt} Below, the change from the row before."
    few_dates(panels[-1, 0])
    label(panels[-1, 0], x=style.DATE)
    return Picture(figure, ja, alt)


@styled
def price_bars(prices: pd.DataFrame) -> Picture:
    """What the four prices of a day are: a bar from Low to High, a tick to the left at Open, to the right at Close.

    Raises BadInput when one of the four is missing.
    """
    prices = select_columns(prices, ["Open", "High", "Low", "Close"])
    figure, axes = canvas(3.8)
    days, count = np.arange(len(prices)), len(prices)
    axes.vlines(
        days, prices["Low"], prices["High"], color=style.GREY, linewidth=2, label=text("安値から高値", "Low to High")
    )
    axes.plot(days, prices["Open"], "<", color=style.BLUE, label=text("始値", "Open"))
    axes.plot(days, prices["Close"], ">", color=style.ORANGE, label=text("終値", "Close"))
    step = max(5, count // 5)  # so that dates do not run into each other
    dates = [f"{date:%Y-%m-%d}" for date in prices.index]
    if len(set(dates)) < count:
        dates = [f"{date:%Y-%m-%d\n%H:%M}" for date in prices.index]
    axes.set_xticks(days[::step], dates[::step])
    legend(axes, ncols=3)
    up = int((prices["Close"] > prices["Open"]).sum())
    row_ja, row_en, on = ("日", "days", "On") if rows_are_days(prices.index) else ("行", "rows", "In")
    title = (
        f"{count} {row_ja}のうち {up} {row_ja}は、終値が始値より高い",
        f"{on} {up} of {count} {row_en} the close is above the open",
    )
    label(axes, title, style.DATE, prices.attrs)
    ja = f"{count} {row_ja}分の始値、高値、安値、終値。{title[0]}。"
    return Picture(figure, ja, f"Open, high, low and close of {count} {row_en}. {title[1]}.")


@styled
def two_scales(prices: pd.DataFrame, column: str) -> Picture:
    """The same curve in its own unit, and divided by its scale: then the unit is 10,000 yen, say."""
    figure, (left, right) = canvas(3.4, ncols=2)
    attrs, values = prices.attrs, select_columns(prices, [column])[column]
    scale = style.DIGITS(attrs["scale"])
    left.plot(values, color=style.BLUE, linewidth=1)
    right.plot(values / attrs["scale"], color=style.GREEN, linewidth=1)
    label(left, ("もとの価格", "Raw prices"), style.DATE, attrs)
    tens = attrs | {key: f"{scale} {attrs.get(key, '')}".strip() for key in ("unit_ja", "unit_en")}
    label(right, (f"割った価格（÷ {scale}）", f"Divided prices (÷ {scale})"), style.DATE, tens)
    few_dates(left, 5)
    few_dates(right, 5)
    ja = f"同じ形の曲線が 2 つ。左はもとの価格、右は{scale}で割った価格。"
    en = f"Two curves of the same shape: raw prices on the left, prices divided by {scale} on the right."
    return Picture(figure, ja, en)


@styled
def slopes_of_tanh(points: dict[str, float], edge: float = 5.0) -> Picture:
    """The curve of tanh with a piece of its tangent at every named point.

    points: name -> place on the horizontal axis. One beyond `edge` is an arrow at the frame, with its own slope.
    """
    figure, axes = canvas(4)
    left = -edge - 0.6 * (min(points.values(), default=0) < -edge)  # room for an arrow, as on the right
    grid = np.linspace(left, edge + 0.6, 400)
    axes.plot(grid, np.tanh(grid), color=style.GREY)
    axes.set_xlim(grid[0], grid[-1])
    for (name, value), look in zip(points.items(), looks(2), strict=False):
        place, slope = np.clip(value, -edge, edge), 1 - np.tanh(value) ** 2
        inputs = place + 0.6 * np.array([-1, 0, 1])
        look |= {"marker": look["marker"] or "*", "markevery": [1], "linewidth": 3}
        words = [*name.split(" / "), f"{text('傾き', 'slope')} {slope:.3f}"]
        if abs(value) > edge:
            marker, end, side = (">", 2, ("右", "right")) if value > 0 else ("<", 0, ("左", "left"))
            look |= {"marker": marker, "markevery": [end], "clip_on": False}
            words.append(text(f"（図のはるか{side[0]}）", f"(far to the {side[1]})", "\n"))
        axes.plot(inputs, np.tanh(place) + slope * (inputs - place), label="\n".join(words), **look)
    legend(axes, ncols=3)
    label(axes, ("tanh の傾きは、0 の近くで大きい", "The slope of tanh is large near 0"))
    label(axes, (), ("tanh に入る値", "input of tanh"), ("tanh の値", "tanh"))
    ja = "S 字形の曲線と、いくつかの点での接線。0 の近くでは急に上がり、大きな値では水平になる。"
    return Picture(figure, ja, "An S-shaped curve with tangents at some points: steep near 0, level at large values.")
