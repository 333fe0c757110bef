"""Step 09: four tripwires for leaks, to be run on any pipeline, and a laboratory that leaks on demand.

A tripwire does not look for a certain mistake. It changes what a forecast cannot know, or takes away what can be known,
and watches whether something moves that must not. Its name is the sentence that is true when it fires.
"""

import contextlib
import inspect
import random
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from helpers.language import both, text
from helpers.training import Standardizer, fit, make_optimizer, predict
from helpers.windows import make_windows

LEAKS = {  # switch -> what goes wrong, in Japanese and in English
    "scaler": ("標準化に全データを使う", "scaler fitted on everything"),
    "shuffle": ("混ぜて分ける", "shuffled split"),
    "evaluation": ("評価のたびに学習する", "evaluation that trains"),
    "target": ("目標が入力を含む", "target contains the input"),
    "epoch": ("テストでエポックを選ぶ", "epoch chosen on the test"),
}
ALTERATIONS = ("shock", "rescale")
SKILL_LIMIT = 0.05  # an honest forecast of coin tosses has a skill of 0 or less; this on average, and never less than 0, is not luck


class Finding(NamedTuple):
    """What a tripwire saw. fired is None when it could not tell; ja and en say why."""

    tripwire: str
    fired: bool | None
    ja: str
    en: str


@contextlib.contextmanager
def _same_chance() -> Iterator[None]:
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


def _copy(values: ArrayLike) -> Any:
    """A copy in floats; a pandas object stays one, so that a pipeline gets what it is used to."""
    return values.astype(float) if hasattr(values, "astype") else np.array(values, dtype=float)


def alter(values: ArrayLike, row: int, how: str) -> Any:
    """A copy of `values`, (time,) or (time, features), with other values from `row` on.

    "shock" adds one to two times the column's range, drawn anew for each value, so that no minimum, mean, order or
    difference stays; "rescale" takes a tenth. Missing values stay missing and prices stay above zero.
    """
    changed = _copy(values)
    array = np.array(changed)
    if how == "shock":
        span = np.nanmax(array, axis=0) - np.nanmin(array, axis=0)
        drawn = np.random.default_rng(0).uniform(1, 2, array[row:].shape)
        array[row:] += np.where(span > 0, span, 1) * drawn
    else:
        array[row:] *= 0.1
    changed[:] = array
    return changed


def _forecasts(forecast: Callable, values: ArrayLike, test: int) -> np.ndarray:
    with _same_chance():
        y = forecast(_copy(values), test)
    y = np.asarray(y.detach().cpu() if isinstance(y, Tensor) else y, dtype=float)
    if y.shape[:1] != (test,):
        raise ValueError(both(f"forecast は最後の {test} 行の予測を返してください。形は {y.shape} でした。",
                              f"forecast must return forecasts of the last {test} rows; the shape was {y.shape}."))  # fmt: skip
    return y


def _cuts(values: ArrayLike, first: int, cuts: int) -> list[int]:
    """Rows from which to alter: evenly spaced, and one right behind a gap, where filling from the future shows."""
    missing = np.isnan(np.asarray(values, dtype=float)).reshape(len(values), -1).any(axis=1)
    behind_gaps = np.flatnonzero(missing[:-1] & ~missing[1:]) + 1
    spaced = np.linspace(first, len(values) - 1, cuts).round().astype(int)
    return sorted({*spaced.tolist(), *behind_gaps[behind_gaps >= first][-1:].tolist()})


