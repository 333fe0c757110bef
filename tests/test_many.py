"""Many series in one table: the grid, what is known ahead, and windows that know nothing of their targets."""

import sys
import types
import warnings

import numpy as np
import pandas as pd
import pytest
import torch

from helpers.data import load_many
from helpers.language import BadInput
from helpers.many import (
    GlobalForecaster,
    boosting,
    chronos_forecast,
    compare_by_day,
    cut,
    half_hours,
    last_period,
    ridge,
    ridge_each,
    seasonal_change,
    smoothing,
    squares_by_day,
    usual,
)
from helpers.validation import skill_interval

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


def test_windows_hold_what_was_seen_and_what_is_known_ahead(table):
    windows, values = cut(table, PERIOD, WINDOW, HORIZON), table.to_numpy()
    mean = usual(table, PERIOD).to_numpy()
    assert windows.x.shape == (len(windows), WINDOW, 3) and (np.diff(windows.row) >= 0).all()
    assert windows.ahead.shape == (len(windows), 1 + 7 + 2 * HORIZON)  # one time of day, seven weekdays
    for k in (0, 1, 30, len(windows) - 1):
        row, series = windows.row[k], windows.series[k]
        seen, goal = slice(row - WINDOW + 1, row + 1), slice(row + 1, row + 1 + HORIZON)
        own = values[seen, series]
        expected = [own, own - values[seen.start - PERIOD : seen.stop - PERIOD, series], own - mean[seen, series]]
        assert windows.x[k].T.numpy() == pytest.approx(np.array(expected), rel=1e-4, abs=1e-6)
        assert windows.t[k].numpy() == pytest.approx(values[goal, series], rel=1e-5)
        before = values[row - PERIOD : row - PERIOD + HORIZON + 1, series]
        assert windows.seasonal[k].numpy() == pytest.approx(before, rel=1e-5)
        moved, usually = before[1:] - before[0], mean[goal, series] - mean[row, series]
        day = np.eye(7)[table.index[row].day_of_week]
        known = [1, *day, *moved, *usually]
        assert windows.ahead[k].numpy() == pytest.approx(np.array(known), rel=1e-4, abs=1e-6)
        assert windows.base[k].numpy() == pytest.approx(values[row, series] + usually, rel=1e-4)
    assert windows.now[:, 0].equal(windows.x[:, -1, 0])


def test_without_covariates_the_same_windows_hold_the_value_alone(table):
    whole, bare = (cut(table, PERIOD, WINDOW, HORIZON, covariates) for covariates in (True, False))
    assert bare.x.equal(whole.x[:, :, :1]) and bare.ahead.shape == (len(whole), 0)
    assert torch.allclose(bare.base, bare.now.expand(-1, HORIZON)) and bare.t.equal(whole.t)


def test_no_window_knows_what_comes_after_its_origin(table):
    later = table.copy()
    later.iloc[60:] += 100
    one, other = cut(table, PERIOD, WINDOW, HORIZON), cut(later, PERIOD, WINDOW, HORIZON)
    early = one.row < 60
    for part in ("x", "ahead", "base", "seasonal"):
        assert getattr(one, part)[early].equal(getattr(other, part)[early]), part
    assert not one.t.equal(other.t)
    smooth = [smoothing(values, PERIOD, 50)(windows) for values, windows in ((table, one), (later, other))]
    assert smooth[0][early].equal(smooth[1][early]) and not smooth[0].equal(smooth[1])


def test_no_target_of_one_part_lies_in_another(table):
    windows = cut(table, PERIOD, WINDOW, HORIZON)
    known, ahead = windows.part(0, 60), windows.part(60, 70)
    assert known.row.max() + HORIZON == 59 and ahead.row.min() + 1 == 60 and ahead.row.max() + HORIZON == 69


def test_windows_without_origin_or_target_are_left_out(table):
    whole = cut(table, PERIOD, WINDOW, HORIZON)
    table.iloc[50, 0] = np.nan
    windows = cut(table, PERIOD, WINDOW, HORIZON)
    lost = set(zip(whole.row, whole.series, strict=True)) - set(zip(windows.row, windows.series, strict=True))
    assert lost == {(row, 0) for row in range(50 - HORIZON, 51)}
    with pytest.raises(BadInput):
        cut(table.iloc[:8], PERIOD, WINDOW, HORIZON)
    with pytest.raises(BadInput):
        cut(table, 2, WINDOW, HORIZON)


def test_rivals_find_a_law_and_a_series_of_its_own_is_learned_from_its_own_windows(table):
    windows = cut(table, PERIOD, WINDOW, HORIZON)
    known, ahead = windows.part(0, 70), windows.part(70, 90)
    naive = (ahead.now - ahead.t).square().mean()
    rivals = {
        "all": ridge(known, 1.0),
        "each": ridge_each(known, 1.0),
        "trees": boosting(known, max_iter=20, random_state=0),
        "smoothing": smoothing(table, PERIOD, 70),
    }
    for name, forecast in rivals.items():
        y = forecast(ahead)
        assert y.shape == ahead.t.shape and (y - ahead.t).square().mean() < naive / 4, name
    mean = (known.t - known.base).mean(dim=0)  # all that a penalty without end leaves
    assert torch.allclose(ridge(known, 1e12)(ahead).float(), ahead.base + mean, atol=1e-4)
    changed = known[np.ones(len(known), bool)]  # a copy
    changed.t[changed.series == 1] += 5  # what the other series does is nothing to it
    own, others = ridge_each(changed, 1.0)(ahead), rivals["each"](ahead)
    assert own[ahead.series == 0].equal(others[ahead.series == 0]) and not own.equal(others)
    assert ridge_each(known[known.series == 0], 1.0)(ahead)[ahead.series == 1].isnan().all()
    assert seasonal_change(ahead).equal(ahead.now + ahead.seasonal[:, 1:] - ahead.seasonal[:, :1])


