"""Step 10: many series."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import ArrayLike

from helpers.language import named, text, words
from helpers.plots import style
from helpers.plots.style import Picture, Words, canvas, first_true, headline, label, legend, name_rows, styled

BLUES = LinearSegmentedColormap.from_list("blues", ["white", style.BLUE])
# Colour, line and marker of a method: the same in every figure of this step and in its panels (web/static/panels.js).
LOOKS = {
    "LSTM for all": (style.RED, "-", "D"),
    "LSTM, never seen": (style.RED, "-", "D"),
    "LSTM, fine-tuned": (style.SKY, "-", "P"),
    "boosting for all": (style.ORANGE, "--", "s"),
    "ridge for all": (style.GREEN, ":", "^"),
    "ridge for each": (style.PURPLE, "-.", "v"),
    "own ridge": (style.PURPLE, "-.", "v"),
    "exponential smoothing": (style.SKY, "--", "x"),
    "naive": (style.BLUE, "-", "o"),
}
WEEKDAYS = [("月", "Mon"), ("火", "Tue"), ("水", "Wed"), ("木", "Thu"), ("金", "Fri"), ("土", "Sat"), ("日", "Sun")]


def _look(method: str, number: int) -> dict:
    """Colour, line and marker of a method; where it has none in LOOKS, those of its number."""
    if method in LOOKS:
        return dict(zip(("color", "linestyle", "marker"), LOOKS[method], strict=True))
    own = next(style.looks(number))
    return own | {"marker": own["marker"] or "o"}


def _shades(axes: Axes, table: pd.DataFrame, said: Words) -> None:
    """One row a series, one column an entry of the index, from white (0) to blue (1), and the key to it."""
    drawn = axes.imshow(table.T, cmap=BLUES, vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    axes.set_yticks(range(len(table.columns)), table.columns, **style.LITERAL)
    axes.grid(False)
    axes.figure.colorbar(drawn, ax=axes, pad=0.01, aspect=30).set_label(text(*said, "\n"))


@styled
def recorded(table: pd.DataFrame, most: float) -> Picture:
    """Which share of each day's rows was recorded, one row a series; `most` is how much may be missing of a series."""
    days = table.notna().groupby(table.index.normalize()).mean()
    missing, dark = table.isna().mean().sort_values(), int((days.sum(axis=1) == 0).sum())
    figure, axes = canvas(1.2 + 0.17 * len(table.columns))
    _shades(axes, days[missing.index], ("記録された割合", "share recorded"))
    ticks = np.linspace(0, len(days) - 1, min(6, len(days)), dtype=int)
    axes.set_xticks(ticks, [f"{days.index[k]:%m-%d}" for k in ticks])
    kept = int((missing < most).sum())
    if kept < len(missing):
        axes.axhline(kept - 0.5, **style.DASHED | {"linewidth": 2})
    title = (
        f"記録がまったくない日が {dark} 日。欠損値が {most:.0%} 未満は {len(missing)} か所のうち {kept} か所",
        f"Days without any record: {dark}. Less than {most:.0%} missing: {kept} of {len(missing)} car parks",
    )
    label(axes, x=style.DATE)
    headline(figure, title)
    return Picture(
        figure,
        f"行が駐車場、列が日。青いほど、その日の記録がそろっている。{title[0]}。",
        f"Car parks down, days across; the bluer, the more of the day was recorded. {title[1]}.",
    )


