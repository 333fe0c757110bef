"""Notebooks opened in other ways than by make lab: alone, beside a stranger's package, on Colab, in Codespaces, on Binder."""

import json
import os
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path
from unittest.mock import MagicMock

import nbval.kernel
import pytest
from minutes import SHEETS, STEPS

ROOT = Path(__file__).parents[1]
NOTEBOOKS = STEPS + SHEETS
WRITER = runpy.run_path(str(ROOT / "tests" / "first_cell.py"))
# A kernel without a page: what the first cell of a notebook does there. On Colab the shell and a module are Google's.
SHELL = """
import sys, types
sys.path[:] = [entry for entry in sys.path if entry != {root!r}]
sys.meta_path[:] = [finder for finder in sys.meta_path if "editable" not in repr(finder)]  # the project is not installed
from IPython.core.interactiveshell import InteractiveShell
if {colab!r}:
    sys.modules["google.colab"] = types.ModuleType("google.colab")
    InteractiveShell = type("Shell", (InteractiveShell,), {{"__module__": "google.colab._shell"}})
shell = InteractiveShell.instance(colors="nocolor")
done = shell.run_cell({cell!r})
if done.success:
    shell.run_cell("import os, helpers; print(os.getcwd(), helpers.__file__, current := switch.__module__)")
sys.exit(not done.success)
"""


def first_cell(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert code[0]["id"] == WRITER["ID"]
    return "".join(code[0]["source"])


def run(cell, folder, colab=False, answer="", **environment):
    """The first cell in a shell of its own, in `folder`, where the project is not installed."""
    code = SHELL.format(root=str(ROOT), cell=cell, colab=colab)
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, input=answer, capture_output=True, text=True, encoding="utf-8",
        env={k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "COV_CORE_SOURCE")}
        | {"PYTHONUTF8": "1", "IPYTHONDIR": str(folder / "ipython"), "PIP_DRY_RUN": "1"} | environment,
    )  # fmt: skip


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_first_cell_is_the_one_that_first_cell_py_writes(path):
    cell = first_cell(path)
    assert cell == WRITER["first_cell"](cell) and cell.count("make lab") == 2


def test_a_plain_first_cell_gets_the_guard_and_the_rest_stays():
    source = "from helpers.exercises import progress\nfrom helpers.language import switch, text\n\nswitch()"
    cell = WRITER["first_cell"](source)
    assert cell.startswith("try:\n    from helpers.language import switch, text\nexcept ImportError")
    assert cell.endswith("colab.py\nfrom helpers.exercises import progress\n\nswitch()")
    assert WRITER["first_cell"](cell) == cell


def only_two_lines(done):
    """One in Japanese and one in English, and nothing else: no traceback."""
    ja, en = (done.stdout + done.stderr).strip().splitlines()
    return re.search(r"[\u3040-\u30ff]", ja) and en.isascii() and "make lab" in ja and "make lab" in en


def test_a_notebook_alone_says_in_two_lines_what_to_do(tmp_path):
    done = run(first_cell(NOTEBOOKS[1]), tmp_path)
    assert done.returncode == 1 and only_two_lines(done), done.stdout + done.stderr


def test_beside_a_strangers_helpers_it_says_so(tmp_path):
    (tmp_path / "helpers").mkdir()
    (tmp_path / "helpers" / "__init__.py").write_text("def flatten(things): ...\n")
    done = run(first_cell(NOTEBOOKS[1]), tmp_path)
    assert done.returncode == 1 and only_two_lines(done) and done.stdout.count("pip uninstall helpers") == 2


def test_step_00_in_its_folder_finds_the_project_before_anything_is_installed(tmp_path):
    done = run(first_cell(NOTEBOOKS[0]), ROOT / "notebooks", IPYTHONDIR=str(tmp_path))
    assert done.returncode == 0 and "helpers.language" in done.stdout, done.stdout + done.stderr


def test_without_ipywidgets_the_switch_says_what_to_do(monkeypatch, capsys):
    from helpers import language

    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    assert language.switch() is None
    ja, en = capsys.readouterr().out.splitlines()
    assert "make lab" in ja and "make lab" in en


# Google Colab


@pytest.fixture
def pip(tmp_path):
    """A folder for PYTHONPATH whose pip writes down what it is asked for."""
    folder = tmp_path / "fake"
    (folder / "pip").mkdir(parents=True)
    (folder / "pip" / "__init__.py").touch()  # a package, or the real pip goes first
    (folder / "pip" / "__main__.py").write_text(
        f"import sys\nwith open({str(tmp_path / 'asked')!r}, 'a') as file:\n    print(*sys.argv[1:], file=file)\n"
    )
    return folder


