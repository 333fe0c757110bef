"""Step 14: does a reader's function see the future, and by which mistake?

The tripwires of step 11 say that something leaks. Here rows after an origin are changed group by group; which of them move the
forecast, and how, tells one mistake from another.

Longer than 200 lines of code: every kind of leak has its own test and its own sentence in two languages.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.challenge.running import LIMIT, ask
from helpers.challenge.series import COLUMN, HIDDEN, HORIZON, practice_origins
from helpers.challenge.source import Pipeline, outside_tables
from helpers.leakage import Finding, alter, suite
from helpers.leakage.alterations import ALTERATIONS
from helpers.validation import skill

Run = Callable[[pd.DataFrame, ArrayLike], np.ndarray]
GROUPS = (
    (1, 1),
    (2, 2),
    (3, 3),
    (4, 4),
    (5, 5),
    (6, 8),
    (9, 13),
    (14, 21),
    (22, 34),
    (35, 60),
    (61, 150),
)  # rows ahead
BLOCK = 60  # origins, one a row, over which the tripwires watch
WATCHED = 10  # origins, one a row, that the closer look watches
SLIGHT = 1e-4  # of a change: more than the last digits of float32
CLEAR = 10.0  # times as much as elsewhere: a movement that far ones do not explain


@dataclass(frozen=True)
class Leak:
    """A leak by its name in LEAKS, which helpers/language/words.py has in both languages, and what was seen of it."""

    name: str
    ja: str
    en: str

    @property
    def advice(self) -> tuple[str, str]:
        """What to do about it, in Japanese and in English."""
        return LEAKS[self.name]


LEAKS = {  # name -> what to do about it
    "whole-table statistics": (
        "平均、標準偏差、最小値、最大値は、最初の起点までの行（`table.iloc[: origins[0] + 1]`）だけから計算します。",
        "Compute mean, standard deviation, minimum and maximum from the rows up to the first origin alone "
        "(`table.iloc[: origins[0] + 1]`).",
    ),
    "chosen on scored rows": (
        "モデル、設定、エポックは、最初の起点より前の検証部分で選びます。",
        "Choose model, settings and epoch on a validation part before the first origin.",
    ),
    "trained on later rows": (
        "学習、平滑化、トレンドの当てはめには、最初の起点までに答えが分かる窓だけを使います。窓を混ぜて分けるのも同じ誤りです。",
        "Train, smooth and fit trends only on windows whose answers are known at the first origin. "
        "Shuffling windows before a split is the same mistake.",
    ),
    "shifted rows": (
        "`shift(-1)`、`values[i + 1]`、`dropna()` のあとの行番号を調べます。起点の行が、最後に知っている行です。",
        "Look for `shift(-1)`, `values[i + 1]`, or row numbers used after `dropna()`. "
        "The row of the origin is the last one known.",
    ),
    "centred window": (
        "`rolling(..., center=True)` のように両側を使う平均をやめ、起点までの行だけで平均します。",
        "Replace averages over both sides, such as `rolling(..., center=True)`, by averages over rows up to the origin.",
    ),
    "filled from the future": (
        "`bfill()` や `interpolate()` は次の値を使います。`ffill()` のように、前の値だけで埋めます。",
        "`bfill()` and `interpolate()` use the next value. Fill from earlier values alone, for example with `ffill()`.",
    ),
    "variable from outside": (
        "関数の中では、引数で受け取った表だけを使います。",
        "Inside the function, use only the table that it gets as an argument.",
    ),
    "too good": (
        "どの誤りかは特定できません。後の行を使いそうなところを、1 行ずつ調べてください。",
        "Which mistake it is cannot be identified. Go through every line that could reach later rows.",
    ),
}


def tripwire_origins(table: pd.DataFrame) -> np.ndarray:
    """The last BLOCK origins whose whole paths lie in the table, one a row."""
    return np.arange(BLOCK) + len(table) - BLOCK - HORIZON


def tripwires(pipeline: Pipeline, table: pd.DataFrame, limit: float = LIMIT) -> list[Finding]:
    """The two tripwires of step 11 that need nothing but forecasts, on all rows of a table.

    Raises Failure as `ask` does, for the altered tables too.
    """

    def forecast(values: pd.DataFrame, test: int) -> np.ndarray:
        return ask(pipeline, values, tripwire_origins(values), limit).y

    def score(values: pd.DataFrame, test: int) -> float:
        origins = np.arange(len(values) - test - 1, len(values) - HORIZON, HORIZON)
        truth = values[COLUMN].to_numpy()
        naive = np.repeat(truth[origins, None], HORIZON, axis=1)
        return skill(truth[origins[:, None] + 1 + np.arange(HORIZON)], ask(pipeline, values, origins, limit).y, naive)

    return [
        *suite(table, BLOCK, horizon=HORIZON, forecast=forecast),
        *suite(table, HIDDEN, horizon=HORIZON, score=score),
    ]


def movement_by_rows(run: Run, table: pd.DataFrame, origin: int) -> pd.Series:
    """How far the forecast made at `origin` moves when rows after it are changed, by how many rows ahead they are.

    run(table, origins) -> forecasts. Each group of GROUPS is raised by 1.5 times the range of its columns; the answer is
    the largest movement over the steps, in units of that change, indexed "1", "2", ... "61–150". Honest: 0 everywhere.
    """
    moved = {}
    for first, last in GROUPS:
        name = f"{first}" if first == last else f"{first}–{last}"
        moved[name] = _movement(run, table, origin, _raised(table, origin + first, origin + last))
    return pd.Series(moved) / _spans(table)[COLUMN]


def name_leaks(run: Run, table: pd.DataFrame) -> tuple[list[Leak], pd.Series]:
    """Which mistakes explain that changed later rows move forecasts, and the movement by rows.

    run(table, origins) -> forecasts, (n, HORIZON). Looks at one origin 160 rows before the end with no gap around it, and
    at the last row of the last gap. Rows are changed one group at a time; then a little differently (a choice stays the
    same, a scale does not), and in their order (a mean stays the same, a fit does not).
    """
    origin, gap = _places(table)
    moved = movement_by_rows(run, table, origin)
    edge = 1e-6 * (1 + moved.max())
    near, far, found = moved.iloc[:-2], moved.iloc[-2:], []
    if _is_a_choice(run, table, origin, moved if moved.max() > edge else None):
        return [Leak("chosen on scored rows", "後の行を大きく変えると別の予測に切りかわり、わずかな違いでは少しも変わりません。",
                     "A large change of later rows switches to other forecasts; a slight one changes nothing at all.")], moved  # fmt: skip
    everywhere = bool((far > edge).all())
    if everywhere and _order_matters(run, table, origin):
        found.append(Leak("trained on later rows", "起点の何十行も後の値を入れかえると、予測が動きました。",
                          "Putting values dozens of rows after the origin into another order moved the forecast."))  # fmt: skip
    elif everywhere:
        found.append(Leak("whole-table statistics", "起点の何十行も後の値を変えると予測が動き、順番を入れかえるだけでは動きません。",
                          "Changing values dozens of rows after the origin moved the forecast; merely reordering them did not."))  # fmt: skip
    hit = near[near > CLEAR * far.max()] if everywhere else moved[moved > edge]
    found += _near(list(hit.index), _copies(run, table, origin))
    if gap and not any(one.name == "shifted rows" for one in found):
        changed, slightly = (_raised(table, gap + 1, gap + 1, share) for share in (1, 1 + SLIGHT))
        behind = _movement(run, table, gap, changed) / _spans(table)[COLUMN]
        smooth = _movement(run, changed, gap, slightly) > 0
        if smooth and behind > CLEAR * max(moved.iloc[0], far.max(), edge):
            found.append(Leak("filled from the future", f"行 {gap} は欠損値です。次の行を変えると、そこでの予測だけが動きました。",
                              f"Row {gap} is missing. Changing the row after it moved the forecast made there, and no other."))  # fmt: skip
    return found, moved


def _places(table: pd.DataFrame) -> tuple[int, int]:
    """A row 160 before the end, or earlier, with no gap from 20 rows before it to 8 after; and the last row of the last gap."""
    missing, latest = table[COLUMN].isna().to_numpy(), len(table) - 160
    clear = (origin for origin in range(latest, len(table) // 2, -1) if not missing[origin - 20 : origin + 9].any())
    origin, ends = next(clear, latest), np.flatnonzero(missing[:-1] & ~missing[1:])
    return origin, int(ends[-1]) if len(ends) else 0


def _spans(table: pd.DataFrame) -> pd.Series:
    """By how much a changed row is raised, for each column: beyond any value that there is."""
    return 1.5 * (table.max() - table.min())


def _raised(table: pd.DataFrame, first: int, last: int, share: float = 1.0) -> pd.DataFrame:
    changed = table.copy()
    changed.iloc[first : last + 1] += share * _spans(table)
    return changed


def _movement(run: Run, one: pd.DataFrame, origin: int, other: pd.DataFrame) -> float:
    """The largest difference of the forecasts made at `origin` from two tables. Training ends WATCHED rows before it."""
    watched = np.arange(origin - WATCHED + 1, origin + 1)
    return float(np.abs(run(one, watched)[-1] - run(other, watched)[-1]).max())


def _is_a_choice(run: Run, table: pd.DataFrame, origin: int, moved: pd.Series | None) -> bool:
    """Later rows matter, but two changes of them that nearly agree give the very same forecasts.

    moved: of `movement_by_rows`; None where no group alone moves the forecast: then all rows from some row on are changed, as the tripwire does.
    """
    if moved is not None:
        first, last = (origin + ahead for ahead in GROUPS[int(np.argmax(moved))])
        return _movement(run, _raised(table, first, last), origin, _raised(table, first, last, 1 + SLIGHT)) == 0
    watched = tripwire_origins(table)
    before = run(table, watched)
    for row, how in itertools.product(np.linspace(watched[0] + 1, len(table) - 1, 7).astype(int), ALTERATIONS):
        changed, made = alter(table, row, how), watched < row
        after = run(changed, watched)[made]
        if (after != before[made]).any():
            changed.iloc[row:] += SLIGHT * _spans(table)
            return bool((run(changed, watched)[made] == after).all())
    return False


def _order_matters(run: Run, table: pd.DataFrame, origin: int) -> bool:
    """The same far rows in another order move the forecasts, too."""
    changed = alter(table, origin + 61, "shock")
    mixed = changed.copy()
    mixed.iloc[origin + 61 :] = changed.iloc[origin + 61 :].sample(frac=1, random_state=0).to_numpy()
    return _movement(run, changed, origin, mixed) > 0.05 * _movement(run, table, origin, changed)


def _copies(run: Run, table: pd.DataFrame, origin: int) -> bool:
    """Every step of the forecast moves one for one with the row that it is a forecast of."""
    watched, changed = np.arange(origin - WATCHED + 1, origin + 1), table.copy()
    bumps = _spans(table)[COLUMN] * np.arange(1, HORIZON + 1)
    changed.iloc[origin + 1 : origin + 1 + HORIZON, table.columns.get_loc(COLUMN)] += bumps
    return bool(np.allclose(run(changed, watched)[-1] - run(table, watched)[-1], bumps, rtol=1e-3))


def _near(hit: list[str], copies: bool) -> list[Leak]:
    """A leak that reaches some rows ahead and no further: `hit` are the groups of rows that move the forecast."""
    if not hit:
        return []
    if copies:
        return [Leak("shifted rows", f"予測の {HORIZON} 個の値が、予測する行そのものと同じだけ動きました。",
                     f"All {HORIZON} values of the forecast moved one for one with the very rows that they are forecasts of.")]  # fmt: skip
    if hit[0] != "1" or len(hit) == 1:
        return [Leak("shifted rows", f"起点での予測が、{hit[0]} 行先の値とともに動きました。ほかの行では動きません。",
                     f"The forecast made at the origin moved with the value {hit[0]} row{'s' * (hit[0] != '1')} ahead, and with no other.")]  # fmt: skip
    reach = hit[-1].split("–")[-1]
    return [Leak("centred window", f"起点での予測が、1 行先から {reach} 行先までの値とともに動き、その先では動きません。",
                 f"The forecast made at the origin moved with the values 1 to {reach} rows ahead, and not with later ones.")]  # fmt: skip


def outside_leaks(pipeline: Pipeline, known: pd.DataFrame, limit: float = LIMIT) -> list[Leak]:
    """Does the function read a variable of the notebook that holds the known part, beyond the origin of a forecast?

    Each such table, series or array gets other values after a row in the middle of the practice origins, for the time of
    one call; forecasts made before that row must stay. Raises Failure as `ask` does.
    """
    origins = practice_origins()
    there = known[COLUMN].notna().to_numpy()[origins + 1]  # so that the first changed row is not a missing one
    middle = next(
        int(origin)
        for origin, next_there in zip(origins[len(origins) // 2 :], there[len(origins) // 2 :], strict=True)
        if next_there
    )
    made = origins <= middle
    before, found = None, []
    for one in outside_tables(pipeline, len(known)):
        before = ask(pipeline, known, origins, limit).y if before is None else before
        try:
            one.put(alter(one.value, middle + 1, "shock"))
            after = ask(pipeline, known, origins, limit).y
        except (TypeError, ValueError):  # not a table of numbers; or the function breaks with other values in it
            continue
        finally:
            one.put(one.value)
        if not np.allclose(after[made], before[made], rtol=1e-6):
            found.append(Leak("variable from outside", f"変数 `{one.name}` の後ろの行を変えると、それより前に作った予測が動きました。",
                              f"Changing later rows of the variable `{one.name}` moved forecasts made before them."))  # fmt: skip
    return found


def find_leaks(
    pipeline: Pipeline, table: pd.DataFrame, limit: float = LIMIT
) -> tuple[list[Leak], list[Finding], pd.Series | None]:
    """The tripwires on a table and, where one fires, the mistakes by name; the last answer is `movement_by_rows`, or None."""
    findings = tripwires(pipeline, table, limit)
    found, moved = [], None
    if findings[0].fired:
        found, moved = name_leaks(lambda rows, origins: ask(pipeline, rows, origins, limit).y, table)
    if any(finding.fired for finding in findings) and not found:
        words = next((finding.ja, finding.en) for finding in findings if finding.fired)
        found = [Leak("too good", *words)]
    return found, findings, moved
