"""The peak memory of this process; apart, because the rivals' environment has neither psutil nor the tutorial's helpers."""

import contextlib
from pathlib import Path


def peak_mb() -> float | None:
    """The most memory that this process has had, in MB; Linux only."""
    with contextlib.suppress(OSError):
        return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
