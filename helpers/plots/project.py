"""Step 13: the project."""

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import ArrayLike

from helpers.language import text, words
from helpers.plots import style
from helpers.plots.leakage import Name, in_both
from helpers.plots.style import Dates, Picture, canvas, first_true, headline, label, legend, styled
from helpers.plots.validation import three_lines

PARTS = {  # what a part of a series is for -> its words and its colour
    "train": (("学習部分", "training"), style.BLUE),
    "validation": (("検証部分", "validation"), style.ORANGE),
    "test": (("テスト部分", "test"), style.GREEN),
    "hold-out": (("ホールドアウト", "hold-out"), style.PURPLE),
}


@styled
def parts_in_time(prices: pd.Series, sizes: dict[str, int], attrs: dict, sealed: bool = True) -> Picture:
    """The series with its parts in the order of time; how much of the second lies beyond the first is the finding.

    sizes: rows of the parts behind the training part, names as in PARTS. sealed: the last part is in its envelope, so its
    prices are not drawn. Of a long training part only its end is drawn, so that the others have room for their names.
    """
    figure, (top, axes) = canvas(4.2, nrows=2, height_ratios=[1, 3.6], sharex=True)
    others, smallest = sum(sizes.values()), min(sizes.values())
    sizes = {"train": len(prices) - others} | sizes
    ends = np.cumsum(list(sizes.values()))
    pieces = {name: prices.iloc[end - rows : end] for (name, rows), end in zip(sizes.items(), ends, strict=True)}
    drawn = pieces | {"train": pieces["train"].iloc[-max(12 * smallest - others, others) :]}
    for name, piece in drawn.items():
        (ja, en), colour = PARTS[name]
        shut = sealed and name == list(sizes)[-1]
        span = {"facecolor": style.pale(colour), "edgecolor": "black", "hatch": "//" if shut else None}
        top.axvspan(piece.index[0], piece.index[-1], **span)
        middle = piece.index[0] + (piece.index[-1] - piece.index[0]) / 2
        words = f"{text(ja.removesuffix('部分'), en, chr(10))}\n{sizes[name]:,}"
        if len(piece) < sizes[name]:
            words += text(f"（図は最後の {len(piece):,} 行）", f" (the last {len(piece):,} drawn)", "")
        top.annotate(words, (middle, 0.5), xycoords=("data", "axes fraction"), ha="center", va="center")
        if shut:
            axes.axvspan(piece.index[0], piece.index[-1], facecolor="white", edgecolor=style.GREY, hatch="//")
            look = {
                "xycoords": ("data", "axes fraction"),
                "ha": "center",
                "va": "center",
                "bbox": {"facecolor": "white"},
            }
            axes.annotate(text("封", "sealed", "\n"), (middle, 0.5), **look)
        else:
            axes.plot(piece, color=colour, linewidth=1.3)
    top.set(yticks=[], ylim=(0, 1), xmargin=0)
    for name in ("left", "bottom"):
        top.spines[name].set_visible(False)
    top.tick_params(bottom=False)
    top.grid(False)
    top.set_ylabel(text("行数", "rows", "\n"), rotation=0, ha="right", va="center")
    (first, train), (second, new) = list(pieces.items())[:2]
    (first_ja, first_en), (second_ja, second_en) = PARTS[first][0], PARTS[second][0]
    outside = float(((new < train.min()) | (new > train.max())).mean())
    ja = f"{attrs['title_ja']}: {second_ja}の {outside:.0%} は、{first_ja}で見た範囲の外"
    en = f"{attrs['title_en']}: {outside:.0%} of the {second_en} part lies beyond the range of {first_en}"
    headline(figure, (ja, en))
    label(axes, (), style.DATE, attrs)
    style.few_dates(axes)
    en = f"Line chart of the {attrs['value_en']}, with a strip that names the parts: {', '.join(PARTS[name][0][1] for name in sizes)}. {en}."
    return Picture(
        figure,
        f"{attrs['value_ja']}の折れ線と、部分の名前の帯。{'、'.join(PARTS[name][0][0] for name in sizes)}の順。{ja}。",
        en,
    )