def future_changes_past(
    forecast: Callable[[Any, int], ArrayLike], values: ArrayLike, test: int, horizon: int = 1, cuts: int = 3
) -> Finding:
    """Does a changed future change forecasts made before it?

    forecast(values, test): trains and forecasts as the pipeline does, and returns (test, ...): forecast i is for row
    len(values) - test + i and was made `horizon` rows before, from the rows up to there. values: the raw series,
    (time,) or (time, features), an array or a pandas object. From each of `cuts` rows on the values are altered in two
    ways, and all forecasts made before that row must stay: 2 + 2 * cuts trainings, one pair more where values are missing.

    A leak that looks ahead at a few rows only asks for more cuts. Raises ValueError for forecasts of another length.
    """
    name, start = "future_changes_past", len(values) - test
    before = _forecasts(forecast, values, test)
    noise = np.nanmax(np.abs(_forecasts(forecast, values, test) - before))
    if noise > 0.01 * np.nanstd(before):
        return Finding(name, None, "同じデータでも予測が毎回変わります。乱数の種を固定してから、もう一度調べてください。",
                       "The forecasts differ from run to run on the same data: fix the seeds, then ask again.")  # fmt: skip
    limit = 1e-6 * np.nanmax(np.abs(before)) + 10 * noise  # the last digits of floats are no leak
    for row in _cuts(values, start - horizon + 1, cuts):
        made = slice(row + horizon - start)  # forecasts for rows before row + horizon were made before `row` was known
        for how in ALTERATIONS:
            after = _forecasts(forecast, alter(values, row, how), test)
            same = np.isclose(after[made], before[made], rtol=0, atol=limit, equal_nan=True)
            if not same.all():
                return Finding(name, True, f"行 {row} から先の値を変えると、それより前に作った予測が動きました。",
                               f"Other values from row {row} on moved forecasts made before that row.")  # fmt: skip
    return Finding(name, False, "未来の値を変えても、それより前に作った予測は動きません。",
                   "Other values in the future moved no forecast made before them.")  # fmt: skip


def _numbers(thing: Any, seen: tuple[int, ...] = ()) -> np.ndarray:
    """Every number in an array, a tensor, a model, a scaler, or a collection of such, in one row."""
    if id(thing) in seen or inspect.isroutine(thing) or inspect.isclass(thing):
        return np.empty(0)
    if isinstance(thing, nn.Module):
        thing = [*thing.parameters(), *thing.buffers()]
    if isinstance(thing, Tensor):
        thing = thing.detach().cpu().numpy()
    if isinstance(thing, Mapping):
        thing = list(thing.values())
    elif hasattr(thing, "__dict__") and not hasattr(thing, "__array__"):
        thing = [part for name, part in sorted(vars(thing).items())]
    if isinstance(thing, (list, tuple)):
        return np.concatenate([np.empty(0), *(_numbers(part, (*seen, id(thing))) for part in thing)])
    try:
        return np.array(thing, dtype=float).ravel()
    except (TypeError, ValueError):  # a name, a None: nothing that was measured
        return np.empty(0)


def statistics_depend_on_test(statistics: Callable[[Any, int], Any], values: ArrayLike, test: int) -> Finding:
    """Do the numbers that a pipeline measures for its scaling depend on the last `test` rows?

    statistics(values, test): what was measured, as an array, a dict, a `Standardizer`, a fitted scaler of
    scikit-learn, or a collection of such. values: as in `future_changes_past`.
    """
    name, row = "statistics_depend_on_test", len(values) - test
    series = [_copy(values), *(alter(values, row, how) for how in ALTERATIONS)]
    with _same_chance():
        before, *after = [_numbers(statistics(one, test)) for one in series]
    if not before.size:
        return Finding(name, None, "statistics の答えに数がありません。", "There are no numbers in what statistics returned.")
    if all(np.allclose(before, other, rtol=1e-6, atol=0, equal_nan=True) for other in after if other.shape == before.shape):
        return Finding(name, False, "テスト部分を変えても、標準化の数は変わりません。",
                       "Another test part left the numbers for scaling as they were.")  # fmt: skip
    return Finding(name, True, "テスト部分を変えると、標準化に使う数が変わりました。",
                   "Another test part changed the numbers for scaling.")  # fmt: skip


def evaluation_changes_weights(model: Any, evaluate: Callable[[], Any]) -> Finding:
    """Does an evaluation leave the model as it was?

    model: an nn.Module (parameters and buffers are compared, and put back afterwards) or any object that holds its
    numbers in attributes. evaluate(): one evaluation of it, as the pipeline does it; what it returns is not looked at.
    """
    name = "evaluation_changes_weights"
    tensors = [*model.parameters(), *model.buffers()] if isinstance(model, nn.Module) else []
    before, kept = _numbers(model), [tensor.detach().clone() for tensor in tensors]
    with _same_chance():
        evaluate()
    after = _numbers(model)
    with torch.no_grad():
        for tensor, old in zip(tensors, kept, strict=True):
            tensor.copy_(old)
    if np.array_equal(before, after, equal_nan=True):
        return Finding(name, False, "評価の前と後で、重みは同じです。", "The weights are the same before and after an evaluation.")
    return Finding(name, True, "評価しただけなのに、重みが変わりました。", "An evaluation changed the weights.")


