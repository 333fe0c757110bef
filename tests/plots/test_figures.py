"""The table of all figures with example data, and what they keep to: nothing told apart by colour alone, room for eight curves.

Glyphs, letters, contrast and themes are in test_contract.py, over the same table.
"""

import importlib
import itertools
import pkgutil
import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.container import BarContainer, ErrorbarContainer

from helpers import plots

HISTORY = pd.DataFrame(
    {"RMSE": [30.0, 2, 1], "MAE": [2.0, 1, 0.5], "R2": [-3, 0.5, 0.9], "loss": [1.0, 0.9, 0.8], "direction": 0.5},
    index=[1, 2, 3],
)
RMSE = pd.Series([2.0, 3, 4], index=[1, 2, 3])
OFFSETS = np.linspace(-3, 3, 61)
PROFILE = pd.Series([3.0, 1, 2, 4], index=range(4))
COVERAGE = pd.DataFrame({"blocks": 7, "coverage": 0.9, "low": 0.8, "high": 0.95}, index=range(1, 15))
PINBALL = pd.DataFrame({q / 10: np.abs(np.arange(9) - q) for q in range(1, 9)})
WAVE = 100 + 10 * np.sin(np.arange(300) / 4)
OVER_TIME = pd.DataFrame({"skill": np.linspace(-0.1, 0.1, 81), "low": -0.2, "high": 0.2}, index=range(20, 101))
TRIALS = pd.DataFrame(
    {
        "worker": ["1", "2", "1", "3", "3"],
        "state": ["COMPLETE", "FAIL", "COMPLETE", "COMPLETE", "RUNNING"],
        "start": [0, 0, 1, 1.5, 3.0],
        "end": [1, 1.4, 2, 3, np.nan],
        "retry of": [np.nan, np.nan, np.nan, 1, np.nan],
        "skill": [0.1, np.nan, -3, 0.3, np.nan],
        "window": [2, 5, 5, 9, 1],
        "lr": [0.01, 0.1, 1, 0.5, 1],
        "target": ["level", "level", "change", "level", "level"],
    }
)
BEST_OF = pd.DataFrame({"validation": np.log(np.arange(1, 21)), "test": 0.1}, index=range(1, 21))
SKILL = {
    "skill": [0.2, -3, np.nan, 0.1],
    "seeds low": [0.1, -4, np.nan, np.nan],
    "seeds high": [0.3, -2, np.nan, np.nan],
}


def made_prices(rows: int = 300, odd: str = "") -> pd.DataFrame:
    """A random walk of daily prices with the attrs of a series; `odd` ends each of its titles and names."""
    steps = np.random.default_rng(0).normal(0, 1, (rows, 2))
    close = 200 + steps[:, 0].cumsum()
    opened = close + steps[:, 1]
    low, high = np.minimum(close, opened) - 1, np.maximum(close, opened) + 1
    columns = {"Open": opened, "High": high, "Low": low, "Close": close}
    prices = pd.DataFrame(columns, index=pd.date_range("2012-01-02", periods=rows, freq="B", name="Date"))
    names = {"title_ja": "会社", "title_en": "Company", "value_ja": "株価", "value_en": "price"}
    names |= {"unit_ja": "ドル", "unit_en": "US dollars"}
    prices.attrs = {key: name + odd for key, name in names.items()} | {"scale": 100.0}
    return prices


