"""Other libraries, in an environment of their own: python rivals.py SERIES.csv '{"model": ..., "test": ..., ...}'

Reads one column of values, oldest first, and prints JSON: seconds for training and one-step forecasts of the last `test` values
together, the forecasts, and the versions. All parameters are estimated without the test.
"""

import json
import logging
import sys
import time
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd


def auto_arima(values: np.ndarray, test: int, season: int = 1, last: int | None = None) -> tuple[np.ndarray, str]:
    """statsforecast's AutoARIMA: order and coefficients from the last `last` training values, kept fixed over the test.

    forward applies the fitted model to the whole series; its fitted values are one-step forecasts by the Kalman filter.
    """
    from statsforecast.models import AutoARIMA

    first = len(values) - test - (last or len(values) - test)
    model = AutoARIMA(season_length=season).fit(values[first:-test])
    p, q, P, Q, m, d, D = model.model_["arma"]
    return model.forward(values[first:], h=1, fitted=True)["fitted"][-test:], f"ARIMA({p},{d},{q})({P},{D},{Q})[{m}]"


def neural_lstm(values: np.ndarray, test: int, window: int, seed: int, steps: int = 1000) -> tuple[np.ndarray, str]:
    """neuralforecast's LSTM with its defaults, but for horizon, window, seed and the CPU; fitted once, before the test."""
    from neuralforecast import NeuralForecast
    from neuralforecast.models import LSTM

    quiet = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
    model = LSTM(h=1, input_size=window, max_steps=steps, random_seed=seed, accelerator="cpu", devices=1, **quiet)
    table = pd.DataFrame({"unique_id": "series", "ds": np.arange(len(values)), "y": values})
    forecasts = NeuralForecast(models=[model], freq=1).cross_validation(table, n_windows=test, step_size=1, refit=False)
    return forecasts.sort_values("ds")[
        "LSTM"
    ].to_numpy(), f"{steps} steps, hidden size {model.hparams['encoder_hidden_size']}"


MODELS = {"AutoARIMA": (auto_arima, "statsforecast"), "neuralforecast LSTM": (neural_lstm, "neuralforecast")}

if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    values = pd.read_csv(sys.argv[1]).iloc[:, -1].to_numpy(float)
    settings = json.loads(sys.argv[2])
    way, library = MODELS[settings.pop("model")]
    __import__(library)  # so that the clock counts no import
    started = time.perf_counter()
    forecasts, detail = way(values, **settings)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "forecasts": list(map(float, forecasts)), "detail": detail,
                      "version": f"{library} {version(library)}, torch {version('torch')}"}))  # fmt: skip
