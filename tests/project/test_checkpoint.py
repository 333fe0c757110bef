"""What a training leaves on the disk: checkpoints that are whole, runs that are found and locked, a record without gaps."""

import io
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from kill_and_resume import set_back
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from helpers.language import BadInput
from helpers.project import checkpoint
from helpers.project.checkpoint import (
    RunLogger,
    count_look,
    find_run,
    load_checkpoint,
    lock_run,
    new_run,
    save_checkpoint,
)
from helpers.project.trainer import Trainer

COMMAND = {"data": "prices.csv", "fallback": None, "epochs": 4}


@pytest.fixture
def trainer():
    prices = 100 * np.exp(0.01 * np.random.default_rng(0).standard_normal(200).cumsum())
    return Trainer(prices, window=8, horizon=3, hidden_size=4, batch_size=64)


@pytest.fixture
def state(trainer):
    list(trainer.epochs(1))
    return trainer.state()


def test_a_state_comes_back_as_it_was_saved(state, tmp_path):
    save_checkpoint(state, tmp_path / "checkpoint.pt")
    found = load_checkpoint(tmp_path / "checkpoint.pt")
    assert (
        found.keys() == state.keys() and found["history"] == state["history"] and found["settings"] == state["settings"]
    )
    assert all(value.equal(found["model"][name]) for name, value in state["model"].items())
    assert list(tmp_path.iterdir()) == [tmp_path / "checkpoint.pt"]


