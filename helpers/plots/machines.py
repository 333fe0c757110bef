"""Step 15: many machines."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import NullFormatter

from helpers.language import named, text, words
from helpers.language.tables import significant
from helpers.plots import style
from helpers.plots.model import Diagram
from helpers.plots.style import Picture, canvas, label, legend, name_rows, styled


@styled
def workers_and_storage(workers: int = 3) -> Picture:
    """How workers share a search: each reads the results in one storage, chooses settings and writes its own result there."""
    drawn = Diagram(1.1 + 1.05 * workers, (-0.2, 10.6), (-0.75, workers - 0.35))
    middle = (workers - 1) / 2
    store = {"facecolor": "white", "edgecolor": style.GREY, "linewidth": 1.5}
    drawn.axes.add_patch(Rectangle((0, -0.65), 3.3, workers - 0.1, **store))
    drawn.write(1.65, middle + 0.9, text("保管場所", "storage"), 14)
    drawn.write(1.65, middle + 0.45, text("これまでの結果", "results so far", "\n"))
    for number in range(4):
        corner = 0.4 + 1.3 * (number % 2), middle - 0.38 - 0.57 * (number // 2)
        drawn.axes.add_patch(Rectangle(corner, 1.2, 0.46, facecolor=style.pale(style.SKY), edgecolor="black"))
        drawn.write(corner[0] + 0.6, corner[1] + 0.23, text(f"試行 {number}", f"trial {number}", "\n"))
    for number in range(workers):
        y = workers - 1 - number
        drawn.box(9.5, y, text(f"ワーカー {number + 1}", f"worker {number + 1}", "\n"), style.pale(style.GREEN))
        drawn.write(9.5, y - 0.42, text(f"試行 {number + 4}", f"trial {number + 4}"))
        drawn.path((3.4, y + 0.1), (8.65, y + 0.1), color=style.ORANGE)
        drawn.path((8.65, y - 0.1), (3.4, y - 0.1), color=style.SKY)
    reads = text("結果を読んで、次の設定を決める", "read the results, choose the next settings", "\n")
    drawn.write(6.0, workers - 0.85, reads, color=style.ink(style.ORANGE), va="bottom")
    drawn.write(6.0, workers - 1.17, text("スキルを書き込む", "write the skill"), color=style.ink(style.SKY), va="top")
    ja = f"左に保管場所。中にこれまでの結果がある。右の {workers} つのワーカーは、結果を読んで次の設定を決め（橙の矢印）、スキルを書き込む（水色の矢印）。"
    en = f"On the left the storage with the results so far. The {workers} workers on the right read the results to choose their next settings (orange arrows) and write the skill (light blue arrows)."
    return Picture(drawn.figure, ja, en)


@styled
def workers_timeline(trials: pd.DataFrame) -> Picture:
    """Who trained what and when, one row a process, from `search.trial_table`; cut-off trials and retries by number."""
    workers = list(trials["worker"].unique())
    figure, axes = canvas(2.0 + 0.35 * len(workers))
    retried, state = trials["retry of"].notna(), trials["state"]
    for chosen, color, hatch, name in (
        (~retried & (state == "COMPLETE"), style.SKY, None, ("完了", "complete")),
        (state == "FAIL", style.RED, "xx", ("中断された試行", "cut off")),
        (retried, style.ORANGE, "//", ("やり直し", "retry")),
    ):
        part = trials[chosen].dropna(subset=["start", "end"])
        if part.empty:
            continue
        rows = [workers.index(worker) for worker in part["worker"]]
        look = {"color": style.pale(color), "hatch": hatch, "edgecolor": "black", "label": text(*name)}
        bars = axes.barh(rows, part["end"] - part["start"], left=part["start"], **look)
        if hatch:
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
            names = [_trial_of(number, former) for number, former in part["retry of"].items()]
            beside = name[1] == "cut off"  # its bar may be very short
            place = {"padding": 3} if beside else {"label_type": "center", "bbox": box}
            axes.bar_label(bars, names, fontsize=style.SMALL, **place)
    name_rows(axes, [text(f"プロセス {k + 1}", f"process {k + 1}") for k in range(len(workers))])
    axes.grid(False, axis="y")
    legend(axes, ncols=3)
    lost = trials.index[state == "FAIL"]
    again = int(trials.loc[retried, "retry of"].isin(lost).sum())
    title = style.first_true(
        (
            not len(lost),
            f"{len(trials)} 回の試行を {len(workers)} つのプロセスで",
            f"{len(trials)} trials in {len(workers)} processes",
        ),
        (True, f"中断された試行 {len(lost)} つ、そのやり直し {again} つ", f"{len(lost)} cut off, {again} run again"),
    )
    label(axes, title, ("秒", "seconds"))
    ja = f"プロセスごとの横棒。中断された試行と、そのやり直しに番号がある。{title[0]}。"
    return Picture(
        figure, ja, f"Bars by process; a trial that was cut off and its retry carry their numbers. {title[1]}."
    )


def _trial_of(number: int, former: float) -> str:
    """The number of a trial, with that of the one whose settings it runs again behind it: short, as a bar may be."""
    return str(number) if pd.isna(former) else f"{number} ({former:.0f})"


def _logarithmic(axes: Axes, across: list[int]) -> None:
    """Both axes logarithmic, with plain numbers: marks at `across`, and upwards as many as there is room for."""
    style.logarithmic(axes)
    axes.set(xscale="log", xticks=across)
    axes.xaxis.set_major_formatter(style.DIGITS)
    axes.xaxis.set_minor_formatter(NullFormatter())


@styled
def hours_by_cores(hours: pd.DataFrame) -> Picture:
    """How long a job takes on more cores, one line a way of cutting it; hours: ways down, numbers of cores across."""
    figure, axes = canvas(4.0)
    style.draw_curves(
        axes, {text(*words(name)): row for name, row in hours.iterrows()}, dot="o", marks=99, markersize=8
    )
    axes.set_ylim(hours.min(axis=None) / 2, 2 * hours.max(axis=None))
    for (_, row), look, up in zip(hours.iterrows(), style.looks(), (-15, 8), strict=False):
        for cores, value in row.items():
            place = (cores, value), (0, up), "data", "offset points"
            axes.annotate(significant(value, 3), *place, ha="center", color=style.ink(look["color"]))
    first, last = hours.columns[[0, -1]]
    faster = hours[first] / hours[last]
    said = [(*words(name), f"{times:.1f}" if times < 10 else f"{times:,.0f}") for name, times in faster.items()]
    ja = f"コア {last / first:,.0f} 倍: " + "、".join(f"{times} 倍速（{ja}）" for ja, _, times in said)
    en = f"Speed-up on {last / first:,.0f} times the cores: " + ", ".join(f"{times} ({en})" for _, en, times in said)
    label(axes, (ja, en), ("コア数", "cores"), ("かかる時間 [時間]", "time [hours]"))
    _logarithmic(axes, list(hours.columns))
    legend(axes, ncols=2)
    return Picture(
        figure, f"コア数と時間の折れ線。両軸とも対数。{ja}。", f"Lines of hours by cores, both logarithmic. {en}."
    )


@styled
def time_of_steps(seconds: pd.DataFrame) -> Picture:
    """Time of one training step and time per window, by the number of windows handed over at once (the index); one line a device."""
    figure, (left, right) = canvas(4.0, ncols=2)
    per_window = 1e6 * seconds.div(seconds.index, axis=0)
    for axes, table, y in (
        (left, 1e3 * seconds, ("1 回の時間 [ms]", "time of a step [ms]")),
        (right, per_window, ("1 窓あたりの時間 [μs]", "time per window [μs]")),
    ):
        style.draw_curves(axes, {named(str(name)): table[name] for name in table}, dot="o", marks=99, markersize=8)
        label(axes, (), ("窓の数", "windows"), y)
        _logarithmic(axes, list(seconds.index))
    device = per_window.min().idxmin()
    best = per_window[device].idxmin()
    ja = f"1 窓あたりの最短は、{best:,} 個のときの {per_window.loc[best, device]:.2g} μs（{words(str(device))[0]}）"
    en = f"Shortest per window: {per_window.loc[best, device]:.2g} μs with {best:,} windows ({words(str(device))[1]})"
    figure.suptitle(text(ja, en, "\n"), x=0.01, ha="left", fontsize=13.5, **style.LITERAL)
    legend(left, ncols=2)
    ja = f"窓の数と時間の折れ線。左は 1 回、右は 1 窓あたり。両軸とも対数。{ja}。"
    return Picture(
        figure,
        ja,
        f"Lines of time by the number of windows: of a step on the left, per window on the right, logarithmic. {en}.",
    )
