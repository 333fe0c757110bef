"""Every figure, in every language: all glyphs there, alternative text, nothing told apart by colour alone."""

import itertools
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers import plots
from helpers.data import load_prices
from helpers.horizons import coverage_by_step
from helpers.language import text
from helpers.validation import lag_profile

PRICES = load_prices("ibm").tail(300)
ACTUAL = PRICES["Open"].to_numpy()[-100:]
NAIVE = PRICES["Open"].to_numpy()[-101:-1]
HISTORY = pd.DataFrame({"RMSE": [3.0, 2, 1], "MAE": [2.0, 1, 0.5], "R2": [-3, 0.5, 0.9]}, index=[1, 2, 3])
CURVES = HISTORY.assign(loss=[1.0, 0.9, 0.8], direction=[0.5, 0.52, 0.55])
AHEAD = np.stack([PRICES["Open"].to_numpy()[-62 + step :][:60] for step in range(3)], axis=1)
RMSE = pd.Series([2.0, 3, 4], index=[1, 2, 3])
OFFSETS = np.linspace(-3, 3, 61)
COMPARED = pd.DataFrame(
    {"skill": [0.2, -3, np.nan, 0.1], "low": [0.1, -4, np.nan, np.nan], "high": [0.3, -2, np.nan, np.nan]},
    index=pd.MultiIndex.from_tuples([("one", "naive"), ("one", "linear"), ("two", "naive"), ("two", "linear")]),
)
PATHS = ACTUAL[[[9], [39]]] + np.arange(14)
WAVE = 100 + 10 * np.sin(np.arange(300) / 4)
SKILLS = pd.DataFrame({"pretended": [-0.1, 0.4], "hold-out": [-0.2, -0.3]}, index=["none", "shuffle"])
OVER_TIME = pd.DataFrame({"skill": np.linspace(-0.1, 0.1, 81), "low": -0.2, "high": 0.2}, index=range(20, 101))
TRIALS = pd.DataFrame(
    {"worker": ["1", "2", "1", "3", "3"], "state": ["COMPLETE", "FAIL", "COMPLETE", "COMPLETE", "RUNNING"], "start": [0, 0, 1, 1.5, 3.0],
     "end": [1, 1.4, 2, 3, np.nan], "retry of": [np.nan, np.nan, np.nan, 1, np.nan], "skill": [0.1, np.nan, -3, 0.3, np.nan],
     "window": [2, 5, 5, 9, 1], "lr": [0.01, 0.1, 1, 0.5, 1], "target": ["level", "level", "change", "level", "level"]}
)  # fmt: skip
BEST_OF = pd.DataFrame({"validation": np.log(np.arange(1, 21)), "test": 0.1}, index=range(1, 21))
FIGURES = {
    "price_history": lambda: plots.price_history(PRICES, "Open", 100),
    "price_bars": lambda: plots.price_bars(PRICES.tail(20)),
    "two_scales": lambda: plots.two_scales(PRICES, "Open"),
    "windows_on_series": lambda: plots.windows_on_series([100, 102, 105, 103, 106, 108, 107, 109], 5),
    "split_or_shuffle": lambda: plots.split_or_shuffle(PRICES.index, PRICES["Open"], 100),
    "unrolled": lambda: plots.unrolled(3, 5),
    "fading_memory": lambda: plots.fading_memory([0.5, 0.9, 0.99], 30),
    "loss_curves": lambda: plots.loss_curves(
        {f"run {k}": np.exp(-np.arange(50) / (k + 3)) for k in range(6)}, naive=0.01
    ),
    "metrics_by_epoch": lambda: plots.metrics_by_epoch(
        {"training": HISTORY, "validation": HISTORY + 0.1}, PRICES.attrs
    ),
    "forecast_lines": lambda: plots.forecast_lines(PRICES.index[-100:], ACTUAL, NAIVE + 0.3, PRICES.attrs),
    "lag_bars": lambda: plots.lag_bars(lag_profile(ACTUAL, NAIVE), PRICES.attrs),
    "playground": lambda: plots.playground(
        PRICES.index[-100:], ACTUAL, NAIVE, NAIVE + 1, (NAIVE - 2, NAIVE + 2), lag_profile(ACTUAL, NAIVE), PRICES.attrs
    ),
    "changes": lambda: plots.changes(ACTUAL - NAIVE, (ACTUAL - NAIVE) * 0.1, PRICES.attrs),
    "pretended_and_held_out": lambda: plots.pretended_and_held_out(SKILLS, SKILLS.abs() / 5),
    "tripwire_grid": lambda: plots.tripwire_grid(
        pd.DataFrame([[True, False], [False, False]], index=["shuffle", "none"], columns=["a_b_c", "d_e"])
    ),
    "three_parts": lambda: plots.three_parts(PRICES["Close"], {"train": 200, "validation": 40, "test": 60}, PRICES.attrs),
    "forecasts_ahead": lambda: plots.forecasts_ahead(PRICES.index[-62:], AHEAD, AHEAD + 1, PRICES.attrs),
    "errors_by_horizon": lambda: plots.errors_by_horizon(
        {"LSTM": [RMSE, RMSE + 1], "naive": [RMSE], "drift": [RMSE + 2]}, PRICES.attrs
    ),
    "training_curves": lambda: plots.training_curves({"training": CURVES, "validation": CURVES + 0.1}, 2, PRICES.attrs),
    "error_of_guesses": lambda: plots.error_of_guesses(OFFSETS, OFFSETS**2 + 1, PRICES.attrs),
    "skills": lambda: plots.skills(COMPARED),
    "loss_and_weights": lambda: plots.loss_and_weights(np.exp(-np.arange(50) / 9), 0.02, np.outer(np.arange(50) / 50, [0.1, 0.2, 0.9])),
    "window_weights": lambda: plots.window_weights({"a": [0.1, -0.2, 1], "b": np.ones(25)}, {"a": [0, 1, 9], "b": np.ones(25)}),
    "between_close_and_open": lambda: plots.between_close_and_open(PRICES),
    "rmse_by_columns": lambda: plots.rmse_by_columns(
        pd.DataFrame({"run 1": [3.0, 2], "run 2": [3.1, 2.2]}, index=["Open", "Open + Close"]), {"one": 2.0, "other": 3.0}, PRICES.attrs
    ),
    "pinball": lambda: plots.pinball([0.1, 0.5, 0.9]),
    "brackets": lambda: plots.brackets(
        PRICES.tail(50), {name: np.tile([low, high], (50, 1)) for name, low, high in (("LSTM", 190, 205), ("empirical", 185, 210))}
    ),
    "paths_from_origins": lambda: plots.paths_from_origins(
        PRICES.index[-60:], ACTUAL[-60:], [10, 40], {"direct": PATHS, "recursive": PATHS + 1}, PRICES.attrs,
        {"95%": (PATHS - 9, PATHS + 9), "80%": (PATHS - 4, PATHS + 4)},
    ),
    "error_by_step": lambda: plots.error_by_step(
        {f"method {k}": pd.Series(np.arange(1, 15) + k, index=range(1, 15)) for k in range(5)}, PRICES.attrs, law=2.0
    ),
    "coverage_of_fans": lambda: plots.coverage_of_fans(
        {level: coverage_by_step(np.zeros((60, 14)), np.full((60, 14), -1), np.ones((60, 14))) for level in (0.8, 0.95)}
    ),
    "closed_loop": lambda: plots.closed_loop(WAVE, {"10 epochs": WAVE * 0.9, "40 epochs": WAVE}, PRICES.attrs),
    "skill_over_time": lambda: plots.skill_over_time(
        PRICES.index[-100:], {name: OVER_TIME - k / 9 for k, name in enumerate(["LSTM", "linear", "drift"])}, ("前日の始値", "the previous open")
    ),
    "search_overview": lambda: plots.search_overview(TRIALS.dropna(subset=["skill"]), {"target": 0.5, "lr": 0.3, "window": 0.2}),
    "workers_timeline": lambda: plots.workers_timeline(TRIALS),
    "best_of_many": lambda: plots.best_of_many({text("設定", "settings"): BEST_OF, text("種", "seeds"): BEST_OF}),
}
KANA_OR_KANJI = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def words(figure):
    """All text drawn in a figure."""
    found = [item.get_text() for item in figure.findobj(lambda artist: hasattr(artist, "get_text"))]
    return [text for text in found if text.strip()]