def figures(odd: str = "") -> dict[str, Callable[[], plots.Picture]]:
    """Every figure with example data; `odd` ends each name that comes from the data."""
    prices = made_prices(odd=odd)
    attrs, opened = prices.attrs, prices["Open"].to_numpy()
    dates, actual, naive = prices.index[-100:], opened[-100:], opened[-101:-1]
    ahead = np.stack([opened[-62 + step :][:60] for step in range(3)], axis=1)
    paths = actual[[[9], [39]]] + np.arange(14)
    odd_open = prices.rename(columns={"Open": f"Open{odd}"})
    one, other = f"one{odd}", f"other{odd}"
    compared = pd.DataFrame(SKILL, index=pd.MultiIndex.from_product([[one, other], [f"naive{odd}", f"linear{odd}"]]))
    skill_of = {one: ([-0.1, 0, 0.1], [-0.2, -0.3, -0.2]), other: ([0.4], [-0.3])}
    history = {one: HISTORY, other: HISTORY + 0.1}
    intervals = {one: np.tile([195, 205], (50, 1)), other: np.tile([190, 210], (50, 1))}
    fans = {f"95%{odd}": (paths - 9, paths + 9), f"80%{odd}": (paths - 4, paths + 4)}
    walked = {
        one: (np.full(100, -2.0), np.full(100, 2.0)),
        other: (np.append(np.full(99, -3.0), -np.inf), np.linspace(1, 3, 100)),
    }
    by_day = pd.DataFrame({one: np.linspace(0.8, 0.5, 50), other: 0.8}, index=range(1, 51))
    by_size = pd.DataFrame({one: [0.9, 0.8, 0.6], other: 0.8}, index=["calm", "middle", "volatile"])
    curves = {f"run {k}{odd}": np.exp(-np.arange(50) / (k + 3)) for k in range(6)}
    steps = {f"method {k}{odd}": pd.Series(np.arange(1, 15) + k, index=range(1, 15)) for k in range(5)}
    weights = np.outer(np.arange(50) / 50, [0.1, 0.2, 0.9])
    runs = pd.DataFrame({"run 1": [3.0, 2], "run 2": [3.1, 2.2]}, index=[one, other])
    trials = (
        TRIALS.dropna(subset=["skill"]).rename(columns={"lr": f"lr{odd}"}).assign(target=lambda t: t["target"] + odd)
    )
    over_time = {one: OVER_TIME, other: OVER_TIME - 0.1, f"third{odd}": OVER_TIME - 0.2}
    other_series = prices.assign(Close=prices["Close"] * 10)
    other_series.attrs = attrs | {"name": f"unknown{odd}", "column": "Close"}
    prices.attrs = attrs | {"name": "sine", "column": "Open"}
    hours = pd.Series(np.sin(np.arange(600) / 4) * 10, pd.date_range("2014-01-01", periods=600, freq="h"))
    gain = pd.Series(np.sin(np.arange(60)) ** 9, prices.index[-60:])
    walks = pd.DataFrame({"skill": np.linspace(-0.3, 0.1, 9), "outside": np.arange(9) % 2 == 0})
    by_method = pd.DataFrame(SKILL, index=["direct", f"far{odd}", "naive", f"mine{odd}"]).drop(index="naive")
    by_method[["skill of mean", "days low", "days high"]] = [[0.1, 0.05, 0.2], [-3, -4, -2], [0, -0.1, 0.1]]
    fired = {
        one: {("未来 → 過去", "future → past"): True, f"d{odd}": False},
        other: {("未来 → 過去", "future → past"): False, f"d{odd}": False},
    }
    by_step = pd.DataFrame({one: RMSE * 0.9, other: RMSE + 0.2, f"naive{odd}": RMSE, f"far{odd}": RMSE * 9})
    slots = [
        day + pd.Timedelta(minutes=30 * k) for day in pd.date_range("2016-10-04", periods=14) for k in range(16, 34)
    ]
    waves = np.sin(np.arange(14 * 18)[:, None] / 9 + np.arange(6)) / 2 + 0.5
    occupancy = pd.DataFrame(waves, pd.DatetimeIndex(slots), [f"park {k}{odd}" for k in range(6)])
    by_park = pd.DataFrame(
        {one: [0.5, 0.6, 0.9], other: [0.6, 0.5, 1.0], f"third{odd}": 0.7}, index=["a", "b", f"c{odd}"]
    )
    amounts = pd.DataFrame(
        {one: [0.06, 0.05, 0.04], other: [0.05, 0.045, 0.042], f"third{odd}": [0.07, 0.07, 0.05]}, [1, 5, 20]
    )
    moves = pd.DataFrame(np.outer([0.5, 1, 1.5], [1, 2, 3]), columns=[1, 2, 3])
    by_cores = pd.DataFrame(
        {1: [39.5, 45.0], 16: [2.5, 5.5], 256: [0.15, 5.5]}, index=[f"large{odd}", "1 refits a job"]
    )
    cases = {
        one: {other: [0.1, 0.2], f"third{odd}": [0.3, 0.4]},
        other: {other: [-0.1, -0.2], f"third{odd}": [0, -0.1]},
    }
    return {
        "all_columns": lambda: plots.all_columns(
            prices[["Open", "High"]].rename(columns=lambda name: name + odd)[5:].shift(3)
        ),
        "autocorrelation_of_changes": lambda: plots.autocorrelation_of_changes(hours),
        "autocorrelation_of_changes, none": lambda: plots.autocorrelation_of_changes(opened),
        "origins_and_targets": lambda: plots.origins_and_targets(prices.index, opened, [280, 285, 290], 5, attrs),
        "errors_beside_best": lambda: plots.errors_beside_best(
            {one: 2.0, other: 3.0, f"third{odd}": 99.0, "naive": 2.5, "best possible": 1.0}, one, "best possible"
        ),
        "hidden_forecasts": lambda: plots.hidden_forecasts(
            prices.index, opened, np.array([200, 205]), np.full((2, 5), 200.0), attrs
        ),
        "hidden_forecasts, interval": lambda: plots.hidden_forecasts(
            prices.index,
            opened,
            np.array([200, 205]),
            np.full((2, 5), 200.0),
            attrs,
            (np.full((2, 5), 190.0), np.full((2, 5), 210.0)),
        ),
        "movement_by_rows": lambda: plots.movement_by_rows(pd.Series({"1": 0.5, "2": 0.1, "3–8": 0.0, "9–150": 0.0})),
        "movement_by_rows, none": lambda: plots.movement_by_rows(pd.Series({"1": 0.0, "2–150": 0.0})),
        "price_history": lambda: plots.price_history(odd_open, f"Open{odd}", 100),
        "price_history, moves": lambda: plots.price_history(odd_open, f"Open{odd}", 100, moves=True),
        "price_bars": lambda: plots.price_bars(prices.tail(20)),
        "two_scales": lambda: plots.two_scales(prices, "Open"),
        "slopes_of_tanh": lambda: plots.slopes_of_tanh({one: 27575.0, other: 2.7, f"third{odd}": 0.3}),
        "windows_on_series": lambda: plots.windows_on_series(prices["Open"].iloc[:8], 5),
        "split_or_shuffle": lambda: plots.split_or_shuffle(prices.index, opened, 100, attrs=attrs),
        "regressor": lambda: plots.regressor(5, 100),
        "unrolled": lambda: plots.unrolled(3, 5),
        "fading_memory": lambda: plots.fading_memory([0.5, 0.9, 0.99], 30),
        "lstm_cell": plots.lstm_cell,
        "slopes_by_age": lambda: plots.slopes_by_age({one: RMSE, other: RMSE / 1e6}),
        "loss_curves": lambda: plots.loss_curves(curves, naive=0.01),
        "loss_curves, ratio": lambda: plots.loss_curves({one: pd.Series([3.0, 0.9], index=[500, 8000])}, ratio=True),
        "metrics_by_epoch": lambda: plots.metrics_by_epoch(history, attrs),
        "metrics_by_epoch, best": lambda: plots.metrics_by_epoch(history, attrs, ("loss", "RMSE", "direction"), 2),
        "forecast_lines": lambda: plots.forecast_lines(dates, actual, naive + 0.3, attrs, lag=1),
        "forecast_lines, two": lambda: plots.forecast_lines(dates, actual, naive + 0.3, attrs),
        "lag_bars": lambda: plots.lag_bars(PROFILE, attrs),
        "lags_beside": lambda: plots.lags_beside({one: PROFILE, other: PROFILE[::-1].reset_index(drop=True)}),
        "playground": lambda: plots.Playground(dates, actual, attrs, PROFILE)(
            naive, naive + 1, (naive - 2, naive + 2), PROFILE
        ),
        "changes": lambda: plots.changes(actual - naive, (actual - naive) * 0.1, attrs),
        "error_of_guesses": lambda: plots.error_of_guesses(OFFSETS, OFFSETS**2 + 1, attrs),
        "side_by_side": lambda: plots.side_by_side([other_series, other_series, prices, prices]),
        "skills": lambda: plots.skills(compared),
        "skills, moved": lambda: plots.skills(
            compared.assign(**{"p Holm": [0.01, 0.2, np.nan, 0.3]}), before=compared / 2
        ),
        "skill_of_walks": lambda: plots.skill_of_walks(walks, (-0.2, 0.1)),
        "shares_of_naive": lambda: plots.shares_of_naive({one: 0.9, other: 0.3}),
        "season_week": lambda: plots.season_week(hours, {one: hours * 0.9, other: 0 * hours}, attrs),
        "skill_by_part": lambda: plots.skill_by_part({one: (0.1, -0.1, 0.2), other: (0.2, 0.1, 0.3)}),
        "loss_and_weights": lambda: plots.loss_and_weights(np.exp(-np.arange(50) / 9), 0.02, weights),
        "window_weights": lambda: plots.window_weights(
            {one: np.outer([1, 2], [0.1, -0.2, 1]), other: np.ones((9, 25))}
        ),
        "paths_from_origins": lambda: plots.paths_from_origins(
            dates[-60:], actual[-60:], [10, 40], {one: paths, other: paths + 1}, attrs, fans
        ),
        "error_by_step": lambda: plots.error_by_step(steps, attrs, law=2.0),
        "error_by_step, runs": lambda: plots.error_by_step({one: [RMSE, RMSE + 1], other: [RMSE + 2]}, attrs),
        "coverage_of_fans": lambda: plots.coverage_of_fans({0.8: COVERAGE, 0.95: COVERAGE}),
        "whole_paths": lambda: plots.whole_paths(ahead - 200, {one: [1, 2, 3], other: [3, 4, 5]}, ahead[:9] - 200),
        "pit": lambda: plots.pit(actual, np.tile(np.sort(opened)[30::30], (100, 1)), np.arange(1, 10) / 10),
        "coverage_after_shift": lambda: plots.coverage_after_shift(by_day, by_size, 0.8, 25, 400, 10),
        "intervals_over_time": lambda: plots.intervals_over_time(dates, actual - naive, walked, 0.8, 20),
        "coverage_by_group": lambda: plots.coverage_by_group(
            pd.DataFrame({one: opened > 200, other: opened > 199}), np.repeat(["calm", "middle", "volatile"], 100), 0.8
        ),
        "closed_loop": lambda: plots.closed_loop(WAVE, {one: [WAVE * 0.9, WAVE], other: [np.append(WAVE, 0)]}, attrs),
        "windows_at_border": lambda: plots.windows_at_border(30, 14),
        "three_methods": lambda: plots.three_methods(30, 14),
        "path_skills": lambda: plots.path_skills({one: by_method, other: by_method.iloc[:1]}),
        "between_close_and_open": lambda: plots.between_close_and_open(prices),
        "autocorrelations": lambda: plots.autocorrelations(pd.DataFrame({one: RMSE / 9, other: -RMSE / 9}), 0.3),
        "gain_by_day": lambda: plots.gain_by_day(gain, gain.nlargest(3)),
        "rmse_by_columns": lambda: plots.rmse_by_columns(runs, {one: 2.0, other: 3.0}, attrs),
        "pinball": lambda: plots.pinball(PINBALL[[0.1, 0.5, 0.8]]),
        "range_intervals": lambda: plots.range_intervals(prices.tail(50), intervals),
        "recorded": lambda: plots.recorded(occupancy.mask(occupancy > 0.9), 0.12),
        "recorded, none missing": lambda: plots.recorded(occupancy, 0.12),
        "usual_weeks": lambda: plots.usual_weeks(occupancy, 126),
        "errors_by_series": lambda: plots.errors_by_series(by_park, ("RMSSE", "RMSSE")),
        "error_curves": lambda: plots.error_curves(
            {("系列の数", "series"): amounts, ("週の数", "weeks"): amounts[::-1].set_axis([2, 3, 4])},
            [("か所", "car park"), ("週間", "week")],
        ),
        "error_by_week": lambda: plots.error_by_week(
            amounts.set_axis(pd.to_datetime(["2016-11-08", "2016-11-29", "2016-12-06"])), other, 2
        ),
        "path_of_series": lambda: plots.path_of_series(
            occupancy.index[:24], occupancy.iloc[:24, 0], 20, {one: [0.1] * 4, other: [0.2] * 4}, f"park{odd}"
        ),
        "apparent_and_hold_out": lambda: plots.apparent_and_hold_out(skill_of),
        "moved_forecasts": lambda: plots.moved_forecasts(dates, {one: (actual, actual), other: (actual, naive)}, attrs),
        "scores_by_case": lambda: plots.scores_by_case({("見かけ", "apparent"): cases, other: cases}),
        "tripwire_grid": lambda: plots.tripwire_grid(fired),
        "skill_over_time": lambda: plots.skill_over_time(
            dates, over_time, (f"前日の始値{odd}", f"the previous open{odd}")
        ),
        "skill_over_time, one far below": lambda: plots.skill_over_time(
            dates, over_time | {f"fourth{odd}": OVER_TIME - 2}, ("前日の始値", "the previous open")
        ),
        "refits_in_time": lambda: plots.refits_in_time(prices.index, 100, 20, 150),
        "search_overview": lambda: plots.search_overview(trials, {"target": 0.5, f"lr{odd}": 0.3, "window": 0.2}),
        "workers_and_storage": plots.workers_and_storage,
        "hours_by_cores": lambda: plots.hours_by_cores(by_cores),
        "time_of_steps": lambda: plots.time_of_steps(
            pd.DataFrame({f"cpu{odd}": [1e-3, 2e-3], "gpu": [2e-3, 2e-3]}, [10, 1000])
        ),
        "workers_timeline": lambda: plots.workers_timeline(TRIALS),
        "best_of_many": lambda: plots.best_of_many({f"settings{odd}": BEST_OF, ("シード", "seeds"): BEST_OF}),
        "parts_in_time": lambda: plots.parts_in_time(prices["Close"], {"validation": 40, "test": 60}, attrs),
        "seen_and_new": lambda: plots.seen_and_new({one: (opened, opened + 9), other: (opened, opened)}),
        "skill_by_step": lambda: plots.skill_by_step(
            {("検証", "validation"): by_step, other: by_step * 2},
            f"naive{odd}",
            {other: pd.Series([0.01, 0.9, 0.2], RMSE.index)},
        ),
        "skill_by_step, no star": lambda: plots.skill_by_step(
            {("検証", "validation"): by_step, other: by_step}, f"naive{odd}", {other: pd.Series(0.5, RMSE.index)}
        ),
        "changes_by_step": lambda: plots.changes_by_step({one: moves, other: moves * 2, f"third{odd}": -moves}),
        "forecasts_ahead": lambda: plots.forecasts_ahead(prices.index[-62:], ahead, ahead + 1, attrs),
    }