@pytest.fixture
def published(tmp_path):
    """The files as they stand here, as a repository that can be cloned."""
    folder = tmp_path / "published"
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("a copy without git")
    for name in listed.stdout.splitlines():
        if not name.endswith((".ipynb", ".csv", ".png", ".gz")) and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(folder)]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):  # unsigned, and without the reader's hooks
        subprocess.run([*git, *command], check=True, env=os.environ | {"GIT_CONFIG_GLOBAL": os.devnull})
    return folder


def test_colab_fetches_the_folder_and_installs_what_it_lacks(pip, published, tmp_path):
    work = tmp_path / "content"
    work.mkdir()
    done = run(first_cell(NOTEBOOKS[1]), work, colab=True, answer=f"file://{published}\n", PYTHONPATH=str(pip))
    assert done.returncode == 0, done.stdout + done.stderr
    place, helpers, _ = done.stdout.splitlines()[-1].split()
    assert place == str(work / "tutorial" / "notebooks") and helpers.startswith(str(work / "tutorial"))
    (ours,) = (tmp_path / "asked").read_text().splitlines()  # here nothing else is missing
    assert "--no-deps" in ours and ours.endswith(str(work / "tutorial"))


def test_an_address_in_pyproject_is_not_asked_for(tmp_path, published, pip):
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    address = f'[project.urls]\nRepository = "file://{published}"\n\n[project]'
    (tmp_path / "pyproject.toml").write_text(text.replace("[project]", address, 1), encoding="utf-8")
    cell = WRITER["first_cell"](first_cell(NOTEBOOKS[2]), tmp_path)
    assert "input" not in cell and str(published) in cell
    assert run(cell, tmp_path, colab=True, PYTHONPATH=str(pip)).returncode == 0


@pytest.mark.parametrize(("version", "kept"), [("2.9.0+cu126", True), ("2.13.0", True), ("2.5.1", False)])
def test_colabs_torch_is_kept_if_it_is_new_enough(version, kept, monkeypatch):
    import importlib.metadata

    from helpers import environment

    real = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: version if name == "torch" else real(name))
    monkeypatch.setitem(sys.modules, "google.colab", sys)
    assert ("torch" not in environment.problems()) == kept
    assert environment.stated()["torch"] == "==2.13.0"  # what is installed where Colab's is too old
    assert not {"jupyterlab", "ipykernel"} & environment.required().keys()


def test_without_colab_nothing_is_asked_of_colab_py():
    from helpers import environment

    assert not environment.on_colab() and environment.required() == environment.stated()


# Codespaces, VS Code, Binder


def test_the_devcontainer_builds_what_make_lab_builds():
    text = (ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8")
    container = json.loads(re.sub(r"(?m)^\s*//.*", "", text))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (target,) = re.findall(r"make (\S+)", container["postCreateCommand"])
    assert re.search(rf"(?m)^{re.escape(target)}:", makefile)
    assert container["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"].endswith(
        ".venv/bin/python"
    )
    python = re.search(r":(?:\d+-)?(3\.\d+)", container["image"])[1]
    with open(ROOT / "pyproject.toml", "rb") as file:
        assert f">={python}" == tomllib.load(file)["project"]["requires-python"]


def test_conda_and_binder_take_pytorchs_cpu_build():
    """Binder reads environment.yml: with a part of pip that names the folder itself, it copies the folder first."""
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    lines = re.findall(r"(?m)^      - (.+)$", text)
    assert lines == [
        "--extra-index-url https://download.pytorch.org/whl/cpu",
        "-c constraints.txt",
        "-e .[test,browser,site]",
    ]
    for readme in ("README.md", "README_EN.md"):
        assert "PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu" in (ROOT / readme).read_text(encoding="utf-8")


def test_the_commands_for_windows_install_what_the_tests_import():
    """test_web.py builds pages: without the extra `site` there is nothing that draws formulas."""
    for page in ("README.md", "README_EN.md", "TEACHING.md"):
        extras = re.findall(r'"\.\[([\w,]+)\]"', (ROOT / page).read_text(encoding="utf-8"))
        assert extras and all({"test", "site"} <= set(found.split(",")) for found in extras), page


def test_where_css_does_not_reach_the_text_the_switch_says_so():
    from helpers import language

    css = (ROOT / "helpers" / "language" / "page.css").read_text(encoding="utf-8")
    assert re.search(r"\.jp-Notebook .*\.lstm-elsewhere \{display: none\}", css)
    page = language.switch().children[-1].value
    assert "lstm-elsewhere" in page and all(words in page for words in language.ELSEWHERE)


def test_a_kernel_that_dies_at_once_is_started_again(monkeypatch):
    """Two kernels that start side by side may choose the same port, and one of them dies."""
    managers = [MagicMock(), MagicMock()]
    managers[0].client().wait_for_ready.side_effect = RuntimeError("Kernel died before replying to kernel_info")
    made = iter(managers)
    monkeypatch.setattr(nbval.kernel, "KernelManager", lambda **_: next(made))
    assert nbval.kernel.start_new_kernel() == (managers[1], managers[1].client())
    managers[0].shutdown_kernel.assert_called_once()