def coin_tosses(values: ArrayLike, seed: int = 0) -> Any:
    """A series with the steps of `values`, in another order and each up or down by the toss of a coin.

    Whatever `values` held, the last value is now the best forecast of all later ones. All columns of a row keep together.
    A column of prices, all above zero, takes its steps in logarithms, so that it stays there; a gap takes none.
    """
    tossed, rng = _copy(values), np.random.default_rng(seed)
    series = pd.DataFrame(np.array(tossed).reshape(len(tossed), -1)).ffill().bfill().to_numpy()
    positive = (series > 0).all(axis=0)
    level = np.where(positive, np.log(np.where(positive, series, 1)), series)
    steps = rng.permutation(np.diff(level, axis=0)) * rng.choice([-1, 1], (len(series) - 1, 1))
    walk = level[0] + np.vstack([np.zeros_like(level[:1]), np.cumsum(steps, axis=0)])
    tossed[:] = np.where(positive, np.exp(np.where(positive, walk, 0)), walk).reshape(tossed.shape)
    return tossed


def skill_without_target(
    score: Callable[[Any, int], float], values: ArrayLike, test: int, tries: int = 3, limit: float = SKILL_LIMIT
) -> Finding:
    """Does the pipeline claim skill where nothing can be forecast?

    score(values, test): trains, and returns the skill that the pipeline would report, 1 - RMSE / RMSE of the naive
    forecast (the last known value). It is asked on `tries` series of coin tosses made from `values`, and fires when
    every answer is above 0 and their mean above `limit`. This also finds what is wrong in the scoring itself.
    """
    with _same_chance():
        skills = [float(score(coin_tosses(values, seed), test)) for seed in range(tries)]
    name, seen = "skill_without_target", ", ".join(f"{skill:+.2f}" for skill in skills)
    if not np.isfinite(skills).all():
        return Finding(name, None, f"スキルが数になりません（{seen}）。", f"The skill is not a number ({seen}).")
    if min(skills) > 0 and np.mean(skills) > limit:
        return Finding(name, True, f"コイン投げの系列なのに、スキルが残りました（{seen}）。",
                       f"Skill remained on coin tosses ({seen}).")  # fmt: skip
    return Finding(name, False, f"コイン投げの系列では、スキルは残りません（{seen}）。",
                   f"No skill remained on coin tosses ({seen}).")  # fmt: skip


def suite(
    values: ArrayLike, test: int, *, horizon: int = 1, forecast: Callable | None = None,
    statistics: Callable | None = None, evaluation: tuple[Any, Callable] | None = None, score: Callable | None = None,
    cuts: int = 3, tries: int = 3,
) -> Iterator[Finding]:  # fmt: skip
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


STATES = {True: ("作動", "FIRED"), False: ("静か", "silent"), None: ("判定できず", "cannot tell")}


def report(findings: Iterable[Finding]) -> pd.DataFrame:
    """Findings as a table, one row a tripwire, in the language in force."""
    rows = {f.tripwire: (text(*STATES[f.fired]), text(f.ja, f.en, between="\n")) for f in findings}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["state", "seen"])


def tell(findings: Iterable[Finding]) -> list[Finding]:
    """Print each finding, with what was seen, in the language in force; returns them all."""
    told = []
    for finding in findings:
        print(f"[{text(*STATES[finding.fired])}] {finding.tripwire}")
        print("   ", text(finding.ja, finding.en, between="\n    "))
        told.append(finding)
    return told


# The laboratory


