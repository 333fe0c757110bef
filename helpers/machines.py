"""Step 15: one search shared by processes and machines, which goes on when some of them die.

    python -m helpers.machines --storage search.journal --trials 100 --workers 4

Start the same command again, in another terminal or on another machine that reaches the storage, and it joins the study.
More than 200 lines of code: the storages, the workers, what is done when they die, and the command are one thing.
"""

import argparse
import hashlib
import multiprocessing
import signal
import sys
import threading
import warnings
from multiprocessing.connection import wait

import numpy as np
import optuna
import sqlalchemy
from numpy.typing import ArrayLike
from optuna.storages import BaseStorage, GrpcStorageProxy, JournalStorage, RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.study import MaxTrialsCallback
from optuna.trial import TrialState

from helpers.data import load_prices, select_columns
from helpers.language import BadInput, both, check_whole, say, text
from helpers.search import HOST, objective

HEARTBEAT = (
    30  # seconds between two signs of life of a worker; twice as many without one, and its trial goes to another
)
LOCK = 5  # seconds after which the lock of a worker that was killed while writing is broken
RETRIES = 3  # a trial that kills its worker every time is given up, and so is a worker that dies as often in a row
COLUMNS = "Open,Close"  # where the reader asks for no others


def _write_lock_first(engine: sqlalchemy.Engine) -> None:
    """Let every SQLite transaction begin by taking the write lock.

    Optuna hands out a queued trial by SELECT ... FOR UPDATE, which SQLite does not know: it would take the lock only when
    it writes, after two workers may both have read that the trial waits.
    """

    def leave_begin_to_us(connection, _) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {1000 * HEARTBEAT}")  # wait for the others, do not give up

    sqlalchemy.event.listen(engine, "connect", leave_begin_to_us)
    sqlalchemy.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    engine.dispose()  # connections opened before know none of this


def _retry() -> RetryHeartbeatStaleTrialCallback:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return RetryHeartbeatStaleTrialCallback(max_retry=RETRIES)


