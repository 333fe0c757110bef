"""Step 02: cut the windows by hand."""

import numpy as np
import pandas as pd

from helpers import plots
from helpers.language import text
from helpers.panels.engine import Job, Panel, slider, table_html
from helpers.windows import make_windows


def windows_explorer(prices: pd.DataFrame, column: str, *, window: int = 5, stride: int = 1, rows: int = 60) -> Panel:
    """Window, horizon and stride move over the first `rows` rows of the real series; the table below shows x and t."""

    def work(window: int, stride: int, horizon: int) -> Job:
        yield 0.5
        x, t = make_windows(prices[column], window, horizon, stride)
        picture = plots.windows_on_series(prices[column].iloc[:rows], window, horizon, stride, show=6)
        heads = [f"x{step}" for step in range(1, window + 1)] + [f"t{step}" for step in range(1, horizon + 1)]
        table = pd.DataFrame(np.hstack([x[:6, :, 0], t[:6]]), columns=heads)
        table.index = [text(f"窓 {row + 1}", f"window {row + 1}") for row in range(len(table))]
        shapes = f"<p>x {tuple(x.shape)} &nbsp; t {tuple(t.shape)}</p>"
        return picture.to_html(fast=True) + shapes + table_html(table.map("{:,.6g}".format), max_cols=16)

    return Panel({"window": slider(window, 1, 30), "stride": slider(stride, 1, 10), "horizon": slider(1, 1, 10)}, work)
