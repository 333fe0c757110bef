"""Measure, write results.json and results.png: python tests/benchmarks/run.py [--full] [section ...]

Without sections, all of them, in about fifteen minutes on two idle cores. --full trains source A's recipe for all of its 8,000 epochs;
without it 400 are timed and extrapolated, and its test RMSE is that of the last full runs, which results.json keeps with their date.
Sections that are not measured stay as they are in results.json; each says when it was measured, and how busy the machine was.
"""

import argparse
import functools
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT), str(HERE)]

from report import QUIET, READMES, many_table, summary, write_readmes  # noqa: E402

RESULTS = HERE / "results.json"
RIVALS = HERE / ".venv" / "bin" / "python"
SEEDS = range(5)
SHORT = 400  # epochs of the shortened recipe
PICTURE = """
from helpers import plots
from helpers.data import load_prices
from helpers.training import Forecaster
from helpers.validation import lag_profile
from helpers.windows import make_windows, split_last

prices = load_prices("nikkei225", fallback="ibm")
x_train, x_test, t_train, t_test = split_last(*make_windows(prices[prices.attrs["column"]], 5), 100)
plots.lag_bars(lag_profile(t_test, Forecaster(x_train, t_train).train(12)(x_test)), prices.attrs)
"""


def last_json(command: list[str]) -> dict:
    """Run a command; the JSON on its last line."""
    environment = {key: value for key, value in os.environ.items() if key != "OMP_NUM_THREADS"} | {
        "LSTM_TUTORIAL_LANGUAGE": "en"
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{command}\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def task(name: str, **settings) -> dict:
    """One of tasks.py, in a fresh process."""
    return last_json([sys.executable, str(HERE / "tasks.py"), name, json.dumps(settings)])


def ask_rival(table: pd.Series | pd.DataFrame, settings: dict) -> dict:
    """One of rivals.py, in the rivals' environment."""
    with tempfile.TemporaryDirectory() as folder:
        table.to_csv(f"{folder}/series.csv", index=isinstance(table, pd.Series))
        return last_json([str(RIVALS), str(HERE / "rivals.py"), f"{folder}/series.csv", json.dumps(settings)])


def rival(values: pd.Series, model: str, test: int, **settings) -> dict:
    """A rival on one series; its forecasts are turned into an RMSE here, by the same code as ours."""
    from tasks import rmse

    found = ask_rival(values, {"model": model, "test": test} | settings)
    return found | {"model": model, "rmse": rmse(values.to_numpy()[-test:], found.pop("forecasts"))} | settings


def machine() -> dict:
    cpu = platform.processor()
    if Path("/proc/cpuinfo").exists():
        cpu = next(
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        )
    packages = {name: version(name) for name in ("torch", "numpy", "pandas", "scikit-learn", "statsmodels")}
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        **packages,
    }


def recipe(previous: dict, full: bool) -> dict:
    """The recipe and the project's default, taking turns: five seeds, each training in a fresh process."""
    from tasks import prices

    series = prices().name
    chosen = task("choose_epochs", hidden_size=100), task("choose_epochs", hidden_size=16)
    rounds = []
    for seed in SEEDS:
        rounds.append({
            "recipe": task("recipe", seed=seed, epochs=8000 if full else SHORT),
            "default": task("ours", seed=seed),
            "hidden_100": task("ours", seed=seed, hidden_size=100, epochs=chosen[0]["chosen"]),
            "tuned_recipe": task("recipe", seed=seed, epochs=SHORT, tuned=True),
        })  # fmt: skip
    kept = previous.get("full_runs") if previous.get("series") == series else None
    if full:
        runs = [
            {key: turn["recipe"][key] for key in ("seed", "rmse", "measured_seconds", "threads")} for turn in rounds
        ]
        kept = {"date": time.strftime("%Y-%m-%d"), "note": "by this section, as published", "runs": runs}
    return {"series": series, "protocol": "last 100 windows test; seconds of training alone, each in a fresh process",
            "rounds": rounds, "full_runs": kept, "choice_of_epochs": chosen}  # fmt: skip


def speed(previous: dict, full: bool) -> dict:
    return {"five_seeds": [task("five_seeds") for _ in range(3)], "batched_seeds": task("batched")}


def neighbour(previous: dict, full: bool) -> dict:
    return {"runs": [task("busy_neighbour"), task("busy_neighbour", hidden_size=100, epochs=3, rounds=3)]}


def cost(previous: dict, full: bool) -> dict:
    return task("cost")


def memory(previous: dict, full: bool) -> dict:
    return {"imports": task("imports"), "default": task("ours", seed=0), "hidden_100": task("ours", seed=0, hidden_size=100),
            "recipe": task("recipe", seed=0, epochs=20)}  # fmt: skip


def kernel(previous: dict, full: bool) -> dict:
    """Seconds from starting a kernel until its first lag picture is here; a notebook's first cell would be PICTURE."""
    from jupyter_client.manager import start_new_kernel

    seconds = []
    for _ in range(3):
        started, pictures = time.perf_counter(), []
        manager, client = start_new_kernel(
            kernel_name="python3", cwd=str(ROOT), stderr=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": str(ROOT)}
        )
        try:
            client.execute_interactive(PICTURE, timeout=300, output_hook=functools.partial(_keep, pictures, started))
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
        seconds += pictures
    assert len(seconds) == 3
    return {"seconds": seconds}


def _keep(pictures: list, started: float, message: dict) -> None:
    """Note when a message brings a picture."""
    if "image/png" in message["content"].get("data", {}):
        pictures.append(time.perf_counter() - started)
    if message["msg_type"] == "error":
        raise RuntimeError("\n".join(message["content"]["traceback"]))


