"""Step 11: four tripwires for leaks, to be run on any pipeline.

A tripwire does not look for a certain mistake. It changes what a forecast cannot know, or takes away what can be known,
and watches whether something moves that must not. Its name is the sentence that is true when it fires.
"""

import contextlib
import random
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from torch import Tensor, nn

from helpers.language import BadInput
from helpers.leakage.alterations import ALTERATIONS, alter, coin_tosses, copy_of

SKILL_LIMIT = (
    0.05  # honest forecasts of coin tosses have a skill of 0 or less but for chance; a mean above this is none
)


class Finding(NamedTuple):
    """What a tripwire saw. fired is None when it could not tell; ja and en say why."""

    tripwire: str
    fired: bool | None
    ja: str
    en: str


@contextlib.contextmanager
def same_chance() -> Iterator[None]:
    """Global random numbers start alike in every run and go on afterwards as if nothing had been drawn."""
    python, numpy = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng():
            for start in (random.seed, np.random.seed, torch.manual_seed):
                start(0)
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)


def _forecasts(forecast: Callable, values: ArrayLike, test: int) -> np.ndarray:
    with same_chance():
        y = forecast(copy_of(values), test)
    y = np.asarray(y.detach().cpu() if isinstance(y, Tensor) else y, dtype=float)
    if y.shape[:1] != (test,):
        raise BadInput(
            f"forecast は最後の {test} 行の予測を返してください。形は {y.shape} でした。",
            f"forecast must return forecasts of the last {test} rows; the shape was {y.shape}.",
        )
    return y


def _cuts(values: ArrayLike, first: int, cuts: int) -> list[int]:
    """Rows from which to alter: evenly spaced, and one right behind a gap, where filling from the future shows."""
    missing = np.isnan(np.asarray(values, dtype=float)).reshape(len(values), -1).any(axis=1)
    behind_gaps = np.flatnonzero(missing[:-1] & ~missing[1:]) + 1
    spaced = np.linspace(first, len(values) - 1, cuts).round().astype(int)
    return sorted({*spaced.tolist(), *behind_gaps[behind_gaps >= first][-1:].tolist()})


def future_changes_past(
    forecast: Callable[[object, int], ArrayLike], values: ArrayLike, test: int, horizon: int = 1, cuts: int = 3
) -> Finding:
    """Does a changed future change forecasts made before it?

    forecast(values, test): trains and forecasts as the pipeline does, and returns (test, ...): forecast i is for row
    len(values) - test + i and was made `horizon` rows before, from the rows up to there. values: the raw series,
    (time,) or (time, features), an array or a pandas object. From each of `cuts` rows on the values are altered in two
    ways, and all forecasts made before that row must stay: 2 + 2 * cuts trainings, two more where values are missing.

    A leak that looks ahead at a few rows only asks for more cuts. Raises BadInput for forecasts of another length.
    """
    name, start = "future_changes_past", len(values) - test
    before = _forecasts(forecast, values, test)
    noise = np.nanmax(np.abs(_forecasts(forecast, values, test) - before))
    if noise > 0.01 * np.nanstd(before):
        return Finding(
            name,
            None,
            "同じデータでも予測が毎回変わります。シードを固定してから、もう一度調べてください。",
            "The forecasts differ from run to run on the same data: fix the seeds, then ask again.",
        )
    limit = 1e-6 * np.nanmax(np.abs(before)) + 10 * noise  # the last digits of floats are no leak
    for row in _cuts(values, start - horizon + 1, cuts):
        made = slice(row + horizon - start)  # forecasts for rows before row + horizon were made before `row` was known
        for how in ALTERATIONS:
            after = _forecasts(forecast, alter(values, row, how), test)
            same = np.isclose(after[made], before[made], rtol=0, atol=limit, equal_nan=True)
            if not same.all():
                return Finding(
                    name,
                    True,
                    f"行 {row} から先の値を変えると、それより前に作った予測が動きました。",
                    f"Changing values from row {row} on moved earlier forecasts.",
                )
    return Finding(
        name,
        False,
        "未来の値を変えても、それより前に作った予測は動きません。",
        "Changing the future moved no forecast made before it.",
    )


def _numbers(thing: object) -> np.ndarray:
    """Every number in an array, a tensor, a model, a scaler, or a collection of such, in one row."""
    if isinstance(thing, nn.Module):
        thing = thing.state_dict()
    elif isinstance(thing, BaseEstimator) or hasattr(thing, "__dataclass_fields__"):
        thing = vars(thing)
    if isinstance(thing, Mapping):
        thing = list(thing.values())
    if isinstance(thing, (list, tuple)):
        return np.concatenate([np.empty(0), *map(_numbers, thing)])
    try:
        return np.array(thing.detach().cpu().numpy() if isinstance(thing, Tensor) else thing, dtype=float).ravel()
    except (TypeError, ValueError):  # a name, a None: nothing that was measured
        return np.empty(0)


