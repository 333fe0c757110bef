"""The forecasts that need no network: each against its definition, on any device, known in time."""

import numpy as np
import pytest
import torch

from helpers.baselines import drift_forecast, last_known, linear_forecast, naive_forecast, seasonal_naive_forecast
from helpers.data import load_prices
from helpers.windows import make_windows

PRICES = load_prices("ibm")[["Open", "Close"]].tail(260)


def test_by_hand():
    x = torch.arange(48.0).reshape(2, 12, 2)  # the first feature of the last rows: 22 and 46
    assert naive_forecast(x).tolist() == [[22.0], [46.0]]
    assert naive_forecast(x, 3).tolist() == [[22.0] * 3, [46.0] * 3]
    assert drift_forecast(x, 3, [10, 0, 11.5]).tolist() == [[22.75, 23.5, 24.25], [46.75, 47.5, 48.25]]
    assert seasonal_naive_forecast(x, 6, 4)[0].tolist() == [16.0, 18.0, 20.0, 22.0, 16.0, 18.0]
    for period in (0, 13):
        with pytest.raises(ValueError, match=f"周期 {period} (.|\n)*period of {period} "):
            seasonal_naive_forecast(x, 3, period)


def test_the_drift_is_the_line_from_the_first_to_the_last_training_value():
    train = np.array([1.0, 4, 2, 8, 5])
    line = np.polyfit([0, 4], [train[0], train[-1]], 1)
    x = torch.tensor(train, dtype=torch.float32)[None, :, None]
    np.testing.assert_allclose(drift_forecast(x, 3, train)[0], np.polyval(line, [5, 6, 7]))


def test_on_a_pure_season_the_seasonal_naive_forecast_is_right():
    x, t = make_windows(np.tile(np.arange(12.0), 8), 24, 14)
    assert torch.equal(seasonal_naive_forecast(x, 14, 12), t)


def test_the_linear_forecast_finds_a_linear_law():
    x = torch.randn(200, 4, 2, generator=torch.Generator().manual_seed(0))
    t = torch.stack([x[:, -1, 0] + 0.5 * x[:, 0, 1] + 3, x[:, 1, 0]], dim=1)
    assert torch.allclose(linear_forecast(x[:150], t[:150])(x[150:]).float(), t[150:], atol=1e-5)


def test_forecasts_stay_on_the_device_of_the_windows():
    x = torch.zeros(4, 12, 1, device="meta")
    for y in (naive_forecast(x, 3), drift_forecast(x, 3, [1, 2, 3]), seasonal_naive_forecast(x, 3, 12)):
        assert y.device.type == "meta" and y.shape == (4, 3)


def test_what_is_known_the_day_before():
    known = last_known(PRICES, "Open", 10)
    opens = PRICES["Open"].to_numpy()
    np.testing.assert_array_equal(known["naive"], opens[-11:-1])
    np.testing.assert_array_equal(known["previous close"], PRICES["Close"].shift(1).iloc[-10:])
    slope = (opens[-11] - opens[0]) / (len(opens) - 11)
    np.testing.assert_allclose(known["drift"], opens[-11:-1] + slope)
    assert last_known(PRICES, "Close", 10).keys() == {"naive", "drift"}
    assert last_known(PRICES[["Open"]], "Open", 10).keys() == {"naive", "drift"}
