"""What a reader does in JupyterLab: run everything, switch the language, move sliders, stop, reload, restart."""

import re

import pytest
from lab import NOTEBOOK_FILES, NOTEBOOKS, PANEL
from reading import run_in_both_languages

SLIDERS = {  # one slider of each panel beside the playground of step 05, which has tests of its own
    "02_windowing": ["window"],
    "04_training_loop": ["learning rate"],
    "06_beyond_the_lag": ["seed"],
    "08_uncertainty": ["origin"],
    "09_many_columns": ["level"],
    "11_leakage": ["seed"],
    "12_backtest_and_search": ["seed"],
    "13_amazon_project": ["horizon"],
}


@pytest.mark.parametrize("name", [name for name in NOTEBOOKS if name != "05_validation"])
def test_run_all_without_an_error_in_one_language_and_move_a_slider(open_notebook, reader_chose, name):
    """Once in Japanese, once in English: no word of the other is on the page (tests/browser/reading.py says which may)."""
    reader_chose("ja")
    notebook = open_notebook(name)
    assert run_in_both_languages(notebook) == {"ja": [], "en": [], "errors": []}
    assert notebook.page.locator(".jp-Notebook img:not([alt])").count() == 0
    for slider in SLIDERS.get(name, []):
        notebook.press(slider, "ArrowRight")
    if notebook.page.locator(".widget-checkbox").count():
        notebook.tick()
    if name in SLIDERS:
        assert notebook.errors() == [] and notebook.page.get_by_role("alert").count() == 0


def test_every_panel_of_a_later_step_is_moved():
    with_panels = {
        path.stem for path in NOTEBOOK_FILES if re.search(r"helpers\.panels\.", path.read_text(encoding="utf-8"))
    }
    assert with_panels == SLIDERS.keys() | {"05_validation"}


def test_the_language_switch_acts_at_once_both_ways_and_is_remembered(open_notebook):
    notebook = open_notebook("00_start_here")
    notebook.run_all()
    for name, shown, gone in (("日本語", "ja", "en"), ("English", "en", "ja")):
        notebook.choose_language(name)
        notebook.wait_until_hidden(gone)
        assert notebook.visible(gone) == 0 and notebook.visible(shown) > 5

    other = open_notebook("01_data_loading")
    other.run_all()
    assert other.visible("ja") == 0 and other.visible("en") > 5
    assert "dates rise: True" in other.page.locator(".jp-Notebook").text_content()

    other.choose_language("両方 Both")
    other.page.wait_for_function(
        "() => getComputedStyle(document.querySelector('.jp-Notebook [lang=ja]')).display !== 'none'"
    )
    assert other.visible("ja") == other.visible("en") > 5


def test_step_05_runs_without_an_error_in_one_language(playground):
    assert playground.strangers == {"ja": [], "en": [], "errors": []}
    assert playground.page.locator(".jp-Notebook img:not([alt])").count() == 0


def test_every_control_has_an_accessible_name(playground):
    for label in ("window", "hidden size", "layers", "epochs", "seed"):
        assert playground.slider(label).count() == 1
    for label in ("series", "cell"):
        assert playground.page.get_by_role("combobox", name=re.compile(label)).count() == 1
    assert playground.page.get_by_role("button", name=re.compile("five seeds")).count() == 1


@pytest.mark.parametrize(("label", "column"), [("window", 2), ("hidden size", 5), ("epochs", 4), ("seed", 3)])
def test_sliders_by_keyboard_give_new_numbers(playground, label, column):
    before = playground.ledger()[0]
    seconds = playground.press(label, "ArrowRight")
    now = playground.ledger()[0]
    assert int(now[0]) == int(before[0]) + 1 and int(now[column]) == int(before[column]) + 1
    assert now[8] != before[8] or label == "epochs"  # RMSE; one epoch more changes nothing where training has converged
    assert seconds < 4  # a guard for busy machines; measure.py has the real figures


def test_five_seeds_and_the_ledger_as_csv(playground):
    runs = int(playground.ledger()[0][0])
    playground.page.get_by_role("button", name=re.compile("five seeds")).press("Enter")
    playground.page.wait_for_function(f"() => document.querySelector('{PANEL} a').textContent.includes('({runs + 5})')")
    with playground.page.expect_download() as download:
        playground.page.locator(f"{PANEL} a").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert download.value.suggested_filename == "runs.csv" and len(text.splitlines()) == 1 + runs + 5
    assert text.startswith("run,series,window")


def all_to(notebook, key):
    """Home or End on hidden size, layers and epochs: the smallest model, or one that takes many seconds."""
    for label in ("hidden size", "layers", "epochs"):
        notebook.slider(label).focus()
        notebook.page.keyboard.press(key)


def long_run(notebook):
    all_to(notebook, "End")
    notebook.page.wait_for_function(
        "() => [...document.querySelectorAll('.widget-hprogress')].some(bar => getComputedStyle(bar).visibility === 'visible')"
    )


def test_a_long_run_can_be_stopped_and_keeps_the_picture(playground):
    long_run(playground)
    source = playground.page.locator(f"{PANEL} img").get_attribute("src")
    runs = playground.ledger()[0][0]
    playground.page.get_by_role("button", name=re.compile("stop$")).click()
    playground.page.get_by_text(re.compile("Stopped at")).first.wait_for()
    assert playground.page.locator(f"{PANEL} img").get_attribute("src") == source and playground.ledger()[0][0] == runs


def test_a_setting_changed_meanwhile_wins(playground):
    playground.slider("seed").focus()
    playground.page.keyboard.press("ArrowRight")  # the long run again
    long_run(playground)
    all_to(playground, "Home")
    playground.wait_for_newest(["1", "1", "1"], columns=(4, 5, 6))
    assert ["60", "100", "3"] not in [row[4:7] for row in playground.ledger()]  # the long run was never finished


def test_reload_and_restart(playground):
    playground.menu("File", "Save Notebook")
    playground.page.reload(wait_until="domcontentloaded")
    playground.wait_until_ready()
    assert playground.errors() == []
    playground.menu("Edit", "Clear Outputs of All Cells")
    playground.menu("Kernel", "Restart Kernel and Run All Cells")
    playground.confirm()
    playground.wait_until_run()
    assert playground.errors() == [] and len(playground.ledger()) == 1
    playground.press("seed", "ArrowRight")
    assert len(playground.ledger()) == 2
