"""Step 04: learning rate, epochs, optimiser and hidden size by hand."""

from torch import Tensor

from helpers import plots
from helpers.baselines import naive_forecast
from helpers.language import text
from helpers.panels.engine import Job, Panel, choice, rates, slider, train
from helpers.training import OPTIMIZERS, Forecaster


def loss_explorer(
    x: Tensor,
    t: Tensor,
    x_validation: Tensor,
    t_validation: Tensor,
    *,
    epochs: int = 100,
    hidden_size: int = 16,
    seed: int = 0,
    kept: int = 4,
) -> Panel:
    """The loss of each run, in shares of the naive forecast's, is laid over those of the runs before.

    x: (n, window, features) and t: (n, horizon) in prices, the part to learn from; likewise those of the validation part,
    on which the finished model is scored beside the naive forecast.
    """
    runs: dict[str, list[float]] = {}

    def mse(forecast: Tensor, actual: Tensor) -> float:
        return float(((forecast - actual) ** 2).mean())

    def work(optimizer: str, lr: float, epochs: int, hidden_size: int) -> Job:
        forecaster = Forecaster(x, t, seed=seed, hidden_size=hidden_size, optimizer=optimizer, lr=lr)
        yield from train(forecaster, epochs)
        name = f"{optimizer}, lr {lr:g}, {epochs}, {hidden_size}"
        naive = mse(naive_forecast(forecaster.x), forecaster.t)
        runs.pop(name, None)  # a run that is repeated comes last again
        runs[name] = [loss / naive for loss in forecaster.losses]
        for old in list(runs)[:-kept]:
            del runs[old]
        unseen = mse(forecaster(x_validation), t_validation) / mse(naive_forecast(x_validation), t_validation)
        seconds, learned = forecaster.seconds, runs[name][-1]
        said = text(
            f"{seconds:.2f} 秒。損失はナイーブ予測の {learned:.3g} 倍（学習部分）、{unseen:.3g} 倍（検証部分）",
            f"{seconds:.2f} s. Loss: {learned:.3g} times naive on the training part, {unseen:.3g} on the validation part",
            "<br>",
        )
        return plots.loss_curves(runs, ratio=True).to_html(fast=True) + f"<p>{said}</p>"

    controls = {
        "optimizer": choice(list(OPTIMIZERS), "adamw"),
        "lr": rates(1e-2, 1e-5, 1e-4, 1e-3, 0.1, 1.0),  # with AdamW's usual 1e-3 nothing moves in so few epochs
        "epochs": slider(epochs, 1, 300),
        "hidden_size": slider(hidden_size, 1, 100),
    }
    return Panel(controls, work)
