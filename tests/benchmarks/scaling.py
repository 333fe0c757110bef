"""How many trials do 1, 2 and 4 processes finish in the same time?

    python tests/benchmarks/scaling.py --seconds 10 --repeats 3

All trials train the same settings, so that luck with them plays no part, and the numbers of processes take turns, so
that a machine that grows slower slows all of them. "trainings alone" is what the same number of processes manages without a
study: cores that share a cache or a memory bus do not double, and no engine can make them. Run it on an idle Linux machine: what else runs there takes cores away.
"""

import argparse
import multiprocessing
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import machines, search
from helpers.data import generate

SETTINGS = {
    "window": 8,
    "hidden_size": 8,
    "num_layers": 1,
    "lr": 1.0,
    "target": "level",
}  # about the middle of the space
suggest = search.suggest


def one_setting(trial: search.Trial) -> dict:
    """As `search.suggest`, the sampler and the storage are asked for each setting; but what is trained is always the same."""
    suggest(trial)
    return SETTINGS


def measure(where: str, workers: int, seconds: float) -> tuple[int, float]:
    """Trials complete within `seconds` of the first start, and the processor seconds of the workers for each trial.

    Start-up and trials that end later do not count. On a busy machine the second number still says whether processes get
    into each other's way: it then rises with their number.
    """
    search.suggest = one_setting  # the workers are forked, so it reaches them
    values = generate("random_walk", 1000)["Close"].to_numpy()
    before = sum(os.times()[2:4])
    table = search.trial_table(
        machines.run(where, values, trials=10**6, workers=workers, seconds=seconds, validation=200)
    )
    spent = sum(os.times()[2:4]) - before
    return int((table["end"] <= seconds).sum()), spent / int((table["state"] == "COMPLETE").sum())


def trainings_alone(workers: int, seconds: float) -> int:
    """The same trainings by processes that share nothing: what the machine itself allows, beside which the study is to be read."""
    values, context = generate("random_walk", 1000)["Close"].to_numpy(), multiprocessing.get_context("fork")
    counts = context.SimpleQueue()

    def train() -> None:
        done, end = 0, time.monotonic() + seconds
        while time.monotonic() < end:
            search.skills(values, SETTINGS, [200])
            done += 1
        counts.put(done)

    team = [context.Process(target=train) for _ in range(workers)]
    for process in team:
        process.start()
    for process in team:
        process.join()
    return sum(counts.get() for _ in team)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--sqlite", action="store_true", help="an SQLite database in place of the journal file")
    given = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the start")
    done = []
    with tempfile.TemporaryDirectory() as folder:
        for repeat in range(given.repeats):
            for workers in given.processes:
                path = Path(folder) / f"{repeat}-{workers}"
                where = f"sqlite:///{path}.db" if given.sqlite else str(path)
                trials, cpu = measure(where, workers, given.seconds)
                done.append({"repeat": repeat, "processes": workers, "trials": trials, "CPU s per trial": round(cpu, 4),
                             "trainings alone": trainings_alone(workers, given.seconds)})  # fmt: skip
                print(done[-1], flush=True)
    table = pd.DataFrame(done).groupby("processes")[["trials", "CPU s per trial", "trainings alone"]].median()
    ratios = {
        f"ratio of {name}": np.round(table[name] / table[name].iloc[0], 2) for name in ("trials", "trainings alone")
    }
    print(table.assign(**ratios).to_string())


if __name__ == "__main__":
    main()
