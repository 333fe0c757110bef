"""Dates as people write them, in the one form that a whole file has. A source that writes otherwise is one entry more in DATES."""

import pandas as pd

from helpers.data.table import DataError

# The years that pandas' nanoseconds can count end in 2262. A named month stands for its number.
YEAR, MONTH, DAY = r"(?P<year>(?:1[7-9]|2[01])[0-9]{2})", r"(?P<month>[0-9]{1,2})", r"(?P<day>[0-9]{1,2})"
NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NAMED = rf"(?P<month>{'|'.join(NAMES)})[a-z]*\.?"
DATES = {
    "2025-06-19": rf"{YEAR}[-/.年]{MONTH}[-/.月]{DAY}日?(?:\(.\))?",
    "2025-06": rf"{YEAR}[-/.年]{MONTH}月?",
    "20250619": rf"{YEAR}(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})",
    "06/19/2025": rf"{MONTH}[-/]{DAY}[-/]{YEAR}",
    "19/06/2025": rf"{DAY}[-/]{MONTH}[-/]{YEAR}",
    "19.06.2025": rf"{DAY}\.{MONTH}\.{YEAR}",
    "Jun 19, 2025": rf"{NAMED} {DAY},? {YEAR}",
    "19-Jun-2025": rf"{DAY}[- ]{NAMED}[- ]{YEAR}",
}
EITHER = "06/19/2025", "19/06/2025"  # 06/07/2025 is June in New York and July in London: the other rows must tell
CLOCK = r"(?P<hour>[01]?[0-9]|2[0-3]):(?P<minute>[0-5][0-9])(?::(?P<second>[0-5][0-9](?:\.[0-9]+)?))?(?P<half> ?[ap]m)?"
BARE = r"(?P<hour>[01][0-9]|2[0-3])(?:(?P<minute>[0-5][0-9])(?P<second>[0-5][0-9])?)?"  # 093000, 0930, 09
SOME = 1000  # rows tell which forms a long file may have
ZONE = r"(?:z|[+-][0-9]{2}:?[0-9]{2}| ?utc| ?gmt)?"
# Since 1970, as exchanges of crypto assets write, up to 2033: statistics offices mean January 2020 by 2020000101.
UNIX = {"s": r"1?[0-9]{9}(?:\.[0-9]+)?", "ms": r"1?[0-9]{12}"}


def with_clock(cells: pd.Series, clock: pd.Series) -> pd.Series:
    """Dates with the times of the column beside them, if that column holds times of day: most of its rows tell."""
    if max(clock.str.fullmatch(f"{form}{ZONE}", case=False).mean() for form in (CLOCK, BARE)) > 0.5:
        return (cells + " " + clock).str.strip()
    return cells


def read_days(cells: pd.Series, title: str, places: list[tuple[str, str]]) -> pd.Series:
    """Dates in the one form of DATES that most rows have; NaT in the others.

    Raises DataError where rows can be read month first as well as day first.
    """
    cells = cells.str.casefold()
    patterns = {form: rf"^{date}(?:(?:[t ]+|, ?)(?:{CLOCK}){ZONE})?$" for form, date in DATES.items()}
    # Before UNIX, which takes the same digits for others: 202506190930 for milliseconds, in 1976.
    patterns["20250619 0930"] = rf"^{DATES['20250619']}(?: ?{BARE})?$"
    some = cells[:: len(cells) // SOME + 1]
    readings = {form: _read(cells, way) for form, way in patterns.items() if _read(some, way).notna().any()}
    for unit, pattern in UNIX.items():
        number = cells.where(cells.str.fullmatch(pattern)).astype("float64")
        readings[unit] = pd.to_datetime(number, unit=unit, errors="coerce").dt.as_unit("ns")
    one, other = (readings.get(form, readings["s"]) for form in EITHER)
    if one.notna().all() and other.notna().all() and (one != other).any():
        row = (one != other).idxmax()
        place, cell = places[row], cells[row]
        raise DataError(
            f"{place[0]}、「{title}」の列: {cell!r} は、月が先か日が先か分かりません。2025-06-19 のように書いてください",
            f"{place[1]}, column {title!r}: {cell!r} may have the month or the day first; write 2025-06-19",
        )
    return max(readings.values(), key=lambda days: days.notna().sum())


def _read(cells: pd.Series, pattern: str) -> pd.Series:
    """The dates of one form, with their time of day where there is one; NaT where a cell is otherwise or no such day is."""
    parts = cells.str.extract(pattern)
    if "day" not in parts:
        parts["day"] = parts["year"].where(parts["year"].isna(), "1")
    parts["month"] = parts["month"].replace({name: str(k) for k, name in enumerate(NAMES, start=1)})
    half = parts.pop("half") if "half" in parts else pd.Series(index=cells.index, dtype=object)
    days = pd.to_datetime(parts.fillna({"hour": "0", "minute": "0", "second": "0"}), errors="coerce")
    noon = half.str.strip().map({"am": 0, "pm": 12})
    hour = days.dt.hour
    wrong = noon.notna() & ((hour > 12) | (hour == 0))  # 13:00 PM
    return days.mask(wrong) + pd.to_timedelta((noon - 12 * (noon.notna() & (hour == 12))).fillna(0), unit="h")
