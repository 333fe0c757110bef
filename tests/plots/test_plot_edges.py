"""Figures of data at the edge: long units and titles, ties, constants, gaps (NaN), series that are short or have small values."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from helpers import plots
from helpers.data import load_prices
from helpers.language import BadInput
from helpers.plots.style import DIGITS, canvas, logarithmic

ATTRS = {"title_ja": "電力消費（321 契約の平均）", "title_en": "Electricity consumption, mean of 321 clients"}
ATTRS |= {"value_ja": "為替レート", "value_en": "exchange rate", "unit_ja": "円/ドル", "unit_en": "yen per US dollar"}
DATES = pd.date_range("2024-01-01", periods=60)
WALK = np.cumsum(np.random.default_rng(0).normal(size=60))
GUESSES = np.linspace(-1, 1, 21)
SKILLS = ["skill", "seeds low", "seeds high", "skill of mean", "days low", "days high"]


@pytest.mark.parametrize("language", ["ja", "en", "both"])
@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.forecast_lines(DATES, WALK, WALK, ATTRS, lag=1),
        lambda: plots.forecasts_ahead(DATES, WALK[:47, None] + np.zeros(14), WALK[:47, None] + np.zeros(14), ATTRS),
        lambda: plots.error_of_guesses(GUESSES, GUESSES**2, ATTRS),
        lambda: plots.parts_in_time(pd.Series(WALK, DATES), {"validation": 10, "test": 10}, ATTRS),
    ],
)
def test_a_long_unit_and_a_long_title_are_inside_the_figure(draw, language, monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", language)
    figure = draw().figure
    figure.draw_without_rendering()
    width, height = figure.bbox.size
    named = [axes.yaxis.label for axes in figure.axes] + [axes._left_title for axes in figure.axes]
    for words in [*named, *(item for item in figure.texts if isinstance(item, Text))]:
        place = words.get_window_extent()
        assert place.x0 > -1 and place.y0 > -1 and place.x1 < width + 1 and place.y1 < height + 1, words.get_text()


def test_a_bad_step_leaves_the_picture_and_not_its_whole_curve():
    steps = range(1, 15)
    table = pd.DataFrame({"LSTM": np.r_[1.7, np.linspace(0.8, 0.9, 13)], "naive": 1.0, "drift": 0.99}, index=steps)
    picture = plots.skill_by_step({("検証", "validation"): table}, "naive")
    (axes,) = picture.figure.axes
    drawn = {line.get_label().split("\n")[0].split(" / ")[0]: line for line in axes.get_lines()}
    assert "won at 13 of 14 steps" in picture.alt and len(drawn["LSTM"].get_xdata()) == 14
    assert -0.7 < axes.get_ylim()[0] < -0.5


def test_equal_errors_are_a_tie():
    table = pd.DataFrame({"LSTM": 1.0, "naive": 1.0}, index=range(1, 15))
    said = plots.skill_by_step({("検証", "validation"): table}, "naive").alt
    assert "14 期で引き分け" in said and "a tie at 14 of 14 steps" in said
    one = table.assign(LSTM=[1.1] + [1.0] * 13)
    assert "lost at 1 of 14 steps" in plots.skill_by_step({("検証", "validation"): one}, "naive").alt


@pytest.mark.parametrize(("rest", "said"), [(-9.0, "no gain, but a loss"), (-4.0, "the gain is 0")])
def test_where_there_is_no_gain_none_is_shared_out(rest, said):
    gain = pd.Series([4.0, rest, 0, 0], DATES[:4])
    alt = plots.gain_by_day(gain, gain.nlargest(1)).alt
    assert said in alt and "%" not in alt


def test_moves_of_a_series_of_small_values_have_three_digits():
    euro = 1.1 + WALK / 1000
    flat = np.repeat(euro[[9, 19], None], 5, axis=1)
    alt = plots.paths_from_origins(DATES, euro, [10, 20], {"flat": flat}, ATTRS).alt
    went = np.mean(np.abs(euro[[14, 24]] - euro[[9, 19]]))
    assert went < 0.01 and f"actual {went:.5f} yen per US dollar, forecast 0.00000" in alt


def test_the_largest_move_may_be_a_fall():
    cases = {"level": {"no leak": [0.1, 0.1], "shuffled": [-0.4, -0.4], "scaler": [0.05, 0.05]}}
    assert "Largest move, +0.10 → -0.40: shuffled" in plots.scores_by_case({("見", "apparent"): cases}).alt
    rise = {"level": {"no leak": [0.1], "shuffled": [0.9], "scaler": [0.0]}}
    assert "-0.40 → +0.90" in plots.scores_by_case({("見", "apparent"): cases, ("本", "hold-out"): rise}).alt


def test_a_test_part_longer_than_the_series_says_what_to_lower():
    prices = pd.DataFrame({"Close": WALK}, DATES)
    prices.attrs = ATTRS
    with pytest.raises(
        BadInput, match="60 行の系列(.|\n)*小さく(.|\n)*60 rows has no test part of 61 rows: lower test"
    ):
        plots.price_history(prices, "Close", 61)
    assert "the last 60 rows" in plots.price_history(prices, "Close", 60).alt


def test_a_short_series_stands_beside_a_long_one():
    tables = [pd.DataFrame({"Close": WALK[:rows]}) for rows in (20, 60)]
    for table in tables:
        table.attrs = ATTRS | {"name": "walk", "column": "Close"}
    picture = plots.side_by_side(tables)
    drawn = [axes.get_lines()[0].get_xdata()[[0, -1]].tolist() for axes in picture.figure.axes[:2]]
    assert drawn == [[-20, -1], [-60, -1]] and "The 60 steps before the test part" in picture.alt


def test_only_a_naive_line_that_is_drawn_is_named():
    assert "naive" not in plots.loss_curves({"a": [3.0, 2]}).alt
    assert "the level of the naive forecast" in plots.loss_curves({"a": [3.0, 2]}, naive=4).alt


@pytest.mark.filterwarnings("error")
def test_a_loss_that_is_not_a_number_is_not_the_lowest():
    assert "Lowest: b, 0.500 times" in plots.loss_curves({"a": [3.0, np.nan], "b": [3.0, 2]}, naive=4).alt
    assert "The loss has become NaN" in plots.loss_curves({"a": [3.0, np.nan]}, naive=4).alt


def test_the_marks_of_a_logarithmic_axis_say_what_stands_before_a_small_power_of_ten():
    _, axes = canvas()
    axes.plot([2e-5, 3e-3])
    logarithmic(axes)
    write = axes.yaxis.get_major_formatter()
    assert [write(x) for x in (5e-5, 1e-5, 1.5e-7)] == [r"$5 \cdot 10^{-5}$", "$10^{-5}$", r"$1.5 \cdot 10^{-7}$"]
    assert [write(x) for x in (1e-4, 0.005, 2000.0)] == ["0.0001", "0.005", "2,000"]


@pytest.mark.parametrize(
    ("marks", "written"),
    [
        ([1.8e9, 1.9e9], ["1,800,000,000", "1,900,000,000"]),
        ([1234567890.25, 1234567890.5], ["1,234,567,890.25", "1,234,567,890.5"]),
        ([0.1 + 0.2, -0.0, 0.5], ["0.3", "0", "0.5"]),
        ([0.0, 2e-10], ["0", "0.0000000002"]),
        ([100.0], ["100"]),
        ([], []),
    ],
)
def test_numbers_on_an_axis_are_plain_and_differ(marks, written):
    assert DIGITS.format_ticks(marks) == written


def test_a_forecast_as_close_to_both_lines_is_said_to_be_so():
    alt = plots.forecast_lines(DATES, np.ones(60), np.ones(60), ATTRS, lag=1).alt
    assert "同じだけ近い" in alt and "as close to the values not shifted as to those shifted by 1" in alt
    alt = plots.forecasts_ahead(DATES, np.ones((60, 1)), np.ones((60, 1)), ATTRS).alt
    assert "as close to the values not shifted as to those shifted" in alt


def test_lags_that_tie_are_all_named_and_hatched():
    picture = plots.lag_bars(pd.Series([2.0, 1, 1], index=range(3)), ATTRS)
    (axes,) = picture.figure.axes
    assert [bar.get_height() for bar in axes.patches if bar.get_hatch()] == [1, 1] and not axes.texts
    assert "equally close: k = 1, 2" in axes.get_title("left") and "2 of them are the smallest" in picture.alt


@pytest.mark.filterwarnings("error")
def test_of_nothing_no_share_and_no_multiple_is_taken():
    assert "All actual changes are 0" in plots.changes(np.zeros(5), np.ones(5), ATTRS).alt
    errors = {"one": pd.Series([0.0, 1], index=[1, 2]), "two": pd.Series([1.0, 2], index=[1, 2])}
    for law in (None, 1.0):
        assert "A forecast has no error one step ahead" in plots.error_by_step(errors, ATTRS, law).alt


@pytest.mark.filterwarnings("error")
def test_skills_that_could_not_be_computed_are_not_claimed():
    nothing = pd.DataFrame(np.nan, index=["direct", "recursive"], columns=SKILLS)
    picture = plots.path_skills({"test": nothing})
    assert "No bootstrap interval could be computed" in picture.alt and not picture.figure.axes[0].texts
    some = nothing.copy()
    some.loc["direct"] = [0.1, 0, 0.2, 0.1, -0.1, 0.3]
    assert "All bootstrap intervals that could be computed contain 0" in plots.path_skills({"test": some}).alt
    parts = {"calm": (np.nan, np.nan, np.nan), "volatile": (0.1, 0.0, 0.2)}
    assert "Largest skill in volatile; 1 of 2" in plots.skill_by_part(parts).alt
    assert "could not be measured" in plots.skill_by_part({"calm": parts["calm"]}).alt


def test_the_gradient_that_varies_most_may_be_that_of_any_step():
    wide = np.column_stack([np.linspace(0, 9, 101), np.ones(101)])
    narrow = np.column_stack([np.ones(101), np.linspace(0, 1, 101)])
    assert "varies most from window to window on first" in plots.window_weights({"first": wide, "last": narrow}).alt


def test_a_value_far_to_the_left_of_tanh_has_an_arrow_too():
    (axes,) = plots.slopes_of_tanh({"low": -37.6, "high": 37.6}).figure.axes
    assert axes.get_xlim() == (-5.6, 5.6)  # the arrows stand at the frame
    low, high = axes.get_lines()[1:]
    assert (low.get_marker(), high.get_marker()) == ("<", ">") and "(far to the left)" in low.get_label()
    assert (low.get_markevery(), high.get_markevery()) == ([0], [2])


def test_bars_within_a_day_are_rows_with_a_time():
    times = pd.date_range("2024-01-01 09:00", periods=20, freq="5min")
    bars = pd.DataFrame({"Open": 1.0, "High": 3.0, "Low": 0.5, "Close": 2.0}, index=times)
    bars.attrs = ATTRS
    picture = plots.price_bars(bars)
    marks = [mark.get_text() for mark in picture.figure.axes[0].get_xticklabels()]
    assert "In 20 of 20 rows" in picture.alt and "day" not in picture.alt
    assert marks[:2] == ["2024-01-01\n09:00", "2024-01-01\n09:25"]


@pytest.mark.parametrize(
    ("freq", "days"),
    [("B", True), ("D", True), ("W", False), ("MS", False), ("ME", False), ("h", False), ("5min", False)],
)
def test_only_rows_that_are_days_are_called_so_in_a_file_of_the_readers_too(freq, days, tmp_path, monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")
    times = pd.date_range("2024-01-01", periods=40, freq=freq, name="Date")
    bars = pd.DataFrame({"Open": 1.0, "High": 3.0, "Low": 0.5, "Close": 2.0}, index=times)
    bars.to_csv(tmp_path / "own.csv")
    own = load_prices(tmp_path / "own.csv")
    assert own.attrs["freq"] is None
    assert ("On 40 of 40 days" if days else "In 40 of 40 rows") in plots.price_bars(own).alt
    assert plots.windows_on_series(own["Close"], 5).figure.axes[1].get_xlabel() == ("day" if days else "step")


def test_weeks_and_months_have_dates_without_a_time_and_rows_without_dates_are_days(monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")
    months = pd.date_range("2024-01-31", periods=20, freq="ME")
    bars = pd.DataFrame({"Open": 1.0, "High": 3.0, "Low": 0.5, "Close": 2.0}, index=months)
    bars.attrs = ATTRS
    marks = [mark.get_text() for mark in plots.price_bars(bars).figure.axes[0].get_xticklabels()]
    assert marks[:2] == ["2024-01-31", "2024-06-30"]
    for values in (WALK, list(WALK), pd.Series(WALK)):
        assert plots.windows_on_series(values, 5).figure.axes[1].get_xlabel() == "day"


@pytest.mark.parametrize("rising", [True, False])
def test_each_distance_stands_beside_its_own_arrow_on_days_that_rise_too(rising):
    opened = [100.0, 100, 101] if rising else [102.0, 102, 101]
    bars = pd.DataFrame({"Open": opened, "Close": [101.0, 102, 101] if rising else [101.0, 100, 101]}, DATES[:3])
    bars.attrs = ATTRS
    (axes,) = plots.between_close_and_open(bars).figure.axes
    of_open, of_close = (words.get_position()[1] for words in axes.texts if words.get_text().startswith("RMSE"))
    assert (of_open < 0 < of_close) if rising else (of_close < 0 < of_open)


@pytest.mark.parametrize(
    ("draw", "lack"), [(plots.price_bars, "Open, High, Low"), (plots.between_close_and_open, "Open")]
)
def test_a_series_of_one_column_is_told_which_prices_are_missing(draw, lack):
    with pytest.raises(BadInput, match=f"{lack} という列はありません"):
        draw(load_prices("co2"))


@pytest.mark.parametrize(
    ("of_the_series", "of_the_errors"), [(15_000_000, 1), (1e9, 1e9), (2e-6, 1e-6)], ids=["yen", "large", "small"]
)
def test_the_playgrounds_long_numbers_are_inside_the_figure_and_beside_the_bars(of_the_series, of_the_errors):
    actual = of_the_series * (1 + WALK / 100)
    errors = of_the_errors * pd.Series([1.0, 0.2, 1.5], index=range(3))
    figure = plots.Playground(DATES, actual, ATTRS, errors)(actual, None, None, errors).figure
    lines, end, bars = figure.axes
    for axes in (lines, end):
        assert min(mark.get_window_extent().x0 for mark in axes.get_yticklabels()) > 0
    assert min(mark.get_window_extent().x0 for mark in bars.get_yticklabels()) > end.get_window_extent().x1


@pytest.mark.parametrize("language", ["ja", "en", "both"])
@pytest.mark.parametrize("name", ["usdjpy", "electricity", "co2"])
def test_the_playgrounds_titles_and_dates_are_inside_the_figure(name, language, monkeypatch, recwarn):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", language)
    prices = load_prices(name).tail(101)
    actual, errors = prices["Close"].to_numpy()[1:], pd.Series([2.0, 1, 3], index=range(3))
    figure = plots.Playground(prices.index[1:], actual, prices.attrs, errors)(actual, None, None, errors).figure
    figure.draw_without_rendering()
    titles = [axes._left_title for axes in figure.axes]
    dates = [mark for axes in figure.axes[:2] for mark in axes.get_xticklabels()]
    assert all(words.get_window_extent().x1 < figure.bbox.width for words in (*titles, *dates))
    assert len([mark for mark in figure.axes[1].get_xticklabels() if mark.get_text()]) > 1
    assert not [warning for warning in recwarn if "AutoDateLocator" in str(warning.message)]


def test_of_the_playgrounds_bars_that_tie_none_is_named():
    same = pd.Series(1.0, index=range(3))
    picture = plots.Playground(DATES, WALK, ATTRS, same)(WALK, None, None, same)
    bars = picture.figure.axes[2]
    assert all(bar.get_hatch() for bar in bars.patches) and not bars.texts and "smallest 0, 1, 2 back" in picture.alt


def test_short_parts_of_a_long_series_have_room_for_their_names():
    values = pd.Series(np.arange(20_000.0), pd.date_range("2020-01-01", periods=20_000, freq="h"))
    picture = plots.parts_in_time(values, {"validation": 100, "test": 50}, ATTRS)
    strip, lines = picture.figure.axes
    picture.figure.draw_without_rendering()
    names = sorted((words.get_window_extent() for words in strip.texts), key=lambda place: place.x0)
    assert all(one.x1 < other.x0 for one, other in zip(names, names[1:], strict=False))
    assert "19,850（図は最後の 450 行） (the last 450 drawn)" in strip.texts[0].get_text()
    assert "100% of the validation part" in picture.alt  # of the range of the whole training part


def test_the_name_of_the_test_part_is_read_over_a_series_that_runs_through_it():
    prices = pd.DataFrame({"Close": 20 + WALK}, DATES)
    prices.attrs = ATTRS
    (name,) = plots.price_history(prices, "Close", 20).figure.axes[0].texts
    assert name.get_bbox_patch().get_facecolor()[:3] == (1, 1, 1)


@pytest.mark.parametrize(("scale", "written"), [(1e-6, "0.000001"), (1e12, "1,000,000,000,000")])
def test_a_scale_is_written_as_a_plain_number(scale, written):
    prices = pd.DataFrame({"Close": scale * (20 + WALK)}, DATES)
    prices.attrs = ATTRS | {"scale": scale}
    assert f"prices divided by {written} on the right" in plots.two_scales(prices, "Close").alt


def test_titles_of_frames_side_by_side_are_not_on_each_other(monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")
    figure = plots.side_by_side([load_prices(name) for name in ("electricity", "usdjpy", "co2")]).figure
    figure.draw_without_rendering()
    places = [axes._left_title.get_window_extent() for axes in figure.axes]
    assert all(one.x1 < other.x0 for one, other in zip(places, places[1:], strict=False))


@pytest.mark.parametrize("language", ["ja", "en", "both"])
def test_a_panels_fan_and_its_errors_are_inside_their_low_figures(language, monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", language)
    attrs, path = load_prices("electricity").attrs, np.full((1, 14), 100.0)
    fans = {"95%": (path - 2, path + 2), "80%": (path - 1, path + 1)}
    errors = dict.fromkeys(("encoder-decoder", "naive", "seasonal naive"), pd.Series(range(1, 15), index=range(1, 15)))
    with plots.room(600, 240):
        fan = plots.paths_from_origins(DATES, 100 + WALK, [40], {"encoder-decoder": path}, attrs, fans).figure
    with plots.room(600, 200):
        growth = plots.error_by_step(errors, attrs, 1.0).figure
    for figure in (fan, growth):
        figure.draw_without_rendering()
        width, height = figure.bbox.size
        names = [*(words for key in figure.legends for words in key.get_texts()), figure.axes[0].yaxis.label]
        for place in (words.get_window_extent() for words in names):
            assert place.x0 > -1 and place.y0 > -1 and place.x1 < width + 1 and place.y1 < height + 1
    name, title = fan.axes[0].yaxis.label.get_window_extent(), fan._suptitle.get_window_extent()
    assert name.y1 < title.y0


@pytest.mark.filterwarnings("error")
def test_of_a_constant_series_the_best_guess_is_drawn():
    assert "smallest when 0" in plots.error_of_guesses(np.zeros(5), np.zeros(5), ATTRS).alt


def test_epochs_are_whole_and_losses_have_no_offset():
    picture = plots.loss_curves({"one": np.linspace(3, 1, 20)})
    assert all(place == round(place) for place in picture.figure.axes[0].get_xticks())
    one = pd.DataFrame({"loss": [0.65719690]}, index=[1])
    other = pd.DataFrame({"loss": [0.65719695]}, index=[1])
    figure = plots.metrics_by_epoch({"one": one, "other": other}, ATTRS, ("loss",)).figure
    figure.draw_without_rendering()
    (axes,) = figure.axes
    assert [mark.get_text() for mark in axes.get_xticklabels()] == ["1"]
    assert axes.yaxis.get_offset_text().get_text() == ""
