"""Change a setting, and the model is trained again while the page stays alive.

Widget callbacks run on an event loop, sometimes the kernel's main one and sometimes that of a subshell in a thread beside
it. A job is therefore a generator that does a little work at a time: between two pieces the loop takes in what the reader
has moved meanwhile. No thread is started here.

What a run shows stands in page.py, the look in panel.css, and what only the browser can do in panel.js. More than 200 lines
of code: what the reader does, the run and what is shown share one state, and would only hand it round in pieces.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Collection, Generator, Iterator
from pathlib import Path

import ipywidgets as widgets
from IPython.display import display

from helpers.language import BadInput, both, named, on_change, text
from helpers.panels.page import Run, Shown, Words, beside, paragraphs

TURN = 0.03  # seconds of work between two looks at what the reader has done meanwhile
TOLD = 0.2  # seconds between two reports of how far a run is
LOOK, SCRIPT = (Path(__file__).with_name(f"panel.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))

WORDS = {  # labels of the controls that several panels have, and of the engine's own buttons
    "series": ("系列", "series"),
    "window": ("窓の長さ", "window"),
    "stride": ("ずらし幅", "stride"),
    "horizon": ("ホライズン", "horizon"),
    "target": ("予測するもの", "target"),
    "hidden_size": ("隠れ状態の次元数", "hidden size"),
    "num_layers": ("層の数", "layers"),
    "cell": ("セル", "cell"),
    "optimizer": ("最適化手法", "optimiser"),
    "lr": ("学習率", "learning rate"),
    "epochs": ("エポック数", "epochs"),
    "seed": ("シード", "seed"),
    "reset": ("最初に戻す", "reset"),
    "keep": ("A として残す", "keep as A"),
    "drop": ("A を消す", "drop A"),
    "stop": ("止める", "stop"),
}

Job = Generator[float, None, Callable[[], Shown]]  # yields the share done, 0 to 1; returns what makes the result


class Panel(widgets.VBox):
    """Controls on the left; on the right verdict and picture; tables, code and a second run below them, folded.

    One job at a time; the newest settings win; what fails leaves the last result there.

    controls: setting name -> widget. work(**settings) is the job; it returns a function that makes the result, which is
    called again when the language changes. words: name -> label of a control that is not in WORDS. buttons: name ->
    label; a click runs the same job with that name as `action`. code(**settings), with the action too, is the Python
    code that does what the job did. idle(**settings): names of the controls that do nothing now. lines: the height of
    the verdict in lines of one language.
    """

    def __init__(
        self,
        controls: dict[str, widgets.Widget],
        work: Callable[..., Job],
        words: dict[str, Words] | None = None,
        buttons: dict[str, Words] | None = None,
        *,
        code: Callable[..., str] | None = None,
        idle: Callable[..., Collection[str]] | None = None,
        lines: int = 3,
    ):
        self.controls, self.work, self.code, self.idle, self.lines = controls, work, code, idle, lines
        self.words, self.labels = WORDS | (words or {}) | (buttons or {}), list(buttons or {})
        self.now: Run | None = None
        self.kept: Run | None = None
        self._lock, self._showing, self._setting = threading.Lock(), threading.RLock(), None
        self._wanted, self._running, self._stopped = None, False, False
        self._lay_out()
        self.start = self.settings()
        for widget in controls.values():
            widget.observe(self._moved, "value")
        for name in self.labels:
            self.buttons[name].on_click(lambda _, name=name: self._ask(action=name))
        for name, act in {"reset": self._reset, "keep": self._keep, "drop": self._drop, "stop": self._stop}.items():
            self.buttons[name].on_click(lambda _, act=act: act())
        self._show()  # the labels now: the first run may fail
        self._wanted, self._running = self.settings(), True
        for _ in self._serve():  # the first time at once, so that the picture is there when the cell is done
            pass
        on_change(self._show)

    # Its parts

    def _lay_out(self) -> None:
        names = ["reset", *self.labels, "keep", "drop"]
        self.buttons = {name: widgets.Button() for name in (*names, "stop")}
        self.status, self.view, self.more, self.pair = (widgets.HTML() for _ in range(4))
        row = _box(widgets.HBox, "buttons", *(self.buttons[name] for name in names))
        state = _box(widgets.HBox, "state", self.status, self.buttons["stop"])
        left = _box(widgets.VBox, "controls", *self.controls.values(), row, state)
        right = _box(widgets.VBox, "view", self.view)
        self.buttons["stop"].add_class("lstm-stop")
        style = widgets.HTML(f"<style>{LOOK}</style>", layout={"display": "none"})
        super().__init__([style, _box(widgets.Box, "body", left, right), self.pair, self.more])
        self.add_class("lstm-panel")

    def settings(self) -> dict:
        """What the controls stand at, by name."""
        return {name: widget.value for name, widget in self.controls.items()}

    def set(self, settings: dict) -> None:
        """Put the controls somewhere without a run."""
        with self._unasked():
            for name, value in settings.items():
                if name in self.controls:
                    self.controls[name].value = value

    @contextlib.contextmanager
    def _unasked(self) -> Iterator[None]:
        """What moves a control in here asks for no run."""
        self._setting = threading.get_ident()
        try:
            yield
        finally:
            self._setting = None

    # What the reader does

    def _moved(self, change: dict) -> None:
        if self._setting != threading.get_ident():
            self._ask()

    def _reset(self) -> None:
        self.set(self.start)
        self._ask()

    def _keep(self) -> None:
        self.kept = self.now
        self._show()

    def _drop(self) -> None:
        self.kept = None
        self._show()

    def _stop(self) -> None:
        with self._lock:  # a wish that has come in but not begun is stopped too; one that comes later is not
            self._wanted, self._stopped = None, self._running

    def _ask(self, **action: str) -> None:
        """Take a wish. Who runs already will find it; otherwise a task on the loop of this callback starts to serve."""
        with self._lock:
            self._wanted, self._stopped = self.settings() | action, False
            if self._running:
                return
            self._running = True
        self._enable()
        self._tell_progress(0)  # before anything else: the reader sees that it has been taken in
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

    # The work

    def _serve(self) -> Iterator[None]:
        """Run what is wanted until nothing more is; at each yield the newest wish, or a stop, may have come in."""
        begun = False
        while True:
            with self._lock:
                wanted, self._wanted = self._wanted, None
                if wanted is None:
                    if not begun:  # a stop was faster than the task
                        self._put_back(0)
                    self._running = self._stopped = False
                    return
            begun = True
            try:
                yield from self._run(wanted)
            except (
                Exception
            ) as error:  # settings that cannot be, memory that is not there: say so, keep picture and panel
                self.status.value = f'<div role="alert">{_told(error)}</div>'
            except BaseException:
                self._running = False
                raise

    def _run(self, wanted: dict) -> Iterator[None]:
        turn = told = time.perf_counter()
        job = self.work(**wanted)
        while True:
            try:
                done = next(job)
            except StopIteration as end:
                run = self._over(wanted, end.value)
                run.shown()  # settings that cannot be drawn leave the last run where it is
                self.now = run
                self._show()
                self.status.value = ""
                return
            now = time.perf_counter()
            if now - told > TOLD:
                self._tell_progress(done)
                told = now
            if now - turn > TURN:
                yield
                turn = time.perf_counter()
            if self._wanted is not None or self._stopped:
                job.close()
                if self._wanted is None:
                    self._put_back(done)
                return

    def _over(self, wanted: dict, show: Callable[[], Shown]) -> Run:
        settings = {name: value for name, value in wanted.items() if name != "action"}
        if "action" in wanted:
            settings[wanted["action"]] = True
        return Run(settings, show, self.code(**wanted) if self.code else "")

    def _put_back(self, done: float) -> None:
        """After a stop the controls say again what the picture shows, or what they said at first where there is none."""
        self.set(self.now.settings if self.now else self.start)
        self._enable()
        which_ja, which_en = ("図のもの", "those of the picture") if self.now else ("最初のもの", "the first ones")
        ja = f"{done:.0%} で止めました。設定は、{which_ja}に戻しました。"
        en = f"Stopped at {done:.0%}. The settings are {which_en} again."
        self.status.value = f'<div role="status">{paragraphs(text(ja, en, between=chr(10)))}</div>'

    # What is shown

    def _tell_progress(self, done: float) -> None:
        words = text("計算しています", "working")
        self.status.value = (
            f'<div class="lstm-working"><progress value="{done:.2f}" aria-label="{words}"></progress> {words}</div>'
        )

    def _show(self) -> None:
        """Everything in the language in force: labels, the present result, and A beside it."""
        with self._showing:  # a language chosen meanwhile comes in another thread
            for name, widget in (self.controls | self.buttons).items():
                widget.description = widget.tooltip = text(*self.words[name])
                if isinstance(widget, widgets.Dropdown):
                    self._name_options(widget)
            self._enable()
            if self.now is None:
                return
            self.pair.value = beside(self.kept, self.now, self._names()) if self.kept else ""
            shown = self.now.shown()
            self.view.value, self.more.value = shown.view(self.lines), shown.folded(self.now.code)

    def _name_options(self, menu: widgets.Dropdown) -> None:
        """What can be chosen, in words; the values stay those of the code."""
        options = tuple((named(value), value) for _, value in menu.options)
        if options == menu.options:
            return
        chosen = menu.value
        with self._unasked(), menu.hold_sync():  # new options put a menu on its first one for a moment
            menu.options, menu.value = options, chosen

    def _names(self) -> dict[str, str]:
        return {name: text(*self.words[name]) for name in (*self.controls, *self.labels)}

    def _enable(self) -> None:
        settings = self.settings()
        idle = self.idle(**settings) if self.idle else ()
        for name, widget in self.controls.items():
            widget.disabled = name in idle
        self.buttons["reset"].disabled = settings == self.start
        self.buttons["drop"].disabled = self.kept is None

    def _repr_mimebundle_(self, **kwargs) -> dict[str, str]:
        """The widget, and for pages without widgets (the web, an export) its present result as plain HTML."""
        note = both(
            "JupyterLab で実行すると、ここで設定を変えられます。",
            "Run this in JupyterLab, and the settings can be changed here.",
        )
        result = self.now.shown().for_export(self.lines) if self.now else ""
        return super()._repr_mimebundle_(**kwargs) | {
            "text/html": f'<style>{LOOK}</style><p><em>{paragraphs(note)}</em></p><div class="lstm-panel">{result}</div>',
            "text/plain": note,
        }

    def _ipython_display_(self) -> None:
        display(self._repr_mimebundle_(), raw=True)
        display({"application/javascript": SCRIPT, "text/plain": ""}, raw=True)


def _box(kind: type[widgets.Box], name: str, *parts: widgets.Widget) -> widgets.Box:
    made = kind(parts)
    made.add_class(f"lstm-{name}")
    return made


def _told(error: Exception) -> str:
    """An error as the reader may meet it: ours in the language in force, any other one with its kind."""
    if isinstance(error, BadInput):
        return paragraphs(text(error.ja, error.en, between="\n"))
    if isinstance(error, FloatingPointError):  # from check_loss; a ZeroDivisionError, say, has no words for the reader
        return paragraphs(error)
    ja, en = "この設定では計算できません", "these settings cannot be computed"
    return paragraphs(f"{text(ja, en)}: {type(error).__name__}: {error}")
