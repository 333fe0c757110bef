"""Step 14: how good is a forecast of the hidden rows, how much of that is chance, and how much was there to win?"""

import contextlib
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from statsmodels.stats.proportion import proportion_confint

from helpers.baselines import drift_forecast, naive_forecast, seasonal_naive_forecast
from helpers.challenge.leaks import Leak, find_leaks, outside_leaks
from helpers.challenge.running import LIMIT, Answer, Failure, ask
from helpers.challenge.series import COLUMN, HORIZON, KNOWN, Challenge, draw, exam_origins, practice_origins
from helpers.challenge.source import Pipeline, hash_of, source_of, takes_seed
from helpers.leakage import Finding
from helpers.validation import SIGNIFICANCE, diebold_mariano, holm, rmse, skill_interval
from helpers.windows import look

WORTH = 0.03  # a best possible error nearer than this to that of a baseline leaves nothing to win
CONFIDENCE = 0.9  # what an interval that is handed in should hold
SEEDS = 5  # for a function that takes a seed
HIDE = 12  # origins at which a leaking function is asked again, with the future hidden


def path_losses(actual: ArrayLike, forecast: ArrayLike) -> np.ndarray:
    """The mean squared error of each path: two arrays (n, HORIZON) -> (n,)."""
    return np.mean(np.square(np.asarray(actual) - np.asarray(forecast)), axis=1)


def baselines(table: pd.DataFrame, origins: ArrayLike, period: int = 0) -> dict[str, np.ndarray]:
    """What needs no learning: name -> forecasts, (n, HORIZON). Missing values are the last known ones before them.

    The slope of the drift and the mean are those of the rows up to the first origin. period: with 2 or more the seasonal naive
    forecast is there too. Source: Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, 5.2.
    """
    values, origins = table[COLUMN].ffill().to_numpy(), np.asarray(origins)
    past = values[: origins[0] + 1]
    x = torch.from_numpy(values[origins[:, None] + np.arange(1 - max(period, 1), 1)])[:, :, None]
    found = {
        "naive": naive_forecast(x, HORIZON).numpy(),
        "drift": drift_forecast(x, HORIZON, past).numpy(),
        "mean": np.full((len(origins), HORIZON), past.mean()),
    }
    if period > 1:
        found["seasonal naive"] = seasonal_naive_forecast(x, HORIZON, period).numpy()
    return found


def compare_with(actual: ArrayLike, yours: ArrayLike, others: dict[str, np.ndarray]) -> pd.DataFrame:
    """One row for each other forecast, all (n, HORIZON) and from origins whose paths do not overlap.

    Columns: RMSE, its own; skill: of yours against it; p: Diebold-Mariano on the losses of the paths; Holm p: corrected for
    as many tests as there are rows.
    """
    rows = {}
    for name, other in others.items():
        error = rmse(actual, other)
        p = diebold_mariano(actual, yours, other, losses=path_losses)
        rows[name] = {"RMSE": error, "skill": 1 - rmse(actual, yours) / error, "p": p}
    table = pd.DataFrame(rows).T
    return table.assign(**{"Holm p": holm(table["p"])})


def practice(pipeline: Pipeline, table: pd.DataFrame, period: int = 0, limit: float = LIMIT) -> pd.DataFrame:
    """Your function on the last 300 known rows, beside the baselines: as often as you like, nothing hidden is opened.

    table: from `load_challenge`. Returns one row a forecast: RMSE, and the skill of yours against it with its p, as in
    `compare_with`. Paths with a missing value are not scored. Raises Failure, which says what is wrong with the function.
    """
    origins = practice_origins()
    ahead = table[COLUMN].to_numpy()[origins[:, None] + 1 + np.arange(HORIZON)]
    whole = np.isfinite(ahead).all(axis=1)
    yours = ask(pipeline, table, origins, limit).y[whole]
    others = {name: y[whole] for name, y in baselines(table, origins, period).items()}
    compared = compare_with(ahead[whole], yours, others)
    return pd.concat([pd.DataFrame({"RMSE": rmse(ahead[whole], yours)}, index=["yours"]), compared])


@dataclass
class Report:
    """Everything that a report card says, as numbers; `card` puts it into words."""

    number: int
    name: str
    look: int  # the how-manieth card of this number in this kernel
    hash: str
    source: str
    challenge: Challenge
    failure: Failure | None = None
    yours: np.ndarray | None = None  # (n, HORIZON), the mean over the seeds where there are several
    errors: pd.DataFrame = field(default_factory=pd.DataFrame)  # of `compare_with`, and a row "best possible"
    rmse: float = np.nan
    days: tuple[float, float, float] = (np.nan,) * 3  # skill against the best baseline, with its interval over the days
    leaks: list[Leak] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    movement: pd.Series | None = None
    without_future: tuple[float, float] = (
        np.nan,
        np.nan,
    )  # RMSE at the same few origins, as handed in and with nothing ahead
    apparent: float = np.nan  # RMSE over the best possible one, on the practice origins
    coverage: tuple[float, float, float] | None = None  # with its 95% interval
    interval: tuple[np.ndarray, np.ndarray] | None = None  # its low and high ends, each (n, HORIZON)
    width: float = np.nan
    seeds: list[float] = field(default_factory=list)  # RMSE of each seed
    seconds: float = np.nan

    @property
    def best(self) -> float:
        """The best possible RMSE."""
        return float(self.errors.loc["best possible", "RMSE"])

    @property
    def baseline(self) -> str:
        """The baseline with the smallest error on the hidden rows."""
        return str(self.errors["RMSE"].drop("best possible").idxmin())

    @property
    def worth(self) -> float:
        """By how much the best possible forecast is better than the best baseline: 1 - ratio of the errors."""
        return 1 - self.best / float(self.errors.loc[self.baseline, "RMSE"])

    @property
    def verdict(self) -> str:
        """ "failed", "leak", "won" (better than every baseline, after Holm), "lost" (worse than the best one), "equal"."""
        if self.failure:
            return "failed"
        if self.leaks and not all(one.name == "variable from outside" for one in self.leaks):
            return "leak"
        others, best = self.errors.drop(index="best possible"), self.errors.loc[self.baseline]
        if (others["skill"] > 0).all() and (others["Holm p"] < SIGNIFICANCE).all():
            return "won"
        return "lost" if best["skill"] < 0 and best["Holm p"] < SIGNIFICANCE else "equal"


