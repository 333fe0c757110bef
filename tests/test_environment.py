"""Step 00: the check sees what is missing, and the set-up files agree with each other."""

import ast
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from helpers import environment

ROOT = Path(__file__).parents[1]


def pins():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.partition(";")[0].strip().split("==") for line in lines if line and not line.startswith("#"))
    return {normal(name): version for name, version in pinned.items()}


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_all_is_well_here(capsys):
    assert environment.check() is True
    out = capsys.readouterr().out
    assert "NG" not in out and "すべてそろっています" in out and "everything is in place" in out
    assert all(package in out for package in ("torch", "yfinance", "ipywidgets"))


@pytest.mark.parametrize("version", [None, "0.0.1"])
def test_what_is_missing_or_old_is_named_with_the_command_that_mends_it(version, capsys, monkeypatch):
    real = importlib.metadata.version

    def other(package):
        if package != "yfinance":
            return real(package)
        if version is None:
            raise importlib.metadata.PackageNotFoundError(package)
        return version

    monkeypatch.setattr(importlib.metadata, "version", other)
    assert environment.check() is False
    out = capsys.readouterr().out
    assert re.search(r"NG  yfinance +" + (version or "-"), out) and out.count("NG") == 1
    assert "`make lab`" in out and "pip install -c constraints.txt -e ." in out and "足りない" in out


def test_a_strangers_package_of_the_same_name_and_a_missing_project_are_noticed(capsys, monkeypatch):
    """The package index has a `helpers` of its own; and step 00 finds ours beside it, which later steps do not."""
    real = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.3" if name == "helpers" else real(name))
    assert environment.check() is False and "pip uninstall helpers" in capsys.readouterr().out

    def missing(name):
        if name == "lstm-forecasting-tutorial":
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    assert environment.check() is False and "NG  lstm-forecasting-tutorial" in capsys.readouterr().out


