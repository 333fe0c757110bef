"""Step 09: intervals of the next day's low and high, by hand."""

import ipywidgets as widgets
import numpy as np
import pandas as pd
import torch

from helpers import plots
from helpers.columns import recent_range, relative_to_close, simple_intervals
from helpers.panels.engine import MAX_ROWS, Job, Panel, looked, rates, slider, table_html, train
from helpers.uncertainty import QuantileForecaster, interval_scores
from helpers.windows import make_windows, split_last


def interval_explorer(
    prices: pd.DataFrame,
    *,
    half_life: float = 1.0,
    window: int = 10,
    hidden_size: int = 16,
    epochs: int = 10,
    seed: int = 0,
    test: int = 100,
) -> Panel:
    """Level, half-life, window, epochs and seed: intervals of the test days and their scores.

    The LSTM starts from the exponentially weighted range and learns its factors; `simple_intervals` stand beside it.
    """
    prices = prices.tail(MAX_ROWS)
    relative = relative_to_close(prices)
    close = prices["Close"].to_numpy()[-test - 1 : -1, None]

    def work(level: float, half_life: float, window: int, epochs: int, seed: int) -> Job:
        levels, unit = (1 - level, level), recent_range(relative, half_life)
        x, _ = make_windows(relative, window)
        low_high = relative[["Low", "High"]]
        t = torch.tensor(low_high.div(unit, axis=0).to_numpy()[window:], dtype=torch.float32)
        x_train, x_test, t_train, _ = split_last(x, t, test)
        model = QuantileForecaster(x_train, t_train, levels, seed=seed, hidden_size=hidden_size)
        yield from train(model, epochs)
        learned = model(x_test).numpy() * unit.to_numpy()[-test:, None]
        forecasts = {"LSTM on EWM": learned} | simple_intervals(relative, test, levels, half_life)
        drawn = {name: close * np.exp(forecasts[name] / 100) for name in ("LSTM on EWM", "empirical", "EWM range")}
        picture = plots.range_intervals(prices.iloc[-test:], drawn)
        scores = pd.DataFrame({name: interval_scores(low_high[-test:], y, levels) for name, y in forecasts.items()}).T
        return picture.to_html(fast=True) + table_html(scores) + looked(prices.attrs["name"])

    levels = widgets.FloatSlider(0.9, min=0.55, max=0.95, step=0.05, continuous_update=False, readout_format=".2f")
    controls = {
        "level": levels,
        "half_life": rates(float(half_life), 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0),
        "window": slider(window, 1, 30),
        "epochs": slider(epochs, 5, 200, 5),
        "seed": slider(seed, 0, 20),
    }
    return Panel(controls, work, {"level": ("分位点", "level"), "half_life": ("半減期（日）", "half-life (days)")})