FIGURES = figures()
NAMES = [f"curve {k}" for k in range(8)]
EIGHT_PATHS = {name: np.full((2, 14), 100.0 + k) for k, name in enumerate(NAMES)}
EIGHT = {
    "fading_memory": lambda: plots.fading_memory(np.linspace(0.1, 0.9, 8), 30),
    "slopes_by_age": lambda: plots.slopes_by_age(dict.fromkeys(NAMES, RMSE)),
    "loss_curves": lambda: plots.loss_curves(dict.fromkeys(NAMES, [3, 2, 1])),
    "metrics_by_epoch": lambda: plots.metrics_by_epoch(dict.fromkeys(NAMES, HISTORY), made_prices().attrs),
    "skills": lambda: plots.skills(
        pd.DataFrame(
            {"skill": 0.1, "seeds low": 0, "seeds high": 0.2}, index=pd.MultiIndex.from_product([["a", "b"], NAMES])
        )
    ),
    "loss_and_weights": lambda: plots.loss_and_weights([3, 2], 1, np.ones((2, 8))),
    "paths_from_origins": lambda: plots.paths_from_origins(
        made_prices(60).index, np.ones(60), [10, 40], EIGHT_PATHS, made_prices().attrs
    ),
    "fans": lambda: plots.paths_from_origins(
        made_prices(60).index,
        np.ones(60),
        [10, 40],
        {},
        made_prices().attrs,
        {name: (low, low + 1) for name, low in EIGHT_PATHS.items()},
    ),
    "error_by_step": lambda: plots.error_by_step(dict.fromkeys(NAMES, [RMSE, RMSE + 1]), made_prices().attrs),
    "intervals_over_time": lambda: plots.intervals_over_time(
        made_prices(100).index, np.ones(100), dict.fromkeys(NAMES, (np.full(100, -2.0), np.full(100, 2.0))), 0.8
    ),
    "closed_loop": lambda: plots.closed_loop(WAVE, dict.fromkeys(NAMES, [WAVE]), made_prices().attrs),
    "rmse_by_columns": lambda: plots.rmse_by_columns(
        pd.DataFrame({"run": np.ones(9)}), dict.fromkeys(NAMES, 2.0), made_prices().attrs
    ),
    "pinball": lambda: plots.pinball(PINBALL),
    "range_intervals": lambda: plots.range_intervals(
        made_prices(50), dict.fromkeys(NAMES, np.tile([190, 210], (50, 1)))
    ),
    "skill_over_time": lambda: plots.skill_over_time(
        made_prices(100).index, dict.fromkeys(NAMES, OVER_TIME), ("前日", "yesterday")
    ),
}
KANA_OR_KANJI = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def words(figure):
    """All text drawn in a figure."""
    found = [item.get_text() for item in figure.findobj(lambda artist: hasattr(artist, "get_text"))]
    return [text for text in found if text.strip()]


