"""Sliders, menus and boxes of the panels, the series they offer, and training a piece at a time."""

from collections.abc import Generator
from pathlib import Path

import ipywidgets as widgets
import pandas as pd

from helpers.data import load_prices, menu
from helpers.language import named
from helpers.training import Forecaster
from helpers.windows import look, looks_told

MAX_ROWS = 1500  # of a longer series the last rows are enough to play with, and keep the answer within a second


def slider(value: int, low: int, high: int, step: int = 1) -> widgets.IntSlider:
    """A whole number; acts when it is let go."""
    return widgets.IntSlider(value, low, high, step, continuous_update=False)


def choice(options: list[str], value: str) -> widgets.Dropdown:
    """One of several, by their names in code; the menu shows each in words, which `Panel` keeps in the language in force."""
    return widgets.Dropdown(options=[(named(option), option) for option in options], value=value)


def box(ticked: bool) -> widgets.Checkbox:
    """Yes or no."""
    return widgets.Checkbox(ticked, indent=False)


def rates(value: float, *others: float) -> widgets.SelectionSlider:
    """One of several numbers, far apart or not."""
    options = [(f"{rate:g}", rate) for rate in sorted({value, *others})]
    return widgets.SelectionSlider(options=options, value=value, continuous_update=False)


def looked(name: str) -> tuple[str, str]:
    """Count a look at the test part of a series, and say which one it is, in Japanese and in English."""
    look(name)
    return looks_told(name)


class SeriesMenu:
    """The series that a panel offers, `first` in front; each is loaded once, and its last `rows` rows are kept.

    first, fallback: as in `load_prices`, which raises here and now where the first one cannot be had. A DataFrame of the
    reader's is offered under the name in its attrs, or as "DataFrame".
    """

    def __init__(self, first: str | Path | pd.DataFrame, fallback: str | None, rows: int = MAX_ROWS):
        self.fallback, self.rows, self.loaded, self.own = fallback, rows, {}, ""
        if isinstance(first, pd.DataFrame):
            frame = load_prices(first).tail(rows)
            first = self.own = frame.attrs["name"]
            self.loaded[self.own] = frame
        self.names = menu(str(first))
        self[self.names[0]]

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self.loaded:
            self.loaded[name] = load_prices(name, self.fallback).tail(self.rows)
        return self.loaded[name]

    def control(self) -> widgets.Dropdown:
        """The menu itself."""
        return choice(self.names, self.names[0])

    def code(self, name: str) -> str:
        """The expression that loads the same rows; the reader's DataFrame is called `table` there."""
        if name == self.own:
            return f"load_prices(table).tail({self.rows})"
        return f"load_prices({name!r}, {self.fallback!r}).tail({self.rows})"


def train(forecaster: Forecaster, epochs: int) -> Generator[float, None, None]:
    """Train epoch by epoch, and say after each which share is done."""
    for epoch in range(epochs):
        forecaster.train(1)
        yield (epoch + 1) / epochs
