"""Step 14: functions to hand in. One that uses what the steps have taught, and some that leak, each in its own way.

`python -m helpers.challenge study` runs the first on many numbers.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.linear_model import LassoLarsIC, LinearRegression, Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from helpers.challenge.grading import baselines, path_losses
from helpers.challenge.series import AHEAD, COLUMN, HORIZON
from helpers.validation import SIGNIFICANCE, diebold_mariano, holm

Forecast = Callable[[np.ndarray, np.ndarray], np.ndarray]  # values (rows, columns), origins (n,) -> (n, HORIZON)
LONGEST = 5  # rows in the longest window
NEAR = 0.05  # of the smallest mean squared error: so near another candidate is as good
VALIDATION, BLOCKS = 600, 4  # rows before the first origin on which candidates are compared, refitted for each block


def inputs(values: np.ndarray, origins: np.ndarray, window: int, target: str) -> np.ndarray:
    """The last `window` rows of every column at each origin: (n, window, columns).

    target "change": the first column is measured from its last value, so that its level is gone; "level": as it is.
    """
    x = sliding_window_view(values, window, axis=0)[origins - window + 1].transpose(0, 2, 1).copy()
    if target == "change":
        x[:, :, 0] -= x[:, -1:, 0]
    return x


def calendar(origins: np.ndarray, period: int) -> np.ndarray:
    """Where in its period each origin lies: two sines and two cosines, (n, 4), known ahead for every row."""
    turn = 2 * np.pi * np.asarray(origins)[:, None] / period
    return np.hstack([np.sin(turn), np.cos(turn), np.sin(2 * turn), np.cos(2 * turn)])


def changes_ahead(values: np.ndarray, origins: np.ndarray) -> np.ndarray:
    """The targets: the next HORIZON values of the first column, measured from the value at the origin."""
    return values[origins[:, None] + AHEAD, 0] - values[origins, None, 0]


def answered(last: int, window: int, share: float = 1.0) -> np.ndarray:
    """Origins to learn from: those whose targets are known at the row `last`, of the latest `share` of the rows."""
    return np.arange(max(window, round(last * (1 - share))), last - HORIZON + 1)


def linear(
    values: np.ndarray, last: int, *, window: int, target: str, period: int = 0, trend: bool = False, share: float = 1.0
) -> Forecast:
    """A linear regression on the window, with the calendar where a period is given and with the row itself for a trend."""

    def features(values: np.ndarray, origins: np.ndarray) -> np.ndarray:
        x = [inputs(values, origins, window, target).reshape(len(origins), -1)]
        x += [calendar(origins, period)] if period else []
        x += [np.asarray(origins)[:, None] / len(values)] if trend else []
        return np.hstack(x)

    past = answered(last, window, share)
    model = LinearRegression().fit(features(values, past), changes_ahead(values, past))
    return lambda values, origins: model.predict(features(values, origins)) + values[origins, None, 0]


def products(values: np.ndarray, last: int, *, window: int = 2) -> Forecast:
    """A lasso on the last rows of every column, and on all their squares and products.

    Few of those matter, and a useless square can ruin a forecast on a day beyond the range of the past. So the lasso leaves
    features out, as many as the Bayesian information criterion asks for.
    """

    def features(values: np.ndarray, origins: np.ndarray) -> np.ndarray:
        return inputs(values, origins, window, "change").reshape(len(origins), -1)

    past = answered(last, window)
    lasso = MultiOutputRegressor(LassoLarsIC("bic"))  # each step ahead chooses its own
    model = make_pipeline(StandardScaler(), PolynomialFeatures(include_bias=False), StandardScaler(), lasso)
    model.fit(features(values, past), changes_ahead(values, past))
    return lambda values, origins: model.predict(features(values, origins)) + values[origins, None, 0]


def find_period(values: np.ndarray, longest: int = 40) -> int:
    """The lag from 3 to `longest` at which a series resembles itself most, one, two and three times that lag ago.

    values: (time,). Slow movements are taken out by the mean of the last `longest` values. Of several lags that do almost
    equally well, such as a period and its double, the shortest one counts.
    """
    quick = (pd.Series(values) - pd.Series(values).rolling(longest).mean()).dropna().to_numpy()
    echo = np.array([(quick[lag:] * quick[:-lag]).sum() for lag in range(1, 3 * longest + 4)])  # echo[lag - 1]
    found = np.array([echo[[lag - 1, 2 * lag - 1, 3 * lag - 1]].sum() for lag in range(2, longest + 2)])
    peak = (found[1:-1] >= found[:-2]) & (found[1:-1] >= found[2:]) & (found[1:-1] >= 0.8 * found[1:-1].max())
    return int(np.append(np.flatnonzero(peak), found[1:-1].argmax())[0]) + 3


def filling(fit: Callable[..., Forecast], values: np.ndarray, missing: np.ndarray, last: int) -> Callable:
    """Fit; put the model's own forecast of the next row where a value is missing; fit again. Only earlier rows fill a gap.

    values: (rows, columns), filled with last known values; missing: (rows,), where the first column was. Returns a function
    from origins, (n,), to forecasts, (n, HORIZON).
    """
    forecast, rows = fit(values, last), np.flatnonzero(missing)
    if len(rows):
        values = values.copy()
        for row in rows[rows > LONGEST]:  # earlier ones keep the last known value: a window must fit before them
            values[row, 0] = forecast(values, np.array([row - 1]))[0, 0]
        forecast = fit(values, last)
    return lambda origins: forecast(values, origins)


def reference(table: pd.DataFrame, origins: np.ndarray) -> np.ndarray:
    """The function to hand in: the forecasts of `simple_until_proven`, (n, HORIZON)."""
    return simple_until_proven(table, origins)[1]


def simple_until_proven(table: pd.DataFrame, origins: np.ndarray) -> tuple[str, np.ndarray]:
    """A baseline, unless models beat it on validation rows by more than chance explains: what forecasts, and its forecasts.

    The VALIDATION rows before the first origin are forecast in BLOCKS blocks, by candidates fitted on all rows before each. Those
    with a smaller error than the best baseline and a Diebold-Mariano p below 0.05 (Holm) are proven. The best of them and those
    that err at most NEAR more are fitted again on all rows up to the first origin, and forecast together, by their mean: which
    of them is best is mostly chance (Bates & Granger 1969). With none proven, the baseline forecasts. The test compares the
    RMSE of the paths, not their squares, of which a few wild rows would decide.
    """
    last, origins = int(origins[0]), np.asarray(origins)
    missing, values = table[COLUMN].isna().to_numpy(), table.ffill().to_numpy()
    starts = np.linspace(last - VALIDATION, last, BLOCKS + 1).astype(int)
    blocks = [np.arange(*ends) for ends in zip(starts, [*starts[1:-1], last - HORIZON + 1], strict=False)]
    period, checked = find_period(values[: starts[0] + 1, 0]), np.concatenate(blocks)
    actual = changes_ahead(values, checked) + values[checked, None, 0]
    simple = baselines(table, checked, period)
    errors = {name: path_losses(actual, y).mean() for name, y in simple.items()}
    best, p, models = min(errors, key=errors.get), {}, candidates(period)
    for name, fit in models.items():
        y = np.concatenate([filling(fit, values, missing, int(block[0]))(block) for block in blocks])
        errors[name] = path_losses(actual, y).mean()
        p[name] = diebold_mariano(actual, y, simple[best], losses=path_errors)
    proven = [
        name for name, value in holm(pd.Series(p)).items() if value < SIGNIFICANCE and errors[name] < errors[best]
    ]
    if not proven:
        return best, baselines(table, origins, period)[best]
    near = (1 + NEAR) * min(errors[name] for name in proven)
    chosen = [name for name in proven if errors[name] <= near]
    return " + ".join(chosen), np.mean(
        [filling(models[name], values, missing, last)(origins) for name in chosen], axis=0
    )


def path_errors(actual: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The RMSE of each path, (n,)."""
    return np.sqrt(path_losses(actual, y))


