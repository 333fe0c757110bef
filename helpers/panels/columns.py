"""Step 09: intervals of the next day's low and high, by hand."""

import ipywidgets as widgets
import numpy as np
import pandas as pd
import torch

from helpers import plots
from helpers.columns import recent_range, relative_to_close, simple_intervals
from helpers.language import text, words
from helpers.language.tables import table_html
from helpers.panels.controls import MAX_ROWS, looked, rates, slider, train
from helpers.panels.engine import Job, Panel
from helpers.panels.page import Shown, source
from helpers.uncertainty import QuantileForecaster, interval_scores
from helpers.windows import make_windows, split_last

PLACE = 600, 410  # of the picture, in CSS pixels


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
        simple = simple_intervals(relative, test, levels, half_life)
        fit = t_train.isfinite().all(dim=1)  # days after a halt, on which nothing moved, are in no unit
        model = QuantileForecaster(x_train[fit], t_train[fit], levels, seed=seed, hidden_size=hidden_size)
        yield from train(model, epochs)
        learned = model(x_test).numpy() * unit.to_numpy()[-test:, None]
        forecasts = {"LSTM on EWM": learned} | simple
        drawn = {name: close * np.exp(forecasts[name] / 100) for name in ("LSTM on EWM", "empirical", "EWM range")}
        scores = pd.DataFrame({name: interval_scores(low_high[-test:], y, levels) for name, y in forecasts.items()}).T
        told, own, best = looked(prices.attrs["name"]), scores.loc["LSTM on EWM"], scores["pinball"].idxmin()

        def show() -> Shown:
            with plots.room(*PLACE):
                picture = plots.range_intervals(prices.iloc[-test:], drawn)
            (best_ja, best_en), (own_ja, own_en) = words(best), words("LSTM on EWM")
            said = [
                (
                    f"「{own_ja}」の区間に、安値も高値も入ったのは {own['coverage']:.0%} の日です。",
                    f"The interval of “{own_en}” holds both low and high on {own['coverage']:.0%} of the days.",
                ),
                (
                    f"ピンボール損失は {own['pinball']:.4g} で、4 つのうち最も小さいのは「{best_ja}」です。",
                    f"Its pinball loss is {own['pinball']:.4g}; of the four, “{best_en}” has the smallest.",
                ),
            ]
            heading = text("4 つの区間の成績", "the scores of the four intervals")
            return Shown(said, [picture], {heading: table_html(scores)}, own.to_dict(), told)

        return show

    def code(level: float, half_life: float, window: int, epochs: int, seed: int) -> str:
        return source(f"""
            import torch
            from helpers.columns import recent_range, relative_to_close
            from helpers.uncertainty import QuantileForecaster, interval_scores
            from helpers.windows import look, make_windows, split_last

            # prices: as given to the panel
            relative = relative_to_close(prices.tail({MAX_ROWS}))
            levels, unit = (1 - {level}, {level}), recent_range(relative, {half_life})
            x, _ = make_windows(relative, {window})
            low_high = relative[["Low", "High"]]
            t = torch.tensor(low_high.div(unit, axis=0).to_numpy()[{window}:], dtype=torch.float32)
            x_train, x_test, t_train, _ = split_last(x, t, {test})
            fit = t_train.isfinite().all(dim=1)  # days after a halt, on which nothing moved, are in no unit
            model = QuantileForecaster(x_train[fit], t_train[fit], levels, seed={seed}, hidden_size={hidden_size})
            y = model.train({epochs})(x_test).numpy() * unit.to_numpy()[-{test}:, None]
            look(prices.attrs["name"])  # at the test part, once more
            scores = interval_scores(low_high[-{test}:], y, levels)
            scores
        """)

    levels = widgets.FloatSlider(0.9, min=0.55, max=0.95, step=0.05, continuous_update=False, readout_format=".2f")
    controls = {
        "level": levels,
        "half_life": rates(float(half_life), 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0),
        "window": slider(window, 1, 30),
        "epochs": slider(epochs, 5, 200, 5),
        "seed": slider(seed, 0, 20),
    }
    labels = {"level": ("分位点", "quantile"), "half_life": ("半減期（日）", "half-life (days)")}
    return Panel(controls, work, labels, code=code, lines=3)
