"""The house: who may import whom, how long a file may be, and what a single notebook's test must not depend on."""

import ast
import io
import os
import subprocess
import sys
import tokenize
from pathlib import Path
from types import SimpleNamespace

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[1]
LONG = 200  # lines of code: a longer room says in its docstring why


def lines_of_code(source):
    """Lines that are not blank, comment or docstring."""
    docstrings = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            docstrings |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    nothing = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    code = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in nothing:
            code |= set(range(token.start[0], token.end[0] + 1))
    return len(code - docstrings)


def test_imports_go_one_way(monkeypatch):
    """The contracts stand in pyproject.toml; `make lint` prints them."""
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == 0


@pytest.mark.parametrize("file", sorted((ROOT / "helpers").rglob("*.py")), ids=lambda file: str(file.relative_to(ROOT)))
def test_a_long_room_says_why(file):
    source = file.read_text(encoding="utf-8")
    reason = "200 lines" in (ast.get_docstring(ast.parse(source)) or "")
    assert lines_of_code(source) <= LONG or reason, f"{lines_of_code(source)} lines of code"


def test_lines_are_counted_without_comments_and_docstrings():
    source = '"""Two\nlines."""\n\n# why\nx = """a\nb"""\n\n\ndef f():\n    """Doc."""\n    return (\n        1\n    )  # 1\n'
    assert lines_of_code(source) == 2 + 1 + 3


@pytest.mark.slow
def test_a_notebook_alone_is_in_a_fixed_language():
    """`pytest notebooks/x.ipynb` must not print in the language that its reader has chosen."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("LSTM_TUTORIAL", "PYTEST"))
    }
    environment |= {"LSTM_TUTORIAL_LANGUAGE": "en"}
    command = [sys.executable, "-m", "pytest", "-n", "0", "-q", "notebooks/01_data_loading.ipynb"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_neither_the_readers_settings_nor_the_repository_of_a_hook_reach_the_tests():
    """Git tells a hook where the reader's index is: a test that commits would put its own files into it."""
    told = {f"LSTM_TUTORIAL_{name}": "7" for name in ("OFFLINE", "LANGUAGE", "PROGRESS", "CHALLENGE")}
    told |= {"LSTM_TUTORIAL_OFFLINE": "0", "GIT_DIR": "mine/.git", "GIT_INDEX_FILE": "mine/.git/index.lock"}
    code = "import conftest, os; print({k: v for k, v in os.environ.items() if k.startswith(('LSTM_', 'GIT_'))})"
    environment = os.environ | told
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    kept = {"LSTM_TUTORIAL_OFFLINE": "1", "LSTM_TUTORIAL_LANGUAGE": "both", "LSTM_TUTORIAL_PROGRESS": "none"}
    assert ast.literal_eval(done.stdout) == kept, done.stderr


def test_a_shuffled_run_leaves_nothing_out_and_the_cells_of_a_notebook_in_order(pytestconfig):
    conftest = pytestconfig.pluginmanager.get_plugin(str(ROOT / "conftest.py"))
    files = [Path(f"{name}.py") for name in "abcdef"] + [Path("steps.ipynb")]
    items = [SimpleNamespace(path=file, number=number) for file in files for number in range(20)]

    def shuffled(seed):
        own = items.copy()
        conftest.pytest_collection_modifyitems(SimpleNamespace(getoption=lambda *_: seed), own)
        return own

    orders = [shuffled(seed) for seed in (1, 1, 2)]
    assert shuffled(None) == items and orders[0] == orders[1] != orders[2]
    for own in orders:
        assert {id(item) for item in own} == {id(item) for item in items} and len(own) == len(items)
        met = list(dict.fromkeys(item.path for item in own))
        assert [item.path for item in own] == [path for path in met for _ in range(20)] and met != files
        numbers = {path: [item.number for item in own if item.path == path] for path in files}
        assert [path for path in files if numbers[path] == sorted(numbers[path])] == [Path("steps.ipynb")]
