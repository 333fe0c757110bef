"""Step 09: columns by name, relative prices, and who knew what when."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.regression.quantile_regression import QuantReg

from helpers.columns import har_quantiles, recent_range, relative_to_close, scaled_quantiles, simple_intervals
from helpers.data import load_prices
from helpers.language import BadInput
from helpers.windows import make_windows


def test_relative_prices_are_logarithms_to_the_close_before():
    prices = load_prices("ibm").tail(40)
    relative = relative_to_close(prices)
    assert len(relative) == 39 and not relative.isna().any().any()
    for row in (0, 20, 38):
        before, day = prices.iloc[row], prices.iloc[row + 1]
        for name in ("Low", "High", "Open", "Close"):
            assert relative[name].iloc[row] == pytest.approx(100 * np.log(day[name] / before["Close"]))
        assert relative["range"].iloc[row] == pytest.approx(100 * np.log(day["High"] / day["Low"]))
    doubled = relative_to_close(prices * 2)
    assert np.allclose(doubled, relative)


def test_the_previous_close_is_nearer_to_the_open_than_the_previous_open():
    """What the close trap rests on."""
    prices = load_prices("ibm").tail(1092)
    by_open = prices["Open"].diff().pow(2).mean() ** 0.5
    by_close = (prices["Open"] - prices["Close"].shift(1)).pow(2).mean() ** 0.5
    assert by_close < by_open


def test_five_columns_make_windows_of_five_features_with_the_first_as_target():
    table = load_prices("ibm").tail(60)[["Open", "High", "Low", "Close", "Volume"]]
    x, t = make_windows(table, 5)
    assert x.shape == (55, 5, 5) and t.shape == (55, 1)
    assert np.allclose(t[:, 0], table["Open"].iloc[5:]) and np.allclose(x[0, :, 4], table["Volume"].iloc[:5])


def test_the_recent_range_knows_nothing_of_its_own_day():
    relative = relative_to_close(load_prices("ibm").tail(60))
    recent = recent_range(relative, half_life=3)
    assert np.isnan(recent.iloc[0]) and not recent.iloc[1:].isna().any()
    for day in (1, 7, 58):
        age = np.arange(day)[::-1]  # of the ranges of days 0 .. day - 1, the newest 0 days old
        by_hand = np.average(relative["range"].iloc[:day], weights=0.5 ** (age / 3))
        assert recent.iloc[day] == pytest.approx(by_hand)
    later = relative.copy()
    later.iloc[30:] *= 7
    assert recent_range(later, half_life=3).iloc[:31].equals(recent.iloc[:31])


def test_scaled_quantiles_are_those_of_a_loop():
    relative, levels = relative_to_close(load_prices("ibm").tail(90)), (0.1, 0.8)
    intervals = scaled_quantiles(relative, 20, levels, half_life=2)
    ranges = relative["range"].to_numpy()
    known = [ranges[0]]  # the recursive form of the same mean, with the sum of its weights
    weight = 1.0
    for value in ranges[1:]:
        known.append((value + 0.5 ** (1 / 2) * weight * known[-1]) / (1 + 0.5 ** (1 / 2) * weight))
        weight = 1 + 0.5 ** (1 / 2) * weight
    for side, name in enumerate(("Low", "High")):
        ratios = [relative[name].iloc[day] / known[day - 1] for day in range(1, len(relative) - 20)]
        by_hand = np.quantile(ratios, levels[side]) * np.array(known[-21:-1])
        assert np.allclose(intervals[:, side], by_hand)
    assert intervals.shape == (20, 2)


@pytest.mark.parametrize("side", [0, 1])
def test_days_after_a_halt_are_in_no_unit_and_leave_the_others_as_they_are(side):
    """Forty days with Open = High = Low = Close, at the start: no range has been seen, and 0 divides nothing."""
    prices, levels = load_prices("ibm").tail(140).drop(columns="Volume"), (0.05, 0.95)
    halted = prices.copy()
    halted.iloc[:40] = prices[["Close"]].iloc[:40].to_numpy()
    relative = relative_to_close(halted)
    assert (recent_range(relative, 3).iloc[1:40] == 0).all()
    intervals = scaled_quantiles(relative, 20, levels, half_life=3)
    ratios = relative[["Low", "High"]].div(recent_range(relative, 3), axis=0).iloc[40:-20]
    factor = np.quantile(ratios.iloc[:, side], levels[side])
    assert np.allclose(intervals[:, side], factor * recent_range(relative, 3).iloc[-20:])


def test_a_series_without_ranges_is_told_so_in_both_languages():
    """Funds have one price a day, written into all four columns."""
    fund = load_prices("ibm").tail(140)[["Close"]]
    relative = relative_to_close(fund.assign(Open=fund.Close, High=fund.Close, Low=fund.Close))
    with pytest.raises(BadInput, match="違う日がない(.|\n)*low and high never differ"):
        scaled_quantiles(relative, 20, (0.1, 0.9), half_life=3)


def test_scaled_quantiles_hold_their_share_where_the_range_is_the_scale():
    """Days whose low and high are a stormy or calm scale times the same noise: each kind of day is covered alike."""
    rng = np.random.default_rng(0)
    scale = np.repeat(np.tile([0.5, 3.0], 4), 1000)
    high, low = scale * rng.uniform(0.5, 1, 8000), -scale * rng.uniform(0.5, 1, 8000)
    relative = pd.DataFrame({"Low": low, "High": high, "range": high - low})
    intervals = scaled_quantiles(relative, 4000, (0.1, 0.9), half_life=5)
    for kind in (0.5, 3.0):
        days = scale[-4000:] == kind
        assert np.mean(high[-4000:][days] <= intervals[days, 1]) == pytest.approx(0.9, abs=0.05)
        assert np.mean(low[-4000:][days] >= intervals[days, 0]) == pytest.approx(0.9, abs=0.05)


def test_har_is_the_quantile_regression_of_statsmodels():
    relative, levels = relative_to_close(load_prices("ibm").tail(400)), (0.2, 0.9)
    intervals = har_quantiles(relative, 50, levels, spans=(1, 4))
    ranges = relative["range"].to_numpy()
    days = np.arange(4, len(relative))  # known on each of them: yesterday's range, and the mean of the last four
    design = np.stack([np.ones(len(days)), ranges[days - 1], [ranges[day - 4 : day].mean() for day in days]], axis=1)
    for side, name in enumerate(("Low", "High")):
        t = relative[name].to_numpy()[days]
        fitted = QuantReg(t[:-50], design[:-50]).fit(q=levels[side], max_iter=5000, p_tol=1e-9)
        assert np.allclose(intervals[:, side], fitted.predict(design[-50:]), atol=0.02)
    later = relative.copy()
    later.iloc[-1] *= 9  # neither fitted on the days ahead, nor told of the day itself
    assert np.allclose(har_quantiles(later, 50, levels, spans=(1, 4)), intervals)


def test_the_simple_intervals_are_of_the_days_before():
    relative, levels = relative_to_close(load_prices("ibm").tail(200)), (0.1, 0.9)
    simple = simple_intervals(relative, 30, levels, half_life=3)
    assert list(simple) == ["empirical", "EWM range", "HAR"] and {y.shape for y in simple.values()} == {(30, 2)}
    before = relative.iloc[:-30]
    assert np.allclose(simple["empirical"], [before["Low"].quantile(0.1), before["High"].quantile(0.9)])
    assert np.array_equal(simple["EWM range"], scaled_quantiles(relative, 30, levels, 3))
    assert np.array_equal(simple["HAR"], har_quantiles(relative, 30, levels, (1, 5, 22)))
