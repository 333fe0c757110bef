"""What single figures promise: extreme settings, values that cannot be drawn, the curve that grows in training."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.dates import num2date

from helpers import plots
from helpers.language import BadInput
from helpers.language.words import WORDS
from helpers.model import LSTMRegressor
from helpers.plots import style, training
from helpers.plots.many import LOOKS

ATTRS = {"title_ja": "会社", "title_en": "Company", "value_ja": "株価", "value_en": "price"}
ATTRS |= {"unit_ja": "円", "unit_en": "yen", "scale": 100.0}
DATES = pd.date_range("2024-01-01", periods=40)
ACTUAL = np.arange(40.0)
AGES = pd.Series([4.0, 2, 1])
BARS = pd.DataFrame({"Open": [1.0, 2, 2], "High": 3, "Low": 0.5, "Close": [2.0, 2, 1]}, index=DATES[:3])
BARS.attrs = ATTRS


def line(axes, words):
    """The line whose label contains these words."""
    return next(line for line in axes.get_lines() if words in line.get_label())


def test_a_column_that_is_not_there_is_named_in_both_languages():
    prices = pd.DataFrame({"Close": [1.0, 2]}, index=DATES[:2])
    with pytest.raises(BadInput, match="Open という列はありません(.|\n)*no column Open; this series has Close"):
        plots.price_history(prices, "Open", 1)


def test_tangents_of_tanh_touch_it_and_a_far_value_stands_at_the_edge_with_its_own_slope():
    axes = plots.slopes_of_tanh({"near": 0.5, "far": 1000.0}, edge=5).figure.axes[0]
    for words, place, slope in (("near", 0.5, 0.7864), ("far", 5, 0)):  # 1 / cosh(0.5)^2 = 0.7864
        (x, *_, end), (y, *_, top) = line(axes, words).get_data()
        assert (x + end) / 2 == pytest.approx(place) and (y + top) / 2 == pytest.approx(np.tanh(place))
        assert (top - y) / (end - x) == pytest.approx(slope, abs=1e-4) and f"{slope:.3f}" in line(
            axes, words
        ).get_label()


def test_divided_prices_carry_their_own_unit(monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")
    prices = pd.DataFrame({"Open": [250.0, 300.0]}, index=DATES[:2])
    prices.attrs = ATTRS
    left, right = plots.two_scales(prices, "Open").figure.axes
    assert left.get_ylabel() == "price [yen]" and right.get_ylabel() == "price [100 yen]"
    assert right.get_lines()[0].get_ydata().tolist() == [2.5, 3]


def test_rows_too_few_for_a_window_say_what_to_lower():
    with pytest.raises(BadInput, match=r"20 行(.|\n)*小さく(.|\n)*window 25 and horizon 1(.|\n)*lower one of them"):
        plots.windows_on_series(np.arange(20), window=25)
    assert plots.windows_on_series(np.arange(20), window=19).alt.endswith("stars are targets.")


@pytest.mark.parametrize("lag", [0, 1, 7])
def test_the_shifted_line_is_the_actual_one_lag_steps_later(lag):
    top, bottom = plots.forecast_lines(DATES, ACTUAL, ACTUAL, ATTRS, lag=lag, close_up=10).figure.axes
    shifted = line(top, f"shifted by {lag}")
    assert shifted.get_ydata().tolist() == ACTUAL[: 40 - lag].tolist()
    assert (shifted.get_xdata() == DATES[lag:].to_numpy()).all()
    assert line(bottom, f"shifted by {lag}").get_ydata().tolist() == ACTUAL[30 - lag : 40 - lag].tolist()


@pytest.mark.parametrize(
    ("lag", "y", "words"),
    [
        (None, ACTUAL, "Actual values and forecast"),
        (3, np.append([0, 0, 0], ACTUAL[:-3]), "closer to the values shifted by 3"),
        (3, ACTUAL + 1, "closer to the values that are not shifted"),
    ],
)
def test_the_title_says_which_line_the_forecast_is_closer_to(lag, y, words):
    picture = plots.forecast_lines(DATES, ACTUAL, y, ATTRS, lag=lag)
    assert words in picture.figure.axes[0].get_title(loc="left") and words in picture.alt
    drawn = [len(axes.get_lines()) for axes in picture.figure.axes]
    assert drawn == ([2, 2] if lag is None else [3, 3])


def test_lags_stand_beside_each_other_as_multiples_of_the_one_at_0():
    profiles = {"one": pd.Series([4.0, 1, 2], index=range(3)), "other": pd.Series([10.0, 5, 20], index=range(3))}
    picture = plots.lags_beside(profiles)
    heights = [[bar.get_height() for bar in bars] for bars in picture.figure.axes[0].containers]
    assert heights == [[1, 0.25, 0.5], [1, 0.5, 2]] and "closest to the actual value 1 step back" in picture.alt
    apart = profiles | {"third": pd.Series([4.0, 2, 1], index=range(3))}
    assert "differs from model to model" in plots.lags_beside(apart).alt


def test_the_changes_are_measured_in_the_title():
    assert "25% as large" in plots.changes([4.0, -4], [1.0, 1], ATTRS).alt


def test_one_forecast_ahead_is_drawn_without_a_shift():
    axes = plots.forecasts_ahead(DATES[:3], ACTUAL[:3][None], ACTUAL[:3][None], ATTRS).figure.axes
    assert line(axes[0], "shifted by 0").get_ydata().tolist() == [0]
    assert line(axes[1], "shifted by 0").get_ydata().tolist() == [2]


def test_the_enlarged_days_are_shaded_above_and_alone_have_markers():
    top, bottom = plots.forecast_lines(DATES, ACTUAL, ACTUAL, ATTRS, lag=1, close_up=10).figure.axes
    (shade,) = top.patches
    assert [num2date(x).date() for x in (shade.get_x(), shade.get_x() + shade.get_width())] == [
        DATES[-10].date(),
        DATES[-1].date(),
    ]
    assert {line.get_marker() for line in top.get_lines()} == {"None"}
    assert [line.get_marker() for line in bottom.get_lines()] == ["^", "P", "*"]


@pytest.mark.parametrize(
    ("drawn", "title"),
    [
        (lambda: plots.fading_memory([0.5, 0.99], 30), "At least half is left after 30 days with f = 0.99"),
        (lambda: plots.fading_memory([0.5, 0.9], 30), "With each f, less than half is left after 30 days"),
        (lambda: plots.slopes_by_age({"a": AGES, "b": AGES[::-1].reset_index(drop=True)}), "most in b: 4 times"),
        (lambda: plots.loss_curves({"a": [3.0, 2]}), "After 2 epochs the loss is 2"),
        (
            lambda: plots.loss_curves({"a": [3.0, 2]}, naive=4),
            "After 2 epochs the loss is 0.500 times the naive forecast's",
        ),
        (lambda: plots.loss_curves({"甲 / a": [3.0, 1], "乙 / b": [3.0, 2]}, naive=4), "Lowest: a, 0.250 times"),
        (lambda: plots.error_of_guesses([-1, 0, 1], [3.0, 2, 1], ATTRS), "smallest when 1 yen are added"),
        (lambda: plots.price_bars(BARS), "On 1 of 3 days the close is above the open"),
    ],
)
def test_titles_state_what_is_drawn(drawn, title):
    picture = drawn()
    assert title in picture.figure.axes[0].get_title("left") and title in picture.alt


def test_the_numbers_between_the_layers_are_those_of_the_model():
    seen = {words.get_text() for words in plots.regressor(5, 16).figure.axes[0].texts}
    assert {"16 → 8", "8 → 1", "o[:, -1]"} <= seen
    parts = LSTMRegressor(hidden_size=16).head
    assert (parts[0].out_features, parts[2].in_features) == (8, 8)


def test_moves_are_drawn_in_percent_below_the_series():
    prices = pd.DataFrame({"Open": [100.0, 102, 51]}, index=DATES[:3])
    prices.attrs = ATTRS
    _, moves = plots.price_history(prices, "Open", 1, moves=True).figure.axes
    assert moves.get_lines()[-1].get_ydata()[1:].tolist() == pytest.approx([2, -50])


def test_the_smallest_lag_is_named_and_hatched():
    axes = plots.lag_bars(pd.Series([3.0, 1, 2], index=range(3)), ATTRS).figure.axes[0]
    assert any("k = 1" in words.get_text() for words in axes.texts)
    assert [bar.get_height() for bar in axes.patches if bar.get_hatch()] == [1]


def test_of_input_gradients_the_mean_and_the_middle_of_all_windows_are_drawn():
    gradients = np.column_stack([np.linspace(0, 1, 101), np.full(101, 2.0)])
    (axes,) = plots.window_weights({"a": gradients}).figure.axes
    assert [bar.get_height() for bar in axes.patches] == pytest.approx([0.5, 2])
    (ranges,) = axes.collections
    assert [segment[:, 1].tolist() for segment in ranges.get_segments()] == [pytest.approx([0.05, 0.95]), [2, 2]]


def test_a_skill_below_the_floor_is_written_in_its_own_row():
    index = pd.MultiIndex.from_product([["one", "two"], ["naive"]])
    table = pd.DataFrame({"skill": [np.nan, -3], "seeds low": np.nan, "seeds high": np.nan}, index=index)
    axes = plots.skills(table).figure.axes[0]
    (words,) = axes.texts
    assert words.get_text() == "-3.0" and words.get_position()[1] == 1


def test_a_difference_that_cannot_be_claimed_has_a_hollow_marker():
    index = pd.MultiIndex.from_product([["clear", "unclear", "undefined", "far", "far, unclear"], ["naive"]])
    skill = np.array([0.5, 0.5, 0.5, -5, -5])  # the last two are drawn at the edge
    p = [0.01, 0.05, np.nan, 0.01, 0.05]
    table = pd.DataFrame({"skill": skill, "seeds low": skill, "seeds high": skill, "p Holm": p}, index=index)
    picture = plots.skills(table)
    hollow = [
        line
        for line in picture.figure.axes[0].get_lines()
        if line.get_markerfacecolor() == "white" and len(line.get_xdata())
    ]
    assert [line.get_ydata().tolist() for line in hollow] == [[1, 2], [4]] and "Hollow" in picture.alt
    written = [(text.get_text(), text.xy[1]) for text in picture.figure.axes[0].texts if hasattr(text, "xy")]
    assert written == [("0.50", 0), ("0.50", 1), ("0.50", 2)]  # beside its point, where there is one baseline
    assert "Hollow" not in plots.skills(table.drop(columns="p Holm")).alt
    (key,) = picture.figure.legends
    assert [words.get_text().split("\n")[1] for words in key.get_texts()] == [
        "against naive",
        "hollow: no difference can be claimed",
    ]
    assert not key.get_title().get_text()  # "baseline" would stand over the hollow mark too


def test_skills_near_0_have_a_short_axis_and_others_reach_to_1():
    index = pd.MultiIndex.from_product([["one", "two"], ["naive"]])
    table = pd.DataFrame({"skill": [0.1, -0.2], "seeds low": np.nan, "seeds high": np.nan}, index=index)
    assert plots.skills(table).figure.axes[0].get_xlim() == (-0.3, 0.3)
    for far in (table * 3, table.assign(**{"seeds high": 0.4})):
        assert plots.skills(far).figure.axes[0].get_xlim()[1] > 1


def test_of_several_runs_the_mean_is_drawn_with_their_range():
    runs = [pd.Series([2.0, 3], index=[1, 2]), pd.Series([4.0, 7], index=[1, 2])]
    axes = plots.error_by_step({"LSTM": runs, "naive": runs[0]}, ATTRS, law=2).figure.axes[0]
    assert line(axes, "LSTM").get_ydata().tolist() == [3, 5] and line(axes, "naive").get_ydata().tolist() == [2, 3]
    assert line(axes, "LSTM").get_zorder() > line(axes, "naive").get_zorder()  # its marks are small, and hide no other
    assert line(axes, "square-root").get_ydata() == pytest.approx([2, 2 * 2**0.5])
    (band,) = axes.collections
    assert band.get_datalim(axes.transData).extents.tolist() == [1, 2, 2, 7]


def test_metrics_get_the_scale_and_the_line_that_they_need():
    frame = pd.DataFrame({"RMSE": [30.0, 1], "MAE": [3.0, 1], "R2": [-9, 0.9], "direction": [0.4, 0.6]}, index=[1, 2])
    picture = plots.metrics_by_epoch({"training": frame}, ATTRS, [*frame], best_epoch=2)
    rmse, mae, r2, direction = picture.figure.axes
    assert [axes.get_yscale() for axes in (rmse, mae, r2, direction)] == ["log", "linear", "linear", "linear"]
    assert r2.get_ylim() == (-1, 1.05) and direction.get_lines()[-1].get_ydata() == [0.5, 0.5]
    assert all(line(axes, "weights in use").get_xdata() == [2, 2] for axes in picture.figure.axes)
    assert "エポック 2 に点線" in picture.alt and "epoch 2" in picture.alt
    without = plots.metrics_by_epoch({"training": frame}, ATTRS)
    assert len(without.figure.axes) == 3 and "点線" not in without.alt


def test_losses_stand_at_their_epochs_and_a_ratio_beside_a_naive_forecast_of_1():
    stored = pd.Series([2.5, 0.9], index=[500, 8000])
    axes = plots.loss_curves({"stored": stored, "here": [3.0, 2.0]}, ratio=True).figure.axes[0]
    assert line(axes, "stored").get_xdata().tolist() == [500, 8000] and line(axes, "here").get_xdata().tolist() == [
        1,
        2,
    ]
    assert line(axes, "naive forecast").get_ydata() == [1, 1] and "loss ÷ naive loss" in axes.get_ylabel()
    plain = plots.loss_curves({"here": [3.0, 2.0]}).figure.axes[0]
    assert len(plain.get_lines()) == 1 and "÷" not in plain.get_ylabel()


@pytest.mark.parametrize(
    ("losses", "marks"),
    [([3.0, 0.9], ["1", "2"]), ([9000.0, 1.0], ["1", "10", "100", "1,000"]), ([0.02, 0.001], ["0.005"])],
)
def test_marks_of_a_logarithmic_axis_are_plain_numbers(losses, marks):
    figure = plots.loss_curves({"here": losses}).figure
    figure.draw_without_rendering()
    axis = figure.axes[0].yaxis
    assert set(marks) <= {mark.get_text() for mark in axis.get_majorticklabels()}
    assert not any(mark.get_text() for mark in axis.get_minorticklabels())


def test_an_r2_that_leaves_its_axes_says_so():
    far, near = (pd.DataFrame({"R2": [low, 0.9]}, index=[1, 2]) for low in (-60, -0.5))
    for frame, said in ((far, True), (near, False)):
        axes = plots.metrics_by_epoch({"training": frame}, ATTRS, ["R2"]).figure.axes[0]
        assert any("below −1" in words.get_text() for words in axes.texts) == said


def test_the_closed_loop_may_run_longer_than_the_truth():
    wave = np.arange(300.0)
    picture = plots.closed_loop(wave, {"loop": [np.arange(500.0) + 1, wave + 15], "twin": [wave]}, ATTRS)
    left, right = picture.figure.axes
    assert line(left, "loop").get_ydata().tolist() == [1] * 300  # the distance from the wave
    truth, first = right.get_lines()  # "twin" lies on "loop" and is not drawn again
    assert first.get_ydata().tolist() == (wave[-100:] + 1).tolist() and first.get_xdata()[-1] == 300
    assert truth.get_ydata().tolist() == wave[-100:].tolist()
    assert "loop 1/2; twin 1/1" in picture.alt  # 15 is more than a tenth of the amplitude of 149.5


def test_paths_say_how_far_they_move_or_how_far_off_they_are():
    actual, dates = np.arange(40.0) * 100, pd.date_range("2024-01-01", periods=40)
    flat = np.full((2, 5), 900.0) + [[0], [1000]]
    ahead = flat + np.arange(1, 6) * 100 + 7
    still = plots.paths_from_origins(dates, actual, [10, 20], {"flat": flat}, ATTRS)
    assert "Mean move in 5 steps: actual 500 yen, forecast 0 yen" in still.alt
    moving = plots.paths_from_origins(dates, actual, [10, 20], {"flat": flat, "ahead": ahead}, ATTRS)
    assert "Mean error of the 2 forecasts drawn: flat 300, ahead 7 yen" in moving.alt
    assert len(moving.figure.axes) == 2 and np.ptp(np.ptp([axes.get_ylim() for axes in moving.figure.axes], axis=1)) < 1
    fan = {"95%": (ahead[:1] - 10, ahead[:1] + 3), "80%": (ahead[:1] - 6, ahead[:1] - 5)}
    covered = plots.paths_from_origins(dates[:14], actual[:14], [10], {}, ATTRS, fan)
    assert (
        "Of 4 actual values: 4 in the 95% interval, 0 in the 80% interval" in covered.alt
    )  # the fifth day is still to come


def test_the_error_of_the_last_step_is_said_in_multiples_of_the_first():
    one, two = pd.Series([2.0, 3, 6], index=[1, 2, 3]), pd.Series([1.0, 1, 1], index=[1, 2, 3])
    assert "Error 3 steps ahead: 1.0 to 3.0 times" in plots.error_by_step({"one": one, "two": two}, ATTRS).alt
    assert (
        "one: error 3 steps ahead 3.0 times one step's (√3 = 1.7)"
        in plots.error_by_step({"two": two, "one": one}, ATTRS, 2.0).alt
    )


def test_clear_wins_and_losses_are_counted_by_baseline():
    index = pd.MultiIndex.from_product([["one", "two"], ["naive", "linear"]])
    table = pd.DataFrame({"skill": [0.5, -0.5, 0.1, -0.1], "seeds low": np.nan, "seeds high": np.nan}, index=index)
    said = plots.skills(table.assign(**{"p Holm": [0.01, 0.04, 0.02, 0.05]})).alt
    assert "Clear wins: 2/2 against naive; clear losses: 1/2 against linear" in said and "ナイーブ予測に 2/2" in said
    assert "4 pairs: no difference can be told from chance" in plots.skills(table.assign(**{"p Holm": 0.05})).alt
    assert "Positive skill: 2/2 against naive" in plots.skills(table).alt
    by_mean = table.assign(
        **{"p Holm": 0.01, "skill of mean": 0.1}
    )  # the test is of the mean forecast, and so is its sign
    said = plots.skills(by_mean).alt
    assert "Clear wins: 2/2 against naive, 2/2 against linear; clear losses: none" in said and "Hollow" not in said


def test_arrows_set_out_from_the_table_before():
    index = pd.MultiIndex.from_product([["one"], ["naive"]])
    table = pd.DataFrame({"skill": [0.5], "seeds low": np.nan, "seeds high": np.nan}, index=index)
    (arrow,) = plots.skills(table, before=table - 3).figure.axes[0].texts
    assert arrow.xy == (0.5, 0) and arrow.xyann == (-1.05, 0)  # from the edge, left of which nothing is drawn


@pytest.mark.parametrize(("mean", "said"), [(0.2, "Wins where"), (-0.2, "It does not win"), (0.05, "Neither")])
def test_what_many_walks_show_depends_on_their_interval(mean, said):
    walks = pd.DataFrame({"skill": mean + np.array([-0.2, 0.1, 0.1]), "outside": [True, False, False]})
    picture = plots.skill_of_walks(walks, (mean - 0.1, mean + 0.1))
    inside, outside = picture.figure.axes[0].get_lines()[:2]
    assert said in picture.alt and inside.get_xdata() == pytest.approx([mean + 0.1] * 2)
    assert outside.get_xdata() == pytest.approx([mean - 0.2])


def test_the_week_drawn_is_the_one_of_median_error():
    actual = pd.Series(0.0, pd.date_range("2014-01-01", periods=40, freq="h"))
    forecast = actual + np.repeat([1, 9, 4, 2], 10)  # three whole weeks of 13 steps
    picture = plots.season_week(
        actual, {"mine": forecast, "naive": forecast * 2, "linear": forecast * 4}, ATTRS, week=13
    )
    assert line(picture.figure.axes[0], "mine").get_xdata()[0] == actual.index[0]
    assert "mine: its error is 50% of that of naive, 25% of that of linear" in picture.alt


def test_skills_of_paths_say_which_intervals_leave_0_out():
    table = pd.DataFrame(
        {"skill": [0.1, 0.2], "seeds low": np.nan, "seeds high": np.nan}, index=["direct", "recursive"]
    )
    table[["skill of mean", "days low", "days high"]] = [[0.1, 0.05, 0.2], [-3, -4, -2]]
    picture = plots.path_skills({"test": table})
    assert "Interval above 0: direct; below 0: recursive" in picture.alt
    both = plots.path_skills({"validation": table.iloc[1:], "test": table.iloc[:1]})
    assert "Left, interval below 0: recursive. Right, interval above 0: direct" in both.alt
    assert "-3.0" in [words.get_text() for words in picture.figure.axes[0].texts]
    around = plots.path_skills({"test": table.iloc[:1].assign(**{"days low": -0.1})})
    assert "All bootstrap intervals contain 0" in around.alt


def test_a_baseline_below_every_training_is_the_finding():
    errors = pd.DataFrame([[5.0, 6], [3, 4]], index=["Open", "all"])
    assert (
        "The naive alone, 2.900, is below every trained model (smallest 3)"
        in plots.rmse_by_columns(errors, {"naive": 2.9, "linear": 9}, ATTRS).alt
    )
    assert "Smallest error: all" in plots.rmse_by_columns(errors, {"naive": 3.1}, ATTRS).alt


def test_distances_between_close_and_open_are_those_of_all_days_given():
    prices = pd.DataFrame({"Open": [1.0, 5, 9], "Close": [3.0, 7, 1]}, index=DATES[:3])
    prices.attrs = ATTRS
    assert "today's open 4, today's close 2" in plots.between_close_and_open(prices).alt


def test_the_gain_of_a_few_days_and_lags_beyond_chance_are_counted():
    gain = pd.Series([1.0, 4, -1, 0], DATES[:4])
    assert "100% of the gain comes from 1 of 4 days" in plots.gain_by_day(gain, gain.nlargest(1)).alt
    table = pd.DataFrame({"Close": [0.1, -0.3], "range": [0.4, 0.5]}, index=[1, 2])
    assert "of 2: Close 1, range 2" in plots.autocorrelations(table, 0.2).alt


def test_windows_at_the_border_are_those_that_a_purge_drops():
    axes = plots.windows_at_border(5, 4, more=2).figure.axes[0]
    inputs, kept, dropped = axes.containers
    assert (len(inputs), len(kept), len(dropped)) == (5, 2, 3)
    assert [bar.get_x() + bar.get_width() for bar in kept] == [-1, 0] and dropped[-1].get_x() == -1


def test_a_day_outside_the_first_interval_is_thick():
    prices = pd.DataFrame({"Low": [1.0, 1, 1], "High": [2.0, 9, 2]}, index=DATES[:3])
    prices.attrs = ATTRS
    forecasts = {"first": np.array([[0.5, 3]] * 3), "second": np.array([[0.5, 10]] * 3)}
    _, inside, outside = plots.range_intervals(prices, forecasts).figure.axes[0].collections
    assert len(inside.get_segments()) == 2 and len(outside.get_segments()) == 1
    assert outside.get_linewidth() > inside.get_linewidth() and "a day outside" in outside.get_label()


def test_live_loss_draws_seldom_and_always_at_the_end(monkeypatch):
    shown = []
    monkeypatch.setattr(training.DisplayHandle, "display", lambda self, content: shown.append(content))
    monkeypatch.setattr(training.DisplayHandle, "update", lambda self, content: shown.append(content))
    live = plots.LiveLoss(epochs=500, naive=0.1, seconds=1000)
    assert all(live(epoch, 1 / epoch) is None for epoch in range(1, 501))  # None: training goes on
    progress = [content for content in shown if not isinstance(content, plots.Picture)]
    assert [(item.done, item.total) for item in progress] == [(1, 500), (500, 500)]
    assert 'value="500" max="500"' in progress[-1]._repr_mimebundle_()["text/html"]
    assert len(live.losses) == 500


def test_live_lag_shows_what_it_measures_after_every_epoch(monkeypatch):
    shown = []
    monkeypatch.setattr(training.DisplayHandle, "display", lambda self, content: shown.append(content))
    monkeypatch.setattr(training.DisplayHandle, "update", lambda self, content: shown.append(content))
    weights = iter([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])
    live = plots.LiveLag(epochs=3, naive=0.1, measure=lambda: next(weights), seconds=1000)
    for epoch in (1, 2, 3):
        live(epoch, 1 / epoch)
    _, right = shown[-1].figure.axes
    last = next(line for line in right.get_lines() if line.get_label() == "t")
    assert last.get_ydata().tolist() == [0.2, 0.4, 0.6]


def test_recent_coverage_is_that_of_the_last_days_and_an_infinite_width_is_drawn_at_the_edge():
    moves = np.tile([1.0, -3.0], 20)  # an interval of 2 to both sides holds every other day
    intervals = {
        "two": (np.full(40, -2.0), np.full(40, 2.0)),
        "all": (np.append(np.full(39, -4.0), -np.inf), np.append(np.full(39, 4.0), np.inf)),
    }
    top, bottom = plots.intervals_over_time(DATES, moves, intervals, 0.8, days=10).figure.axes
    two, every = (line.get_ydata() for line in bottom.get_lines()[:2])
    assert np.isnan(two[:9]).all() and (two[9:] == 0.5).all() and (every[9:] == 1).all()
    assert line(top, "all").get_ydata()[-1] == top.get_ylim()[1] == pytest.approx(4.4)
    assert line(top, "two").get_ydata().tolist() == [2] * 40
    assert "two 50%" in bottom.get_title("left") and "all 100%" in bottom.get_title("left")


def test_paths_count_as_inside_while_every_step_so_far_is():
    residuals = np.array([[0.0, 0, 0], [2, 0, 0], [0, 0, 2], [0, 0, 0]])
    picture = plots.whole_paths(residuals, {"one": [1, 1, 1], "three": [3, 3, 3]}, test=residuals[1:3])
    one, _, three, _, *_ = picture.figure.axes[1].get_lines()
    assert one.get_ydata().tolist() == [1, 0.75, 0.75, 0.5] and three.get_ydata().tolist() == [1, 1, 1, 1]
    assert "one 50% (test 0%), three 100% (test 100%)" in picture.alt


def test_a_pit_histogram_counts_between_quantiles_and_names_the_bars_beyond_chance():
    quantiles = np.tile([-1.0, 0, 1], (400, 1))
    actual = np.repeat([-2.0, -0.5, 0.5, 2], [100, 100, 40, 160])  # a quarter is aimed at in each
    picture = plots.pit(actual, quantiles, (0.25, 0.5, 0.75))
    bars = picture.figure.axes[0].patches[:4]
    assert [bar.get_height() for bar in bars] == pytest.approx([0.25, 0.25, 0.1, 0.4])
    assert "Below the 0.25 quantile 25%, above the 0.75 quantile 40%; 2 bars beyond chance" in picture.alt


def test_coverage_of_each_group_of_days():
    inside = pd.DataFrame({"one": [True, True, False, False], "two": True})
    picture = plots.coverage_by_group(inside, pd.Categorical(["b", "a", "a", "b"], ["b", "a"]), 0.8)
    marks = [line.get_ydata().tolist() for line in picture.figure.axes[0].get_lines() if line.get_linestyle() == "None"]
    assert marks == [[0.5, 0.5], [1, 1]] and "a: one 50%, two 100%" in picture.alt


def test_the_title_of_a_shift_holds_what_the_last_days_cover():
    by_day = pd.DataFrame({"one": [0.8] * 6 + [0.4, 0.6], "two": 0.8}, index=range(1, 9))
    by_size = pd.DataFrame({"one": [0.9, 0.7], "two": 0.8}, index=["calm", "volatile"])
    picture = plots.coverage_after_shift(by_day, by_size, 0.8, shift=4, runs=100, last=2)
    assert "Coverage of the last 2 days: one 50%, two 80%" in picture.alt


def test_the_best_answers_stand_in_the_title_of_the_pinball_loss():
    losses = pd.DataFrame({0.1: [1.0, 2, 3], 0.9: [3.0, 2, 1]}, index=[5, 6, 7])
    assert "5 for q = 0.1, 7 for q = 0.9" in plots.pinball(losses).alt


def test_coverage_says_how_many_windows_do_not_overlap():
    table = pd.DataFrame({"coverage": 0.8, "low": 0.5, "high": 0.9}, index=range(1, 15))
    axes = plots.coverage_of_fans({0.8: table.assign(blocks=100 // table.index)}).figure.axes[0]
    assert [words.get_text() for words in axes.get_xticklabels()] == ["1\n(100)", "5\n(20)", "10\n(10)", "14\n(7)"]


def test_a_method_of_step_10_looks_the_same_in_every_figure_and_in_the_panel_of_the_web_edition():
    first, *others = names = ["LSTM for all", "boosting for all", "ridge for all", "ridge for each"]
    errors = pd.DataFrame({name: [0.1, 0.2, 0.3] for name in names}, [1, 5, 20])
    weeks = errors[others + [first]].set_axis(pd.date_range("2016-11-08", periods=3, freq="7D"))
    times = pd.date_range("2016-12-05", periods=6, freq="30min")
    pictures = [
        plots.errors_by_series(errors, ("RMSE", "RMSE")),
        plots.error_curves({("系列", "series"): errors[others[::-1] + [first]]}, [("か所", "car park")]),
        plots.error_by_week(weeks, first, 1),
        plots.path_of_series(times, np.ones(6), 4, {name: [1, 2] for name in ("naive", *names)}, "Shopping"),
    ]
    drawn = {name: set() for name in names}
    for line in (line for picture in pictures for axes in picture.figure.axes for line in axes.get_lines()):
        for name in names:
            if line.get_label() == "\n".join(WORDS[name]):
                drawn[name].add((line.get_color(), line.get_marker()))
    assert drawn == {name: {(LOOKS[name][0], LOOKS[name][2])} for name in names}
    script = (Path(__file__).parents[2] / "web/static/panels.js").read_text(encoding="utf-8")
    in_panel = re.findall(r"'([\w ]+)': \[([A-Z]+), ", script)
    assert {name: getattr(style, color) for name, color in in_panel} == {
        name: LOOKS[name][0] for name in ("naive", *names)
    }


def test_the_range_of_chance_allows_for_the_scores_that_set_the_margin():
    inside = pd.DataFrame({"CQR": np.ones(93, bool)})
    groups = pd.Categorical(["a"] * 93)
    ends = {}
    for scores in (0, 100):
        (axes,) = plots.coverage_by_group(inside, groups, 0.8, scores=scores).figure.axes
        ends[scores] = [lines.get_segments()[0][0][1] for lines in axes.collections]
    assert ends[0] == pytest.approx([67 / 93, 82 / 93])  # binomial
    random = np.random.default_rng(0)
    held = random.binomial(93, random.beta(81, 20, 100_000)) / 93  # the 81st of 100 scores
    assert ends[100] == pytest.approx(np.quantile(held, [0.025, 0.975]), abs=0.011)


@pytest.mark.parametrize(("share", "scores"), [(0.8, 3), (0.9, 8)])
def test_where_scores_are_too_few_for_a_margin_it_is_infinite_and_holds_every_day(share, scores):
    inside = pd.DataFrame({"CQR": np.ones(50, bool)})
    (axes,) = plots.coverage_by_group(inside, pd.Categorical(["a"] * 50), share, scores=scores).figure.axes
    assert [lines.get_segments()[0][0][1] for lines in axes.collections] == [1, 1]
