"""python -m helpers.project, as a reader starts it: what it prints and writes, its exit statuses, Ctrl-C, kill and resume."""

import os
import pty
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import kill_and_resume
import pytest
import torch

from helpers import plots
from helpers.project import terminal, trainer
from helpers.project.checkpoint import load_checkpoint
from helpers.project.terminal import main

ROOT = Path(__file__).parents[2]
SMALL = ["--window", "8", "--horizon", "3", "--hidden-size", "4", "--epochs", "3", "--batch-size", "64"]
LONG = ["--epochs", "100000", "--patience", "100000"]
KANA = re.compile(r"[\u3040-\u30ff]")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kill_and_resume.make_csv(tmp_path, 200)
    return tmp_path


@pytest.fixture
def ctrl_c():
    """Ctrl-C as Python starts with it, also where the parent of the tests ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler  # the program has put it back
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def program():
    """Start the program in a process of its own; whatever a test says, none is left behind."""
    started = []

    def start(arguments):
        running = subprocess.Popen(
            [sys.executable, "-m", "helpers.project", *arguments],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        started.append(running)
        return running

    yield start
    for running in started:
        with running:
            running.kill()


def wait_for_epoch(running, epoch):
    for line in running.stdout:
        if re.match(rf" +{epoch}/\d+ ", line):
            return
    raise AssertionError(running.stderr.read())


def own(*more):
    return ["--data", "prices.csv", *SMALL, *more]


def epochs_in(run):
    return len(load_checkpoint(Path(run) / "checkpoint.pt")["history"])


def fails(capsys, arguments, *patterns):
    """Exit status 1, and one line on stderr that matches; nothing in the way of a traceback."""
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "Traceback" not in error and KANA.search(error), error
    for pattern in patterns:
        assert re.search(pattern, error), error


def test_a_run_in_a_pipe_prints_plain_lines_and_leaves_everything_in_its_folder(folder, program):
    done = program(own())
    out, error = done.communicate(timeout=120)
    assert done.returncode == 0 and error == ""
    assert "\r" not in out and "\x1b" not in out
    rows = re.findall(r"(?m)^ +(\d+)/3 .*$", out)
    assert rows == ["1", "2", "3"]
    assert max(len(line) for line in out.splitlines() if re.match(r" +\d+/3 ", line)) <= 100
    assert "naive" in out and "drift" in out and "検証部分" in out and "Of 3 horizons" in out
    run = folder / "runs" / "run-001"
    assert (run / "results.png").read_bytes().startswith(b"\x89PNG")
    assert kill_and_resume.recorded(run, load_checkpoint(run / "checkpoint.pt")["history"])
    assert {file.name for file in folder.iterdir()} == {"prices.csv", "runs"} and list(run.glob("*.tmp")) == []


@pytest.mark.parametrize(("language", "ja", "en"), [("ja", True, False), ("en", False, True), ("both", True, True)])
def test_help_in_both_languages(language, ja, en, capsys, monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", language)
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    out = capsys.readouterr().out
    assert end.value.code == 0
    assert bool(KANA.search(out)) is ja and ("learning rate" in out) is en
    for name in ("data", "column", "window", "horizon", "epochs", "lr", "seed", "logdir", "out", "resume", "test"):
        assert f"--{name}" in out
    for name, value in terminal.DEFAULTS.items():  # what --help promises is what happens
        assert re.search(rf"--{name.replace('_', '-')} (.|\n)*?\[{re.escape(str(value))}\]", out), name


@pytest.mark.parametrize(
    "wrong",
    [
        ["--window", "0"],
        ["--horizon", "x"],
        ["--hidden-size", "4294967296"],
        ["--lr", "0"],
        ["--lr", "nan"],
        ["--lr", "inf"],
        ["--seed", "-1"],
        ["--epochs", "1.5"],
        ["--target", "price"],
        ["--wind", "5"],
        ["--unknown"],
        ["extra"],
        ["--batch-size"],
        ["--weight-decay", "-1"],
    ],
)
def test_wrong_usage_is_status_2(wrong, capsys, folder):
    with pytest.raises(SystemExit) as end:
        main(wrong)
    assert end.value.code == 2 and "usage:" in capsys.readouterr().err and not Path("runs").exists()


def test_bad_input_is_status_1_with_one_line(folder, capsys):
    fails(capsys, ["--data", "none.csv"], "none.csv")
    fails(capsys, ["--data", "nikei"], "'nikei'")
    Path("bad.csv").write_text(Path("prices.csv").read_text().replace("2020-01-03,", "2020-01-03,x", 1))
    fails(capsys, ["--data", "bad.csv"], "line 4")
    fails(capsys, own("--column", "Open"), "no column Open; this series has Close")
    fails(capsys, own("--horizon", "500"), "503|508|500")
    fails(capsys, own("--horizon", "40"), "validation")
    fails(capsys, own("--out", "prices.csv/results.png"), "prices.csv")
    Path("pictures.png").mkdir()
    for out in ("figure.pdf", "figure", "pictures.png"):  # before the training, not after it
        fails(capsys, own("--out", out), "--out", "PNG")
    fails(capsys, own("--logdir", "prices.csv"), "--logdir")
    fails(capsys, own("--logdir", "/proc/none"), "--logdir")
    fails(capsys, own("--resume"), "Start without --resume")
    assert not Path("runs").exists()


def test_a_training_that_cannot_be_computed_is_status_1(folder, capsys):
    fails(capsys, own("--lr", "1e30", "--target", "level", "--epochs", "40"), "learning rate")
    fails(capsys, own("--lr", "1e300"), "cannot be computed", "--lr")
    fails(capsys, own("--hidden-size", "2147483647"), "cannot be computed", "--hidden-size")


@pytest.mark.parametrize("kind", [torch.OutOfMemoryError, MemoryError, RuntimeError])
@pytest.mark.parametrize("place", ["LSTMRegressor", "train_epoch"])
def test_whatever_torch_raises_is_told_by_its_first_line(kind, place, folder, capsys, monkeypatch):
    def too_large(*_, **__):
        raise kind("No room for 40 GiB.\nSee the manual.")

    monkeypatch.setattr(trainer, place, too_large)
    fails(capsys, own(), r"cannot be computed \(No room for 40 GiB.\)")


def test_a_mistake_of_ours_is_no_bad_input(folder, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("a mistake in a figure")

    monkeypatch.setattr(plots, "forecasts_ahead", broken)
    with pytest.raises(RuntimeError, match="a mistake in a figure"):
        main(own("--epochs", "1"))


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1762.4, "1762"), (0.35321, "0.353"), (4160000.0, "4.16e6"), (-0.0989, "-0.099"), (1.23e12, "1.2e12")],
)
def test_a_number_takes_six_columns(value, shown):
    assert terminal._cell(value) == shown


@pytest.mark.parametrize("language", ["ja", "en", "both"])
def test_the_columns_of_both_parts_stand_below_their_titles(language, monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", language)
    row = {f"{name}/{part}": 0.5 for name in terminal.METRICS for part in ("train", "validation")}
    *_, titles, names = terminal._heading().splitlines()
    line = terminal._line(row | {"epoch": 1, "loss": 1.0}, 3, True)
    wide = "".join(letter + "_" * (letter > "\u2fff") for letter in titles)  # a Japanese letter takes two columns
    bars = [[at for at, letter in enumerate(shown) if letter == "|"] for shown in (wide, names, line)]
    assert bars[0] == bars[1] == bars[2] and len(bars[0]) == 2


# The part that is shown, and the picture


@pytest.fixture
def drawn(monkeypatch):
    """What the picture was asked to show."""
    calls, draw = [], plots.forecasts_ahead
    monkeypatch.setattr(plots, "forecasts_ahead", lambda *given: calls.append(given) or draw(*given))
    return calls


def test_the_test_part_is_shown_only_when_asked(folder, capsys, drawn):
    prices = terminal.load_prices("prices.csv")
    test, validation = round(200 * 0.85), round(round(200 * 0.85) * 0.85)  # first rows of these parts
    assert main(own()) == 0
    out = capsys.readouterr().out
    assert "検証部分（24 個の窓）" in out and "validation part (24 windows)" in out and "テスト部分（" not in out
    assert "--test" in out.splitlines()[-1] and "Ask for it once, at the end" in out
    dates, actual, *_ = drawn.pop()
    assert list(dates) == list(prices.index[validation:test])
    assert actual[:, 0].tolist() == pytest.approx(prices["Close"].iloc[validation : test - 2].tolist())
    command = shlex.split(out.splitlines()[-1])
    assert command[:3] == ["python", "-m", "helpers.project"]
    assert main(command[3:]) == 0  # nothing is left to train
    out = capsys.readouterr().out
    assert "テスト部分（28 個の窓）" in out and "test part (28 windows)" in out and "検証部分（" not in out
    assert "1/3" not in out and "Ask for it once" not in out
    dates, actual, *_ = drawn.pop()
    assert list(dates) == list(prices.index[test:])
    assert actual[:, 0].tolist() == pytest.approx(prices["Close"].iloc[test:-2].tolist())
    assert "1 回目" in out and "look 1 at the test part" in out
    main(command[3:])
    assert "look 2 at the test part" in capsys.readouterr().out


def test_the_picture_goes_into_the_folder_of_the_run(folder, capsys):
    Path("results.png").write_text("the reader's own")
    assert main(own("--epochs", "1")) == 0
    assert Path("results.png").read_text() == "the reader's own"
    assert "picture: runs/run-001/results.png" in capsys.readouterr().out
    assert Path("runs/run-001/results.png").read_bytes().startswith(b"\x89PNG")


def test_the_picture_goes_where_it_is_told_to(folder, capsys):
    Path("mine.png").write_text("an earlier one")
    assert main(own("--epochs", "1", "--out", "mine.png")) == 0
    assert "picture: mine.png" in capsys.readouterr().out
    assert main(["--resume", "--out", "new/folder/mine.png"]) == 0
    assert Path("mine.png").read_bytes() == Path("new/folder/mine.png").read_bytes()
    assert not Path("runs/run-001/results.png").exists()


# Going on


def test_resuming(folder, capsys):
    """Other settings and damage are refused; more epochs go on; a run is never overwritten."""
    assert main(own("--epochs", "2")) == 0
    assert main(own("--seed", "5", "--logdir", "runs", "--epochs", "2")) == 0
    assert sorted(run.name for run in Path("runs").iterdir()) == ["run-001", "run-002"]
    for run in Path("runs").iterdir():
        kill_and_resume.set_back(run)
    capsys.readouterr()
    fails(capsys, ["--resume", "--lr", "0.5"], "has lr 0.003, but 0.5")
    fails(capsys, ["--resume", "--data", "ibm"], "other data")
    assert main(["--resume", "--epochs", "4"]) == 0  # everything else is remembered
    assert "Going on after epoch 2." in capsys.readouterr().out
    state = load_checkpoint(Path("runs/run-002/checkpoint.pt"))
    assert len(state["history"]) == 4 and state["settings"]["seed"] == 5
    assert main(["--logdir", "runs/run-001", "--resume", "--epochs", "4"]) == 0
    state = load_checkpoint(Path("runs/run-001/checkpoint.pt"))
    assert len(state["history"]) == 4 and state["settings"]["seed"] == 0
    assert kill_and_resume.recorded(Path("runs/run-001"), state["history"])
    whole = Path("runs/run-002/checkpoint.pt").read_bytes()
    Path("runs/run-002/checkpoint.4711.tmp").write_bytes(whole[:999])  # what a kill in the middle of writing leaves
    assert main(["--resume"]) == 0
    assert not list(Path("runs").glob("*/*.tmp"))
    Path("runs/run-002/checkpoint.pt").write_bytes(whole[:999])
    capsys.readouterr()
    fails(capsys, ["--resume"], "run-002/checkpoint.pt is damaged")


def test_a_checkpoint_that_may_not_be_read_is_told_so(folder, capsys, monkeypatch):
    assert main(own("--epochs", "1")) == 0

    def refuse(file):
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr(Path, "read_bytes", refuse)  # a mode of 000 does not stop root
    capsys.readouterr()
    fails(capsys, ["--resume"], "run-001/checkpoint.pt Permission denied")


@pytest.mark.slow
def test_one_process_at_a_time_trains_in_a_run(folder, capsys, program):
    """The second says so; the lock of a killed one is none."""
    running = program(own(*LONG))
    wait_for_epoch(running, 1)
    fails(capsys, ["--resume", "--epochs", "1"], "another process is training in runs/run-001", "--logdir")
    assert main(own("--epochs", "1")) == 0 and Path("runs/run-002").is_dir()  # a run of its own it may begin
    running.kill()
    running.wait(60)
    assert main(["--logdir", "runs/run-001", "--resume", "--epochs", "1"]) == 0


# Without a network


@pytest.fixture
def offline(folder, monkeypatch):
    """Without a network and without a copy of what comes from there."""
    monkeypatch.setattr("helpers.data.yahoo.DOWNLOADS", folder)
    monkeypatch.setenv("LSTM_TUTORIAL_OFFLINE", "1")


@pytest.mark.parametrize("data", [["--data", "amazon"], []])
def test_without_the_series_nothing_is_trained(data, capsys, offline):
    fails(capsys, [*data, *SMALL], r"道は三つ.*\(1\).*\(2\).*\(3\).*three ways on: \(1\).*\(2\).*\(3\)")
    assert not Path("runs").exists()


def test_another_series_stands_in_when_the_reader_says_so(capsys, offline):
    assert main(["--data", "amazon", "--fallback", "ibm", *SMALL, "--epochs", "1"]) == 0
    out = capsys.readouterr().out
    assert "Using the last 2,518 rows of IBM share price instead" in out and "代わりに「IBM の株価」" in out
    assert main(["--resume"]) == 0  # the reader's word is remembered


def test_a_fallback_that_is_no_series_is_named(folder, capsys):
    fails(capsys, own("--fallback", "imb"), "'imb'")


# Ctrl-C


def interrupt(monkeypatch, epoch, times):
    """Ctrl-C, so many times, in the middle of an epoch."""
    train = trainer.train_epoch

    def interrupted(*given):
        for _ in range(times if given[-1] == epoch else 0):
            signal.raise_signal(signal.SIGINT)
        return train(*given)

    monkeypatch.setattr(trainer, "train_epoch", interrupted)


@pytest.mark.parametrize(("times", "saved"), [(1, 2), (2, 1)])
def test_the_first_ctrl_c_finishes_the_epoch_and_the_second_does_not(times, saved, folder, capsys, monkeypatch, ctrl_c):
    interrupt(monkeypatch, 2, times)
    assert main(own()) == 130
    assert f"Saved up to epoch {saved}." in capsys.readouterr().out
    state = load_checkpoint(Path("runs/run-001/checkpoint.pt"))
    assert len(state["history"]) == saved and kill_and_resume.recorded(Path("runs/run-001"), state["history"])
    assert not list(Path("runs/run-001").glob("*.tmp"))


def test_ctrl_c_twice_while_a_checkpoint_is_written_leaves_the_one_before(folder, capsys, monkeypatch, ctrl_c):
    write = torch.save

    def half(state, opened):
        if len(state["history"]) == 2:
            opened.write(b"half")
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        write(state, opened)

    monkeypatch.setattr(torch, "save", half)
    assert main(own()) == 130
    assert "Saved up to epoch 1." in capsys.readouterr().out and epochs_in("runs/run-001") == 1
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    kill_and_resume.set_back(Path("runs/run-001"))
    assert main(["--resume"]) == 0
    assert kill_and_resume.recorded(
        Path("runs/run-001"), load_checkpoint(Path("runs/run-001/checkpoint.pt"))["history"]
    )


def test_ctrl_c_in_the_last_epoch_still_ends_with_130(folder, capsys, monkeypatch, ctrl_c):
    interrupt(monkeypatch, 3, 1)
    assert main(own()) == 130
    assert "Saved up to epoch 3." in capsys.readouterr().out


def test_ctrl_c_before_the_training_stops_at_once(folder, capsys, monkeypatch, ctrl_c):
    monkeypatch.setattr(terminal, "load_prices", lambda *_: signal.raise_signal(signal.SIGINT))
    assert main(own()) == 130
    assert "Stopped before the training began." in capsys.readouterr().out and not Path("runs").exists()


def test_a_sigint_that_the_parent_ignores_stays_ignored(folder, monkeypatch):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # what Python finds then, and leaves
    try:
        interrupt(monkeypatch, 2, 2)
        assert main(own()) == 0 and epochs_in("runs/run-001") == 3
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_ctrl_c_saves_and_names_a_command_that_goes_on(folder, program):
    running = program(own(*LONG, "--test", "--out", "my picture.png"))
    wait_for_epoch(running, 5)
    running.send_signal(signal.SIGINT)
    rest, error = running.communicate(timeout=60)
    assert running.returncode == 130 and error == "", error
    last = re.findall(r"(?m)^ *(\d+)/100000 ", rest)[-1:] or ["5"]
    assert f"エポック {last[0]} まで保存" in rest and f"Saved up to epoch {last[0]}." in rest
    assert epochs_in("runs/run-001") == int(last[0])
    command = shlex.split(rest.strip().splitlines()[-1])
    assert command == shlex.split(
        "python -m helpers.project --logdir runs/run-001 --resume --test --out 'my picture.png'"
    )
    assert main([*command[3:], "--epochs", last[0]]) == 0 and Path("my picture.png").exists()


def test_a_terminal_gets_a_progress_bar(folder):
    ours, theirs = pty.openpty()  # of a size that it does not tell
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    for name in ("COLUMNS", "LINES"):
        environment.pop(name, None)
    arguments = [sys.executable, "-m", "helpers.project", *own()]
    with subprocess.Popen(arguments, env=environment, stdout=theirs, stderr=theirs) as running:
        os.close(theirs)
        shown = b""
        while True:
            try:
                got = os.read(ours, 65536)
            except OSError:  # on Linux a terminal ends this way
                break
            if not got:
                break
            shown += got
        assert running.wait(60) == 0
    os.close(ours)
    text = shown.decode()
    assert "学習中 / training" in text and re.search(r"\r学習中[^\n]*[0-3]/3", text)
    assert [len(re.findall(rf"(?m)^[^\n]* {epoch}/3 +\d", text)) >= 1 for epoch in (1, 2, 3)] == [True] * 3


@pytest.mark.slow
def test_kill_9_at_random_moments_and_resume_gives_the_undisturbed_run(tmp_path):
    """Three kills here; kill_and_resume.py takes their number, and starts every run afresh with --start."""
    arguments = [sys.executable, str(Path(kill_and_resume.__file__)), str(tmp_path), "3", "11"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and "3 kills, 15 epochs, all the same" in done.stdout, (done.stdout, done.stderr)


def test_nothing_is_imported_before_it_is_needed():
    """The panels wait for no metrics, notebook 13 for no program, and --help for no TensorBoard."""
    steps = {
        "helpers.training": {"torchmetrics", "tensorboard"},
        "helpers.project": {"helpers.project.terminal", "helpers.plots", "tensorboard"},
        "helpers.project.terminal": {"helpers.plots", "tensorboard"},
    }
    code = "".join(
        f"import {name}; assert not {late} & set(sys.modules), sys.modules\n" for name, late in steps.items()
    )
    done = subprocess.run([sys.executable, "-c", "import sys\n" + code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
