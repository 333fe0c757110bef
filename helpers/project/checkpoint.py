"""Step 13: what a training leaves on the disk. Checkpoints, the folders of the runs, and the record for TensorBoard."""

import contextlib
import io
import itertools
import json
import os
import re
from dataclasses import asdict
from pathlib import Path

import torch
from filelock import FileLock, Timeout

from helpers.language import BadInput
from helpers.project.trainer import Trainer

STATE = {"settings", "data_sha256", "history", "model", "optimizer", "stopping"}


def save_checkpoint(state: dict, file: Path) -> None:
    """Write to a temporary file beside it and rename: whatever happens, `file` is a whole checkpoint, the old or the new."""
    temporary = file.with_suffix(f".{os.getpid()}.tmp")
    with open(temporary, "wb") as opened:
        torch.save(state, opened)
        opened.flush()
        os.fsync(opened.fileno())  # on the disk before the name points to it
    os.replace(temporary, file)


def load_checkpoint(file: Path) -> dict:
    """The state that `save_checkpoint` wrote, on the CPU.

    weights_only: tensors and plain values are read and nothing else, so that no file can run code. Raises BadInput when
    there is no such file, or its bytes are not such a state; OSError when the system does not let it be read.
    """
    try:
        content = io.BytesIO(file.read_bytes())
    except FileNotFoundError:
        raise BadInput(f"チェックポイントがありません: {file}", f"there is no checkpoint: {file}") from None
    try:
        state = torch.load(content, map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except Exception as error:  # bytes in memory, so it is their fault: in 16,000 damaged files a dozen kinds came up
        raise BadInput(
            f"チェックポイント {file} は壊れています（{type(error).__name__}）。そのフォルダーを消し、"
            "--resume なしで始めてください。",
            f"the checkpoint {file} is damaged ({type(error).__name__}). Delete its folder and start without --resume.",
        ) from None
    if missing := STATE.difference(state if isinstance(state, dict) else ()):
        raise BadInput(
            f"{file} はこのプログラムのチェックポイントではありません（{', '.join(sorted(missing))} がない）。",
            f"{file} is no checkpoint of this program ({', '.join(sorted(missing))} missing).",
        )
    return state


def numbered_runs(logdir: Path) -> dict[int, Path]:
    """The folders run-001, run-002, ... of `logdir`, by number; one with any more in its name is the reader's own."""
    return {int(run.name[4:]): run for run in logdir.glob("run-*") if re.fullmatch("run-[0-9]+", run.name)}


def find_run(logdir: Path) -> Path:
    """`logdir` itself if it holds a checkpoint, else its newest run that has one. Raises BadInput where there is none."""
    for run in (logdir, *(run for _, run in sorted(numbered_runs(logdir).items(), reverse=True))):
        if (run / "checkpoint.pt").exists():
            return run
    raise BadInput(
        f"{logdir} に、続けられる実行がありません。--resume なしで始めてください。",
        f"there is no run to go on with in {logdir}. Start without --resume.",
    )


def new_run(logdir: Path) -> Path:
    """A fresh folder, numbered on: no run ever overwrites another. Raises BadInput where none can be made."""
    try:
        logdir.mkdir(parents=True, exist_ok=True)
        for number in itertools.count(1 + max(numbered_runs(logdir), default=0)):
            with contextlib.suppress(FileExistsError):  # another run began in the same moment
                (run := logdir / f"run-{number:03}").mkdir()
                return run
    except OSError as error:
        raise BadInput(
            f"{logdir} に書き込めません（{error.strerror}）。--logdir を変えてください。",
            f"cannot write to {logdir} ({error.strerror}). Choose another --logdir.",
        ) from None


def lock_run(run: Path) -> contextlib.AbstractContextManager:
    """Keep every other process from training in `run` until the context ends or this process does.

    Raises BadInput when another one does so already.
    """
    try:
        lock = FileLock(run / "lock").acquire(timeout=0)
    except Timeout:
        raise BadInput(
            f"{run} では、別のプロセスが学習中です。終わるのを待つか、--logdir で別の実行を選んでください。",
            f"another process is training in {run}. Wait until it ends, or choose another run with --logdir.",
        ) from None
    for left in run.glob("checkpoint.*.tmp"):  # by a process killed while it wrote
        left.unlink()
    return lock


def count_look(logdir: Path, data_sha256: str) -> int:
    """Note in `logdir` that the test part of these data is looked at, by whichever run; returns which look it is."""
    file, looks = logdir / "test_looks.json", {}
    with FileLock(logdir / "test_looks.lock"):  # two runs may look in the same moment: each counts
        with contextlib.suppress(FileNotFoundError, ValueError):  # none yet, or damaged: the count begins again
            looks = dict(json.loads(file.read_text()))
        looks[data_sha256] = looks.get(data_sha256, 0) + 1
        temporary = file.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps(looks, indent=1))
        os.replace(temporary, file)
    return looks[data_sha256]


class RunLogger:
    """The checkpoint of a run and its event file for TensorBoard. After every epoch first the one, then the other.

    In this order a process killed in between leaves too much in the event file, never too little; `purge_step` then
    tells the reader of the file to forget what comes after the checkpoint. command: the settings that are not the
    trainer's, kept in the checkpoint too.
    """

    def __init__(self, run: Path, trainer: Trainer, command: dict):
        self.file, self.trainer, self.command = run / "checkpoint.pt", trainer, command
        self._save()
        from torch.utils.tensorboard import SummaryWriter  # two seconds: not for --help, nor for a mistake in the input
        from torch.utils.tensorboard.summary import hparams

        self.writer = SummaryWriter(str(run), purge_step=trainer.epoch + 1)
        shown = hparams(command | asdict(trainer.settings), {"loss/validation": 0.0, "RMSE/validation": 0.0})
        for summary in shown:  # add_hparams would open a run of its own
            self.writer.file_writer.add_summary(summary)
        self.writer.flush()

    def _save(self) -> None:
        save_checkpoint(self.trainer.state() | {"command": self.command}, self.file)

    def record(self, row: dict) -> None:
        """Write down the epoch that the trainer has just finished."""
        for name, value in row.items():
            if name != "epoch":
                self.writer.add_scalar(name, value, row["epoch"])
        self.writer.flush()  # waits until the lines are in the file
        self._save()

    def close(self) -> None:
        """Let go of the event file."""
        self.writer.close()