def look(drawn):
    """What tells a curve, a band or a set of points from the next one without colour."""
    if isinstance(drawn, ErrorbarContainer):
        return drawn[0].get_marker()
    if isinstance(drawn, BarContainer):
        return drawn[0].get_hatch()
    if isinstance(drawn, PolyCollection):
        return drawn.get_hatch(), drawn.get_alpha() or drawn.get_facecolor()[0][3]  # how dark a shade of one colour
    if isinstance(drawn, LineCollection):
        return float(drawn.get_linewidth()[0])
    return drawn.get_linestyle(), str(drawn.get_marker()), drawn.get_linewidth()


def test_every_figure_of_the_package_has_its_face_and_its_test():
    modules = [importlib.import_module(found.name) for found in pkgutil.iter_modules(plots.__path__, "helpers.plots.")]
    drawn = {
        name
        for module in modules
        for name, function in vars(module).items()
        if hasattr(function, "__wrapped__") and function.__module__ == module.__name__
    } - {"room"}  # a context, not a figure
    assert drawn == {name for name, value in vars(plots).items() if hasattr(value, "__wrapped__")} - {"room"}
    assert drawn | {"playground"} == {name.partition(",")[0] for name in FIGURES}  # an object, drawn when it is called


@pytest.mark.parametrize("name", FIGURES)
def test_lines_differ_in_more_than_colour(name):
    for axes in FIGURES[name]().figure.axes:
        named = [line for line in axes.get_lines() if not line.get_label().startswith("_")]
        for one, other in itertools.combinations(named, 2):
            assert look(one) != look(other), (one.get_label(), other.get_label())


