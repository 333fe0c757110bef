"""What `run.py` measures, each task in a process of its own: python tests/benchmarks/tasks.py TASK '{"argument": value}'

The last line printed is JSON. Tasks that show how others do it never import helpers.training, which sets threads and memory.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parents[2]))

from memory import peak_mb

from helpers.data import load_many, load_prices
from helpers.windows import make_windows, split_last

WINDOW, TEST = 5, 100
HOURS, TEST_HOURS, HOURLY_WINDOW, HOURLY_EPOCHS = 8760, 1440, 6, 18  # step 06's
RECIPE_EPOCHS = 8000
PERIOD, DAY, HORIZON, MISSING, TEST_WEEKS, EPOCHS = 126, 18, 4, 0.12, 2, 10  # step 10's
MANY_SEEDS = range(3)


def prices() -> pd.Series:
    """The Nikkei's opening prices; the bundled IBM prices where they cannot be had."""
    table = load_prices("nikkei225", fallback="ibm")
    return table[table.attrs["column"]].rename(table.attrs["name"])


def nikkei() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """x_train, x_test, t_train, t_test in prices."""
    return split_last(*make_windows(prices(), WINDOW), TEST)


def electricity() -> tuple[pd.Series, pd.DataFrame]:
    """The load, and step 06's columns: its change, and the changes a day and a week before the hour to be forecast."""
    load = load_prices("electricity")["Close"].tail(HOURS + TEST_HOURS)
    change = load.diff()
    return load, pd.DataFrame({"change": change, "day": change.shift(23), "week": change.shift(167)}).dropna()


def rmse(actual, predicted) -> float:
    return float(np.sqrt(np.mean((np.ravel(actual) - np.ravel(predicted)) ** 2)))


class SourceA(nn.Module):
    """The model of source A: LSTM(1, 100) -> last hidden state -> Linear(100, 50) -> ReLU -> Linear(50, 1)."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(1, 100, 1, batch_first=True)
        self.head = nn.Sequential(nn.Linear(100, 50), nn.ReLU(), nn.Linear(50, 1))

    def forward(self, x: Tensor) -> Tensor:
        _, (h, _) = self.lstm(x)
        return self.head(h[-1])


def recipe(seed: int, epochs: int, tuned: bool = False) -> dict:
    """Source A's recipe: prices divided by 10,000, MSE, AdamW as it comes, full-batch epochs.

    tuned: with this project's one thread and its malloc settings. Fewer epochs than 8,000 are extrapolated.
    """
    if tuned:
        import helpers.training  # noqa: F401
    x_train, x_test, t_train, t_test = (part / 10_000 for part in nikkei())
    torch.manual_seed(seed)
    model = SourceA()
    optimizer, loss_function = torch.optim.AdamW(model.parameters()), nn.MSELoss()
    clock = [time.perf_counter()]
    for _ in range(epochs):
        loss = loss_function(model(x_train), t_train)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        clock.append(time.perf_counter())
    with torch.no_grad():
        error = rmse(t_test, model(x_test)) * 10_000
    start = min(10, epochs - 1)  # the first epochs load what the later ones use
    per_epoch = (clock[-1] - clock[start]) / (epochs - start)
    return {"seed": seed, "epochs": epochs, "threads": torch.get_num_threads(), "tuned": tuned, "measured_seconds": clock[-1] - clock[0],
            "seconds_8000": clock[-1] - clock[0] + (RECIPE_EPOCHS - epochs) * per_epoch, "extrapolated": epochs < RECIPE_EPOCHS,
            "ms_per_epoch": 1000 * per_epoch, "rmse": error if epochs >= RECIPE_EPOCHS else None, "peak_mb": peak_mb()}  # fmt: skip


def ours(seed: int, hidden_size: int = 16, epochs: int = 12) -> dict:
    """The project's default, from windows to trained model, the first time in a fresh process and once more."""
    from helpers.training import Forecaster

    x_train, x_test, t_train, t_test = nikkei()
    seconds = []
    for _ in range(2):
        started = time.perf_counter()
        forecaster = Forecaster(x_train, t_train, seed=seed, hidden_size=hidden_size).train(epochs)
        seconds.append(time.perf_counter() - started)
    return {"seed": seed, "hidden_size": hidden_size, "epochs": epochs, "threads": torch.get_num_threads(), "seconds": seconds[0],
            "seconds_again": seconds[1], "rmse": rmse(t_test, forecaster(x_test)), "peak_mb": peak_mb()}  # fmt: skip


