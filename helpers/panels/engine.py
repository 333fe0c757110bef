"""Change a setting, and the model is trained again while the page stays alive.

Widget callbacks run on an event loop, sometimes the kernel's main one and sometimes that of a subshell in a thread beside
it. A job is therefore a generator that does a little work at a time: between two pieces the loop takes in what the reader
has moved meanwhile. No thread is started here.
"""

import asyncio
import html
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import ipywidgets as widgets
import pandas as pd
from IPython.display import display

from helpers.data import load_prices, menu
from helpers.language import BadInput, both, text
from helpers.training import Forecaster
from helpers.windows import look, looks_told

PATIENCE = 2.0  # seconds after which a run shows its progress and the button that stops it
MAX_ROWS = 1500  # of a longer series the last rows are enough to play with, and keep the answer within a second

# JupyterLab styles tables in outputs, but not in widgets.
LOOK = """<style>
.lstm-live {overflow-x: auto}
.lstm-live p {white-space: normal}
.lstm-live table {border-collapse: collapse; margin: .6em 0}
.lstm-live th, .lstm-live td {padding: .1em .7em; text-align: right; white-space: nowrap}
.lstm-live .words td, .lstm-live .words thead th {text-align: left}
.lstm-live tbody tr:nth-child(odd) {background: var(--jp-layout-color2, #f5f5f5)}
.lstm-live a {color: var(--jp-content-link-color, #0072B2); text-decoration: underline}
</style>"""

# ipywidgets gives a slider's handle no accessible name: it gets that of the label beside it, also after a change of language.
NAME_THE_SLIDERS = """
const start = tries => {
  const panel = element.closest('.jp-OutputArea');
  if (!panel) return tries && setTimeout(start, 50, tries - 1);  // not on the page yet
  const name = () => panel.querySelectorAll('.widget-slider').forEach(slider => {
    const label = slider.querySelector('.widget-label'), handle = slider.querySelector('[role=slider]');
    if (label && handle && handle.getAttribute('aria-label') !== label.textContent)
      handle.setAttribute('aria-label', label.textContent);
  });
  new MutationObserver(name).observe(panel, {childList: true, subtree: true, characterData: true});
  name();
};
start(200);
"""

WORDS = {  # labels of the controls that several panels have
    "series": ("系列", "series"),
    "window": ("窓の長さ", "window"),
    "stride": ("ずらし幅", "stride"),
    "horizon": ("ホライズン", "horizon"),
    "target": ("予測するもの", "target"),
    "hidden_size": ("隠れ状態", "hidden size"),
    "num_layers": ("層の数", "layers"),
    "cell": ("セル", "cell"),
    "optimizer": ("最適化手法", "optimiser"),
    "lr": ("学習率", "learning rate"),
    "epochs": ("エポック数", "epochs"),
    "seed": ("シード", "seed"),
}

Job = Generator[float, None, str]  # yields the share done, 0 to 1, and returns HTML


