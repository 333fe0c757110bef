"""One style for every figure: both languages, units, alternative text, nothing told apart by colour alone.

More than 200 lines of code: everything that each figure shares, from the colours to how a picture is sent to the page.
"""

import base64
import html
import io
import itertools
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from importlib.util import find_spec
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.colors import to_rgb
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, num2date
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.ticker import Formatter, LogLocator, NullFormatter
from PIL import Image

from helpers.language import text, words
from helpers.language.tables import significant

# Importing japanize_matplotlib would set the reader's font; only its file of Japanese glyphs is wanted.
fontManager.addfont(Path(find_spec("japanize_matplotlib").origin).with_name("fonts") / "ipaexg.ttf")
STYLE = {
    "font.family": "IPAexGothic",
    "font.size": 12,  # on the page 14.7 pixels; nothing is written smaller than SMALL
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "legend.fontsize": 11,
    "axes.titlesize": 13.5,
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.unicode_minus": False,  # this font draws U+2212 as a hairline, which a projector does not show
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.alpha": 0.3,
    "legend.frameon": True,
    "legend.framealpha": 0.9,
    "hatch.linewidth": 0.5,
    "hatch.color": "#00000088",
    "figure.facecolor": "white",  # opaque: DARK turns it into the colour of a dark page
    "figure.constrained_layout.use": True,
}
# To save a figure: matplotlib lays it out once and then switches its layout engine off by setting it to None, which
# under STYLE means another constrained one: twice the work, and margins set by hand are lost.
SAVED = STYLE | {"figure.constrained_layout.use": False}
SAVED |= {"svg.fonttype": "path", "svg.hashsalt": "lstm"}  # SVG reads without the font; the same figure, the same bytes
UNSIGNED = dict.fromkeys(("Date", "Creator", "Format", "Type"))
# After Okabe & Ito (2008), made darker: 3:1 or more on white, and told apart by eyes of any colour vision, also after
# DARK (tests/plots/test_contract.py computes both). Each has one name, in figures, alternative texts and prose.
COLOURS = BLUE, ORANGE, GREEN, RED, PURPLE, SKY = "#0B559F", "#D07A00", "#2F9B68", "#B01E10", "#B067B4", "#0C97EA"
GREY = "#616161"
NAMES = {
    BLUE: ("青", "blue"),
    ORANGE: ("橙", "orange"),
    GREEN: ("緑", "green"),
    RED: ("赤", "red"),
    PURPLE: ("紫", "purple"),
    SKY: ("水色", "light blue"),
    GREY: ("灰色", "grey"),
}
INK = {ORANGE: "#A05A00", GREEN: "#1F7A4F", PURPLE: "#8F4795", SKY: "#0A6FB0"}  # for words, which want 4.5:1
# On a dark page a figure is turned round: white becomes JupyterLab's #111, black #eee, and hues stay what they are. It is
# stored with each figure and not with the language switch, so that exports (nbconvert, dark theme) have it too.
DARK = '<style>[data-jp-theme-light="false"] img.lstm-figure {filter: invert(.933) hue-rotate(180deg)}</style>'
LINES, MARKERS = ("-", "--", ":", "-."), (None, "s", "^", "D", "o", "x")
DASHED = {"color": "black", "linestyle": (0, (6, 3)), "linewidth": 1}  # for a level or a law: no curve looks so
LITERAL = {"parse_math": False}  # for words with names from the data in them: a "$" there is a dollar
DATE, EPOCH = ("日付", "date"), ("エポック", "epoch")
AHEAD, NAIVE = ("何期先か", "steps ahead"), ("ナイーブ予測", "naive forecast")
WIDTH = 760  # CSS pixels on the page; stored at twice that, for sharp text on a projector
INCHES = 8.6  # the same width where matplotlib counts in inches: a point is 1.23 pixels on the page
PER_INCH = WIDTH / INCHES
SMALL = 11  # points, 13.5 pixels on the page: the smallest letters of a figure
_room: ContextVar[tuple[float, float] | None] = ContextVar("room", default=None)  # width and height in CSS pixels
_drawing = threading.RLock()  # rcParams are one for all threads: a cell and a widget's callback must take turns


class _Digits(Formatter):
    """38,000 and 0.25 as people write them, never 1e6, and in as many places as it takes to tell the marks apart."""

    def set_axis(self, axis: Axis) -> None:
        """One formatter is for all axes: it needs none of them, and keeps no figure alive."""

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        marks = np.unique(values)
        distance = np.diff(marks).min() if len(marks) > 1 else np.abs(marks).max(initial=0) or 1
        for places in range(20):
            written = [f"{value:z,.{places}f}" for value in values]  # z: what rounds to 0 is 0, not -0
            if np.allclose(values, np.round(values, places), rtol=0, atol=1e-3 * distance):
                break
        return [number.rstrip("0").rstrip(".") if places else number for number in written]

    def __call__(self, x: float, pos: int | None = None) -> str:
        return self.format_ticks([x])[0]


