"""How tables are shown: their names in both languages, of which the switch hides one, and numbers as people write them."""

import html
import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from helpers.language.words import words

PLACES = 6  # a number with more of them is not meant to be read to the end
COMMAS_FROM = 10_000  # of whole numbers; 2021 stays as it is: it may be a year
P_VALUES = {"p", "Holm p", "p Holm"}  # never 0: one that rounds to it is written as smaller than the last place


def marked(name: object) -> str:
    """A name as HTML: both languages where it is a known word, each with its `lang`; a reader's own name as it stands."""
    ja, en = (html.escape(word) for word in words(str(name)))
    return ja if ja == en else spans(ja, en)


def spans(ja: str, en: str) -> str:
    """HTML in both languages for a cell of a table: the switch hides one, and what stands between the two."""
    return f'<span lang="ja">{ja}</span><span> / </span><span lang="en">{en}</span>'


def places(numbers: np.ndarray) -> int:
    """How many decimal places a column wants: all that its numbers have, or four digits of the largest if those are many."""
    numbers = numbers[np.isfinite(numbers)]
    close = 4 * np.finfo(numbers.dtype).eps
    for count in range(PLACES):
        if np.allclose(numbers, np.round(numbers, count), rtol=close, atol=0):
            return count
    return min(max(3 - math.floor(math.log10(np.abs(numbers).max())), 0), PLACES)


def significant(value: float, digits: int = 4, sign: str = "") -> str:
    """A number in so many significant digits and without an exponent: 531.0, 27,576, 0.001284; a whole one as it is.

    sign: "+" writes it always.
    """
    if not math.isfinite(value) or value == round(value):
        return f"{value:{sign},.0f}"
    size = math.floor(math.log10(abs(float(f"{value:.{digits - 1}e}"))))  # that of 9.9996 is the one of 10.00
    return f"{value:{sign},.{max(digits - 1 - size, 0)}f}"


def written(column: pd.Series) -> Callable[[object], str]:
    """A function that writes each value of a column as HTML, a missing one as a dash."""
    numeric = pd.api.types.is_numeric_dtype(column) and column.dtype.kind in "iuf"
    numbers = column.dropna().to_numpy() if numeric else np.empty(0)
    count = places(numbers) if numbers.dtype.kind == "f" else 0
    names = column.name if isinstance(column.name, tuple) else (column.name,)
    probable = numeric and not P_VALUES.isdisjoint(names)
    if probable:
        count = max(count, 3)
    comma = "," if len(numbers) and np.abs(numbers).max() >= (1000 if count else COMMAS_FROM) else ""

    def write(value: object) -> str:
        if pd.api.types.is_scalar(value) and pd.isna(value):
            return "–"
        if not numeric:
            return marked(value) if isinstance(value, str) else html.escape(str(value))
        if probable and value < 0.5 * 0.1**count:
            return f"&lt;&nbsp;{0.1**count:.{count}f}"
        if value and np.isfinite(value) and (abs(value) >= 1e15 or abs(value) < 0.1**PLACES):
            return f"{value:.3g}"
        return f"{value:z{comma}.{count}f}"  # z: what rounds to 0 is 0, not -0

    return write


def table_html(table: pd.DataFrame | pd.Series, **options: object) -> str:
    """A table as HTML: what is shown where a cell ends with one. Long and wide tables are cut as pandas cuts them.

    options: of `DataFrame.to_html`, such as index=False.
    """
    if isinstance(table, pd.Series):
        table = table.to_frame("" if table.name is None else table.name)
    frame = table.copy(deep=False)
    writers = [written(frame.iloc[:, place]) for place in range(frame.shape[1])]
    for place, kind in enumerate(frame.dtypes):
        if pd.api.types.is_numeric_dtype(kind) and not isinstance(kind, np.dtype):
            frame.isetitem(place, frame.iloc[:, place].astype(object).fillna(np.nan))  # pandas would write <NA>
    frame.index, frame.columns = _marked_axis(frame.index), _marked_axis(frame.columns)
    if frame.index.nlevels == frame.columns.nlevels == 1 and not frame.columns.name:
        # in the row of the heads, not in a row of its own
        frame = frame.rename_axis(index=None, columns=frame.index.name)
    longest = pd.get_option("display.max_rows") or len(frame)  # None, and here 0 as well: every row
    cut = len(frame) > longest
    shown = min(pd.get_option("display.min_rows") or longest, longest) if cut else None
    cutting = {"max_rows": shown, "show_dimensions": cut}
    cutting["max_cols"] = pd.get_option("display.max_columns") or None
    return frame.to_html(formatters=writers, na_rep="–", border=0, escape=False, **cutting | options)


def _marked_axis(axis: pd.Index) -> pd.Index:
    """The labels of an axis and their own names in words; dates and numbers stay."""

    def word(label):
        return marked(label) if isinstance(label, str) else label

    if isinstance(axis, pd.MultiIndex):
        axis = axis.set_levels([_marked_axis(level) for level in axis.levels], verify_integrity=False)
    elif not (pd.api.types.is_numeric_dtype(axis) or isinstance(axis, (pd.DatetimeIndex, pd.PeriodIndex))):
        axis = pd.Index([word(label) for label in axis], dtype=object, name=axis.name)
    return axis.rename([word(name) for name in axis.names] if axis.nlevels > 1 else word(axis.name))


def follow_the_switch() -> None:
    """Show every table of this notebook so, a Series too. Outside of IPython nothing happens."""
    from IPython import get_ipython

    if shell := get_ipython():
        to_html = shell.display_formatter.formatters["text/html"]
        to_html.for_type(pd.DataFrame, table_html)
        to_html.for_type(pd.Series, table_html)
