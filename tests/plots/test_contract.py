"""The contract of every figure: in three languages all glyphs, alternative text, names on its axes, letters large enough, none
cut off or on others; in both themes marks at 3:1 and words at 4.5:1 (WCAG 2.2, 1.4.3 and 1.4.11), colours apart for every eye.
"""

import base64
import io
import itertools
import json
import re
import warnings
from functools import cache
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.dates import AutoDateLocator
from matplotlib.legend import Legend
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from minutes import STEPS
from PIL import Image
from test_figures import FIGURES, KANA_OR_KANJI, figures, words

from helpers import plots
from helpers.plots import style

LANGUAGES = "ja", "en", "both"
SMALLEST = 13  # CSS pixels on the page, where JupyterLab's own text has 14
EVERY_FIGURE = pytest.mark.parametrize(("name", "language"), list(itertools.product(FIGURES, LANGUAGES)))


@cache
def drawn(name: str, language: str) -> plots.Picture:
    """A figure with the example data of test_figures.py, drawn once for all tests, with every warning an error."""
    settings = dict(matplotlib.rcParams)
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("error")  # a glyph that the font lacks is a warning in matplotlib
        patch.setenv("LSTM_TUTORIAL_LANGUAGE", language)
        picture = figures()[name]()
        picture.figure.draw_without_rendering()
    assert plt.get_fignums() == [] and dict(matplotlib.rcParams) == settings  # nothing stays open, no setting leaks
    return picture


# What the page makes of a colour


def composed(colour: object, under: np.ndarray | None = None) -> np.ndarray:
    """A colour as red, green and blue from 0 to 1, laid over `under` (white) as far as it is transparent."""
    *rgb, alpha = to_rgba(colour)
    return alpha * np.array(rgb) + (1 - alpha) * (np.ones(3) if under is None else under)


def in_the_dark(rgb: np.ndarray) -> np.ndarray:
    """The filter of style.DARK by the matrices of the W3C's Filter Effects: invert(.933), then hue-rotate(180deg)."""
    amount, turn = (float(re.search(rf"{name}\(([\d.]+)", style.DARK)[1]) for name in ("invert", "hue-rotate"))
    inverted = rgb * (1 - amount) + (1 - rgb) * amount
    luma = np.array([0.213, 0.715, 0.072])
    sine = np.array([[-0.213, -0.715, 0.928], [0.143, 0.140, -0.283], [-0.787, 0.715, 0.072]])
    cosine, sinus = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    matrix = np.tile(luma, (3, 1)) + cosine * (np.eye(3) - luma) + sinus * sine
    return np.clip(inverted @ matrix.T, 0, 1)


def linear(rgb: np.ndarray) -> np.ndarray:
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    """The contrast ratio of WCAG 2.2 in the theme where it is smaller."""
    ratios = []
    for seen in (np.asarray, in_the_dark):
        low, high = sorted(linear(seen(rgb)) @ [0.2126, 0.7152, 0.0722] + 0.05 for rgb in (one, other))
        ratios.append(high / low)
    return min(ratios)


