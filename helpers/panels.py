"""The panels of steps 07 on, each on the engine of `helpers.live`: what a step teaches, under the reader's hands."""

from collections.abc import Generator
from functools import partial
from pathlib import Path

import ipywidgets as widgets
import numpy as np
import pandas as pd
import torch

from helpers import plots
from helpers.backtest import TARGETS, backtest_table, refit_linear, refit_lstm, simple_forecasts, skill_over_time, walk, walk_forward
from helpers.columns import QuantileForecaster, bracket_scores, empirical_quantiles, pick, relative_to_close
from helpers.data import SERIES, load_prices
from helpers.horizons import METHODS, PathForecaster, conformal_fan, naive_path, purge, rmse_by_step, seasonal_path
from helpers.language import text
from helpers.leakage import LEAKS, laboratory_suite, report, scores
from helpers.live import KEPT, MAX_ROWS, Job, Panel, dropdown, slider, table_html
from helpers.training import Forecaster, metrics
from helpers.validation import scorecard
from helpers.windows import make_windows, split_last


# Step 07: many steps


class _Horizons:
    """The job behind `horizon_explorer`: trains for new settings, and only draws when nothing but the origin has moved."""

    def __init__(self, fallback: str | None, test: int, calibration: int, epochs: int, hidden_size: int):
        self.fallback, self.test, self.calibration, self.epochs, self.hidden_size = fallback, test, calibration, epochs, hidden_size
        self.trained: tuple = (None, None)  # the last settings but the origin, and what came of them

    def work(self, origin: int, **settings: object) -> Job:
        if self.trained[0] != settings:
            self.trained = settings, (yield from self._train(**settings))
        prices, x_test, t_test, y, residuals = self.trained[1]
        span = prices.iloc[-(self.test + t_test.shape[1] - 1 + x_test.shape[1]) :]  # from the first window's first row on
        row = x_test.shape[1] + origin
        around = slice(max(0, row - 60), row + t_test.shape[1] + 10)
        shown, y_one = span.iloc[around], y[origin : origin + 1]
        fans = {f"{level:.0%}": conformal_fan(residuals, y_one, level) for level in (0.95, 0.8)}
        fan = plots.paths_from_origins(shown.index, shown[prices.attrs["column"]], [row - around.start], {settings["method"]: y_one},
                                       prices.attrs, fans)  # fmt: skip
        errors = {settings["method"]: rmse_by_step(t_test, y), text("ナイーブ", "naive"): rmse_by_step(t_test, naive_path(x_test, y.shape[1]))}
        season = prices.attrs["season"]
        if season and season <= x_test.shape[1]:
            errors[text("季節ナイーブ", "seasonal naive")] = rmse_by_step(t_test, seasonal_path(x_test, y.shape[1], season))
        naive = errors[text("ナイーブ", "naive")]
        return fan.to_html(fast=True) + plots.error_by_step(errors, prices.attrs, naive.iloc[0]).to_html(fast=True)

    def _train(self, series: str, method: str, window: int, horizon: int, seed: int) -> Generator[float, None, tuple]:
        prices = load_prices(series, self.fallback if series in SERIES and SERIES[series].symbol else None).tail(MAX_ROWS)
        x, x_test, t, t_test = split_last(*make_windows(prices[prices.attrs["column"]], window, horizon), self.test)
        x_fit, x_calibration, t_fit, t_calibration = split_last(*purge(x, t, horizon), self.calibration)
        forecaster = PathForecaster(*purge(x_fit, t_fit, horizon), method, seed=seed, hidden_size=self.hidden_size)
        for epoch in range(self.epochs):
            forecaster.train(1)
            yield (epoch + 1) / self.epochs
        return prices, x_test, t_test, forecaster(x_test), t_calibration - forecaster(x_calibration)


