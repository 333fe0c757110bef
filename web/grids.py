"""Panels without a kernel: what they show for a grid of settings, computed once here and drawn in the page by panels.js.

Only bundled series are used, because the files hold their prices. A grid is a folder: index.json has the controls and what
they start at, and one small file for each choice of the settings that it names as `slice` has the results of all others.
Grids already computed are kept in build/web under a hash of what they depend on.
"""

import itertools
import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from execute import CACHE, ROOT, key

from helpers.baselines import naive_forecast
from helpers.data import load_many, load_prices
from helpers.horizons import METHODS, PathForecaster, rmse_by_step
from helpers.language import words
from helpers.many import GlobalForecaster, Windows, boosting, cut, half_hours, ridge, ridge_each, stored
from helpers.panels.controls import MAX_ROWS
from helpers.panels.engine import WORDS
from helpers.panels.horizons import LEVELS, fan_in_words
from helpers.panels.many import BEFORE, OWN, ranked_in_words
from helpers.panels.windows import SHOWN, counted
from helpers.training import Forecaster
from helpers.uncertainty import fan
from helpers.validation import lag_profile, scorecard, verdict
from helpers.windows import make_windows, purge, split_last

SERIES = "ibm", "usdjpy"
BEHIND = (
    *("model", "training", "tuning", "validation", "windows", "horizons", "uncertainty", "baselines", "many"),
    *("panels/controls", "panels/engine", "panels/windows", "panels/horizons", "panels/validation", "panels/many"),
    "language/words",
)
BASIS = [  # what the numbers depend on; other helpers and the figures may change without a new training
    Path(__file__),
    *(ROOT / f"helpers/{name}.py" for name in BEHIND),
    *sorted(ROOT.glob("helpers/data/*.py")),
    *sorted([*ROOT.glob("data/*.csv"), *ROOT.glob("data/*.json")]),
    ROOT / "constraints.txt",
]
TEST, MAX_LAG = 100, 10  # as in step 05
CALIBRATION, WINDOW = 200, 30  # as in step 08
MISSING, PERIOD, DAY, AHEAD, TEST_ROWS, HIDDEN, EPOCHS, SEEDS = 0.12, 126, 18, 4, 252, 32, 10, 5  # as in step 10
SAME = (
    "ここで動くのは、{ja}について、前もって計算しておいた結果です。ほかの系列や設定は、JupyterLab で動かしてください。",
    "What moves here was computed beforehand, {en}. For other series and settings, use JupyterLab.",
)


def windows_grid() -> tuple[dict, dict[str, dict]]:
    """Step 02: the head of the IBM series, and for each window, stride and horizon how many windows there are."""
    prices = load_prices("ibm")
    values = prices["Open"]
    controls = {"window": list(range(1, 31)), "stride": list(range(1, 11)), "horizon": list(range(1, 11))}
    index = {
        "kind": "windows",
        "start": {"window": 5, "stride": 1, "horizon": 1},
        "slice": ["window"],
        "values": values.iloc[:60].tolist(),
        "shown": SHOWN,
        "unit": _unit(prices.attrs),
        "note": _note("同梱の IBM の始値", "for the bundled opening prices of IBM"),
    }
    slices: dict[str, dict] = {}
    for window, stride, horizon in itertools.product(*controls.values()):
        said = counted(len(values), *make_windows(values, window, horizon, stride))
        slices.setdefault(f"{window}", {})[f"{stride}|{horizon}"] = {"said": [said]}
    return index | {"controls": _controls(controls)}, {name: {"runs": runs} for name, runs in slices.items()}


def playground_grid() -> tuple[dict, dict[str, dict]]:
    """Step 05: the forecast, its RMSE by lag and its verdict for each series, window, hidden size, epochs and seed."""
    controls = {
        "series": list(SERIES),
        "window": [1, 2, 5, 10, 20],
        "hidden_size": [1, 2, 4, 8, 16],
        "epochs": [1, 2, 4, 8, 12, 20],
        "seed": [0, 1],
    }
    index = {
        "kind": "playground",
        "start": {"series": "ibm", "window": 5, "hidden_size": 16, "epochs": 12, "seed": 0},
        "slice": ["series", "window", "hidden_size"],
        "series": {name: _test_part(name) for name in SERIES},
        "note": _note("同梱の IBM の株価とドル円", "for the bundled prices of IBM and the US dollar in yen"),
    }
    folders = list(itertools.product(*list(controls.values())[:3]))
    with _cores() as cores:
        runs = list(cores.map(_train, *zip(*folders, strict=True), *([controls[name]] * len(folders) for name in ("epochs", "seed"))))  # fmt: skip
    slices = {"-".join(map(str, folder)): {"runs": run} for folder, run in zip(folders, runs, strict=True)}
    return index | {"controls": _controls(controls)}, slices


