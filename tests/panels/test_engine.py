"""The engine of the panels without a browser: the newest wish wins, one job at a time, mistakes leave the picture."""

import asyncio
import gc
import math
import threading
import weakref

import ipywidgets as widgets
import pytest

from helpers import language, plots
from helpers.language import BadInput
from helpers.panels import controls, engine
from helpers.panels.page import Shown
from helpers.plots.style import canvas


def shown(value, **more):
    """What makes a result that says `value`."""

    def show():
        return Shown([(f"値は {value}", f"value {value}")], [plots.Picture(canvas()[0], "図", "figure")], **more)

    return show


def panel(work, buttons=None, **more):
    slider = widgets.IntSlider(1, 0, 100, continuous_update=False)
    return engine.Panel({"value": slider}, work, {"value": ("値", "value")}, buttons, **more), slider


def at_once(value, action=""):
    yield 1.0
    return shown(value)


@pytest.fixture
def impatient(monkeypatch):
    """The engine looks at the reader's wishes, and tells how far it is, after each piece of work."""
    monkeypatch.setattr(engine, "TURN", -1)
    monkeypatch.setattr(engine, "TOLD", -1)


async def until_idle(board):
    while board._running:
        await asyncio.sleep(0.001)


def test_the_newest_wish_wins_and_the_rest_is_never_finished(impatient):
    started, done, active = asyncio.Event(), [], []

    def work(value):
        active.append(value)
        assert len(active) == 1  # one job at a time
        started.set()
        try:
            while value in (2, 3, 4):  # until another wish comes
                yield 0.5
            yield 0.9
            done.append(value)
            return shown(value)
        finally:
            active.remove(value)

    async def reader():
        board, slider = panel(work)
        for value in (2, 3, 4, 5):
            started.clear()
            slider.value = value
            await started.wait()
        await until_idle(board)
        return board

    board = asyncio.run(reader())
    assert done == [1, 5] and "value 5" in board.view.value


def test_a_wish_from_another_thread_joins_the_run_that_is_under_way(impatient):
    threads, done = set(), []

    def work(value):
        while True:
            threads.add(threading.get_ident())
            yield 0.5
            if value != 2:  # a 2 goes on until another wish comes
                break
        done.append(value)
        return shown(value)

    async def reader():
        board, slider = panel(work)
        slider.value = 2
        await asyncio.sleep(0)
        other = threading.Thread(target=lambda: setattr(slider, "value", 3))
        other.start()
        other.join()
        await until_idle(board)

    asyncio.run(reader())
    assert done == [1, 3] and threads == {threading.get_ident()}


def endless(value):
    """A job that ends only with the setting it starts from."""
    share = 0.0
    while value > 1:
        share = min(0.9, share + 0.01)
        yield share
    yield 0.5
    return shown(value)


def test_a_move_is_acknowledged_before_any_work():
    seen = []

    def work(value):
        seen.append(board.status.value if value == 2 else "")
        yield 0.5
        return shown(value)

    board = None
    board, slider = panel(work)
    slider.value = 2
    assert "lstm-working" in seen[1] and "working" in seen[1] and board.status.value == ""


def test_a_long_run_tells_how_far_it_is_and_can_be_stopped(impatient):
    async def reader():
        board, slider = panel(endless)
        picture, told = board.view.value, []
        board.status.observe(lambda change: told.append(change["new"]), "value")
        slider.value = 42
        await asyncio.sleep(0.05)
        board.buttons["stop"].click()
        await until_idle(board)
        return board, slider, picture, told

    board, slider, picture, told = asyncio.run(reader())
    assert 'value="0.00"' in told[0] and 'value="0.01"' in told[1] and "<progress" in told[1]
    assert "Stopped at" in board.status.value and "止めました" in board.status.value
    assert board.view.value == picture  # not touched: nothing jumps
    assert slider.value == 1 and board.settings() == board.now.settings  # the controls say what the picture shows


def test_a_stop_that_comes_with_a_new_wish_loses_to_it(impatient):
    async def reader():
        board, slider = panel(lambda value: endless(value) if value < 50 else at_once(value))
        slider.value = 2
        await asyncio.sleep(0.01)
        board.buttons["stop"].click()
        slider.value = 60
        await until_idle(board)
        return board, slider

    board, slider = asyncio.run(reader())
    assert "value 60" in board.view.value and slider.value == 60


def test_a_stop_after_a_wish_that_has_not_begun_stops_that_one_too(impatient):
    async def reader():
        board, slider = panel(endless)
        slider.value = 2
        await asyncio.sleep(0.01)
        slider.value = 3
        board.buttons["stop"].click()
        await until_idle(board)
        return board, slider

    board, slider = asyncio.run(reader())
    assert "Stopped at" in board.status.value and slider.value == 1


