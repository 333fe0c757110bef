"""Step 05 and 06: settings changed by hand, and a ledger that keeps every run and counts the looks at the test part."""

import base64
from functools import partial
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import plots
from helpers.language import current, named, text, words
from helpers.language.tables import significant, table_html
from helpers.model import CELLS
from helpers.panels.controls import SeriesMenu, choice, slider, train
from helpers.panels.engine import Job, Panel
from helpers.panels.page import Shown, arguments, source
from helpers.training import Forecaster, metrics
from helpers.validation import lag_profile, scorecard, verdict
from helpers.windows import look, looks_told, make_windows, split_last

KEPT = 8  # rows of the ledger on the page; the CSV has them all
HEADS = {
    "run": ("回", "run"),
    "series": ("系列", "series"),
    "window": ("窓", "window"),
    "target": ("対象", "target"),
    "hidden_size": ("次元数", "hidden size"),
    "num_layers": ("層", "layers"),
    "cell": ("セル", "cell"),
    "epochs": ("エポック", "epochs"),
    "seed": ("シード", "seed"),
    "naive RMSE": ("ナイーブ RMSE", "naive RMSE"),
    "skill": words("skill"),
    "best lag": words("best lag"),
    "seconds": ("秒", "seconds"),
    "looks": ("テストを見た回数", "looks at the test"),
}


class Ledger:
    """Every run of a playground: settings, errors, seconds; and what a difference between two runs is worth."""

    def __init__(self) -> None:
        self.rows: list[dict] = []
        self.spread: dict[tuple, float] = {}  # settings but the seed -> standard deviation of RMSE over seeds

    def add(self, settings: dict, card: pd.Series, naive: float, seconds: float, looks: int) -> None:
        """One more row; `settings` as the controls had them, `card` a scorecard, `naive` the RMSE of the naive forecast.

        looks: how often the test part had been looked at, this time included.
        """
        measured = {
            "RMSE": card["RMSE"],
            "naive RMSE": naive,
            "skill": card["skill"],
            "best lag": int(card["best lag"]),
        }
        self.rows.append({"run": len(self.rows) + 1} | settings | measured | {"seconds": seconds, "looks": looks})

    @staticmethod
    def key(settings: dict) -> tuple:
        """What two runs must share for one spread over seeds to be that of both."""
        measured = {"run", "seed", "RMSE", "naive RMSE", "skill", "best lag", "seconds", "looks"}
        return tuple(sorted((name, value) for name, value in settings.items() if name not in measured))

    def difference(self) -> tuple[str, str]:
        """What the last run's RMSE says beside the one before, in Japanese and in English.

        The rows of one press of “five seeds” share a look at the test part: they are one run, and their mean is compared.
        """
        runs = [list(rows) for _, rows in groupby(self.rows, key=lambda row: (row["series"], row["looks"]))]
        if len(runs) < 2:
            return (
                "設定を動かすと、ここに前回との比較が出ます。",
                "Change a setting, and the comparison with the last run appears here.",
            )
        before, now = runs[-2:]
        if before[0]["series"] != now[0]["series"]:
            return "系列が違うので、前回とは比べません。", "Another series: not compared with the last run."
        gap = np.subtract(*(np.mean([row["RMSE"] for row in run]) for run in (now, before)))
        change = significant(gap, sign="+")
        spreads = [self.spread.get(self.key(run[0])) for run in (before, now)]
        if None in spreads:
            return (
                f"前回との RMSE の差は {change} です。シードによるばらつきと比べるには、前回の設定と今の設定の両方で「5 つのシードで学習」を押してください。",
                f"RMSE differs from the last run by {change}. To compare with the spread over seeds, press “five seeds” "
                "at the last settings and at these.",
            )
        # Two standard deviations of the difference of two means, of one seed or five each
        limit = 2 * np.hypot(*(spread / np.sqrt(len(run)) for spread, run in zip(spreads, (before, now), strict=True)))
        inside = abs(gap) <= limit
        return (
            f"前回との RMSE の差 {change} は、シードによるばらつき（±{significant(limit, 3)}）の範囲{'内' if inside else '外'}です。",
            f"The difference in RMSE from the last run, {change}, is {'inside' if inside else 'outside'} the spread "
            f"over seeds (±{significant(limit, 3)}).",
        )

    def csv(self) -> str:
        """All rows as CSV text."""
        return pd.DataFrame(self.rows).to_csv(index=False)

    def to_html(self) -> str:
        """The last rows as a table, newest first, and a link that saves all of them."""
        table = pd.DataFrame(self.rows[::-1][:KEPT]).rename(columns={name: text(*head) for name, head in HEADS.items()})
        data = base64.b64encode(self.csv().encode("utf-8-sig")).decode()  # the mark lets Excel read it as UTF-8
        save = f"{text('記録を CSV で保存', 'save the ledger as CSV')} ({len(self.rows)})"
        return table_html(table, index=False) + f'<a download="runs.csv" href="data:text/csv;base64,{data}">{save}</a>'