def imports() -> dict:
    """Memory before anything is trained."""
    import helpers.training  # noqa: F401

    return {"peak_mb": peak_mb()}


def choose_epochs(hidden_size: int, most: int = 14, seeds: int = 5) -> dict:
    """RMSE on the last 100 training windows, (seeds, epochs), and the fewest epochs whose median is within 1% of the best."""
    from helpers.training import Forecaster

    x_train, _, t_train, _ = nikkei()
    x_fit, x_val, t_fit, t_val = split_last(x_train, t_train, TEST)
    errors = []
    for seed in range(seeds):
        forecaster = Forecaster(x_fit, t_fit, seed=seed, hidden_size=hidden_size)
        errors.append([rmse(t_val, forecaster.train(1)(x_val)) for _ in range(most)])
    medians = np.median(errors, axis=0)
    chosen = int(np.argmax(medians <= 1.01 * medians.min())) + 1
    return {"hidden_size": hidden_size, "validation_rmse": errors, "naive": rmse(t_val, x_val[:, -1]), "chosen": chosen}


def five_seeds() -> dict:
    """Five trainings one after the other, in one fresh process."""
    from helpers.training import Forecaster

    x_train, _, t_train, _ = nikkei()
    started = time.perf_counter()
    for seed in range(5):
        Forecaster(x_train, t_train, seed=seed).train(12)
    return {"seconds": time.perf_counter() - started}


def batched_loss(models: list, x: Tensor, t: Tensor):
    """One function for several models at once: their weights stacked, every matrix product a batched one."""
    stacked = [torch.stack([dict(model.named_parameters())[name].detach() for model in models]).requires_grad_()
               for name, _ in models[0].named_parameters()]  # fmt: skip
    w_x, w_h, b_x, b_h, v_1, c_1, v_2, c_2 = stacked
    steps = x.transpose(0, 1).expand(len(models), *x.transpose(0, 1).shape)  # (models, window, n, features)

    def loss():
        for weights in stacked:
            weights.grad = None
        h = c = None
        bias = (b_x + b_h)[:, None]
        for step in range(x.shape[1]):
            gates = torch.baddbmm(bias, steps[:, step], w_x.mT)
            i, f, g, o = (gates if h is None else torch.baddbmm(gates, h, w_h.mT)).chunk(4, dim=2)
            new = i.sigmoid() * g.tanh()
            c = new if c is None else f.sigmoid() * c + new
            h = o.sigmoid() * c.tanh()
        y = torch.baddbmm(c_2[:, None], torch.baddbmm(c_1[:, None], h, v_1.mT).relu(), v_2.mT)
        total = ((y - t) ** 2).mean(dim=(1, 2)).sum()
        total.backward()
        return total.item()

    return loss


def batched(rounds: int = 30) -> dict:
    """Loss and gradients of five models of hidden size 16: one after the other as now, and in batched products; ms, interleaved."""
    from helpers.training import Forecaster

    x_train, _, t_train, _ = nikkei()
    forecasters = [Forecaster(x_train, t_train, seed=seed) for seed in range(5)]
    x, t, models = forecasters[0].x, forecasters[0].t, [forecaster.model for forecaster in forecasters]

    def one_by_one():
        total = 0.0
        for model in models:
            model.zero_grad()
            loss = nn.functional.mse_loss(model(x), t)
            loss.backward()
            total += loss.item()
        return total

    ways = {"one_by_one": one_by_one, "batched": batched_loss(models, x, t)}
    assert abs(ways["one_by_one"]() - ways["batched"]()) < 1e-4
    ms = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            ms[name].append(1000 * (time.perf_counter() - started))
    return {"models": 5, "ms": ms}


def busy_neighbour(hidden_size: int = 16, epochs: int = 12, rounds: int = 5) -> dict:
    """Seconds of one training by number of threads, alone and beside a process that spins on every core, interleaved."""
    from helpers.training import Forecaster

    x_train, _, t_train, _ = nikkei()
    threads = {"default": torch.get_num_threads(), "1 thread": 1, "2 threads": 2}
    Forecaster(x_train, t_train, hidden_size=hidden_size).train(1)
    seconds = {}
    for place in ("alone", "beside"):
        spinning = [
            subprocess.Popen([sys.executable, "-c", "while True: pass"])
            for _ in range(os.cpu_count() * (place == "beside"))
        ]
        try:
            seconds[place] = {name: [] for name in threads}
            for turn in range(rounds):
                for name in list(threads)[turn % 3 :] + list(threads)[: turn % 3]:
                    torch.set_num_threads(threads[name])
                    seconds[place][name].append(
                        Forecaster(x_train, t_train, hidden_size=hidden_size).train(epochs).seconds
                    )
        finally:
            for process in spinning:
                process.kill()
    return {"hidden_size": hidden_size, "epochs": epochs, "threads": threads, "seconds": seconds}