def test_every_figure_of_the_module_is_tested():
    drawn = {name for name, function in vars(plots).items() if getattr(function, "__wrapped__", None)}
    assert drawn == FIGURES.keys()


@pytest.mark.parametrize("language", ["ja", "en", "both"])
@pytest.mark.parametrize("name", FIGURES)
def test_figure(name, language, monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", language)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a glyph that the font lacks is a warning in matplotlib
        picture = FIGURES[name]()
        png = picture.png()
    assert Image.open(__import__("io").BytesIO(png)).width == 2 * plots.WIDTH
    text = "".join(words(picture.figure))
    if language == "en":
        assert not KANA_OR_KANJI.search(text), text
    else:
        assert KANA_OR_KANJI.search(text)
    ja, _, en = picture.alt.partition(" / ")
    assert KANA_OR_KANJI.search(ja) and en and not KANA_OR_KANJI.search(en)


@pytest.mark.parametrize("name", FIGURES)
def test_lines_differ_in_more_than_colour(name):
    for axes in FIGURES[name]().figure.axes:
        named = [line for line in axes.get_lines() if not line.get_label().startswith("_")]
        for one, other in itertools.combinations(named, 2):
            looks = [(line.get_linestyle(), str(line.get_marker()), line.get_linewidth()) for line in (one, other)]
            assert looks[0] != looks[1], (one.get_label(), other.get_label())


@pytest.mark.parametrize(
    "name", ["price_history", "price_bars", "two_scales", "forecast_lines", "lag_bars", "changes", "error_of_guesses",
     "paths_from_origins", "error_by_step", "closed_loop",
     "three_parts", "forecasts_ahead", "errors_by_horizon"],
)  # fmt: skip
def test_axes_of_prices_carry_the_unit(name, monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")
    labels = [label for axes in FIGURES[name]().figure.axes for label in (axes.get_xlabel(), axes.get_ylabel())]
    assert any("[US dollars" in label for label in labels), labels


def test_a_column_that_is_not_there_is_named_in_both_languages():
    with pytest.raises(ValueError, match="Open という列はありません(.|\n)*no column Open; this series has Close"):
        plots.price_history(load_prices("usdjpy"), "Open", 100)


def test_the_page_gets_html_with_alternative_text_and_a_png():
    bundle = FIGURES["lag_bars"]()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/png", "text/plain"}
    assert re.search(r'<img alt="[^"]*ラグ[^"]*lag[^"]*" width="760"', bundle["text/html"])


def test_the_smallest_lag_is_named():
    assert any("1 back" in text for text in words(FIGURES["lag_bars"]().figure))


def test_no_figure_stays_open_and_no_setting_leaks():
    import matplotlib
    import matplotlib.pyplot as plt

    before = dict(matplotlib.rcParams)
    for draw in FIGURES.values():
        draw().png()
    assert plt.get_fignums() == [] and dict(matplotlib.rcParams) == before


def test_live_loss_draws_seldom_and_always_at_the_end(monkeypatch):
    shown = []
    monkeypatch.setattr(plots.DisplayHandle, "display", lambda self, content: shown.append(content))
    monkeypatch.setattr(plots.DisplayHandle, "update", lambda self, content: shown.append(content))
    live = plots.LiveLoss(epochs=500, naive=0.1, seconds=1000)
    assert all(live(epoch, 1 / epoch) is None for epoch in range(1, 501))  # None: training goes on
    progress = [content for content in shown if not isinstance(content, plots.Picture)]
    assert [(item.done, item.total) for item in progress] == [(1, 500), (500, 500)]
    assert 'value="500" max="500"' in progress[-1]._repr_mimebundle_()["text/html"]
    assert len(live.losses) == 500
