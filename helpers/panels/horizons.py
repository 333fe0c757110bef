"""Step 08: the fan chart of many steps ahead, by hand."""

from collections.abc import Generator
from pathlib import Path

from helpers import plots
from helpers.baselines import naive_forecast, seasonal_naive_forecast
from helpers.horizons import METHODS, PathForecaster, rmse_by_step
from helpers.language import text
from helpers.panels.engine import Job, Panel, SeriesMenu, choice, looked, slider, train
from helpers.uncertainty import fan
from helpers.windows import make_windows, purge, split_last


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
        row = window + origin
        around = slice(max(0, row - 60), row + horizon + 10)
        shown, path = span.iloc[around], y[origin : origin + 1]
        fans = {f"{level:.0%}": fan(residuals, path, level) for level in (0.95, 0.8)}
        values, start = shown[prices.attrs["column"]], [row - around.start]
        chart = plots.paths_from_origins(shown.index, values, start, {method: path}, prices.attrs, fans)
        forecasts = {method: y, text("ナイーブ", "naive"): naive_forecast(x_test, horizon)}
        period = prices.attrs["season"]
        if period and period <= window:
            forecasts[text("季節ナイーブ", "seasonal naive")] = seasonal_naive_forecast(x_test, horizon, period)
        errors = {name: rmse_by_step(t_test, forecast) for name, forecast in forecasts.items()}
        law = errors[text("ナイーブ", "naive")].iloc[0]
        pictures = chart.to_html(fast=True) + plots.error_by_step(errors, prices.attrs, law).to_html(fast=True)
        return pictures + looked(prices.attrs["name"])

    def _train(self, series: str, method: str, window: int, horizon: int, seed: int) -> Generator[float, None, tuple]:
        prices = self.series[series]
        windows = make_windows(prices[prices.attrs["column"]], window, horizon)
        x, x_test, t, t_test = split_last(*windows, self.test)
        x, x_calibration, t, t_calibration = split_last(*purge(x, t, horizon), self.calibration)
        forecaster = PathForecaster(*purge(x, t, horizon), method, seed=seed, hidden_size=self.hidden_size)
        yield from train(forecaster, self.epochs)
        residuals = 100 * (t_calibration / forecaster(x_calibration) - 1)  # percent: the fan widens with the level
        return prices, x_test, t_test, forecaster(x_test), residuals


def horizon_explorer(
    series: str | Path = "nikkei225",
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
    words = {"method": ("方法", "method"), "origin": ("予測の時点", "origin")}
    return Panel(controls, _Horizons(menu, test, calibration, epochs, hidden_size).work, words)
