"""Step 15: many machines."""

import pandas as pd

from helpers.language import text
from helpers.plots import style
from helpers.plots.style import Picture, canvas, label, legend, name_rows, styled


@styled
def workers_timeline(trials: pd.DataFrame) -> Picture:
    """Who trained what and when, one row a process, from `search.trial_table`; cut-off trials and retries by number."""
    workers = list(trials["worker"].unique())
    figure, axes = canvas(1.7 + 0.35 * len(workers))
    retried, state = trials["retry of"].notna(), trials["state"]
    for chosen, color, hatch, words in (
        (~retried & (state == "COMPLETE"), style.SKY, None, ("完了", "complete")),
        (state == "FAIL", style.RED, "xx", ("中断された試行", "cut off")),
        (retried, style.ORANGE, "//", ("やり直し", "retry")),
    ):
        part = trials[chosen].dropna(subset=["start", "end"])
        rows, look = [workers.index(worker) for worker in part["worker"]], {"edgecolor": "black", "label": text(*words)}
        bars = axes.barh(rows, part["end"] - part["start"], left=part["start"], color=color, hatch=hatch, **look)
        if hatch:
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
            axes.bar_label(bars, part.index, label_type="center", fontsize=10, bbox=box)
    name_rows(axes, [text(f"プロセス {k + 1}", f"process {k + 1}") for k in range(len(workers))])
    legend(axes, ncols=3)
    title = "どのプロセスが、いつ、どの試行をしたか", "Which process did which trial, and when"
    label(axes, title, ("秒", "seconds"))
    ja = "プロセスごとの横棒。中断された試行と、そのやり直しに番号がある。"
    return Picture(figure, ja, "Bars by process; the trial that was cut off and its retry carry their numbers.")
