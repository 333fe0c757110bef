"""The page for teachers: its minutes are the computed ones, its plans fit into sessions and leave out nothing that a step needs.

python tests/test_teaching.py writes the minutes into it.
"""

import re
from pathlib import Path

import nbformat
import pytest
from minutes import STEPS, minutes

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "TEACHING.md").read_text(encoding="utf-8")
JA, EN = PAGE.partition("## 日本語")[2].split("## English")
SESSION = 90
NOTEBOOKS = {path.stem[:2]: nbformat.read(path, as_version=4) for path in STEPS}


def table(name):
    """The rows of the table behind <!-- name -->, a list of cells each, without the head."""
    (found,) = re.findall(rf"<!-- {name} -->\n((?:\|.*\n)+)", PAGE)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in found.splitlines()[2:]]


def taken(step):
    """Minutes in class: step 00 without its glossary, as its title says."""
    if step == "00":
        return int(re.search(r"\*\*Time\*\* .*?\(about (\d+)", NOTEBOOKS[step].cells[0].source)[1])
    return minutes(NOTEBOOKS[step])


def needed(step):
    """The earlier steps that a notebook's title names."""
    line = re.search(r"\*\*What you'll need\*\*(.*)", NOTEBOOKS[step].cells[0].source)[1]
    named = set(re.findall(r"\]\((\d\d)_", line))
    for last in re.findall(r"steps up to \[(\d\d)", line):
        named |= {other for other in NOTEBOOKS if "01" <= other <= last}
    return named


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_notebook_stands_there_with_its_minutes(language):
    rows = {row[0][:2]: int(row[1]) for row in table(f"minutes: {language}")}
    assert rows == {step: taken(step) for step in sorted(NOTEBOOKS)}


@pytest.mark.parametrize("language", ["ja", "en"])
def test_plans_fit_and_leave_out_nothing_that_is_needed(language):
    plans = {}
    for plan, session, steps, total, homework in table(f"plan: {language}"):
        plans.setdefault(plan, []).append((int(session), re.findall(r"\d\d", steps), int(total), homework))
    assert [len(sessions) for sessions in plans.values()] == [2, 4, 8]
    for plan, sessions in plans.items():
        known = set()
        for number, (session, steps, total, homework) in enumerate(sessions, 1):
            assert session == number and total == sum(map(taken, steps)) <= SESSION, (plan, session)
            for step in steps:
                assert needed(step) <= known, f"{plan} {session}: {step} needs {sorted(needed(step) - known)}"
                known.add(step)
            known |= set(re.findall(r"\d\d", homework))
    assert known >= NOTEBOOKS.keys()  # the longest plan has them all


def test_both_languages_hold_the_same():
    for pattern in (r"(?m)^### ", r"(?m)^\| ", r"(?m)^- ", r"(?m)^\d+\. ", r"`[^`\n]+`"):
        assert len(re.findall(pattern, JA)) == len(re.findall(pattern, EN)), pattern
    numbers = [[row[1:4] for row in table(f"plan: {language}")] for language in ("ja", "en")]
    assert [[cell.replace("、", ", ") for cell in row] for row in numbers[0]] == numbers[1]


def test_what_it_tells_to_run_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"`[^`]*\bmake ([a-z-]+)", PAGE)):
        assert re.search(rf"(?m)^{target}:", makefile), target
    for path in re.findall(r"(?:notebooks|tests)/[\w./]+\.(?:ipynb|py)", PAGE):
        assert (ROOT / path).exists(), path
    for readme in ("README.md", "README_EN.md"):
        assert "(TEACHING.md)" in (ROOT / readme).read_text(encoding="utf-8")


def write() -> None:
    """Put the computed minutes into both tables of both languages."""
    lines, kind = [], ""
    for line in PAGE.splitlines():
        kind = (
            re.sub(r"<!-- (\w+): .*", r"\1", line) if line.startswith("<!-- ") else kind if line.startswith("|") else ""
        )
        cells = line.split("|")
        if len(cells) < 5:
            lines.append(line)
            continue
        if kind == "minutes" and cells[1].strip()[:2].isdigit():
            cells[2] = f" {taken(cells[1].strip()[:2])} "
        elif kind == "plan" and cells[2].strip().isdigit():
            cells[4] = f" {sum(map(taken, re.findall(r'[0-9]{2}', cells[3])))} "
        lines.append("|".join(cells))
    (ROOT / "TEACHING.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
