"""Step 09: all columns of a day as inputs, and the day's range as the target."""

import numpy as np
import pandas as pd

from helpers.data import select_columns


def relative_to_close(prices: pd.DataFrame) -> pd.DataFrame:
    """Each day's prices in percent above the close of the day before, 100 ln(price / previous close), and the day's range.

    Columns Low, High, Open, Close and range = 100 ln(High / Low); one row fewer than `prices`. Unlike prices, these
    numbers keep their size when the level of the series doubles.
    """
    prices = select_columns(prices, ["Low", "High", "Open", "Close"])
    relative = 100 * np.log(prices.div(prices["Close"].shift(1), axis=0))
    return relative.assign(range=relative["High"] - relative["Low"]).dropna()
