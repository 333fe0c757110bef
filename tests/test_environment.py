"""Step 00: the check sees what is missing, and the set-up files agree with each other."""

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from helpers import environment

ROOT = Path(__file__).parents[1]


def pins():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


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


def test_every_installed_package_is_pinned_at_its_version():
    """From what the project asks for down through every requirement, as installed here."""
    from packaging.requirements import Requirement

    pinned = {normal(name): version for name, version in pins().items()}
    with open(ROOT / "pyproject.toml", "rb") as file:
        project = tomllib.load(file)["project"]
    extras = project["optional-dependencies"]
    todo = [Requirement(text) for text in project["dependencies"] + extras["test"] + extras["browser"]]
    seen = set()
    while todo:
        requirement = todo.pop()
        name, extras = normal(requirement.name), requirement.extras | {""}
        if name in seen and not requirement.extras:
            continue
        seen.add(name)
        version = importlib.metadata.version(name).split("+")[0]
        assert pinned.get(name) == version, f"{name} {version} is not in constraints.txt"
        for text in importlib.metadata.requires(name) or []:
            child = Requirement(text)
            if child.marker is None or any(child.marker.evaluate({"extra": extra}) for extra in extras):
                todo.append(child)
    assert len(seen) > 80


def test_the_pins_meet_the_ranges():
    pinned = {normal(name): version for name, version in pins().items()}
    for package, wanted in environment.required().items():
        assert environment._fits(pinned[normal(package)], wanted), package


def test_no_file_names_a_registry_host():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    hosts = "|".join(("py" + "pi.org", "python" + "hosted", "registry.npm" + "js", "download.py" + "torch"))
    for name in listed:
        if not name.endswith((".png", ".gz")):
            text = (ROOT / name).read_text(encoding="utf-8", errors="ignore")
            assert not re.search(hosts, text), name