def _agree(before: np.ndarray, after: np.ndarray) -> bool:
    return before.shape == after.shape and np.allclose(before, after, rtol=1e-6, atol=0, equal_nan=True)


def statistics_depend_on_test(statistics: Callable[[object, int], object], values: ArrayLike, test: int) -> Finding:
    """Do the numbers that a pipeline measures for its scaling depend on the last `test` rows?

    statistics(values, test): what was measured, as an array, a dict, a `Scale` or `Standardizer`, a fitted
    scaler of scikit-learn, or a collection of such. values: as in `future_changes_past`.
    """
    name, row = "statistics_depend_on_test", len(values) - test
    series = [copy_of(values), *(alter(values, row, how) for how in ALTERATIONS)]
    with same_chance():
        before, *after = [_numbers(statistics(one, test)) for one in series]
    if not before.size:
        return Finding(
            name, None, "statistics の答えに数がありません。", "There are no numbers in what statistics returned."
        )
    if all(_agree(before, other) for other in after):
        return Finding(
            name,
            False,
            "テスト部分を変えても、スケーリングに使う数は変わりません。",
            "Changing the test part left the numbers for scaling as they were.",
        )
    return Finding(
        name,
        True,
        "テスト部分を変えると、スケーリングに使う数が変わりました。",
        "Changing the test part changed the numbers for scaling.",
    )


def evaluation_changes_weights(model: object, evaluate: Callable[[], object]) -> Finding:
    """Does an evaluation leave the model as it was?

    model: an nn.Module (parameters and buffers are compared, and put back afterwards), an estimator of scikit-learn, or
    arrays and tensors in a collection. evaluate(): one evaluation of it, as the pipeline does it; what it returns is not looked at.
    """
    name = "evaluation_changes_weights"
    tensors = [*model.parameters(), *model.buffers()] if isinstance(model, nn.Module) else []
    before, kept = _numbers(model), [tensor.detach().clone() for tensor in tensors]
    with same_chance():
        evaluate()
    after = _numbers(model)
    with torch.no_grad():
        for tensor, old in zip(tensors, kept, strict=True):
            tensor.copy_(old)
    if np.array_equal(before, after, equal_nan=True):
        return Finding(
            name, False, "評価の前と後で、重みは同じです。", "The weights are the same before and after an evaluation."
        )
    return Finding(name, True, "評価しただけなのに、重みが変わりました。", "An evaluation changed the weights.")


def skill_without_target(
    score: Callable[[object, int], float], values: ArrayLike, test: int, tries: int = 3, limit: float = SKILL_LIMIT
) -> Finding:
    """Does the pipeline claim skill where nothing can be forecast?

    score(values, test): trains, and returns the skill that the pipeline would report, 1 - RMSE / RMSE of the naive
    forecast (the last known value). It is asked on `tries` series of coin tosses made from `values`, and fires when
    every answer is above 0 and their mean above `limit`. This also finds what is wrong in the scoring itself.
    """
    with same_chance():
        skills = [float(score(coin_tosses(values, seed), test)) for seed in range(tries)]
    name, seen = "skill_without_target", ", ".join(f"{skill:+.2f}" for skill in skills)
    if not np.isfinite(skills).all():
        return Finding(name, None, f"スキルが数になりません（{seen}）。", f"The skill is not a number ({seen}).")
    if min(skills) > 0 and np.mean(skills) > limit:
        return Finding(
            name,
            True,
            f"コイン投げの系列なのに、スキルが残りました（{seen}）。",
            f"Skill remained on coin tosses ({seen}).",
        )
    return Finding(
        name,
        False,
        f"コイン投げの系列では、スキルは残りません（{seen}）。",
        f"No skill remained on coin tosses ({seen}).",
    )


def suite(
    values: ArrayLike,
    test: int,
    *,
    horizon: int = 1,
    forecast: Callable | None = None,
    statistics: Callable | None = None,
    evaluation: tuple[object, Callable] | None = None,
    score: Callable | None = None,
    cuts: int = 3,
    tries: int = 3,
) -> Iterator[Finding]:
    """Run the tripwires for which a pipeline has the part: one `Finding` after the other.

    forecast, statistics, score, cuts, tries: as in the tripwires; evaluation: the pair (model, evaluate).
    """
    if forecast:
        yield future_changes_past(forecast, values, test, horizon, cuts)
    if statistics:
        yield statistics_depend_on_test(statistics, values, test)
    if evaluation:
        yield evaluation_changes_weights(*evaluation)
    if score:
        yield skill_without_target(score, values, test, tries)
