"""Step 04: learning rate, epochs, optimiser and hidden size by hand."""

import math

from torch import Tensor

from helpers import plots
from helpers.baselines import naive_forecast
from helpers.language import text
from helpers.panels.controls import choice, rates, slider, train
from helpers.panels.engine import Job, Panel
from helpers.panels.page import Shown, arguments, number, source
from helpers.training import OPTIMIZERS, Forecaster

PLACE = 600, 400  # of the picture, in CSS pixels


def loss_explorer(
    x_fit: Tensor,
    t_fit: Tensor,
    x_validation: Tensor,
    t_validation: Tensor,
    *,
    epochs: int = 100,
    hidden_size: int = 16,
    seed: int = 0,
    kept: int = 4,
) -> Panel:
    """The loss of each run, in shares of the naive forecast's, is laid over those of the runs before.

    x_fit: (n, window, features) and t_fit: (n, horizon) in prices, the part to learn from; likewise those of the validation
    part, on which the finished model is scored beside the naive forecast.
    """
    runs: dict[str, list[float]] = {}

    def mse(forecast: Tensor, actual: Tensor) -> float:
        return float(((forecast - actual) ** 2).mean())

    def times(loss: float, naive: float) -> float:
        return loss / naive if naive else math.nan  # of a constant series the naive forecast makes no error

    def work(optimizer: str, lr: float, epochs: int, hidden_size: int) -> Job:
        forecaster = Forecaster(x_fit, t_fit, seed=seed, hidden_size=hidden_size, optimizer=optimizer, lr=lr)
        yield from train(forecaster, epochs)
        name = f"{optimizer}, {lr:g}, {epochs}, {hidden_size}"
        naive = mse(naive_forecast(forecaster.x), forecaster.t)
        runs.pop(name, None)  # a run that is repeated comes last again
        runs[name] = [loss / (naive or 1) for loss in forecaster.losses]  # without a naive error the losses themselves
        for old in list(runs)[:-kept]:
            del runs[old]
        unseen = times(mse(forecaster(x_validation), t_validation), mse(naive_forecast(x_validation), t_validation))
        seconds, learned, curves = forecaster.seconds, times(forecaster.losses[-1], naive), dict(runs)

        def show() -> Shown:
            with plots.room(*PLACE):
                picture = plots.loss_curves(curves, ratio=naive > 0)
            ja = f"損失はナイーブ予測の {number(learned, 3)} 倍（学習部分）、{number(unseen, 3)} 倍（検証部分）です。{seconds:.2f} 秒かかりました。"
            en = (
                f"Loss: {number(learned, 3)} times naive on the training part, {number(unseen, 3)} on the validation part. "
                f"It took {seconds:.2f} s."
            )
            scores = {text("学習部分", "training part"): learned, text("検証部分", "validation part"): unseen}
            return Shown([(ja, en)], [picture], scores=scores)

        return show

    def code(epochs: int, **settings: object) -> str:
        return source(f"""
            from helpers.baselines import naive_forecast
            from helpers.training import Forecaster

            # x_fit, t_fit, x_validation, t_validation: as given to the panel
            model = Forecaster(x_fit, t_fit, {arguments(seed=seed, **settings)}).train({epochs})
            learned = model.losses[-1] / ((naive_forecast(model.x) - model.t) ** 2).mean()
            errors = [((y - t_validation) ** 2).mean() for y in (model(x_validation), naive_forecast(x_validation))]
            unseen = errors[0] / errors[1]
            learned, unseen
        """)

    controls = {
        "optimizer": choice(list(OPTIMIZERS), "adamw"),
        "lr": rates(1e-2, 1e-5, 1e-4, 1e-3, 0.1, 1.0),  # with AdamW's usual 1e-3 nothing moves in so few epochs
        "epochs": slider(epochs, 1, 300),
        "hidden_size": slider(hidden_size, 1, 100),
    }
    return Panel(controls, work, code=code, lines=2)
