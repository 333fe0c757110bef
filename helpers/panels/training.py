"""Step 04: learning rate, epochs and optimiser by hand."""

from torch import Tensor

from helpers import plots
from helpers.baselines import naive_forecast
from helpers.language import text
from helpers.panels.engine import Job, Panel, choice, rates, slider, train
from helpers.training import OPTIMIZERS, Forecaster


def loss_explorer(
    x: Tensor, t: Tensor, *, epochs: int = 40, hidden_size: int = 16, seed: int = 0, kept: int = 4
) -> Panel:
    """Learning rate, epochs and optimiser: the loss of each run is laid over those of the runs before.

    x: (n, window, features) and t: (n, horizon) in prices, the part to learn from.
    """
    runs: dict[str, list[float]] = {}

    def work(optimizer: str, lr: float, epochs: int) -> Job:
        forecaster = Forecaster(x, t, seed=seed, hidden_size=hidden_size, optimizer=optimizer, lr=lr)
        yield from train(forecaster, epochs)
        name = f"{optimizer}, lr {lr:g}, {epochs}"
        runs.pop(name, None)  # a run that is repeated comes last again
        runs[name] = forecaster.losses
        for old in list(runs)[:-kept]:
            del runs[old]
        naive = float(((naive_forecast(forecaster.x) - forecaster.t) ** 2).mean())
        seconds, loss = forecaster.seconds, forecaster.losses[-1]
        said = text(
            f"{seconds:.2f} 秒、損失 {loss:.4g}（ナイーブ予測 {naive:.4g}）",
            f"{seconds:.2f} s, loss {loss:.4g} (naive forecast {naive:.4g})",
        )
        return plots.loss_curves(runs, naive).to_html(fast=True) + f"<p>{said}</p>"

    controls = {
        "optimizer": choice(list(OPTIMIZERS), "adamw"),
        "lr": rates(1e-3, 1e-5, 1e-4, 1e-2, 0.1, 1.0),
        "epochs": slider(epochs, 1, 300),
    }
    return Panel(controls, work)
