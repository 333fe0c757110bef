"""One language at a time, wherever JupyterLab shows words; larger type; and the reader's other notebooks as they were."""

import json

import pytest

CONTENTS = "() => [...document.querySelectorAll('.jp-tocItem-content')].map(entry => [entry.textContent, entry.title])"
HEADINGS = """() => [...document.querySelectorAll('.jp-Notebook :is(h1, h2)')].map(heading => {
  heading = heading.cloneNode(true);
  heading.querySelector('.jp-InternalAnchorLink')?.remove();
  document.querySelector('.jp-Notebook').append(heading);
  const text = heading.innerText;
  heading.remove();
  return text.trim();
})"""


@pytest.fixture(scope="module")
def loading(browser, address, pages, reader_chose):
    """Step 01, run in both languages, with the contents pane open."""
    from lab import Notebook

    reader_chose("both")
    notebook = Notebook(browser, address, "01_data_loading")
    pages.append(notebook)
    notebook.menu("View", "Table of Contents")
    notebook.run_all()
    yield notebook
    pages.remove(notebook)
    notebook.close()


def wait_for_contents(notebook, first):
    notebook.page.wait_for_function(
        "first => document.querySelector('.jp-tocItem-content')?.textContent === first", arg=first
    )


def test_headings_and_the_contents_pane_follow_at_once(loading):
    page = loading.page
    seen = {}
    for name, first in (
        ("日本語", "01 データの読み込み"),
        ("English", "01 Data loading"),
        ("両方 Both", "01 データの読み込み / 01 Data loading"),
    ):
        loading.choose_language(name)
        wait_for_contents(loading, first)
        seen[name] = page.evaluate(HEADINGS)
        assert [text for text, _ in page.evaluate(CONTENTS)] == seen[name]
        assert all(text == title for text, title in page.evaluate(CONTENTS))
        assert seen[name][0] == first
    assert seen["両方 Both"] == [f"{ja} / {en}" for ja, en in zip(seen["日本語"], seen["English"], strict=True)]


def test_tables_that_are_already_there_follow_at_once(folder, open_notebook, reader_chose):
    reader_chose("ja")
    mine(folder, "table.ipynb", ["import sys; sys.path.insert(0, '..')\nfrom helpers.language import switch\nswitch()",
         "import pandas as pd\npd.DataFrame({'skill': [0.5], 'my own': [1]}, index=['naive'])"])  # fmt: skip
    notebook = open_notebook("table")
    notebook.run_all()
    heads = "() => [...document.querySelectorAll('.dataframe th')].map(head => head.innerText.trim()).filter(Boolean)"
    assert notebook.page.evaluate(heads) == ["スキル", "my own", "ナイーブ予測"]
    notebook.choose_language("English")
    notebook.wait_until_hidden("ja")
    assert notebook.page.evaluate(heads) == ["skill", "my own", "naive"]
    aligned = "() => [...document.querySelectorAll('.dataframe thead th, .dataframe td')].map(cell => getComputedStyle(cell).textAlign)"
    assert set(notebook.page.evaluate(aligned)) == {"right"}


def mine(folder, name, sources, kind="code"):
    """A notebook of the reader's own beside the others."""
    cells = [
        {"cell_type": kind, "id": f"cell{k}", "metadata": {}, "source": source} for k, source in enumerate(sources)
    ]
    for cell in cells:
        cell |= {"outputs": [], "execution_count": None} if kind == "code" else {}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    whole = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (folder / "notebooks" / name).write_text(json.dumps(whole), encoding="utf-8")


