"""Step 08: all columns of a day as inputs, and a range instead of a point as the forecast."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from sklearn.metrics import mean_pinball_loss
from torch import Tensor

from helpers.beyond import confidence_interval
from helpers.language import both
from helpers.model import LSTMRegressor
from helpers.training import Standardizer, fit, make_optimizer, predict
from helpers.validation import diebold_mariano


def pick(prices: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """These columns of a table, or a ValueError that names those missing and those there."""
    missing = [name for name in columns if name not in prices]
    if missing:
        lack, there = ", ".join(missing), ", ".join(prices.columns)
        raise ValueError(both(f"この系列には {lack} の列がありません（あるのは {there}）。ibm などを使ってください。",
                              f"this series has no column {lack} (it has {there}): take one like ibm."))  # fmt: skip
    return prices[list(columns)]


def relative_to_close(prices: pd.DataFrame) -> pd.DataFrame:
    """Each day's prices in percent above the close of the day before, 100 ln(price / previous close), and the day's range.

    Columns Low, High, Open, Close and range = 100 ln(High / Low); one row fewer than `prices`. Unlike prices, these numbers
    keep their size when the level of the series doubles.
    """
    prices = pick(prices, ["Low", "High", "Open", "Close"])
    relative = 100 * np.log(prices.div(prices["Close"].shift(1), axis=0))
    return relative.assign(range=relative["High"] - relative["Low"]).dropna()


def pinball_loss(levels: Sequence[float]) -> Callable[[Tensor, Tensor], Tensor]:
    """The loss whose minimum is the quantile, for `fit`: column k of predictions and targets belongs to levels[k].

    With e = t - y it is the mean of max(q e, (q - 1) e) (Koenker & Bassett 1978). Raises ValueError for a level outside 0 .. 1.
    """
    q = torch.as_tensor(levels, dtype=torch.float32)
    if not ((q > 0) & (q < 1)).all():
        raise ValueError(both(f"分位点は 0 と 1 の間です: {levels}", f"quantile levels lie between 0 and 1: {levels}"))

    def loss(y: Tensor, t: Tensor) -> Tensor:
        e = t - y
        return torch.maximum(q.to(e.device) * e, (q.to(e.device) - 1) * e).mean()

    return loss


def empirical_quantiles(t: ArrayLike, levels: Sequence[float]) -> np.ndarray:
    """The quantile of each column of t, (n, k), at its own level: the forecast that needs no model. Returns (k,)."""
    return np.array([np.quantile(column, level) for column, level in zip(np.asarray(t).T, levels, strict=True)])


class QuantileForecaster:
    """An LSTM that forecasts one quantile of each target. It starts from the empirical quantiles and learns when to leave them.

    x_train: (n, window, features), t_train: (n, k), k = len(levels); the other arguments as in `LSTMRegressor`. `train` may be
    called again and goes on; calling the object turns windows into forecasts, (n, k).
    """

    def __init__(self, x_train: Tensor, t_train: Tensor, levels: Sequence[float], *, seed: int = 0, hidden_size: int = 16):
        torch.manual_seed(seed)
        self.scale, self.t, self.loss = Standardizer.of(x_train), t_train, pinball_loss(levels)
        self.x = self.scale.inputs(x_train)
        self.model = LSTMRegressor(x_train.shape[2], hidden_size, horizon=len(levels)).to(x_train.device)
        with torch.no_grad():
            self.model.head[-1].bias.copy_(torch.as_tensor(empirical_quantiles(t_train.cpu(), levels)))
        # The pinball loss has corners; LBFGS, which trusts in curvature, gets stuck at them.
        self.optimizer = make_optimizer(self.model, "adamw", 1e-2)

    def train(self, epochs: int, on_epoch: Callable[[int, float], bool | None] | None = None) -> "QuantileForecaster":
        """`epochs` more epochs of `fit` with the pinball loss; raises as `fit` does."""
        fit(self.model, self.x, self.t, self.optimizer, epochs, on_epoch, self.loss)
        return self

    def __call__(self, x: Tensor) -> Tensor:
        return predict(self.model, self.scale.inputs(x))


def bracket_scores(actual: ArrayLike, bracket: ArrayLike, levels: Sequence[float]) -> pd.Series:
    """How good a forecast of (Low, High) as a range is; both arrays (n, 2) in one unit.

    pinball: the mean loss of both sides, smaller is better. low held, high held: share of days whose low (high) stayed inside;
    1 - levels[0] and levels[1] are wished for. day held: both. width: mean distance of the two sides.
    """
    actual, bracket = np.asarray(actual, dtype=float), np.asarray(bracket, dtype=float)
    losses = [mean_pinball_loss(actual[:, side], bracket[:, side], alpha=levels[side]) for side in (0, 1)]
    low, high = actual[:, 0] >= bracket[:, 0], actual[:, 1] <= bracket[:, 1]
    return pd.Series({"pinball": np.mean(losses), "low held": low.mean(), "high held": high.mean(),
                      "day held": (low & high).mean(), "width": (bracket[:, 1] - bracket[:, 0]).mean()})  # fmt: skip


def compare_brackets(
    actual: ArrayLike, brackets: Sequence[ArrayLike], rivals: dict[str, ArrayLike], levels: Sequence[float]
) -> pd.DataFrame:
    """Several trainings of one model against other brackets, all (n, 2), one row a rival.

    skill: 1 - pinball loss / the rival's, the mean over the trainings; low, high: its 95% confidence interval. p low, p high:
    Diebold-Mariano p of each side in pinball loss, the median over the trainings.
    """
    actual, rows = np.asarray(actual, dtype=float), {}
    for name, rival in rivals.items():
        own = [bracket_scores(actual, bracket, levels)["pinball"] for bracket in brackets]
        skills = 1 - np.array(own) / bracket_scores(actual, rival, levels)["pinball"]
        low, high = confidence_interval(skills)
        p = [np.median([diebold_mariano(actual[:, side], np.asarray(bracket)[:, side], np.asarray(rival)[:, side],
                                        lambda t, y, q=q: np.maximum(q * (t - y), (q - 1) * (t - y))) for bracket in brackets])
             for side, q in enumerate(levels)]  # fmt: skip
        rows[name] = {"skill": skills.mean(), "low": low, "high": high, "p low": p[0], "p high": p[1]}
    return pd.DataFrame(rows).T