def candidates(period: int) -> dict[str, Callable[..., Forecast]]:
    """Linear in changes and in levels, with and without trend and season, of all rows and of the latest; and one not linear.

    An LSTM was among them. It took nine tenths of the time, and the mean was no better with it.
    """
    levels = partial(linear, window=3, target="level")
    season = partial(levels, period=period, trend=True)
    return {
        "changes": partial(linear, window=5, target="change"),
        "levels": levels,
        "levels, latest half": partial(levels, share=0.5),
        "trend and season": season,
        "trend and season, latest half": partial(season, share=0.5),
        "products": products,
    }


# Functions that leak. Each is short, runs, and is wrong in one line.


def ridge(
    values: np.ndarray, origins: np.ndarray, known: np.ndarray | None = None, past: np.ndarray | None = None
) -> np.ndarray:
    """Ridge regression on windows of 20 of `values`, (rows,); targets are `known` values, else these; trained on `past` origins."""
    known, rows = values if known is None else known, values[:, None]
    past = answered(int(origins[0]), 20) if past is None else past
    x = inputs(rows, past, 20, "level")[:, :, 0]
    model = Ridge(1.0).fit(x, known[past[:, None] + AHEAD] - known[past, None])
    return model.predict(inputs(rows, origins, 20, "level")[:, :, 0]) + known[origins, None]


