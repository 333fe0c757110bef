"""Kill a training run with SIGKILL at random moments, resume it, and compare with a run that nobody disturbed.

    python tests/project/kill_and_resume.py FOLDER [kills] [seed]     one process, forked: about a second a kill
    python tests/project/kill_and_resume.py FOLDER 20 0 --start       each run a process of its own, as a reader starts it

Prints one line a kill and a last line "... all the same"; the exit status is 1 when anything differs.
"""

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import torch._dynamo  # noqa: F401  (Adam's first step imports it: here, once, and not after every fork)
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.tensorboard import SummaryWriter  # noqa: F401  (likewise)

from helpers import plots  # noqa: F401  (likewise)
from helpers.project import load_checkpoint
from helpers.project.terminal import main
from helpers.project.trainer import METRICS

EPOCHS = 15
LONG = 80  # with --start: most of a run's time should be training


def make_csv(folder: Path, rows: int = 400) -> Path:
    close = 100 * np.exp(0.01 * np.random.default_rng(0).standard_normal(rows).cumsum())
    file = folder / "prices.csv"
    pd.DataFrame({"Date": pd.bdate_range("2020-01-01", periods=rows), "Close": close}).to_csv(file, index=False)
    return file


def start(arguments: list[str], log: Path, fork: bool) -> int:
    """Run the program in a child process with its output in `log`; returns its process id at once."""
    opened = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    if not fork:
        child = subprocess.Popen([sys.executable, "-m", "helpers.project", *arguments], stdout=opened, stderr=opened)
        os.close(opened)
        return child.pid
    child = os.fork()
    if child == 0:
        os.dup2(opened, 1)
        os.dup2(opened, 2)
        status = 99
        try:
            status = main(arguments)
        finally:
            sys.stdout.flush()  # _exit leaves it in the buffer
            os._exit(status)
    os.close(opened)
    return child


def status_of(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def same(one: object, other: object) -> bool:
    """Equal to the last bit, through dictionaries, lists and tensors."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return torch.equal(one, other) if isinstance(one, torch.Tensor) else one == other


def recorded(run: Path, history: list[dict]) -> bool:
    """Whether TensorBoard's reader finds every metric once for every epoch, with the values of the history."""
    reader = EventAccumulator(str(run)).Reload()
    wanted = ["loss", *(f"{name}/{part}" for name in ("loss", *METRICS) for part in ("train", "validation"))]
    for tag in wanted:
        found = [(event.step, event.value) for event in reader.Scalars(tag)]
        if found != [(row["epoch"], float(np.float32(row[tag]))) for row in history]:
            return False
    return set(wanted) <= set(reader.Tags()["scalars"])


def set_back(run: Path) -> None:
    """Make the event files of a run a minute older: their names begin with the second, which puts them in order."""
    for file in run.glob("events.out.tfevents.*"):
        start, second, rest = re.fullmatch(r"(.+tfevents\.)(\d+)(.+)", file.name).groups()
        file.rename(run / f"{start}{int(second) - 60:010}{rest}")


def wait_for_the_run(folder: Path, child: int) -> float:
    """When the child has its folder and its first checkpoint: from then on there is something to kill."""
    while not list(folder.glob("run-*/checkpoint.pt")):
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            raise RuntimeError(f"the run ended before its first checkpoint: {folder}")
        time.sleep(0.002)
    return time.time()


def trial(folder: Path, base: list[str], delay: float, fork: bool) -> tuple[int, str]:
    """Kill one run after `delay` seconds and resume it to the end.

    Returns how many epochs were saved at the kill, and how the resumed run ended.
    """
    arguments = [*base, "--logdir", str(folder)]
    log = folder.with_suffix(".log")
    child = start(arguments, log, fork)
    wait_for_the_run(folder, child)
    time.sleep(delay)
    os.kill(child, signal.SIGKILL)
    status = status_of(child)
    if status != -signal.SIGKILL:
        return -1, "ended before the kill" if status == 0 else f"exit status {status}"
    set_back(folder / "run-001")
    saved = len(load_checkpoint(folder / "run-001" / "checkpoint.pt")["history"])
    status = status_of(start([*arguments, "--resume"], log, fork))
    went_on = f"Going on after epoch {saved}." in log.read_text()
    return saved, "resumed" if status == 0 and went_on else f"exit status {status}"


def compare(folder: Path, kills: int, seed: int, fork: bool) -> int:
    epochs = EPOCHS if fork else LONG
    model = "--window 10 --horizon 3 --hidden-size 8 --batch-size 32 --lr 0.01"
    base = f"--data {make_csv(folder)} {model} --epochs {epochs} --patience 100".split()
    whole = folder / "whole"
    child = start([*base, "--logdir", str(whole)], folder / "whole.log", fork)
    began = wait_for_the_run(whole, child)
    if status_of(child) != 0:
        print((folder / "whole.log").read_text())
        return 1
    expected = load_checkpoint(whole / "run-001" / "checkpoint.pt")
    seconds = (whole / "run-001" / "checkpoint.pt").stat().st_mtime - began  # of training
    wrong = 0 if recorded(whole / "run-001", expected["history"]) else 1
    draw, kill = random.Random(seed), 0
    while kill < kills:
        delay = draw.uniform(0, seconds)
        saved, said = trial(folder / f"kill-{kill:02}-{delay:.3f}", base, delay, fork)
        if said == "ended before the kill":
            continue
        (file,) = (folder / f"kill-{kill:02}-{delay:.3f}").glob("run-*/checkpoint.pt")
        state = load_checkpoint(file)
        right = said == "resumed" and same(state, expected) and recorded(file.parent, state["history"])
        right = right and not list(file.parent.glob("*.tmp"))
        verdict = f"{said}, {'same' if right else 'DIFFERENT'}"
        print(f"kill {kill + 1:>2} after {delay:5.2f} s, {saved:>2} epochs saved: {verdict}", flush=True)
        wrong, kill = wrong + (not right), kill + 1
    print("DIFFERENT" if wrong else f"{kills} kills, {epochs} epochs, all the same")
    return int(wrong > 0)


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[2:] if argument.isdigit()]
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    sys.exit(compare(target, *(numbers + [20, 0][len(numbers) :]), fork="--start" not in sys.argv))
