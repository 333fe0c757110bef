"""Figures, tables and printed lines in one language: each notebook is executed once in Japanese and once in English.

What came of it is kept in build/web under a hash of everything that it depends on, so that a change in one notebook, or in
its prose alone, does not execute the others again.
"""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
CACHE = ROOT / "build" / "web"
LANGUAGES = "ja", "en"
# The prices are here; step 12 would ask the network for newer ones. What their author has answered and solved stays out. Two
# notebooks at once on two cores: each keeps to one thread.
TOLD = {"LSTM_TUTORIAL_OFFLINE": "1", "LSTM_TUTORIAL_PROGRESS": "none", "OMP_NUM_THREADS": "1"}


def key(*parts: str | bytes) -> str:
    """A short hash of texts, bytes, or both."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(hashlib.sha256(part.encode() if isinstance(part, str) else part).digest())
    return whole.hexdigest()[:16]


def shared() -> str:
    """A hash of what every notebook depends on: the helpers, the data, the versions of all packages, and what it is told."""
    files = [*ROOT.glob("helpers/**/*.py"), *ROOT.glob("data/**/*.csv"), *ROOT.glob("data/**/*.json")]
    return key(str(TOLD), *(file.read_bytes() for file in sorted([*files, ROOT / "constraints.txt"])))


def code_of(notebook: nbformat.NotebookNode) -> str:
    """The code cells of a notebook and nothing else: all that its outputs depend on."""
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")


def executed(files: Iterable[Path]) -> dict[tuple[Path, str], nbformat.NotebookNode]:
    """(file, "ja" or "en") -> the notebook with its outputs in that language, from build/web or executed now.

    As many runs as there are cores go on at once; only a notebook that keeps files in runs/ waits with its second language
    until the first is done. Raises RuntimeError with the traceback where a cell fails.
    """
    basis, turns = shared(), []
    for file in files:
        alone = "runs/" in code_of(nbformat.read(file, 4))
        turns += [(file, LANGUAGES)] if alone else [(file, (language,)) for language in LANGUAGES]

    def run(turn: tuple[Path, tuple[str, ...]]) -> list[tuple[Path, str, Path]]:
        file, languages = turn
        return [(file, language, _run(file, language, basis)) for language in languages]

    with ThreadPoolExecutor(
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    ) as cores:
        kept = [done for turn in cores.map(run, turns) for done in turn]
    return {(file, language): nbformat.read(path, 4) for file, language, path in kept}


def _run(file: Path, language: str, basis: str) -> Path:
    kept = CACHE / language / f"{file.stem}-{key(basis, code_of(nbformat.read(file, 4)))}.ipynb"
    if kept.exists():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    environment = os.environ | TOLD | {"LSTM_TUTORIAL_LANGUAGE": language}
    unfinished = kept.with_suffix(".part.ipynb")
    settings = "--ExecutePreprocessor.record_timing=False", "--ExecutePreprocessor.store_widget_state=False"
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--log-level", "WARN", "--to", "notebook", "--execute"]
    command += [*settings, "--output", str(unfinished), str(file)]
    # Kernels that start at once may choose the same port, and one of them dies (nbconvert issue 1066): up to three tries.
    for _ in range(3):
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        if "Kernel died before replying" not in done.stderr:
            break
    if done.returncode:
        raise RuntimeError(f"{file.name} ({language}):\n{done.stderr[-3000:]}")
    for old in kept.parent.glob(f"{file.stem}-{'[0-9a-f]' * 16}.ipynb"):  # not those of 05_validation-Copy1
        old.unlink()
    unfinished.rename(kept)
    print(f"{file.stem} {language} {time.perf_counter() - started:.0f} s", flush=True)
    return kept