@pytest.mark.parametrize("name", FIGURES)
def test_bars_and_bands_of_different_colour_differ_in_hatch_or_width_too(name):
    for axes in FIGURES[name]().figure.axes:
        rows = [bars for bars in axes.containers if isinstance(bars, BarContainer)]
        bars = {(bar.get_facecolor(), bar.get_hatch()) for row in rows for bar in row}
        for (one, hatch), (other, another) in itertools.combinations(bars, 2):
            assert one == other or hatch != another
        named = [drawn for drawn in axes.collections if not drawn.get_label().startswith("_")]
        for one, other in itertools.combinations(named, 2):
            assert look(one) != look(other), (one.get_label(), other.get_label())


@pytest.mark.parametrize("name", EIGHT)
def test_a_seventh_and_an_eighth_curve_are_drawn_and_told_apart(name):
    figure = EIGHT[name]().figure
    figure.draw_without_rendering()
    handles, labels = max((axes.get_legend_handles_labels() for axes in figure.axes), key=lambda named: len(named[0]))
    wanted = {"fading_memory": "f = ", "loss_and_weights": "t", "pinball": "q = "}.get(name, "curve")
    named = zip(handles, labels, strict=True)
    looks = [look(drawn) for drawn, label in named if label.startswith(wanted) and "95%" not in label]
    assert len(looks) == 8 == len(set(looks)), looks


