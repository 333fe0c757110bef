"""Step 11: a small pipeline that leaks on demand, and what its score claims then beside what a hold-out shows."""

from collections.abc import Collection, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from helpers.baselines import naive_forecast
from helpers.language import BadInput, check_choice
from helpers.leakage.tripwires import Finding, suite
from helpers.training import Scale, Standardizer, fit, make_optimizer, predict
from helpers.validation import skill, skill_interval
from helpers.windows import make_windows, purge, split_last

LEAKS = {  # switch -> what goes wrong, in Japanese and in English
    "include_input": ("目標が入力を含む", "target contains the input"),
    "shuffle": ("混ぜて分ける", "shuffled split"),
    "evaluation": ("評価のたびに学習する", "evaluation that trains"),
    "epoch": ("テスト部分でエポックを選ぶ", "epoch chosen on the test part"),
    "scaler": ("スケーリングに全データを使う", "scaler fitted on everything"),
    "parts": ("部分ごとに別々にスケーリングする", "each part scaled on its own"),
}


def min_max(x: Tensor) -> Standardizer:
    """The scale that brings windows, (n, window, features), between 0 and 1: by their minimum and their maximum."""
    low, span = x.amin(dim=(0, 1)), x.amax(dim=(0, 1)) - x.amin(dim=(0, 1))
    return Standardizer(low, torch.where(span > 0, span, torch.ones_like(span)))


SCALINGS = {"standard": Standardizer.of, "minmax": min_max}


class Experiment:
    """A pipeline with a switch for each leak: windows, split, scaling, training, score.

    values: (time,), the series without the hold-out. test: windows that the experimenter looks at. leaks: names from
    LEAKS, each switched on. A dense network forecasts the next `horizon` values from the last `window`. target: what it
    sees and answers, "change" since the last known value or "level", the values themselves. scaling: "standard", by mean
    and standard deviation, or "minmax", by minimum and maximum. Raises BadInput for a switch or a choice that does not
    exist, and as `make_windows` and `split_last` do.
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
        target: str = "change",
        scaling: str = "standard",
        hidden_size: int = 64,
        epochs: int = 80,
    ):
        check_choice("target", target, ("change", "level"))
        check_choice("scaling", scaling, SCALINGS)
        if unknown := set(leaks) - LEAKS.keys():
            raise BadInput(
                f"そのようなリークはありません: {unknown}。あるのは {', '.join(LEAKS)} です。",
                f"no such leak: {unknown}. There are {', '.join(LEAKS)}.",
            )
        self.window, self.horizon, self.epochs, self.leaks = window, horizon, epochs, frozenset(leaks)
        self.x, t = make_windows(np.asarray(values).ravel(), window, horizon, include_input="include_input" in leaks)
        order = torch.arange(len(t))
        if "shuffle" in leaks:
            order = torch.from_numpy(np.random.default_rng(seed).permutation(len(t)))
        x_train, self.x_test, t_train, self.t_test = split_last(self.x[order], t[order], test)
        self.x_train, self.t_train = purge(x_train, t_train, horizon)

        def measured(x: Tensor) -> Scale:
            return Scale(SCALINGS[scaling](x - x[:, -1:] if target == "change" else x), target)

        self.scale = measured(self.x if "scaler" in leaks else self.x_train)
        self.test_scale = measured(self.x_test) if "parts" in leaks else self.scale
        torch.manual_seed(seed)
        output = nn.Linear(hidden_size, t.shape[1])
        for weights in output.parameters():
            nn.init.zeros_(weights)  # with changes, training starts from "no change", the naive forecast
        self.model = nn.Sequential(nn.Flatten(), nn.Linear(window, hidden_size), nn.Tanh(), output)
        self.optimizer = make_optimizer(self.model, "adamw", 1e-2)

    def _fit(self, x: Tensor, t: Tensor, scale: Scale, epochs: int = 1) -> None:
        fit(self.model, scale.inputs(x), scale.targets(x, t), self.optimizer, epochs)

    def train(self) -> "Experiment":
        """All epochs, with a look at the test part after each where a switch asks for it."""
        if not self.leaks & {"evaluation", "epoch"}:
            self._fit(self.x_train, self.t_train, self.scale, self.epochs)
            return self
        best, kept = -np.inf, None
        for _ in range(self.epochs):
            self._fit(self.x_train, self.t_train, self.scale)
            if (seen := self.evaluate()) > best and "epoch" in self.leaks:
                best, kept = seen, {name: weight.clone() for name, weight in self.model.state_dict().items()}
        if kept:
            self.model.load_state_dict(kept)
        return self

    def _forecast(self, x: Tensor, scale: Scale, columns: int) -> Tensor:
        """(n, columns): of the model's output the last ones, in prices."""
        return scale.prices(x, predict(self.model, scale.inputs(x)))[:, -columns:]

    def evaluate(self) -> float:
        """The skill on the test part against the naive forecast, as the experimenter reports it."""
        if "evaluation" in self.leaks:
            self._fit(self.x_test, self.t_test, self.test_scale)
        columns = self.t_test.shape[1]
        y = self._forecast(self.x_test, self.test_scale, columns)
        return skill(self.t_test, y, naive_forecast(self.x_test, columns))

    def forecast(self, test: int) -> np.ndarray:
        """Forecasts of the last `test` values, each made `horizon` rows before."""
        return self._forecast(self.x[-test:], self.test_scale, 1)[:, 0].numpy()

    def hold_out(self, values: ArrayLike, rows: int) -> tuple[Tensor, Tensor, Tensor]:
        """What happens in use: actual values, forecasts and naive forecasts of the last `rows` of the whole series.

        values: (time,), `rows` of them later than all that was seen above. Returns (rows - horizon + 1, horizon) each.
        There is no part to measure when a single forecast is made, so the scale is that of the training.
        """
        x, t = make_windows(np.asarray(values).ravel(), self.window, self.horizon)
        later = slice(len(x) - (rows - self.horizon + 1), None)
        x, t = x[later], t[later]
        return t, self._forecast(x, self.scale, self.horizon), naive_forecast(x, self.horizon)


