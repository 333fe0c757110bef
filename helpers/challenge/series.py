"""Step 14: a series for every number, drawn from laws that are known, and the best forecast that those laws allow."""

import os
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.data.series import Series
from helpers.data.table import finished
from helpers.language import BadInput, check_whole, say

KNOWN, HIDDEN, HORIZON = 1200, 300, 5  # rows that the reader gets, rows kept for the report card, steps of a forecast
ROWS = KNOWN + HIDDEN
AHEAD = np.arange(1, HORIZON + 1)
COLUMN = "value"  # the column to forecast
FIXED = "LSTM_TUTORIAL_CHALLENGE"  # the environment variable with which a teacher fixes the number for a class
KINDS = {  # kind -> how often it is drawn
    "season": 0.2,
    "trend": 0.12,
    "autoregression": 0.16,
    "leading column": 0.12,
    "leading square": 0.1,
    "random walk": 0.16,
    "noise": 0.14,
}


@dataclass(frozen=True)
class Challenge:
    """A series with the law that it was drawn from, and the rows that the reader does not get.

    value(t) = unit (level(t) + r(t)), with e(t) and w(t) independent and normal, N(0, 1):

        r(t) = phi r(t-1) + effect g(z(t-1)) + spread(t) e(t),    z(t) = psi z(t-1) + sqrt(1 - psi²) w(t)

    g(z) is z, or z² - 1 for the kind "leading square". level: (rows,), made of trend, season and a regime change in the known part.
    spread is 1; where it changes, spread(t)² = 0.05 + 0.1 (spread(t-1) e(t-1))² + 0.85 spread(t-1)² (GARCH(1,1), Bollerslev
    1986). table: (rows, columns), what can be observed, with missing values; truth: (rows,), the value without any missing.
    """

    number: int
    kind: str
    table: pd.DataFrame
    truth: np.ndarray
    level: np.ndarray
    z: np.ndarray
    unit: float
    phi: float
    effect: float
    psi: float
    period: int  # 0: no season
    slope: float
    change: int  # the row of the regime change; 0: none
    volatile: bool
    gaps: bool

    def best(self, origins: ArrayLike) -> np.ndarray:
        """The mean of the next HORIZON values, given all that can be observed up to each origin: (n, HORIZON).

        No forecast has a smaller expected squared error. It follows from the law above: E[z(t+j)] = psi^j z(t) and
        E[z(t+j)² - 1] = psi^2j (z(t)² - 1), so that with a = psi, or psi² for squares,

            E[r(t+h)] = phi^h r(t) + effect g(z(t)) sum over j = 0 .. h-1 of phi^(h-1-j) a^j

        Where the value at t is missing, its own mean given the row before takes the place of r(t): r needs no more of the
        past than its last value, and z is always observed. Changing volatility does not move the mean.
        """
        origins = np.asarray(origins)
        observed, r, g = (
            self.table[COLUMN].notna().to_numpy(),
            self.truth / self.unit - self.level,
            _g(self.kind, self.z),
        )
        seen = np.zeros(ROWS)
        for row in range(ROWS):
            seen[row] = r[row] if observed[row] else self.phi * seen[row - 1] + self.effect * g[row - 1]
        a = self.psi**2 if self.kind == "leading square" else self.psi
        weight = np.array([sum(self.phi ** (h - 1 - j) * a**j for j in range(h)) for h in AHEAD])
        mean = self.phi**AHEAD * seen[origins, None] + self.effect * weight * g[origins, None]
        return self.unit * (self.level[origins[:, None] + AHEAD] + mean)

    def actual(self, origins: ArrayLike) -> np.ndarray:
        """The HORIZON values after each origin, (n, HORIZON): the generator knows those that are missing in the table too."""
        return self.truth[np.asarray(origins)[:, None] + AHEAD]

    def structure(self) -> list[tuple[str, str]]:
        """What the series was made of: a phrase in Japanese and in English for each part."""
        kinds = {
            "season": (f"周期 {self.period} の季節性", f"a season with a period of {self.period} rows"),
            "trend": ("直線のトレンドと、そのまわりの短い変動", "a straight trend, with short-lived noise around it"),
            "autoregression": (f"自己回帰（係数 {self.phi:.2f}）", f"autoregression (coefficient {self.phi:.2f})"),
            "leading column": ("次の変化を列 a が先に知らせる", "the column a announces the next change"),
            "leading square": ("次の変化を列 a の 2 乗が先に知らせる", "the square of the column a announces the next change"),
            "random walk": ("ランダムウォーク", "a random walk"),
            "noise": ("一定の平均のまわりの独立な変動", "independent noise around a fixed mean"),
        }
        extras = {
            ("一定の割合の増加か減少", "a constant rise or fall"): self.slope and self.kind != "trend",
            (f"行 {self.change} での構造変化", f"a regime change at row {self.change}"): self.change,
            ("変動の大きさの変化（GARCH）", "changing volatility (GARCH)"): self.volatile,
            ("欠損値", "missing values"): self.gaps,
        }
        return [kinds[self.kind], *(words for words, there in extras.items() if there)]


