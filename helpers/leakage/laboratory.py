"""Step 11: a small pipeline that leaks on demand, and what its score claims then beside what a hold-out shows."""

from collections.abc import Collection, Iterator

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from helpers.baselines import naive_forecast
from helpers.language import BadInput
from helpers.leakage.tripwires import Finding, suite
from helpers.training import Scale, fit, make_optimizer, predict
from helpers.validation import skill
from helpers.windows import make_windows, purge, split_last

LEAKS = {  # switch -> what goes wrong, in Japanese and in English
    "scaler": ("標準化に全データを使う", "scaler fitted on everything"),
    "shuffle": ("混ぜて分ける", "shuffled split"),
    "evaluation": ("評価のたびに学習する", "evaluation that trains"),
    "target": ("目標が入力を含む", "target contains the input"),
    "epoch": ("テストでエポックを選ぶ", "epoch chosen on the test"),
}


class Experiment:
    """A pipeline with five switches: windows, split, scaling, training, score.

    values: (time,), the series without the hold-out. test: windows that the experimenter looks at. leaks: names from
    LEAKS, each switched on. A dense network forecasts the next `horizon` values from the last `window`, both as changes
    since the last known value. Raises BadInput for an unknown leak, and as `make_windows` and `split_last` do.
    """

    def __init__(
        self,
        values: ArrayLike,
        test: int = 100,
        leaks: Collection[str] = (),
        *,
        seed: int = 0,
        window: int = 60,
        horizon: int = 20,
        hidden_size: int = 64,
        epochs: int = 80,
    ):
        if unknown := set(leaks) - LEAKS.keys():
            raise BadInput(
                f"そのようなリークはありません: {unknown}。あるのは {', '.join(LEAKS)} です。",
                f"no such leak: {unknown}. There are {', '.join(LEAKS)}.",
            )
        self.window, self.horizon, self.epochs, self.leaks = window, horizon, epochs, frozenset(leaks)
        self.x, t = make_windows(np.asarray(values).ravel(), window, horizon, include_input="target" in leaks)
        order = torch.arange(len(t))
        if "shuffle" in leaks:
            order = torch.from_numpy(np.random.default_rng(seed).permutation(len(t)))
        x_train, self.x_test, t_train, self.t_test = split_last(self.x[order], t[order], test)
        self.x_train, self.t_train = purge(x_train, t_train, horizon)
        self.scale = Scale.of(self.x if "scaler" in leaks else self.x_train, "change")
        torch.manual_seed(seed)
        output = nn.Linear(hidden_size, t.shape[1])
        for weights in output.parameters():
            nn.init.zeros_(weights)  # training starts from "no change", the naive forecast
        self.model = nn.Sequential(nn.Flatten(), nn.Linear(window, hidden_size), nn.Tanh(), output)
        self.optimizer = make_optimizer(self.model, "adamw", 1e-2)

    def _fit(self, x: Tensor, t: Tensor) -> None:
        fit(self.model, self.scale.inputs(x), self.scale.targets(x, t), self.optimizer, 1)

    def train(self) -> "Experiment":
        """All epochs, with a look at the test part after each where a switch asks for it."""
        best, kept = -np.inf, None
        for _ in range(self.epochs):
            self._fit(self.x_train, self.t_train)
            if not self.leaks & {"evaluation", "epoch"}:
                continue
            if (seen := self.evaluate()) > best and "epoch" in self.leaks:
                best, kept = seen, {name: weight.clone() for name, weight in self.model.state_dict().items()}
        if kept:
            self.model.load_state_dict(kept)
        return self

    def _skill(self, x: Tensor, t: Tensor) -> float:
        """Against "no change" over all columns of t; the last ones of the model's output belong to them."""
        y = self.scale.prices(x, predict(self.model, self.scale.inputs(x)))[:, -t.shape[1] :]
        return skill(t, y, naive_forecast(x, t.shape[1]))

    def evaluate(self) -> float:
        """The skill on the test part, as the experimenter reports it."""
        if "evaluation" in self.leaks:
            self._fit(self.x_test, self.t_test)
        return self._skill(self.x_test, self.t_test)

    def forecast(self, test: int) -> np.ndarray:
        """Forecasts of the last `test` values, each made `horizon` rows before."""
        x = self.x[-test:]
        return self.scale.prices(x, predict(self.model, self.scale.inputs(x)))[:, -1].numpy()

    def hold_out(self, values: ArrayLike, rows: int) -> float:
        """The skill on the last `rows` values of the whole series, which nothing above has seen."""
        x, t = make_windows(np.asarray(values).ravel(), self.window, self.horizon)
        later = slice(len(x) - (rows - self.horizon + 1), None)
        return self._skill(x[later], t[later])


def scores(
    values: ArrayLike, hold_out: int, test: int = 100, leaks: Collection[str] = (), **settings: int
) -> dict[str, float]:
    """Train once without the last `hold_out` values: the apparent skill, and that of the hold-out."""
    values = np.asarray(values, dtype=float).ravel()
    experiment = Experiment(values[:-hold_out], test, leaks, **settings).train()
    return {"apparent": experiment.evaluate(), "hold-out": experiment.hold_out(values, hold_out)}


def laboratory_suite(
    values: ArrayLike, test: int = 100, leaks: Collection[str] = (), **settings: int
) -> Iterator[Finding]:
    """All four tripwires on an `Experiment` with these switches; they are not told which are on."""

    def trained(values: ArrayLike, test: int) -> Experiment:
        return Experiment(values, test, leaks, **settings).train()

    one = trained(values, test)
    return suite(
        values,
        test,
        horizon=one.horizon,
        forecast=lambda values, test: trained(values, test).forecast(test),
        statistics=lambda values, test: Experiment(values, test, leaks, **settings).scale,
        evaluation=(one.model, one.evaluate),
        score=lambda values, test: trained(values, test).evaluate(),
    )
