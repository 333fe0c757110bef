"""Step 10: one model for many series, with covariates that are known ahead.

A table holds one series a column, on a regular grid of rows, NaN where nothing was recorded. `Windows` are cut from all of its
columns at once and know which one each comes from. A forecast is a tensor (n, horizon), in the unit of the table.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from helpers.language import BadInput
from helpers.model import LSTMRegressor
from helpers.training import Standardizer, check_loss, predict
from helpers.windows import make_windows

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
    """What the calendar says of each row: the time of day from 0 to 1, the weekday on a circle, and whether it is a weekend."""
    time, angle = index.hour + index.minute / 60, 2 * np.pi * index.day_of_week / 7
    span = np.ptp(time) or 1
    columns = {"time": (time - time.min()) / span, "weekend": index.day_of_week >= 5}
    return pd.DataFrame(columns | {"sine": np.sin(angle), "cosine": np.cos(angle)}, index, dtype=float)


@dataclass(frozen=True)
class Windows:
    """Windows of many series, with what belongs to each of the n.

    x: (n, window, features), the value first. t: (n, horizon). seasonal: (n, 1 + horizon), the value one period earlier of
    the row of the origin and of those to forecast. row, series: (n,), where the origin stands in the table: its row and its
    column. `windows[chosen]` takes some, by a mask or an index.
    """

    x: Tensor
    t: Tensor
    seasonal: Tensor
    row: np.ndarray
    series: np.ndarray

    def __getitem__(self, chosen: np.ndarray) -> "Windows":
        taken = torch.from_numpy(chosen)
        return Windows(self.x[taken], self.t[taken], self.seasonal[taken], self.row[chosen], self.series[chosen])

    def __len__(self) -> int:
        return len(self.x)

    @property
    def now(self) -> Tensor:
        """The last known value of each window, (n, 1)."""
        return self.x[:, -1, :1]


def cut(table: pd.DataFrame, period: int, window: int, horizon: int, covariates: bool = True) -> Windows:
    """Windows of every column, in the order of time, all series of one origin together.

    A value that is missing within a window is the last one before it; a window whose origin or targets are missing, or whose
    covariates are not known yet, is left out. With covariates each row of a window also holds, for the row `horizon` later:
    the value one period before it and how far this is from that of the row itself, the same two of the `usual` value, and the
    calendar; and for the row itself the distance from both. Raises BadInput where no window is left.
    """
    filled, recorded = table.ffill(), table.notna()
    previous, mean = last_period(table, period).ffill(), usual(table, period).ffill()
    dates, cuts = calendar(table.index).shift(-horizon).ffill(), []
    for number, name in enumerate(table):
        columns = {"value": filled[name]}
        if covariates:
            for kind in (previous, mean):
                ahead = kind[name].shift(-horizon).ffill()
                columns |= {len(columns): ahead, len(columns) + 1: ahead - kind[name]}
                columns |= {len(columns): filled[name] - kind[name]}
        known = pd.concat([pd.DataFrame(columns), dates], axis=1) if covariates else pd.DataFrame(columns)
        there = pd.concat([recorded[name], previous[name].notna(), known.notna().all(axis=1)], axis=1).astype(float)
        x, t = make_windows(known.fillna(0), window, horizon)
        seasonal = make_windows(previous[name].fillna(0), window, horizon, include_input=True)[1][:, window - 1 :]
        seen, targets = make_windows(there, window, horizon)
        whole = (seen[:, -1].all(1) & targets.all(1) & seen[:, :, 2].all(1)).numpy()
        row = np.arange(len(x)) + window - 1
        cuts.append(Windows(x, t, seasonal, row, np.full(len(x), number))[whole])
    parts = [torch.cat([getattr(c, name) for c in cuts]) for name in ("x", "t", "seasonal")]
    together = Windows(*parts, *(np.concatenate([getattr(c, name) for c in cuts]) for name in ("row", "series")))
    if not len(together):
        raise BadInput("窓が 1 つも残りません。系列を長くしてください。", "no window is left: take longer series.")
    return together[np.lexsort([together.series, together.row])]


class GlobalForecaster:
    """One LSTM for all series: it answers with the change since now, and learns from mini-batches.

    `Forecaster` of step 04 shows all windows at once to LBFGS, at its best with a thousand of them; here there are ten times
    as many. It also measures every feature from the last value of the series, which the calendar cannot be measured from.
    windows: what it is to learn from; its mean and spread of the inputs and the spread of the changes are kept for good.
    """

    def __init__(self, windows: Windows, *, seed: int = 0, hidden_size: int = 32):
        torch.manual_seed(seed)
        features, horizon = windows.x.shape[2], windows.t.shape[1]
        self.standard, self.spread = Standardizer.of(windows.x), (windows.t - windows.now).square().mean().sqrt()
        self.model = LSTMRegressor(features, hidden_size, horizon=horizon)
        self.losses: list[float] = []

    def train(self, windows: Windows, epochs: int, *, batch: int = 128, lr: float = 4e-3) -> "GlobalForecaster":
        """`epochs` passes over windows in shuffled mini-batches; may be called again, with other windows too.

        AdamW, whose learning rate rises to lr in the first third of the updates and falls to almost 0 in the others (one
        cycle, Smith & Topin 2018). Gradients longer than 1 are shortened to 1. `losses` gets the mean loss of each epoch.
        """
        x, t = self.standard.inputs(windows.x), (windows.t - windows.now) / self.spread
        optimizer = torch.optim.AdamW(self.model.parameters(), lr)
        steps = epochs * -(-len(x) // batch)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps)
        for epoch in range(1, epochs + 1):
            total = 0.0
            for some in torch.randperm(len(x)).split(batch):
                loss = nn.functional.mse_loss(self.model(x[some]), t[some])
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
        return windows.now + self.spread * predict(self.model, self.standard.inputs(windows.x))
