"""Controls under the reader's hands: change a setting, and the model is trained anew while the page stays alive.

Widget callbacks run on an event loop, sometimes the kernel's main one and sometimes that of a subshell in a thread beside
it. A job is therefore a generator that does a little work at a time: between two pieces the loop takes in what the reader
has moved meanwhile. No thread is started here.
"""

import asyncio
import base64
import gc
import html
import threading
import time
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path

import ipywidgets as widgets
import numpy as np
import pandas as pd
import torch
from IPython.display import display

from helpers import plots
from helpers.backtest import TARGETS, backtest_table, refit_linear, refit_lstm, simple_forecasts, skill_over_time, walk, walk_forward
from helpers.columns import QuantileForecaster, bracket_scores, empirical_quantiles, pick, relative_to_close
from helpers.data import SERIES, load_prices
from helpers.leakage import LEAKS, laboratory_suite, report, scores
from helpers.language import both, text
from helpers.training import Forecaster, metrics
from helpers.validation import lag_profile, scorecard, verdict
from helpers.windows import make_windows, split_last

gc.collect()
gc.freeze()  # torch and its company leave a million objects; to search them again and again would stall a slider for 0.2 s

PATIENCE = 2.0  # seconds after which a run shows its progress and the button that stops it
MAX_ROWS = 1500  # of a longer series the last rows are enough to play with, and keep the answer within a second
KEPT = 8  # rows of the ledger on the page; the CSV has them all

# JupyterLab styles tables in outputs, but not in widgets.
LOOK = """<style>
.lstm-live table {border-collapse: collapse; margin: .6em 0}
.lstm-live th, .lstm-live td {padding: .1em .7em; text-align: right; white-space: nowrap}
.lstm-live .words td {text-align: left}
.lstm-live tbody tr:nth-child(odd) {background: var(--jp-layout-color2, #f5f5f5)}
.lstm-live a {color: var(--jp-content-link-color, #0072B2); text-decoration: underline}
</style>"""

Job = Generator[float, None, str]  # yields the share done, 0 to 1, and returns HTML

# ipywidgets gives a slider's handle no accessible name: it gets that of the label beside it, also after a change of language.
NAME_THE_SLIDERS = """
const name = () => document.querySelectorAll('.widget-slider').forEach(slider => {
  const label = slider.querySelector('.widget-label'), handle = slider.querySelector('[role=slider]');
  if (label && handle && handle.getAttribute('aria-label') !== label.textContent)
    handle.setAttribute('aria-label', label.textContent);
});
if (!window.lstmTutorialNames) {
  window.lstmTutorialNames = new MutationObserver(name);
  window.lstmTutorialNames.observe(document.body, {childList: true, subtree: true, characterData: true});
}
name();
"""


