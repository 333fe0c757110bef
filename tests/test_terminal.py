"""python -m helpers.training, as a reader starts it: what it prints and writes, its exit statuses, Ctrl-C, kill and resume."""

import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import kill_and_resume
import pytest

from helpers import terminal
from helpers.project import load_checkpoint
from helpers.terminal import main

ROOT = Path(__file__).parents[1]
SMALL = ["--window", "8", "--horizon", "3", "--hidden-size", "4", "--epochs", "3", "--batch-size", "64"]
KANA = re.compile(r"[\u3040-\u30ff]")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kill_and_resume.make_csv(tmp_path, 200)
    return tmp_path


def program(arguments, **options):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    options.setdefault("preexec_fn", lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))  # background jobs of a shell ignore it
    return subprocess.Popen([sys.executable, "-m", "helpers.training", *arguments], env=environment, text=True,
                            encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)  # fmt: skip


def own(*more):
    return ["--data", "prices.csv", *SMALL, *more]


def fails(capsys, arguments, *patterns):
    """Exit status 1, and one line on stderr that matches; nothing in the way of a traceback."""
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "Traceback" not in error and KANA.search(error), error
    for pattern in patterns:
        assert re.search(pattern, error), error


def test_a_run_in_a_pipe_prints_plain_lines_and_leaves_everything_behind(folder):
    done = program(own())
    out, error = done.communicate(timeout=120)
    assert done.returncode == 0 and error == ""
    assert "\r" not in out and "\x1b" not in out
    rows = re.findall(r"(?m)^ +(\d+)/3 .*$", out)
    assert rows == ["1", "2", "3"]
    assert max(len(line) for line in out.splitlines() if re.match(r" +\d+/3 ", line)) <= 100
    assert "naive" in out and "drift" in out and "テスト部分" in out and "Of 3 horizons" in out
    assert Path("results.png").read_bytes().startswith(b"\x89PNG") and not Path("results.tmp").exists()
    run = folder / "runs" / "run-001"
    assert kill_and_resume.recorded(run, load_checkpoint(run / "checkpoint.pt")["history"])
    reader = kill_and_resume.EventAccumulator(str(run)).Reload()
    assert "_hparams_/session_start_info" in reader.summary_metadata
    assert list(folder.glob("runs/*/*.tmp")) == []


