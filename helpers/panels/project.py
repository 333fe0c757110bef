"""Step 13: the settings of the project, by hand."""

import math

import pandas as pd

from helpers import plots
from helpers.data import select_columns
from helpers.horizons import rmse_by_step
from helpers.language import text
from helpers.language.tables import table_html
from helpers.panels.controls import rates, slider
from helpers.panels.engine import Job, Panel
from helpers.panels.page import Shown, arguments, source, times
from helpers.project.trainer import Trainer

PLACE = 600, 360  # of the picture, in CSS pixels


def project_explorer(
    prices: pd.DataFrame,
    column: str,
    *,
    window: int = 30,
    horizon: int = 14,
    hidden_size: int = 16,
    lr: float = 3e-3,
    epochs: int = 20,
    seed: int = 0,
) -> Panel:
    """The settings of step 13's training: metrics by epoch, and the error by steps ahead on the validation part.

    Raises BadInput when the table has no such column.
    """
    values = select_columns(prices, [column])[column]

    def work(epochs: int, **settings: object) -> Job:
        trainer = Trainer(values, seed=seed, **settings)
        for row in trainer.epochs(epochs):
            yield row["epoch"] / epochs
        rows = pd.DataFrame(trainer.history).set_index("epoch")
        best, done, horizon = trainer.stopping.best_epoch, trainer.epoch, settings["horizon"]
        actual, forecasts = trainer.compare("validation")
        table = pd.DataFrame({name: rmse_by_step(actual, y) for name, y in forecasts.items()})

        def show() -> Shown:
            names = {"train": text("学習", "training"), "validation": text("検証", "validation")}
            curves = {
                name: rows.filter(like=f"/{part}").rename(columns=lambda tag: tag.split("/")[0])
                for part, name in names.items()
            }
            with plots.room(*PLACE):
                picture = plots.metrics_by_epoch(curves, prices.attrs, ("loss", "RMSE"), best)
            own, naive = table["LSTM"].iloc[-1], table["naive"].iloc[-1]
            ja, en = times(own / naive if naive else math.inf)
            said = (
                f"{done} エポック学習し、エポック {best} の重みを使います。検証部分での {horizon} 期先の RMSE は、"
                f"ナイーブ予測の {ja}です。",
                f"Trained for {done} epoch{'s' * (done > 1)}; the weights of epoch {best} are used. On the validation part the RMSE {horizon} "
                f"step{'s' * (horizon > 1)} ahead is {en} that of the naive forecast.",
            )
            scores = {
                text("RMSE、1 期先", "RMSE, 1 step"): table["LSTM"].iloc[0],
                text("RMSE、最後", "RMSE, last step"): table["LSTM"].iloc[-1],
            }
            heading = text("検証部分の RMSE、何期先かごと", "RMSE on the validation part by steps ahead")
            return Shown([said], [picture], {heading: table_html(table.T)}, scores)

        return show

    def code(epochs: int, **settings: object) -> str:
        return source(f"""
            from helpers.project.trainer import Trainer

            # prices: as given to the panel
            trainer = Trainer(prices[{column!r}], {arguments(seed=seed, **settings)})
            list(trainer.epochs({epochs}))  # each trains when it is asked for
            table = trainer.rmse("validation")
            table
        """)

    controls = {
        "window": slider(window, 5, 60, 5),
        "horizon": slider(horizon, 1, 30),
        "hidden_size": slider(hidden_size, 1, 64),
        "lr": rates(lr, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2),
        "epochs": slider(epochs, 1, 60),
    }
    return Panel(controls, work, code=code, lines=3)
