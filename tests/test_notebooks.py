"""The form of the notebooks: two languages that say the same, short cells, clean outputs.

That they run is tested elsewhere: pytest executes every notebook again through nbval. That the code they teach is the
helpers' too: test_taught.py.
"""

import ast
import re

import nbformat
import numpy as np
import pytest
from minutes import SHEETS, STATED, STEPS, minutes

# The switch hides one language by its `lang`, and in a heading what stands between the two.
HEADING = r'(?:(#+) <span lang="ja">([^<\n]+)</span><span> / </span><span lang="en">([^<\n]+)</span>\n\n)?'
BOTH = re.compile(HEADING + r'<div lang="ja">\n\n(.+?)\n\n</div>\n\n<div lang="en">\n\n(.+?)\n\n</div>', re.DOTALL)
KANA = re.compile(r"[\u3040-\u30ff]")


def opened(path):
    read = nbformat.read(path, as_version=4)
    nbformat.validate(read)
    read.path = path
    return read


@pytest.fixture(params=STEPS + SHEETS, ids=lambda path: "-".join(path.parts[-2:]).removesuffix(".ipynb"))
def notebook(request):
    """Every notebook, the sheets of exercises too, whose checks are tested in tests/exercises."""
    return opened(request.param)


@pytest.fixture(params=STEPS, ids=lambda path: path.stem)
def step(request):
    """The notebook of every step."""
    return opened(request.param)


def cells(notebook, kind):
    return [cell for cell in notebook.cells if cell.cell_type == kind]


def languages(cell):
    """(heading or "", Japanese, English) of a markdown cell, or None when it is not in the house form.

    The heading reads "## 日本語 / English", without its spans.
    """
    match = BOTH.fullmatch(cell.source.strip())
    return match and (f"{match[1]} {match[2]} / {match[3]}" if match[1] else "", match[4], match[5])


def prose(text):
    """Text without code, formulas and link targets."""
    return re.sub(r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|\]\([^)]*\)", " ", text, flags=re.DOTALL)


def test_there_is_a_notebook_for_every_step():
    assert [path.stem[:2] for path in STEPS] == [f"{step:02}" for step in range(16)]


def test_a_readers_own_notebooks_and_copies_beside_the_steps_are_no_tests(request):
    def left_out(file):
        return request.config.hook.pytest_ignore_collect(collection_path=file, config=request.config)

    own = [STEPS[0].with_stem(name) for name in ("Untitled", "05_validation-Copy1", "my notes")]
    assert [file for file in [*STEPS, *own, *SHEETS] if left_out(file)] == own


def test_every_markdown_cell_has_both_languages(notebook):
    for cell in cells(notebook, "markdown"):
        assert languages(cell), f"{cell.id}: not in the form heading, ja, en"
        heading, ja, en = languages(cell)
        assert KANA.search(ja), f"{cell.id}: no Japanese"
        assert not KANA.search(prose(en)), f"{cell.id}: Japanese in the English text"
        if heading:
            left, slash, right = heading.partition(" / ")
            assert slash and re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", left) and right.isascii(), (
                f"{cell.id}: {heading}"
            )


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("code names", r"(?<!`)`([^`\n]+)`(?!`)"),
        ("code blocks", r"```.*?```"),
        ("displayed formulas", r"\$\$(.*?)\$\$"),
        ("formulas", r"(?<!\$)\$([^$\n]+)\$(?!\$)"),
        ("links", r"\]\(([^)]+)\)"),
        ("images", r"!\[[^\]]*\]"),
    ],
)
def test_both_languages_hold_the_same(notebook, what, pattern):
    def found(text):
        bare = text if what == "code blocks" else re.sub(r"```.*?```", "", text, flags=re.DOTALL)
        wordless = [re.sub(r"\\text\{[^}]*\}", "", hit) for hit in re.findall(pattern, bare, flags=re.DOTALL)]
        return sorted(wordless)

    for cell in cells(notebook, "markdown"):
        _, ja, en = languages(cell)
        assert found(ja) == found(en), f"{cell.id}: {what}"


def test_both_languages_have_lists_tables_and_folds_of_one_length(notebook):
    def shape(text):
        lines = text.splitlines()
        kinds = {"items": "- ", "rows": "|", "folds": "<details>"}
        counted = {kind: sum(line.startswith(start) for line in lines) for kind, start in kinds.items()}
        return counted | {
            "numbers": len(re.findall(r"(?m)^\d+\. ", text)),
            "bold": text.count("**"),
            "paragraphs": text.count("\n\n"),
        }

    for cell in cells(notebook, "markdown"):
        _, ja, en = languages(cell)
        assert shape(ja) == shape(en), cell.id