@pytest.mark.parametrize(("language", "ja", "en"), [("ja", True, False), ("en", False, True), ("both", True, True)])
def test_help_in_both_languages(language, ja, en, capsys, monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", language)
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    out = capsys.readouterr().out
    assert end.value.code == 0
    assert bool(KANA.search(out)) is ja and ("learning rate" in out) is en
    for name in ("data", "column", "window", "horizon", "epochs", "batch-size", "lr", "seed", "logdir", "out", "resume"):
        assert f"--{name}" in out
    for name, value in terminal.DEFAULTS.items():  # what --help promises is what happens
        assert re.search(rf"--{name.replace('_', '-')} (.|\n)*?\[{re.escape(str(value))}\]", out), name


@pytest.mark.parametrize(
    "wrong",
    [["--window", "0"], ["--horizon", "x"], ["--lr", "0"], ["--lr", "nan"], ["--seed", "-1"], ["--epochs", "1.5"],
     ["--target", "price"], ["--wind", "5"], ["--unknown"], ["extra"], ["--batch-size"], ["--weight-decay", "-1"]],
)  # fmt: skip
def test_wrong_usage_is_status_2(wrong, capsys, folder):
    with pytest.raises(SystemExit) as end:
        main(wrong)
    assert end.value.code == 2 and "usage:" in capsys.readouterr().err and not Path("runs").exists()


def test_bad_input_is_status_1_with_one_line(folder, capsys):
    fails(capsys, ["--data", "none.csv"], "none.csv")
    fails(capsys, ["--data", "nikei"], "'nikei'")
    Path("bad.csv").write_text(Path("prices.csv").read_text().replace("2020-01-03,", "2020-01-03,x", 1))
    fails(capsys, ["--data", "bad.csv"], "line 4")
    fails(capsys, own("--column", "Open"), "no column Open; it has Close")
    fails(capsys, own("--horizon", "500"), "503|508|500")
    fails(capsys, own("--horizon", "40"), "validation")
    fails(capsys, own("--out", "results.jpg"), "ends in .png")
    fails(capsys, own("--out", "no/folder/results.png"), "--out")
    fails(capsys, own("--out", "prices.csv/results.png"), "--out")
    fails(capsys, own("--logdir", "prices.csv"), "--logdir")
    fails(capsys, own("--logdir", "/proc/none"), "--logdir")
    fails(capsys, own("--resume"), "Start without --resume")
    assert not Path("runs").exists() and not Path("results.png").exists()


def test_a_broken_training_is_status_1(folder, capsys):
    fails(capsys, own("--lr", "1e30", "--target", "level", "--epochs", "40"), "learning rate")
    fails(capsys, own("--lr", "1e300"), "--lr")
    fails(capsys, own("--hidden-size", "2147483647"), "--hidden-size")


def test_no_file_beside_the_picture_is_touched(folder, capsys):
    Path("keep.tmp").write_text("precious")
    assert main(own("--out", "keep.png")) == 0
    assert Path("keep.tmp").read_text() == "precious" and not list(folder.glob("keep.*.tmp")) and Path("keep.png").exists()


@pytest.mark.parametrize(("value", "shown"), [(1762.4, "1762"), (0.35321, "0.353"), (4160000.0, "4.16e6"), (-0.0989, "-0.099"), (1.23e12, "1.2e12")])
def test_a_number_takes_six_columns(value, shown):
    assert terminal._cell(value) == shown


def test_resuming(folder, capsys):
    """Other settings and damage are refused; more epochs go on; a run is never overwritten."""
    assert main(own("--epochs", "2")) == 0
    assert main(own("--seed", "5", "--logdir", "runs", "--epochs", "2")) == 0
    assert sorted(run.name for run in Path("runs").iterdir()) == ["run-001", "run-002"]
    capsys.readouterr()
    fails(capsys, ["--resume", "--lr", "0.5"], "has lr 0.003, but 0.5")
    fails(capsys, ["--resume", "--data", "ibm"], "other data")
    assert main(["--resume", "--epochs", "4"]) == 0  # everything else is remembered
    assert "Going on after epoch 2." in capsys.readouterr().out
    state = load_checkpoint(Path("runs/run-002/checkpoint.pt"))
    assert state["epoch"] == 4 and state["settings"]["seed"] == 5
    assert main(["--logdir", "runs/run-001", "--resume", "--epochs", "4", "--out", "one.png"]) == 0
    state = load_checkpoint(Path("runs/run-001/checkpoint.pt"))
    assert state["epoch"] == 4 and state["settings"]["seed"] == 0 and Path("one.png").exists()
    assert kill_and_resume.recorded(Path("runs/run-001"), state["history"])
    whole = Path("runs/run-002/checkpoint.pt").read_bytes()
    Path("runs/run-002/checkpoint.tmp").write_bytes(whole[:999])  # what a kill in the middle of writing leaves
    assert main(["--resume"]) == 0
    Path("runs/run-002/checkpoint.pt").write_bytes(whole[:999])
    capsys.readouterr()
    fails(capsys, ["--resume"], "run-002/checkpoint.pt is damaged")


def test_offline_another_series_stands_in_and_says_so(folder, capsys, monkeypatch):
    monkeypatch.setattr("helpers.data.DOWNLOADS", folder)
    monkeypatch.setenv("LSTM_TUTORIAL_OFFLINE", "1")
    assert main(["--data", "amazon", *SMALL, "--epochs", "1"]) == 0
    out = capsys.readouterr().out
    assert "Using the last 2,518 rows of IBM share price instead" in out and "代わりに「IBM の株価」" in out


def test_ctrl_c_saves_and_says_how_to_go_on(folder):
    running = program(own("--epochs", "100000", "--patience", "100000"))
    for line in running.stdout:
        if re.match(r" +5/100000 ", line):
            running.send_signal(signal.SIGINT)
            break
    rest, error = running.communicate(timeout=60)
    assert running.returncode == 130 and error == "", error
    last = re.findall(r"(?m)^ *(\d+)/100000 ", rest)[-1:] or ["5"]
    assert f"エポック {last[0]} まで保存" in rest and f"Saved up to epoch {last[0]}." in rest
    assert load_checkpoint(Path("runs/run-001/checkpoint.pt"))["epoch"] == int(last[0])
    command = shlex.split(rest.strip().splitlines()[-1])
    assert command[:3] == ["python", "-m", "helpers.training"]
    assert main([*command[3:], "--epochs", last[0]]) == 0  # the named command is the one that works


def test_a_terminal_gets_a_progress_bar(folder):
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "110"}
    with subprocess.Popen([sys.executable, "-m", "helpers.training", *own()], env=environment, stdout=theirs, stderr=theirs) as running:
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


def test_kill_9_at_random_moments_and_resume_gives_the_undisturbed_run(tmp_path):
    """Three kills here; tests/kill_and_resume.py takes their number, and starts every run afresh with --start."""
    seed = "11"
    done = subprocess.run([sys.executable, str(ROOT / "tests" / "kill_and_resume.py"), str(tmp_path), "3", seed],
                          env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=300)  # fmt: skip
    assert done.returncode == 0 and "3 kills, 15 epochs, all the same" in done.stdout, (seed, done.stdout, done.stderr)


@pytest.mark.parametrize("cut", [1, 30])
def test_an_event_file_cut_off_in_a_record_leaves_no_gap(cut, folder):
    """What a kill in the middle of writing to TensorBoard's file may leave."""
    assert main(own("--epochs", "2")) == 0
    run = Path("runs/run-001")
    checkpoint = (run / "checkpoint.pt").read_bytes()
    time.sleep(1)  # event files are named by the second
    assert main(["--resume", "--epochs", "3"]) == 0
    newest = max(run.glob("events*"))
    newest.write_bytes(newest.read_bytes()[:-cut])
    (run / "checkpoint.pt").write_bytes(checkpoint)  # killed before the third epoch was saved
    time.sleep(1)
    assert main(["--resume", "--epochs", "4"]) == 0
    assert kill_and_resume.recorded(run, load_checkpoint(run / "checkpoint.pt")["history"])


def test_help_does_not_wait_for_tensorboard():
    code = "import sys; from helpers import terminal; assert 'tensorboard' not in sys.modules and 'helpers.plots' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}).returncode == 0


def test_the_sliders_do_not_wait_for_the_project():
    code = "import sys; import helpers.training; assert not {'torchmetrics', 'tensorboard'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}).returncode == 0
