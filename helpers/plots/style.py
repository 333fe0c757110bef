"""One style for every figure: both languages, units, alternative text, nothing told apart by colour alone."""

import base64
import html
import io
import itertools
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
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from PIL import Image

from helpers.language import text

# Importing japanize_matplotlib would set the reader's font; only its file of Japanese glyphs is wanted.
fontManager.addfont(Path(find_spec("japanize_matplotlib").origin).with_name("fonts") / "ipaexg.ttf")
STYLE = {
    "font.family": "IPAexGothic",
    "font.size": 11,
    "axes.titlesize": 13,
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.alpha": 0.3,
    "legend.frameon": True,
    "legend.framealpha": 0.9,
    "figure.facecolor": "white",  # opaque, so that figures read the same on a dark page
    "figure.constrained_layout.use": True,
}
# To save a figure: matplotlib lays it out once and then switches its layout engine off by setting it to None, which
# under STYLE means another constrained one: twice the work, and margins set by hand are lost.
SAVED = STYLE | {"figure.constrained_layout.use": False}
SAVED |= {"svg.fonttype": "path", "svg.hashsalt": "lstm"}  # SVG reads without the font; the same figure, the same bytes
# Okabe & Ito (2008): colours that people with any colour vision tell apart.
COLOURS = BLUE, ORANGE, GREEN, RED, PURPLE, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9"
GREY = "#666666"
LINES, MARKERS = ("-", "--", ":", "-."), (None, "s", "^", "D", "o", "x")
DASHED = {"color": "black", "linestyle": (0, (6, 3)), "linewidth": 1}  # for a level or a law: no curve looks so
DIGITS = "{x:,.9g}"  # 38,000 and 0.25 as people write them, never 1e6
LITERAL = {"parse_math": False}  # for words with names from the data in them: a "$" there is a dollar
DATE, EPOCH = ("日付", "Date"), ("エポック", "epoch")
AHEAD, NAIVE = ("何期先か", "steps ahead"), ("ナイーブ予測", "naive forecast")
WIDTH = 760  # CSS pixels on the page; stored at twice that, for sharp text on a projector
PER_INCH = WIDTH / 8.6  # CSS pixels; matplotlib counts in inches
_room: ContextVar[tuple[float, float] | None] = ContextVar("room", default=None)  # width and height in CSS pixels
_drawing = threading.RLock()  # rcParams are one for all threads: a cell and a widget's callback must take turns

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
                self.figure.savefig(page, format="svg", metadata={"Date": None})
            self._svg = page.getvalue()
        return self._svg

    def to_html(self, fast: bool = False) -> str:
        """An <img> with the figure in it and its alternative text; fast: as SVG, for panels."""
        if fast:
            return self._img("svg+xml", self.svg().encode())
        return self._img("png", self.png())

    def _img(self, kind: str, data: bytes) -> str:
        alt, height = html.escape(self.alt, quote=True), round(self.figure.get_figheight() * PER_INCH)
        size = f'width="{self.width}" height="{height}" style="max-width: 100%; height: auto"'
        return f'<img alt="{alt}" {size} src="data:image/{kind};base64,{base64.b64encode(data).decode()}">'

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
        renderer = RendererSVG(*figure.get_size_inches() * 72, page, None, 72)
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


def label(axes: Axes, title: Words = (), x: Words = (), y: Words | dict = ()) -> None:
    """Title, on two lines, and names of the axes; y may be the attrs of a series, for its value and unit."""
    if isinstance(y, dict):
        y = in_unit(y["value_ja"], y["value_en"], y)
    if title:
        axes.set_title(text(*title) if len(title) > 2 else text(*title, "\n"), **LITERAL)
    if x:
        axes.set_xlabel(text(*x), **LITERAL)
    if y:
        axes.set_ylabel(text(*y), **LITERAL)
        axes.yaxis.set_major_formatter(DIGITS)


def in_unit(ja: str, en: str, attrs: dict, square: bool = False) -> Words:
    """Words with the unit of a series behind them, where it has one; `attrs` are those of its table."""
    ja_unit, en_unit = (f"{attrs[key]}{'²' * square}" if attrs.get(key) else "" for key in ("unit_ja", "unit_en"))
    if ja == en:  # RMSE [円 / yen]
        ja_unit = en_unit = text(ja_unit, en_unit)
    return ja + f" [{ja_unit}]" * bool(ja_unit), en + f" [{en_unit}]" * bool(en_unit)


def legend(axes: Axes, loc: str = "outside lower center", **look) -> None:
    """The names of what is drawn in a frame; "outside" stands at the edge of the whole figure."""
    owner = axes.figure if loc.startswith("outside") else axes
    for words in owner.legend(*axes.get_legend_handles_labels(), loc=loc, **look).get_texts():
        words.set(**LITERAL)


def name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Rows by name, the first on top."""
    axes.set_yticks(range(len(names)), names, **LITERAL)
    axes.invert_yaxis()


def few_dates(axes: Axes, count: int = 8) -> None:
    """At most `count` dates on the time axis, so that they stand side by side without turning."""
    locator = AutoDateLocator(minticks=2, maxticks=count)
    axes.xaxis.set_major_locator(locator)
    formats = ["%Y", "%Y-%m", "%m-%d", "%H:%M", "%H:%M", "%S"]  # digits read the same in both languages
    look = {"formats": formats, "zero_formats": ["", *formats[:-1]], "show_offset": False}
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, **look))
