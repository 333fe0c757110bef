"""The guard in the first code cell of every notebook, the same everywhere: python tests/first_cell.py writes it.

A notebook needs the tutorial's folder. Opened alone, the cell says so in two lines, in both languages; Google Colab, which
opens notebooks alone, fetches the folder instead. Where from stands in pyproject.toml, [project.urls] Repository; without
that line the cell asks for the address.

In a new notebook, give the cell the id language-switch and begin with the plain lines (`from helpers.language import switch`,
`switch()`); this program puts the guard around them.
"""

import json
import re
import tomllib
from pathlib import Path

from minutes import SHEETS, STEPS

ROOT = Path(__file__).parents[1]
ID = "language-switch"
GUARD = """\
try:
    from helpers.language import {names}
except ImportError as alone:  # this notebook was opened without its folder
    ja = "教材のフォルダーで make lab を実行し、そこで開いてください（別の helpers は pip uninstall helpers）。"
    en = "Run make lab in the tutorial's folder, and open it there (another helpers: pip uninstall helpers)."
    alone._render_traceback_ = lambda: [ja, en]
    if "google.colab" not in str(get_ipython()):
        raise
    !git clone -q --depth 1 {address} tutorial
    %run tutorial/notebooks/colab.py
"""
ASKED = '{input("GitHub の URL / URL on GitHub ")}'
BARE = re.compile(r"^from helpers\.language import (?P<names>.+)\n", re.MULTILINE)
GUARDED = re.compile(
    r"^try:\n    from helpers\.language import (?P<names>.+)\n(?:[ ]{4}.*\n|except.*\n)*", re.MULTILINE
)


def first_cell(source: str, root: Path = ROOT) -> str:
    """The cell with the guard around what `source`, the cell as it is, takes from helpers.language; the rest stays."""
    with open(root / "pyproject.toml", "rb") as file:
        address = tomllib.load(file)["project"].get("urls", {}).get("Repository", ASKED)
    part = GUARDED.search(source) or BARE.search(source)
    before, after = source[: part.start()], source[part.end() :]
    early = re.findall(r"(?m)^from helpers.*\n", before)  # imports of the tutorial's own follow the guard
    before = re.sub(r"(?m)^from helpers.*\n", "", before)
    return before + GUARD.format(names=part["names"], address=address) + "".join(early) + after


def main() -> None:
    """Write the cell into every notebook, those of the exercises too; outputs and everything else stay as they are."""
    for path in STEPS + SHEETS:
        text = path.read_text(encoding="utf-8")
        notebook = json.loads(text)
        cell = next(cell for cell in notebook["cells"] if cell["id"] == ID)
        cell["source"] = first_cell("".join(cell["source"])).splitlines(keepends=True)
        cell["metadata"]["jupyter"] = {"source_hidden": True}  # JupyterLab folds it: the reader begins with the switch
        new = json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
        if new != text:
            path.write_text(new, encoding="utf-8")
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