def grade(pipeline: Pipeline, number: int, name: str = "", limit: float = LIMIT, checks: bool = True) -> Report:
    """Open the hidden rows of a challenge, which counts as a look, and measure all that there is to say about a function.

    pipeline(table, origins): see `report_card`. checks: False leaves out the search for leaks, which takes most of the time. What the function does wrong ends up in the report and is not raised.
    Raises BadInput for a number that is not a whole number of 0 or more.
    """
    challenge = draw(number)
    known, origins = challenge.table.iloc[:KNOWN], exam_origins()
    report = Report(number, name, look(f"challenge {number}"), hash_of(pipeline), source_of(pipeline), challenge)
    try:
        answers = _over_seeds(pipeline, challenge.table, origins, limit)
    except Failure as failure:
        report.failure = failure
    try:
        practised = ask(pipeline, known, practice_origins(), limit)
        report.apparent = _against_best(challenge, practice_origins(), practised.y)
        report.leaks += outside_leaks(pipeline, known, limit) if checks else []
    except Failure:
        pass  # what breaks on known rows too, breaks above, where it is told
    if report.failure:
        return report
    _score(report, answers, origins)
    if not checks:
        return report
    try:
        leaks, report.findings, report.movement = find_leaks(pipeline, challenge.table, limit)
        report.leaks += leaks
    except Failure as failure:
        report.findings = [Finding("future_changes_past", None, failure.ja, failure.en)]
    if not report.leaks:
        report.leaks += _too_good(challenge, report.yours, origins)
    if report.verdict == "leak":
        with contextlib.suppress(Failure):  # it may need rows that are not there yet
            report.without_future = _without_future(pipeline, challenge, report.yours, limit)
    return report


def _over_seeds(pipeline: Pipeline, table: pd.DataFrame, origins: np.ndarray, limit: float) -> list[Answer]:
    """One answer, or SEEDS of them from a function with an argument `seed`."""
    return [ask(pipeline, table, origins, limit, seed) for seed in range(SEEDS if takes_seed(pipeline) else 1)]


def _against_best(challenge: Challenge, origins: np.ndarray, y: np.ndarray) -> float:
    actual = challenge.actual(origins)
    return rmse(actual, y) / rmse(actual, challenge.best(origins))


def _score(report: Report, answers: list[Answer], origins: np.ndarray) -> None:
    """Fill in what follows from the answers alone."""
    challenge, yours = report.challenge, np.mean([answer.y for answer in answers], axis=0)
    actual, others = challenge.actual(origins), baselines(challenge.table, origins, challenge.period)
    report.yours, report.rmse = yours, rmse(actual, yours)
    report.errors = compare_with(actual, yours, others)
    report.errors.loc["best possible", "RMSE"] = rmse(actual, challenge.best(origins))
    report.days = skill_interval(actual - yours, actual - others[report.baseline])
    report.seconds = float(np.median([answer.seconds for answer in answers]))
    report.seeds = [rmse(actual, answer.y) for answer in answers]
    if answers[0].low is not None:
        low, high = (np.mean([getattr(answer, end) for answer in answers], axis=0) for end in ("low", "high"))
        share = float(((low <= actual) & (actual <= high)).mean())
        # The steps of one path fail together: a path counts as one trial (Wilson 1927).
        report.coverage = share, *proportion_confint(share * len(actual), len(actual), method="wilson")
        report.interval, report.width = (low, high), float((high - low).mean())


def _too_good(challenge: Challenge, yours: np.ndarray, origins: np.ndarray) -> list[Leak]:
    """Nobody is better than the best possible forecast but by chance, or by knowing the future."""
    actual, best = challenge.actual(origins), challenge.best(origins)
    ratio = rmse(actual, yours) / rmse(actual, best)
    p = diebold_mariano(actual, yours, best, losses=path_losses)
    if ratio > 0.95 or not p < 0.001:
        return []
    return [Leak("too good", f"誤差が、可能な最小の誤差の {ratio:.2f} 倍です（p = {p:.1g}）。",
                 f"The error is {ratio:.2f} times the smallest one possible (p = {p:.1g}).")]  # fmt: skip


def _without_future(pipeline: Pipeline, challenge: Challenge, yours: np.ndarray, limit: float) -> tuple[float, float]:
    """RMSE at HIDE origins, of the forecasts as handed in and of those made when later rows hold the last known values."""
    origins = exam_origins()
    chosen = np.linspace(0, len(origins) - 1, HIDE).astype(int)
    hidden = []
    for origin in origins[chosen]:
        table = challenge.table.copy()
        table.iloc[origin + 1 :] = table.ffill().iloc[origin].to_numpy()
        hidden.append(ask(pipeline, table, [origin], limit).y[0])
    actual = challenge.actual(origins[chosen])
    return rmse(actual, yours[chosen]), rmse(actual, np.array(hidden))
