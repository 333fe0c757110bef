"""Step 14: are the challenges fair, and is every leak named? Measured on many numbers."""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from helpers.challenge.examples import LEAKING, NEED_GAPS, reading, simple_until_proven
from helpers.challenge.grading import WORTH, grade, path_losses
from helpers.challenge.leaks import find_leaks, outside_leaks
from helpers.challenge.series import draw, exam_origins, load_challenge
from helpers.challenge.source import Pipeline


def study(numbers: Iterable[int]) -> Iterator[dict[str, object]]:
    """The reference solution on each number, one row after the other.

    Keys: number, kind, the best baseline and its worth (1 - best possible RMSE over that of the baseline), chosen (by the
    reference), ratio (its RMSE over the best possible one), expected (that ratio without the luck of the hidden rows),
    skill (against the best baseline), p (Holm), verdict.

    What the best possible forecast misses is independent of all that was known. So a forecast errs in expectation by the
    best one's squared error plus its own squared distance from the best one, and both are known here.
    """
    for number in numbers:
        chosen: list[str] = []

        def noted(table, origins, chosen=chosen):
            name, y = simple_until_proven(table, origins)
            chosen.append(name)
            return y

        report = grade(noted, number, limit=600, checks=False)
        away = path_losses(report.challenge.best(exam_origins()), report.yours).mean()
        yield {
            "number": number,
            "kind": report.challenge.kind,
            "baseline": report.baseline,
            "worth": report.worth,
            "chosen": chosen[0],
            "ratio": report.rmse / report.best,
            "expected": float(np.sqrt(1 + away / report.best**2)),
            "skill": report.days[0],
            "p": report.errors.loc[report.baseline, "Holm p"],
            "verdict": report.verdict,
        }


def scoreboard(pipeline: Pipeline, numbers: Iterable[int]) -> pd.DataFrame:
    """One function on several numbers, scored without the search for leaks: a row a number.

    Columns: series (its kind), best baseline, worth (what there is to win: 1 - best possible RMSE over that of the baseline),
    times the best (RMSE over the best possible one), verdict. Each number counts as opened once more.
    Raises Failure for a function that does not work.
    """
    rows = {}
    for number in numbers:
        report = grade(pipeline, number, checks=False)
        if report.failure:
            raise report.failure
        row = {"series": report.challenge.kind, "best baseline": report.baseline, "worth": report.worth}
        rows[number] = row | {"times the best": report.rmse / report.best, "verdict": report.verdict}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("number")


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """What `study` found, with structure (a worth above WORTH) and without: numbers, within 10% of the best, won, lost."""
    rows = {}
    for name, part in (("structure", table[table["worth"] > WORTH]), ("none", table[table["worth"] <= WORTH])):
        counted = {verdict: int((part["verdict"] == verdict).sum()) for verdict in ("won", "equal", "lost")}
        rows[name] = {
            "numbers": len(part),
            "within 10%": int((part["ratio"] <= 1.1).sum()),
            "largest": part["ratio"].max(),
            "expected within 10%": int((part["expected"] <= 1.1).sum()),
            "largest expected": part["expected"].max(),
        } | counted
    return pd.DataFrame(rows).T


def leaks_named(numbers: Iterable[int]) -> pd.DataFrame:
    """Each leaking example on each number: how often it could leak, was found, and was given its own name and no other."""
    counts = {function.__name__: [expected, 0, 0, 0] for function, expected in LEAKING.items()} | {
        "reading": ["variable from outside", 0, 0, 0]
    }
    for number in numbers:
        challenge = draw(number)
        for function, expected in LEAKING.items():
            if function in NEED_GAPS and not challenge.gaps:
                continue
            names = [leak.name for leak in find_leaks(function, challenge.table)[0]]
            _count(counts[function.__name__], names, expected)
        mine = load_challenge(number)
        _count(counts["reading"], [leak.name for leak in outside_leaks(reading(mine), mine)], "variable from outside")
    return pd.DataFrame.from_dict(counts, orient="index", columns=["leak", "could leak", "found", "named"])


def _count(row: list, names: list[str], expected: str) -> None:
    row[1] += 1
    row[2] += bool(names)
    row[3] += names == [expected]