def test_the_readers_other_notebooks_stay_as_they_are(folder, loading):
    """Open in the same window, with headings and languages of their own."""
    text = '# 私の記録 / My notes\n\n<p lang="ja">日本語</p>\n\n<p lang="en">English</p>\n\n| a | b |\n|---|---|\n| 1 | 2 |'
    mine(folder, "mine.ipynb", [text], kind="markdown")
    loading.choose_language("English")
    wait_for_contents(loading, "01 Data loading")
    page = loading.page
    look = """() => { const own = [...document.querySelectorAll('.jp-Notebook')].at(-1);
      return ['p[lang=ja]', 'p[lang=en]', 'table', 'td'].map(part => { const style = getComputedStyle(own.querySelector(part));
        return [style.display, style.maxWidth, style.textAlign, style.fontSize]; }); }"""
    large = page.get_by_role("button", name="Larger type")
    large.click()
    loading.menu("File", "Open from Path")
    page.locator(".jp-Dialog input").fill("notebooks/mine.ipynb")
    loading.confirm()
    wait_for_contents(loading, "私の記録 / My notes")
    page.wait_for_function("() => document.querySelectorAll('.jp-Notebook h1').length === 2")
    beside = page.evaluate(look)
    page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab", has_text="01_data_loading").click()
    wait_for_contents(loading, "01 Data loading")
    large.click()
    loading.choose_language("両方 Both")
    wait_for_contents(loading, "01 データの読み込み / 01 Data loading")
    assert page.evaluate(look) == beside and [display for display, *_ in beside[:2]] == ["block", "block"]


SIZES = """() => { const size = (part) => parseFloat(getComputedStyle(document.querySelector(part)).fontSize);
  return {text: size('.jp-MarkdownOutput p'), code: size('.jp-CodeCell .cm-content'), table: size('.dataframe td'),
    widget: size('.lstm-switch button'), printed: size('.jp-RenderedText pre'),
    figure: document.querySelector('.jp-OutputArea-output img').getBoundingClientRect().width}; }"""


def test_larger_type_for_a_projector_by_keyboard_and_remembered(loading, open_notebook):
    page = loading.page
    page.set_viewport_size({"width": 1280, "height": 720})
    loading.choose_language("両方 Both")
    usual = page.evaluate(SIZES)
    page.get_by_role("button", name="両方 Both", exact=True).focus()
    page.keyboard.press("Tab")
    assert "Larger type" in page.evaluate("() => document.activeElement.textContent")
    page.keyboard.press("Space")
    page.wait_for_selector(".lstm-page[data-type=large]", state="attached")
    large = page.evaluate(SIZES)
    assert all(large[part] >= 1.4 * usual[part] for part in usual if part != "figure"), (usual, large)
    room = page.evaluate("() => document.querySelector('.jp-OutputArea-output:has(img)').clientWidth")
    assert large["figure"] > usual["figure"] and large["figure"] > 0.95 * room
    wide = "() => [...document.querySelectorAll('.jp-Notebook')][0].scrollWidth <= [...document.querySelectorAll('.jp-Notebook')][0].clientWidth + 1"
    assert page.evaluate(wide)
    other = open_notebook("00_start_here")
    other.run_all()
    other.page.wait_for_selector(".lstm-page[data-type=large]", state="attached")
    other.page.get_by_role("button", name="Larger type").click()
    other.page.wait_for_selector(".lstm-page[data-type=usual]", state="attached")


def test_text_is_set_in_lines_one_can_read(loading):
    """Lines of at most 45 Japanese or about 80 Latin letters, code in a box, tables at the left edge."""
    page = loading.page
    page.set_viewport_size({"width": 1600, "height": 900})
    loading.choose_language("両方 Both")
    ems = """language => Math.max(...[...document.querySelectorAll(`.jp-MarkdownOutput [lang=${language}] > p`)].map(p =>
      p.getBoundingClientRect().width / parseFloat(getComputedStyle(p).fontSize)))"""
    assert 40 < page.evaluate(ems, "ja") <= 45.1 and 38 < page.evaluate(ems, "en") <= 42.1
    box = "() => { const style = getComputedStyle(document.querySelector('.jp-MarkdownOutput pre')); return [style.borderTopWidth, style.paddingLeft]; }"
    border, padding = page.evaluate(box)
    assert border == "1px" and float(padding.removesuffix("px")) > 8


def test_the_contents_pane_follows_a_heading_that_the_reader_changes(loading):
    loading.choose_language("English")
    wait_for_contents(loading, "01 Data loading")
    page = loading.page
    page.locator(".jp-MarkdownCell h1").first.dblclick()
    page.locator(".jp-MarkdownCell .cm-content").first.click()
    page.keyboard.press("Control+Home")
    page.keyboard.press("End")
    for _ in range(len("Data loading</span>")):
        page.keyboard.press("ArrowLeft")
    page.keyboard.type("My ")
    page.keyboard.press("Control+Enter")
    wait_for_contents(loading, "01 My Data loading")
    loading.choose_language("日本語")
    wait_for_contents(loading, "01 データの読み込み")