class Panel(widgets.VBox):
    """Controls above, result below. One job at a time; the newest settings win; what fails leaves the last result there.

    controls: setting name -> (widget, Japanese label, English label). work(**settings) is the job. With `buttons`, name
    -> (Japanese label, English label), a click runs the same job with that name as `action`.
    """

    def __init__(self, controls: dict[str, tuple[widgets.Widget, str, str]], work: Callable[..., Job],
                 buttons: dict[str, tuple[str, str]] | None = None):
        self.controls, self.work, self.labels = controls, work, buttons or {}
        self.result, self.status = widgets.HTML(), widgets.HTML()
        self.bar = widgets.FloatProgress(max=1.0)
        self.stop = widgets.Button(icon="stop", button_style="warning")
        self.buttons = {name: widgets.Button() for name in self.labels}
        self.progress = widgets.HBox([self.bar, self.stop], layout={"visibility": "hidden"})
        self._lock, self._wanted, self._running, self._stopped = threading.Lock(), None, False, False
        for widget, _, _ in controls.values():
            widget.style = {"description_width": "13em"}
            widget.layout = {"width": "28em"}
            widget.observe(lambda change: self._ask(), "value")
        for name, button in self.buttons.items():
            button.on_click(lambda _, name=name: self._ask(action=name))
        self.stop.on_click(lambda _: setattr(self, "_stopped", True))
        grid = widgets.Box([widget for widget, _, _ in controls.values()], layout={"flex_flow": "row wrap"})
        super().__init__([grid, widgets.HBox([*self.buttons.values(), self.progress]), self.status, self.result])
        self._wanted, self._running = self.settings(), True
        for _ in self._serve():  # the first time at once, so that the picture is there when the cell is done
            pass

    def settings(self) -> dict:
        """What the controls stand at, by name."""
        return {name: widget.value for name, (widget, _, _) in self.controls.items()}

    def _ask(self, **action: str) -> None:
        """Take a wish. Who runs already will find it; otherwise a task on the loop of this callback starts to serve."""
        with self._lock:
            self._wanted = self.settings() | action
            if self._running:
                return
            self._running = True
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # outside a kernel, as in a test
            for _ in self._serve():
                pass
            return
        self._task = loop.create_task(self._serve_between_messages())  # kept: a loop holds its tasks only weakly

    async def _serve_between_messages(self) -> None:
        for _ in self._serve():
            await asyncio.sleep(0.001)  # not 0: a turn in which sockets are polled

    def _serve(self) -> Iterator[None]:
        """Run what is wanted until nothing more is; at each yield the newest wish, or a stop, may have come in."""
        while True:
            with self._lock:
                wanted, self._wanted, self._stopped = self._wanted, None, False
                if wanted is None:
                    self._running = False
                    return
            try:
                yield from self._run(wanted)
            except (ValueError, ArithmeticError, KeyError) as error:  # settings that cannot be: say so, keep the picture
                self.status.value = f'<div role="alert" style="color: #D55E00">{_paragraphs(error)}</div>'
            except BaseException:
                self._running = False
                raise
            self.progress.layout.visibility = "hidden"

    def _run(self, wanted: dict) -> Iterator[None]:
        self._translate()
        started = shown = time.perf_counter()
        job = self.work(**wanted)
        while True:
            try:
                done = next(job)
            except StopIteration as end:
                self.result.value, self.status.value = f'{LOOK}<div class="lstm-live">{end.value}</div>', ""
                return
            now = time.perf_counter()
            if now - started > PATIENCE and now - shown > 0.2:
                self.bar.value, self.progress.layout.visibility, shown = done, "visible", now
            yield
            if self._wanted is not None or self._stopped:
                job.close()
                if self._stopped and self._wanted is None:
                    message = text(f"{done:.0%} で止めました。図は前回のものです。", f"Stopped at {done:.0%}; the picture is the last one.")
                    self.status.value = f'<div role="status">{message}</div>'
                return

    def _translate(self) -> None:
        for widget, ja, en in self.controls.values():
            widget.description = widget.tooltip = text(ja, en)
        for name, button in self.buttons.items():
            button.description = text(*self.labels[name])
            button.layout.width = "auto"
        self.stop.description = text("止める", "stop")
        self.bar.description = text("学習中", "training")

    def _repr_mimebundle_(self, **kwargs) -> dict[str, str]:
        """The widget, and for pages without widgets (the web, an export) its present result as plain HTML."""
        note = both("JupyterLab で実行すると、ここで設定を変えられます。", "Run this in JupyterLab, and the settings can be changed here.")
        return super()._repr_mimebundle_(**kwargs) | {
            "text/html": f"<p><em>{_paragraphs(note)}</em></p>{self.result.value}",
            "text/plain": note,
        }

    def _ipython_display_(self) -> None:
        display({"application/javascript": NAME_THE_SLIDERS, "text/plain": ""}, raw=True)
        display(self._repr_mimebundle_(), raw=True)


def _paragraphs(lines: object) -> str:
    return "<br>".join(html.escape(str(lines)).splitlines())


def _slider(value: int, low: int, high: int, step: int = 1) -> widgets.IntSlider:
    return widgets.IntSlider(value, low, high, step, continuous_update=False)


def _dropdown(options: list, value: object) -> widgets.Dropdown:
    return widgets.Dropdown(options=options, value=value)


# Step 05 and later: train, forecast, and keep a ledger


