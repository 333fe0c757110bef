"""The web edition without a browser: what its executions are told, and when what was kept of them is made anew."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

WEB = Path(__file__).parents[1] / "web"


@pytest.fixture
def web(monkeypatch):
    """Imports a file of web/, whose programs run in that folder."""
    monkeypatch.syspath_prepend(str(WEB))
    return importlib.import_module


def test_notebooks_are_executed_as_a_new_reader_sees_them(web, tmp_path, monkeypatch):
    """Not with their author's own answers and solved exercises; nor from a cache that may hold them."""
    execute, told = web("execute"), {}

    def run(command, env, **_):
        told.update(env)
        Path(command[command.index("--output") + 1]).write_text("executed")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(execute, "CACHE", tmp_path)
    monkeypatch.setattr(execute.subprocess, "run", run)
    monkeypatch.setenv("LSTM_TUTORIAL_PROGRESS", "the author's")
    file = tmp_path / "step.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), file)
    before = execute.shared()
    kept = execute._run(file, "ja", before)
    assert kept.read_text() == "executed"
    assert (told["LSTM_TUTORIAL_LANGUAGE"], told["LSTM_TUTORIAL_PROGRESS"]) == ("ja", "none")
    monkeypatch.setattr(execute, "TOLD", execute.TOLD | {"LSTM_TUTORIAL_PROGRESS": "elsewhere"})
    assert execute.shared() != before


def test_what_a_copy_of_a_notebook_showed_is_kept_when_the_notebook_is_executed(web, tmp_path, monkeypatch):
    """05_validation-Copy1 begins as 05_validation does."""
    execute = web("execute")

    def run(command, **_):
        Path(command[command.index("--output") + 1]).write_text("executed")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(execute, "CACHE", tmp_path)
    monkeypatch.setattr(execute.subprocess, "run", run)
    file, folder = tmp_path / "step.ipynb", tmp_path / "ja"
    nbformat.write(nbformat.v4.new_notebook(), file)
    folder.mkdir()
    earlier, copy = folder / f"step-{'0a' * 8}.ipynb", folder / f"step-Copy1-{'0a' * 8}.ipynb"
    earlier.touch(), copy.touch()
    kept = execute._run(file, "ja", "basis")
    assert set(folder.iterdir()) == {kept, copy}


def test_a_site_is_made_of_the_steps_whatever_else_lies_in_their_folder(web, tmp_path, monkeypatch):
    """JupyterLab names a new notebook Untitled, and a copy as its original with -Copy1."""
    build = web("build")
    monkeypatch.setattr(build, "ROOT", tmp_path)
    (tmp_path / "notebooks/exercises").mkdir(parents=True)
    for name in ("05_validation", "05_validation-Copy1", "Untitled", "Untitled1", "06_beyond_the_lag", "my 07_idea"):
        (tmp_path / f"notebooks/{name}.ipynb").touch()
    for name in ("05_validation", "05_validation-Copy1"):
        (tmp_path / f"notebooks/exercises/{name}.ipynb").touch()
    names = [build.name_of(file) for file in build.notebooks()]
    assert names == ["05_validation", "exercises/05_validation", "06_beyond_the_lag"]


def test_a_grid_is_computed_again_after_a_change_in_anything_it_imports(web):
    grids = web("grids")
    for node in ast.walk(ast.parse((WEB / "grids.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("helpers"):
            for name in node.names:
                thing = getattr(importlib.import_module(node.module), name.name)
                home = sys.modules[getattr(thing, "__module__", node.module)]  # where it is written, not handed on
                assert Path(home.__file__) in grids.BASIS, f"{name.name} of {home.__name__}"


def test_printed_lines_are_in_one_language_questions_and_scores_too(web, tmp_path):
    """A sheet is not executed for the web: its stored lines are Japanese above English."""
    pages = web("pages")
    lines = "h の差の最大値 0.030\nlargest difference in h 0.030\n+0.68\nまだ勝ちます。どの日の値ですか。\nIt still wins. Of which day?\n"
    output = nbformat.v4.new_output("stream", text=lines)
    for language, said in {
        "ja": "h の差の最大値 0.030\n+0.68\nまだ勝ちます。どの日の値ですか。",
        "en": "largest difference in h 0.030\n+0.68\nIt still wins. Of which day?",
    }.items():
        maker = pages.Maker(language, set(), set(), tmp_path, "")
        assert maker.output(pages.Page("step", language), output) == f'<pre class="output scrolls">{said}</pre>'


def test_lines_that_are_no_pair_stay(web, tmp_path):
    """Executed in Japanese, what is printed by print stands under Japanese lines."""
    pages = web("pages")
    lines = "検証 RMSE 428.4\nRMSE 416.2\n終わりました。\nx_train (987, 5, 1)"
    maker = pages.Maker("ja", set(), set(), tmp_path, "")
    output = nbformat.v4.new_output("stream", text=lines)
    assert maker.output(pages.Page("step", "ja"), output) == f'<pre class="output scrolls">{lines}</pre>'


def test_emphasis_links_and_code_split_no_words_for_the_search(web):
    """Japanese is searched as it stands, without blanks."""
    words_of = web("pages").words_of
    assert words_of('<p>理由を<strong>説明</strong>し、<a href="x">測り</a>ます。</p>') == "理由を説明し、測ります。"
    assert words_of("<table><tr><td>予測</td><td><code>y</code></td></tr></table><p>目標</p>") == "予測 y 目標"
