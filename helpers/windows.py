"""Step 02: from a series of prices to pairs of input window and target, and the split in time."""

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from helpers.language import both


def check_series(values: ArrayLike, window: int, horizon: int = 1, stride: int = 1) -> np.ndarray:
    """`values` as a float array of shape (time, features), or an error that says what to change.

    Raises ValueError when a number is missing or infinite, when a setting is not a whole number of at least 1, or when
    the series is shorter than one window and its target.
    """
    for name, number in {"window": window, "horizon": horizon, "stride": stride}.items():
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < 1:
            raise ValueError(
                both(
                    f"{name} は 1 以上の整数にしてください: {number!r}",
                    f"{name} must be a whole number of at least 1: {number!r}",
                )
            )
    try:
        series = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(
            both(
                "系列に数でない値があります。価格の列だけを渡してください。",
                "the series holds something that is not a number: pass price columns only.",
            )
        ) from None
    if series.ndim not in (1, 2):
        raise ValueError(
            both(
                f"系列の形は (時刻,) か (時刻, 特徴量) です: {series.shape}",
                f"a series has the shape (time,) or (time, features): {series.shape}",
            )
        )
    series = series[:, None] if series.ndim == 1 else series
    if not np.isfinite(series).all():
        row = int(np.flatnonzero(~np.isfinite(series).all(axis=1))[0])
        raise ValueError(
            both(
                f"{row} 行目（0 から数えて）が欠けているか無限大です。dropna() などで取り除いてください。",
                f"row {row} (counted from 0) is missing or infinite: remove it, for example with dropna().",
            )
        )
    if len(series) < window + horizon:
        raise ValueError(
            both(
                f"系列は {len(series)} 行ですが、window {window} と horizon {horizon} には {window + horizon} 行が必要です。",
                f"the series has {len(series)} rows, but window {window} and horizon {horizon} need {window + horizon}.",
            )
        )
    return series


def make_windows(
    values: ArrayLike, window: int, horizon: int = 1, stride: int = 1, include_input: bool = False
) -> tuple[Tensor, Tensor]:
    """Cut a series into input windows and the values that follow them.

    values: shape (time,) or (time, features), oldest first; the first column is the one to forecast.
    window: rows that the model sees. horizon: rows to forecast. stride: rows from one window's start to the next.
    include_input: put the window itself before the forecast rows in the target.

    Returns x of shape (n, window, features) and t of shape (n, horizon), or (n, window + horizon) with include_input,
    both float32. Raises ValueError for a series or a setting that cannot be used.
    """
    series = check_series(values, window, horizon, stride)  # (time, features)
    starts = range(0, len(series) - window - horizon + 1, stride)
    first = 0 if include_input else window
    x = np.stack([series[start : start + window] for start in starts])
    t = np.stack([series[start + first : start + window + horizon, 0] for start in starts])
    return torch.tensor(x, dtype=torch.float32), torch.tensor(t, dtype=torch.float32)


def check_test(x: Tensor, test: int) -> None:
    """Raise ValueError unless `test` windows can be set aside and some are left for training."""
    if isinstance(test, bool) or not isinstance(test, (int, np.integer)) or not 1 <= test < len(x):
        raise ValueError(
            both(
                f"窓は {len(x)} 個です。test は 1 から {len(x) - 1} までの整数にしてください: {test!r}",
                f"there are {len(x)} windows: test must be a whole number from 1 to {len(x) - 1}: {test!r}",
            )
        )


def split_last(x: Tensor, t: Tensor, test: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The last `test` windows for the test, all earlier ones for training.

    x: (n, window, features), t: (n, horizon). Returns x_train, x_test, t_train, t_test. With a horizon beyond the
    stride, the last (horizon - 1) // stride training targets reach into the test: leave those windows out.
    Raises ValueError when either part would be empty.
    """
    check_test(x, test)
    return x[:-test], x[-test:], t[:-test], t[-test:]
