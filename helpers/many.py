"""Step 10: one model for many series, with covariates that are known ahead.

A table holds one series a column, on a regular grid of rows, NaN where nothing was recorded. `Windows` are cut from all of its
columns at once and know which one each comes from. Every forecast is made by a function from windows to (n, horizon), in the
unit of the table; those that learn forecast how far the series departs from `base`.

More than 200 lines of code: the grid, the windows, five methods to compare, the model, and how they are compared.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from statsmodels.tsa.api import SimpleExpSmoothing
from torch import Tensor, nn

from helpers.data.series import BUNDLED
from helpers.language import BadInput
from helpers.training import Standardizer, check_loss
from helpers.validation import diebold_mariano, holm, skill_interval

Forecast = Callable[["Windows"], Tensor]  # windows -> (n, horizon)
OPENS, CLOSES = "8h", "16h30min"  # the first and the last half-hour of a day that the car parks report


def half_hours(records: pd.DataFrame) -> pd.DataFrame:
    """Reports at irregular times -> a table of the occupancy, 18 half-hours a day and one column a car park.

    records: as `load_many("parking")`. A report belongs to the nearest half-hour; of two for the same one the later counts,
    and one outside the opening hours none. Occupancy is cars / capacity, NaN where nothing was reported.
    """
    occupancy = (records["cars"] / records["capacity"]).rename("occupancy")
    table = occupancy.groupby([records.index.round("30min"), records["car park"]]).last().unstack()
    days = pd.date_range(table.index[0].normalize(), table.index[-1].normalize(), name="Date")
    table = table.reindex([day + slot for day in days for slot in pd.timedelta_range(OPENS, CLOSES, freq="30min")])
    table.index, table.attrs = pd.DatetimeIndex(table.index, name="Date"), records.attrs
    return table


def last_period(table: pd.DataFrame, period: int) -> pd.DataFrame:
    """The value one period of rows earlier; where it is missing, two periods earlier, and so on. Shaped like table."""
    phase = np.arange(len(table)) % period
    return table.groupby(phase).ffill().groupby(phase).shift()


def usual(table: pd.DataFrame, period: int) -> pd.DataFrame:
    """The mean of the values one, two, three … periods of rows earlier, without those missing. Shaped like table."""
    phase = np.arange(len(table)) % period
    return table.groupby(phase).transform(lambda values: values.expanding().mean().shift())


def calendar(index: pd.DatetimeIndex) -> pd.DataFrame:
    """A column for every time of day and every weekday in the index: 1 in the rows that it is, 0 in all others."""
    return pd.get_dummies(
        pd.DataFrame({"time": index.strftime("%H:%M"), "day": index.day_of_week.astype(str)}, index), dtype=float
    )


@dataclass(frozen=True)
class Windows:
    """Windows of many series, and what belongs to each of the n.

    x: (n, window, features), what was seen: the value, and with covariates how far it is from the value one period earlier
    and from the usual one. ahead: (n, known), what is known of the rows to forecast; (n, 0) without covariates.
    base: (n, horizon), what models build on: the last known value, with covariates plus the usual change from there.
    t: (n, horizon). seasonal: (n, 1 + horizon), the value one period earlier of the origin's row and of those to forecast.
    row, series: (n,), where the origin stands in the table: its row and its column.
    `windows[chosen]` takes some, by a mask or an index.
    """

    x: Tensor
    ahead: Tensor
    base: Tensor
    t: Tensor
    seasonal: Tensor
    row: np.ndarray
    series: np.ndarray

    def __getitem__(self, chosen: np.ndarray) -> "Windows":
        return Windows(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def __len__(self) -> int:
        return len(self.x)

    def part(self, first: int, end: int) -> "Windows":
        """Those whose targets all lie in the rows first .. end - 1 of the table: no target of one part lies in another."""
        return self[(self.row >= first - 1) & (self.row + self.t.shape[1] < end)]

    @property
    def now(self) -> Tensor:
        """The last known value of each window, (n, 1)."""
        return self.x[:, -1, :1]


def cut(table: pd.DataFrame, period: int, window: int, horizon: int, covariates: bool = True) -> Windows:
    """Windows of every column, in the order of time, all series of one origin together.

    A value that is missing within a window is the last one before it. A window is left out where its origin or a target is
    missing, or where nothing is known yet of the period before. `ahead` holds the calendar of the origin's row, and how far
    the series moved from there to each row ahead one period earlier, and usually.
    Raises BadInput where no window is left, or for a horizon beyond the period.
    """
    if horizon > period:
        raise BadInput(
            f"horizon は周期 {period} までです: {horizon}",
            f"the horizon must lie within the period, {period}: {horizon}",
        )
    value, before, mean = (
        each.ffill().to_numpy() for each in (table, last_period(table, period), usual(table, period))
    )
    origins, columns = np.arange(window - 1, len(table) - horizon), np.arange(table.shape[1])
    row, series = np.repeat(origins, len(columns)), np.tile(columns, len(origins))
    past, now, future = np.arange(1 - window, 1), np.zeros(1, int), np.arange(1, horizon + 1)

    def at(
        values: np.ndarray, steps: np.ndarray
    ) -> np.ndarray:  # (n, len(steps)): the rows so many steps from the origin
        return values[row[:, None] + steps, series[:, None]]

    x = np.stack([at(each, past) for each in (value, value - before, value - mean)], axis=2)
    moved, usually = (at(each, future) - at(each, now) for each in (before, mean))
    ahead = np.concatenate([calendar(table.index).to_numpy()[row], moved, usually], axis=1)
    base, t, seasonal = at(value, now) + usually, at(table.to_numpy(), future), at(before, np.append(now, future))
    recorded = at(table.notna().to_numpy(), np.append(now, future)).all(axis=1)
    whole = recorded & np.isfinite(x).all(axis=(1, 2)) & np.isfinite(ahead).all(axis=1)
    if not whole.any():
        raise BadInput("窓が 1 つも残りません。系列を長くしてください。", "no window is left: take longer series.")
    if not covariates:
        x, ahead, base = x[:, :, :1], ahead[:, :0], base - usually
    tensors = (torch.tensor(part[whole], dtype=torch.float32) for part in (x, ahead, base, t, seasonal))
    return Windows(*tensors, row[whole], series[whole])


def seasonal_change(windows: Windows) -> Tensor:
    """The last known value plus the change that followed one period earlier, (n, horizon): nothing is learned."""
    return windows.now + windows.seasonal[:, 1:] - windows.seasonal[:, :1]


def smoothing(table: pd.DataFrame, period: int, end: int) -> Forecast:
    """Exponential smoothing, a method without other series: the usual value of each row, and a level of the rest.

    The share by which the level follows the newest rest is fitted to the rows before `end`, for each series by itself
    (statsmodels' SimpleExpSmoothing): additive errors, no trend, additive seasonality; Hyndman & Athanasopoulos, 8.1.
    """
    mean = usual(table, period)
    rest, level = table - mean, {}
    for name, series in rest.items():
        fitted = SimpleExpSmoothing(series[:end].dropna().to_numpy(), initialization_method="estimated").fit()
        level[name] = series.ewm(alpha=fitted.params["smoothing_level"], adjust=False, ignore_na=True).mean()
    level, mean = pd.DataFrame(level).to_numpy(), mean.ffill().to_numpy()

    def forecast(w: Windows) -> Tensor:
        rows = w.row[:, None] + np.arange(1, w.t.shape[1] + 1)
        return torch.from_numpy(level[w.row, w.series][:, None] + mean[rows, w.series[:, None]]).float()

    return forecast


def inputs(windows: Windows) -> np.ndarray:
    """All that a model sees of each window in one row: (n, window * features + known)."""
    return torch.cat([windows.x.flatten(1), windows.ahead], dim=1).numpy()


def ridge(windows: Windows, strength: float) -> Forecast:
    """One linear regression for all series, with an L2 penalty of `strength` on standardised inputs."""
    model = make_pipeline(StandardScaler(), Ridge(strength)).fit(inputs(windows), windows.t - windows.base)
    return lambda w: w.base + torch.from_numpy(model.predict(inputs(w)))


def ridge_each(windows: Windows, strength: float) -> Forecast:
    """A linear regression for each series, from its own windows; NaN for a series that has none among `windows`."""
    models = {k: ridge(windows[windows.series == k], strength) for k in np.unique(windows.series)}

    def forecast(w: Windows) -> Tensor:
        y = torch.full(w.t.shape, torch.nan)
        for k in set(models) & set(w.series):
            y[w.series == k] = models[k](w[w.series == k]).float()
        return y

    return forecast


def boosting(windows: Windows, **settings: object) -> Forecast:
    """Gradient boosting of trees for all series, one ensemble of trees for each step ahead (scikit-learn's)."""
    x, rest = inputs(windows), (windows.t - windows.base).numpy()
    models = [HistGradientBoostingRegressor(**settings).fit(x, step) for step in rest.T]
    return lambda w: w.base + torch.from_numpy(np.stack([m.predict(inputs(w)) for m in models], axis=1))


class CovariateLSTM(nn.Module):
    """An LSTM reads the window; two dense layers join its last state with what is known ahead.

    features: numbers a row of the window. known: numbers known ahead. hidden_size: dimensions of the state. horizon: values
    to forecast.
    """

    def __init__(self, features: int, known: int, hidden_size: int, horizon: int):
        super().__init__()
        self.recurrent = nn.LSTM(features, hidden_size, batch_first=True)
        self.head = nn.Sequential(
            nn.Linear(hidden_size + known, hidden_size), nn.ReLU(), nn.Linear(hidden_size, horizon)
        )

    def forward(self, x: Tensor, ahead: Tensor) -> Tensor:
        """x: (batch, window, features), ahead: (batch, known) -> (batch, horizon)."""
        o, _ = self.recurrent(x)
        return self.head(torch.cat([o[:, -1], ahead], dim=1))


class GlobalForecaster:
    """One LSTM for all series: it answers with the rest, t - base, and learns from mini-batches.

    `Forecaster` of step 04 shows all windows at once to LBFGS, at its best with a thousand of them; here there are ten times
    as many. windows: what it is to learn from; the mean and spread of their inputs and the spread of the rests are kept for
    good, so that other windows may follow (fine-tuning).
    """

    def __init__(self, windows: Windows, *, seed: int = 0, hidden_size: int = 32):
        torch.manual_seed(seed)
        (_, _, features), (_, known), (_, horizon) = windows.x.shape, windows.ahead.shape, windows.t.shape
        self.seen, self.known = Standardizer.of(windows.x), Standardizer(torch.zeros(0), torch.ones(0))
        if known:
            self.known = Standardizer.of(windows.ahead[:, None])
        self.spread = (windows.t - windows.base).square().mean().sqrt()
        self.model = CovariateLSTM(features, known, hidden_size, horizon)
        self.random = torch.Generator().set_state(torch.get_rng_state())  # its own: several may be trained side by side
        self.losses: list[float] = []

    def _inputs(self, windows: Windows) -> tuple[Tensor, Tensor]:
        return self.seen.inputs(windows.x), self.known.inputs(windows.ahead)

    def train(self, windows: Windows, epochs: int, *, batch: int = 256, lr: float = 4e-3) -> "GlobalForecaster":
        """`epochs` passes over windows in shuffled mini-batches; may be called again, with other windows too.

        AdamW, whose learning rate rises to lr in the first third of the updates and falls to almost 0 in the others (one
        cycle, Smith & Topin 2018). Gradients longer than 1 are shortened to 1. `losses` gets the mean loss of each epoch.
        """
        (x, ahead), t = self._inputs(windows), (windows.t - windows.base) / self.spread
        optimizer = torch.optim.AdamW(self.model.parameters(), lr)
        steps = epochs * -(-len(x) // batch)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps)
        for epoch in range(1, epochs + 1):
            total = 0.0
            for some in torch.randperm(len(x), generator=self.random).split(batch):
                loss = nn.functional.mse_loss(self.model(x[some], ahead[some]), t[some])
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                total += loss.item() * len(some)
            self.losses.append(check_loss(total / len(x), epoch))
        return self

    def __call__(self, windows: Windows) -> Tensor:
        """The forecasts of windows, (n, horizon)."""
        with torch.no_grad():
            return windows.base + self.spread * self.model(*self._inputs(windows))


def squares_by_day(table: pd.DataFrame, windows: Windows, y: Tensor) -> pd.DataFrame:
    """Mean squared errors of forecasts, (n, horizon): one row a day, that of the first row forecast, one column a series."""
    errors = (y - windows.t).square().mean(dim=1).numpy(force=True).astype(float)
    keys = {"day": table.index[windows.row + 1].normalize(), "series": table.columns[windows.series]}
    return pd.DataFrame(keys | {"error": errors}).pivot_table("error", "day", "series").reindex(columns=table.columns)


def compare_by_day(squares: dict[str, pd.DataFrame], own: str, season: int = 7) -> pd.DataFrame:
    """One method against all others, by the mean squared errors of `squares_by_day`; one row a method, `own` without a test.

    Columns: RMSE: over all days and series. skill: 1 - own RMSE / that of the row; days low, days high: its `skill_interval`,
    in blocks of a season of days, NaN for fewer than four. Holm p: of the Diebold-Mariano test of the mean loss of each day,
    corrected for as many tests as there are. series won: on how many series `own` has the smaller error.
    """
    rows, mine = {}, squares[own]
    for name, theirs in squares.items():
        rows[name] = {"RMSE": np.sqrt(np.nanmean(theirs))}
        if name == own:
            continue
        daily = [each.mean(axis=1).to_numpy() for each in (mine, theirs)]
        skill, low, high = skill_interval(*map(np.sqrt, daily), block=season)
        if len(mine) < 4 * season:
            low = high = np.nan
        p = diebold_mariano(np.zeros(len(mine)), *daily, losses=lambda _, loss: loss)
        won = int((mine.mean() < theirs.mean()).sum())
        rows[name] |= {"skill": skill, "days low": low, "days high": high, "p": p, "series won": won}
    table = pd.DataFrame.from_dict(rows, orient="index").sort_values("RMSE", ascending=False)
    table["Holm p"] = holm(table["p"])
    return table[["RMSE", "skill", "days low", "days high", "Holm p", "series won"]]


def stored() -> dict:
    """What data/many_series.py computed: the walk over the weeks, the learning curves, unseen series and the currencies."""
    return json.loads((BUNDLED / "many_series.json").read_text(encoding="utf-8"))


def walk_of(kept: dict, weeks: Sequence[int] = ()) -> dict[str, pd.DataFrame]:
    """Mean squared errors of the stored walk, as in `squares_by_day`: method -> days x series; of some weeks, or of all."""
    parts = [kept["walk"][str(number)] for number in weeks or kept["walk"]]
    days = pd.DatetimeIndex([day for part in parts for day in part["days"]])
    return {
        method: pd.DataFrame(
            [row for part in parts for row in part["squared errors"][method]], days, kept["parks"], float
        )
        for method in parts[0]["squared errors"]
    }


def chronos_forecast(folder: str | Path, table: pd.DataFrame, windows: Windows, context: int = 252) -> Tensor:
    """What a Chronos-Bolt model in a folder of this machine forecasts without any training (Ansari et al. 2024): its medians.

    table: as given to `cut`; the last `context` rows before each origin are shown to the model, missing values as NaN.
    Nothing is downloaded. Returns (n, horizon). Raises BadInput where the folder or the package `chronos` is missing.
    """
    if not Path(folder).is_dir() or find_spec("chronos") is None:
        raise BadInput(
            f"フォルダー {folder} か、パッケージ chronos-forecasting がありません。何もダウンロードしません。",
            f"the folder {folder} or the package chronos-forecasting is not there; nothing is downloaded.",
        )
    from chronos import BaseChronosPipeline

    pipeline = BaseChronosPipeline.from_pretrained(str(folder), device_map="cpu")
    rows = windows.row[:, None] + np.arange(1 - context, 1)
    past = np.where(
        rows < 0, np.nan, table.to_numpy()[rows, windows.series[:, None]]
    )  # nothing was before the first row
    past = torch.tensor(past, dtype=torch.float32)
    parts = [pipeline.predict_quantiles(some, windows.t.shape[1], [0.5])[0] for some in past.split(256)]
    return torch.cat(parts)[:, :, 0]
