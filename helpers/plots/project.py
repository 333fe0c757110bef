"""Step 13: the project."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.language import text
from helpers.plots import style
from helpers.plots.style import Dates, Picture, canvas, label, legend, looks, styled
from helpers.plots.validation import three_lines


@styled
def three_parts(prices: pd.Series, sizes: dict[str, int], attrs: dict) -> Picture:
    """The series with its training, validation and test part, told apart by colour, dash and shade.

    sizes: rows of the parts "train", "validation" and "test", in this order of time; they add up to the series.
    """
    names = {"train": ("学習", "training"), "validation": ("検証", "validation"), "test": ("テスト", "test")}
    figure, axes = canvas(3.4)
    start = 0
    for (part, rows), look in zip(sizes.items(), looks(), strict=False):
        piece = prices.iloc[max(0, start - 1) : start + rows]
        axes.plot(piece, **look | {"marker": None}, linewidth=1.2, label=text(*names[part]))
        axes.axvspan(prices.index[start], piece.index[-1], color=look["color"], alpha=0.07)
        start += rows
    legend(axes, "upper left")
    label(axes, (attrs["title_ja"], attrs["title_en"]), style.DATE, attrs)
    en = "Line chart of the prices: training, validation and test part from left to right."
    return Picture(figure, "価格の折れ線。左から学習、検証、テストの部分。", en)


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