def split(windows: int, test: int, gap: int, shuffled: bool = False, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the training windows and of the `test` windows after them; `gap` windows between belong to neither.

    With a horizon of h, the last h - 1 windows before the test have targets that lie beyond the first forecast: gap =
    h - 1 leaves them out. shuffled: the order is drawn at random first (wrong for a time series).
    """
    order = np.random.default_rng(seed).permutation(windows) if shuffled else np.arange(windows)
    return order[: windows - test - gap], order[windows - test :]


class Experiment:
    """A small pipeline with five switches: windows, split, scaling, training, score.

    values: (time,), the series without the hold-out. test: windows that the experimenter looks at. leaks: names from
    LEAKS, each switched on. A dense network forecasts the next `horizon` values from the last `window`, both as
    differences from the last known value. Raises ValueError for an unknown leak, and as `make_windows` does.
    """

    def __init__(self, values: ArrayLike, test: int = 100, leaks: Collection[str] = (), *, seed: int = 0,
                 window: int = 60, horizon: int = 20, hidden_size: int = 64, epochs: int = 80):
        if unknown := set(leaks) - LEAKS.keys():
            raise ValueError(both(f"ない漏れです: {unknown}。あるのは {', '.join(LEAKS)} です。",
                                  f"no such leak: {unknown}. There are {', '.join(LEAKS)}."))  # fmt: skip
        self.window, self.horizon, self.epochs, self.leaks = window, horizon, epochs, frozenset(leaks)
        self.x, self.t, self.last = self._windows(values, "target" in leaks)
        self.train_part, self.test_part = split(len(self.x), test, horizon - 1, "shuffle" in leaks, seed)
        self.scale = Standardizer.of(self.x if "scaler" in leaks else self.x[self.train_part])
        torch.manual_seed(seed)
        output = nn.Linear(hidden_size, self.t.shape[1])
        for weights in output.parameters():
            nn.init.zeros_(weights)  # training starts from "no change", the naive forecast
        self.model = nn.Sequential(nn.Flatten(), nn.Linear(window, hidden_size), nn.Tanh(), output)
        self.optimizer = make_optimizer(self.model, "adamw", 1e-2)

    def _windows(self, values: ArrayLike, include_input: bool = False) -> tuple[Tensor, Tensor, Tensor]:
        """Windows and targets as differences from each window's last value, and that value."""
        x, t = make_windows(np.asarray(values).ravel(), self.window, self.horizon, include_input=include_input)
        return x - x[:, -1:], t - x[:, -1], x[:, -1, 0]

    def _fit(self, part: np.ndarray) -> None:
        fit(self.model, self.scale.inputs(self.x[part]), self.t[part] / self.scale.std[0], self.optimizer, 1)

    def train(self) -> "Experiment":
        """All epochs, with a look at the test part after each where a switch asks for it."""
        best, kept = -np.inf, None
        for _ in range(self.epochs):
            self._fit(self.train_part)
            if not self.leaks & {"evaluation", "epoch"}:
                continue
            if (seen := self.evaluate()) > best and "epoch" in self.leaks:
                best, kept = seen, {name: weight.clone() for name, weight in self.model.state_dict().items()}
        if kept:
            self.model.load_state_dict(kept)
        return self

    def _changes(self, x: Tensor) -> Tensor:
        return predict(self.model, self.scale.inputs(x)) * self.scale.std[0]

    def evaluate(self) -> float:
        """The skill on the test part, as the experimenter reports it."""
        if "evaluation" in self.leaks:
            self._fit(self.test_part)
        return skill(self.t[self.test_part], self._changes(self.x[self.test_part]))

    def forecast(self, test: int) -> np.ndarray:
        """Forecasts of the last `test` values, each made `horizon` rows before."""
        return (self.last[-test:] + self._changes(self.x[-test:])[:, -1]).numpy()

    def held_out(self, values: ArrayLike, rows: int) -> float:
        """The skill on the last `rows` values of the whole series, which nothing above has seen."""
        x, t, _ = self._windows(values)
        later = slice(len(x) - (rows - self.horizon + 1), None)
        return skill(t[later], self._changes(x[later])[:, -self.horizon :])


def skill(changes: Tensor, predicted: Tensor) -> float:
    """1 - RMSE / RMSE of "no change": 0 is as good as the naive forecast, 1 perfect."""
    return 1 - float(((changes - predicted).square().mean() / changes.square().mean()).sqrt())


def scores(values: ArrayLike, hold_out: int, test: int = 100, leaks: Collection[str] = (), **settings: Any) -> dict[str, float]:
    """Train once without the last `hold_out` values: the skill that the score pretends, and that of the hold-out."""
    values = np.asarray(values, dtype=float).ravel()
    experiment = Experiment(values[:-hold_out], test, leaks, **settings).train()
    return {"pretended": experiment.evaluate(), "hold-out": experiment.held_out(values, hold_out)}


def laboratory_suite(values: ArrayLike, test: int = 100, leaks: Collection[str] = (), **settings: Any) -> Iterator[Finding]:
    """All four tripwires on an `Experiment` with these switches; they are not told which are on."""
    trained = Experiment(values, test, leaks, **settings).train()
    return suite(
        values, test, horizon=trained.horizon,
        forecast=lambda values, test: Experiment(values, test, leaks, **settings).train().forecast(test),
        statistics=lambda values, test: Experiment(values, test, leaks, **settings).scale,
        evaluation=(trained.model, trained.evaluate),
        score=lambda values, test: Experiment(values, test, leaks, **settings).train().evaluate(),
    )  # fmt: skip