class Ledger:
    """Every run of a playground: settings, errors, seconds; and what a difference between two runs is worth."""

    def __init__(self) -> None:
        self.rows: list[dict] = []
        self.spread: dict[tuple, float] = {}  # (series, target, window) -> standard deviation of RMSE over seeds

    def add(self, settings: dict, card: pd.Series, naive: float, seconds: float) -> None:
        """One more row; `settings` as the controls had them, `card` a scorecard, `naive` the RMSE of the naive forecast."""
        measured = {"RMSE": card["RMSE"], "naive RMSE": naive, "skill": card["skill"], "best lag": int(card["best lag"])}
        self.rows.append({"run": len(self.rows) + 1} | settings | measured | {"seconds": seconds})

    def difference(self) -> tuple[str, str]:
        """What the last run's RMSE says beside the one before, in Japanese and in English."""
        if len(self.rows) < 2:
            return "設定を動かすと、ここに前回との比較が出ます。", "Move a setting, and the comparison with the last run stands here."
        before, now = self.rows[-2:]
        if before["series"] != now["series"]:
            return "系列が違うので、前回とは比べません。", "Another series: not compared with the last run."
        gap = now["RMSE"] - before["RMSE"]
        spread = self.spread.get((now["series"], now.get("target"), now["window"]))
        if spread is None:
            return (f"前回との RMSE の差は {gap:+.4g} です。種によるばらつきと比べるには、「5 つの種」を押してください。",
                    f"RMSE differs from the last run by {gap:+.4g}. To compare with the spread over seeds, press “five seeds”.")
        limit = 2 * np.sqrt(2) * spread  # two standard deviations of the difference of two runs
        inside = abs(gap) <= limit
        return (f"前回との RMSE の差 {gap:+.4g} は、種によるばらつき（±{limit:.3g}）の範囲{'内' if inside else '外'}です。",
                f"The difference in RMSE from the last run, {gap:+.4g}, is {'inside' if inside else 'outside'} the spread "
                f"over seeds (±{limit:.3g}).")

    def csv(self) -> str:
        """All rows as CSV text."""
        return pd.DataFrame(self.rows).to_csv(index=False)

    def to_html(self) -> str:
        """The last rows as a table, newest first, and a link that saves all of them."""
        names = {"run": ("回", "run"), "series": ("系列", "series"), "window": ("窓", "window"), "target": ("対象", "target"),
                 "hidden_size": ("隠れ", "hidden"), "num_layers": ("層", "layers"), "cell": ("セル", "cell"), "epochs": ("エポック", "epochs"), "seed": ("種", "seed"),
                 "naive RMSE": ("ナイーブ RMSE", "naive RMSE"), "skill": ("スキル", "skill"), "best lag": ("最良のラグ", "best lag"),
                 "seconds": ("秒", "seconds")}  # fmt: skip
        table = pd.DataFrame(self.rows[::-1][:KEPT]).rename(columns={name: text(*words) for name, words in names.items()})
        data = base64.b64encode(self.csv().encode("utf-8-sig")).decode()  # the mark lets Excel read it as UTF-8
        save = text("記録を CSV で保存", "save the ledger as CSV")
        link = f'<a download="runs.csv" href="data:text/csv;base64,{data}">{save} ({len(self.rows)})</a>'
        return table.to_html(index=False, float_format=lambda number: f"{number:.4g}", border=0) + link