def test_a_stop_before_a_run_has_begun_leaves_no_bar_and_puts_the_controls_back():
    async def reader():
        board, slider = panel(at_once)
        slider.value = 2
        board.buttons["stop"].click()  # the task has not had its turn
        await until_idle(board)
        return board, slider

    board, slider = asyncio.run(reader())
    assert "progress" not in board.status.value and "Stopped at 0%" in board.status.value
    assert slider.value == 1 and "value 1" in board.view.value


def failing_first(value, action=""):
    if value == 1:
        raise BadInput("短すぎます", "too short")
    return (yield from endless(value))


def test_a_panel_whose_first_run_fails_has_its_labels_and_follows_the_language(monkeypatch, tmp_path):
    monkeypatch.setattr(language, "_settings_file", lambda: tmp_path / "language")
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")
    board, slider = panel(failing_first, {"seeds": ("5 つ", "five")})
    assert "too short" in board.status.value and slider.description == "value"
    assert [board.buttons[name].description for name in ("seeds", "stop")] == ["five", "stop"]
    assert board.buttons["reset"].disabled and board.buttons["drop"].disabled
    language.remember("ja")
    assert slider.description == "値"
    slider.value = 0
    assert "値は 0" in board.view.value and board.status.value == ""


def test_a_stop_without_a_picture_goes_back_to_the_first_settings(impatient):
    async def reader():
        board, slider = panel(failing_first)
        slider.value = 42
        await asyncio.sleep(0.01)
        board.buttons["stop"].click()
        await until_idle(board)
        return board, slider

    board, slider = asyncio.run(reader())
    assert (
        "Stopped at" in board.status.value and "最初のもの" in board.status.value and "alert" not in board.status.value
    )
    assert slider.value == 1 and "picture" not in board.status.value


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (BadInput("だめです", "no good"), "だめです<br>no good"),
        (FloatingPointError("損失が nan\nthe loss became nan"), "損失が nan<br>the loss became nan"),
        (
            RuntimeError("out of memory <16 GiB>"),
            "these settings cannot be computed: RuntimeError: out of memory &lt;16 GiB&gt;",
        ),
        (IndexError("list index out of range"), "IndexError: list index"),
        (ZeroDivisionError("division by zero"), "these settings cannot be computed: ZeroDivisionError"),
        (OSError(28, "No space left on device"), "No space left"),
        (TypeError("unsupported"), "TypeError"),
        (MemoryError(), "MemoryError"),
    ],
)
@pytest.mark.parametrize("when", ["in the work", "in the drawing"])
def test_whatever_fails_is_said_and_the_panel_lives_on(error, told, when):
    def fail():
        raise error

    def work(value):
        yield 0.5
        if value == 2:
            return fail if when == "in the drawing" else fail()
        return shown(value)

    board, slider = panel(work)
    slider.value = 2
    assert 'role="alert"' in board.status.value and told in board.status.value and "value 1" in board.view.value
    slider.value = 3
    assert board.status.value == "" and "value 3" in board.view.value


