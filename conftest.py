"""No test asks the network; both languages are in force, and no progress is kept, whatever the reader here has chosen or done."""

import contextlib
import functools
import importlib.util
import os
import random
import re
import sys
from collections.abc import Callable
from pathlib import Path

import nbval.kernel
import pytest

os.environ["LSTM_TUTORIAL_OFFLINE"] = "1"
os.environ["LSTM_TUTORIAL_LANGUAGE"] = "both"
os.environ["LSTM_TUTORIAL_PROGRESS"] = "none"
os.environ.pop("LSTM_TUTORIAL_CHALLENGE", None)  # the number that a teacher has fixed
for name in [name for name in os.environ if name.startswith("GIT_")]:
    del os.environ[name]  # in a hook of git they lead to the reader's index, into which a test would add its own files
for library in (
    "OMP",
    "OPENBLAS",
):  # several tests run side by side: threads of NumPy and torch would only wait for each other
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """A reader's own notebooks, and copies that JupyterLab has made, may lie beside the steps: they are no tests."""
    own = collection_path.suffix == ".ipynb" and not re.fullmatch(r"\d\d_\w+", collection_path.stem)
    return True if own else None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--shuffle", type=int, metavar="SEED", help="files, and the tests of each, in an order drawn from SEED"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """No test may need another one before it, but for the cells of a notebook, which keep their order.

    pytest-randomly and pytest-random-order shuffle the cells too.
    """
    seed = config.getoption("shuffle", None)
    if seed is None:
        return
    draw, files = random.Random(seed), {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    for path, own in files.items():
        if path.suffix != ".ipynb":
            draw.shuffle(own)
    items[:] = [item for path in draw.sample(list(files), len(files)) for item in files[path]]


class NoTorch:
    """A new Python may have no torch yet. What needs it is then skipped, and the rest of the suite runs."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        if name == "torch":
            pytest.skip("torch is not installed", allow_module_level=True)


def surely(start: Callable) -> Callable:
    """Start a kernel again where it dies at once: two that start side by side may choose one port (jupyter_client issue 154)."""

    @functools.wraps(start)
    def started(*args: object, **kwargs: object) -> object:
        for _ in range(2):
            with contextlib.suppress(RuntimeError):
                return start(*args, **kwargs)
        return start(*args, **kwargs)

    return started


nbval.kernel.start_new_kernel = surely(nbval.kernel.start_new_kernel)

if importlib.util.find_spec("torch") is None:
    sys.meta_path.insert(0, NoTorch)


@pytest.fixture(autouse=True)
def a_choice_of_language_reaches_this_test_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """ipywidgets keeps the panels of earlier tests alive, and each would be drawn anew: 28 s in one test that asks for three."""
    from helpers import language

    monkeypatch.setattr(language, "_followers", [])
