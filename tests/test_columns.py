"""Step 09: columns by name, relative prices, and who knew what when."""

import numpy as np
import pytest

from helpers.columns import relative_to_close
from helpers.data import load_prices
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
