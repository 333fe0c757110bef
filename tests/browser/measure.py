"""How long a reader waits, measured in the browser: python tests/browser/measure.py [moves for the memory test]

Prints seconds from key press to new picture, from kernel start to first picture, and the kernel's memory over many moves.
Uses data/downloads/nikkei225.csv where it is, else the bundled IBM prices.
"""

import json
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil
from lab import PICTURE, Notebook, chromium, jupyter_lab

CELL = "from helpers.panels.validation import playground\n\nplayground()"


def kernel_memory() -> float:
    """Resident memory of the one kernel, in MB."""
    kernels = [p for p in psutil.process_iter(["cmdline"]) if "ipykernel_launcher" in " ".join(p.info["cmdline"] or [])]
    return max(kernel.memory_info().rss for kernel in kernels) / 2**20


def moves(notebook: Notebook, label: str, count: int, key: str = "ArrowRight") -> list[float]:
    return [notebook.press(label, key) for _ in range(count)]


def report(what: str, seconds: list[float]) -> None:
    print(
        f"{what}: {len(seconds)} moves, median {statistics.median(seconds):.2f} s, worst {max(seconds):.2f} s",
        flush=True,
    )


def main(memory_moves: int) -> None:
    with tempfile.TemporaryDirectory() as folder, jupyter_lab(Path(folder) / "lab") as address, chromium() as browser:
        cell = {
            "cell_type": "code",
            "id": "play",
            "metadata": {},
            "source": CELL,
            "outputs": [],
            "execution_count": None,
        }
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        empty = {"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
        (Path(folder) / "lab" / "notebooks" / "play.ipynb").write_text(json.dumps(empty))
        notebook = Notebook(browser, address, "play")
        for _ in range(3):
            notebook.menu("Edit", "Clear Outputs of All Cells")
            notebook.menu("Kernel", "Restart Kernel and Run All Cells")
            started = time.perf_counter()
            notebook.confirm()
            notebook.page.wait_for_selector(PICTURE)
            print(f"kernel start to first picture: {time.perf_counter() - started:.2f} s", flush=True)
        notebook.wait_until_run()
        draw = random.Random(0)
        mixed = []
        for _ in range(10):  # any setting within the promise: hidden sizes up to 32, windows up to 20
            mixed.append(notebook.enter("window", draw.randint(1, 20)))
            mixed.append(notebook.enter("hidden size", draw.randint(1, 32)))
        report("random settings, hidden size 1 to 32, window 1 to 20", mixed)
        notebook.enter("window", 19)
        notebook.enter("hidden size", 31)
        corner = [
            notebook.press("hidden size", "ArrowRight"),
            *moves(notebook, "seed", 9),
            notebook.press("window", "ArrowRight"),
        ]
        report("the slowest corner, hidden size 32, window 19 and 20", corner)
        notebook.enter("window", 5)
        notebook.enter("hidden size", 16)
        before = kernel_memory()
        for move in range(memory_moves):
            notebook.press("seed", "ArrowRight" if move % 20 < 10 else "ArrowLeft")
        print(f"memory over {memory_moves} moves: {before:.0f} MB -> {kernel_memory():.0f} MB", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
