"""Step 08: the fan chart of many steps ahead, by hand."""

import math
from collections.abc import Generator
from pathlib import Path

import pandas as pd

from helpers import plots
from helpers.baselines import naive_forecast, seasonal_naive_forecast
from helpers.horizons import METHODS, PathForecaster, rmse_by_step
from helpers.language import text
from helpers.language.tables import table_html
from helpers.panels.controls import SeriesMenu, choice, looked, slider, train
from helpers.panels.engine import Job, Panel
from helpers.panels.page import Shown, Words, source, times
from helpers.uncertainty import fan
from helpers.windows import make_windows, purge, split_last

PLACES = (600, 240), (600, 200)  # of the two pictures, in CSS pixels
LEVELS = 0.95, 0.8


def fan_in_words(date: pd.Timestamp, horizon: int, width: float, ratio: float) -> list[Words]:
    """What is said above a fan. width: of the 80% interval at the last step, in percent of the forecast. ratio: of the
    last step's RMSE to that of the naive forecast, infinite where that one makes no error."""
    made = f"{date:%Y-%m-%d}" if date == date.normalize() else f"{date:%Y-%m-%d %H:%M}"
    ahead = f"{horizon} step{'s' * (horizon > 1)} ahead"
    ja, en = times(ratio)
    return [
        (
            f"{made} までを見た {horizon} 期先の 80% 区間は、幅が予測の {width:.1f}% です。",
            f"Made on {made}: the 80% interval {ahead} spans {width:.1f}% of the forecast.",
        ),
        (
            f"{horizon} 期先の RMSE は、テスト部分全体でナイーブ予測の {ja}です。",
            f"Over the whole test part, the RMSE {ahead} is {en} that of the naive forecast.",
        ),
    ]


class _Horizons:
    """The job behind `horizon_explorer`: trains for new settings, and only draws when nothing but the origin has moved."""

    def __init__(self, series: SeriesMenu, test: int, calibration: int, epochs: int, hidden_size: int):
        self.series, self.test, self.calibration = series, test, calibration
        self.epochs, self.hidden_size = epochs, hidden_size
        self.trained: tuple = (None, None)  # the last settings but the origin, and what came of them

    def work(self, origin: int, **settings: object) -> Job:
        if self.trained[0] != settings:
            self.trained = settings, (yield from self._train(**settings))
        prices, x_test, t_test, y, residuals = self.trained[1]
        method, window, horizon = settings["method"], x_test.shape[1], y.shape[1]
        span = prices.iloc[-(self.test + horizon - 1 + window) :]  # from the first window's first row on
        row, path = window + origin, y[origin : origin + 1]
        around = slice(max(0, row - 60), row + horizon + 10)
        shown, start = span.iloc[around], row - around.start
        fans = {f"{level:.0%}": fan(residuals, path, level) for level in LEVELS}
        forecasts = {method: y, "naive": naive_forecast(x_test, horizon)}
        period = prices.attrs["season"]
        if period and period <= window:
            forecasts["seasonal naive"] = seasonal_naive_forecast(x_test, horizon, period)
        errors = {name: rmse_by_step(t_test, forecast) for name, forecast in forecasts.items()}
        told, own, naive = looked(prices.attrs["name"]), *list(errors.values())[:2]
        widths = {level: 100 * (high - low)[0, -1] / path[0, -1].item() for level, (low, high) in fans.items()}

        def show() -> Shown:
            values, date = shown[prices.attrs["column"]], span.index[row - 1]
            with plots.room(*PLACES[0]):
                chart = plots.paths_from_origins(shown.index, values, [start], {method: path}, prices.attrs, fans)
            with plots.room(*PLACES[1]):
                growth = plots.error_by_step(errors, prices.attrs, naive.iloc[0])
            ratio = own.iloc[-1] / naive.iloc[-1] if naive.iloc[-1] else math.inf
            said = fan_in_words(date, horizon, widths["80%"], ratio)
            scores = {
                text("RMSE、1 期先", "RMSE, 1 step"): own.iloc[0],
                text("RMSE、最後", "RMSE, last step"): own.iloc[-1],
                text("80% 区間の幅 [%]", "80% interval width [%]"): widths["80%"],
            }
            table = table_html(pd.DataFrame(errors).T)
            return Shown(
                said, [chart, growth], {text("何期先かごとの RMSE", "RMSE by steps ahead"): table}, scores, told
            )

        return show

    def _train(self, series: str, method: str, window: int, horizon: int, seed: int) -> Generator[float, None, tuple]:
        prices = self.series[series]
        windows = make_windows(prices[prices.attrs["column"]], window, horizon)
        x, x_test, t, t_test = split_last(*windows, self.test)
        x, x_calibration, t, t_calibration = split_last(*purge(x, t, horizon), self.calibration)
        forecaster = PathForecaster(*purge(x, t, horizon), method, seed=seed, hidden_size=self.hidden_size)
        yield from train(forecaster, self.epochs)
        residuals = 100 * (t_calibration / forecaster(x_calibration) - 1)  # percent: the fan widens with the level
        return prices, x_test, t_test, forecaster(x_test), residuals

    def code(self, series: str, method: str, window: int, horizon: int, seed: int, origin: int) -> str:
        return source(f"""
            from helpers.data import load_prices
            from helpers.horizons import PathForecaster, rmse_by_step
            from helpers.uncertainty import fan
            from helpers.windows import make_windows, purge, seal, split_last

            prices = {self.series.code(series)}
            x, t = make_windows(prices[prices.attrs["column"]], {window}, {horizon})
            x, x_test, t, t_test = split_last(x, t, {self.test})
            x, x_calibration, t, t_calibration = split_last(*purge(x, t, {horizon}), {self.calibration})
            model = PathForecaster(*purge(x, t, {horizon}), {method!r}, seed={seed}, hidden_size={self.hidden_size})
            model.train({self.epochs})
            residuals = 100 * (t_calibration / model(x_calibration) - 1)  # percent
            x_test, t_test = seal(x_test, t_test, name=prices.attrs["name"]).open()
            y = model(x_test)
            low, high = fan(residuals, y[{origin} : {origin + 1}], 0.8)  # of the origin in the picture
            errors = rmse_by_step(t_test, y)
            errors
        """)


def horizon_explorer(
    series: str | Path | pd.DataFrame = "nikkei225",
    fallback: str | None = "ibm",
    *,
    window: int = 30,
    horizon: int = 14,
    hidden_size: int = 16,
    epochs: int = 8,
    seed: int = 0,
    test: int = 100,
    calibration: int = 200,
) -> Panel:
    """A fan chart from a chosen origin and the error by step ahead, for any series, method, window and horizon.

    series: a name or the path of a CSV, as in `load_prices`; window, horizon and seed are where the controls start. The
    calibration part, the last windows before the test, gives the fan its width. Raises as `load_prices` does.
    """
    menu = SeriesMenu(series, fallback)
    controls = {
        "series": menu.control(),
        "method": choice(list(METHODS), "direct"),
        "window": slider(window, 5, 60),
        "horizon": slider(horizon, 1, 28),
        "seed": slider(seed, 0, 20),
        "origin": slider(test // 2, 0, test - 1),
    }
    words = {"method": ("方法", "method"), "origin": ("起点", "origin")}
    job = _Horizons(menu, test, calibration, epochs, hidden_size)
    return Panel(controls, job.work, words, code=job.code, lines=3)