def test_a_checkpoint_is_whole_or_the_old_one(state, tmp_path, monkeypatch):
    file = tmp_path / "checkpoint.pt"
    save_checkpoint(state, file)
    before = file.read_bytes()

    def half(state, opened):
        opened.write(before[: len(before) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(OSError, match="No space"):
        save_checkpoint(state, file)
    assert file.read_bytes() == before
    monkeypatch.undo()
    save_checkpoint(state, file)  # the leftover is no obstacle
    assert load_checkpoint(file)["history"] == state["history"]


def test_two_processes_never_write_to_one_temporary_file(state, tmp_path, monkeypatch):
    names = []
    monkeypatch.setattr(torch, "save", lambda state, opened: names.append(opened.name))
    for pid in (11, 12):
        monkeypatch.setattr(os, "getpid", lambda pid=pid: pid)
        save_checkpoint(state, tmp_path / "checkpoint.pt")
    assert names == [str(tmp_path / "checkpoint.11.tmp"), str(tmp_path / "checkpoint.12.tmp")]


def test_damaged_foreign_and_dangerous_checkpoints_are_refused(state, tmp_path):
    file = tmp_path / "checkpoint.pt"
    with pytest.raises(BadInput, match="チェックポイントがありません(.|\n)*no checkpoint"):
        load_checkpoint(file)
    save_checkpoint(state, file)
    whole = file.read_bytes()
    holes = [whole[:at] + bytes(4096) + whole[at + 4096 :] for at in range(0, len(whole), 4096)]
    for content in (b"", whole[:100], whole[: len(whole) // 2], whole[:-1], b"x" * 5000, *holes):
        file.write_bytes(content)
        with pytest.raises(BadInput, match="壊れています(.|\n)*is damaged"):
            load_checkpoint(file)
    for foreign in ({"model": {}}, torch.zeros(3)):
        torch.save(foreign, file)
        with pytest.raises(BadInput, match="no checkpoint of this program"):
            load_checkpoint(file)
    torch.save({"settings": io.StringIO()}, file)  # anything but tensors and plain values
    with pytest.raises(BadInput, match="is damaged"):
        load_checkpoint(file)


def test_a_file_that_may_not_be_read_is_not_called_damaged(state, tmp_path, monkeypatch):
    file = tmp_path / "checkpoint.pt"
    save_checkpoint(state, file)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr("builtins.open", refuse)  # a mode of 000 does not stop root
    monkeypatch.setattr(io, "open", refuse)
    with pytest.raises(PermissionError, match="Permission denied"):
        load_checkpoint(file)


def test_a_lack_of_memory_is_not_called_damage(state, tmp_path, monkeypatch):
    save_checkpoint(state, tmp_path / "checkpoint.pt")

    def no_memory(*_, **__):
        raise MemoryError

    monkeypatch.setattr(torch, "load", no_memory)
    with pytest.raises(MemoryError):
        load_checkpoint(tmp_path / "checkpoint.pt")


def folders(logdir, *names):
    for name in names:
        (logdir / name).mkdir(parents=True)
        (logdir / name / "checkpoint.pt").touch()


def test_the_newest_run_is_the_one_with_the_highest_number(tmp_path):
    folders(tmp_path, "run-001-good", "run-9", "run-010", "run-002", "run-copy", "run-²", "running", "run-1000000x")
    (tmp_path / "run-011").mkdir()  # without a checkpoint
    assert find_run(tmp_path) == tmp_path / "run-010"
    assert find_run(tmp_path / "run-001-good") == tmp_path / "run-001-good"
    assert new_run(tmp_path).name == "run-012"


def test_where_there_is_no_run_it_says_so(tmp_path):
    folders(tmp_path, "run-001-good")
    with pytest.raises(BadInput, match="続けられる実行がありません(.|\n)*Start without --resume"):
        find_run(tmp_path)


def test_two_new_runs_at_the_same_moment_get_two_folders(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "numbered_runs", lambda logdir: {})  # what both have seen
    assert [new_run(tmp_path / "runs").name for _ in range(3)] == ["run-001", "run-002", "run-003"]


def test_a_place_that_cannot_hold_runs_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="書き込めません(.|\n)*Choose another --logdir"):
        new_run(tmp_path / "file")


def test_looks_are_counted_by_data_and_survive_a_damaged_file(tmp_path):
    assert [count_look(tmp_path, data) for data in ("a", "a", "b", "a")] == [1, 2, 1, 3]
    assert {file.name for file in tmp_path.iterdir()} == {"test_looks.json", "test_looks.lock"}
    (tmp_path / "test_looks.json").write_text('{"a": ')
    assert count_look(tmp_path, "a") == 1


def test_looks_in_the_same_moment_are_all_counted(tmp_path):
    """Threads here, for the lock does not tell them from processes."""
    with ThreadPoolExecutor(4) as team:
        looks = list(team.map(lambda _: count_look(tmp_path, "a"), range(40)))
    assert sorted(looks) == list(range(1, 41))


def test_a_run_is_locked_while_it_is_held(tmp_path):
    left = tmp_path / "checkpoint.4711.tmp"
    left.touch()
    with lock_run(tmp_path):
        assert not left.exists()
        with pytest.raises(BadInput, match="別のプロセスが学習中(.|\n)*another process is training"):
            lock_run(tmp_path)
    with lock_run(tmp_path):
        pass


def steps(reader):
    tags = [tag for tag in reader.Tags()["scalars"] if tag.endswith(("/train", "/validation"))]
    assert len(tags) == 12 and "_hparams_/session_start_info" in reader.summary_metadata
    (found,) = {tuple(event.step for event in reader.Scalars(tag)) for tag in tags}
    return list(found)


def record(run, trainer, epochs):
    set_back(run)
    logger = RunLogger(run, trainer, COMMAND)
    for row in trainer.epochs(epochs):
        logger.record(row)
    logger.close()


@pytest.mark.parametrize("cut", [1, 30])
def test_an_event_file_cut_off_in_a_record_leaves_no_gap(cut, trainer, tmp_path):
    """What a kill in the middle of writing to it may leave."""
    record(tmp_path, trainer, 3)
    assert load_checkpoint(tmp_path / "checkpoint.pt")["command"] == COMMAND
    (events,) = tmp_path.glob("events*")
    events.write_bytes(events.read_bytes()[:-cut])
    trainer.history.pop()  # the third epoch was not saved
    record(tmp_path, trainer, 4)
    assert steps(EventAccumulator(str(tmp_path)).Reload()) == [1, 2, 3, 4]


def test_epochs_recorded_but_not_saved_are_forgotten(trainer, tmp_path):
    """Killed between the record and the checkpoint: the epoch is trained again, and stands there once, also on a page
    that has shown it before.
    """
    record(tmp_path, trainer, 3)
    set_back(tmp_path)
    page = EventAccumulator(str(tmp_path)).Reload()
    del trainer.history[1:]
    logger = RunLogger(tmp_path, trainer, COMMAND)
    assert steps(page.Reload()) == [1]
    for row in trainer.epochs(4):
        logger.record(row)
    assert steps(page.Reload()) == [1, 2, 3, 4] == steps(EventAccumulator(str(tmp_path)).Reload())
