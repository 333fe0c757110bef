"""Step 02: cut the windows by hand."""

import numpy as np
import pandas as pd
from torch import Tensor

from helpers import plots
from helpers.language import text
from helpers.language.tables import table_html
from helpers.panels.controls import slider
from helpers.panels.engine import Job, Panel
from helpers.panels.page import Shown, arguments, source
from helpers.windows import make_windows

PLACE = 600, 400  # of the picture, in CSS pixels
SHOWN = 6  # windows in the picture and in the table


def counted(rows: int, x: Tensor, t: Tensor) -> tuple[str, str]:
    """How many windows so many rows make, and the shapes of x and t, in Japanese and in English."""
    return (
        f"{rows:,} 行から窓が {len(x):,} 個できます。x の形は {tuple(x.shape)}、t の形は {tuple(t.shape)} です。",
        f"{rows:,} rows make {len(x):,} windows. x has the shape {tuple(x.shape)}, t {tuple(t.shape)}.",
    )


def windows_explorer(prices: pd.DataFrame, column: str, *, window: int = 5, stride: int = 1, rows: int = 60) -> Panel:
    """Window, horizon and stride move over the first `rows` rows of the real series; a table below shows x and t."""

    def work(window: int, stride: int, horizon: int) -> Job:
        x, t = make_windows(prices[column], window, horizon, stride)
        yield 0.5

        def show() -> Shown:
            with plots.room(*PLACE):
                picture = plots.windows_on_series(prices[column].iloc[:rows], window, horizon, stride, show=SHOWN)
            heads = [f"x{step}" for step in range(1, window + 1)] + [f"t{step}" for step in range(1, horizon + 1)]
            table = pd.DataFrame(np.hstack([x[:SHOWN, :, 0], t[:SHOWN]]), columns=heads)
            table.index = [text(f"窓 {row + 1}", f"window {row + 1}") for row in range(len(table))]
            heading = text(f"最初の {SHOWN} 個の窓の値", f"the values of the first {SHOWN} windows")
            return Shown([counted(len(prices), x, t)], [picture], {heading: table_html(table.map("{:,.6g}".format), max_cols=16)},
                         {text("窓の数", "windows"): len(x)})  # fmt: skip

        return show

    def code(**settings: int) -> str:
        return source(f"""
            from helpers.windows import make_windows

            # prices: as given to the panel
            x, t = make_windows(prices[{column!r}], {arguments(**settings)})
            x.shape, t.shape
        """)

    controls = {"window": slider(window, 1, 30), "stride": slider(stride, 1, 10), "horizon": slider(1, 1, 10)}
    return Panel(controls, work, code=code, lines=1)
