"""Walk forward over the car parks, week by week, with every method and five seeds, and keep the errors of each day:

    python data/many_series.py            all of it, some ten minutes of one core: data/many_series.json
    python data/many_series.py --quick    two epochs, one seed, one week, on four car parks: the form, not the numbers
    python data/many_series.py --out F    written elsewhere

Step 10 reads the file: what takes longer than a cell may. Settings are chosen on the weeks VALIDATION alone, and the walk is
over the other ones.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import threadpoolctl
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helpers.data import load_many
from helpers.many import (
    GlobalForecaster,
    Windows,
    boosting,
    cut,
    half_hours,
    ridge,
    ridge_each,
    seasonal_change,
    smoothing,
    squares_by_day,
)

RESULT = Path(__file__).resolve().with_name("many_series.json")
PERIOD, WINDOW, HORIZON, BATCH = 126, 18, 4, 256
EARLIER, VALIDATION, TEST = (5, 6), (7, 8), (9, 10)  # weeks, counted from 0; settings are chosen on VALIDATION alone
UPDATES, WINDOWS = 700, 17_000  # of the LSTM's weights for so many windows; with fewer of them, fewer: see `lstm`
LSTMS = [{"hidden_size": 32}, {"hidden_size": 64}]  # the first is kept unless the second is KEPT better: half the time
KEPT = 0.02
STRENGTHS = 3, 30, 300, 1000, 3000
TREES = [{"max_iter": 60}, {"max_iter": 100}, {"max_iter": 150, "max_leaf_nodes": 15}]
GROUPS, HISTORIES = (1, 5, 20), (2, 4, 8)


def lstm(windows: Windows, seed: int = 0, hidden_size: int = 32) -> GlobalForecaster:
    """One training. Its updates grow with the root of the number of windows: as many as for all make a single series worse."""
    updates = UPDATES * np.sqrt(len(windows) / WINDOWS)
    epochs = max(1, round(updates / -(-len(windows) // BATCH)))
    return GlobalForecaster(windows, seed=seed, hidden_size=hidden_size).train(windows, epochs, batch=BATCH)


def mean_of(train: Callable, seeds: int) -> Callable:
    """The mean forecast of several trainings, in the place of one."""

    def trained(windows: Windows) -> Callable:
        models = [train(windows, seed=seed) for seed in range(seeds)]
        return lambda w: torch.stack([model(w) for model in models]).mean(0)

    return trained


def squares(windows: Windows, y: torch.Tensor) -> np.ndarray:
    """The mean squared error of each window, (n,)."""
    return (y - windows.t).square().mean(1).numpy(force=True).astype(float)


def week(windows: Windows, number: int) -> tuple[Windows, Windows]:
    """All that is known when a week begins, and the week."""
    first = number * PERIOD
    return windows.part(0, first), windows.part(first, first + PERIOD)


def candidates() -> dict[str, list[dict]]:
    """What is tried on the validation weeks, by method."""
    strengths = [{"strength": strength} for strength in STRENGTHS]
    return {"ridge for each": strengths, "ridge for all": strengths, "boosting for all": TREES, "LSTM for all": LSTMS}


def one_candidate(known: Windows, ahead: Windows, method: str, settings: dict, seeds: int) -> np.ndarray:
    """The squared errors of one method with some settings, fitted to what is known."""
    return squares(ahead, learners({method: {"best": settings}}, seeds)[method](known)(ahead))


def choose(pool: Executor, parts: list[tuple[Windows, Windows]], seeds: int) -> dict[str, dict]:
    """Validation RMSE of each candidate, by method, and the best one's settings; parts: what is known, and what is ahead."""
    asked = [(method, settings) for method, many in candidates().items() for settings in many]
    jobs = [[pool.submit(one_candidate, *part, *each, seeds) for part in parts] for each in asked]
    chosen = {method: {"tried": []} for method in candidates()}
    for (method, settings), answers in zip(asked, jobs, strict=True):
        error = float(np.sqrt(np.concatenate([job.result() for job in answers]).mean()))
        chosen[method]["tried"].append({"settings": settings, "RMSE": error})
        print(method, settings, round(error, 5), flush=True)
    for entry in chosen.values():
        entry["best"] = min(entry["tried"], key=lambda one: one["RMSE"])["settings"]
    small, *_ = own = chosen["LSTM for all"]["tried"]
    if small["RMSE"] < (1 + KEPT) * min(one["RMSE"] for one in own):
        chosen["LSTM for all"]["best"] = small["settings"]
    return chosen


def learners(chosen: dict[str, dict], seeds: int) -> dict[str, Callable]:
    """Method -> a function from windows to a forecast, with the settings chosen."""
    how = {method: entry["best"] for method, entry in chosen.items()}
    return {
        "ridge for each": lambda w: ridge_each(w, **how["ridge for each"]),
        "ridge for all": lambda w: ridge(w, **how["ridge for all"]),
        "boosting for all": lambda w: boosting(w, random_state=0, **how["boosting for all"]),
        "LSTM for all": mean_of(lambda w, seed: lstm(w, seed, **how["LSTM for all"]), seeds),
    }


