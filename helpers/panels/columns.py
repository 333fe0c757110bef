"""Step 09: the columns that a model sees, and the interval of a day's range, by hand."""

import ipywidgets as widgets
import numpy as np
import pandas as pd
import torch

from helpers import plots
from helpers.columns import relative_to_close
from helpers.data import select_columns
from helpers.panels.engine import MAX_ROWS, Job, Panel, box, looked, slider, table_html, train
from helpers.training import Forecaster, metrics
from helpers.uncertainty import QuantileForecaster, empirical_quantiles, interval_scores
from helpers.validation import scorecard
from helpers.windows import make_windows, split_last

KEPT = 8  # runs in the picture


def columns_explorer(
    prices: pd.DataFrame, *, window: int = 5, hidden_size: int = 16, epochs: int = 12, seed: int = 0, test: int = 100
) -> Panel:
    """Tick the columns that the model sees beside the open; it is compared with the previous open and the previous close."""
    prices = select_columns(prices, ["Open", "High", "Low", "Close", "Volume"]).tail(MAX_ROWS)
    more = list(prices.columns[1:])
    actual = prices["Open"].to_numpy()[-test:]
    baselines = {f"previous {name.lower()}": prices[name].to_numpy()[-test - 1 : -1] for name in ("Open", "Close")}
    rmse = {name: metrics(actual, baseline)["RMSE"] for name, baseline in baselines.items()}
    runs: dict[str, float] = {}

    def work(window: int, hidden_size: int, seed: int, **ticked: bool) -> Job:
        columns = ["Open", *(name for name in more if ticked[name])]
        x_train, x_test, t_train, _ = split_last(*make_windows(prices[columns], window), test)
        forecaster = Forecaster(x_train, t_train, seed=seed, hidden_size=hidden_size)
        yield from train(forecaster, epochs)
        y = forecaster(x_test).numpy().ravel()
        name = f"{' '.join(column[0] for column in columns)} ({window}, {hidden_size}, {seed})"  # O H L C V (5, 16, 0)
        runs.pop(name, None)
        runs[name] = metrics(actual, y)["RMSE"]
        for old in list(runs)[:-KEPT]:
            del runs[old]
        picture = plots.rmse_by_columns(pd.DataFrame({"RMSE": runs})[::-1], rmse, prices.attrs)
        train_prices = prices["Open"].iloc[:-test]
        cards = {name: scorecard(actual, y, baseline, train_prices) for name, baseline in baselines.items()}
        shown = pd.DataFrame(cards).T[["RMSE", "skill", "best lag", "Diebold-Mariano p"]]
        return (
            picture.to_html(fast=True)
            + table_html(shown.assign(**{"baseline RMSE": rmse}))
            + looked(prices.attrs["name"])
        )

    controls = {name: box(True) for name in more}
    controls |= {
        "window": slider(window, 1, 30),
        "hidden_size": slider(hidden_size, 1, 64),
        "seed": slider(seed, 0, 20),
    }
    return Panel(controls, work, {name: (name, name) for name in more})


def interval_explorer(
    prices: pd.DataFrame, *, window: int = 10, hidden_size: int = 16, epochs: int = 50, seed: int = 0, test: int = 100
) -> Panel:
    """Level, window, epochs and seed: the intervals of the test days, and their scores beside the empirical quantiles."""
    prices = prices.tail(MAX_ROWS)
    relative = relative_to_close(prices)
    close = prices["Close"].to_numpy()[-test - 1 : -1, None]

    def work(level: float, window: int, hidden_size: int, epochs: int, seed: int) -> Job:
        levels = (1 - level, level)
        x, _ = make_windows(relative, window)
        t = torch.tensor(relative[["Low", "High"]].to_numpy()[window:], dtype=torch.float32)
        x_train, x_test, t_train, t_test = split_last(x, t, test)
        model = QuantileForecaster(x_train, t_train, levels, seed=seed, hidden_size=hidden_size)
        yield from train(model, epochs)
        forecasts = {
            "LSTM": model(x_test).numpy(),
            "empirical": np.tile(empirical_quantiles(t_train, levels), (test, 1)),
        }
        in_prices = {name: close * np.exp(y / 100) for name, y in forecasts.items()}
        picture = plots.range_intervals(prices.iloc[-test:], in_prices)
        scores = pd.DataFrame({name: interval_scores(t_test, y, levels) for name, y in forecasts.items()}).T
        return picture.to_html(fast=True) + table_html(scores) + looked(prices.attrs["name"])

    levels = widgets.FloatSlider(0.9, min=0.55, max=0.95, step=0.05, continuous_update=False, readout_format=".2f")
    controls = {
        "level": levels,
        "window": slider(window, 1, 30),
        "hidden_size": slider(hidden_size, 1, 32),
        "epochs": slider(epochs, 10, 300, 10),
        "seed": slider(seed, 0, 20),
    }
    return Panel(controls, work, {"level": ("分位点", "level")})