def horizons_grid() -> tuple[dict, dict[str, dict]]:
    """Step 08: a path with its fan from every fifth origin, and the RMSE by step ahead, as in `horizon_explorer`."""
    controls = {
        "series": list(SERIES),
        "method": list(METHODS),
        "horizon": [7, 14, 28],
        "seed": [0, 1],
        "origin": list(range(0, TEST, 5)),
    }
    index = {
        "kind": "horizons",
        "start": {"series": "ibm", "method": "direct", "horizon": 14, "seed": 0, "origin": 50},
        "slice": ["series", "method", "horizon"],
        "series": {name: _test_part(name, TEST + 28 + 60) for name in SERIES},
        "test": TEST,
        "methods": {name: words(name) for name in METHODS},
        "note": _note("同梱の IBM の株価とドル円", "for the bundled prices of IBM and the US dollar in yen"),
    }
    folders = list(itertools.product(*list(controls.values())[:3]))
    with _cores() as cores:
        runs = list(cores.map(_train_paths, *zip(*folders, strict=True), *([controls[name]] * len(folders) for name in ("seed", "origin"))))  # fmt: skip
    slices = {"-".join(map(str, folder)): {"runs": run} for folder, run in zip(folders, runs, strict=True)}
    more = {"method": ("方法", "method"), "origin": ("起点", "origin")}
    return index | {"controls": _controls(controls, more)}, slices


def many_grid() -> tuple[dict, dict[str, dict]]:
    """Step 10: the paths of every method from every origin of each car park, and its errors, as in `series_explorer`."""
    table = half_hours(load_many("parking"))
    table = table.loc[:, table.isna().mean() < MISSING]
    first, upto = len(table) - TEST_ROWS, len(table)
    (train, ahead), (train_bare, bare) = (
        (windows.part(0, first), windows.part(first, upto))
        for windows in (cut(table, PERIOD, DAY, AHEAD, covariates) for covariates in (True, False))
    )
    chosen = {name: entry["best"] for name, entry in stored()["chosen"].items()}
    with _cores() as cores:
        own, without = (cores.submit(_train_lstms, *each) for each in ((train, ahead, SEEDS), (train_bare, bare, 1)))
        others = {
            "boosting for all": boosting(train, random_state=0, **chosen["boosting for all"])(ahead),
            "ridge for all": ridge(train, **chosen["ridge for all"])(ahead),
            "ridge for each": ridge_each(train, **chosen["ridge for each"])(ahead),
        }
        forecasts = {"naive": ahead.now.expand(-1, AHEAD), OWN: own.result(), **others}
        paths = forecasts | {"bare": without.result()}
    parks = [np.flatnonzero(ahead.series == k) for k in range(table.shape[1])]
    begin = first - BEFORE  # the first row that is drawn
    controls = {
        "series": list(table.columns),
        "origin": list(range(min(map(len, parks)))),
        "horizon": list(range(1, AHEAD + 1)),
        "covariates": [True, False],
    }
    index = {
        "kind": "series",
        "start": {"series": table.columns[0], "origin": 100, "horizon": AHEAD, "covariates": True},
        "slice": ["series"],
        "run": ["horizon", "covariates"],
        "before": BEFORE,
        "times": [f"{time:%m-%d %H:%M}" for time in table.index[begin:]],
        "methods": {name: words(name) for name in forecasts},
        "own": OWN,
        "note": _note("同梱の駐車場の記録のテスト部分", "for the test part of the bundled records of car parks"),
    }
    slices = {}
    for name, mine in zip(table.columns, parks, strict=True):
        runs = {}
        for horizon, covariates in itertools.product(controls["horizon"], controls["covariates"]):
            now = forecasts if covariates else forecasts | {OWN: paths["bare"]}
            off = {method: float((y - ahead.t)[mine, :horizon].square().mean().sqrt()) for method, y in now.items()}
            # panels.js puts the time of the origin in the place of the #
            runs[f"{horizon}|{json.dumps(covariates)}"] = {
                "errors": _short(off.values()),
                "said": ranked_in_words("#", name, off),
            }
        slices[name] = {
            "actual": [None if np.isnan(value) else float(f"{value:.5g}") for value in table[name].iloc[begin:]],
            "rows": (ahead.row[mine] - begin).tolist(),
            "paths": {method: [_short(path) for path in y[mine]] for method, y in paths.items()},
            "runs": runs,
        }
    labels = {"origin": ("起点", "origin"), "covariates": ("共変量を使う", "covariates")}
    return index | {"controls": _controls(controls, labels)}, slices


def _train_lstms(train: Windows, ahead: Windows, seeds: int) -> torch.Tensor:
    """The mean forecast of models with the seeds 0, 1, … as in the notebook."""
    models = [GlobalForecaster(train, seed=seed, hidden_size=HIDDEN) for seed in range(seeds)]
    return torch.stack([model.train(train, EPOCHS)(ahead) for model in models]).mean(0)


