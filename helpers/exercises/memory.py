"""What the reader has chosen and solved: one small file each, on this machine, never sent anywhere."""

import os
import shutil
from pathlib import Path

from helpers.language import say

LOST = (
    "記録をこのパソコンに保存できません。このカーネルが動いている間だけ覚えています。",
    "Nothing can be stored on this machine: what you do is remembered only while this kernel runs.",
)
_here: dict[tuple[str, str], str] = {}  # where no file can be written
_told: set[str] = set()


def folder() -> Path | None:
    """Where the files lie: the reader's data folder; LSTM_TUTORIAL_PROGRESS names another one, or "none" for no folder."""
    place = os.environ.get("LSTM_TUTORIAL_PROGRESS", "")
    if place == "none":
        return None
    if place:
        return Path(place)
    import platformdirs

    return platformdirs.user_data_path("lstm-tutorial") / "progress"


def keep(step: str, name: str, value: str) -> None:
    """Remember one thing of a step. Where no file can be written, say so once and remember it for this kernel."""
    place = folder()
    try:
        if place:
            (place / step).mkdir(parents=True, exist_ok=True)
            (place / step / name).write_text(value, encoding="utf-8")
            return
    except OSError:
        if not _told:
            _told.add(step)
            say(*LOST)
    _here[step, name] = value


def kept(step: str, name: str) -> str | None:
    """What was remembered under this name, or None."""
    place = folder()
    try:
        return (place / step / name).read_text(encoding="utf-8") if place else _here.get((step, name))
    except (OSError, UnicodeDecodeError):
        return _here.get((step, name))


def forget() -> None:
    """Forget every choice and every solved exercise of this reader. Notebooks that are open show it when they run again."""
    _here.clear()
    if place := folder():
        shutil.rmtree(place, ignore_errors=True)
    say("記録を消しました。", "The record is empty again.")