def rivals(previous: dict, full: bool) -> dict:
    """One-step forecasts of the same test by each model, all parameters from the training part; taking turns by seed."""
    from tasks import HOURS, TEST, TEST_HOURS, WINDOW, electricity, prices

    series, load = prices(), electricity()[0]
    found = {"nikkei": [], "electricity": []}
    for seed in SEEDS:
        for name, models in (
            ("nikkei", ("default", "plain nn.LSTM")),
            ("electricity", ("default", "default on a regression", "plain nn.LSTM")),
        ):
            found[name] += [task("forecast", series=name, model=model, seed=seed) for model in models]
        found["nikkei"].append(rival(series, "neuralforecast LSTM", TEST, window=WINDOW, seed=seed))
    for name in found:
        found[name] += [task("forecast", series=name, model=model) for model in ("naive", "Ridge") for _ in range(3)]
    found["nikkei"] += [rival(series, "AutoARIMA", TEST) for _ in range(3)]
    found["electricity"].append(rival(load, "AutoARIMA", TEST_HOURS, season=24, last=90 * 24))
    found["electricity"].append(rival(load, "neuralforecast LSTM", TEST_HOURS, window=24, seed=0))
    inputs = {
        "nikkei": f"{series.name}: the opening prices alone; windows of {WINDOW}; test: the last {TEST}",
        "electricity": f"last {HOURS + TEST_HOURS} hours, one hour ahead, test: the last {TEST_HOURS}; default, plain nn.LSTM and Ridge see"
        " the change and the changes a day and a week before; neuralforecast sees the last 24 loads; AutoARIMA has season 24 and sees the"
        " last 90 days of the training part, as a year would take it many minutes",
    }
    return {"inputs": inputs, **found}


def many(previous: dict, full: bool) -> dict:
    """Step 10's car parks: every method forecasts the windows of the last two weeks, fitted to the weeks before them.

    Without the rivals' environment ours are measured, and the rivals' runs stay those of before.
    """
    from tasks import DAY, HORIZON, MANY_SEEDS, PERIOD, TEST_WEEKS, car_parks, long_table, rmse

    table, _, ahead = car_parks()
    long, first = long_table(table), len(table) - TEST_WEEKS * PERIOD

    def ours(model: str, seeds: range) -> list[dict]:
        runs = [task("many", model=model, seed=seed) for seed in seeds]
        together = rmse(ahead.t, np.mean([run.pop("forecasts") for run in runs], axis=0))
        return [run | {"rmse_of_mean": together} for run in runs]

    def theirs(model: str, **settings) -> dict:
        origins = len(table) - HORIZON - first + 1  # rows first - 1 and on: as Windows.part
        found = ask_rival(long, {"model": model, "origins": origins, "horizon": HORIZON} | settings)
        y = np.array(found.pop("forecasts"))[ahead.series, ahead.row - first + 1]
        return found | {"model": model, "rmse": rmse(ahead.t, y)} | settings

    found = [run for model in ("now + usual change", "ridge for each", "ridge for all", "boosting for all")
             for run in ours(model, range(1))]  # fmt: skip
    found += ours("LSTM for all", MANY_SEEDS)
    if built():
        measured = [theirs("AutoARIMA for each"), theirs("neuralforecast LSTM for all", window=DAY, seed=0)]
        kept = {"date": time.strftime("%Y-%m-%d"), "runs": measured}
    else:
        kept = previous.get("rivals", {"date": None, "runs": []})
    return {"test": f"{len(ahead)} windows of {table.shape[1]} car parks, {HORIZON} half-hours each, from {table.index[first]:%Y-%m-%d} on",
            "runs": found, "rivals": kept}  # fmt: skip


def built() -> bool:
    """Whether the rivals' environment is there; says so where it is not."""
    there = (HERE / ".venv" / "installed").exists()
    if not there:
        print(
            "他のライブラリは測りません（make bench-rivals で環境を作れます）。results.json にある結果はそのままです。/ "
            "the other libraries are not measured: make bench-rivals builds their environment; what is in results.json stays"
        )
    return there


SECTIONS = {
    "recipe": recipe,
    "speed": speed,
    "neighbour": neighbour,
    "cost": cost,
    "memory": memory,
    "kernel": kernel,
    "rivals": rivals,
    "many": many,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sections", nargs="*", choices=[[], *SECTIONS], help="what to measure; all of it when left out")
    parser.add_argument("--full", action="store_true", help="train the recipe for all of its 8,000 epochs, five times")
    arguments = parser.parse_args()
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for name in arguments.sections or SECTIONS:
        if name == "rivals" and not built():
            continue
        busy, started = os.getloadavg()[0], time.perf_counter()
        measured = SECTIONS[name](results.get(name, {}), arguments.full)
        seconds = time.perf_counter() - started
        results[name] = {
            "date": time.strftime("%Y-%m-%d"),
            "load_before": round(busy, 2),
            "machine": machine(),
            **measured,
        }
        results["summary"] = summary(results)
        RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"{name}: {seconds:.0f} s", flush=True)
        if name == "many":
            print(*(many_table(results, language) for language in READMES), sep="\n")
    if all(name in results for name in SECTIONS) and results["recipe"]["full_runs"]:
        from figure import benchmark

        (HERE / "results.png").write_bytes(benchmark(results).png())
        if results["recipe"]["series"] == "nikkei225":
            write_readmes(results)
    print(json.dumps(results["summary"], indent=1))
    if results["summary"].get("recipe", {}).get("others", 0) > QUIET:
        print(
            "ほかのプロセスが動いていました。静かな機械で測り直してください。/ The machine was busy with something else: measure again on a quiet one."
        )


if __name__ == "__main__":
    main()
