"""Step 13: the settings of the project, by hand."""

import pandas as pd

from helpers import plots
from helpers.data import select_columns
from helpers.horizons import rmse_by_step
from helpers.language import text
from helpers.panels.engine import Job, Panel, rates, slider, table_html
from helpers.project.trainer import Trainer


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

    def work(window: int, horizon: int, hidden_size: int, lr: float, epochs: int) -> Job:
        trainer = Trainer(values, window=window, horizon=horizon, hidden_size=hidden_size, lr=lr, seed=seed)
        for row in trainer.epochs(epochs):
            yield row["epoch"] / epochs
        rows = pd.DataFrame(trainer.history).set_index("epoch")
        names = {"train": text("学習", "training"), "validation": text("検証", "validation")}
        curves = {
            name: rows.filter(like=f"/{part}").rename(columns=lambda tag: tag.split("/")[0])
            for part, name in names.items()
        }
        best = trainer.stopping.best_epoch
        picture = plots.metrics_by_epoch(curves, prices.attrs, ("loss", "RMSE", "direction"), best)
        actual, forecasts = trainer.compare("validation")
        table = pd.DataFrame({name: rmse_by_step(actual, y) for name, y in forecasts.items()})
        said = text(
            f"{trainer.epoch} エポック、重みはエポック {best} のもの。検証部分の RMSE:",
            f"{trainer.epoch} epochs, weights of epoch {best}. RMSE on the validation part:",
        )
        shown = table.loc[sorted({1, max(1, horizon // 2), horizon})]
        return picture.to_html(fast=True) + f"<p>{said}</p>" + table_html(shown)

    controls = {
        "window": slider(window, 5, 60, 5),
        "horizon": slider(horizon, 1, 30),
        "hidden_size": slider(hidden_size, 1, 64),
        "lr": rates(lr, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2),
        "epochs": slider(epochs, 1, 60),
    }
    return Panel(controls, work)