def cost(repeats: int = 3) -> dict:
    """Median seconds of 12 epochs when one thing grows, from 1,000 windows of 5 rows and hidden size 16."""
    from helpers.training import Forecaster

    series = load_prices("electricity")["Close"]
    start = {"windows": 1000, "window": 5, "hidden_size": 16}
    grown = {
        "windows": [250, 500, 1000, 2000, 4000, 8000],
        "window": [5, 10, 20, 40, 80],
        "hidden_size": [8, 16, 32, 64, 128],
    }
    rows = []
    for what, sizes in grown.items():
        for size in sizes:
            setting = start | {what: size}
            x, t = make_windows(series.tail(setting["windows"] + setting["window"]), setting["window"])
            runs = [
                Forecaster(x, t, seed=seed, hidden_size=setting["hidden_size"]).train(12).seconds
                for seed in range(repeats)
            ]
            rows.append({"grown": what, "size": size, "seconds": runs, "median": statistics.median(runs)})
    return {"start": start, "epochs": 12, "rows": rows}


class Plain(nn.Module):
    """An LSTM as most tutorials write it."""

    def __init__(self, features: int, hidden_size: int):
        super().__init__()
        self.lstm = nn.LSTM(features, hidden_size, batch_first=True)
        self.linear = nn.Linear(hidden_size, 1)

    def forward(self, x: Tensor) -> Tensor:
        o, _ = self.lstm(x)
        return self.linear(o[:, -1])


def plain_lstm(x: Tensor, t: Tensor, x_test: Tensor, seed: int, epochs: int, hidden_size: int = 16) -> np.ndarray:
    """Standardised, shuffled mini-batches of 32, Adam with its defaults."""
    torch.manual_seed(seed)
    mean, std = x.mean(dim=(0, 1)), x.std(dim=(0, 1))
    model = Plain(x.shape[2], hidden_size)
    data = torch.utils.data.TensorDataset((x - mean) / std, (t - mean[0]) / std[0])
    loader = torch.utils.data.DataLoader(data, batch_size=32, shuffle=True)
    optimizer, loss_function = torch.optim.Adam(model.parameters()), nn.MSELoss()
    for _ in range(epochs):
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss_function(model(inputs), targets).backward()
            optimizer.step()
    with torch.no_grad():
        return (model((x_test - mean) / std) * std[0] + mean[0]).numpy().ravel()


def default(x: Tensor, t: Tensor, x_test: Tensor, seed: int, epochs: int) -> np.ndarray:
    from helpers.training import Forecaster

    return Forecaster(x, t, seed=seed).train(epochs)(x_test).numpy().ravel()


def ridge(x: Tensor, t: Tensor, x_test: Tensor) -> np.ndarray:
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), Ridge()).fit(x.flatten(1), t[:, 0])
    return model.predict(x_test.flatten(1))


def rest_of_regression(load: pd.Series, columns: pd.DataFrame, seed: int) -> np.ndarray:
    """Step 06's last model: a linear regression on 168 changes, and the default model for what it leaves over."""
    from sklearn.linear_model import LinearRegression

    change = load.diff()
    lags = pd.DataFrame({f"t-{k}": change.shift(k) for k in range(168)}).dropna()
    learn = slice(None, -TEST_HOURS - 1)
    linear = LinearRegression().fit(lags[learn], change.shift(-1)[lags.index][learn])
    guess = pd.Series(linear.predict(lags), lags.index)
    rest = pd.DataFrame({"rest": change - guess.shift(1), "linear": guess}).join(columns).dropna()
    x, x_test, t, _ = split_last(*make_windows(rest, HOURLY_WINDOW), TEST_HOURS)
    return guess.to_numpy()[-TEST_HOURS - 1 : -1] + default(x, t, x_test, seed, HOURLY_EPOCHS)


