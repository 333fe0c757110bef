"""Step 12: the backtest."""

import pandas as pd
from matplotlib.axes import Axes

from helpers.language import text, words
from helpers.plots import style
from helpers.plots.style import Dates, Picture, canvas, few_dates, label, legend, line_chart, styled


@styled
def refits_in_time(dates: Dates, test: int, refit_every: int, train_size: int) -> Picture:
    """What each model of a walk-forward is trained on and what it forecasts: an expanding and a sliding window.

    dates: of all rows, the last `test` of which are forecast. A model is trained every `refit_every` rows, on all rows
    before it or on the last `train_size` of them. One row of bars a model, the first on top.
    """
    first = len(dates) - test
    starts = list(range(first, len(dates), refit_every))
    figure, panels = canvas(2.0 + 0.22 * len(starts), ncols=2, sharey=True)
    blue = {"color": style.pale(style.BLUE), "edgecolor": "black", "label": text("学習", "training")}
    orange = {"color": style.ORANGE, "edgecolor": "black", "hatch": "//", "label": text("予測", "forecast")}
    last = dates[[min(start + refit_every, len(dates)) - 1 for start in starts]]
    known = dates[[start - 1 for start in starts]]
    for axes, size, name in zip(
        panels, (None, train_size), (("拡大窓", "expanding"), ("スライド窓", "sliding")), strict=True
    ):
        rows = [min(start, size or start) for start in starts]
        begin = dates[[start - used for start, used in zip(starts, rows, strict=True)]]
        axes.barh(range(len(starts)), known - begin, 0.7, begin, **blue)
        axes.barh(range(len(starts)), last - known, 0.7, known, **orange)
        low, high = f"{min(rows):,}", f"{max(rows):,}"
        ja, en = (f"{low} 行", f"{low} rows") if low == high else (f"{low} 行から {high} 行へ", f"{low} to {high} rows")
        label(axes, (f"{name[0]}: {ja}", f"{name[1]}: {en}"))
        axes.set(yticks=[], xlim=(dates[0], dates[-1]))
        axes.grid(False, axis="y")
        few_dates(axes, 5)
    panels[0].set_ylabel(text("モデル（上から順に）", "models, first on top", "\n"))
    panels[0].invert_yaxis()
    legend(panels[0], ncols=2)
    ja = f"モデルごとに 1 本の帯。青が学習に使う期間、橙が予測する {refit_every} 行。左は拡大窓、右はスライド窓。"
    en = f"One bar a model: blue is what it is trained on, orange the {refit_every} rows that it forecasts; expanding windows on the left, sliding ones on the right."
    return Picture(figure, ja, en)


@styled
def skill_over_time(dates: Dates, curves: dict[str, pd.DataFrame], baseline: tuple[str, str]) -> Picture:
    """Skill over all days up to each date, one curve a forecast, and the 95% interval of the first.

    dates: of the n days tested; curves: as `backtest.skill_over_time` gives them, in its unit; baseline: what the skill
    is against, in Japanese and English. Curves far below the others run out of the picture, so that these stay apart.
    """
    lines = {
        text(*words(name), "\n"): table["skill"].set_axis(dates[table.index - 1]) for name, table in curves.items()
    }
    won = sum(bool(table["low"].iloc[-1] > 0) for table in curves.values())
    lost = sum(bool(table["high"].iloc[-1] < 0) for table in curves.values())
    count = len(curves)
    ja = f"{baseline[0]}に対して、{count} 本のうち勝ったと言えるのは {won} 本、負けたと言えるのは {lost} 本"
    en = f"Against {baseline[1]}: {won} of {count} clearly won, {lost} lost"
    y = ("その日までのスキル", "skill up to that day")
    figure, axes = line_chart(lines, (ja, en), (), y, 4.2, marks=10)
    name, first = next(iter(curves.items()))
    shade = {"facecolor": (style.BLUE, 0.15), "edgecolor": style.BLUE, "linewidth": 0.5}
    first_ja, first_en = words(name)
    band = text(style.spaced(f"{first_ja}の 95% 区間"), f"95% interval of {first_en}", "\n")
    axes.fill_between(dates[first.index - 1], first["low"], first["high"], **shade, label=band)
    axes.axhline(0, color="black", linewidth=1)
    _keep_apart(axes, first, curves)
    few_dates(axes)
    legend(axes, ncols=3)
    ja = style.spaced(f"その日までのスキルの折れ線と、{first_ja}の 95% 区間（青い帯）。{ja}。")
    return Picture(figure, ja, f"Skill up to each day, and the 95% interval of {first_en} (blue band). {en}.")


def _keep_apart(axes: Axes, band: pd.DataFrame, curves: dict[str, pd.DataFrame]) -> None:
    """Limits that hold the band, 0 and the curves near them; a curve that ends far below is named at the lower edge."""
    low, high = min(0.0, band["low"].min()), max(0.0, band["high"].max())
    floor = low - (high - low) / 2
    ends = {name: table["skill"].iloc[-1] for name, table in curves.items()}
    near = pd.concat([table["skill"] for name, table in curves.items() if ends[name] > floor] or [band["low"]])
    low, high = min(low, max(near.min(), floor)), max(high, near.max())
    axes.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
    if below := [f"{text(*words(name))}: {end:+.2f} ↓" for name, end in ends.items() if end <= floor]:
        place = {"xycoords": "axes fraction", "ha": "right", "bbox": {"facecolor": "white"}}
        axes.annotate("\n".join(below), (0.99, 0.03), **place, **style.LITERAL)