def test_a_copy_that_left_its_data_behind_says_how_to_install(tmp_path):
    """pip install . puts helpers/ alone among the packages."""
    shutil.copytree(ROOT / "helpers", tmp_path / "helpers")
    done = subprocess.run([sys.executable, "-c", "import helpers"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.count("pip install -e .") == 2


def test_another_torch_is_noticed(monkeypatch):
    real = importlib.metadata.version
    monkeypatch.setattr(
        importlib.metadata, "version", lambda package: "2.15.0" if package == "torch" else real(package)
    )
    assert environment.problems() == {"torch": ("2.15.0", "==2.13.0")}


@pytest.mark.parametrize(
    ("version", "wanted", "fits"),
    [("2.13.0+cpu", "==2.13.0", True), ("2.13.1", "==2.13.0", False), ("2.0", ">=2", True), ("1.26.4", ">=2", False),
     ("10.0", ">=9.5", True), ("3.10.1", ">=3.9", True), ("8.1", ">=8.1.2", False)],
)  # fmt: skip
def test_versions_are_compared_as_numbers(version, wanted, fits):
    assert environment._fits(version, wanted) is fits


def test_the_check_runs_where_nothing_is_installed():
    """-S hides every installed package: only the standard library is left."""
    code = "from helpers import environment; raise SystemExit(environment.check())"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0 and done.stderr == "" and "make lab" in done.stdout


def test_device_is_one_that_torch_knows():
    import torch

    assert torch.zeros(1, device=environment.device()).sum() == 0


def project_table():
    with open(ROOT / "pyproject.toml", "rb") as file:
        return tomllib.load(file)["project"]


def installed(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def reached(texts):
    """name -> version of every installed package from these requirements down, through the requirements of each."""
    todo, found, looked_at = [Requirement(text) for text in texts], {}, set()
    while todo:
        requirement = todo.pop()
        name = normal(requirement.name)
        if name in looked_at and not requirement.extras or installed(name) is None:
            continue  # not there: an extra that this reader did not install
        looked_at.add(name)
        found[name] = installed(name).split("+")[0]
        for text in importlib.metadata.requires(name) or []:
            child = Requirement(text)
            if child.marker is None or any(
                child.marker.evaluate({"extra": extra}) for extra in requirement.extras | {""}
            ):
                todo.append(child)
    return found


def unpinned():
    """Packages of this environment that constraints.txt does not name."""
    asked = project_table()
    texts = asked["dependencies"] + [text for extra in asked["optional-dependencies"].values() for text in extra]
    # torch from PyPI brings CUDA's libraries on Linux, pinned by torch itself; the CPU build has none of them.
    return {name for name in reached(texts).keys() - pins().keys() if not re.match("nvidia|cuda|triton", name)}


def test_every_package_reached_is_pinned():
    assert unpinned() == set() and len(pins()) > 80


PARTS = {
    "IPython": "ipykernel",
    "PIL": "matplotlib",
    "nbformat": "nbconvert",
    "sqlalchemy": "optuna",
}  # of a package named


def test_every_package_that_the_code_imports_is_named():
    """What only comes along with another package may stop doing so."""
    texts = project_table()["dependencies"] + project_table()["optional-dependencies"]["site"]
    named = {normal(Requirement(text).name) for text in texts}
    homes, imported = importlib.metadata.packages_distributions(), set()
    for file in [*(ROOT / "helpers").rglob("*.py"), *(ROOT / "web").glob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module.partition(".")[0])
    for module in imported & homes.keys() - {"helpers"}:
        assert named & {normal(home) for home in [*homes[module], PARTS.get(module, "")]}, module


def test_the_pins_are_complete_on_other_installs_too(monkeypatch):
    """With torch's CUDA libraries, without the browser's extra, and after the reader has upgraded something."""
    requires, version = importlib.metadata.requires, importlib.metadata.version
    extra = {"nvidia-cublas": "13.0", "triton": "3.9"}

    def other_version(name):
        if normal(name) == "playwright":
            raise importlib.metadata.PackageNotFoundError(name)
        return "99.0" if normal(name) == "pandas" else extra.get(normal(name)) or version(name)

    def more_requires(name):
        return [] if name in extra else [*(requires(name) or []), *(extra if normal(name) == "torch" else [])]

    monkeypatch.setattr(importlib.metadata, "version", other_version)
    monkeypatch.setattr(importlib.metadata, "requires", more_requires)
    assert unpinned() == set()


def test_no_pin_needs_a_newer_python_than_the_project():
    """Debian 12 has Python 3.11.2: where one pin refuses it, nothing can be installed."""
    oldest = SpecifierSet(project_table()["requires-python"])
    (lower,) = [part.version for part in oldest if part.operator == ">="]
    for name in pins():
        if installed(name):
            wanted = importlib.metadata.metadata(name)["Requires-Python"]
            assert not wanted or SpecifierSet(wanted).contains(f"{lower}.0"), f"{name}: {wanted}"


def test_the_oldest_python_named_is_the_oldest_allowed():
    named = [text.rpartition(" :: ")[2] for text in project_table()["classifiers"]]
    assert project_table()["requires-python"] == f">={named[0]}" and named == sorted(named) and len(named) == 3


def test_where_torch_is_missing_what_needs_it_is_left_out(tmp_path):
    """A new Python may have no torch yet: conftest.py then skips, and the rest of the suite runs."""
    (tmp_path / "test_a.py").write_text("def test_a(): pass\n")
    (tmp_path / "test_b.py").write_text("import torch\ndef test_b(): pass\n")
    (tmp_path / "test_c.py").write_text("def test_c():\n    import torch\n")
    shutil.copy(ROOT / "conftest.py", tmp_path)
    hide = (
        "import importlib.util, sys, pytest\nfind = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *more: None if name == 'torch' else find(name, *more)\n"
    )
    code = hide + f"sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '-n', '0', {str(tmp_path)!r}]))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert "1 passed, 2 skipped" in done.stdout, done.stdout + done.stderr


def test_the_pins_meet_the_ranges():
    for package, wanted in environment.required().items():
        assert environment._fits(pins()[normal(package)], wanted), package


def own_files():
    """The files of the project: those git tracks, or in a copy without git all but what running leaves behind."""
    try:
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        return [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]
    except (OSError, subprocess.CalledProcessError):
        folders = ("helpers", "notebooks", "tests", "web", ".ci", ".devcontainer", ".github")
        inside = [
            path
            for folder in folders
            for path in (ROOT / folder).rglob("*")
            if not {".venv", ".ipynb_checkpoints"} & set(path.parts)
        ]
        return [
            path
            for path in [*ROOT.iterdir(), *(ROOT / "data").iterdir(), *inside]
            if path.is_file() and path.suffix != ".pyc"
        ]


def test_a_copy_without_git_is_checked_too(monkeypatch):
    with_git = own_files()
    monkeypatch.setenv("PATH", "")
    assert set(with_git) <= set(own_files())


def test_no_file_names_a_registry_host():
    hosts = "|".join(("py" + "pi.org", "python" + "hosted", "registry.npm" + "js"))
    for file in own_files():
        if file.suffix not in (".png", ".gz"):
            assert not re.search(hosts, file.read_text(encoding="utf-8", errors="ignore")), file


# The Makefile, with a Python that only pretends to install


FAKE_PYTHON = """#!/bin/sh
echo "$@" >> calls
echo "$HOME" > home
case "$1 $2" in
    "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    "-m pip") test ! -e broken ;;
esac
"""
needs_make = pytest.mark.skipif(not shutil.which("make"), reason="there is no make")


@pytest.fixture
def copy(tmp_path):
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    python = tmp_path / "python"
    python.write_text(FAKE_PYTHON)
    python.chmod(0o755)
    return tmp_path


def make(copy, *arguments, **environment):
    command = ["make", "PYTHON=./python", *arguments]
    # What the reader told the make that runs these tests, `make VENV=.venv-lstm test` perhaps, is not for this one.
    inherited = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "VENV", "ARGS")}
    env = inherited | environment
    return subprocess.run(command, cwd=copy, capture_output=True, text=True, encoding="utf-8", env=env)


@needs_make
def test_a_venv_of_the_readers_own_is_left_alone(copy):
    (copy / ".venv").mkdir()
    (copy / ".venv" / "precious").write_text("mine")
    done = make(copy, "test")
    assert done.returncode != 0 and "そのままにします" in done.stdout and "left alone" in done.stdout
    assert (copy / ".venv" / "precious").read_text() == "mine" and [
        file.name for file in (copy / ".venv").iterdir()
    ] == ["precious"]
    assert make(copy, "VENV=.venv-lstm", "test").returncode == 0 and (copy / ".venv-lstm" / "installed").exists()


@needs_make
def test_an_install_that_was_cut_off_starts_afresh_and_a_whole_one_is_kept(copy):
    (copy / "broken").touch()
    assert make(copy, "test").returncode != 0  # pip fails: our venv is there, without its last mark
    (copy / ".venv" / "half a package").touch()
    (copy / "broken").unlink()
    assert make(copy, "test").returncode == 0 and not (copy / ".venv" / "half a package").exists()
    calls = (copy / "calls").read_text()
    (copy / ".venv" / "whole").touch()
    assert make(copy, "test").returncode == 0 and (copy / ".venv" / "whole").exists()
    assert (copy / "calls").read_text().removeprefix(calls).startswith("-m pytest")  # nothing is installed again


@needs_make
def test_make_clean_removes_the_environment_that_make_built_and_no_other(copy):
    assert make(copy, "install").returncode == 0 and make(copy, "clean").returncode == 0
    assert not (copy / ".venv").exists()
    for place in (".venv", "other"):
        (copy / place).mkdir()
        (copy / place / "precious").write_text("mine")
        done = make(copy, f"VENV={place}", "clean")
        assert done.returncode == 0 and "そのままにします" in done.stdout and f"{place} was not made by" in done.stdout
        assert (copy / place / "precious").read_text() == "mine"
    shutil.rmtree(copy / ".venv")
    done = make(copy, "clean")  # nothing there: nothing to say
    assert done.returncode == 0 and "left alone" not in done.stdout


@needs_make
def test_an_update_that_fails_keeps_the_environment_and_is_tried_again(copy):
    """A newer pyproject.toml and no network: what was whole until then is still there, however often it fails."""
    assert make(copy, "install").returncode == 0
    (copy / ".venv" / "whole").touch()
    os.utime(copy / ".venv" / "installed", (0, 0))  # older than pyproject.toml, as after git pull
    (copy / "broken").touch()
    for _ in range(3):
        done = make(copy, "lab")
        assert done.returncode != 0 and (copy / ".venv" / "whole").exists()
        assert "残してあります" in done.stdout and "What was there is kept" in done.stdout
        assert done.stdout.count(".venv/bin/python -m jupyter lab") == 2  # the way out, in either language
    for name in ("broken", "calls"):
        (copy / name).unlink()
    assert make(copy, "install").returncode == 0 and (copy / ".venv" / "whole").exists()
    assert "pip install" in (copy / "calls").read_text() and "-m venv" not in (copy / "calls").read_text()
    (copy / "calls").unlink()
    assert make(copy, "install").returncode == 0
    assert not (copy / "calls").exists()  # the update is complete: nothing is installed again
    (copy / ".venv" / "installed").rename(copy / ".venv" / "installed.old")  # as an update that is killed leaves it
    assert make(copy, "install").returncode == 0 and not (copy / ".venv" / "whole").exists()  # afresh


@needs_make
def test_in_a_folder_that_was_moved_the_environment_is_built_again(copy):
    assert make(copy, "install").returncode == 0
    (copy / ".venv" / "whole").touch()
    moved = copy.with_name("elsewhere 教材")
    copy.rename(moved)
    done = make(moved, "lab")
    assert done.returncode == 0 and "作り直します" in done.stdout and "built again" in done.stdout
    assert not (moved / ".venv" / "whole").exists()
    assert "built again" not in make(moved, "lab").stdout


@needs_make
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(copy):
    copy.chmod(0o555)
    done = make(copy, "test")
    copy.chmod(0o755)
    assert done.returncode != 0 and "書き込めません" in done.stdout and str(copy) in done.stdout


@needs_make
@pytest.mark.parametrize("kind", ["missing", "a file", "read-only", "fine"])
@pytest.mark.parametrize("target", ["lab", "test"])
def test_a_home_that_cannot_be_written_is_replaced(kind, target, copy, tmp_path):
    home = tmp_path / "home of the reader"
    if kind == "a file":
        home.write_text("")
    elif kind != "missing":
        home.mkdir()
    if kind == "read-only":
        home.chmod(0o555)
        if os.access(home, os.W_OK):
            pytest.skip("root may write anywhere")
    assert make(copy, target, HOME=str(home)).returncode == 0
    taken = Path((copy / "home").read_text().strip())
    assert taken == (home if kind == "fine" else copy / ".venv" / "home") and taken.is_dir()


@needs_make
def test_wheels_of_make_offline_are_installed_without_a_network(copy):
    assert make(copy, "test").returncode == 0 and "--no-index" not in (copy / "calls").read_text()
    (copy / "offline").mkdir()
    (copy / "offline" / "torch-2.13.0-py3-none-any.whl").touch()
    shutil.rmtree(copy / ".venv")
    (copy / "calls").unlink()
    assert make(copy, "test").returncode == 0
    (line,) = [line for line in (copy / "calls").read_text().splitlines() if "pip install" in line]
    assert "--no-index --find-links offline" in line


@needs_make
def test_make_offline_collects_wheels_and_asks_for_the_prices(copy):
    assert make(copy, "offline").returncode == 0
    calls = (copy / "calls").read_text().splitlines()
    (wheels,) = [line for line in calls if "pip wheel" in line]
    assert (
        "-w offline -c constraints.txt" in wheels
        and wheels.split()[-1] in (copy / "calls").read_text().split("pip wheel")[0]
        and calls[-1] == "data/download.py"
    )
