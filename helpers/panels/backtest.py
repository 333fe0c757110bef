"""Step 12: walk forward by hand."""

from functools import partial
from pathlib import Path

import numpy as np

from helpers import plots
from helpers.backtest import backtest_table, refit_linear, refit_lstm, skill_over_time, walk, walk_forward
from helpers.baselines import last_known
from helpers.language import text
from helpers.panels.engine import Job, Panel, SeriesMenu, box, choice, looked, slider, table_html

BASELINES = {"previous close": ("前日の終値", "the previous close"), "naive": ("ナイーブ予測", "the naive forecast")}


def backtest_explorer(
    series: str | Path = "nikkei225",
    fallback: str | None = "ibm",
    *,
    test: int = 100,
    refit_every: int = 10,
    train_size: int = 500,
    window: int = 5,
    hidden_size: int = 16,
    initial_epochs: int = 12,
    epochs: int = 2,
    seed: int = 0,
) -> Panel:
    """Refit every k days on all of the past or on the last `train_size` rows, and see the skill grow.

    series, fallback: as in `load_prices`. The model sees Open and Close where the series has both. The other arguments
    are where the controls start; initial_epochs and epochs as in `refit_lstm`.
    """
    menu = SeriesMenu(series, fallback)

    def work(series: str, refit_every: int, sliding: bool, train_size: int, window: int, **model: object) -> Job:
        prices = menu[series]
        column = prices.attrs["column"]
        columns = [column, "Close"] if column != "Close" and "Close" in prices else [column]
        values = prices[columns].to_numpy()
        how = {"window": window, "train_size": train_size if sliding else None, "refit_every": refit_every}
        refit = partial(refit_lstm, initial_epochs=initial_epochs, epochs=epochs, **model)
        forecasts = []
        for y in walk(values, test, refit, **how):
            forecasts.append(y)
            yield len(forecasts) / test
        known = last_known(prices, column, test)
        best = (
            "previous close" if "previous close" in known else "naive"
        )  # needs no training, and knows what the model knows
        shown = {"LSTM": np.array(forecasts), text("線形", "linear"): walk_forward(values, test, refit_linear, **how)}
        actual = values[-test:, 0]
        curves = {name: skill_over_time(actual, y, known[best]) for name, y in shown.items()}
        picture = plots.skill_over_time(prices.index[-test:], curves, BASELINES[best])
        table = backtest_table(actual, shown | known, known[best])
        return picture.to_html(fast=True) + table_html(table) + looked(prices.attrs["name"])

    controls = {
        "series": menu.control(),
        "refit_every": slider(refit_every, 1, 50),
        "sliding": box(False),
        "train_size": slider(train_size, 100, 1000, 50),
        "window": slider(window, 1, 30),
        "hidden_size": slider(hidden_size, 1, 64),
        "target": choice(["level", "change"], "level"),
        "seed": slider(seed, 0, 20),
    }
    words = {
        "refit_every": ("学習の間隔（日）", "days per refit"),
        "sliding": ("スライド窓", "sliding window"),
        "train_size": ("スライド窓の行数", "its rows"),
    }
    return Panel(controls, work, words)
