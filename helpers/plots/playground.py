"""Step 05's panel: a figure that stays, so that a moved slider draws only what has changed."""

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from helpers.language import text
from helpers.plots import style
from helpers.plots.style import PER_INCH, Dates, Picture, few_dates, in_unit, label, styled, svg_of

CLOSE_UP = 20  # steps at the end, drawn once more and larger
ROOM = 600, 362  # width and height in CSS pixels: what is left beside the controls on a projector
GREY = {"color": style.GREY, "marker": "^", "markersize": 7, "linewidth": 1.4}
BLUE = {"color": style.BLUE, "marker": "P", "markersize": 7, "linewidth": 1.4, "linestyle": "--"}
RED = {"color": style.RED, "marker": "*", "markersize": 10, "linewidth": 1.4, "linestyle": "-."}
GREEN = {"color": style.GREEN, "linewidth": 1.8, "linestyle": ":"}
BAND = {"facecolor": (style.PURPLE, 0.4), "edgecolor": style.PURPLE, "linewidth": 1.2}
WORDS = {
    "actual": ("実際の値", "actual"),
    "shifted": ("1 期ずらした実際の値", "actual, shifted by 1"),
    "forecast": ("予測", "forecast"),
    "before": ("前回の予測", "last run's forecast"),
    "band": ("シードによる幅", "range over seeds"),
}
Band = tuple[np.ndarray, np.ndarray]


class Playground:
    """The test part, its end enlarged, and the RMSE by lag; call it with each run for a `Picture`.

    Axes, dates, actual values and legend are drawn once, each run lays its own lines and bars over them: a tenth of the
    time. As long as they fit, the axes keep their limits, so that two runs can be compared by eye.

    dates, actual: (n,), of the test part, in the unit of `attrs`. lags: what the naive forecast's bars would be.
    """

    @styled
    def __init__(self, dates: Dates, actual: np.ndarray, attrs: dict, lags: pd.Series):
        self.dates, self.actual, self.end_from = dates, actual, max(0, len(actual) - CLOSE_UP)
        self.figure = Figure(figsize=[pixels / PER_INCH for pixels in ROOM], layout="none")
        self.axes = {name: self.figure.add_axes(place) for name, place in _places().items()}
        for name, first, look in self._two():
            axes, shifted = self.axes[name], slice(max(1, first) - 1, -1)
            axes.plot(dates[first:], actual[first:], **GREY | look)
            axes.plot(dates[max(1, first) :], actual[shifted], **BLUE | look)
            label(axes, y=("", ""))
            few_dates(axes, 8 if name == "lines" else 5)
            air = (dates[-1] - dates[first]) / 50
            axes.set_xlim(dates[first] - air, dates[-1] + air)
        self.axes["lines"].axvspan(dates[self.end_from], dates[-1], color=style.GREY, alpha=0.12)
        self.axes["lags"].set(xticks=lags.index[::2], xlim=(lags.index[0] - 0.6, lags.index[-1] + 0.6))
        zoom = len(actual) - self.end_from
        look = style.LITERAL | ({"fontsize": style.SMALL} if _both() else {})  # two languages want a long line
        self.axes["lines"].set_title(text(*in_unit(attrs["title_ja"], attrs["title_en"], attrs)), **look)
        self.axes["end"].set_title(text(f"最後の {zoom} 期", f"The last {zoom} steps", " / "), **look)
        label(self.axes["lags"], (), ("k（何期前の値か）", "k (steps back)", "\n"), ("", ""))
        self.axes["lags"].set_title(text(*in_unit("RMSE", "RMSE", attrs)), x=-0.38, **look)
        self._name_all()
        whole, end = (_around(np.append(actual[first:], actual[max(0, first - 1)])) for first in (0, self.end_from))
        self.natural = {"lines": whole, "end": end, "lags": (0.0, 1.35 * lags.max() or 1.0)}
        self._make_room()
        self.limits: dict[str, tuple[float, float]] = {}
        self.moving: list[Artist] = []
        self.still = ""

    def _two(self) -> list[tuple[str, int, dict]]:
        """The axes with lines: name, first row, and how a line differs there: all rows are thin and without markers."""
        return [("lines", 0, {"marker": None, "linewidth": 1}), ("end", self.end_from, {})]

    def _make_room(self) -> None:
        """Axes begin farther to the right where their numbers need it: 15,000,000 yen, or 0.0000086."""
        wide = {}
        for name, ends in self.natural.items():
            self.axes[name].set_ylim(ends)
            marks = self.axes[name].get_yticklabels()
            wide[name] = max(mark.get_window_extent().width for mark in marks) / self.figure.bbox.width * ROOM[0]
        for name, place in _places(max(wide["lines"], wide["end"]), wide["lags"]).items():
            self.axes[name].set_position(place)

    def _name_all(self) -> None:
        """The legend, with all that a run may bring, so that it never changes."""
        looks = {"actual": GREY, "shifted": BLUE, "forecast": RED, "before": GREEN}
        names = [matplotlib.lines.Line2D([], [], **look, label=text(*WORDS[name])) for name, look in looks.items()]
        names.append(matplotlib.patches.Patch(**BAND, label=text(*WORDS["band"])))
        self.figure.legend(
            handles=names, loc="lower center", ncols=2 if _both() else 3, columnspacing=1.2, frameon=False
        )

    @styled
    def __call__(self, y: np.ndarray, before: np.ndarray | None, band: Band | None, profile: pd.Series) -> Picture:
        """y: the forecast, (n,). before: the last run's. band: lowest and highest one over several seeds. profile: RMSE by lag."""
        for artist in self.moving:
            artist.remove()
        self.moving = []
        self._fit([line for line in (y, before, *(band or ())) if line is not None], profile)
        for name, first, look in self._two():
            axes, dates = self.axes[name], self.dates[first:]
            if band is not None:
                self.moving.append(axes.fill_between(dates, band[0][first:], band[1][first:], **BAND))
            if before is not None:
                self.moving += axes.plot(dates, before[first:], **GREEN | look)
            self.moving += axes.plot(dates, y[first:], **RED | look)
        self._bars(profile)
        moving = svg_of(self.figure, self.moving)
        best = profile.index[profile == profile.min()].map(str)
        ja = f"テスト部分の実際の値、予測、1 期ずらした実際の値と、ラグごとの RMSE。最小は {'、'.join(best)} 期前。"
        en = "Actual values, forecast and shifted actual values of the test part, and RMSE by lag, "
        en += f"smallest {', '.join(best)} back."
        return Picture(self.figure, ja, en, svg=self.still.replace("</svg>", f"{moving}</svg>"))

    def _bars(self, profile: pd.Series) -> None:
        """RMSE by lag; the smallest bars are hatched, a single one is named."""
        axes, best, smallest = self.axes["lags"], profile.idxmin(), profile == profile.min()
        for chosen, color, hatch in ((~smallest, style.SKY, None), (smallest, style.RED, "//")):
            bars = {"color": style.pale(color), "hatch": hatch, "edgecolor": "black"}
            self.moving += axes.bar(profile.index[chosen], profile[chosen], **bars)
        if smallest.sum() > 1:
            return
        above = profile.loc[best - 1 : best + 1].max() + 0.06 * self.limits["lags"][1]
        look = {"ha": "center", "va": "bottom", "arrowprops": {"arrowstyle": "->"}}
        self.moving.append(axes.annotate(f"k = {best}", (best, profile[best]), (best, above), **look))

    def _fit(self, lines: list[np.ndarray], profile: pd.Series) -> None:
        """Limits that hold what is to be drawn; where they are new, all that stays is drawn again."""
        limits = {"lags": _wide(self.natural["lags"], 0, 1.2 * profile.max())}
        for name, first, _ in self._two():
            reach = [end for line in lines for end in (line[first:].min(), line[first:].max())]
            limits[name] = _wide(self.natural[name], min(reach), max(reach))
        if limits == self.limits:
            return
        for name, ends in limits.items():
            self.axes[name].set_ylim(ends)
        self.limits, self.still = limits, Picture(self.figure, "", "").svg()