def one_week(table: pd.DataFrame, windows: Windows, chosen: dict, number: int, seeds: int) -> dict:
    """Every method's errors by day and car park in one week, the RMSE of each seed, and CPU seconds a training."""
    known, ahead = week(windows, number)
    fits = {
        "naive": lambda w: lambda v: v.now,
        "seasonal naive": lambda w: lambda v: v.seasonal[:, 1:],
        "now + last week": lambda w: seasonal_change,
        "exponential smoothing": lambda w: smoothing(table, PERIOD, number * PERIOD),
    }
    fits |= {name: fit for name, fit in learners(chosen, 1).items() if name != "LSTM for all"}
    errors, seconds = {}, {}
    for method, fit in fits.items():
        started = time.process_time()
        errors[method] = squares_by_day(table, ahead, fit(known)(ahead))
        seconds[method] = time.process_time() - started
    started = time.process_time()
    runs = [lstm(known, seed, **chosen["LSTM for all"]["best"])(ahead) for seed in range(seeds)]
    seconds["LSTM for all"] = (time.process_time() - started) / seeds
    errors["LSTM for all"] = squares_by_day(table, ahead, torch.stack(runs).mean(0))
    print("week", number, {m: round(float(np.sqrt(np.nanmean(e))), 4) for m, e in errors.items()}, flush=True)
    return {
        "days": [f"{day:%Y-%m-%d}" for day in errors["naive"].index],
        "squared errors": {m: [[rounded(v) for v in row] for row in e.to_numpy()] for m, e in errors.items()},
        "seeds": [float(np.sqrt(squares(ahead, y).mean())) for y in runs],
        "CPU seconds": {method: round(spent, 2) for method, spent in seconds.items()},
    }


def rounded(number: float) -> float | None:
    """Four digits; None where a car park had no window on a day."""
    return float(f"{number:.4g}") if np.isfinite(number) else None


def by_number_of_series(windows: Windows, chosen: dict, first: int, end: int, groups: tuple[int, ...]) -> dict:
    """RMSE over the test part when each model learns from so many car parks, and all of them are scored."""
    known, ahead, count = windows.part(0, first), windows.part(first, end), windows.series.max() + 1
    answers: dict[str, dict[str, float]] = {}
    for size in groups:
        for method, fit in learners(chosen, 1).items():
            if method == "ridge for each":
                continue
            errors = []
            for start in range(0, count, size):
                own = [(w.series >= start) & (w.series < start + size) for w in (known, ahead)]
                errors.append(squares(ahead[own[1]], fit(known[own[0]])(ahead[own[1]])))
            answers.setdefault(method, {})[str(size)] = float(np.sqrt(np.concatenate(errors).mean()))
        print(size, "series", {m: round(a[str(size)], 4) for m, a in answers.items()}, flush=True)
    return answers


def by_weeks_of_history(pool: Executor, table: pd.DataFrame, first: int, end: int, histories: tuple[int, ...]) -> dict:
    """RMSE over the test part when only so many weeks before it are known; settings are chosen on the last third of those."""
    answers: dict[str, dict[str, float]] = {}
    for weeks in histories:
        start = first - weeks * PERIOD
        windows = cut(table.iloc[start:end], PERIOD, WINDOW, HORIZON)
        known, ahead = windows.part(0, first - start), windows.part(first - start, end - start)
        middle = int(np.quantile(known.row, 2 / 3))
        chosen = choose(pool, [(known.part(0, middle), known.part(middle, first - start))], 2)
        for method, fit in learners(chosen, 1).items():
            answers.setdefault(method, {})[str(weeks)] = float(np.sqrt(squares(ahead, fit(known)(ahead)).mean()))
        print(weeks, "weeks", {m: round(a[str(weeks)], 4) for m, a in answers.items()}, flush=True)
    return answers


