"""Spoiled files without end: what the reader of CSV files makes of them. python tests/data/fuzz.py SECONDS"""

import contextlib
import gzip
import io
import random
import sys
import tempfile
import time
from pathlib import Path

from price_samples import SAMPLES, is_read_or_refused, spoiled

PIECES = [
    ",",
    ";",
    "\t",
    "\n",
    "\r\n",
    '"',
    "2025-04-01",
    "06/07/2025",
    "$",
    "-",
    "\0",
    "，",
    "日付",
    "Close",
    "1e308",
    "NaN",
    "\ufeff",
    "\ud800",
]


def main(seconds: float, seed: int = 0) -> None:
    chance, read, refused = random.Random(seed), 0, 0
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.csv"
        while time.monotonic() < end:
            text = chance.choice(SAMPLES)
            raw = text.encode()
            for _ in range(chance.randint(0, 3)):
                words = "".join(chance.choices(PIECES + [chr(chance.randrange(32, 0x3100))], k=chance.randint(0, 4)))
                raw = spoiled(
                    text,
                    chance.randrange(len(text)),
                    chance.choice([0, 1, 8, 300]),
                    words,
                    chance.choice(["utf-8", "utf-8", "utf-16"]),
                )
                text = (
                    raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "surrogatepass") or ","
                )
            if chance.random() < 0.1:
                raw = gzip.compress(raw)
            if chance.random() < 0.1:
                raw = raw[: chance.randrange(len(raw) + 1)]
            file.write_bytes(raw)
            try:
                with contextlib.redirect_stdout(io.StringIO()):  # the sentence about holidays
                    ok = is_read_or_refused(file)
            except BaseException:
                Path("fuzz_failure.csv").write_bytes(raw)
                print("fuzz_failure.csv", "after", read + refused)
                raise
            read, refused = read + ok, refused + (not ok)
    print(f"{read} read, {refused} refused, no other error")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 600.0)