@styled
def seen_and_new(inputs: dict[Name, tuple[ArrayLike, ArrayLike]]) -> Picture:
    """How far the inputs of new windows lie beyond those of training, a panel for each kind of scaling.

    inputs: kind -> (training inputs, new inputs), of any shape, in standard deviations.
    """
    figure, panels = canvas(3.8, ncols=len(inputs), squeeze=False)
    said = []
    for axes, (name, both) in zip(panels[0], inputs.items(), strict=True):
        seen, new = (np.asarray(values, dtype=float).ravel() for values in both)
        bins = np.linspace(min(seen.min(), new.min()), max(seen.max(), new.max()), 41)
        blue = {"color": style.pale(style.BLUE), "edgecolor": style.BLUE, "label": text("学習部分", "training part")}
        orange = {"color": style.ORANGE, "linewidth": 2.5, "label": text("検証部分", "validation part")}
        axes.stairs(np.histogram(seen, bins)[0] / len(seen), bins, fill=True, **blue)
        axes.stairs(np.histogram(new, bins)[0] / len(new), bins, **orange)
        axes.axvline(seen.min(), **style.DASHED, label=text("学習の範囲の端", "end of the training range"))
        axes.axvline(seen.max(), **style.DASHED)
        outside = float(((new < seen.min()) | (new > seen.max())).mean())
        ja, en = in_both(name)
        said.append((f"{ja}: 入力の {outside:.1%} が範囲の外", f"{en}: {outside:.1%} of inputs outside"))
        label(axes, said[-1], ("入力（標準偏差）", "input (standard deviations)"), ("割合", "share"))
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=(1, 2, 5, 10)))
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    panels[0, -1].set_ylabel("")
    legend(panels[0, 0], ncols=3)
    ja, en = ("。".join(part) for part in zip(*said, strict=True))
    ja = f"入力の分布。学習部分（青）と検証部分（橙の線）。破線は学習の範囲。{ja}。"
    en = f"Distributions of inputs: training (blue), validation (orange line); dashed lines end the range of training. {en.replace('。', '. ')}."
    return Picture(figure, ja, en)


@styled
def skill_by_step(parts: dict[Name, pd.DataFrame], baseline: str, p: dict[Name, pd.Series] | None = None) -> Picture:
    """Skill by step ahead against one of the methods, a panel for each part of the data; the first method is the finding.

    parts: part -> RMSE, steps down and methods across, `baseline` among them. p: part -> p of the first method against the
    baseline at each step, corrected for as many tests: a star where p < 0.05. Methods far below run out of
    the picture.
    """
    figure, panels = canvas(4.2, ncols=len(parts), sharey=True, squeeze=False)
    said, floor, notes = [], 0.0, 0
    for axes, (part, table) in zip(panels[0], parts.items(), strict=True):
        skills = 1 - table.drop(columns=baseline).div(table[baseline], axis=0)
        name, (part_ja, part_en), steps = skills.columns[0], in_both(part), len(skills)
        won, lost = int((skills[name] > 0).sum()), int((skills[name] < 0).sum())
        ja, en = first_true(
            (won > lost, f"{won} 期で勝ち", f"won at {won}"),
            (lost > 0, f"{lost} 期で負け", f"lost at {lost}"),
            (True, f"{steps} 期で引き分け", f"a tie at {steps}"),
        )
        said.append((f"{part_ja}: {steps} 期のうち {ja}", f"{part_en}: {en} of {steps} steps"))
        near = skills.loc[:, skills.max() > -0.5]  # one bad step runs out of the picture, and not its whole line
        floor = max(min(floor, near.min(axis=None)), -0.5)
        curves = {text(*words(method)): near[method] for method in near}
        style.draw_curves(axes, curves, dot="o", marks=99, markersize=6)
        if p and part in p:
            clear = skills[name][p[part].reindex(skills.index) < 0.05]
            none = ("", "") if len(clear) else (": なし", ": none")
            star = {"color": style.RED, "markersize": 15, "linestyle": "", "marker": "*" if len(clear) else ""}
            axes.plot(clear, **star, label=text(f"p < 0.05（Holm）{none[0]}", f"p < 0.05 (Holm){none[1]}"))
        axes.axhline(0, color="black", linewidth=1.5, label=text(*words(baseline)))
        axes.xaxis.get_major_locator().set_params(integer=True)
        lines = 0
        for method in skills.columns.difference(near.columns):
            (ja, en), best = words(method), f"{skills[method].max():+.1f}"
            far = text(f"{ja}: 最も良い期でも {best} ↓", f"{en}: {best} at best ↓", "\n")
            axes.annotate(far, (0.98, 0.03 + 0.09 * lines), xycoords="axes fraction", ha="right", **style.LITERAL)
            lines += 1 + far.count("\n")
        notes = max(notes, lines)
        label(axes, said[-1], style.AHEAD)
    ja, en = words(baseline)
    label(panels[0, 0], y=(f"スキル（{ja}が 0）", f"skill ({en}: 0)"))
    bottom, top = 1.15 * floor - 0.005, panels[0, 0].get_ylim()[1]
    panels[0, 0].set_ylim(bottom=bottom - 0.1 * notes * (top - bottom))  # below the curves there is room for the notes
    legend(panels[0, -1], ncols=2 if p else 4)
    ja, en = ("。".join(part) for part in zip(*said, strict=True))
    return Picture(
        figure, f"何期先かごとのスキルの線。{ja}。", f"Lines of skill by steps ahead. {en.replace('。', '. ')}."
    )


