"""Ask the real Yahoo Finance for every series that the notebooks download: python tests/live.py (make live).

Not part of make test, which asks a server on this machine instead. Nothing is kept, and what is kept already is not touched:
a kept file is compared with the new answer, because a price of the past must not change.
"""

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import pandas as pd  # noqa: E402

from helpers.data import DataError, yahoo  # noqa: E402
from helpers.data.csv_file import read_csv  # noqa: E402
from helpers.language import both  # noqa: E402


def ask(name: str, kept: Path) -> str:
    """One series, asked anew: what to say of it. Raises DataError as the download does."""
    frame = yahoo.downloaded(name)
    told = f"{name}: {len(frame):,} rows, {frame.index[0]:%Y-%m-%d} .. {frame.index[-1]:%Y-%m-%d}"
    if (kept / f"{name}.csv").exists():
        old = read_csv(kept / f"{name}.csv")
        pair = pd.concat([frame["Close"], old["Close"]], axis=1, keys=["new", "old"], join="inner")
        told += (
            f"; largest change of a kept close {(pair['new'] / pair['old'] - 1).abs().max():.1e} ({len(pair):,} days)"
        )
    return f"{told}; {len(yahoo.newer(name)):,} newer rows"


def main() -> int:
    """Returns the exit code: 0 when every series came."""
    os.environ.pop("LSTM_TUTORIAL_OFFLINE", None)
    kept, failed = yahoo.DOWNLOADS, 0
    for name in yahoo.PERIODS:
        with tempfile.TemporaryDirectory() as folder:
            yahoo.DOWNLOADS = Path(folder)
            try:
                print("OK ", ask(name, kept))
            except DataError as error:
                failed += 1
                print("NG ", error)
    yahoo.DOWNLOADS = kept
    if failed:
        print(
            both(
                "Yahoo Finance に届かないか、答えの形が変わりました。ネットワークがなければ、何も確かめられていません。",
                "Yahoo Finance is out of reach, or its answers have changed. Without a network nothing has been checked.",
            )
        )
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