class _Playground:
    """The job behind `playground`, and what it remembers from run to run."""

    def __init__(self, series: SeriesMenu, test: int, max_lag: int):
        self.series, self.test, self.max_lag = series, test, max_lag
        self.ledger, self.before = Ledger(), ("", None)  # the last forecast, and of which entry of the menu it was
        self.drawn: tuple[object, plots.Playground | None] = (None, None)  # the figure that stays, and what it is of

    def work(self, series: str, window: int, seed: int, epochs: int, action: str = "", **model: object) -> Job:
        prices = self.series[series]
        column, name = prices[prices.attrs["column"]].to_numpy(), prices.attrs["name"]
        x_train, x_test, t_train, _ = split_last(*make_windows(column, window), self.test)
        actual, naive, known = column[-self.test :], column[-self.test - 1 : -1], column[: -self.test]
        seeds = self._seeds(seed, action)
        forecasts, cards, seconds = [], [], []
        for number, one in enumerate(seeds):
            forecaster = Forecaster(x_train, t_train, seed=one, **model)
            for done in train(forecaster, epochs):
                yield (number + done) / len(seeds)
            forecasts.append(forecaster(x_test).numpy().ravel())
            cards.append(scorecard(actual, forecasts[-1], naive, known, self.max_lag))
            seconds.append(forecaster.seconds)
        looks = look(name)  # several seeds are one look
        for one, card, took in zip(seeds, cards, seconds, strict=True):
            used = {"series": series, "window": window, "seed": one, "epochs": epochs} | model
            self.ledger.add(used, card, metrics(actual, naive)["RMSE"], took, looks)
        if len(seeds) > 1:
            spread = float(np.std([card["RMSE"] for card in cards], ddof=1))
            self.ledger.spread[self.ledger.key(self.ledger.rows[-1])] = spread
        y = np.mean(forecasts, axis=0)  # of five seeds, the forecast that is judged; of one, that one
        band = (np.min(forecasts, axis=0), np.max(forecasts, axis=0)) if len(seeds) > 1 else None
        card = scorecard(actual, y, naive, known, self.max_lag) if band else cards[0]
        before = self.before[1] if self.before[0] == series else None
        self.before = series, y
        said = [verdict(card), self.ledger.difference()]
        if band:
            of_what = _of_the_mean(band, prices.attrs)
            said[0] = tuple(what + rest for what, rest in zip(of_what, said[0], strict=True))
        drawn = {"y": y, "before": before, "band": band, "profile": lag_profile(actual, y, self.max_lag)}
        return partial(self._show, series, card, said, looks_told(name), drawn)

    @staticmethod
    def _seeds(seed: int, action: str) -> list[int]:
        return list(range(seed, seed + 5)) if action == "seeds" else [seed]

    def _show(self, series: str, card: pd.Series, said: list, note: tuple[str, str], drawn: dict) -> Shown:
        runs = len(self.ledger.rows)
        tables = {
            text("成績", "scores"): table_html(card.to_frame(text("値", "value")).T),
            text(f"記録（{runs} 回）", f"ledger ({runs} run{'s' * (runs != 1)})"): self.ledger.to_html(),
        }
        scores = {named(name): card[name] for name in ("RMSE", "skill", "best lag")}
        return Shown(said, [self._figure(series)(**drawn)], tables, scores, note)

    def _figure(self, series: str) -> plots.Playground:
        what = series, current()  # not the name in attrs: a file ibm.csv and the bundled series are both "ibm"
        if self.drawn[0] != what:
            prices = self.series[series]
            values, dates = prices[prices.attrs["column"]].to_numpy(), prices.index[-self.test :]
            actual, naive = values[-self.test :], values[-self.test - 1 : -1]
            lags = lag_profile(actual, naive, self.max_lag)
            self.drawn = what, plots.Playground(dates, actual, prices.attrs, lags)
        return self.drawn[1]

    def code(self, series: str, window: int, seed: int, epochs: int, action: str = "", **model: object) -> str:
        return source(f"""
            import numpy as np
            from helpers.data import load_prices
            from helpers.training import Forecaster
            from helpers.validation import scorecard
            from helpers.windows import make_windows, seal, split_last

            prices = {self.series.code(series)}
            values = prices[prices.attrs["column"]].to_numpy()
            x, x_test, t, t_test = split_last(*make_windows(values, {window}), {self.test})
            x_test, t_test = seal(x_test, t_test, name=prices.attrs["name"]).open()
            forecasts = []
            for seed in {self._seeds(seed, action)}:
                model = Forecaster(x, t, seed=seed, {arguments(**model)}).train({epochs})
                forecasts.append(model(x_test).numpy().ravel())
            y = np.mean(forecasts, axis=0)
            actual, naive, known = values[-{self.test}:], values[-{self.test + 1}:-1], values[:-{self.test}]
            card = scorecard(actual, y, naive, known, {self.max_lag})
            card
        """)