def test_opening_and_closing(step):
    title = languages(step.cells[0])
    assert title[0].startswith("# ")
    for word in ("やること", "身につくこと", "必要なもの", "時間"):
        assert f"**{word}**" in title[1]
    for word in ("What you'll do", "What you'll learn", "What you'll need", "Time"):
        assert f"**{word}**" in title[2]
    first_code = cells(step, "code")[:2]
    assert any("switch()" in cell.source for cell in first_code)
    headings = [languages(cell)[0] for cell in cells(step, "markdown")]
    assert headings[-1] == "## まとめと次のステップ / Summary and next step"
    assert sum(heading.startswith("# ") for heading in headings) == 1


def test_one_cell_holds_the_hyperparameters_as_plain_constants(step):
    (cell,) = [cell for cell in cells(step, "code") if "parameters" in cell.metadata.get("tags", [])]
    for statement in ast.parse(cell.source).body:
        assert isinstance(statement, ast.Assign) and isinstance(statement.value, (ast.Constant, ast.UnaryOp))
        assert statement.targets[0].id.isupper()


def test_house_limits(notebook):
    lines = [len([line for line in cell.source.splitlines() if line.strip()]) for cell in cells(notebook, "code")]
    assert np.median(lines) <= 6 and np.percentile(lines, 90) <= 15 and max(lines) <= 25
    assert len(cells(notebook, "markdown")) >= len(notebook.cells) / 2
    assert max(len(line) for cell in cells(notebook, "code") for line in cell.source.splitlines()) <= 120


def test_a_notebook_is_one_sitting_and_says_how_long(notebook):
    assert len(notebook.cells) <= 70 and minutes(notebook) <= 45
    for pattern in STATED.values():
        assert int(re.search(pattern, notebook.cells[0].source)[2]) == minutes(notebook), (
            "python tests/minutes.py --write"
        )


def test_ids_are_words_that_stay(notebook):
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", cell_id) for cell_id in ids)


def test_stored_outputs_are_clean_and_in_order(notebook):
    code = [cell for cell in cells(notebook, "code") if cell.source.strip()]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    for cell in code:
        for output in cell.outputs:
            assert output.output_type != "error" and output.get("name") != "stderr", cell.id
            text = output.get("text", "") + "".join(
                v for k, v in output.get("data", {}).items() if k.startswith("text")
            )
            assert not re.search(r"/(root|home|work|tmp|Users)/", text), cell.id
            words = re.sub(r"base64,[^\"]+", "", text)  # pictures hold any letters
            assert not re.search(r"it/s|\d%\|", words), cell.id


def test_stored_figures_have_alternative_text(notebook):
    figures = [o.data for cell in cells(notebook, "code") for o in cell.outputs if "image/png" in o.get("data", {})]
    for data in figures:
        alt = re.search(r'<img alt="([^"]+)"', data["text/html"])[1]
        assert KANA.search(alt) and re.search(r"[a-z]{3}", alt.partition(" / ")[2])


def test_widgets_are_stored_with_html_and_without_state(notebook):
    assert "widgets" not in notebook.metadata
    for cell in cells(notebook, "code"):
        for output in cell.outputs:
            if "application/vnd.jupyter.widget-view+json" in output.get("data", {}):
                assert "<em>" in output.data["text/html"] and "VBox" not in output.data["text/plain"]


def test_checked_cells_print_no_raw_floats(notebook):
    """What nbval compares must hold on any series and machine."""
    for cell in cells(notebook, "code"):
        if "nbval-check-output" in cell.metadata.get("tags", []):
            text = "".join(output.get("text", output.get("data", {}).get("text/plain", "")) for output in cell.outputs)
            assert text and not re.search(r"\d\.\d{2,}", text), cell.id
            assert "load_prices" not in cell.source, f"{cell.id}: offline it also prints where the prices come from"


def test_links_lead_somewhere(notebook):
    for cell in cells(notebook, "markdown"):
        for target in re.findall(r"\]\(([^)#]+)\)", cell.source):
            assert (notebook.path.parent / target).exists(), f"{cell.id}: {target}"