def _known(table: pd.DataFrame) -> np.ndarray:
    return table[COLUMN].ffill().to_numpy()


def scaled_by_everything(table: pd.DataFrame, origins: np.ndarray) -> np.ndarray:
    values = _known(table)
    low, span = values.min(), np.ptp(values)  # of the whole table
    return ridge((values - low) / span, origins) * span + low


def chosen_on_the_test(table: pd.DataFrame, origins: np.ndarray) -> np.ndarray:
    values = _known(table)
    later = np.arange(origins[0], len(values) - HORIZON)  # the rows that are scored
    tried = [baselines(table, rows)[name] for name in ("naive", "mean") for rows in (later, origins)]
    tried += [ridge(values, np.append(origins[0], rows))[1:] for rows in (later, origins)]
    errors = [path_losses(values[later[:, None] + AHEAD], y).mean() for y in tried[::2]]
    return tried[1::2][int(np.argmin(errors))]


def trained_on_everything(table: pd.DataFrame, origins: np.ndarray) -> np.ndarray:
    values = _known(table)
    return ridge(values, origins, past=np.arange(20, len(values) - HORIZON))  # all windows, also later ones


def one_row_too_far(table: pd.DataFrame, origins: np.ndarray) -> np.ndarray:
    return np.repeat(_known(table)[origins + 1, None], HORIZON, axis=1)  # the row after the last known one


def target_in_the_input(table: pd.DataFrame, origins: np.ndarray) -> np.ndarray:
    return table[COLUMN].ffill().to_numpy()[origins[:, None] + AHEAD]  # the answer itself


def dropped_rows(table: pd.DataFrame, origins: np.ndarray) -> np.ndarray:
    values = table[COLUMN].dropna().to_numpy()  # fewer rows, so that row numbers mean later days
    return np.repeat(values[np.minimum(origins, len(values) - 1), None], HORIZON, axis=1)


def centred_mean(table: pd.DataFrame, origins: np.ndarray) -> np.ndarray:
    smooth = table[COLUMN].ffill().rolling(5, center=True, min_periods=1).mean()  # two rows to both sides
    return ridge(smooth.to_numpy(), origins, _known(table))


def interpolated(table: pd.DataFrame, origins: np.ndarray) -> np.ndarray:
    return ridge(table[COLUMN].interpolate().to_numpy(), origins)  # a line to the value after the gap


def filled_backwards(table: pd.DataFrame, origins: np.ndarray) -> np.ndarray:
    return ridge(table[COLUMN].bfill().ffill().to_numpy(), origins)  # the value after the gap


def reading(mine: pd.DataFrame) -> Callable[..., np.ndarray]:
    """A function that reads the table `mine`, which it has not been handed."""

    def from_outside(table: pd.DataFrame, origins: np.ndarray) -> np.ndarray:
        values = _known(mine)
        return np.array([values[min(row + 1, len(values) - 1)].repeat(HORIZON) for row in origins])

    return from_outside


LEAKING = {  # function -> the leak that a card must name; those in NEED_GAPS leak only where values are missing
    scaled_by_everything: "whole-table statistics",
    chosen_on_the_test: "chosen on scored rows",
    trained_on_everything: "trained on later rows",
    one_row_too_far: "shifted rows",
    target_in_the_input: "shifted rows",
    dropped_rows: "shifted rows",
    centred_mean: "centred window",
    interpolated: "filled from the future",
    filled_backwards: "filled from the future",
}
NEED_GAPS = {dropped_rows, interpolated, filled_backwards}