def _train_paths(series: str, method: str, horizon: int, seeds: list[int], origins: list[int]) -> dict:
    """All runs of a file: "seed|origin" -> path, ends of the fan, RMSE by step of the model and of the naive forecast."""
    prices, values = load_prices(series).tail(MAX_ROWS), _values(series)
    x, x_test, t, t_test = split_last(*make_windows(values, WINDOW, horizon), TEST)
    x, x_calibration, t, t_calibration = split_last(*purge(x, t, horizon), CALIBRATION)
    naive = rmse_by_step(t_test, naive_forecast(x_test, horizon))
    runs = {}
    for seed in seeds:
        model = PathForecaster(*purge(x, t, horizon), method, seed=seed, hidden_size=16).train(8)
        residuals, y = 100 * (t_calibration / model(x_calibration) - 1), model(x_test)
        own = rmse_by_step(t_test, y)
        for origin in origins:
            path = y[origin : origin + 1]
            fans = {level: fan(residuals, path, level) for level in LEVELS}
            low, high = fans[0.8]
            date = prices.index[len(values) - (TEST + horizon - 1) + origin - 1]  # the last day that was seen
            said = fan_in_words(date, horizon, 100 * (high - low)[0, -1] / path[0, -1].item(), own.iloc[-1] / naive.iloc[-1])  # fmt: skip
            ends = {f"{level:.0%}": [_short(end[0]) for end in both] for level, both in fans.items()}
            runs[f"{seed}|{origin}"] = {"path": _short(path[0]), "fans": ends, "own": _short(own), "naive": _short(naive), "said": said}  # fmt: skip
    return runs


def _cores() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(os.cpu_count(), initializer=torch.set_num_threads, initargs=(1,))


def _values(series: str) -> np.ndarray:
    prices = load_prices(series).tail(MAX_ROWS)
    return prices[prices.attrs["column"]].to_numpy()


def _test_part(series: str, rows: int = TEST) -> dict:
    """What every run on a series is drawn over; `actual` has one value more in front, for the naive forecast."""
    prices, values = load_prices(series), _values(series)
    actual, naive = values[-TEST:], values[-TEST - 1 : -1]
    attrs = prices.attrs
    return {
        "title": [attrs["title_ja"], attrs["title_en"]],
        "unit": _unit(attrs),
        "dates": [f"{date:%Y-%m-%d}" for date in prices.index[-rows:]],
        "actual": _short(values[-rows - 1 :]),
        "naive lags": _short(lag_profile(actual, naive, MAX_LAG)),
    }


def _train(series: str, window: int, hidden_size: int, epochs: list[int], seeds: list[int]) -> dict[str, dict]:
    """All runs of a file: "epochs|seed" -> forecast, RMSE by lag, scores and verdict. One training serves all epochs."""
    values = _values(series)
    x, x_test, t, _ = split_last(*make_windows(values, window), TEST)
    actual, naive, known = values[-TEST:], values[-TEST - 1 : -1], values[:-TEST]
    runs = {}
    for seed in seeds:
        forecaster, done = Forecaster(x, t, seed=seed, hidden_size=hidden_size), 0
        for epoch in epochs:
            forecaster.train(epoch - done)
            done, y = epoch, forecaster(x_test).numpy().ravel()
            card = scorecard(actual, y, naive, known, MAX_LAG)
            scores = {"RMSE": float(f"{card['RMSE']:.5g}"), "skill": round(card["skill"], 4), "best lag": int(card["best lag"])}  # fmt: skip
            runs[f"{epoch}|{seed}"] = {
                "y": _short(y),
                "lags": _short(lag_profile(actual, y, MAX_LAG)),
                "scores": scores,
                "said": [verdict(card)],
            }
    return runs


def _short(numbers) -> list[float]:
    """Five digits: finer than a pixel."""
    return [float(f"{number:.5g}") for number in numbers]


def _unit(attrs: dict) -> list[str]:
    return [attrs.get("unit_ja") or "", attrs.get("unit_en") or ""]


def _note(ja: str, en: str) -> list[str]:
    return [SAME[0].format(ja=ja), SAME[1].format(en=en)]


def _controls(controls: dict[str, list], words: dict[str, tuple[str, str]] | None = None) -> list[dict]:
    words = WORDS | (words or {})
    return [{"name": name, "words": words[name], "options": options} for name, options in controls.items()]


PANELS = {
    "02_windowing": windows_grid,
    "05_validation": playground_grid,
    "08_uncertainty": horizons_grid,
    "10_many_series": many_grid,
}


def write_grids(folder: Path) -> None:
    """A folder for each panel, computed now or earlier."""
    for name, make in PANELS.items():
        kept = CACHE / "grids" / f"{name}-{key(*(file.read_bytes() for file in BASIS))}"
        if not kept.exists():
            index, slices = make()
            unfinished = kept.with_name(kept.name + ".part")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(parents=True)
            for file, content in _files(index, slices):
                (unfinished / file).write_text(content, encoding="utf-8")
            for old in kept.parent.glob(f"{name}-*"):
                if old != unfinished:
                    shutil.rmtree(old)
            unfinished.rename(kept)
        shutil.copytree(kept, folder / name)


def _files(index: dict, slices: dict[str, dict]) -> Iterator[tuple[str, str]]:
    for name, content in {"index": index, **slices}.items():
        yield f"{name}.json", json.dumps(content, ensure_ascii=False, separators=(",", ":"))
