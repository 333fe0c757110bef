"""The one style: what a reader's own settings keep, what is stored of a picture, how names and units are written."""

import subprocess
import sys
import threading
from itertools import islice

import matplotlib
import pandas as pd
import pytest
from matplotlib.text import Text

from helpers import plots
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


def test_a_fast_picture_has_fewer_pixels():
    picture = plots.Picture(canvas()[0], "図", "figure")
    widths = [int.from_bytes(picture.png(fast)[16:20]) for fast in (False, True)]  # as a PNG's header has it
    assert widths == [2 * plots.WIDTH, 1.5 * plots.WIDTH]


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


def test_a_headline_is_broken_where_it_is_wider_than_the_figure():
    figure, _ = canvas()
    headline(figure, ("短い", "short, " * 20))
    first, *rest = figure.get_suptitle().split("\n")
    assert first == "短い" and len(rest) == 2 and rest[0].endswith(",") and "".join(rest).count("short") == 20