def test_one_model_learns_all_series_and_repeats_with_its_seed(table):
    windows = cut(table, PERIOD, WINDOW, HORIZON)
    models = [GlobalForecaster(windows, seed=0, hidden_size=8).train(windows, 20, batch=16) for _ in range(2)]
    assert models[0](windows).equal(models[1](windows)) and models[0](windows).shape == windows.t.shape
    error, start = (((y - windows.t) ** 2).mean() for y in (models[0](windows), windows.base))
    assert error < start and models[0].losses[-1] < models[0].losses[0]
    bare = cut(table, PERIOD, WINDOW, HORIZON, covariates=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nothing known ahead is nothing to complain about
        assert GlobalForecaster(bare, hidden_size=4).train(bare, 1)(bare).shape == bare.t.shape
    before = models[0](windows)
    models[0].train(windows, 2, batch=16)  # goes on from where it ended
    assert len(models[0].losses) == 22 and not torch.equal(before, models[0](windows))


def test_methods_are_compared_by_day_over_all_series():
    days, names = pd.date_range("2024-01-01", periods=28), list("abc")
    noise = np.random.default_rng(0).uniform(1, 2, (28, 3))
    squares = {"good": pd.DataFrame(noise, days, names), "bad": pd.DataFrame(4 * noise, days, names)}
    squares["mixed"] = squares["good"] * [0.5, 1, 2]
    table = compare_by_day(squares, "good")
    assert table.loc["bad", "skill"] == pytest.approx(0.5) and table.loc["bad", "series won"] == 3
    assert table.loc["bad", "days low"] == pytest.approx(0.5) == table.loc["bad", "days high"]  # half on every day
    daily = [np.sqrt(squares[name].mean(axis=1)) for name in ("good", "mixed")]
    assert table.loc["mixed", "skill":"days high"].tolist() == pytest.approx(skill_interval(*daily, block=7))
    assert table.loc["mixed", "series won"] == 1 and table.loc["bad", "Holm p"] < 0.01
    assert table.loc["good", "RMSE"] == pytest.approx(np.sqrt(noise.mean())) and np.isnan(table.loc["good", "skill"])
    short = compare_by_day({name: days.head(27) for name, days in squares.items()}, "good")  # fewer than four weeks
    assert np.isnan(short.loc["bad", "days low"]) and short.loc["bad", "skill"] == pytest.approx(0.5)


def test_squares_by_day_belong_to_the_day_and_series_forecast(table):
    windows = cut(table, PERIOD, WINDOW, HORIZON)
    y = windows.t.clone()
    hit = (windows.row == 40) & (windows.series == 1)
    y[hit] += 2
    squares = squares_by_day(table, windows, y)
    assert squares.loc[table.index[41], "two"] == 4 and squares.to_numpy().sum() == 4


def test_the_guest_downloads_nothing_and_is_asked_for_what_is_known(table, tmp_path, monkeypatch):
    windows = cut(table, PERIOD, WINDOW, HORIZON).part(60, 80)
    monkeypatch.setattr("helpers.many.find_spec", lambda name: None)
    with pytest.raises(BadInput):
        chronos_forecast(tmp_path, table, windows)
    monkeypatch.setattr("helpers.many.find_spec", lambda name: name)
    with pytest.raises(BadInput):
        chronos_forecast(tmp_path / "none", table, windows)
    shown = []

    class BaseChronosPipeline:
        """The part of the package's class that is called."""

        @classmethod
        def from_pretrained(cls, folder, device_map):
            assert folder == str(tmp_path)
            return cls()

        def predict_quantiles(self, context, horizon, levels):
            shown.append(context)
            return context[:, -1:, None].expand(-1, horizon, len(levels)), context[:, -1:].expand(-1, horizon)

    monkeypatch.setitem(sys.modules, "chronos", types.SimpleNamespace(BaseChronosPipeline=BaseChronosPipeline))
    y = chronos_forecast(tmp_path, table, windows, context=12)
    assert torch.allclose(y, windows.now.expand(-1, HORIZON)) and shown[0].shape == (len(windows), 12)
    assert shown[0][3].numpy() == pytest.approx(
        table.iloc[windows.row[3] - 11 : windows.row[3] + 1, windows.series[3]], rel=1e-6
    )
    chronos_forecast(tmp_path, table, windows, context=90)
    first, row = (
        shown[1][0].numpy(),
        windows.row[0],
    )  # what lies before the first row is missing, not the end of the table
    assert np.isnan(first[: 89 - row]).all() and first[89 - row :] == pytest.approx(table["one"][: row + 1], rel=1e-6)
