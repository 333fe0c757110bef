"""Step 00: is everything here that the notebooks need? Only the standard library, because it must run when nothing else does."""

import importlib.metadata
import platform
import re
import sys
import textwrap
import tomllib
from pathlib import Path

from helpers.language import say

ROOT = Path(__file__).resolve().parents[1]
PROJECT = "lstm-forecasting-tutorial"
# Google Colab's own torch is kept if it is this new: another is a large download. Page and kernel there are Colab's.
COLAB = {"torch": ">=2.6", "jupyterlab": "", "ipykernel": ""}
REPAIR = {"make": "make lab", "pip": "python -m pip install -c constraints.txt -e ."}


def stated() -> dict[str, str]:
    """Package name -> version range, as pyproject.toml states them: the only place where they stand."""
    with open(ROOT / "pyproject.toml", "rb") as file:
        project = tomllib.load(file)["project"]
    parts = [re.match(r"([A-Za-z0-9_.-]+)\s*(.*)", requirement) for requirement in project["dependencies"]]
    return {part[1]: part[2] for part in parts}


def required() -> dict[str, str]:
    """Package name -> version range that is asked for here: those of pyproject.toml, on Google Colab with its own torch."""
    if not on_colab():
        return stated()
    return {name: wanted for name, wanted in (stated() | COLAB).items() if wanted}


def on_colab() -> bool:
    """Whether this is a notebook of Google Colab, which has a torch and a page of its own."""
    return "google.colab" in sys.modules


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version.split("+")[0])[:3])


def _fits(version: str, wanted: str) -> bool:
    """Whether `version` meets a range such as ">=2" or "==2.13.0", the only two forms that pyproject.toml uses."""
    operator, bound = wanted[:2], _release(wanted[2:])
    installed = _release(version)[: len(bound)] if operator == "==" else _release(version)
    return installed == bound if operator == "==" else installed >= bound


def problems() -> dict[str, tuple[str, str]]:
    """What is missing or too old: package -> (version found or "", range wanted). Empty when all is well."""
    found = {}
    for package, wanted in (required() | {PROJECT: ">=0"}).items():  # later steps import helpers as installed
        try:
            version = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            version = ""
        if not version or not _fits(version, wanted):
            found[package] = (version, wanted)
    return found


def _stranger() -> str:
    """The version of the package index's own `helpers`, which has nothing to do with this tutorial; "" if it is not here."""
    try:
        return importlib.metadata.version("helpers")
    except importlib.metadata.PackageNotFoundError:
        return ""


def check() -> bool:
    """Say what runs here and whether every package is in order; name the command that mends what is not.

    Returns True when the notebooks can run.
    """
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    wrong = problems()
    good = [f"{package}=={importlib.metadata.version(package)}" for package in required() if package not in wrong]
    for line in textwrap.wrap("  ".join(good), 96, break_on_hyphens=False):
        print("  OK ", line)
    for package, (version, wanted) in wrong.items():
        print(f"  NG  {package:20} {version or '-':12} ({wanted})")
    if stranger := _stranger():
        print(f"  NG  {'helpers':20} {stranger:12} (uninstall)")
        say(
            "同じ名前の別のパッケージ helpers が入っています。`python -m pip uninstall helpers` で外してください。",
            "Another package named helpers is installed. Remove it: `python -m pip uninstall helpers`.",
        )
    if wrong:
        say(
            f"足りないもの、古いものがあります。ターミナルで `{REPAIR['make']}`（Windows では `{REPAIR['pip']}`）を"
            "実行し、カーネルを再起動してください。",
            f"Something is missing or too old. Run `{REPAIR['make']}` (on Windows `{REPAIR['pip']}`) in a terminal, "
            "then restart the kernel.",
        )
    if wrong or stranger:
        return False
    say("OK: すべてそろっています。", "OK: everything is in place.")
    return True


def device() -> str:
    """Where tensors go: "cuda" if there is one, else "mps" (Apple), else "cpu"."""
    import torch  # here and not above, so that check() runs where torch is missing

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