@styled
def usual_weeks(table: pd.DataFrame, period: int) -> Picture:
    """The mean of every row of the week, one row a series; those that are fullest on weekdays first."""
    week = table.groupby(np.arange(len(table)) % period).mean()
    days, slots = table.index[:period].normalize().unique(), period // table.index[:period].normalize().nunique()
    by_day = week.groupby(np.arange(period) // slots).mean().set_axis(days.day_of_week)
    weekend = (
        by_day.loc[[day for day in (5, 6) if day in by_day.index]].mean() > by_day.loc[lambda t: t.index < 5].mean()
    )
    order = pd.DataFrame({"weekend": weekend, "peak": week.idxmax()}).sort_values(["weekend", "peak"]).index
    figure, axes = canvas(1.3 + 0.27 * len(order))
    _shades(axes, week[order], ("入っている割合", "occupancy"))
    names = [text(*WEEKDAYS[day], "\n") for day in days.day_of_week]
    axes.set_xticks(np.arange(len(days)) * slots + slots / 2 - 0.5, names)
    axes.vlines(np.arange(1, len(days)) * slots - 0.5, -0.5, len(order) - 0.5, color=style.GREY, linewidth=1)
    busy, free = int((~weekend).sum()), int(weekend.sum())  # on weekdays
    below = ("", "")
    if busy and free:
        axes.axhline(busy - 0.5, **style.DASHED | {"linewidth": 2})
        below = "（破線より下）", " (below the dashed line)"
    title = (
        f"平日に混むのは {busy} か所、週末に混むのは {free} か所{below[0]}",
        f"Fuller on weekdays: {busy} car parks; fuller at the weekend: {free}{below[1]}",
    )
    headline(figure, title)
    label(axes, x=("曜日（どれも 8:00 から 16:30）", "weekday (8:00 to 16:30 each)"))
    return Picture(
        figure,
        f"行が駐車場、列が 1 週間の時刻。青いほど混んでいる。{title[0]}。",
        f"Car parks down, the hours of a week across; the bluer, the fuller. {title[1]}.",
    )


@styled
def errors_by_series(errors: pd.DataFrame, said: Words) -> Picture:
    """An error of every series (rows) by every method (columns); the first column is the one that is counted. said: its name."""
    own, others = errors.columns[0], errors.columns[1:]
    errors = errors.sort_values(own)
    figure, axes = canvas(1.9 + 0.26 * len(errors))
    rows = np.arange(len(errors))
    axes.hlines(rows, errors.min(axis=1), errors.max(axis=1), color=style.GREY, linewidth=1)
    for number, name in enumerate(errors.columns):
        look = {"markersize": 9} if name == own else {"markersize": 6, "markerfacecolor": "white", "zorder": 4}
        look |= _look(name, number) | {"linestyle": ""}
        axes.plot(errors[name], rows, label=named(name), **look)
    name_rows(axes, [str(name) for name in errors.index])
    axes.set_ylim(len(errors) - 0.5, -0.5)
    ja, en = [], []
    for name in others:
        won = int((errors[own] < errors[name]).sum())
        ja.append(f"「{words(name)[0]}」に {won} か所".replace(" ", "\u00a0"))  # the title breaks behind each
        en.append(f"on {won} against {words(name)[1]}".replace(" ", "\u00a0"))
    mine = words(own)
    title = (
        f"{len(errors)} か所のうち、「{mine[0]}」が勝つのは{'、'.join(ja)}",
        f"Of {len(errors)} car parks, {mine[1]} wins {', '.join(en)}",
    )
    headline(figure, title)
    label(axes, x=said)
    legend(axes, ncols=2)
    return Picture(figure, f"駐車場ごとの誤差の点。{title[0]}。", f"Dots: the error of each car park. {title[1]}.")


@styled
def error_curves(frames: dict[Words, pd.DataFrame], units: Sequence[Words]) -> Picture:
    """An error over what a model learned from, a frame each: name of the x axis -> one row an amount, one column a method.

    units: what the amounts of each frame are counted in, in English the singular.
    """
    figure, all_axes = canvas(4.8, ncols=len(frames), sharey=True, squeeze=False)
    found, methods = [], list(dict.fromkeys(name for table in frames.values() for name in table))
    drawn = {}  # method -> its line: one look in all frames, one entry of the key
    for axes, (x, table), (ja, en) in zip(all_axes.flat, frames.items(), units, strict=True):
        places = table.set_axis(range(len(table)))  # evenly: 1, 2, 5, 10 and 20 alike
        for name in table:
            look = _look(name, methods.index(name)) | {"linewidth": 2, "markersize": 7}
            (drawn[name],) = axes.plot(places[name], label=text(*words(name), "\n"), **look)
        axes.set_xticks(places.index, table.index)
        best = {table.index[k]: words(table.iloc[k].dropna().idxmin()) for k in (0, -1)}  # at either end
        here = (
            "\n".join(f"{amount} {ja}: {name[0]}" for amount, name in best.items()),
            "\n".join(f"{amount} {en}{'' if amount == 1 else 's'}: {name[1]}" for amount, name in best.items()),
        )
        label(axes, here, x, ("RMSE", "RMSE") if axes is all_axes.flat[0] else ())
        found.append((here[0].replace("\n", "、"), here[1].replace("\n", ", ")))
    title = ("両端で誤差が最小の方法", "The method with the smallest error at each end")
    headline(figure, title)
    handles = [drawn[name] for name in methods]
    for said in figure.legend(handles=handles, loc="outside lower center", ncols=2).get_texts():
        said.set(**style.LITERAL)
    ja, en = zip(*found, strict=True)
    return Picture(
        figure,
        f"学習に使う量ごとの誤差の線。{title[0]}は、{'／'.join(ja)}。",
        f"Error by how much is learned from. {title[1]}: {'; '.join(en)}.",
    )


@styled
def error_by_week(errors: pd.DataFrame, own: str, test: int) -> Picture:
    """The RMSE of every method (columns) in each week (the index, its first day); the last `test` weeks are shaded.

    Weeks that are not in the index are those of the validation part: hatched. own: the method whose rank is told.
    """
    figure, axes = canvas(3.9)
    told, errors = errors, errors.asfreq("7D")  # no line over the weeks between
    places = errors.set_axis(range(len(errors)))
    for number, name in enumerate(errors):
        look = _look(name, number) | {"linewidth": 2, "markersize": 7}
        axes.plot(places[name], label=text(*words(name), "\n"), **look)
    empty = np.flatnonzero(errors.isna().all(axis=1))
    for k in empty:
        hatched = text("検証部分", "validation part", "\n") if k == empty[0] else None
        axes.axvspan(k - 0.5, k + 0.5, facecolor="none", edgecolor=style.GREY, linewidth=0, hatch="//", label=hatched)
    shade = text("テスト部分", "test part", "\n")
    axes.axvspan(len(errors) - test - 0.5, len(errors) - 0.5, color=style.GREY, alpha=0.15, label=shade)
    axes.set_xticks(places.index, [f"{day:%m-%d}" for day in errors.index])
    axes.set_xlim(-0.5, len(errors) - 0.5)
    won, name = int((told.idxmin(axis=1) == own).sum()), words(own)
    title = (
        f"{len(told)} 週のうち、「{name[0]}」の誤差が最も小さいのは {won} 週",
        f"Of {len(told)} weeks, {name[1]} has the smallest error in {won}",
    )
    label(axes, title, ("週の初日", "first day of the week"), ("RMSE", "RMSE"))
    legend(axes, ncols=3)
    return Picture(figure, f"週ごとの誤差の線。{title[0]}。", f"Lines of the error by week. {title[1]}.")


@styled
def path_of_series(
    times: pd.DatetimeIndex, actual: ArrayLike, start: int, forecasts: dict[str, ArrayLike], name: str
) -> Picture:
    """What was known up to row `start` - 1, forecasts of the rows from `start` on, and what came; nights are left out.

    times, actual: (rows,). forecasts: method -> (horizon,).
    """
    figure, axes = canvas(3.6)
    actual, rows = np.asarray(actual, dtype=float), np.arange(len(times))
    axes.axvspan(start - 0.5, rows[-1] + 0.5, color=style.GREY, alpha=0.12)
    axes.plot(rows, actual, color=style.GREY, linewidth=2.5, marker=".", label=text(*words("actual"), "\n"))
    for number, (method, path) in enumerate(forecasts.items()):
        steps, look = start - 1 + np.arange(len(path) + 1), _look(method, number) | {"linewidth": 1.8, "markersize": 5}
        axes.plot(steps, np.append(actual[start - 1], path), label=text(*words(method), "\n"), **look)
    ticks = _evenly(rows, 6)
    axes.set_xticks(ticks, [f"{times[k]:%m-%d\n%H:%M}" for k in ticks])
    axes.set_xlim(-0.5, rows[-1] + 0.5)
    off = {method: float(np.abs(actual[start : start + len(path)] - path).mean()) for method, path in forecasts.items()}
    known = {method: error for method, error in off.items() if np.isfinite(error)}
    best = words(min(known, key=known.get)) if known else ("", "")
    title = first_true(
        (bool(known), f"{name}: この起点で最も近いのは{best[0]}", f"{name}: from this origin {best[1]} is closest"),
        (True, name, name),
    )
    label(axes, title, y=("入っている割合", "occupancy"))
    legend(axes, ncols=3)
    return Picture(
        figure, f"{title[0]}。予測の推移と実際の値の線。", f"{title[1]}. Forecast paths and the actual values."
    )


def _evenly(rows: np.ndarray, most: int) -> Sequence[int]:
    """At most so many rows, evenly spread."""
    return rows[:: -(-len(rows) // most)]