class _Playground:
    """The job behind `playground`, and what it remembers from run to run."""

    def __init__(self, series: list[str], fallback: str | None, test: int, max_lag: int):
        self.fallback, self.test, self.max_lag = fallback, test, max_lag
        self.ledger, self.loaded, self.before = Ledger(), {}, (None, None)
        self.prices(series[0])

    def prices(self, name: str) -> pd.DataFrame:
        if name not in self.loaded:
            fallback = self.fallback if name in SERIES and SERIES[name].symbol else None
            self.loaded[name] = load_prices(name, fallback).tail(MAX_ROWS)
        return self.loaded[name]

    def work(self, series: str, window: int, seed: int, epochs: int, action: str = "", **model: object) -> Job:
        prices = self.prices(series)
        column = prices[prices.attrs["column"]].to_numpy()
        target = {"target": model.pop("target")} if "target" in model else {}
        of_changes = target.get("target") == "change"
        windows = make_windows(np.diff(column) if of_changes else column, window)
        x_train, x_test, t_train, _ = split_last(*windows, self.test)
        actual, naive = column[-self.test :], column[-self.test - 1 : -1]
        seeds = range(seed, seed + 5) if action == "seeds" else [seed]
        forecasts, cards = [], []
        for number, one in enumerate(seeds):
            forecaster = Forecaster(x_train, t_train, seed=one, **model)
            for epoch in range(epochs):
                forecaster.train(1)
                yield (number + (epoch + 1) / epochs) / len(seeds)
            forecasts.append(forecaster(x_test).numpy().ravel() + (naive if of_changes else 0))
            cards.append(scorecard(actual, forecasts[-1], naive, column[: -self.test], self.max_lag))
            used = {"series": series} | target | {"window": window, "seed": one, "epochs": epochs} | model
            self.ledger.add(used, cards[-1], metrics(actual, naive)["RMSE"], forecaster.seconds)
        if len(seeds) > 1:
            self.ledger.spread[series, target.get("target"), window] = float(np.std([card["RMSE"] for card in cards], ddof=1))
        return self._page(prices, actual, forecasts, cards[0], series)

    def _page(self, prices: pd.DataFrame, actual: np.ndarray, forecasts: list, card: pd.Series, series: str) -> str:
        before = self.before[1] if self.before[0] == series else None
        band = (np.min(forecasts, axis=0), np.max(forecasts, axis=0)) if len(forecasts) > 1 else None
        self.before = series, forecasts[0]
        picture = plots.playground(prices.index[-self.test :], actual, forecasts[0], before, band,
                                   lag_profile(actual, forecasts[0], self.max_lag), prices.attrs)  # fmt: skip
        numbers = card.to_frame(text("値", "value")).T.to_html(float_format=lambda number: f"{number:.4g}", border=0, na_rep="–")
        said = "".join(f"<p>{html.escape(text(*sentence, between=chr(10)))}</p>".replace(chr(10), "<br>")
                       for sentence in (verdict(card), self.ledger.difference()))
        return picture.to_html(fast=True) + said + numbers + self.ledger.to_html()


def playground(series: str | Path = "nikkei225", fallback: str | None = "ibm", *, window: int = 5, hidden_size: int = 16,
               num_layers: int = 1, cell: str = "lstm", epochs: int = 12, seed: int = 0, test: int = 100,
               max_lag: int = 10, target: str | None = None) -> Panel:
    """Sliders for every hyperparameter; on release the model is trained anew and forecast, lags and scorecard follow.

    series: a name or the path of a CSV, as in `load_prices`; the other arguments are where the controls start. With
    `target`, "level" or "change", there is a control for what the model sees and forecasts; without it, levels.
    Below the picture a ledger keeps every run. Raises as `load_prices` does.
    """
    names = [str(series), *(name for name, about in SERIES.items() if not about.symbol and name != series)]
    game = _Playground(names, fallback, test, max_lag)
    controls = {
        "series": (_dropdown(names, names[0]), "系列", "series"),
        "window": (_slider(window, 1, 60), "窓の長さ", "window"),
        "hidden_size": (_slider(hidden_size, 1, 100), "隠れ状態", "hidden size"),
        "num_layers": (_slider(num_layers, 1, 3), "層の数", "layers"),
        "cell": (_dropdown(["lstm", "gru", "rnn"], cell), "セル", "cell"),
        "epochs": (_slider(epochs, 1, 60), "エポック数", "epochs"),
        "seed": (_slider(seed, 0, 20), "乱数の種", "seed"),
    }
    if target:
        controls["target"] = (_dropdown(["level", "change"], target), "予測するもの", "target")
    return Panel(controls, game.work, {"seeds": ("5 つの種で学習", "five seeds")})


# Step 02: windows