def unseen(table: pd.DataFrame, windows: Windows, chosen: dict, first: int, end: int, folds: int, seeds: int) -> dict:
    """RMSE of each car park over the test part by models that never saw it, by its own ridge, and after fine-tuning.

    fine-tuned: two more passes at a quarter of the rate over the last week before the test part, of the unseen parks alone.
    """
    known, ahead, count = windows.part(0, first), windows.part(first, end), len(table.columns)
    fits = learners(chosen, 1)
    own = fits["ridge for each"](known)
    answers: dict[str, dict[str, float]] = {}
    for fold in range(folds):
        new = np.arange(fold, count, folds)
        seen, theirs = known[~np.isin(known.series, new)], ahead[np.isin(ahead.series, new)]
        forecasts = {"own ridge": own(theirs), "ridge, never seen": fits["ridge for all"](seen)(theirs)}
        forecasts["boosting, never seen"] = fits["boosting for all"](seen)(theirs)
        models = [lstm(seen, seed, **chosen["LSTM for all"]["best"]) for seed in range(seeds)]
        forecasts["LSTM, never seen"] = torch.stack([model(theirs) for model in models]).mean(0)
        last = windows.part(first - PERIOD, first)
        last = last[np.isin(last.series, new)]
        tuned = [model.train(last, 2, batch=64, lr=1e-3)(theirs) for model in models]
        forecasts["LSTM, fine-tuned"] = torch.stack(tuned).mean(0)
        for method, y in forecasts.items():
            errors = pd.Series(squares(theirs, y)).groupby(theirs.series).mean()
            answers.setdefault(method, {}).update({table.columns[k]: rounded(e**0.5) for k, e in errors.items()})
        print("fold", fold, {m: round(float(np.mean(list(a.values()))), 4) for m, a in answers.items()}, flush=True)
    return answers


def currencies(chosen: dict, seeds: int, days: int = 250, keep: int | None = None) -> dict:
    """The same on exchange rates, in percent of their level and in units of the usual change of a day: nothing to be found.

    The mean squared error of each of the last `days` days over all currencies, and the skill of each seed.
    """
    rates = 100 * np.log(load_many("currencies").iloc[:, :keep])
    rates = rates / rates.diff().iloc[:-days].std()
    windows, first = cut(rates, 5, WINDOW, HORIZON), len(rates) - days
    known, ahead = windows.part(0, first), windows.part(first, len(rates))
    fits = learners(chosen, 1)
    forecasts = {"naive": ahead.now.expand(-1, HORIZON)}
    forecasts |= {name: fits[name](known)(ahead) for name in ("ridge for all", "boosting for all")}
    runs = [lstm(known, seed, **chosen["LSTM for all"]["best"])(ahead) for seed in range(seeds)]
    forecasts["LSTM for all"] = torch.stack(runs).mean(0)
    naive = squares(ahead, forecasts["naive"]).mean()
    answer = {
        "days": [f"{day:%Y-%m-%d}" for day in rates.index[np.unique(ahead.row) + 1]],
        "currencies": list(rates),
        "squared errors": {
            m: [rounded(e) for e in pd.Series(squares(ahead, y)).groupby(ahead.row).mean()]
            for m, y in forecasts.items()
        },
        "skill of seeds": [float(1 - np.sqrt(squares(ahead, y).mean() / naive)) for y in runs],
    }
    print("currencies", answer["skill of seeds"], flush=True)
    return answer


def everything(quick: bool = False, workers: int = 2) -> dict:
    """All of the file; the parts are shared out between `workers` processes."""
    table = half_hours(load_many("parking"))
    table = table.loc[:, table.isna().mean() < 0.12]
    seeds, folds, weeks, validation, test = 5, 4, (*EARLIER, *TEST), VALIDATION, TEST
    groups, histories, keep = GROUPS, HISTORIES, None
    if quick:
        table, seeds, folds, weeks, validation, test = table.iloc[:, :4], 2, 2, (3, 4), (3,), (4,)
        groups, histories, keep = (2, 4), (2, 3), 3
    windows = cut(table, PERIOD, WINDOW, HORIZON)
    first, end = test[0] * PERIOD, (test[-1] + 1) * PERIOD
    prepare(quick)
    with ProcessPoolExecutor(workers, initializer=prepare, initargs=(quick,)) as pool:
        chosen = choose(pool, [week(windows.part(0, first), number) for number in validation], 2)
        walk = [pool.submit(one_week, table, windows, chosen, number, seeds) for number in weeks]
        parts = {
            "series": pool.submit(by_number_of_series, windows, chosen, first, end, groups),
            "unseen": pool.submit(unseen, table, windows, chosen, first, end, folds, 2),
            "currencies": pool.submit(currencies, chosen, seeds, keep=keep),
        }
        history = by_weeks_of_history(pool, table, first, end, histories)
        return {
            "window": WINDOW,
            "horizon": HORIZON,
            "validation": validation,
            "test": test,
            "torch": torch.__version__,
            "parks": list(table),
            "chosen": chosen,
            "walk": {str(number): job.result() for number, job in zip(weeks, walk, strict=True)},
            "history": history,
        } | {name: job.result() for name, job in parts.items()}


def prepare(quick: bool) -> None:
    """One thread a process: their number is how the cores are used. quick: hardly any training."""
    global UPDATES, TREES, LSTMS
    torch.set_num_threads(1)
    threadpoolctl.threadpool_limits(1)
    if quick:
        UPDATES, TREES, LSTMS = 8, [{"max_iter": 3}], [{"hidden_size": 4}]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    result = everything(given.quick, given.workers)
    given.out.write_text(json.dumps(result, ensure_ascii=False) + "\n", encoding="utf-8")
    print(given.out)