def open_storage(where: str) -> BaseStorage:
    """A path: a journal file, for processes on one machine. mysql://..., sqlite:///...: a database. grpc://host:port: a proxy.

    With a database of its own the workers send signs of life, and a trial whose worker fell silent is retried by another.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        if where.startswith("grpc://"):
            host, _, port = where.removeprefix("grpc://").partition(":")
            return GrpcStorageProxy(host=host, port=int(port or 13000))
        if "://" in where:
            storage = RDBStorage(where, heartbeat_interval=HEARTBEAT, heartbeat_stale_trial_callback=_retry())
            if storage.engine.dialect.name == "sqlite":
                _write_lock_first(storage.engine)
            return optuna.storages.get_storage(storage)
    # This lock works on Windows too. Who is killed while writing leaves it locked: the others break it after LOCK seconds.
    return JournalStorage(JournalFileBackend(where, JournalFileOpenLock(where, grace_period=LOCK)))


def open_study(where: str, name: str = "search") -> optuna.Study:
    """The study of that name, made when it is not there yet. Raises BadInput where the storage cannot be opened."""
    try:
        return optuna.create_study(
            storage=open_storage(where), study_name=name, direction="maximize", load_if_exists=True
        )
    except Exception as error:  # files, databases and the proxy each fail in ways of their own
        place = where.rpartition("@")[2]  # without the password of a database
        words = error.details() if hasattr(error, "details") else str(error)  # gRPC has the cause there
        detail = words.partition("\n")[0].replace(where, place)
        raise BadInput(
            f"保管場所 {place} を開けません（{detail}）。書き方と、そこに書き込めることを確かめてください。",
            f"cannot open the storage {place} ({detail}). Check how it is written, and that it can be written to.",
        ) from error


def complete(study: optuna.Study) -> list:
    """The trials that were trained to their end."""
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def requeue(study: optuna.Study, worker: str) -> int:
    """Fail the running trials of a lost worker, "host:pid", or of a lost machine, "host:", and queue their settings again.

    Journal files and the gRPC proxy know no signs of life (Optuna 5.0): there this is the way back. Returns how many.
    """
    lost, retry = 0, _retry()
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if f"{trial.user_attrs.get('worker', '')}:".startswith(f"{worker.rstrip(':')}:"):
            try:
                study.tell(trial.number, state=TrialState.FAIL)
            except (ValueError, optuna.exceptions.UpdateFinishedTrialError):
                continue  # somebody else has noticed first
            retry(study, trial)
            lost += 1
    return lost


def work(
    where: str, name: str, trials: int, seconds: float | None, values: ArrayLike, validation: int, training: dict
) -> None:
    """One worker: trial after trial, until the study has `trials` complete ones or `seconds` are over."""
    if multiprocessing.parent_process():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who started the workers, and ends them
    study = open_study(where, name)
    if len(complete(study)) < trials:
        study.optimize(
            objective(values, validation, **training),
            n_trials=trials,
            timeout=seconds,
            callbacks=[MaxTrialsCallback(trials)],
            catch=(FloatingPointError,),
        )


def _check_scored_alike(study: optuna.Study, values: np.ndarray, validation: int) -> None:
    """Note in the study what its trials are scored on. Raises BadInput where they were scored on something else."""
    rows = {"sha256": hashlib.sha256(values.tobytes()).hexdigest(), "validation": int(validation)}
    if study.user_attrs.get("rows", rows) != rows:
        raise BadInput(
            f"スタディ {study.study_name} の試行は、ほかの系列か、ほかの検証の行で測ったものなので、成績を比べられません。"
            "同じ系列と行数で続けるか、--study で別の名前を付けてください。",
            f"the trials of study {study.study_name} were scored on another series, or on other rows, and cannot be compared "
            "with new ones. Go on with the same series and numbers of rows, or name another study with --study.",
        )
    study.set_user_attr("rows", rows)


def run(
    where: str,
    values: ArrayLike,
    *,
    name: str = "search",
    trials: int = 100,
    workers: int = 1,
    validation: int = 200,
    seconds: float | None = None,
    **training: object,
) -> optuna.Study:
    """`workers` processes on this machine share one study. A killed one loses its own trial, which is queued again, and is replaced.

    values: the series without its test part. training: epochs, seed and baseline, as in `search.skills`, or another `score` of its
    signature. Trials under way when the last one wanted is done are finished, so there may be workers - 1 more. Raises
    BadInput for what cannot be used, and for a study of another series, before any worker starts; RuntimeError when a
    worker stopped with an error, or when workers * RETRIES of them were killed and no trial completed in between.
    """
    check_whole(workers=workers, trials=trials, epochs=training.get("epochs", 1))
    objective(values, validation)  # what it refuses, it refuses here once and not in every worker
    # A forked process has torch at once, a spawned one imports it again; but a fork loses threads, which a kernel and gRPC have.
    alone = sys.platform == "linux" and threading.active_count() == 1 and not where.startswith("grpc://")
    context = multiprocessing.get_context("fork" if alone else "spawn")
    settings = (where, name, trials, seconds, np.asarray(values, dtype=float), validation, training)

    def start() -> multiprocessing.Process:
        process = context.Process(target=work, args=settings)
        process.start()
        return process

    study = open_study(where, name)  # before the workers, so that they do not all make it
    _check_scored_alike(study, settings[4], validation)
    team, failed, killed, done = [start() for _ in range(workers)], 0, 0, len(complete(study))
    while team:
        try:
            wait([process.sentinel for process in team])
        except KeyboardInterrupt:
            for process in team:
                process.terminate()
                process.join()
                requeue(study, f"{HOST}:{process.pid}")
            raise
        for process in [process for process in team if process.exitcode is not None]:
            team.remove(process)
            failed += process.exitcode > 0
            if process.exitcode:
                study = open_study(where, name)
                requeue(study, f"{HOST}:{process.pid}")
            if process.exitcode < 0:  # by a signal: killed from outside, or for want of memory
                killed, done = 1 if len(complete(study)) > done else killed + 1, len(complete(study))
                if killed < workers * RETRIES:
                    team.append(start())
    if killed >= workers * RETRIES:
        raise RuntimeError(
            both(
                f"プロセスが {killed} 回続けて強制終了されました（メモリー不足など）。workers を減らしてください。",
                f"{killed} processes in a row were killed (for want of memory, perhaps): lower workers.",
            )
        )
    if failed:
        raise RuntimeError(
            both(f"{failed} 個のプロセスがエラーで終わりました。", f"{failed} processes ended with an error.")
        )
    return open_study(where, name)


def main(arguments: list[str] | None = None) -> int:
    """The command line; --help lists its options. Returns the exit status: 1 for bad input, 130 for Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.machines", description="設定を探します。 / Search settings."
    )
    add = parser.add_argument
    add(
        "--storage",
        required=True,
        help="ファイル、DB の URL、grpc://host:port / a file, a database URL, or grpc://host:port",
    )
    add("--study", default="search", help="スタディの名前 / name of the study")
    add("--trials", type=int, default=100, help="全部でいくつ試すか / trials that the study shall have")
    add("--workers", type=int, default=1, help="このマシンでのプロセス数 / processes on this machine")
    add("--seconds", type=float, help="秒数の上限 / time limit in seconds")
    add("--series", default="nikkei225", help="系列の名前か CSV / name of a series, or a CSV")
    add("--fallback", default="ibm", help="取得できないときの系列 / series to take where it cannot be had")
    add("--columns", default=COLUMNS, help="入力の列、先頭が予測の対象 / input columns, the first is forecast")
    add("--test", type=int, default=100, help="決して見ない最後の行数 / last rows that are never looked at")
    add("--validation", type=int, default=200, help="検証に使う行数 / rows to validate on")
    add("--epochs", type=int, default=12, help="学習のエポック数 / epochs of training")
    add("--lost", metavar="HOST", help="失われたマシンの試行を戻すだけ / only put back the trials of a lost machine")
    given = parser.parse_args(arguments)
    try:
        if given.lost:
            _put_back(given)
        else:
            _search(given)
    except BadInput as error:
        print(text(error.ja, error.en), file=sys.stderr)
        return 1
    except RuntimeError as error:  # of workers, which have said more
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("止めました。同じコマンドで続けられます。", "Stopped. The same command goes on.")
        return 130
    return 0


def _put_back(given: argparse.Namespace) -> None:
    count = requeue(open_study(given.storage, given.study), f"{given.lost}:")
    say(f"{count} 個の試行をキューに戻しました。", f"{count} trials put back into the queue.")


def _search(given: argparse.Namespace) -> None:
    check_whole(0, **{"--test": given.test})
    prices, columns = load_prices(given.series, given.fallback), given.columns.split(",")
    if given.columns == COLUMNS:  # not every series has both; a column that the reader asks for must be there
        columns = [name for name in columns if name in prices] or [prices.attrs["column"]]
    close = (
        columns.index("Close") if "Close" in columns else 0
    )  # once the close is seen, its last value is the baseline
    study = run(
        given.storage,
        select_columns(prices, columns).to_numpy()[: max(0, len(prices) - given.test)],
        name=given.study,
        trials=given.trials,
        workers=given.workers,
        seconds=given.seconds,
        validation=given.validation,
        epochs=given.epochs,
        baseline=close,
    )
    done = complete(study)
    say(f"完了した試行: {len(done)}", f"complete trials: {len(done)}")
    if done:
        print(f"{study.best_value:+.4f}", study.best_params)


if __name__ == "__main__":
    sys.exit(main())
