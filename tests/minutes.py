"""How long a notebook takes a careful beginner, by one formula: python tests/minutes.py [--write] prints all, or corrects them.

A notebook: minutes = text + code + outputs + panels + questions + exercises, rounded to 5:
text       350 Japanese characters or 160 English words a minute, whichever takes longer; formulas and code words apart
code       9 seconds a line, imports and the constants at the head apart; the first cell, the same everywhere, is one line
outputs    30 seconds a figure or table
panels     3 minutes each, to move what can be moved
questions  1 minute each
exercises  4 minutes each, where they stand in the notebook itself
A sheet of exercises: 2 minutes, and 4 to observe, 6 to write, 8 to find a bug, 10 for a small study, rounded to 5.
The speeds are about two thirds of those at which adults read plain text: there is something to think about in every line.
"""

import re
import sys
from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
STEPS, SHEETS = (  # a reader's own notebooks, and JupyterLab's copies such as 05_validation-Copy1, lie beside them
    sorted(file for file in (NOTEBOOKS / folder).glob("*.ipynb") if re.fullmatch(r"\d\d_\w+", file.stem))
    for folder in (".", "exercises")
)
KINDS = {"observe": 4, "write": 6, "bug": 8, "study": 10}  # exercises, by the first word of their cell's id
LANGUAGES = re.compile(r'<div lang="ja">\n(.+?)</div>\s*<div lang="en">\n(.+?)</div>', re.DOTALL)
WORK = re.compile(r'class="lstm-(asked|recall|progress)"')  # of helpers/exercises: neither figure nor table
STATED = {"ja": r"(\*\*時間\*\* 約 )(\d+)( 分)", "en": r"(\*\*Time\*\* About )(\d+)( minutes)"}


def plain(text: str) -> str:
    """Text without tags, link targets, formulas and code words."""
    return re.sub(r"```.*?```|\]\([^)]*\)|<[^>]+>|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$", " ", text, flags=re.DOTALL)


def count(notebook: nbformat.NotebookNode) -> dict[str, int]:
    """What is counted in a notebook."""
    counted = dict.fromkeys(("characters", "words", "lines", "outputs", "panels", "questions", "exercises"), 0)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            ja, en = LANGUAGES.search(cell.source).groups()
            counted["characters"] += len(re.sub(r"\s", "", plain(ja)))
            counted["words"] += len(plain(en).split())
            if cell.id.startswith(("exercise", "closing")):
                counted["exercises"] += len(re.findall(r"(?m)^\d+\. ", ja))
        else:
            lines = [line for line in cell.source.splitlines() if line.strip()]
            if cell.id == "language-switch":
                counted["lines"] += 1
            elif "parameters" not in cell.metadata.get("tags", []):
                counted["lines"] += sum(not line.startswith(("import ", "from ")) for line in lines)
            counted["questions"] += len(re.findall(r'(?m)^ask\("', cell.source))
            counted["panels"] += "from helpers.panels" in cell.source
            shown = [o.get("data", {}) for o in cell.outputs if not WORK.search(o.get("data", {}).get("text/html", ""))]
            counted["outputs"] += sum({"image/png", "text/html"} & set(data) != set() for data in shown)
    return counted


def exercises(notebook: nbformat.NotebookNode) -> list[str]:
    """The kinds of the exercises of a sheet, in order; none in a step's notebook."""
    kinds = [cell.id.partition("-")[0] for cell in notebook.cells if cell.cell_type == "code"]
    return [kind for kind in kinds if kind in KINDS]


def minutes(notebook: nbformat.NotebookNode) -> int:
    """The computed minutes, a multiple of 5."""
    if kinds := exercises(notebook):
        return max(5, 5 * round((2 + sum(KINDS[kind] for kind in kinds)) / 5))
    n = count(notebook)
    text = max(n["characters"] / 350, n["words"] / 160)
    total = text + 0.15 * n["lines"] + 0.5 * n["outputs"] + 3 * n["panels"] + n["questions"] + 4 * n["exercises"]
    return max(5, 5 * round(total / 5))


if __name__ == "__main__":
    print(f"{'notebook':36} {'cells':>5} {'minutes':>7} ", *count(nbformat.v4.new_notebook()))
    for file in STEPS + SHEETS:
        notebook = nbformat.read(file, as_version=4)
        print(
            f"{'/'.join(file.relative_to(NOTEBOOKS).with_suffix('').parts):36} {len(notebook.cells):5} {minutes(notebook):7} ",
            *count(notebook).values(),
        )
        if "--write" in sys.argv:
            for pattern in STATED.values():
                title = notebook.cells[0]
                title.source = re.sub(pattern, rf"\g<1>{minutes(notebook)}\g<3>", title.source)
            nbformat.write(notebook, file)
