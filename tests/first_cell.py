"""The first code cell of every notebook, the same everywhere but for what it imports: python tests/first_cell.py writes it.

A notebook needs the tutorial's folder. Opened alone, the cell says so in two lines, in both languages; Google Colab, which
opens notebooks alone, fetches the folder instead. Where from stands in pyproject.toml, [project.urls] Repository; without
that line the cell asks for the address.
"""

import json
import re
import tomllib
from pathlib import Path

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
ID = "language-switch"
CELL = """\
try:
    from helpers.language import {names}
except ImportError as alone:  # the notebook is here without its folder
    if "google.colab" not in str(get_ipython()):
        alone._render_traceback_ = lambda: [
            "ノートブックだけでは動きません。教材のフォルダーで make lab を実行してください（別の helpers は pip uninstall helpers）。",
            "A notebook needs its folder: run make lab in that folder (another helpers: pip uninstall helpers).",
        ]
        raise
    !git clone -q --depth 1 {address} tutorial
    %run tutorial/notebooks/colab.py

switch()"""
ASKED = '{input("この教材の GitHub の URL / URL of this tutorial on GitHub ")}'
BEFORE = {  # step 00 runs before anything is installed
    "00_start_here": 'import sys\n\nsys.path.insert(0, "..")  # lets Python find helpers/ before anything is installed\n'
}


def first_cell(path: Path, source: str) -> str:
    """The cell of the notebook at `path`, with the names that `source`, its cell as it is, takes from helpers.language."""
    with open(NOTEBOOKS.parent / "pyproject.toml", "rb") as file:
        address = tomllib.load(file)["project"].get("urls", {}).get("Repository", ASKED)
    names = re.search(r"from helpers\.language import (.+)", source)[1]
    return BEFORE.get(path.stem, "") + CELL.format(names=names, address=address)


def main() -> None:
    """Write the cell into every notebook, those of the exercises too; outputs and everything else stay as they are."""
    for path in sorted(NOTEBOOKS.rglob("*.ipynb")):
        text = path.read_text(encoding="utf-8")
        notebook = json.loads(text)
        cell = next(cell for cell in notebook["cells"] if cell["id"] == ID)
        cell["source"] = first_cell(path, "".join(cell["source"])).splitlines(keepends=True)
        new = json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
        if new != text:
            path.write_text(new, encoding="utf-8")
            print(path.relative_to(NOTEBOOKS))


if __name__ == "__main__":
    main()
