"""What all sources of a series share: the columns, the form in which a table leaves, and the error."""

from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from helpers.language import BadInput

ROOT = Path(__file__).resolve().parents[2]
PRICES = ["Open", "High", "Low", "Close"]
MIN_ROWS = 30  # fewer cannot fill a window, a training part and a test part


class DataError(BadInput):
    """A series is not available as asked for: no such name or file, a mistake in a file, or no download."""


@contextmanager
def naming(source: str):
    """Put `source`, a file or who answered, in front of a mistake found inside."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{source}: {error.ja}", f"{source}: {error.en}") from None


def select_columns(prices: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """These columns of a table; BadInput names those missing and those there."""
    missing = [name for name in columns if name not in prices]
    if missing:
        lack, there = ", ".join(map(str, missing)), ", ".join(map(str, prices.columns))
        raise BadInput(
            f"{lack} という列はありません。この系列にあるのは {there} です。",
            f"there is no column {lack}; this series has {there}.",
        )
    return prices[list(columns)]


def finished(frame: pd.DataFrame, attrs: dict) -> pd.DataFrame:
    """The form every series leaves in: float64 by rising dates, and what is known of it as `attrs`."""
    frame = frame.astype("float64").sort_index()
    frame.index = pd.DatetimeIndex(frame.index, name="Date").as_unit("ns")
    frame.attrs = {**attrs, "stands_in_for": None}
    return frame