DIGITS = _Digits()
Words = tuple[str, ...]  # Japanese, English and, for `text`, what stands between them
Dates = pd.DatetimeIndex
Curves = dict[str, pd.Series]


class Picture:
    """A finished figure as the notebook shows it, with alternative text in both languages.

    svg: the figure as SVG, where it is drawn already.
    """

    def __init__(self, figure: Figure, ja: str, en: str, svg: str | None = None):
        self.figure, self.alt, self._svg = figure, f"{ja} / {en}", svg

    @property
    def width(self) -> int:
        """CSS pixels on the page."""
        return round(self.figure.get_figwidth() * PER_INCH)

    def png(self) -> bytes:
        """The figure at twice the page's resolution, in a palette of 128 colours: a third of the size, no visible loss."""
        raw, small = io.BytesIO(), io.BytesIO()
        with _drawing, matplotlib.rc_context(SAVED):
            self.figure.savefig(raw, dpi=2 * PER_INCH, pil_kwargs={"compress_level": 1})
        Image.open(raw).convert("RGB").quantize(128).save(small, "png", optimize=True)
        return small.getvalue()

    def svg(self) -> str:
        """The figure as shapes, letters too: sharp at any pixel ratio, and in two thirds of the time of `png`."""
        if self._svg is None:
            page = io.StringIO()
            with _drawing, matplotlib.rc_context(SAVED):
                self.figure.savefig(page, format="svg", metadata=UNSIGNED)
            self._svg = page.getvalue()
        return self._svg

    def to_html(self, fast: bool = False) -> str:
        """An <img> with the figure in it and its alternative text; fast: as SVG, for panels."""
        if fast:
            return self._img("svg+xml", self.svg().encode())
        return self._img("png", self.png())

    def _img(self, kind: str, data: bytes) -> str:
        alt, height = html.escape(self.alt, quote=True), round(self.figure.get_figheight() * PER_INCH)
        look = f'alt="{alt}" width="{self.width}" height="{height}" class="lstm-figure" style="max-width: 100%; height: auto"'
        return f'{DARK}<img {look} src="data:image/{kind};base64,{base64.b64encode(data).decode()}">'

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        png = self.png()
        # JupyterLab gives image/png no alt attribute, so HTML carries it there; image/png is for exports to PDF.
        return {"text/html": self._img("png", png), "image/png": base64.b64encode(png).decode(), "text/plain": self.alt}


def svg_of(figure: Figure, artists: Iterable[Artist]) -> str:
    """Some artists of a figure as SVG, without the figure around them: to be laid over a drawing of the others.

    To be called in a `styled` function, when the figure's limits and margins are final.
    """
    page, dpi = io.StringIO(), figure.dpi
    with matplotlib.rc_context(SAVED):
        figure.set_dpi(72)  # SVG counts in points
        renderer = RendererSVG(*figure.get_size_inches() * 72, page, None, 72, metadata=UNSIGNED)
        for artist in artists:
            artist.draw(renderer)
        renderer.finalize()
        figure.set_dpi(dpi)
    drawn = page.getvalue()
    return drawn[drawn.index(">", drawn.index("<svg")) + 1 : drawn.rindex("</svg>")]


@contextmanager
def room(width: float, height: float) -> Iterator[None]:
    """Figures made inside fill a place of this size in CSS pixels, whatever height they would choose: so do panels' ones."""
    before = _room.set((width, height))
    try:
        yield
    finally:
        _room.reset(before)


def styled(draw: Callable) -> Callable:
    """Run a drawing function under STYLE alone, so that neither the reader's settings nor ours leak into the other."""

    @wraps(draw)
    def drawn(*args, **kwargs):
        with _drawing, matplotlib.rc_context(STYLE):
            return draw(*args, **kwargs)

    return drawn


def canvas(height: float = 3.6, **grid) -> tuple[Figure, Axes | np.ndarray]:
    """A figure of the page's width, never registered with pyplot: nothing stays open, no other thread's is touched."""
    width, height = (pixels / PER_INCH for pixels in _room.get() or (WIDTH, height * PER_INCH))
    figure = Figure(figsize=(width, height))
    return figure, figure.subplots(**grid)


def ink(colour: str) -> str:
    """The colour in which words about a mark are written: its own, or a darker tone of it where that is too light."""
    return INK.get(colour, colour)


def pale(colour: str) -> tuple[float, float, float]:
    """A light tone of a colour, for bars and boxes with a dark edge: large areas of the full tone shout."""
    return tuple(1 - 0.45 * (1 - part) for part in to_rgb(colour))


