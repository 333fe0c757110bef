"""Train the usual recipe to its end and keep what came of it, without a price: python data/usual_recipe.py

    python data/usual_recipe.py                     8,000 epochs on the Nikkei, two to three minutes: data/usual_recipe.json
    python data/usual_recipe.py --series ibm        another series; the file names the series that it is of
    python data/usual_recipe.py --epochs 3 --out F  a short run, written elsewhere

The recipe is that of many tutorials: windows of 5, the last 100 for the test, prices divided by a round number, an LSTM with
hidden size 100, the mean squared error, AdamW as it comes, all windows at once. Steps 04 and 05 read the file.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helpers.baselines import naive_forecast
from helpers.data import load_prices
from helpers.model import LSTMRegressor
from helpers.training import fit, make_optimizer, predict
from helpers.validation import lag_profile, rmse
from helpers.windows import make_windows, split_last

RESULT = Path(__file__).resolve().with_name("usual_recipe.json")
WINDOW, TEST, HIDDEN_SIZE, EPOCHS, EVERY, SEED = 5, 100, 100, 8_000, 500, 0


def usual_recipe(series: str, epochs: int = EPOCHS, seed: int = SEED) -> dict:
    """One training and what it gave: "losses" by epoch (the first, every 500th, the last), on the training part and in
    squares of the divided unit, as "naive loss" is; "RMSE", "naive RMSE" and "lag profile" on the test part, in the unit of
    the series. Raises DataError where the series cannot be had: no other one takes its place.
    """
    prices = load_prices(series)
    scale, column = prices.attrs["scale"], prices.attrs["column"]
    x_train, x_test, t_train, t_test = split_last(*make_windows(prices[column], WINDOW), TEST)
    losses = {}

    def tell(epoch: int, loss: float) -> None:
        if epoch in (1, epochs) or epoch % EVERY == 0:
            losses[str(epoch)] = loss
            print(f"{epoch:6,} {loss:.6f}", flush=True)

    torch.manual_seed(seed)
    model = LSTMRegressor(hidden_size=HIDDEN_SIZE)
    started = time.perf_counter()
    fit(model, x_train / scale, t_train / scale, make_optimizer(model, "adamw"), epochs, on_epoch=tell)
    seconds = time.perf_counter() - started
    y = predict(model, x_test / scale) * scale
    return {
        "series": prices.attrs["name"],
        "column": column,
        "rows": len(prices),
        "first day": str(prices.index[0].date()),
        "last day": str(prices.index[-1].date()),
        "window": WINDOW,
        "test": TEST,
        "divided by": scale,
        "hidden_size": HIDDEN_SIZE,
        "optimizer": "adamw",
        "epochs": epochs,
        "seed": seed,
        "torch": torch.__version__,
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "seconds": round(seconds, 1),
        "naive loss": (((naive_forecast(x_train) - t_train) / scale) ** 2).mean().item(),
        "losses": losses,
        "RMSE": rmse(t_test, y),
        "naive RMSE": rmse(t_test, naive_forecast(x_test)),
        "lag profile": {str(lag): error for lag, error in lag_profile(t_test, y).items()},
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", default="nikkei225", help="a name or a CSV, as load_prices takes it")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    result = usual_recipe(given.series, given.epochs, given.seed)
    given.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(given.out)
