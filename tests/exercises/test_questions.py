"""Questions are kept, taken up, counted and forgotten; nothing is stored where nothing can be."""

import os
import subprocess
import sys

import pytest

from helpers import language
from helpers.exercises import forget, memory
from helpers.exercises.question import Question
from helpers.exercises.step import Step, Table, steps

LAG = Question(
    "ラグはいくつですか。",
    "Which lag?",
    [(0, "0（遅れない）", "0: no lag"), (lambda lag: lag > 0, "1 以上", "1 or more")],
)


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("LSTM_TUTORIAL_PROGRESS", str(tmp_path / "progress"))
    monkeypatch.setattr(memory, "_here", {})
    monkeypatch.setattr(memory, "_told", set())
    return tmp_path / "progress"


@pytest.fixture
def step(folder):
    return Step("99_test", ("試験", "Test"), {"lag": LAG})


def taken_up(step, value):
    step._found["lag"] = value
    shown = step._taken_up("lag")
    return shown.ja, shown.en


def test_a_choice_is_kept_shown_again_and_can_be_changed(step, folder):
    asked = step.ask("lag")
    assert asked.buttons.index is None and step.done() == (0, 0)
    asked.buttons.index = 1
    assert (folder / "99_test" / "question-lag").read_text() == "1 or more" and step.done() == (1, 0)
    again = Step("99_test", ("試験", "Test"), {"lag": LAG}).ask("lag")
    assert again.buttons.index == 1
    again.buttons.index = 0
    assert step.ask("lag").buttons.index == 0


def test_what_was_expected_is_taken_up(step):
    assert taken_up(step, 1) == ("予想をまだ選んでいません。結果: 1 以上", "You have not chosen yet. Result: 1 or more")
    step.ask("lag").buttons.index = 0
    assert taken_up(step, 0) == ("予想「0（遅れない）」のとおりでした。", "As you expected: 0: no lag")
    assert taken_up(step, 3) == ("予想: 0（遅れない）　結果: 1 以上", "You expected: 0: no lag — Result: 1 or more")
    assert taken_up(step, float("nan"))[1].endswith("The result fits none of the choices.")


def test_the_labels_follow_the_switch_and_the_choice_stays(step, monkeypatch, tmp_path):
    monkeypatch.setattr(language, "_settings_file", lambda: tmp_path / "language")
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "ja")
    asked = step.ask("lag")
    asked.buttons.index = 1
    for choice, label in (("en", "1 or more"), ("both", "1 以上 / 1 or more"), ("ja", "1 以上")):
        language.remember(choice)
        assert asked.buttons.options[1] == label and asked.buttons.index == 1


def test_pages_without_widgets_get_folded_text_without_the_choice(step):
    step.ask("lag").buttons.index = 1
    bundle = step.ask("lag")._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert (
        bundle["text/html"].startswith('<details class="lstm-asked"><summary>') and 'lang="ja"' in bundle["text/html"]
    )
    assert (
        "1 以上" in bundle["text/html"] and "1 or more" in bundle["text/html"] and "checked" not in bundle["text/html"]
    )
    assert bundle["text/plain"].startswith("ラグはいくつですか。 / Which lag?\n- 0")


def test_forgetting_empties_the_record(step, folder):
    step.ask("lag").buttons.index = 1
    assert step.done() == (1, 0)
    forget()
    assert step.done() == (0, 0) and not folder.exists()


def test_a_home_that_cannot_be_written_only_loses_the_memory_and_says_so_once(step, folder, capsys):
    folder.write_text("a file where the folder should be")
    step.ask("lag").buttons.index = 1
    step.ask("lag").buttons.index = 0
    assert capsys.readouterr().out == language.text(*memory.LOST, between="\n") + "\n"
    assert step.ask("lag").buttons.index == 0 and step.done() == (1, 0)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"an answer of an older edition"])
def test_a_file_that_makes_no_sense_is_no_choice(step, folder, content):
    (folder / "99_test").mkdir(parents=True)
    (folder / "99_test" / "question-lag").write_bytes(content)
    assert step.ask("lag").buttons.index is None
    assert taken_up(step, 0)[1] == "You have not chosen yet. Result: 0: no lag"


def test_without_a_folder_nothing_is_written(step, monkeypatch, tmp_path):
    monkeypatch.setenv("LSTM_TUTORIAL_PROGRESS", "none")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    step.ask("lag").buttons.index = 1
    assert step.done() == (1, 0) and list(tmp_path.iterdir()) == []


def test_the_table_has_a_row_a_step_with_links(folder):
    table = Table()
    for step in steps():
        assert (
            f'href="{step.name}.ipynb"' in table._repr_html_()
            and f'href="exercises/{step.name}.ipynb"' in table._repr_html_()
        )
    assert len(str(table).splitlines()) == len(steps())
    first = next(step for step in steps() if step.questions)
    first.ask(next(iter(first.questions))).buttons.index = 0
    assert f"1 / {len(first.questions)}" in table._repr_html_()


@pytest.mark.slow
def test_in_a_kernel_a_late_choice_changes_what_was_taken_up(tmp_path):
    """A reader who ran all cells first, and then chooses, sees the line below the result change, and the line at the head."""
    code = """
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.displaypub import CapturingDisplayPublisher
shell = InteractiveShell.instance()
shell.display_pub = CapturingDisplayPublisher()
from helpers.exercises.validation import ask, progress, recall
progress()
asked = ask("day")
recall("day", 1)
asked.buttons.index = 0
for out in shell.display_pub.outputs:
    print(out.get("update"), (out.get("transient") or {}).get("display_id"), out["data"]["text/plain"].splitlines()[-1])
"""
    environment = os.environ | {"LSTM_TUTORIAL_PROGRESS": str(tmp_path), "LSTM_TUTORIAL_LANGUAGE": "en"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    lines = done.stdout.splitlines()
    assert len(lines) == 4, done.stderr
    assert "You have not chosen yet" in lines[1] and lines[3].startswith(
        "True lstm-recall-05_validation-day You expected: the same day"
    )
    assert lines[2].startswith("True lstm-progress-05_validation") and "1 of 5" in lines[2]