def scores(
    values: ArrayLike, hold_out: int, test: int = 100, leaks: Collection[str] = (), **settings: int | str
) -> dict[str, float]:
    """Train once without the last `hold_out` values: the apparent skill, and that of the hold-out."""
    values = np.asarray(values, dtype=float).ravel()
    experiment = Experiment(values[:-hold_out], test, leaks, **settings).train()
    return {"apparent": experiment.evaluate(), "hold-out": skill(*experiment.hold_out(values, hold_out))}


def in_use(
    experiments: Sequence[Experiment], values: ArrayLike, rows: int
) -> tuple[list[float], tuple[float, float, float]]:
    """The hold-out of one pipeline trained with several seeds: each one's skill, and that of their mean forecast.

    values, rows: as in `Experiment.hold_out`. The second answer is `skill_interval` over the days, in blocks of `horizon`
    days, because forecasts of that many days overlap.
    """
    paths = [experiment.hold_out(values, rows) for experiment in experiments]
    actual, naive = paths[0][0], paths[0][2]
    mean = torch.stack([forecast for _, forecast, _ in paths]).mean(dim=0)
    days = skill_interval(actual - mean, actual - naive, block=experiments[0].horizon)
    return [skill(*path) for path in paths], days


def laboratory_suite(
    values: ArrayLike, test: int = 100, leaks: Collection[str] = (), **settings: int | str
) -> Iterator[Finding]:
    """All four tripwires on an `Experiment` with these switches; they are not told which are on."""

    def trained(values: ArrayLike, test: int) -> Experiment:
        return Experiment(values, test, leaks, **settings).train()

    def scales(values: ArrayLike, test: int) -> list[Scale]:
        experiment = Experiment(values, test, leaks, **settings)
        return [experiment.scale, experiment.test_scale]

    one = trained(values, test)
    return suite(
        values,
        test,
        horizon=one.horizon,
        forecast=lambda values, test: trained(values, test).forecast(test),
        statistics=scales,
        evaluation=(one.model, one.evaluate),
        score=lambda values, test: trained(values, test).evaluate(),
    )
