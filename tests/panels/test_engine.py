"""The engine of the panels without a browser: the newest wish wins, one job at a time, mistakes leave the picture."""

import asyncio
import threading

import ipywidgets as widgets
import pytest

from helpers.language import BadInput
from helpers.panels import engine


def panel(work, **buttons):
    slider = widgets.IntSlider(1, 0, 100, continuous_update=False)
    return engine.Panel({"value": slider}, work, {"value": ("値", "value")}, buttons), slider


async def until_idle(board):
    while board._running:
        await asyncio.sleep(0.001)


def test_the_newest_wish_wins_and_the_rest_is_never_finished():
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
            return f"<p>{value}</p>"
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
    assert done == [1, 5] and "<p>5</p>" in board.result.value


def test_a_wish_from_another_thread_joins_the_run_that_is_under_way():
    threads, done = set(), []

    def work(value):
        while True:
            threads.add(threading.get_ident())
            yield 0.5
            if value != 2:  # a 2 goes on until another wish comes
                break
        done.append(value)
        return str(value)

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


def test_a_long_run_shows_its_progress_and_can_be_stopped(monkeypatch):
    clock = iter(range(10**9))
    monkeypatch.setattr(engine.time, "perf_counter", lambda: next(clock))  # a second passes at every look
    visible = asyncio.Event()

    def work(value):
        share = 0.0
        while value > 1:  # until it is stopped
            share = min(0.9, share + 0.01)
            yield share
        yield 0.5
        return f"<p>{value}</p>"

    async def reader():
        board, slider = panel(work)
        assert board.progress.layout.visibility == "hidden"
        board.progress.layout.observe(lambda change: visible.set(), "visibility")
        slider.value = 2
        await visible.wait()
        assert board.progress.layout.visibility == "visible" and 0 < board.bar.value < 1
        board.stop.click()
        await until_idle(board)
        return board

    board = asyncio.run(reader())
    assert board.progress.layout.visibility == "hidden"
    assert (
        "<p>1</p>" in board.result.value and "Stopped at" in board.status.value and "止めました" in board.status.value
    )


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
        (OSError(28, "No space left on device"), "No space left"),
        (TypeError("unsupported"), "TypeError"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_whatever_fails_is_said_and_the_panel_lives_on(error, told):
    def work(value):
        yield 0.5
        if value == 2:
            raise error
        return f"<p>{value}</p>"

    board, slider = panel(work)
    slider.value = 2
    assert 'role="alert"' in board.status.value and told in board.status.value and "<p>1</p>" in board.result.value
    slider.value = 3
    assert board.status.value == "" and "<p>3</p>" in board.result.value


def test_a_button_runs_the_job_with_its_name():
    asked = []

    def work(value, action=""):
        asked.append(action)
        yield 1.0
        return ""

    board, _ = panel(work, seeds=("5 つ", "five"))
    board.buttons["seeds"].click()
    assert asked == ["", "seeds"] and board.buttons["seeds"].description == "5 つ / five"


def test_a_series_is_loaded_once_and_the_first_one_at_once():
    menu = engine.SeriesMenu("sine", None, rows=50)
    assert menu.names[0] == "sine" and len(set(menu.names)) == len(menu.names) and "nikkei225" not in menu.names
    assert len(menu["ibm"]) == 50 and menu["ibm"] is menu["ibm"]
    with pytest.raises(ValueError, match="nowhere.csv"):
        engine.SeriesMenu("nowhere.csv", None)


def test_nothing_of_the_readers_objects_is_touched():
    """The garbage collector is the reader's too."""
    import gc

    assert gc.get_freeze_count() == 0
