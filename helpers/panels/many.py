"""Step 10: forecasts of one car park from one half-hour, by hand. Every model is trained before; the panel only looks up."""

import numpy as np
import pandas as pd
from torch import Tensor

from helpers import plots
from helpers.language import text, words
from helpers.language.tables import table_html
from helpers.many import Windows
from helpers.panels.controls import box, choice, looked, slider
from helpers.panels.engine import Job, Panel
from helpers.panels.page import Shown, Words, source

PLACE = 600, 380  # of the picture, in CSS pixels
BEFORE = 36  # rows drawn before the origin: two days of half-hours
OWN = "LSTM for all"


def ranked_in_words(origin: str, series: str, errors: dict[str, float]) -> list[Words]:
    """What is said above a path. origin: its time; errors: method -> RMSE on the test part of the series, OWN among them."""
    ranked = sorted(errors, key=errors.get)
    place, (best_ja, best_en) = ranked.index(OWN) + 1, words(ranked[0])
    return [
        (
            f"起点 {origin}。{series} のテスト部分で、LSTM の RMSE は {errors[OWN]:.4f}、{len(errors)} つのうち {place} 位です。",
            f"Origin {origin}. On the test part of {series} the LSTM has an RMSE of {errors[OWN]:.4f}, "
            f"rank {place} of {len(errors)}.",
        ),
        (
            f"RMSE が最も小さいのは「{best_ja}」の {errors[ranked[0]]:.4f} です。",
            f"The smallest is that of “{best_en}”, {errors[ranked[0]]:.4f}.",
        ),
    ]


def series_explorer(
    table: pd.DataFrame, ahead: Windows, forecasts: dict[str, Tensor], bare: Tensor, *, origin: int = 0
) -> Panel:
    """Series, origin, horizon, covariates: the forecast path of every method and its error on that series, at once.

    ahead: the windows of the test part of `table`. forecasts: method -> (n, horizon), OWN among them; bare: the same of the
    LSTM without covariates, which takes its place when they are switched off. origin: where the slider starts, counted over
    the windows of a series.
    """
    most = min(int((ahead.series == k).sum()) for k in np.unique(ahead.series))

    def chosen(covariates: bool) -> dict[str, Tensor]:
        return forecasts if covariates else forecasts | {OWN: bare}

    def work(series: str, origin: int, horizon: int, covariates: bool) -> Job:
        mine = np.flatnonzero(ahead.series == table.columns.get_loc(series))
        one, methods = mine[origin], chosen(covariates)
        errors = {name: float((y - ahead.t)[mine, :horizon].square().mean().sqrt()) for name, y in methods.items()}
        row = int(ahead.row[one])
        rows = slice(max(0, row + 1 - BEFORE), row + 1 + horizon)
        part, start = table[series].iloc[rows], row + 1 - rows.start
        drawn = {name: y[one, :horizon].numpy() for name, y in methods.items()}
        told = looked(table.attrs["name"])
        yield 1.0

        def show() -> Shown:
            with plots.room(*PLACE):
                picture = plots.path_of_series(part.index, part, start, drawn, series)
            said = ranked_in_words(f"{table.index[row]:%m-%d %H:%M}", series, errors)
            scores = pd.DataFrame({"RMSE": errors}).sort_values("RMSE")
            heading = text("この系列のテスト部分での RMSE", "RMSE on the test part of this series")
            return Shown(said, [picture], {heading: table_html(scores)}, {"RMSE": errors[OWN]}, told)

        return show

    def code(series: str, origin: int, horizon: int, covariates: bool) -> str:
        return source(f"""
            from helpers.windows import look

            # table, ahead, forecasts and bare: as given to the panel
            mine = ahead.series == table.columns.get_loc({series!r})
            methods = forecasts{"" if covariates else f" | {{{OWN!r}: bare}}"}
            look(table.attrs["name"])  # at the test part, once more
            errors = {{
                name: float((y - ahead.t)[mine, :{horizon}].square().mean().sqrt()) for name, y in methods.items()
            }}
            path = methods[{OWN!r}][mine][{origin}, :{horizon}]
            errors
        """)

    controls = {
        "series": choice(list(table.columns), table.columns[0]),
        "origin": slider(origin, 0, most - 1),
        "horizon": slider(ahead.t.shape[1], 1, ahead.t.shape[1]),
        "covariates": box(True),
    }
    labels = {"origin": ("起点", "origin"), "covariates": ("共変量を使う", "covariates")}
    return Panel(controls, work, labels, code=code, lines=4)
