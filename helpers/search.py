"""Step 12: search settings with Optuna, and what the best of many is worth."""

import os
import socket
from collections.abc import Callable

import numpy as np
import optuna
import pandas as pd
from numpy.typing import ArrayLike
from optuna.trial import Trial
from scipy.special import gammaln

from helpers.language import BadInput, check_whole
from helpers.training import Forecaster
from helpers.validation import skill
from helpers.windows import make_windows

HOST = socket.gethostname()
WINDOWS = 2, 15  # the shortest and the longest that a trial tries
optuna.logging.set_verbosity(optuna.logging.WARNING)


def suggest(trial: Trial) -> dict[str, object]:
    """The space: what one trial tries."""
    return {
        "window": trial.suggest_int("window", *WINDOWS),
        "hidden_size": trial.suggest_int("hidden_size", 4, 16, log=True),
        "num_layers": trial.suggest_int("num_layers", 1, 2),
        "lr": trial.suggest_float("lr", 0.1, 1.0, log=True),
        "target": trial.suggest_categorical("target", ["level", "change"]),
    }


def _check_rows(rows: int, window: int, parts: list[int]) -> None:
    """Raise BadInput unless two windows or more are left to train on before the last sum(parts) rows."""
    if rows - window - sum(parts) < 2:  # one window alone has no spread
        raise BadInput(
            f"{rows} 行から window {window} と成績を測る {sum(parts)} 行を除くと、学習用の窓が 2 つ以上残りません。"
            "検証などで成績を測る行を減らすか、長い系列を使ってください。",
            f"of {rows} rows, window {window} and the {sum(parts)} rows to score leave fewer than two windows to train on. "
            "Score fewer rows, by a shorter validation part perhaps, or take a longer series.",
        )


def skills(
    values: ArrayLike,
    settings: dict[str, object],
    parts: list[int],
    *,
    epochs: int = 12,
    seed: int = 0,
    baseline: int = 0,
    trained: dict[tuple, Forecaster] | None = None,
) -> list[float]:
    """Train once on all rows before the last sum(parts) rows; the skill on each part after that, in the order of time.

    values: (time,) or (time, features), the first feature is forecast one step ahead. settings: a window, and arguments
    of `Forecaster`. Skill: against the last known value of the feature number `baseline`; 0 is the naive forecast, and
    where the close is a feature too, its last value is the one to beat. trained: keeps the models of one series, so that
    settings scored again, on more parts, are not trained again. Raises BadInput for an empty part, and for parts that
    leave nothing to train on.
    """
    check_whole(epochs=epochs, **{f"parts[{k}]": part for k, part in enumerate(parts)})
    trained, settings = {} if trained is None else trained, dict(settings)
    x, t = make_windows(values, settings.pop("window"))
    _check_rows(len(values), x.shape[1], parts)
    start = len(x) - sum(parts)
    key = start, epochs, seed, x.shape[1], *sorted(settings.items())
    if key not in trained:
        trained[key] = Forecaster(x[:start], t[:start], seed=seed, **settings).train(epochs)
    forecaster = trained[key]
    later = t[start:], forecaster(x[start:]), x[start:, -1, baseline : baseline + 1]  # actual, forecast, baseline
    ends = np.cumsum(parts)[:-1]
    return [skill(*part) for part in zip(*(np.split(values.numpy(), ends) for values in later), strict=True)]


def objective(values: ArrayLike, validation: int, score: Callable = skills, **training: object) -> Callable:
    """What Optuna maximises: the first part's `score`, on the last `validation` rows of `values`, which hold no test row.

    Raises BadInput where the longest window would leave nothing to train on, and where the value to forecast stands still in
    those rows, so that the naive forecast makes no error and no skill can be told: now, not when a trial comes upon it.
    """
    check_whole(validation=validation)
    _check_rows(len(values), max(WINDOWS), [validation])
    later = np.asarray(values, dtype=float).reshape(len(values), -1)[-validation - 1 :, 0]
    if np.ptp(later) == 0:
        raise BadInput(
            f"検証部分の {validation} 行で値が {later[0]:g} のまま動かないので、スキルを計算できません。"
            "検証部分を長くするか、別の系列を使ってください。",
            f"in the {validation} rows of the validation part the value stays at {later[0]:g}, so there is no skill to tell. "
            "Take a longer validation part or another series.",
        )

    def trial_skill(trial: Trial) -> float:
        trial.set_user_attr("worker", f"{HOST}:{os.getpid()}")  # so that it can be found when this process is killed
        return score(values, suggest(trial), [validation], **training)[0]

    return trial_skill


def trial_table(study: optuna.Study) -> pd.DataFrame:
    """One row a trial: worker (process id), state, skill, start and end in seconds since the first start, retry of, settings."""
    frame = study.trials_dataframe(multi_index=True)
    if frame.empty:
        return frame
    trials = study.get_trials(deepcopy=False)
    # Before the first of them is complete, or has started, there are no times yet, and then pandas would not know their kind.
    start, end = (pd.to_datetime(frame[f"datetime_{name}", ""]) for name in ("start", "complete"))
    columns = {
        "worker": [trial.user_attrs.get("worker", "").rpartition(":")[2] for trial in trials],
        "state": frame["state", ""],
        "skill": frame["value", ""].astype(float),
        "start": (start - start.min()).dt.total_seconds(),
        "end": (end - start.min()).dt.total_seconds(),
        "retry of": [trial.system_attrs.get("failed_trial") for trial in trials],
    }
    table = pd.DataFrame(columns).rename_axis("trial")
    return table.join(frame["params"]) if "params" in frame else table


def best_of(validation: ArrayLike, test: ArrayLike) -> pd.DataFrame:
    """What to expect when n of N tried things are looked at and the one best on the validation part is kept, n = 1 .. N.

    validation, test: N scores each, larger is better. Columns validation and test: the kept one's score, the average over
    all ways to draw n of the N. The r-th best is kept when it is drawn and the r - 1 better ones are not: a share of
    C(N - r, n - 1) / C(N, n), here by its logarithm, since the numbers themselves overflow from N = 1,030 on.
    """
    scores = np.column_stack([validation, test]).astype(float)
    scores, total = scores[np.argsort(-scores[:, 0], kind="stable")], len(scores)
    ranks = np.arange(1, total + 1)

    def log_comb(n: np.ndarray, k: int) -> np.ndarray:
        return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)

    rows = []
    for n in ranks:
        drawn = ranks <= total - n + 1  # worse ones are never the best of n
        shares = np.exp(log_comb(total - ranks[drawn], n - 1) - log_comb(total, n))
        rows.append(shares @ scores[drawn])
    return pd.DataFrame(rows, columns=["validation", "test"], index=pd.Index(ranks, name="n"))
