"""The one style: what a reader's own settings keep, what is stored of a picture, how names and units are written."""

import base64
import re
import subprocess
import sys
import threading
from itertools import islice

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from helpers import plots
from helpers.plots import style
from helpers.plots.style import (
    ORANGE,
    canvas,
    first_true,
    headline,
    in_unit,
    ink,
    label,
    line_chart,
    logarithmic,
    looks,
    name_ends,
    styled,
    text,
)

ATTRS = {"title_ja": "会社", "title_en": "Company", "value_ja": "株価", "value_en": "price"}
ATTRS |= {"unit_ja": "円", "unit_en": "yen"}


def test_importing_plots_leaves_the_settings_and_brings_the_glyphs():
    code = """
import matplotlib
from matplotlib import font_manager

matplotlib.get_backend()  # is looked for when it is first asked for
before = matplotlib.rcParams.copy()
import helpers.plots
assert matplotlib.rcParams == before, [key for key in before if matplotlib.rcParams[key] != before[key]]
assert font_manager.findfont("IPAexGothic", fallback_to_default=False).endswith("ipaexg.ttf")
import sys
assert not {"torch", "sklearn", "ipywidgets"} & set(sys.modules)  # to draw needs none of them
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_page_gets_html_with_alternative_text_first_and_a_png_beside():
    figure, _ = canvas()
    bundle = plots.Picture(figure, "「ラグ」", 'a "lag"')._repr_mimebundle_()
    assert list(bundle) == ["text/html", "image/png", "text/plain"]
    assert '<img alt="「ラグ」 / a &quot;lag&quot;" width="760"' in bundle["text/html"]
    assert bundle["image/png"] in bundle["text/html"]


def test_a_png_has_two_pixels_for_each_of_the_page():
    picture = plots.Picture(canvas()[0], "図", "figure")
    assert int.from_bytes(picture.png()[16:20]) == 2 * plots.WIDTH  # as a PNG's header has it


def test_a_fast_picture_is_drawn_in_shapes_and_comes_out_alike():
    def one():
        figure, axes = canvas()
        axes.set_title("予測")
        return plots.Picture(figure, "図", "figure").to_html(fast=True)

    drawn = base64.b64decode(re.search(r"image/svg[+]xml;base64,([^\"]+)", one())[1]).decode()
    assert one() == one() and "<text" not in drawn and "<path" in drawn  # the letters too: no font is asked for


def test_in_a_room_figures_have_its_size_and_long_titles_are_broken():
    @styled
    def draw():
        figure, axes = canvas(9)
        label(axes, ("長い題名、" * 9, "a long title " * 9))
        return figure, axes

    with plots.room(600, 300):
        figure, axes = draw()
    assert np.allclose(figure.get_size_inches() * style.PER_INCH, (600, 300))
    assert 'width="600" height="300"' in plots.Picture(figure, "図", "figure").to_html(fast=True)
    assert axes.get_title(loc="left").count("\n") >= 3  # two languages of two lines
    assert np.isclose(canvas(9)[0].get_figheight(), 9)


DAYS = pd.date_range("2024-01-01", periods=50, freq="B")
VALUES = 100 + 10 * np.sin(np.arange(50) / 4)
LAGS = pd.Series([1.0, 2, 3])


def test_margins_set_by_hand_are_there_when_the_figure_is_saved():
    playground = plots.Playground(DAYS, VALUES, ATTRS, LAGS)
    places = [axes.get_position().bounds for axes in playground.figure.axes]
    playground(VALUES, None, None, LAGS).png()
    assert [axes.get_position().bounds for axes in playground.figure.axes] == places


def test_the_playgrounds_axes_stay_as_long_as_what_is_drawn_fits():
    y, playground = VALUES, plots.Playground(DAYS, VALUES, ATTRS, LAGS)
    first = playground(y + 0.01, None, None, pd.Series([0.5, 2, 3]))
    still = playground.still
    second = playground(y - 0.01, y + 0.01, (y - 0.02, y), pd.Series([2, 0.5, 3]))
    assert playground.still is still and first.svg() != second.svg() and first.svg().startswith(still[:-200])
    assert "0 back" in first.alt and "1 back" in second.alt
    wide = playground(y + 1000, None, None, pd.Series([0.5, 2, 30]))
    low, high = playground.axes["lines"].get_ylim()
    assert playground.still is not still and low < y.min() and high > y.max() + 1000 and wide.svg() != first.svg()
    again = playground(y + 0.01, None, None, pd.Series([0.5, 2, 3]))
    assert again.svg() == first.svg()  # what a run looks like does not hang on those before it


def test_two_threads_draw_in_turns():
    before, order = dict(matplotlib.rcParams), []
    other = threading.Thread(target=styled(lambda: order.append("other")))

    def first():
        other.start()
        other.join(0.1)  # without turns, it would be done by now
        order.append("first")

    styled(first)()
    other.join()
    assert order == ["first", "other"] and dict(matplotlib.rcParams) == before


def test_two_dozen_looks_differ_without_colour():
    first = [(look["linestyle"], look["marker"]) for look in islice(looks(), 24)]
    assert len(set(first)) == 24


def test_curves_go_over_their_index_in_looks_of_their_own():
    curves = {"one": pd.Series([1, 2], index=[5, 6]), "two": pd.Series([3, 4, 5])}
    draw = styled(line_chart)
    _, axes = draw(curves, ("題", "title"), ("横", "across"), ("縦", "up", "\n"), dot=".", marks=1)
    one, two = axes.get_lines()
    assert one.get_xdata().tolist() == [5, 6]
    assert two.get_xdata().tolist() == [0, 1, 2] and two.get_ydata().tolist() == [3, 4, 5]
    assert (one.get_label(), two.get_label()) == ("one", "two") and (one.get_marker(), two.get_marker()) == (".", "s")
    assert two.get_markevery() == 3
    assert (axes.get_title("left"), axes.get_xlabel(), axes.get_ylabel()) == ("題\ntitle", "横 / across", "縦\nup")


@pytest.mark.parametrize(
    "given, square, wanted",
    [
        (("変化", "change"), False, "変化 [円] / change [yen]"),
        (("誤差", "error"), True, "誤差 [円²] / error [yen²]"),
        (("RMSE", "RMSE"), False, "RMSE [円 / yen]"),
    ],
)
def test_units_stand_behind_the_words_of_their_language(given, square, wanted):
    assert text(*in_unit(*given, ATTRS, square)) == wanted
    assert text(*in_unit(*given, ATTRS | {"unit_ja": "", "unit_en": ""}, square)) == text(*given)


def test_prices_have_no_power_of_ten():
    figure, axes = canvas()
    axes.plot([0, 1], [1_000_000, 3_000_000])
    label(axes, y=ATTRS | {"value_ja": "price", "unit_ja": "yen"})
    figure.draw_without_rendering()
    assert "2,000,000" in [tick.get_text() for tick in axes.get_yticklabels()]


def test_titles_and_columns_with_dollars_are_shown_as_they_are():
    prices = pd.DataFrame({"a$b$c": [1.0, 2, 3]}, index=pd.date_range("2024-01-01", periods=3))
    prices.attrs = ATTRS | {"title_ja": "A$B$ 5%", "title_en": "A$B$ 5%", "value_ja": "a$b$", "value_en": "a$b$"}
    figure = plots.price_history(prices, "a$b$c", 1).figure
    shown = {words.get_text(): words.get_parse_math() for words in figure.findobj(Text) if "$" in words.get_text()}
    days = "2024-01 – 2024-01"
    assert shown == {f"A$B$ 5% a$b$c（{days}）\nA$B$ 5%, a$b$c ({days})": False, "a$b$ [円 / yen]": False}


def test_a_title_says_the_first_case_that_holds():
    assert first_true((False, "一", "one"), (True, "二", "two"), (True, "三", "three")) == ("二", "two")


@styled
def test_names_stand_at_the_ends_of_their_curves_and_not_on_each_other():
    figure, axes = canvas(3)
    for name, end in (("low", 0.0), ("high", 1.0), ("a little higher", 1.001)):
        axes.plot([0, 1], [0.5, end], color=ORANGE, label=name)
    axes.plot([0, 1], [0, 0])  # without a name
    name_ends(axes)
    figure.draw_without_rendering()
    low, high, higher = sorted((words.get_window_extent().y0, words.get_text()) for words in axes.texts)
    assert [name for _, name in (low, high, higher)] == ["low", "high", "a little higher"]
    assert higher[0] - high[0] >= 11 / 72 * 100 and {words.get_color() for words in axes.texts} == {ink(ORANGE)}
    last = axes.transData.transform((0, 0))[1]
    assert abs(low[0] - last) < 11 / 72 * 100


@styled
def test_the_marks_of_a_logarithmic_axis_are_as_many_as_it_needs():
    for low, high, wanted in ((1, 4, {"1.5", "3"}), (1, 90, {"5", "50"}), (1e-6, 1, {"$10^{-6}$", "0.001"})):
        figure, axes = canvas(3)
        axes.plot([low, high])
        logarithmic(axes)
        figure.draw_without_rendering()
        assert wanted <= {mark.get_text() for mark in axes.get_yticklabels()}


@pytest.mark.parametrize(
    ("start", "days", "offset"), [("2024-12-05", 42, "2024–2025"), ("2025-02-05", 42, "2025"), ("2022-01-05", 1400, "")]
)
def test_dates_without_a_year_name_both_years_where_they_lie_in_two(start, days, offset):
    _, axes = style.canvas()
    axes.plot(pd.date_range(start, periods=days), range(days))
    style.few_dates(axes)
    assert axes.get_xticklabels()  # they decide what is left for the end
    assert axes.xaxis.get_major_formatter().get_offset() == offset


def test_a_headline_is_broken_where_it_is_wider_than_the_figure():
    figure, _ = canvas()
    headline(figure, ("短い", "short, " * 20))
    first, *rest = figure.get_suptitle().split("\n")
    assert first == "短い" and len(rest) == 2 and rest[0].endswith(",") and "".join(rest).count("short") == 20
