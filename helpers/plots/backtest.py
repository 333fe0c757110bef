"""Step 12: the backtest."""

import pandas as pd

from helpers.language import text
from helpers.plots import style
from helpers.plots.style import Dates, Picture, legend, line_chart, styled


@styled
def skill_over_time(dates: Dates, curves: dict[str, pd.DataFrame], baseline: tuple[str, str]) -> Picture:
    """Skill over all days up to each date, one curve a forecast, and the 95% interval of the first.

    dates: of the n days tested; curves: as `backtest.skill_over_time` gives them, in its unit; baseline: what the skill
    is against, in Japanese and English.
    """
    lines = {name: table["skill"].set_axis(dates[table.index - 1]) for name, table in curves.items()}
    title = f"{baseline[0]}に対するスキル", f"Skill against {baseline[1]}"
    figure, axes = line_chart(lines, title, (), ("その日までのスキル", "skill up to that day", "\n"), 4, marks=10)
    name, first = next(iter(curves.items()))
    shade = {"color": style.BLUE, "alpha": 0.2, "hatch": ".."}
    words = text(f"{name} の 95% 区間", f"95% interval of {name}", "\n")
    axes.fill_between(dates[first.index - 1], first["low"], first["high"], **shade, label=words)
    axes.axhline(0, color="black", linewidth=1)
    style.few_dates(axes)
    legend(axes, ncols=3)
    ja = "その日までのスキルの折れ線と、1 本目の 95% 区間。0 より上ならベースラインより良い。"
    return Picture(figure, ja, "Skill up to each day, 95% interval of the first line; above 0 it beats the baseline.")
