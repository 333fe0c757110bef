"""Other libraries, in an environment of their own: python rivals.py SERIES.csv '{"model": ..., "test": ..., ...}'

Reads one column of values, oldest first, and prints JSON: seconds for training and one-step forecasts of the last `test` values
together, the forecasts, peak memory, and the versions. All parameters are estimated without the test.
Models "… for all" and "… for each" read tasks.py's long table of car parks and forecast `horizon` rows from each of the last
`origins` rows that have so many after them: (series, origins, horizon).
"""

import json
import logging
import sys
import time
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd
from memory import peak_mb

# On the CPU, and without files and bars.
QUIET = {"accelerator": "cpu", "devices": 1} | dict.fromkeys(
    ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False
)


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

    model = LSTM(h=1, input_size=window, max_steps=steps, random_seed=seed, **QUIET)
    table = pd.DataFrame({"unique_id": "series", "ds": np.arange(len(values)), "y": values})
    forecasts = NeuralForecast(models=[model], freq=1).cross_validation(table, n_windows=test, step_size=1, refit=False)
    return forecasts.sort_values("ds")[
        "LSTM"
    ].to_numpy(), f"{steps} steps, hidden size {model.hparams['encoder_hidden_size']}"


def array(forecasts: pd.DataFrame, model: str, horizon: int) -> np.ndarray:
    """A cross-validation's table -> (series, origins, horizon)."""
    values = forecasts.sort_values(["unique_id", "cutoff", "ds"])[model].to_numpy()
    return values.reshape(forecasts["unique_id"].nunique(), -1, horizon)


def arima_each(table: pd.DataFrame, origins: int, horizon: int) -> tuple[np.ndarray, str]:
    """AutoARIMA of the errors of a regression on the value a week earlier and the usual one: once, before the test, for each series.

    It is the one of statsforecast's models that takes covariates, chooses its order and goes on to later rows without a new fit.
    MSTL takes none and decomposes afresh at every origin: for two series it was not done after 30 CPU seconds, where this one took 7.
    """
    from statsforecast import StatsForecast
    from statsforecast.models import AutoARIMA

    columns = table[["unique_id", "ds", "y", "week", "usual"]].dropna()
    found = StatsForecast(models=[AutoARIMA()], freq=1).cross_validation(
        df=columns, h=horizon, n_windows=origins, step_size=1, refit=False
    )
    return array(found, "AutoARIMA", horizon), "AutoARIMA() with two regressors"


def neural_lstm_all(
    table: pd.DataFrame, window: int, origins: int, horizon: int, seed: int, steps: int = 1000
) -> tuple[np.ndarray, str]:
    """neuralforecast's LSTM for all series, with all covariates and its defaults, but for loss and scaler.

    The loss is the one by which it is judged. Its default scaler, "robust", scales each window by itself, the calendar's columns
    of 0 and 1 too: RMSE 0.1166. With "standard" it is 0.0530, with "identity" (no scaling; all values are shares) 0.0511.
    """
    from neuralforecast import NeuralForecast
    from neuralforecast.losses.pytorch import MSE
    from neuralforecast.models import LSTM

    known = [name for name in table if name not in ("unique_id", "ds", "y")]
    model = LSTM(h=horizon, input_size=window, futr_exog_list=known, loss=MSE(), scaler_type="identity", max_steps=steps, random_seed=seed, **QUIET)  # fmt: skip
    found = NeuralForecast(models=[model], freq=1).cross_validation(
        table.dropna(), n_windows=origins, step_size=1, refit=False
    )
    sizes = f"hidden size {model.hparams['encoder_hidden_size']}, {model.hparams['encoder_n_layers']} layers"
    return array(found, "LSTM", horizon), f"{steps} steps, {sizes}, MSE, window {window}, {len(known)} covariates"


MODELS = {
    "AutoARIMA": (auto_arima, "statsforecast"),
    "neuralforecast LSTM": (neural_lstm, "neuralforecast"),
    "AutoARIMA for each": (arima_each, "statsforecast"),
    "neuralforecast LSTM for all": (neural_lstm_all, "neuralforecast"),
}

if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    table = pd.read_csv(sys.argv[1])
    settings = json.loads(sys.argv[2])
    name = settings.pop("model")
    way, library = MODELS[name]
    __import__(library)  # so that the clock counts no import
    given = table if "unique_id" in table else table.iloc[:, -1].to_numpy(float)
    before, started, cpu = peak_mb(), time.perf_counter(), time.process_time()
    forecasts, detail = way(given, **settings)
    print(json.dumps({"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - cpu, "imports_mb": before,
                      "peak_mb": peak_mb(), "forecasts": np.asarray(forecasts, float).tolist(), "detail": detail,
                      "version": f"{library} {version(library)}, torch {version('torch')}"}))  # fmt: skip