class Panel(widgets.VBox):
    """Controls above, result below. One job at a time; the newest settings win; what fails leaves the last result there.

    controls: setting name -> widget. work(**settings) is the job. words: name -> (Japanese, English) label of a control
    that is not in WORDS. With `buttons`, name -> (Japanese, English) label, a click runs the same job with that name as
    `action`.
    """

    def __init__(
        self,
        controls: dict[str, widgets.Widget],
        work: Callable[..., Job],
        words: dict[str, tuple[str, str]] | None = None,
        buttons: dict[str, tuple[str, str]] | None = None,
    ):
        self.controls, self.work, self.words, self.labels = controls, work, WORDS | (words or {}), buttons or {}
        self.result, self.status = widgets.HTML(layout={"width": "100%"}), widgets.HTML()
        self.bar = widgets.FloatProgress(max=1.0)
        self.stop = widgets.Button(icon="stop", button_style="warning")
        self.buttons = {name: widgets.Button(layout={"width": "auto"}) for name in self.labels}
        self.progress = widgets.HBox([self.bar, self.stop], layout={"visibility": "hidden"})
        self._lock, self._wanted, self._running, self._stopped = threading.Lock(), None, False, False
        for widget in controls.values():
            widget.style = {"description_width": "13em"}
            widget.layout = {"width": "28em"}
            widget.observe(lambda change: self._ask(), "value")
        for name, button in self.buttons.items():
            button.on_click(lambda _, name=name: self._ask(action=name))
        self.stop.on_click(lambda _: setattr(self, "_stopped", True))
        grid = widgets.Box(list(controls.values()), layout={"flex_flow": "row wrap"})
        super().__init__([grid, widgets.HBox([*self.buttons.values(), self.progress]), self.status, self.result])
        self._wanted, self._running = self.settings(), True
        for _ in self._serve():  # the first time at once, so that the picture is there when the cell is done
            pass

    def settings(self) -> dict:
        """What the controls stand at, by name."""
        return {name: widget.value for name, widget in self.controls.items()}

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
            except (
                Exception
            ) as error:  # settings that cannot be, memory that is not there: say so, keep picture and panel
                self.status.value = f'<div role="alert" style="color: #D55E00">{_told(error)}</div>'
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
                    ja, en = (
                        f"{done:.0%} で止めました。図は前回のものです。",
                        f"Stopped at {done:.0%}; the picture is the last one.",
                    )
                    self.status.value = f'<div role="status">{text(ja, en)}</div>'
                return

    def _translate(self) -> None:
        for name, widget in self.controls.items():
            widget.description = widget.tooltip = text(*self.words[name])
        for name, button in self.buttons.items():
            button.description = text(*self.labels[name])
        self.stop.description = text("止める", "stop")
        self.bar.description = text("学習中", "training")

    def _repr_mimebundle_(self, **kwargs) -> dict[str, str]:
        """The widget, and for pages without widgets (the web, an export) its present result as plain HTML."""
        note = both(
            "JupyterLab で実行すると、ここで設定を変えられます。",
            "Run this in JupyterLab, and the settings can be changed here.",
        )
        return super()._repr_mimebundle_(**kwargs) | {
            "text/html": f"<p><em>{paragraphs(note)}</em></p>{self.result.value}",
            "text/plain": note,
        }

    def _ipython_display_(self) -> None:
        display(self._repr_mimebundle_(), raw=True)
        display({"application/javascript": NAME_THE_SLIDERS, "text/plain": ""}, raw=True)


def paragraphs(lines: object) -> str:
    """Text as HTML, its lines under each other."""
    return "<br>".join(html.escape(str(lines)).splitlines())


def _told(error: Exception) -> str:
    """An error as the reader may meet it: ours in their languages, any other one with its kind."""
    if isinstance(error, (BadInput, ArithmeticError)):
        return paragraphs(error)
    ja, en = "この設定では計算できません", "these settings cannot be computed"
    return paragraphs(f"{text(ja, en)}: {type(error).__name__}: {error}")


# Controls and tables


def slider(value: int, low: int, high: int, step: int = 1) -> widgets.IntSlider:
    return widgets.IntSlider(value, low, high, step, continuous_update=False)


def choice(options: list, value: object) -> widgets.Dropdown:
    return widgets.Dropdown(options=options, value=value)


def box(ticked: bool) -> widgets.Checkbox:
    return widgets.Checkbox(ticked, indent=False)


def rates(value: float, *others: float) -> widgets.SelectionSlider:
    options = [(f"{rate:g}", rate) for rate in sorted({value, *others})]
    return widgets.SelectionSlider(options=options, value=value, continuous_update=False)


def table_html(frame: pd.DataFrame, **options: object) -> str:
    return frame.to_html(float_format=lambda number: f"{number:.4g}", border=0, na_rep="–", **options)


def looked(name: str) -> str:
    """Count a look at the test part of a series, and say as HTML which one it is."""
    look(name)
    return f"<p>{paragraphs(text(*looks_told(name), between=chr(10)))}</p>"


# Series and training


class SeriesMenu:
    """The series that a panel offers, `first` in front; each is loaded once, and its last `rows` rows are kept.

    first, fallback: as in `load_prices`, which raises here and now where the first one cannot be had.
    """

    def __init__(self, first: str | Path, fallback: str | None, rows: int = MAX_ROWS):
        self.names, self.fallback, self.rows, self.loaded = menu(str(first)), fallback, rows, {}
        self[self.names[0]]

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self.loaded:
            self.loaded[name] = load_prices(name, self.fallback).tail(self.rows)
        return self.loaded[name]

    def control(self) -> widgets.Dropdown:
        return choice(self.names, self.names[0])


def train(forecaster: Forecaster, epochs: int) -> Generator[float, None, None]:
    """Train epoch by epoch, and say after each which share is done."""
    for epoch in range(epochs):
        forecaster.train(1)
        yield (epoch + 1) / epochs
