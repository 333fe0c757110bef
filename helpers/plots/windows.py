"""Step 02: windows and the split."""

import numpy as np
from numpy.typing import ArrayLike

from helpers.language import BadInput, text
from helpers.plots import style
from helpers.plots.style import Dates, Picture, canvas, few_dates, in_unit, label, legend, rows_are_days, styled


@styled
def windows_on_series(values: ArrayLike, window: int, horizon: int = 1, stride: int = 1, show: int = 4) -> Picture:
    """The first windows as rows under the series: circles go in, stars are to be forecast.

    values: one value a step; a column of `load_prices` brings its unit along.
    Raises BadInput when the series is shorter than one window and its horizon.
    """
    attrs, daily = getattr(values, "attrs", {}), rows_are_days(getattr(values, "index", None))
    price = in_unit(attrs.get("value_ja", "価格"), attrs.get("value_en", "price"), attrs)
    values = np.asarray(values, dtype=float)
    starts = range(0, len(values) - window - horizon + 1, stride)[:show]
    if not starts:
        ja = f"{len(values)} 行には、窓 {window} とホライズン {horizon} は長すぎます。どちらかを小さくしてください。"
        en = f"window {window} and horizon {horizon} are too long for {len(values)} rows: lower one of them."
        raise BadInput(ja, en)
    count, upto = len(starts), min(len(values), starts[-1] + window + horizon + 2)
    figure, (top, bottom) = canvas(3.2 + 0.35 * count, nrows=2, sharex=True, height_ratios=[3.4, 0.6 + count * 0.8])
    days = np.arange(1, upto + 1)
    top.plot(days, values[:upto], color=style.GREY, marker=".")
    # In the title, because the frame may be lower than the name of what is drawn is long
    ja, en = f"{price[0]}（窓の長さ {window}、ずらし幅 {stride}）", f"{price[1]} (window {window}, stride {stride})"
    label(top, (ja, en), y=("", ""))
    x, t = text("入力 x", "input x"), text("目標 t", "target t")
    for row, start in enumerate(starts):
        inputs, targets = days[start : start + window], days[start + window : start + window + horizon]
        bottom.plot(inputs, np.full(window, row), "o-", color=style.BLUE, label=None if row else x)
        bottom.plot(targets, np.full(horizon, row), "*:", color=style.RED, markersize=12, label=None if row else t)
    bottom.set_yticks(range(count), [text(f"窓 {row + 1}", f"window {row + 1}") for row in range(count)])
    bottom.set_ylim(count - 0.4, -0.6)
    bottom.xaxis.get_major_locator().set_params(integer=True)
    bottom.set_xlabel(text("日", "day") if daily else text("期", "step"))
    legend(bottom, ncols=2)
    en = f"The first {count} windows under the series: circles are inputs, stars are targets."
    return Picture(figure, f"系列の下に最初の{count}個の窓。丸が入力、星が目標。", en)


@styled
def split_or_shuffle(dates: Dates, t: ArrayLike, test: int, seed: int = 0, attrs: dict | None = None) -> Picture:
    """Where the test targets lie when the split follows time, and when it is drawn at random.

    dates, t: (n,), in the unit of `attrs`, those of a series.
    """
    figure, (left, right) = canvas(3.6, ncols=2, sharey=True)
    t = np.asarray(t, dtype=float).reshape(-1)
    rows = np.arange(len(t))
    drawn = np.random.default_rng(seed).choice(len(t), test, replace=False)
    for axes, chosen in ((left, rows >= len(t) - test), (right, np.isin(rows, drawn))):
        axes.plot(
            dates[~chosen], t[~chosen], ".", color=style.BLUE, markersize=3, label=text("学習部分", "training part")
        )
        axes.plot(dates[chosen], t[chosen], "x", color=style.RED, markersize=5, label=text("テスト部分", "test part"))
        few_dates(axes, 5)
    legend(left, ncols=2, markerscale=1.5)
    label(left, ("時間の順に分ける", "Split in time"), style.DATE, in_unit("目標 t", "target t", attrs or {}))
    label(right, ("混ぜて分ける（誤り）", "Shuffled split (wrong)"), style.DATE)
    ja = "左は最後の部分だけがテスト。右はテストの点が学習の点の間に散らばる。"
    return Picture(figure, ja, "Left: only the last part is test. Right: test points lie between training points.")