def first_true(*cases: tuple[bool, str, str]) -> tuple[str, str]:
    """The Japanese and English words of the first case that holds: how a title states what the data show.

    The reader may have loaded any series, so a finding is computed from what is drawn; the last case is True and says
    only what was measured.
    """
    return next((ja, en) for holds, ja, en in cases if holds)


def looks(first: int = 0) -> Iterator[dict]:
    """Line, marker and colour together, so that curves differ in print and for every eye: 24 of them, then again."""
    for number in itertools.count(first):
        turn, k = divmod(number, len(COLOURS))
        yield {"linestyle": LINES[(k + turn) % len(LINES)], "marker": MARKERS[k], "color": COLOURS[k]}


def draw_curves(axes: Axes, curves: Curves, first: int = 0, marks: int = 8, dot: str | None = None, **look) -> None:
    """Each curve over its index with about `marks` markers, in looks from the `first` on; `dot` where there is none."""
    for (name, curve), own in zip(curves.items(), looks(first), strict=False):
        own |= {"marker": own["marker"] or dot, "markevery": max(1, len(curve) // marks), "label": name}
        axes.plot(curve, **own, **look)


def line_chart(curves: Curves, title: Words, x: Words, y: Words, height: float = 3.6, **look) -> tuple[Figure, Axes]:
    """Named curves over their index in one frame; words as in `label`, look as in `draw_curves`."""
    figure, axes = canvas(height)
    draw_curves(axes, curves, **look)
    label(axes, title, x, y)
    return figure, axes


def label(
    axes: Axes, title: Words = (), x: Words = (), y: Words | dict = (), size: float = STYLE["axes.titlesize"]
) -> None:
    """Title and names of the axes, where "both" takes two lines for title and y; y may be the attrs of a series.

    size: of the title's letters, smaller where frames stand side by side.
    """
    if isinstance(y, dict):
        y = in_unit(y["value_ja"], y["value_en"], y)
    if title and _room.get():  # narrower than the page
        broad = 5.1 * axes.figure.get_figwidth() * axes.get_position().width / 0.8
        title = (*(_wrapped(line, broad) for line in title[:2]), *title[2:])
    if title:
        axes.set_title(text(*title) if len(title) > 2 else text(*title, "\n"), fontsize=size, **LITERAL)
    if x:
        axes.set_xlabel(text(*x), **LITERAL)
    if y:
        y = (*(_unit_below(axes, line) for line in y[:2]), *y[2:])
        axes.set_ylabel(text(*y) if len(y) > 2 else text(*y, "\n"), **LITERAL)
        axes.yaxis.set_major_formatter(DIGITS)


def _unit_below(axes: Axes, line: str) -> str:
    """The name of a vertical axis, with its unit on a second line where both would be longer than the figure is high."""
    place = axes.get_position()
    middle = (place.y0 + place.y1) / 2  # where the name is centred
    high = 5.1 * axes.figure.get_figheight() * 2 * min(middle, 1 - middle)
    return line.replace(" [", "\n[") if _width(line) > high else line


def name_frames(figure: Figure, attrs: dict) -> None:
    """One name of the vertical axis for all frames of a figure: each of them may be shorter than it."""
    figure.supylabel(text(*in_unit(attrs["value_ja"], attrs["value_en"], attrs), "\n"), fontsize=12, **LITERAL)


def headline(figure: Figure, title: Words) -> None:
    """A title of the whole figure, from its left edge on: for panels side by side, and where names of rows take the left."""
    lines = text(*(_wrapped(line, 5.1 * figure.get_figwidth()) for line in title), "\n")
    figure.suptitle(lines, x=0.01, ha="left", fontsize=STYLE["axes.titlesize"], **LITERAL)


def _width(line: str) -> float:
    """How wide words are, in kanji; a letter is 0.52 of one."""
    return sum(0.52 if letter.isascii() else 1 for letter in line)


def _wrapped(line: str, most: float) -> str:
    """A title broken behind a mark or a blank where it is wider than `most` kanji."""
    rows, width, last = [""], 0.0, 0
    for letter in line:
        width += _width(letter)
        rows[-1] += letter
        if width > most and last:
            head, tail = rows[-1][:last], rows[-1][last:]
            rows[-1:] = [head.rstrip(), tail]
            width, last = _width(tail), 0
        elif letter in " 、。；／":
            last = len(rows[-1])
    return "\n".join(rows)


def listed(numbers: dict[str, float], digits: str = "") -> Words:
    """Names and numbers in a row, for alternative texts and titles; without `digits`, a format, four significant ones."""
    named_twice = [
        (words(name), f"{number:{digits}}" if digits else significant(number)) for name, number in numbers.items()
    ]
    return "、".join(f"{n[0]} {k}" for n, k in named_twice), ", ".join(f"{n[1]} {k}" for n, k in named_twice)


def spaced(ja: str) -> str:
    """Japanese with a space between Latin letters and what stands beside them, where a name meets the words of a sentence."""
    return re.sub(r"(?<=[A-Za-z])(?=[ぁ-んァ-ヶ一-龥])|(?<=[ぁ-んァ-ヶ一-龥])(?=[A-Za-z])", " ", ja)


def in_unit(ja: str, en: str, attrs: dict, square: bool = False) -> Words:
    """Words with the unit of a series behind them, where it has one; `attrs` are those of its table."""
    ja_unit, en_unit = (f"{attrs[key]}{'²' * square}" if attrs.get(key) else "" for key in ("unit_ja", "unit_en"))
    if ja == en:  # RMSE [円 / yen]
        ja_unit = en_unit = text(ja_unit, en_unit)
    return ja + f" [{ja_unit}]" * bool(ja_unit), en + f" [{en_unit}]" * bool(en_unit)


def rows_are_days(index: object) -> bool:
    """Whether a row may be called a day: computed from the dates, since a file of the reader's has no `freq`.

    The median step from row to row is one day for business days too. Rows without dates are taken for days.
    """
    if not isinstance(index, Dates):
        return True
    return index.normalize().is_unique and bool(index.to_series().diff().median() < pd.Timedelta(days=1.5))


def legend(axes: Axes, loc: str = "outside lower center", **look) -> None:
    """The names of what is drawn in a frame; "outside" stands at the edge of the whole figure."""
    owner = axes.figure if loc.startswith("outside") else axes
    for name in owner.legend(*axes.get_legend_handles_labels(), loc=loc, **look).get_texts():
        name.set(**LITERAL)


def name_ends(axes: Axes, size: float = SMALL) -> None:
    """The name of each curve beside its right end, instead of a legend; call it when the limits are set.

    Names that would lie on one another are moved apart, in the order of the curves' ends.
    """
    axes.get_ylim()  # works out limits that are still to be found
    to_share = axes.transData + axes.transAxes.inverted()
    lines = [line for line in axes.get_lines() if not line.get_label().startswith("_")]
    ends = {line: to_share.transform((0, line.get_ydata()[-1]))[1] for line in lines}
    apart = 1.5 * size / 72 / (0.7 * axes.figure.get_figheight())  # a row of words as a share of the axes' height
    floor = 0.0
    for line in sorted(lines, key=ends.get):
        place = max(ends[line], floor)
        floor = place + apart * (1 + line.get_label().count("\n"))
        look = {"va": "center", "fontsize": size, "color": ink(line.get_color()), "annotation_clip": False}
        axes.annotate(line.get_label(), (1, place), (6, 0), "axes fraction", "offset points", **look, **LITERAL)


def name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Rows by name, the first on top."""
    axes.set_yticks(range(len(names)), names, **LITERAL)
    axes.invert_yaxis()


def logarithmic(axes: Axes) -> None:
    """A logarithmic scale with plain numbers, the more of them between two powers of ten the fewer these are."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    between = (1, 1.5, 2, 3, 5, 7) if high < 10 * low else (1, 2, 5) if high < 1000 * low else (1,)
    axes.yaxis.set_major_locator(LogLocator(subs=between))
    axes.yaxis.set_major_formatter(lambda x, _: DIGITS(x) if x >= 1e-4 else _power(x))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _power(x: float) -> str:
    """A small number by its power of ten, 5·10⁻⁵: as a plain one it would be mostly zeros."""
    front, exponent = f"{x:.1e}".split("e")
    front = "" if front == "1.0" else f"{front.removesuffix('.0')} \\cdot "
    return f"${front}10^{{{int(exponent)}}}$"


class _Years(ConciseDateFormatter):
    """At the right end both years, where dates without a year lie in two."""

    def get_offset(self) -> str:
        offset = super().get_offset()
        if not re.fullmatch(r"\d{4}", offset):
            return offset
        low, high = sorted(self.axis.get_view_interval())
        years = {num2date(place).year for place in self.axis.get_majorticklocs() if low <= place <= high}
        return f"{min(years)}–{max(years)}" if len(years) > 1 else offset


def few_dates(axes: Axes, count: int = 8) -> None:
    """At most `count` dates on the time axis, so that they stand side by side without turning."""
    locator = AutoDateLocator(minticks=2, maxticks=count)
    axes.xaxis.set_major_locator(locator)
    formats = ["%Y", "%Y-%m", "%m-%d", "%H:%M", "%H:%M", "%S"]  # digits read the same in both languages
    look = {
        "formats": formats,
        "zero_formats": [*formats[:3], "%m-%d", *formats[3:5]],
    }  # January 2025 is 2025-01, not 2025
    look["offset_formats"] = ["", "", "%Y", *["%Y-%m-%d"] * 3]  # the rest of the date, at the right end
    axes.xaxis.set_major_formatter(_Years(locator, **look))