@styled
def changes_by_step(changes: dict[Name, pd.DataFrame]) -> Picture:
    """Mean change since the last known price by steps ahead; the first is a model's answers, of which the spread is shown too.

    changes: what it is of -> changes in %, windows down and steps ahead across. The finding is which of the others the
    first is closest to on average.
    """
    figure, axes = canvas(4.2)
    means = {name: table.mean() for name, table in changes.items()}
    first, *others = changes
    style.draw_curves(axes, {text(*in_both(name), "\n"): mean for name, mean in means.items()}, dot="o", marks=99)
    low, high = means[first] - changes[first].std(), means[first] + changes[first].std()
    shade = {"facecolor": (style.BLUE, 0.15), "edgecolor": style.BLUE, "linewidth": 0.5}
    axes.fill_between(
        low.index, low, high, **shade, label=text("窓によるばらつき（± 標準偏差）", "spread over windows (± std)", "\n")
    )
    axes.axhline(0, **style.DASHED)
    axes.xaxis.get_major_locator().set_params(integer=True)
    nearest = min(others, key=lambda name: (means[name] - means[first]).abs().mean())
    (ja, en), (ja_first, en_first) = in_both(nearest), in_both(first)
    ja, en = style.spaced(f"{ja_first}に最も近いのは、{ja}"), f"Closest to {en_first}: {en}"
    label(axes, (ja, en), style.AHEAD, ("最後の価格からの変化 [%]", "change since the last price [%]"))
    legend(axes, ncols=3)
    return Picture(figure, f"何期先かごとの平均の変化の線。{ja}。", f"Lines of the mean change by steps ahead. {en}.")


@styled
def forecasts_ahead(dates: Dates, actual: ArrayLike, predicted: ArrayLike, attrs: dict, close_up: int = 120) -> Picture:
    """Forecasts made one step and `horizon` steps before, each with the actual values and those shifted by as many.

    actual, predicted: (n, horizon) in prices; dates: of the n + horizon - 1 targets. The last `close_up` are drawn.
    """
    actual, predicted = np.asarray(actual, dtype=float), np.asarray(predicted, dtype=float)
    steps = sorted({1, actual.shape[1]})
    figure, panels = canvas(1.8 + 2.6 * len(steps), nrows=len(steps), squeeze=False, sharex=True)
    said = []
    for axes, step in zip(panels[:, 0], steps, strict=True):
        first = max(0, len(actual) - close_up)
        a, y, lag = actual[first:, step - 1], predicted[first:, step - 1], min(step, len(actual) - first - 1)
        three_lines(axes, dates[first + step - 1 :][: len(a)], a, y, attrs, lag=lag, marks=False)
        own, past = (np.abs(y[lag:] - line).mean() for line in (a[lag:], a[: len(a) - lag]))
        near = first_true(
            (past < own, f"{lag} 期ずらした実際の値に近い", f"closer to the values shifted by {lag}"),
            (past > own, "ずらさない実際の値に近い", "closer to the values not shifted"),
            (True, "ずらしてもずらさなくても同じ近さ", "as close to the values not shifted as to those shifted"),
        )
        made = f"Made {step} step{'s' * (step > 1)} ahead"
        said.append((f"{step} 期前に出した予測は、{near[0]}", f"{made}: {near[1]}"))
        label(axes, said[-1])
    style.name_frames(figure, attrs)
    names = {line.get_label(): line for axes in panels[:, 0] for line in axes.get_lines()}
    figure.legend(names.values(), names, loc="outside lower center", ncols=2)
    ja, en = ("。".join(part) for part in zip(*said, strict=True))
    ja = f"最後の実際の値（灰色）、予測（赤）、同じだけずらした実際の値（青）。{ja}。"
    en = f"The last actual values (grey), forecasts (red), actual values shifted as far (blue). {en.replace('。', '. ')}."
    return Picture(figure, ja, en)
