"""What the set-up of a sheet has made, so that a check does not compute what is right from a variable that was overwritten."""

import contextlib
import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from torch import Tensor

from helpers.exercises.checking import untouched

KINDS = (np.ndarray, pd.DataFrame, pd.Series, Tensor, int, float, str, tuple, list, dict)


class Made:
    """Copies of the variables that exist now; `variables` is the namespace itself, in which the reader may change them."""

    def __init__(self, variables: dict[str, Any]):
        self.variables = variables
        self.copies: dict[str, Any] = {}
        for name, value in named(variables):
            with contextlib.suppress(Exception):  # what cannot be copied is not compared
                self.copies[name] = copy.deepcopy(value)

    def changed(self, values: Sequence[Any]) -> str:
        """The name of a variable that is among `values`, and not what it was; or nothing."""
        for value in values:
            names = [name for name, now in named(self.variables) if now is value and name in self.copies]
            different = [name for name in names if not as_before(self.copies[name], value)]
            if different and (
                different == names or not isinstance(value, (int, float, str))
            ):  # equal numbers are one object
                return different[0]
        return ""


def named(variables: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Names and values of data, those in dictionaries too; without what Jupyter keeps: In, Out and names with an underscore."""
    for name, value in list(variables.items()):
        if isinstance(value, KINDS) and name not in ("In", "Out") and not name.startswith("_"):
            yield name, value
            if isinstance(value, dict):
                yield from ((f"{name}[{key!r}]", part) for key, part in value.items() if isinstance(part, KINDS))


def as_before(before: Any, after: Any) -> bool:
    """Whether a variable still says the same; another kind of array with the same values does."""
    with contextlib.suppress(Exception):
        if isinstance(before, np.ndarray | Tensor) and type(before) is not type(after):
            return bool(np.array_equal(np.asarray(before), np.asarray(after), equal_nan=True))
        return untouched(before, after)
    return False
