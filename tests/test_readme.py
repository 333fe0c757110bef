"""The READMEs: linked to each other, saying the same, with numbers and pictures that the steps really printed, and the answer of step 05 folded."""

import json
import re
import runpy
from pathlib import Path

import pytest
from minutes import STEPS

ROOT = Path(__file__).parents[1]
READMES = {"ja": "README.md", "en": "README_EN.md"}


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def printed(step):
    """All text that the stored outputs of a notebook show."""
    notebook = json.loads(read(f"notebooks/{step}.ipynb"))
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    return "\n".join("".join(o.get("text", "")) + "".join(o.get("data", {}).get("text/plain", "")) for o in outputs)


def test_the_two_are_linked_and_built_alike():
    ja, en = read("README.md"), read("README_EN.md")
    assert "(README_EN.md)" in ja and "(README.md)" in en
    for pattern in (r"(?m)^#+ ", r"(?m)^\|", r"(?m)^- ", r"```"):
        assert len(re.findall(pattern, ja)) == len(re.findall(pattern, en)), pattern

    def links(text):
        return [target for target in re.findall(r"\]\(([^)]+)\)", text) if not target.startswith("README")]

    assert links(ja) == links(en)


@pytest.mark.parametrize("name", READMES.values())
def test_links_lead_somewhere(name):
    for target in re.findall(r"\]\(([^)]+)\)", read(name)):
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize("name", READMES.values())
def test_quoted_numbers_were_printed_by_the_step_named(name):
    tables = re.findall(r"<!-- numbers: (?!benchmark)(\w+) -->\n((?:\|.*\n)+)", read(name))
    assert tables
    for step, table in tables:
        numbers = re.findall(r"\d+\.\d+", table)
        assert len(numbers) >= 3
        for number in numbers:
            if f"< {number}" in table or f"{number} 未満" in table:  # a p that was printed as nothing but zeros
                number = re.sub(r"\d", "0", number)
            assert re.search(rf"(?<![\d.]){re.escape(number)}(?!\d)", printed(step)), number


@pytest.mark.parametrize("name", READMES.values())
def test_the_map_names_every_notebook(name):
    assert re.findall(r"\(notebooks/(\w+)\.ipynb\)", read(name)) == [path.stem for path in STEPS]


def test_the_pictures_are_those_in_step_05():
    extract = runpy.run_path(str(ROOT / "notebooks" / "images" / "extract.py"))
    for cell_id, file in extract["PICTURES"].items():
        assert file.read_bytes() == extract["stored_picture"](cell_id), file.name


@pytest.mark.parametrize("name", READMES.values())
def test_what_step_05_finds_stands_in_the_fold_alone(name):
    open_part = re.sub(r"<details>.*?</details>", "", read(name), flags=re.DOTALL)
    assert open_part != read(name)
    assert not re.search(r"one_step_lag|昨日の|前日の|ナイーブ|yesterday|day before|naive", open_part)


@pytest.mark.parametrize("name", READMES.values())
def test_make_targets_named_exist(name):
    targets = re.findall(r"(?m)^make (\w+)", read(name))
    makefile = read("Makefile")
    assert targets and all(re.search(rf"(?m)^{target}:", makefile) for target in targets)