def _law(kind: str, sign: int, random: np.random.Generator) -> dict[str, float]:
    """The numbers of a kind. They leave the best forecast a tenth or more to win where there is structure."""
    law = {"phi": 0.0, "effect": 0.0, "psi": 0.0, "period": 0, "slope": 0.0}
    if kind == "season":
        slope = random.choice([0, sign]) * random.uniform(0.005, 0.02)
        law |= {"period": int(random.choice([5, 7, 12, 20, 24])), "phi": random.uniform(0, 0.5), "slope": slope}
    elif kind == "trend":
        law |= {"slope": sign * random.uniform(0.02, 0.05), "phi": random.uniform(0, 0.3)}
    elif kind == "autoregression":
        law |= {"phi": random.uniform(0.75, 0.85) if sign > 0 else random.uniform(-0.9, -0.75)}
    elif kind in ("leading column", "leading square"):
        effect = sign * random.uniform(0.8, 1.2) * (1.4 if kind == "leading square" else 1)
        law |= {"phi": 1.0, "effect": effect, "psi": random.uniform(0.75, 0.9)}
    elif kind == "random walk":
        law |= {"phi": 1.0, "slope": random.choice([0, sign]) * random.uniform(0.15, 0.3)}
    return law


def _g(kind: str, z: np.ndarray) -> np.ndarray:
    return z**2 - 1 if kind == "leading square" else z


def _season(period: int, random: np.random.Generator) -> np.ndarray:
    """Two harmonics of random size and phase; nothing without a period."""
    if not period:
        return np.zeros(ROWS)
    sizes, phases, turns = random.uniform((1.5, 0.5), (3, 1)), random.random(2), np.arange(ROWS)[:, None] / period
    return np.sin(2 * np.pi * (turns * (1, 2) + phases)) @ sizes


def _level(law: dict[str, float], change: int, base: float, jump: float, random: np.random.Generator) -> np.ndarray:
    time = np.arange(ROWS)
    level = base + law["slope"] * time + _season(law["period"], random)
    if change:  # another level, and a season of another size and phase
        level[change:] = (base + jump + law["slope"] * time + _season(law["period"], random))[change:]
    return level


def _recursion(kind: str, law: dict[str, float], volatile: bool, random: np.random.Generator) -> tuple[np.ndarray, ...]:
    """z and r, row after row, from z = r = 0 on."""
    e, w = random.standard_normal((2, ROWS))
    z, r, spread = np.zeros(ROWS), np.zeros(ROWS), np.ones(ROWS)
    for row in range(1, ROWS):
        before = row - 1
        if volatile:
            spread[row] = np.sqrt(0.05 + 0.1 * (spread[before] * e[before]) ** 2 + 0.85 * spread[before] ** 2)
        z[row] = law["psi"] * z[before] + np.sqrt(1 - law["psi"] ** 2) * w[row]
        r[row] = law["phi"] * r[before] + law["effect"] * _g(kind, z[before]) + spread[row] * e[row]
    return z, r