def forecast(series: str, model: str, seed: int = 0) -> dict:
    """One model on "nikkei" or "electricity": seconds for training and forecasts together, and the test RMSE.

    On electricity the windows hold step 06's columns, and the forecast change is added to the present load.
    """
    from sklearn.linear_model import Ridge  # noqa: F401  (so that no clock below counts an import)

    if model.startswith("default"):
        import helpers.training  # noqa: F401
    if series == "nikkei":
        x, x_test, t, t_test = nikkei()
        actual, now, naive, epochs = t_test.numpy().ravel(), 0, x_test[:, -1, 0].numpy(), {"default": 12, "plain": 100}
    else:
        load, columns = electricity()
        x, x_test, t, _ = split_last(*make_windows(columns, HOURLY_WINDOW), TEST_HOURS)
        actual, now = load.to_numpy()[-TEST_HOURS:], load.to_numpy()[-TEST_HOURS - 1 : -1]
        naive, epochs = 0, {"default": HOURLY_EPOCHS, "plain": 20}
    ways = {
        "naive": lambda: naive,
        "default": lambda: default(x, t, x_test, seed, epochs["default"]),
        "default on a regression": lambda: rest_of_regression(load, columns, seed),
        "plain nn.LSTM": lambda: plain_lstm(x, t, x_test, seed, epochs["plain"]),
        "Ridge": lambda: ridge(x, t, x_test),
    }
    started = time.perf_counter()
    y = now + ways[model]()
    seconds = time.perf_counter() - started
    return {
        "series": series,
        "model": model,
        "seed": seed,
        "seconds": seconds,
        "rmse": rmse(actual, y),
        "threads": torch.get_num_threads(),
    }


def car_parks():
    """Step 10's table of occupancy rates, the windows known before its last two weeks, and those to be forecast."""
    from helpers.many import cut, half_hours

    table = half_hours(load_many("parking"))
    table = table.loc[:, table.isna().mean() < MISSING]
    windows, first = cut(table, PERIOD, DAY, HORIZON), len(table) - TEST_WEEKS * PERIOD
    return table, windows.part(0, first), windows.part(first, len(table))


def long_table(table: pd.DataFrame) -> pd.DataFrame:
    """The car parks one below the other, as the rivals take them, with step 10's covariates: all known a week ahead.

    unique_id: number of the column. ds: number of the row. y: the rate; where it is missing, that of the week before, as the
    rivals take no gaps. week, usual: the value a week earlier and the usual one; NaN in the first week. The rest: `calendar`.
    """
    from helpers.many import calendar, last_period, usual

    week, mean = (each.ffill().to_numpy() for each in (last_period(table, PERIOD), usual(table, PERIOD)))
    values = table.fillna(last_period(table, PERIOD)).ffill().bfill().to_numpy()
    rows = calendar(table.index).reset_index(drop=True)
    parts = [
        rows.assign(unique_id=k, ds=rows.index, y=values[:, k], week=week[:, k], usual=mean[:, k])
        for k in range(table.shape[1])
    ]
    return pd.concat(parts, ignore_index=True)


def many(model: str, seed: int = 0) -> dict:
    """One of step 10's methods with the settings chosen there, on weeks before the test: seconds for training and forecasts.

    forecasts: (windows of the test, horizon). imports_mb: the peak memory before the clock starts.
    """
    from helpers.many import GlobalForecaster, boosting, ridge, ridge_each, stored

    _, known, ahead = car_parks()
    chosen = {name: entry["best"] for name, entry in stored()["chosen"].items()}.get(model, {})
    ways = {
        "now + usual change": lambda: lambda windows: windows.base,
        "ridge for each": lambda: ridge_each(known, **chosen),
        "ridge for all": lambda: ridge(known, **chosen),
        "boosting for all": lambda: boosting(known, random_state=seed, **chosen),
        "LSTM for all": lambda: GlobalForecaster(known, seed=seed, **chosen).train(known, EPOCHS),
    }
    before, started, cpu = peak_mb(), time.perf_counter(), time.process_time()
    y = ways[model]()(ahead)
    return {"model": model, "seed": seed, "seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - cpu,
            "imports_mb": before, "peak_mb": peak_mb(), "rmse": rmse(ahead.t, y), "forecasts": y.tolist()}  # fmt: skip


def busy_seconds() -> float:
    """CPU seconds that all processes of this machine but this one and its children have used since it was started."""
    times = psutil.cpu_times()
    own = os.times()
    return sum(times) - times.idle - getattr(times, "iowait", 0) - sum(own[:4])


if __name__ == "__main__":
    others, clock = busy_seconds(), time.perf_counter()
    found = globals()[sys.argv[1]](**json.loads(sys.argv[2] if len(sys.argv) > 2 else "{}"))
    # The share of the machine that others had meanwhile: seconds are to be trusted where it is small.
    found["others"] = max(0, busy_seconds() - others) / (time.perf_counter() - clock) / psutil.cpu_count()
    print(json.dumps(found))