EYES = {  # Machado, Oliveira & Fernandes (2009): full protanopia, deuteranopia, tritanopia, on linear RGB
    "normal": np.eye(3),
    "red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def oklab(light: np.ndarray) -> np.ndarray:
    """Linear RGB in OKLab (Ottosson 2020), where 0.02 is about the smallest difference that is seen."""
    cones = [[0.41222147, 0.53633254, 0.05144599], [0.21190350, 0.68069955, 0.10739696], [0.08830246, 0.28171884, 0.62997870]]  # fmt: skip
    lab = [[0.21045426, 0.79361779, -0.00407205], [1.97799850, -2.42859221, 0.45059371], [0.02590404, 0.78277177, -0.80867577]]  # fmt: skip
    return np.cbrt(np.clip(light, 0, None) @ np.transpose(cones)) @ np.transpose(lab)


def test_the_dark_theme_turns_white_into_the_colour_of_its_page_and_keeps_hues():
    assert (np.round(255 * in_the_dark(np.ones(3))) == 0x11).all()  # --jp-layout-color0 of JupyterLab Dark
    for colour in style.COLOURS:
        before, after = (
            oklab(linear(rgb))[1:] for rgb in (np.array(to_rgb(colour)), in_the_dark(np.array(to_rgb(colour))))
        )
        turned = np.degrees(np.arccos(before @ after / np.linalg.norm(before) / np.linalg.norm(after)))
        assert turned < 30, (style.NAMES[colour], turned)


def test_colours_have_one_name_and_differ_for_every_eye_in_both_themes():
    tones = [*style.COLOURS, style.GREY, "black"]
    assert set(style.NAMES) == set(tones[:-1]) and len(set(style.NAMES.values())) == len(style.NAMES)
    for seen, (eye, matrix) in itertools.product((np.asarray, in_the_dark), EYES.items()):
        labs = {tone: oklab(linear(seen(np.array(to_rgb(tone)))) @ np.transpose(matrix)) for tone in tones}
        for one, other in itertools.combinations(tones, 2):
            assert np.linalg.norm(labs[one] - labs[other]) > 0.05, (one, other, eye, seen)


def test_marks_and_the_words_about_them_stand_out_in_both_themes():
    for colour in (*style.COLOURS, style.GREY):
        assert contrast(composed(colour), np.ones(3)) >= 3, style.NAMES[colour]
        assert contrast(composed(style.ink(colour)), np.ones(3)) >= 4.5, style.NAMES[colour]
        assert contrast(np.zeros(3), composed(style.pale(colour))) >= 4.5, style.NAMES[colour]  # words in a pale box


# What is seen of a figure


def hidden_ticks(axes: Axes) -> set[Text]:
    """The tick labels that no reader sees: of axes without a frame, and those beyond the ends of their axis."""
    hidden = set()
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        near = 1e-6 * (high - low)
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
            if not axes.axison or not low - near <= tick.get_loc() <= high + near:
                hidden |= {tick.label1, tick.label2}
    return hidden


@cache
def letters(name: str, language: str) -> list[tuple[Text, Bbox]]:
    """All words on show in a figure, and where their letters stand, in its pixels."""
    figure = drawn(name, language).figure
    hidden = set().union(*map(hidden_ticks, figure.axes))
    seen = [
        item for item in figure.findobj(Text) if item not in hidden and item.get_visible() and item.get_text().strip()
    ]
    return [(item, Text.get_window_extent(item)) for item in dict.fromkeys(seen)]  # without an annotation's arrow


@EVERY_FIGURE
def test_glyphs_languages_and_alternative_text(name, language):
    picture = drawn(name, language)
    seen = "".join(words(picture.figure))
    assert bool(KANA_OR_KANJI.search(seen)) == (language != "en"), seen
    ja, _, en = picture.alt.partition(" / ")
    assert KANA_OR_KANJI.search(ja) and en and not KANA_OR_KANJI.search(en)


@EVERY_FIGURE
def test_letters_are_large_enough_and_neither_cut_off_nor_on_others(name, language):
    picture = drawn(name, language)
    width, height = picture.figure.bbox.size
    seen = letters(name, language)
    for item, place in seen:
        pixels = item.get_fontsize() / 72 * plots.WIDTH / picture.figure.get_figwidth()
        assert pixels >= SMALLEST, (item.get_text(), pixels)
        inside = place.x0 > -1 and place.y0 > -1 and place.x1 < width + 1 and place.y1 < height + 1
        assert inside, (item.get_text(), place, width, height)
    for (one, this), (other, that) in itertools.combinations(seen, 2):
        across, up = min(this.x1, that.x1) - max(this.x0, that.x0), min(this.y1, that.y1) - max(this.y0, that.y0)
        assert across < 2 or up < 4, (one.get_text(), other.get_text())  # a box is higher than its letters


@EVERY_FIGURE
def test_words_stand_out_from_what_is_under_them(name, language):
    for item, _ in letters(name, language):
        frame = item.get_bbox_patch()
        under = np.ones(3) if frame is None else composed(frame.get_facecolor())
        assert contrast(composed(item.get_color(), under), under) >= 4.5, item.get_text()


@pytest.mark.parametrize("name", FIGURES)
def test_marks_stand_out_from_the_page(name):
    """Lines and markers by their colour; bars and bands by their colour, their edge or their hatching."""
    white = np.ones(3)
    for axes in drawn(name, "both").figure.axes:
        for line in axes.get_lines():
            colour = to_rgba(line.get_color(), line.get_alpha())
            assert contrast(composed(colour), white) >= 3, (line.get_label(), line.get_color())
        for bar in (patch for patch in axes.patches if isinstance(patch, Rectangle)):
            edge = bar.get_edgecolor() if bar.get_linewidth() else "white"
            best = max(contrast(composed(tone), white) for tone in (bar.get_facecolor(), edge))
            assert best >= 3 or is_ground(axes, bar), bar
        for drawn_set in axes.collections:
            tones = [*drawn_set.get_edgecolor(), *drawn_set.get_facecolor()]
            if isinstance(drawn_set, PolyCollection) and drawn_set.get_hatch():
                tones.append(style.STYLE["hatch.color"])
            assert max(contrast(composed(tone), white) for tone in tones) >= 3, drawn_set.get_label()


def is_ground(axes: Axes, bar: Rectangle) -> bool:
    """Whether a patch is a shade over the whole height or width, as of `axvspan`: ground, not a mark."""
    return bar.get_data_transform() in (axes.get_xaxis_transform(), axes.get_yaxis_transform())


@pytest.mark.parametrize("name", FIGURES)
def test_axes_with_numbers_say_what_they_are(name):
    """Each numbered axis has a name, its own, its figure's or that of the axes it shares its numbers with."""
    figure = drawn(name, "both").figure
    for axes in figure.axes:
        for axis, shared, common in (
            (axes.xaxis, axes.get_shared_x_axes(), figure._supxlabel),
            (axes.yaxis, axes.get_shared_y_axes(), figure._supylabel),
        ):
            ticks = [tick.get_text() for tick in axis.get_ticklabels() if tick.get_visible()]
            dates = isinstance(axis.get_major_locator(), AutoDateLocator)  # which say what they are
            numbers = not dates and any(re.fullmatch(r"[−\-]?[\d,.]+%?", tick) for tick in ticks)
            siblings = [getattr(other, f"{axis.axis_name}axis") for other in shared.get_siblings(axes)]
            title = axes.get_title("left") if axis is axes.yaxis else ""  # "RMSE [yen]" over an axis names it as well
            named = [common, title, *(one.get_label_text() for one in siblings)]
            assert not axes.axison or not numbers or any(named), (axis, ticks)


@EVERY_FIGURE
def test_a_legend_beside_the_axes_takes_less_than_a_fifth_of_the_width(name, language):
    figure = drawn(name, language).figure
    right = max(axes.get_position().x1 for axes in figure.axes) * figure.bbox.width
    for legend in figure.findobj(Legend):
        place = legend.get_window_extent()
        assert place.x0 < right or place.width < figure.bbox.width / 5


# What the notebooks store


def stored_figures(notebook: Path) -> list[tuple[str, str]]:
    """(HTML, PNG in base64) of every figure in the outputs of a notebook, those of panels too."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    pages = [
        "".join(output.get("data", {}).get("text/html", "")) for cell in cells for output in cell.get("outputs", [])
    ]
    return re.findall(r'(<img [^>]+src="data:image/png;base64,([^"]+)">)', "".join(pages))


@pytest.mark.parametrize("notebook", STEPS, ids=lambda path: path.stem)
def test_stored_figures_are_sharp_follow_the_theme_and_are_cut_off_nowhere(notebook):
    found = stored_figures(notebook)
    assert found
    for tag, data in found:
        ja, _, en = re.search(r'alt="([^"]+)"', tag)[1].partition(" / ")
        assert KANA_OR_KANJI.search(ja) and re.search(r"[a-z]{3}", en)
        assert 'class="lstm-figure"' in tag and "max-width: 100%" in tag
        image = Image.open(io.BytesIO(base64.b64decode(data))).convert("L")
        assert image.width >= 1.5 * plots.WIDTH
        pixels = np.asarray(image)
        for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
            assert (edge >= 254).all(), ja


def test_a_dark_export_has_the_rule_with_each_figure():
    html = figures()["pinball"]().to_html(fast=True)  # not the one of the other tests: to write it moves its words
    assert html.startswith(style.DARK) and '[data-jp-theme-light="false"] img.lstm-figure' in style.DARK
