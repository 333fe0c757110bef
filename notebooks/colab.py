"""Google Colab: install what it lacks around its own torch. The first cell of a notebook runs this there, and only there."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # this kernel finds helpers/ at once; processes that it starts find what pip installs
os.chdir(ROOT / "notebooks")

from helpers import environment  # noqa: E402
from helpers.language import named, say, switch, text  # noqa: E402, F401 (the cell that runs this takes them over)

lacking = [name + environment.stated()[name] for name in environment.problems() if name != environment.PROJECT]
pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
say(
    f"足りないパッケージを入れています（1 分ほど）: {', '.join(lacking) or '-'}",
    f"Installing the packages that are missing (about a minute): {', '.join(lacking) or '-'}",
)
subprocess.run([*pip, "--no-deps", "-e", str(ROOT)], check=True)
if lacking:
    subprocess.run([*pip, *lacking], check=True)