def _both() -> bool:
    return text("a", "b") not in ("a", "b")


def _places(numbers: float = 0, errors: float = 0) -> dict[str, tuple[float, ...]]:
    """Left, bottom, width and height of the axes in shares of the figure.

    numbers, errors: pixels that the numbers beside the lines and beside the bars take. By hand, because to work all
    margins out takes as long as the drawing. Two languages need one more row of the legend and one more below the bars.
    """
    width, height = ROOM
    top, bottom = 134, 268 - 34 * _both()  # of the lower axes, from above
    left, end = max(64, numbers + 14), min(364, 410 - errors)
    low = bottom - top
    pixels = {"lines": (left, 24, 572 - left, 58), "end": (left, top, end - left, low), "lags": (436, top, 154, low)}
    return {
        name: (x / width, 1 - (y + high) / height, wide / width, high / height)
        for name, (x, y, wide, high) in pixels.items()
    }


def _around(values: np.ndarray) -> tuple[float, float]:
    pad = 0.15 * (values.max() - values.min()) or 1
    return float(values.min() - pad), float(values.max() + pad)


def _wide(limits: tuple[float, float], low: float, high: float) -> tuple[float, float]:
    """The limits themselves where low and high fit in, else wider ones with some air."""
    if limits[0] <= low and high <= limits[1]:
        return limits
    pad = 0.05 * (high - low)
    return min(limits[0], float(low) - pad if low < limits[0] else limits[0]), max(limits[1], float(high) + pad)