def _gaps(random: np.random.Generator) -> np.ndarray:
    """A gap of one to five rows in every 40: which rows are missing."""
    missing = np.zeros(ROWS, dtype=bool)
    for start in range(40, ROWS - 40, 40):
        first = start + random.integers(0, 34)
        missing[first : first + random.integers(1, 6)] = True
    return missing


@cache
def draw(number: int) -> Challenge:
    """The series of a number, the same on every machine. Raises BadInput unless it is a whole number of 0 or more."""
    check_whole(0, number=number)
    random = np.random.default_rng([14, number])
    kind = str(random.choice(list(KINDS), p=list(KINDS.values())))
    regime, volatile, gaps = (random.random(3) < (0.4, 0.3, 0.5)).tolist()
    unit, base, sign = 10.0 ** random.integers(-1, 2), random.uniform(600, 1400), random.choice([-1, 1])
    law = _law(kind, sign, random)
    change = int(random.integers(200, 320)) if regime and kind in ("season", "trend", "autoregression") else 0
    level = _level(law, change, base, sign * random.uniform(5, 9), random)
    z, r = _recursion(kind, law, volatile, random)
    truth = unit * (level + r)
    columns = {COLUMN: np.where(_gaps(random) & gaps, np.nan, truth)}
    if law["effect"]:  # a announces the next change, b only echoes the last one and says nothing that a has not said
        columns |= {"a": z, "b": np.roll(_g(kind, z), 1) + random.normal(0, 0.5, ROWS)}
    title = {"title_ja": f"課題 {number} 番の系列", "title_en": f"Series of challenge {number}", "scale": 1000 * unit}
    source = {
        "value_ja": "値",
        "value_en": "value",
        "source": "helpers/challenge/series.py",
        "licence": "free, generated",
    }
    table = pd.DataFrame(columns, index=pd.bdate_range("2020-01-06", periods=ROWS))
    table = finished(table, Series(column=COLUMN, **title, **source).attrs(f"challenge {number}"))
    return Challenge(number, kind, table, truth, level, z, unit, change=change, volatile=volatile, gaps=gaps, **law)


def load_challenge(number: int) -> pd.DataFrame:
    """The known part of the series of a number, in the form of `load_prices`: KNOWN rows, column "value", maybe others.

    The value may be missing in some rows; other columns never are. The next HIDDEN rows are kept for the report card. They
    are not locked away: whoever reads helpers/challenge can compute them, and whoever does has no challenge left.
    Raises BadInput unless number is a whole number of 0 or more.
    """
    return draw(number).table.iloc[:KNOWN].copy()


def class_number(number: int) -> int:
    """`number`, or the one that a teacher has fixed for the class by LSTM_TUTORIAL_CHALLENGE; one printed line then says so.

    Raises BadInput when that variable holds no whole number of 0 or more.
    """
    fixed = os.environ.get(FIXED, "")
    if not fixed:
        return number
    if not fixed.isdecimal():
        raise BadInput(
            f"環境変数 {FIXED} は 0 以上の整数にしてください: {fixed!r}",
            f"the environment variable {FIXED} must be a whole number of 0 or more: {fixed!r}",
        )
    say(f"番号は、クラスで決めた {int(fixed)} を使います。", f"Using the number of the class: {int(fixed)}.")
    return int(fixed)


def exam_origins() -> np.ndarray:
    """The rows from which the report card asks for forecasts: every HORIZON-th from the last known row on, (60,)."""
    return np.arange(KNOWN - 1, ROWS - HORIZON, HORIZON)


def practice_origins(rows: int = 300) -> np.ndarray:
    """Rows of the known part from which to forecast for practice: every HORIZON-th of the last `rows` ones."""
    return np.arange(KNOWN - 1 - rows, KNOWN - HORIZON, HORIZON)