def _of_the_mean(band: tuple[np.ndarray, np.ndarray], attrs: dict) -> tuple[str, str]:
    """Words before a verdict on the mean of several seeds, and how far they lie apart in the unit of the series."""
    apart = significant(np.mean(band[1] - band[0]), 3)
    ja, en = (f"{apart} {attrs.get(unit) or ''}".rstrip() for unit in ("unit_ja", "unit_en"))
    return (
        f"5 つの予測の平均を採点します。5 つは平均 {ja} の幅に散らばっています。",
        f"The mean of five forecasts is scored; on average they lie {en} apart. ",
    )


def playground(
    series: str | Path | pd.DataFrame = "nikkei225",
    fallback: str | None = "ibm",
    *,
    window: int = 5,
    hidden_size: int = 16,
    num_layers: int = 1,
    cell: str = "lstm",
    epochs: int = 12,
    seed: int = 0,
    test: int = 100,
    max_lag: int = 10,
    target: str | None = None,
) -> Panel:
    """Controls for series, window, network, epochs and seed; on release training, forecast, lags and scorecard follow.

    series: a name, the path of a CSV or a DataFrame, as in `load_prices`; the other arguments are where the controls start. With
    `target`, "level" or "change", there is a control for what the model sees and forecasts; without it, levels.
    Column, test part, optimiser and lags stay as they are; of five seeds the mean forecast is drawn and judged.
    Below the picture a ledger keeps every run. Raises as `load_prices` does.
    """
    menu = SeriesMenu(series, fallback)
    controls = {
        "series": menu.control(),
        "window": slider(window, 1, 60),
        "hidden_size": slider(hidden_size, 1, 100),
        "num_layers": slider(num_layers, 1, 3),
        "cell": choice(list(CELLS), cell),
        "epochs": slider(epochs, 1, 60),
        "seed": slider(seed, 0, 20),
    }
    if target:
        controls["target"] = choice(["level", "change"], target)
    job = _Playground(menu, test, max_lag)
    return Panel(controls, job.work, buttons={"seeds": ("5 つのシードで学習", "five seeds")}, code=job.code, lines=5)