def windows_explorer(prices: pd.DataFrame, column: str, *, window: int = 5, stride: int = 1, rows: int = 60) -> Panel:
    """Window, horizon and stride move over the first `rows` rows of the real series; the table below shows x and t."""

    def work(window: int, stride: int, horizon: int) -> Job:
        yield 0.5
        x, t = make_windows(prices[column], window, horizon, stride)
        picture = plots.windows_on_series(prices[column].iloc[:rows], window, horizon, stride, show=6)
        heads = [f"x{step}" for step in range(1, window + 1)], [f"t{step}" for step in range(1, horizon + 1)]
        table = pd.DataFrame(np.hstack([x[:6, :, 0], t[:6]]), columns=heads[0] + heads[1])
        table.index = [text(f"窓 {row + 1}", f"window {row + 1}") for row in range(len(table))]
        shapes = f"x {tuple(x.shape)} &nbsp; t {tuple(t.shape)}"
        return picture.to_html(fast=True) + f"<p>{shapes}</p>" + table.to_html(float_format=lambda n: f"{n:.6g}", border=0, max_cols=16)

    controls = {
        "window": (_slider(window, 1, 30), "窓の長さ", "window"),
        "stride": (_slider(stride, 1, 10), "ずらし幅", "stride"),
        "horizon": (_slider(1, 1, 10), "ホライズン", "horizon"),
    }
    return Panel(controls, work)


# Step 04: loss curves


def loss_explorer(x: object, t: object, *, epochs: int = 40, hidden_size: int = 16, seed: int = 0, kept: int = 4) -> Panel:
    """Learning rate, epochs and optimiser: the loss of each run is laid over those of the runs before.

    x: (n, window, features) and t: (n, horizon) in prices, the part to learn from.
    """
    runs: dict[str, list[float]] = {}

    def work(optimizer: str, lr: float, epochs: int) -> Job:
        forecaster = Forecaster(x, t, seed=seed, hidden_size=hidden_size, optimizer=optimizer, lr=lr)
        for epoch in range(epochs):
            forecaster.train(1)
            yield (epoch + 1) / epochs
        name = f"{optimizer}, lr {lr:g}, {epochs}"
        runs.pop(name, None)  # a run that is repeated comes last again
        runs[name] = forecaster.losses
        for old in list(runs)[:-kept]:
            del runs[old]
        naive = float(((forecaster.x[:, -1, :1] - forecaster.t) ** 2).mean())
        done = text(f"{forecaster.seconds:.2f} 秒、損失 {forecaster.losses[-1]:.4g}（ナイーブ予測 {naive:.4g}）",
                    f"{forecaster.seconds:.2f} s, loss {forecaster.losses[-1]:.4g} (naive forecast {naive:.4g})")
        return plots.loss_curves(runs, naive).to_html(fast=True) + f"<p>{done}</p>"

    rates = [1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0]
    controls = {
        "optimizer": (_dropdown(["adamw", "sgd", "lbfgs"], "adamw"), "最適化手法", "optimiser"),
        "lr": (widgets.SelectionSlider(options=[(f"{rate:g}", rate) for rate in rates], value=1e-3, continuous_update=False),
               "学習率", "learning rate"),
        "epochs": (_slider(epochs, 1, 300), "エポック数", "epochs"),
    }  # fmt: skip
    return Panel(controls, work)


# Step 08: several columns, and a range


def _table(frame: pd.DataFrame) -> str:
    return frame.to_html(float_format=lambda number: f"{number:.4g}", border=0, na_rep="–")