def horizon_explorer(series: str | Path = "nikkei225", fallback: str | None = "ibm", *, window: int = 30, horizon: int = 14,
                     hidden_size: int = 16, epochs: int = 8, seed: int = 0, test: int = 100, calibration: int = 200) -> Panel:
    """A fan from a chosen origin and the error by step ahead, for any series, method, window and horizon.

    series: a name or the path of a CSV, as in `load_prices`; window, horizon and seed are where the controls start. The
    calibration part, the last windows before the test, gives the fan its width. Raises as `load_prices` does.
    """
    names = [str(series), *(name for name, about in SERIES.items() if not about.symbol and name != series)]
    controls = {
        "series": (dropdown(names, names[0]), "系列", "series"),
        "method": (dropdown(list(METHODS), "direct"), "方法", "method"),
        "window": (slider(window, 5, 60), "窓の長さ", "window"),
        "horizon": (slider(horizon, 1, 28), "ホライズン", "horizon"),
        "seed": (slider(seed, 0, 20), "乱数の種", "seed"),
        "origin": (slider(test // 2, 0, test - 1), "予測の時点", "origin"),
    }
    return Panel(controls, _Horizons(fallback, test, calibration, epochs, hidden_size).work)


# Step 08: several columns, and a range


def columns_explorer(prices: pd.DataFrame, *, window: int = 5, hidden_size: int = 16, epochs: int = 12, seed: int = 0,
                     test: int = 100) -> Panel:
    """Tick the columns that the model sees beside the open; it is compared with the previous open and the previous close."""
    prices = pick(prices, ["Open", "High", "Low", "Close", "Volume"]).tail(MAX_ROWS)
    more = list(prices.columns[1:])
    actual = prices["Open"].to_numpy()[-test:]
    rivals = {f"previous {name.lower()}": prices[name].to_numpy()[-test - 1 : -1] for name in ("Open", "Close")}
    rmse = {name: metrics(actual, rival)["RMSE"] for name, rival in rivals.items()}
    runs: dict[str, float] = {}

    def work(window: int, hidden_size: int, seed: int, **ticked: bool) -> Job:
        columns = ["Open", *(name for name in more if ticked[name])]
        x_train, x_test, t_train, _ = split_last(*make_windows(prices[columns], window), test)
        forecaster = Forecaster(x_train, t_train, seed=seed, hidden_size=hidden_size)
        for epoch in range(epochs):
            forecaster.train(1)
            yield (epoch + 1) / epochs
        y = forecaster(x_test).numpy().ravel()
        name = f"{' '.join(column[0] for column in columns)} ({window}, {hidden_size}, {seed})"  # O H L C V (5, 16, 0)
        runs.pop(name, None)
        runs[name] = metrics(actual, y)["RMSE"]
        for old in list(runs)[:-KEPT]:
            del runs[old]
        picture = plots.rmse_by_columns(pd.DataFrame({"RMSE": runs})[::-1], rmse, prices.attrs)
        cards = {name: scorecard(actual, y, rival, prices["Open"].iloc[:-test]) for name, rival in rivals.items()}
        kept = pd.DataFrame(cards).T[["RMSE", "skill", "best lag", "Diebold-Mariano p"]]
        return picture.to_html(fast=True) + table_html(kept.assign(**{"rival RMSE": rmse}))

    controls = {name: (widgets.Checkbox(True, indent=False), name, name) for name in more}
    controls |= {
        "window": (slider(window, 1, 30), "窓の長さ", "window"),
        "hidden_size": (slider(hidden_size, 1, 64), "隠れ状態", "hidden size"),
        "seed": (slider(seed, 0, 20), "乱数の種", "seed"),
    }
    return Panel(controls, work)


def bracket_explorer(prices: pd.DataFrame, *, window: int = 10, hidden_size: int = 16, epochs: int = 50, seed: int = 0,
                     test: int = 100) -> Panel:
    """The level of the bracket, window, epochs and seed: the bracket of the test days, and its scores beside the empirical one."""
    prices = prices.tail(MAX_ROWS)
    relative = relative_to_close(prices)
    close = prices["Close"].to_numpy()[-test - 1 : -1, None]

    def work(level: float, window: int, hidden_size: int, epochs: int, seed: int) -> Job:
        levels = (1 - level, level)
        x, _ = make_windows(relative, window)
        t = torch.tensor(relative[["Low", "High"]].to_numpy()[window:], dtype=torch.float32)
        x_train, x_test, t_train, t_test = split_last(x, t, test)
        model = QuantileForecaster(x_train, t_train, levels, seed=seed, hidden_size=hidden_size)
        for epoch in range(epochs):
            model.train(1)
            yield (epoch + 1) / epochs
        forecasts = {"LSTM": model(x_test).numpy(), "empirical": np.tile(empirical_quantiles(t_train, levels), (test, 1))}
        picture = plots.brackets(prices.iloc[-test:], {name: close * np.exp(y / 100) for name, y in forecasts.items()})
        scores = pd.DataFrame({name: bracket_scores(t_test, y, levels) for name, y in forecasts.items()}).T
        return picture.to_html(fast=True) + table_html(scores)

    levels = widgets.FloatSlider(0.9, min=0.55, max=0.95, step=0.05, continuous_update=False, readout_format=".2f")
    controls = {
        "level": (levels, "分位点", "level"),
        "window": (slider(window, 1, 30), "窓の長さ", "window"),
        "hidden_size": (slider(hidden_size, 1, 32), "隠れ状態", "hidden size"),
        "epochs": (slider(epochs, 10, 300, 10), "エポック数", "epochs"),
        "seed": (slider(seed, 0, 20), "乱数の種", "seed"),
    }
    return Panel(controls, work)


# Step 09: leakage


def leakage_laboratory(series: str | Path = "nikkei225", fallback: str | None = "ibm", *, rows: int = 600, hold_out: int = 100,
                       test: int = 100, seed: int = 0) -> Panel:
    """A box for each leak: tick it, and the pipeline is trained anew, scored on test and hold-out, and run over the tripwires.

    series, fallback: as in `load_prices`; of the column to forecast the last `rows` values are used.
    """
    names = [str(series), *(name for name in ("random_walk", "ibm", "usdjpy", "electricity") if name != series)]
    loaded: dict[str, np.ndarray] = {}

    def values(name: str) -> np.ndarray:
        if name not in loaded:
            prices = load_prices(name, fallback if name in SERIES and SERIES[name].symbol else None)
            loaded[name] = prices[prices.attrs["column"]].tail(rows).to_numpy()
        return loaded[name]

    def work(series: str, seed: int, **ticked: bool) -> Job:
        leaks = [leak for leak, on in ticked.items() if on]
        compared = {text("漏れなし", "no leak"): [], text("今の設定", "as ticked"): leaks}
        skills = {}
        for name, planted in compared.items():
            skills[name] = scores(values(series), hold_out, test, planted, seed=seed)
            yield 0.1 * len(skills)
        findings = []
        for finding in laboratory_suite(values(series)[:-hold_out], test, leaks, seed=seed):
            findings.append(finding)
            yield 0.2 + 0.2 * len(findings)
        picture = plots.pretended_and_held_out(pd.DataFrame(skills).T)
        table = report(findings).rename(columns={"state": text("状態", "state"), "seen": text("見たこと", "seen")})
        lines = table.to_html(border=0, classes="words").replace("\\n", "<br>")  # as pandas writes a new line in a cell
        return picture.to_html(fast=True) + lines

    controls = {
        "series": (dropdown(names, names[0]), "系列", "series"),
        "seed": (slider(seed, 0, 20), "乱数の種", "seed"),
    } | {leak: (widgets.Checkbox(False, indent=False), *words) for leak, words in LEAKS.items()}
    return Panel(controls, work)


# Step 10: backtest


def backtest_explorer(series: str | Path = "nikkei225", fallback: str | None = "ibm", *, test: int = 100, every: int = 10, rows: int = 500,
                      window: int = 5, hidden_size: int = 16, first: int = 12, epochs: int = 2, seed: int = 0) -> Panel:
    """Walk forward under the reader's hands: refit every k days on all of the past or on the last `rows` rows, and see the skill grow.

    series, fallback: as in `load_prices`. The model sees Open and Close where the series has both. The other arguments are
    where the controls start; first and epochs as in `refit_lstm`.
    """
    names = [str(series), *(name for name, about in SERIES.items() if not about.symbol and name != series)]
    loaded: dict[str, pd.DataFrame] = {}

    def prices_of(name: str) -> pd.DataFrame:
        if name not in loaded:
            loaded[name] = load_prices(name, fallback if name in SERIES and SERIES[name].symbol else None).tail(MAX_ROWS)
        return loaded[name]

    def work(series: str, every: int, sliding: bool, rows: int, window: int, hidden_size: int, target: str, seed: int) -> Job:
        prices = prices_of(series)
        column = prices.attrs["column"]
        values = prices[[column, "Close"] if column != "Close" and "Close" in prices else [column]].to_numpy()
        how = {"window": window, "rows": rows if sliding else None, "every": every}
        refit = partial(refit_lstm, first=first, epochs=epochs, hidden_size=hidden_size, target=target, seed=seed)
        forecasts = []
        for y in walk(values, test, refit, **how):
            forecasts.append(y)
            yield len(forecasts) / test
        known = simple_forecasts(prices, column, test)
        shown = {"LSTM": np.array(forecasts), text("線形", "linear"): walk_forward(values, test, refit_linear, **how)}
        shown |= {name: y for name, y in known.items() if name != "naive"}
        actual = values[-test:, 0]
        curves = {name: skill_over_time(actual, y, known["naive"]) for name, y in shown.items()}
        picture = plots.skill_over_time(prices.index[-test:], curves, ("ナイーブ予測", "the naive forecast"))
        return picture.to_html(fast=True) + table_html(backtest_table(actual, shown, {"naive": known["naive"]}))

    controls = {
        "series": (dropdown(names, names[0]), "系列", "series"),
        "every": (slider(every, 1, 50), "学習の間隔（日）", "days per refit"),
        "sliding": (widgets.Checkbox(False, indent=False), "スライド窓", "sliding window"),
        "rows": (slider(rows, 100, 1000, 50), "スライド窓の行数", "its rows"),
        "window": (slider(window, 1, 30), "窓の長さ", "window"),
        "hidden_size": (slider(hidden_size, 1, 64), "隠れ状態", "hidden size"),
        "target": (dropdown(list(TARGETS), "level"), "予測するもの", "target"),
        "seed": (slider(seed, 0, 20), "乱数の種", "seed"),
    }
    return Panel(controls, work)


# Step 11: the project


def project_explorer(prices: pd.DataFrame, column: str, *, window: int = 30, horizon: int = 14, hidden_size: int = 16,
                     lr: float = 3e-3, epochs: int = 20, seed: int = 0) -> Panel:
    """The settings of step 11's training: metrics by epoch, and the error by steps ahead on the validation part.

    Raises ValueError when the table has no such column.
    """
    from helpers.project import Trainer, by_horizon  # torchmetrics takes a second: only this panel waits for it

    values = plots._values(prices, column)

    def work(window: int, horizon: int, hidden_size: int, lr: float, epochs: int) -> Job:
        trainer = Trainer(values, window=window, horizon=horizon, hidden_size=hidden_size, lr=lr, seed=seed)
        for row in trainer.epochs(epochs):
            yield row["epoch"] / epochs
        rows = pd.DataFrame(trainer.history).set_index("epoch")
        names = {"train": text("学習", "training"), "validation": text("検証", "validation")}
        curves = {name: rows.filter(like=f"/{part}").rename(columns=lambda tag: tag.split("/")[0]) for part, name in names.items()}
        table = by_horizon(*trainer.compare("validation"))
        steps = sorted({1, max(1, horizon // 2), horizon})
        best = trainer.stopping.best_epoch
        said = text(f"{trainer.epoch} エポック、重みはエポック {best} のもの。検証部分の RMSE:",
                    f"{trainer.epoch} epochs, weights of epoch {best}. RMSE on the validation part:")
        shown = table.loc[steps].to_html(float_format=lambda number: f"{number:.4g}", border=0)
        return plots.training_curves(curves, best, prices.attrs).to_html(fast=True) + f"<p>{said}</p>" + shown

    rates = sorted({1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, lr})
    controls = {
        "window": (slider(window, 5, 60, 5), "窓の長さ", "window"),
        "horizon": (slider(horizon, 1, 30), "ホライズン", "horizon"),
        "hidden_size": (slider(hidden_size, 1, 64), "隠れ状態", "hidden size"),
        "lr": (widgets.SelectionSlider(options=[(f"{rate:g}", rate) for rate in rates], value=lr, continuous_update=False),
               "学習率", "learning rate"),
        "epochs": (slider(epochs, 1, 60), "エポック数", "epochs"),
    }  # fmt: skip
    return Panel(controls, work)
