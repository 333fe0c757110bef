"""Step 15: a search by real processes, of which some are killed."""

import contextlib
import multiprocessing
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from functools import partial
from unittest.mock import Mock

import numpy as np
import pytest
from optuna.trial import TrialState

from helpers import machines
from helpers.data import load_prices
from helpers.language import BadInput
from helpers.search import suggest, trial_table

PRICES = load_prices("ibm")[["Open", "Close"]].tail(300).to_numpy()
SETTINGS = {"window": 4, "hidden_size": 4, "num_layers": 1, "lr": 1.0, "target": "level"}
SPAWN = multiprocessing.get_context("spawn")  # a process that starts afresh, whatever threads and settings are here
kills = pytest.mark.skipif(sys.platform == "win32", reason="sends SIGKILL")


def complete(study):
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def running(study):
    """Trials in the middle of their training: all settings are there."""
    trials = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    return [trial for trial in trials if trial.user_attrs.get("worker") and len(trial.params) == len(SETTINGS)]


def two(trials):
    return trials if len(trials) == 2 else []


def slow(values, settings, parts, *, seconds=0.4, **training):
    """In place of a training: sleeps, and is the better the nearer the window is to 10."""
    time.sleep(seconds)
    return [-abs(settings["window"] - 10.0)]


def in_company(where, values, settings, parts, **training):
    """In place of a training: ends as soon as two workers have begun one."""
    trials = machines.open_study(where).get_trials
    wait_for(lambda: len({trial.user_attrs.get("worker") for trial in trials()} - {None}) > 1, 120)
    return [0.0]


def endless(values, settings, parts, **training):
    """In place of a training that its process will not survive."""
    time.sleep(600)


def broken(*arguments, **training):
    raise TypeError("broken on purpose")


def refusing(*arguments, **training):
    raise BadInput("使えません", "cannot be used")


def fragile(values, settings, parts, **training):
    if settings["target"] == "level":
        raise FloatingPointError("the loss became nan")
    return [0.1]


def work_with_a_fast_heartbeat(where, trials, score):
    machines.HEARTBEAT = 1
    machines.work(where, "search", trials, None, PRICES, 50, {"score": score})


def ask_at_once(where, together, answers):
    study = machines.open_study(where)
    together.wait()
    answers.put([study.ask().number for _ in range(2)])


def heartbeats(file):
    """How many signs of life a database holds; a trial without one is not missed (Optuna 5.0)."""
    with contextlib.closing(sqlite3.connect(file, timeout=30)) as database:
        return database.execute("SELECT COUNT(*) FROM trial_heartbeats").fetchone()[0]


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)
    return found