def test_our_own_messages_come_in_the_language_in_force(monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")

    def work(value):
        yield 0.5
        if value == 2:
            raise BadInput("だめです", "no good")
        return shown(value)

    board, slider = panel(work)
    slider.value = 2
    assert "no good" in board.status.value and "だめです" not in board.status.value


def test_a_button_runs_the_job_with_its_name():
    asked = []

    def work(value, action=""):
        asked.append(action)
        yield 1.0
        return shown(value)

    board, _ = panel(work, {"seeds": ("5 つ", "five")})
    board.buttons["seeds"].click()
    assert asked == ["", "seeds"] and board.buttons["seeds"].description == "5 つ / five"


def test_reset_brings_every_control_back_with_one_run():
    runs = []

    def work(value, other):
        runs.append((value, other))
        yield 1.0
        return shown(value)

    both = {name: widgets.IntSlider(1, 0, 9, continuous_update=False) for name in ("value", "other")}
    board = engine.Panel(both, work, {"value": ("値", "value"), "other": ("別", "other")})
    assert board.buttons["reset"].disabled
    both["value"].value, both["other"].value = 5, 7
    assert not board.buttons["reset"].disabled
    board.buttons["reset"].click()
    assert runs == [(1, 1), (5, 1), (5, 7), (1, 1)] and board.buttons["reset"].disabled


def test_a_control_that_does_nothing_is_disabled():
    def work(value, other):
        yield 1.0
        return shown(value)

    both = {"value": controls.box(False), "other": controls.slider(1, 0, 9)}
    words = {"value": ("値", "value"), "other": ("別", "other")}
    engine.Panel(both, work, words, idle=lambda value, **_: () if value else ("other",))
    assert both["other"].disabled and not both["value"].disabled
    both["value"].value = True
    assert not both["other"].disabled


def test_a_and_b_stand_side_by_side_with_what_differs(monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")

    def work(value, action=""):
        yield 1.0
        return shown(value, scores={"RMSE": 10.0 * value})

    board, slider = panel(work, {"seeds": ("5 つ", "five")})
    slider.value = 2
    assert board.pair.value == "" and board.buttons["drop"].disabled
    board.buttons["keep"].click()
    same = board.pair.value
    assert same.count("<img") == 2 and "<th>value</th>" not in same and "+0" in same
    slider.value = 5
    table = board.pair.value
    assert table.count("<img") == 2 and "B (now)" in table
    for cell in ("<th>value</th>", "<td>2</td>", "<td>5</td>", "<td>20</td>", "<td>50</td>", "<td>+30</td>"):
        assert cell in table, cell
    board.buttons["seeds"].click()
    assert "<th>five</th>" in board.pair.value and "<td>✓</td>" in board.pair.value
    board.buttons["drop"].click()
    assert board.pair.value == "" and board.buttons["drop"].disabled


def test_a_score_that_is_not_there_is_a_dash_beside_another_one():
    def work(value):
        yield 1.0
        return shown(value, scores={"skill": math.nan if value == 1 else 0.25})

    board, slider = panel(work)
    board.buttons["keep"].click()
    slider.value = 2
    assert board.pair.value.count("<td>–</td>") == 2 and "nan" not in board.pair.value  # A, and B − A


def test_the_other_language_comes_at_once_and_nothing_is_trained_for_it(monkeypatch, tmp_path):
    monkeypatch.setattr(language, "_settings_file", lambda: tmp_path / "language")
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "ja")
    trained = []

    def work(value):
        trained.append(value)
        yield 1.0
        return shown(value)

    board, slider = panel(work)
    slider.value = 2
    board.buttons["keep"].click()
    assert board.controls["value"].description == "値" and "値は 2" in board.view.value
    language.remember("en")
    assert board.controls["value"].description == "value" and board.buttons["reset"].description == "reset"
    assert "value 2" in board.view.value and "値" not in board.view.value + board.pair.value + board.more.value
    assert trained == [1, 2]


def test_a_menu_names_its_options_in_the_language_in_force_and_keeps_what_was_chosen(monkeypatch, tmp_path):
    monkeypatch.setattr(language, "_settings_file", lambda: tmp_path / "language")
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "ja")
    trained = []

    def work(target):
        trained.append(target)
        yield 1.0
        return shown(target)

    menu = controls.choice(["level", "change", "my own"], "level")
    board = engine.Panel({"target": menu}, work, code=lambda target: f"{target=}")
    menu.value = "change"
    for name, options in (
        ("ja", ["水準", "変化"]),
        ("en", ["level", "change"]),
        ("both", ["水準 / level", "変化 / change"]),
    ):
        language.remember(name)
        assert [label for label, _ in menu.options] == [*options, "my own"]
        assert menu.value == "change" and menu.label == options[1] and menu.index == 1
    assert trained == ["level", "change"] and board.now.code == "target='change'"
    menu.label = "水準 / level"  # as a click sends it
    assert trained[2:] == ["level"] and board.now.code == "target='level'"


def test_who_follows_the_language_is_not_kept_alive_by_it(monkeypatch, tmp_path):
    monkeypatch.setattr(language, "_settings_file", lambda: tmp_path / "language")
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "both")

    class Follower:
        heard = []

        def hear(self):
            self.heard.append(language.current())

    follower = Follower()
    language.on_change(follower.hear)
    language.remember("en")
    gone = weakref.ref(follower)
    del follower
    gc.collect()
    language.remember("ja")
    assert gone() is None and Follower.heard == ["en"]


def test_the_verdict_has_the_same_place_whatever_it_says(monkeypatch):
    def work(value):
        yield 1.0
        return shown("long " * value)

    board, slider = panel(work, lines=3)
    places = {board.view.value.split(">")[0]}
    slider.value = 60
    places.add(board.view.value.split(">")[0])
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")
    slider.value = 2
    assert places == {'<div class="lstm-verdict" style="--lines: 5.1"'}
    assert board.view.value.startswith('<div class="lstm-verdict" style="--lines: 3"')


def test_a_series_is_loaded_once_and_the_first_one_at_once():
    menu = controls.SeriesMenu("sine", None, rows=50)
    assert menu.names[0] == "sine" and len(set(menu.names)) == len(menu.names) and "nikkei225" not in menu.names
    assert len(menu["ibm"]) == 50 and menu["ibm"] is menu["ibm"]
    with pytest.raises(ValueError, match="nowhere.csv"):
        controls.SeriesMenu("nowhere.csv", None)


def test_nothing_of_the_readers_objects_is_touched():
    """The garbage collector is the reader's too."""
    assert gc.get_freeze_count() == 0