def columns_explorer(prices: pd.DataFrame, *, window: int = 5, hidden_size: int = 16, epochs: int = 12, seed: int = 0,
                     test: int = 100) -> Panel:
    """Tick the columns that the model sees beside the open; it is compared with the previous open and the previous close."""
    prices = pick(prices, ["Open", "High", "Low", "Close", "Volume"]).tail(MAX_ROWS)
    more = list(prices.columns[1:])
    actual = prices["Open"].to_numpy()[-test:]
    rivals = {f"previous {name.lower()}": prices[name].to_numpy()[-test - 1 : -1] for name in ("Open", "Close")}
    rmse = {name: metrics(actual, rival)["RMSE"] for name, rival in rivals.items()}
    runs: dict[str, float] = {}

    def work(window: int, hidden_size: int, seed: int, **ticked: bool) -> Job:
        columns = ["Open", *(name for name in more if ticked[name])]
        x_train, x_test, t_train, _ = split_last(*make_windows(prices[columns], window), test)
        forecaster = Forecaster(x_train, t_train, seed=seed, hidden_size=hidden_size)
        for epoch in range(epochs):
            forecaster.train(1)
            yield (epoch + 1) / epochs
        y = forecaster(x_test).numpy().ravel()
        name = f"{' + '.join(columns)} ({window}, {hidden_size}, {seed})"
        runs.pop(name, None)
        runs[name] = metrics(actual, y)["RMSE"]
        for old in list(runs)[:-KEPT]:
            del runs[old]
        picture = plots.rmse_by_columns(pd.DataFrame({"RMSE": runs})[::-1], rmse, prices.attrs)
        cards = {name: scorecard(actual, y, rival, prices["Open"].iloc[:-test]) for name, rival in rivals.items()}
        kept = pd.DataFrame(cards).T[["RMSE", "skill", "best lag", "Diebold-Mariano p"]]
        return picture.to_html(fast=True) + _table(kept.assign(**{"rival RMSE": rmse}))

    controls = {name: (widgets.Checkbox(value=True), name, name) for name in more}
    controls |= {
        "window": (_slider(window, 1, 30), "窓の長さ", "window"),
        "hidden_size": (_slider(hidden_size, 1, 64), "隠れ状態", "hidden size"),
        "seed": (_slider(seed, 0, 20), "乱数の種", "seed"),
    }
    return Panel(controls, work)


def bracket_explorer(prices: pd.DataFrame, *, window: int = 10, hidden_size: int = 16, epochs: int = 50, seed: int = 0,
                     test: int = 100) -> Panel:
    """The level of the bracket, window, epochs and seed: the bracket of the test days, and its scores beside the empirical one."""
    prices = prices.tail(MAX_ROWS)
    relative = relative_to_close(prices)
    close = prices["Close"].to_numpy()[-test - 1 : -1, None]

    def work(level: float, window: int, hidden_size: int, epochs: int, seed: int) -> Job:
        levels = (1 - level, level)
        x, _ = make_windows(relative, window)
        t = torch.tensor(relative[["Low", "High"]].to_numpy()[window:], dtype=torch.float32)
        x_train, x_test, t_train, t_test = split_last(x, t, test)
        model = QuantileForecaster(x_train, t_train, levels, seed=seed, hidden_size=hidden_size)
        for epoch in range(epochs):
            model.train(1)
            yield (epoch + 1) / epochs
        forecasts = {"LSTM": model(x_test).numpy(), "empirical": np.tile(empirical_quantiles(t_train, levels), (test, 1))}
        picture = plots.brackets(prices.iloc[-test:], {name: close * np.exp(y / 100) for name, y in forecasts.items()})
        scores = pd.DataFrame({name: bracket_scores(t_test, y, levels) for name, y in forecasts.items()}).T
        return picture.to_html(fast=True) + _table(scores)

    levels = widgets.FloatSlider(0.9, min=0.55, max=0.95, step=0.05, continuous_update=False, readout_format=".2f")
    controls = {
        "level": (levels, "分位点", "level"),
        "window": (_slider(window, 1, 30), "窓の長さ", "window"),
        "hidden_size": (_slider(hidden_size, 1, 32), "隠れ状態", "hidden size"),
        "epochs": (_slider(epochs, 10, 300, 10), "エポック数", "epochs"),
        "seed": (_slider(seed, 0, 20), "乱数の種", "seed"),
    }
# Step 09: leakage


