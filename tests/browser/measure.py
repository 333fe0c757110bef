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


class Moves:
    """Seconds from key press to new picture, and those of them that the training took, as the ledger has them."""

    def __init__(self, notebook: Notebook):
        self.notebook, self.seconds, self.training = notebook, [], []

    def add(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.training.append(float(self.notebook.ledger()[0][-2]))

    def report(self, what: str) -> None:
        whole, training = (statistics.median(seconds) for seconds in (self.seconds, self.training))
        print(
            f"{what}: {len(self.seconds)} moves, median {whole:.2f} s ({training:.2f} s of it training), worst {max(self.seconds):.2f} s",
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
        draw, mixed, corner = random.Random(0), Moves(notebook), Moves(notebook)
        for _ in range(10):  # any setting within the promise: hidden sizes up to 32, windows up to 20
            mixed.add(notebook.enter("window", draw.randint(1, 20)))
            mixed.add(notebook.enter("hidden size", draw.randint(1, 32)))
        mixed.report("random settings, hidden size 1 to 32, window 1 to 20")
        notebook.enter("window", 20)
        notebook.enter("hidden size", 32)
        for _ in range(10):
            corner.add(notebook.press("seed", "ArrowRight"))
        corner.report("the slowest corner, hidden size 32, window 20")
        notebook.enter("window", 5)
        notebook.enter("hidden size", 16)
        usual = Moves(notebook)
        for _ in range(10):
            usual.add(notebook.press("seed", "ArrowLeft"))
        usual.report("the settings of step 05, another seed")
        before = kernel_memory()
        for move in range(memory_moves):
            notebook.press("seed", "ArrowRight" if move % 20 < 10 else "ArrowLeft")
        print(f"memory over {memory_moves} moves: {before:.0f} MB -> {kernel_memory():.0f} MB", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
