"""Step 11: series that are changed where a forecast cannot know it, or that have nothing left to forecast."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

ALTERATIONS = ("shock", "rescale")


def copy_of(values: ArrayLike) -> object:
    """A copy in floats; a pandas object stays one, so that a pipeline gets what it is used to."""
    return values.astype(float) if hasattr(values, "astype") else np.array(values, dtype=float)


def alter(values: ArrayLike, row: int, how: str) -> object:
    """A copy of `values`, (time,) or (time, features), with other values from `row` on.

    "shock" adds one to two times the column's range, drawn again for each value, so that no minimum, mean, order or
    difference stays; "rescale" takes a tenth. Missing values stay missing and prices stay above zero.
    """
    changed = copy_of(values)
    array = np.array(changed)
    if how == "shock":
        span = np.nanmax(array, axis=0) - np.nanmin(array, axis=0)
        drawn = np.random.default_rng(0).uniform(1, 2, array[row:].shape)
        array[row:] += np.where(span > 0, span, 1) * drawn
    else:
        array[row:] *= 0.1
    changed[:] = array
    return changed


def coin_tosses(values: ArrayLike, seed: int = 0) -> object:
    """A series with the steps of `values`, in another order and each up or down by the toss of a coin.

    Whatever `values` held, the last value is now the best forecast of all later ones. All columns of a row keep together.
    A column of prices, all above zero, takes its steps in logarithms, so that it stays there; a gap takes none.
    """
    tossed, rng = copy_of(values), np.random.default_rng(seed)
    series = pd.DataFrame(np.array(tossed).reshape(len(tossed), -1)).ffill().bfill().to_numpy()
    positive = (series > 0).all(axis=0)
    level = np.where(positive, np.log(np.where(positive, series, 1)), series)
    steps = rng.permutation(np.diff(level, axis=0)) * rng.choice([-1, 1], (len(series) - 1, 1))
    walk = level[0] + np.vstack([np.zeros_like(level[:1]), np.cumsum(steps, axis=0)])
    tossed[:] = np.where(positive, np.exp(np.where(positive, walk, 0)), walk).reshape(tossed.shape)
    return tossed