@pytest.mark.parametrize("where", ["search.journal", "sqlite:///search.db"])
def test_two_processes_share_one_study_and_go_on_with_it(where, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = machines.run(where, PRICES, trials=4, workers=2, validation=50, score=partial(in_company, where))
    assert 4 <= len(complete(study)) <= 5
    study = machines.run(where, PRICES, trials=6, workers=1, validation=50, epochs=1)
    assert len(complete(study)) == 6
    table = trial_table(study)
    assert table["worker"].nunique() == 3 and (table["end"] >= table["start"]).all() and table["start"].min() == 0
    machines.run(where, PRICES, trials=6, workers=1, validation=50, epochs=1)
    assert len(trial_table(study)) == len(table)  # enough already: nothing more is tried


@pytest.mark.slow
@kills
@pytest.mark.parametrize("workers", [2, 4])
@pytest.mark.parametrize("where", ["search.journal", "sqlite:///search.db"])
def test_a_killed_worker_loses_its_own_trial_and_another_one_retries_it(where, workers, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a spawned process starts there too
    study = machines.open_study(where)
    ended = threading.Event()
    killed = []

    def kill():
        wait_for(lambda: len(complete(study)) >= 2 or ended.is_set())
        trial = max(wait_for(lambda: running(study)), key=lambda trial: trial.number)
        killed.append(trial)
        os.kill(int(trial.user_attrs["worker"].rpartition(":")[2]), signal.SIGKILL)

    # The supervisor runs in a process of its own, as on the command line: it forks from a single thread, whatever runs here.
    supervisor = SPAWN.Process(target=machines.run, args=(where, PRICES),
                               kwargs={"trials": 10, "workers": workers, "validation": 50, "score": slow})  # fmt: skip
    supervisor.start()
    kill()
    supervisor.join(120)
    ended.set()
    assert supervisor.exitcode == 0
    if any(trial.state == TrialState.WAITING for trial in study.get_trials()):
        # The others reached the ten while the lost trial was put back: it waits for the next run, which takes it first.
        assert len(complete(study)) >= 10
        machines.run(where, PRICES, trials=len(complete(study)) + 1, workers=1, validation=50, score=slow)
    trials = study.get_trials()
    lost = [trial for trial in trials if trial.state == TrialState.FAIL]
    assert [trial.number for trial in lost] == [killed[0].number]
    (again,) = [trial for trial in trials if "failed_trial" in trial.system_attrs]
    assert again.state == TrialState.COMPLETE and again.system_attrs["failed_trial"] == lost[0].number
    assert again.params == lost[0].params and again.user_attrs["worker"] != lost[0].user_attrs["worker"]
    assert 10 <= len(complete(study)) <= 10 + workers
    assert {trial.state for trial in trials} <= {TrialState.COMPLETE, TrialState.FAIL}


@pytest.mark.parametrize("kind", ["journal", "sqlite"])
def test_no_queued_trial_is_handed_out_twice(kind, tmp_path):
    """Four workers ask at the same moment, four times over."""
    for number in range(4):
        where = f"sqlite:///{tmp_path}/{number}.db" if kind == "sqlite" else str(tmp_path / f"{number}.journal")
        study = machines.open_study(where)
        for window in range(2, 10):
            study.enqueue_trial({"window": window})
        together, answers = SPAWN.Barrier(4), SPAWN.SimpleQueue()
        team = [threading.Thread(target=ask_at_once, args=(where, together, answers)) for _ in range(4)]
        for one in team:
            one.start()
        for one in team:
            one.join(60)
        assert sorted(trial for _ in team for trial in answers.get()) == list(range(8))


@pytest.mark.slow
def test_a_worker_killed_while_writing_holds_the_others_up_for_some_seconds_only(tmp_path):
    where = str(tmp_path / "search.journal")
    started = time.monotonic()
    machines.run(where, PRICES, trials=1, validation=50, epochs=1)
    undisturbed = time.monotonic() - started  # on a busy machine much longer than on an idle one
    (tmp_path / "search.journal.lock").touch()  # what such a worker leaves behind
    started = time.monotonic()
    assert len(complete(machines.run(where, PRICES, trials=2, validation=50, epochs=1))) == 2
    assert machines.LOCK <= time.monotonic() - started < machines.LOCK + 10 + 3 * undisturbed


@pytest.mark.slow
@kills
def test_in_a_database_the_trial_of_a_machine_that_went_silent_is_retried_by_another(tmp_path):
    """Supervisor and worker die together, so that nobody is left to notice: only the missing heartbeat tells."""
    where = f"sqlite:///{tmp_path}/search.db"
    study = machines.open_study(where)
    silent = SPAWN.Process(target=work_with_a_fast_heartbeat, args=(where, 5, endless))
    silent.start()
    lost = wait_for(lambda: running(study))[0]
    wait_for(lambda: heartbeats(tmp_path / "search.db"))
    silent.kill()
    silent.join()
    other = SPAWN.Process(target=work_with_a_fast_heartbeat, args=(where, 12, slow))
    other.start()
    other.join(120)
    assert other.exitcode == 0 and study.get_trials()[lost.number].state == TrialState.FAIL
    (again,) = [trial for trial in complete(study) if "failed_trial" in trial.system_attrs]
    assert (
        again.system_attrs["failed_trial"] == lost.number and again.params == lost.params and len(complete(study)) == 12
    )


@kills
def test_the_trials_of_a_lost_machine_are_requeued_and_no_others(tmp_path):
    where = str(tmp_path / "search.journal")
    study = machines.open_study(where)
    for worker in ("east:11", "east:12", "eastern:11", "west:11", None):
        trial = study.ask()
        suggest(trial)
        if worker:
            trial.set_user_attr("worker", worker)
    machines.main(["--storage", where, "--lost", "east"])
    states = [trial.state.name for trial in machines.open_study(where).get_trials()]
    assert states == ["FAIL", "FAIL", "RUNNING", "RUNNING", "RUNNING", "WAITING", "WAITING"]
    assert machines.requeue(study, "west:1") == 0 and machines.requeue(study, "west:11") == 1


def test_a_trial_that_kills_every_worker_is_given_up(tmp_path):
    study = machines.open_study(str(tmp_path / "search.journal"))
    study.enqueue_trial({"window": 7})
    for attempt in range(machines.RETRIES + 1):
        trial = study.ask()
        assert trial.suggest_int("window", 2, 15) == 7, attempt
        trial.set_user_attr("worker", "here:1")
        assert machines.requeue(study, "here:1") == 1
    assert not study.get_trials(states=(TrialState.WAITING,))


def die(values, settings, parts, **training):
    os.kill(os.getpid(), signal.SIGKILL)


@kills
def test_workers_that_are_killed_again_and_again_are_given_up(tmp_path):
    where = str(tmp_path / "search.journal")
    with pytest.raises(RuntimeError, match="3 回続けて(.|\n)*3 processes in a row(.|\n)*lower workers"):
        machines.run(where, PRICES, trials=5, workers=1, validation=50, score=die)
    states = trial_table(machines.open_study(where))["state"]
    assert (states == "FAIL").sum() == machines.RETRIES and not (states == "COMPLETE").any()


done_here = []


def die_after_one(values, settings, parts, **training):
    if done_here:
        die(values, settings, parts)
    done_here.append(settings)
    return [0.0]


@pytest.mark.slow
@kills
def test_workers_that_get_something_done_before_they_are_killed_are_not_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(machines, "RETRIES", 2)
    where = str(tmp_path / "search.journal")
    study = machines.run(where, PRICES, trials=3, workers=1, validation=50, score=die_after_one)
    assert sorted(trial_table(study)["state"]) == ["COMPLETE"] * 3 + ["FAIL"] * 2


def test_a_search_ends_when_its_seconds_are_over(tmp_path):
    where = str(tmp_path / "search.journal")
    study = machines.run(where, PRICES, trials=20, workers=1, validation=50, seconds=0.5, score=slow)
    assert 1 <= len(complete(study)) < 20


@kills
def test_a_worker_with_an_error_is_told(tmp_path, capfd):
    with pytest.raises(RuntimeError, match="2 個のプロセス(.|\n)*2 processes"):
        machines.run(str(tmp_path / "search.journal"), PRICES, trials=3, workers=2, validation=50, score=broken)
    assert "broken on purpose" in capfd.readouterr().err


@kills
def test_a_training_that_breaks_down_costs_one_trial(tmp_path):
    study = machines.run(str(tmp_path / "search.journal"), PRICES, trials=20, workers=1, validation=50, score=fragile)
    assert {trial.state for trial in study.get_trials()} == {TrialState.COMPLETE, TrialState.FAIL}


@kills
def test_input_that_cannot_be_used_is_no_failed_trial(tmp_path, capfd):
    """Before any worker starts, and where a worker comes upon it."""
    where = str(tmp_path / "search.journal")
    with pytest.raises(BadInput, match="300 行(.|\n)*300 rows"):
        machines.run(where, PRICES, trials=3, validation=300)
    with pytest.raises(BadInput, match="workers は 1 以上(.|\n)*workers must be"):
        machines.run(where, PRICES, trials=3, workers=0, validation=50)
    assert not (tmp_path / "search.journal").exists() and capfd.readouterr().err == ""
    with pytest.raises(RuntimeError, match="1 processes"):
        machines.run(where, PRICES, trials=3, workers=1, validation=50, score=refusing)
    assert len(machines.open_study(where).trials) == 1  # the worker has stopped, it does not try on


def test_a_study_takes_no_trials_of_another_series_or_of_other_rows(tmp_path):
    """A machine that cannot download the series takes its fallback: its trials must not win over those of the series."""
    where, search = str(tmp_path / "search.journal"), {"trials": 1, "validation": 50, "score": slow}
    machines.run(where, PRICES, **search)
    for values, other in ((PRICES + 1, search), (PRICES[:-1], search), (PRICES, search | {"validation": 60})):
        with pytest.raises(BadInput, match="別の名前(.|\n)*another study"):
            machines.run(where, values, **other)
    assert len(complete(machines.run(where, PRICES, name="other", **search | {"validation": 60}))) == 1


@pytest.mark.parametrize("setting", ["trials", "epochs"])
def test_no_trials_and_no_training_are_refused_before_the_search(setting, tmp_path):
    with pytest.raises(BadInput, match=f"{setting} must be a whole number of at least 1"):
        machines.run(str(tmp_path / "search.journal"), PRICES, validation=50, **{setting: 0})
    assert not (tmp_path / "search.journal").exists()


def search_until_ctrl_c(where):
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # as Python starts, also where the tests' parent ignores it
    machines.run(where, PRICES, trials=4, workers=2, validation=50, score=endless)


@kills
def test_ctrl_c_ends_the_workers_without_a_word_and_puts_their_trials_back(tmp_path):
    where = str(tmp_path / "search.journal")
    supervisor = SPAWN.Process(target=search_until_ctrl_c, args=(where,))
    supervisor.start()
    study = machines.open_study(where)
    workers = [int(trial.user_attrs["worker"].rpartition(":")[2]) for trial in wait_for(lambda: two(running(study)))]
    for process in (supervisor.pid, *workers):  # a terminal sends it to all of them
        os.kill(process, signal.SIGINT)
    supervisor.join(60)
    states = sorted(trial.state.name for trial in study.get_trials())
    assert supervisor.exitcode == 1 and states == ["FAIL", "FAIL", "WAITING", "WAITING"]


@pytest.mark.parametrize(
    ("end", "status", "word"), [(KeyboardInterrupt(), 130, "goes on"), (RuntimeError("2 processes"), 1, "2 processes")]
)
def test_the_command_ends_without_a_traceback(end, status, word, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(machines, "run", Mock(side_effect=end))
    assert machines.main(["--storage", str(tmp_path / "search.journal"), "--series", "sine"]) == status
    assert word in "".join(capsys.readouterr())


SERVER = """
import sys, warnings
warnings.simplefilter("ignore")
from optuna.storages import get_storage, run_grpc_proxy_server
run_grpc_proxy_server(get_storage(sys.argv[1]), host="localhost", port=int(sys.argv[2]))
"""


@pytest.mark.slow
def test_workers_meet_over_the_grpc_proxy_and_a_killed_one_is_replaced(tmp_path):
    pytest.importorskip("grpc")
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-c", SERVER, f"sqlite:///{tmp_path}/search.db", str(port)])
    try:
        machines.open_storage(f"grpc://localhost:{port}").wait_server_ready(60)
        study = machines.open_study(f"grpc://localhost:{port}")
        command = [sys.executable, "-m", "helpers.machines", "--storage", f"grpc://localhost:{port}", "--series", "ibm", "--trials", "8",
                   "--workers", "2", "--validation", "100"]  # fmt: skip
        searching = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        lost = max(wait_for(lambda: running(study), 120), key=lambda trial: trial.number)
        os.kill(int(lost.user_attrs["worker"].rpartition(":")[2]), getattr(signal, "SIGKILL", signal.SIGTERM))
        said, _ = searching.communicate(timeout=240)
        assert searching.returncode == 0 and "complete trials: " in said
        trials = study.get_trials()
        assert trials[lost.number].state == TrialState.FAIL
        (again,) = [trial for trial in trials if "failed_trial" in trial.system_attrs]
        assert again.state == TrialState.COMPLETE and again.params == lost.params and len(complete(study)) >= 8
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def command(tmp_path, monkeypatch):
    """The command without the search: the values and settings that it hands to `run`."""
    handed = []
    monkeypatch.setattr(
        machines, "run", lambda where, *values, **how: handed.append((*values, how)) or machines.open_study(where)
    )

    def given(*arguments):
        assert machines.main(["--storage", str(tmp_path / "search.journal"), *arguments]) == 0
        return handed[-1]

    return given


def test_the_command_never_sees_the_test_part(command):
    whole = load_prices("ibm")[["Open", "Close"]].to_numpy()
    np.testing.assert_array_equal(command("--series", "ibm", "--test", "30", "--columns", "Open,Close")[0], whole[:-30])
    assert command("--series", "usdjpy", "--columns", "Open,Close")[0].shape[1] == 1  # only a Close there


def test_no_row_is_held_back_where_none_is_asked_for(command):
    assert len(command("--series", "ibm", "--test", "0")[0]) == len(load_prices("ibm"))


def test_the_command_hands_on_its_options_and_the_close_is_the_baseline_where_it_is_seen(command):
    options = {"trials": 7, "workers": 3, "seconds": 9.5, "validation": 60, "epochs": 2}
    given = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    for columns, baseline in (("High,Close", 1), ("Open,High", 0)):
        _, handed = command("--series", "ibm", "--columns", columns, "--study", "mine", *given)
        assert handed == options | {"name": "mine", "baseline": baseline}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--series", "nosuch"], "there is no series 'nosuch'"),
        (["--columns", "Opne,Close"], "there is no column Opne; this series has Open, High, Low, Close"),
        (["--series", "usdjpy", "--columns", "Close,Open"], "there is no column Open; this series has Close"),
        (["--test", "-1"], "--test must be a whole number of at least 0"),
        (["--test", "100000"], "of 0 rows, window 15"),
        (["--validation", "100000"], "take a longer series"),
        (["--validation", "0"], "validation must be a whole number of at least 1"),
        (["--workers", "0"], "workers must be a whole number of at least 1"),
        (["--storage", "no/such/folder/search.journal"], "cannot open the storage no/such/folder/search.journal"),
        (["--storage", "no/such/folder/search.journal", "--lost", "east"], "cannot open the storage"),
        (["--storage", "sqlite:///no/such/folder/search.db"], "cannot open the storage sqlite:"),
        (["--storage", "grpc://localhost:port"], "cannot open the storage grpc:"),
        (["--storage", "grpc://localhost:1"], "cannot open the storage grpc:"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_the_command_cannot_use_is_said_in_one_line(given, words, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "en")
    assert machines.main(["--storage", "search.journal", "--series", "ibm", "--trials", "1", *given]) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert words in line
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "ja")
    assert machines.main(["--storage", "search.journal", "--series", "ibm", "--trials", "1", *given]) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert re.search("[ぁ-ん]", line) and words not in line


def test_a_password_in_the_address_of_a_database_is_not_repeated():
    with pytest.raises(BadInput, match="host/search(.|\n)*Can't load plugin") as refused:
        machines.open_study("nosuch://me:secret@host/search")
    assert "secret" not in str(refused.value)