@pytest.mark.parametrize("name", FIGURES)
def test_a_dollar_in_a_name_from_the_data_is_a_dollar(name):
    odd = r"$\nosuch$"  # read as mathematics, this is an error when it is drawn
    picture = figures(odd)[name]()
    picture.figure.draw_without_rendering()
    static = "autocorrelation_of_changes movement_by_rows pit refits_in_time workers_and_storage skill_of_walks gain_by_day windows_at_border three_methods unrolled regressor fading_memory lstm_cell coverage_of_fans pinball workers_timeline"
    shown = any(odd in text for text in words(picture.figure))
    assert shown or name.split(",")[0] in [*static.split(), "loss_and_weights"]


@pytest.mark.parametrize(
    "name",
    "price_history price_bars two_scales windows_on_series split_or_shuffle forecast_lines lag_bars changes error_of_guesses paths_from_origins "
    "error_by_step closed_loop side_by_side season_week rmse_by_columns range_intervals between_close_and_open parts_in_time "
    "forecasts_ahead".split(),
)
def test_axes_of_prices_carry_the_unit(name, monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")
    figure = figures()[name]().figure
    labels = [words for axes in figure.axes for words in (axes.get_xlabel(), axes.get_ylabel(), axes.get_title("left"))]
    assert any("[US dollars" in label for label in [*labels, figure.get_supylabel()]), labels
