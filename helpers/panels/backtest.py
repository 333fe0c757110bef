"""Step 12: walk forward by hand."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import plots
from helpers.backtest import backtest_table, refit_linear, refit_lstm, skill_over_time, walk, walk_forward
from helpers.baselines import last_known
from helpers.language import text
from helpers.language.tables import table_html
from helpers.panels.controls import SeriesMenu, box, choice, looked, slider
from helpers.panels.engine import Job, Panel
from helpers.panels.page import Shown, arguments, source

PLACE = 600, 420  # of the picture, in CSS pixels
BASELINES = {"previous close": ("前日の終値", "the previous close"), "naive": ("ナイーブ予測", "the naive forecast")}


def backtest_explorer(
    series: str | Path | pd.DataFrame = "nikkei225",
    fallback: str | None = "ibm",
    *,
    test: int = 100,
    refit_every: int = 10,
    train_size: int = 500,
    window: int = 5,
    hidden_size: int = 16,
    initial_epochs: int = 12,
    epochs: int = 2,
    seed: int = 0,
) -> Panel:
    """Refit every k days on all of the past or on the last `train_size` rows, and see the skill grow.

    series, fallback: as in `load_prices`. The model sees Open and Close where the series has both. The other arguments
    are where the controls start; initial_epochs and epochs as in `refit_lstm`.
    """
    menu = SeriesMenu(series, fallback)

    def seen(prices: pd.DataFrame) -> list[str]:
        column = prices.attrs["column"]
        return [column, "Close"] if column != "Close" and "Close" in prices else [column]

    def work(series: str, refit_every: int, sliding: bool, train_size: int, window: int, **model: object) -> Job:
        prices = menu[series]
        values = prices[seen(prices)].to_numpy()
        how = {"window": window, "train_size": train_size if sliding else None, "refit_every": refit_every}
        refit = partial(refit_lstm, initial_epochs=initial_epochs, epochs=epochs, **model)
        forecasts = []
        for y in walk(values, test, refit, **how):
            forecasts.append(y)
            yield len(forecasts) / test
        known, actual = last_known(prices, prices.attrs["column"], test), values[-test:, 0]
        best = (
            "previous close" if "previous close" in known else "naive"
        )  # it knows what the model knows, and needs no training
        shown = {"LSTM": np.array(forecasts), "linear": walk_forward(values, test, refit_linear, **how)}
        curves = {name: skill_over_time(actual, y, known[best]) for name, y in shown.items()}
        told = looked(prices.attrs["name"])

        def show() -> Shown:
            with plots.room(*PLACE):
                picture = plots.skill_over_time(prices.index[-test:], curves, BASELINES[best])
            table = backtest_table(actual, shown | known, known[best])
            own, against = table.iloc[0], BASELINES[best]
            sure = "0 を含みません" if own["days low"] > 0 or own["days high"] < 0 else "0 を含みます"
            holds = "does not contain 0" if own["days low"] > 0 or own["days high"] < 0 else "contains 0"
            interval = f"{own['days low']:+.3f} … {own['days high']:+.3f}"
            said = (
                f"{against[0]}に対する LSTM のスキルは {own['skill']:+.3f} です。日による 95% 区間（{interval}）は {sure}。",
                f"The LSTM's skill against {against[1]} is {own['skill']:+.3f}; its 95% interval over the days "
                f"({interval}) {holds}.",
            )
            if np.isnan(own["skill"]):
                said = (
                    f"テスト部分では{against[0]}の誤差が 0 なので、スキルを計算できません。",
                    f"On the test part {against[1]} makes no error: the skill cannot be computed.",
                )
            heading = text("すべての予測の成績", "the scores of all forecasts")
            return Shown([said], [picture], {heading: table_html(table)}, own[["RMSE", "skill", "p"]].to_dict(), told)

        return show

    def code(series: str, refit_every: int, sliding: bool, train_size: int, window: int, **model: object) -> str:
        how = arguments(window=window, train_size=train_size if sliding else None, refit_every=refit_every)
        return source(f"""
            from functools import partial

            from helpers.backtest import backtest_table, refit_lstm, walk_forward
            from helpers.baselines import last_known
            from helpers.data import load_prices
            from helpers.windows import look

            prices = {menu.code(series)}
            values = prices[{seen(menu[series])!r}].to_numpy()
            refit = partial(refit_lstm, {arguments(initial_epochs=initial_epochs, epochs=epochs, **model)})
            y = walk_forward(values, {test}, refit, {how})
            known = last_known(prices, prices.attrs["column"], {test})
            look(prices.attrs["name"])  # at the test part, once more
            table = backtest_table(values[-{test}:, 0], {{"LSTM": y}} | known, known.get("previous close", known["naive"]))
            table
        """)

    controls = {
        "series": menu.control(),
        "refit_every": slider(refit_every, 1, 50),
        "sliding": box(False),
        "train_size": slider(train_size, 100, 1000, 50),
        "window": slider(window, 1, 30),
        "hidden_size": slider(hidden_size, 1, 64),
        "target": choice(["level", "change"], "level"),
        "seed": slider(seed, 0, 20),
    }
    words = {
        "refit_every": ("学習の間隔（行）", "rows per refit"),
        "sliding": ("スライド窓", "sliding window"),
        "train_size": ("スライド窓の行数", "rows of the sliding window"),
    }
    return Panel(
        controls, work, words, code=code, idle=lambda sliding, **_: () if sliding else ("train_size",), lines=3
    )
