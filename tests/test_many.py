"""Many series in one table: the grid, what is known ahead, and windows that know nothing of their targets."""

import numpy as np
import pandas as pd
import pytest
import torch

from helpers.data import load_many
from helpers.language import BadInput
from helpers.many import GlobalForecaster, cut, half_hours, last_period, usual

PERIOD, WINDOW, HORIZON = 6, 4, 3


@pytest.fixture
def table():
    """Two series of one period, with a little noise."""
    wave = np.sin(2 * np.pi * np.arange(90) / PERIOD)
    noise = np.random.default_rng(0).normal(0, 0.1, (90, 2))
    index = pd.date_range("2024-01-01", periods=90, freq="D")
    return pd.DataFrame({"one": wave + noise[:, 0], "two": 3 - wave + noise[:, 1]}, index)


def test_reports_at_irregular_times_come_onto_the_grid():
    records = load_many("parking")
    grid = half_hours(records)
    assert grid.shape == (77 * 18, 30) and grid.index.is_unique and grid.index.is_monotonic_increasing
    assert {f"{time:%H:%M}" for time in grid.index} == {f"{h:02}:{m}" for h in range(8, 17) for m in ("00", "30")}
    assert grid.loc["2016-10-04 08:00", "BHMBCCMKT01"] == 61 / 577  # reported at 07:59:42
    assert grid.loc["2016-12-03"].isna().all().all()  # a day on which nobody reported
    twice = records.iloc[:1].assign(cars=100)
    assert half_hours(pd.concat([records, twice])).loc["2016-10-04 08:00", "BHMBCCMKT01"] == 100 / 577


def test_what_is_known_of_earlier_periods_passes_over_missing_values():
    column = pd.DataFrame({"a": [1.0, 10, 2, np.nan, 3, 30, 4, 40]})
    assert last_period(column, 2)["a"].tolist()[2:] == [1, 10, 2, 10, 3, 30]
    assert usual(column, 2)["a"].tolist()[2:] == [1, 10, 1.5, 10, 2, 20]
    assert last_period(column, 2)["a"][:2].isna().all()


def test_windows_hold_the_series_and_what_the_period_before_says_of_the_targets(table):
    windows = cut(table, PERIOD, WINDOW, HORIZON)
    assert windows.x.shape == (len(windows), WINDOW, 11) and (np.diff(windows.row) >= 0).all()
    values = table.to_numpy()
    for k in (0, 1, 30, len(windows) - 1):
        row, series = windows.row[k], windows.series[k]
        assert windows.x[k, :, 0].numpy() == pytest.approx(values[row - WINDOW + 1 : row + 1, series], rel=1e-5)
        assert windows.t[k].numpy() == pytest.approx(values[row + 1 : row + 1 + HORIZON, series], rel=1e-5)
        before = values[row - PERIOD : row - PERIOD + HORIZON + 1, series]
        assert windows.seasonal[k].numpy() == pytest.approx(before, rel=1e-5)
    assert windows.now[:, 0].equal(windows.x[:, -1, 0])


def test_no_window_knows_what_comes_after_its_origin(table):
    later = table.copy()
    later.iloc[60:] += 100
    one, other = cut(table, PERIOD, WINDOW, HORIZON), cut(later, PERIOD, WINDOW, HORIZON)
    early = one.row < 60
    assert one[early].x.equal(other[early].x) and one[early].seasonal.equal(other[early].seasonal)
    assert not one.t.equal(other.t)


def test_windows_without_origin_or_target_are_left_out(table):
    whole = cut(table, PERIOD, WINDOW, HORIZON)
    table.iloc[50, 0] = np.nan
    windows = cut(table, PERIOD, WINDOW, HORIZON)
    lost = set(zip(whole.row, whole.series, strict=True)) - set(zip(windows.row, windows.series, strict=True))
    assert lost == {(row, 0) for row in range(50 - HORIZON, 51)}
    assert cut(table, PERIOD, WINDOW, HORIZON, covariates=False).x.shape[2] == 1
    with pytest.raises(BadInput):
        cut(table.iloc[:8], PERIOD, WINDOW, HORIZON)


def test_one_model_learns_all_series_and_repeats_with_its_seed(table):
    windows = cut(table, PERIOD, WINDOW, HORIZON)
    models = [GlobalForecaster(windows, seed=0, hidden_size=8).train(windows, 20, batch=16) for _ in range(2)]
    assert models[0](windows).equal(models[1](windows)) and models[0](windows).shape == windows.t.shape
    error, naive = (((y - windows.t) ** 2).mean() for y in (models[0](windows), windows.now))
    assert error < naive / 4 and models[0].losses[-1] < models[0].losses[0]
    before = models[0](windows)
    models[0].train(windows, 2, batch=16)  # goes on from where it ended
    assert len(models[0].losses) == 22 and not torch.equal(before, models[0](windows))