def leakage_laboratory(series: str | Path = "nikkei225", fallback: str | None = "ibm", *, rows: int = 600, hold_out: int = 100,
                       test: int = 100, seed: int = 0) -> Panel:
    """A box for each leak: tick it, and the pipeline is trained anew, scored on test and hold-out, and run over the tripwires.

    series, fallback: as in `load_prices`; of the column to forecast the last `rows` values are used.
    """
    names = [str(series), *(name for name in ("random_walk", "ibm", "usdjpy", "electricity") if name != series)]
    loaded: dict[str, np.ndarray] = {}

    def values(name: str) -> np.ndarray:
        if name not in loaded:
            prices = load_prices(name, fallback if name in SERIES and SERIES[name].symbol else None)
            loaded[name] = prices[prices.attrs["column"]].tail(rows).to_numpy()
        return loaded[name]

    def work(series: str, seed: int, **ticked: bool) -> Job:
        leaks = [leak for leak, on in ticked.items() if on]
        compared = {text("漏れなし", "no leak"): [], text("今の設定", "as ticked"): leaks}
        skills = {}
        for name, planted in compared.items():
            skills[name] = scores(values(series), hold_out, test, planted, seed=seed)
            yield 0.1 * len(skills)
        findings = []
        for finding in laboratory_suite(values(series)[:-hold_out], test, leaks, seed=seed):
            findings.append(finding)
            yield 0.2 + 0.2 * len(findings)
        picture = plots.pretended_and_held_out(pd.DataFrame(skills).T)
        table = report(findings).rename(columns={"state": text("状態", "state"), "seen": text("見たこと", "seen")})
        return picture.to_html(fast=True) + table.to_html(border=0, classes="words").replace("\\n", "<br>")  # pandas writes a new line as \\n

    controls = {
        "series": (_dropdown(names, names[0]), "系列", "series"),
        "seed": (_slider(seed, 0, 20), "乱数の種", "seed"),
    } | {leak: (widgets.Checkbox(False, indent=False), *words) for leak, words in LEAKS.items()}
    return Panel(controls, work)


# Step 10: backtest


def backtest_explorer(series: str | Path = "nikkei225", fallback: str | None = "ibm", *, test: int = 100, every: int = 10, rows: int = 500,
                      window: int = 5, hidden_size: int = 16, first: int = 12, epochs: int = 2, seed: int = 0) -> Panel:
    """Walk forward under the reader's hands: refit every k days on all of the past or on the last `rows` rows, and see the skill grow.

    series, fallback: as in `load_prices`. The model sees Open and Close where the series has both. The other arguments are
    where the controls start; first and epochs as in `refit_lstm`.
    """
    names = [str(series), *(name for name, about in SERIES.items() if not about.symbol and name != series)]
    loaded: dict[str, pd.DataFrame] = {}

    def prices_of(name: str) -> pd.DataFrame:
        if name not in loaded:
            loaded[name] = load_prices(name, fallback if name in SERIES and SERIES[name].symbol else None).tail(MAX_ROWS)
        return loaded[name]

    def work(series: str, every: int, sliding: bool, rows: int, window: int, hidden_size: int, target: str, seed: int) -> Job:
        prices = prices_of(series)
        column = prices.attrs["column"]
        values = prices[[column, "Close"] if column != "Close" and "Close" in prices else [column]].to_numpy()
        how = {"window": window, "rows": rows if sliding else None, "every": every}
        refit = partial(refit_lstm, first=first, epochs=epochs, hidden_size=hidden_size, target=target, seed=seed)
        forecasts = []
        for y in walk(values, test, refit, **how):
            forecasts.append(y)
            yield len(forecasts) / test
        known = simple_forecasts(prices, column, test)
        shown = {"LSTM": np.array(forecasts), text("線形", "linear"): walk_forward(values, test, refit_linear, **how)}
        shown |= {name: y for name, y in known.items() if name != "naive"}
        actual = values[-test:, 0]
        curves = {name: skill_over_time(actual, y, known["naive"]) for name, y in shown.items()}
        picture = plots.skill_over_time(prices.index[-test:], curves, ("ナイーブ予測", "the naive forecast"))
        return picture.to_html(fast=True) + _table(backtest_table(actual, shown, {"naive": known["naive"]}))

    controls = {
        "series": (_dropdown(names, names[0]), "系列", "series"),
        "every": (_slider(every, 1, 50), "学習の間隔（日）", "days per refit"),
        "sliding": (widgets.Checkbox(False, indent=False), "スライド窓", "sliding window"),
        "rows": (_slider(rows, 100, 1000, 50), "スライド窓の行数", "its rows"),
        "window": (_slider(window, 1, 30), "窓の長さ", "window"),
        "hidden_size": (_slider(hidden_size, 1, 64), "隠れ状態", "hidden size"),
        "target": (_dropdown(list(TARGETS), "level"), "予測するもの", "target"),
        "seed": (_slider(seed, 0, 20), "乱数の種", "seed"),
    }
    return Panel(controls, work)
