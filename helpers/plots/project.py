"""Step 13: the project."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.language import text
from helpers.plots import style
from helpers.plots.style import Dates, Picture, canvas, label, legend, styled
from helpers.plots.validation import three_lines

PARTS = {  # what a part of a series is for -> its words and its colour
    "train": (("学習部分", "training"), style.BLUE),
    "validation": (("検証部分", "validation"), style.ORANGE),
    "test": (("テスト部分", "test"), style.GREEN),
    "hold-out": (("ホールドアウト", "hold-out"), style.PURPLE),
}


@styled
def parts_in_time(prices: pd.Series, sizes: dict[str, int], attrs: dict, sealed: bool = True) -> Picture:
    """The series with its parts in the order of time; how much of the second lies beyond the first is the finding.

    sizes: rows of the parts, names as in PARTS; they add up to the series. sealed: the last part is in its envelope, so its
    prices are not drawn.
    """
    figure, (top, axes) = canvas(4.2, nrows=2, height_ratios=[1, 3.6], sharex=True)
    ends = np.cumsum(list(sizes.values()))
    pieces = {name: prices.iloc[end - rows : end] for (name, rows), end in zip(sizes.items(), ends, strict=True)}
    for name, piece in pieces.items():
        (ja, en), colour = PARTS[name]
        shut = sealed and name == list(sizes)[-1]
        span = {"facecolor": style.pale(colour), "edgecolor": "black", "hatch": "//" if shut else None}
        top.axvspan(piece.index[0], piece.index[-1], **span)
        middle = piece.index[0] + (piece.index[-1] - piece.index[0]) / 2
        words = f"{text(ja.removesuffix('部分'), en, chr(10))}\n{len(piece):,}"
        top.annotate(words, (middle, 0.5), xycoords=("data", "axes fraction"), ha="center", va="center")
        if shut:
            axes.axvspan(piece.index[0], piece.index[-1], facecolor="white", edgecolor=style.GREY, hatch="//")
            look = {
                "xycoords": ("data", "axes fraction"),
                "ha": "center",
                "va": "center",
                "bbox": {"facecolor": "white"},
            }
            axes.annotate(text("封", "sealed", "\n"), (middle, 0.5), **look)
        else:
            axes.plot(piece, color=colour, linewidth=1.3)
    top.set(yticks=[], ylim=(0, 1), xmargin=0)
    for name in ("left", "bottom"):
        top.spines[name].set_visible(False)
    top.tick_params(bottom=False)
    top.grid(False)
    (first, train), (second, new) = list(pieces.items())[:2]
    (first_ja, first_en), (second_ja, second_en) = PARTS[first][0], PARTS[second][0]
    outside = float(((new < train.min()) | (new > train.max())).mean())
    ja = f"{attrs['title_ja']}: {second_ja}の {outside:.0%} は、{first_ja}で見た範囲の外"
    en = f"{attrs['title_en']}: {outside:.0%} of the {second_en} part lies beyond the range of {first_en}"
    label(top, (ja, en))
    label(axes, (), style.DATE, attrs)
    en = f"Line chart of the prices, with a strip that names the parts: {', '.join(PARTS[name][0][1] for name in sizes)}. {en}."
    return Picture(
        figure, f"価格の折れ線と、部分の名前の帯。{'、'.join(PARTS[name][0][0] for name in sizes)}の順。{ja}。", en
    )


@styled
def forecasts_ahead(dates: Dates, actual: ArrayLike, predicted: ArrayLike, attrs: dict, close_up: int = 120) -> Picture:
    """Forecasts made one step and `horizon` steps before, each with the actual values and those shifted by as many.

    actual, predicted: (n, horizon) in prices; dates: of the n + horizon - 1 targets. The last `close_up` are drawn.
    """
    actual, predicted = np.asarray(actual, dtype=float), np.asarray(predicted, dtype=float)
    steps = sorted({1, actual.shape[1]})
    figure, panels = canvas(1.4 + 2.6 * len(steps), nrows=len(steps), squeeze=False, sharex=True)
    for axes, step in zip(panels[:, 0], steps, strict=True):
        first = max(0, len(actual) - close_up)
        a, y = actual[first:, step - 1], predicted[first:, step - 1]
        three_lines(axes, dates[first + step - 1 :][: len(a)], a, y, attrs, lag=min(step, len(a) - 1))
        en = f"Forecasts made {step} step{'s' * (step > 1)} before"
        label(axes, (f"{step} 期前に出した予測", en, " / "))
        legend(axes, "best", fontsize=8)
    ja, en = "期前と".join(map(str, steps)), " and ".join(map(str, steps))
    ja = f"テスト部分の最後の実際の値、{ja}期前に出した予測、同じだけずらした実際の値。"
    en = f"The end of the test part: actual values, forecasts made {en} step(s) before, actual values shifted as far."
    return Picture(figure, ja, en)
