"""What a reader does in JupyterLab: run everything, switch the language, move sliders, stop, reload, restart."""

import re

import pytest
from accessibility import NOTEBOOK, barriers
from lab import NOTEBOOK_FILES, NOTEBOOKS, PANEL, PICTURE, SHEETS
from reading import run_in_both_languages

SIZES = {"a projector": (1280, 720), "a narrow window": (800, 720), "a projector at 150%": (853, 480)}
SLIDERS = {  # one slider of each panel beside the playground of step 05, which has tests of its own
    "02_windowing": ["window"],
    "04_training_loop": ["learning rate"],
    "06_beyond_the_lag": ["seed"],
    "08_uncertainty": ["origin"],
    "09_many_columns": ["quantile"],
    "10_many_series": ["origin"],
    "11_leakage": ["seed"],
    "12_backtest_and_search": ["seed"],
    "13_amazon_project": ["horizon"],
}


@pytest.mark.parametrize("name", [name for name in NOTEBOOKS + SHEETS if name != "05_validation"])
def test_run_all_without_an_error_in_one_language_and_move_a_slider(open_notebook, reader_chose, name):
    """Once in Japanese, once in English: no word of the other is on the page (tests/browser/reading.py says which may)."""
    reader_chose("ja")
    notebook = open_notebook(name)
    assert run_in_both_languages(notebook) == {"ja": [], "en": [], "errors": []}
    assert notebook.page.locator(".jp-Notebook img:not([alt])").count() == 0
    check_barriers(notebook)
    width, height = SIZES["a projector"]
    notebook.page.set_viewport_size({"width": width, "height": height})
    assert notebook.cut_code() == []
    if name not in SLIDERS:
        return
    notebook.resize(*SIZES["a projector"])
    height = notebook.height()
    for slider in SLIDERS[name]:
        notebook.press(slider, "ArrowRight")
    if notebook.page.locator(".widget-checkbox").count():
        notebook.tick()
    assert notebook.errors() == [] and notebook.page.get_by_role("alert").count() == 0
    assert notebook.height() == height
    check_sizes(notebook)


def check_barriers(notebook):
    """axe-core finds nothing serious in what the notebook shows, light and dark."""
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        notebook.theme(theme)
        assert barriers(notebook.page, NOTEBOOK) == [], theme


def check_sizes(notebook):
    """The panel whole on a projector, and nothing of it cut in any size."""
    for size, (width, height) in SIZES.items():
        notebook.resize(width, height)
        assert notebook.cut_off() == [], size
        if size == "a projector":
            assert notebook.below_the_fold() == []


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
    assert "order of the dates: from old to new" in other.page.locator(".jp-Notebook").text_content()

    other.choose_language("両方 Both")
    other.page.wait_for_function(
        "() => getComputedStyle(document.querySelector('.jp-Notebook [lang=ja]')).display !== 'none'"
    )
    assert other.visible("ja") == other.visible("en") > 5


def test_a_question_is_answered_by_keyboard_kept_and_taken_up(open_notebook, reader_chose):
    """After Run All too: the line under the result and the one at the head follow a late choice; it stays when all is run again."""
    reader_chose("en")
    notebook = open_notebook("02_windowing")
    notebook.run_all()
    question = notebook.page.locator(".lstm-ask").first
    choice = question.get_by_role("radio", name="4", exact=True)
    choice.focus()
    notebook.page.keyboard.press("Space")
    recalled = notebook.page.locator(".lstm-recall[lang=en]").first
    recalled.get_by_text("As you expected: 4").wait_for(state="attached")
    line = notebook.page.locator(".lstm-progress[lang=en]").first
    assert "1 of 3" in line.text_content()
    notebook.run_all()
    assert notebook.page.locator(".lstm-ask").first.get_by_role("radio", name="4", exact=True).is_checked()
    assert notebook.errors() == []


def test_step_05_runs_without_an_error_in_one_language(playground):
    assert playground.strangers == {"ja": [], "en": [], "errors": []}
    assert playground.page.locator(".jp-Notebook img:not([alt])").count() == 0
    check_barriers(playground)


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


def test_a_screen_reader_hears_a_new_verdict(playground):
    heard, verdict = (
        playground.page.get_by_role("status").and_(playground.page.locator(".lstm-heard")),
        f"{PANEL} .lstm-verdict",
    )
    before = heard.text_content()
    playground.press("hidden size", "ArrowLeft")
    assert heard.text_content() == playground.page.locator(verdict).inner_text() != before


def test_five_seeds_and_the_ledger_as_csv(playground):
    runs = int(playground.ledger()[0][0])
    playground.page.get_by_role("button", name=re.compile("five seeds")).press("Enter")
    playground.page.wait_for_function(f"() => document.querySelector('{PANEL} a').textContent.includes('({runs + 5})')")
    playground.toggle("table 1")
    with playground.page.expect_download() as download:
        playground.page.locator(f"{PANEL} a").click()
    playground.toggle("table 1")
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert download.value.suggested_filename == "runs.csv" and len(text.splitlines()) == 1 + runs + 5
    assert text.startswith("run,series,window")


def test_the_playground_is_whole_in_any_size_and_its_height_stays(playground):
    check_sizes(playground)
    for width, height in SIZES.values():
        playground.resize(width, height)
        heights = {playground.height()}
        for move in range(10 if width == 1280 else 2):
            playground.press("seed", "ArrowLeft" if move % 2 else "ArrowRight")
            heights.add(playground.height())
        assert len(heights) == 1
    playground.resize(1300, 1000)


def test_the_tab_key_visits_every_control_once_and_no_readout(playground):
    playground.press("seed", "ArrowRight")  # so that there is something to reset
    playground.page.get_by_role("combobox", name=re.compile("series")).focus()
    names = []
    for _ in range(13):  # as far as the last folded part
        names.append(
            playground.page.evaluate(
                "() => { const e = document.activeElement;"
                " return e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.title || e.textContent; }"
            )
        )
        assert "readout" not in playground.page.evaluate("() => document.activeElement.className")
        playground.page.keyboard.press("Tab")
    wanted = ["series", "window", "hidden size", "layers", "cell", "epochs", "seed", "reset", "five seeds", "keep as A"]
    places = [[place for place, name in enumerate(names) if name.endswith(want)] for want in wanted]
    assert all(len(found) == 1 for found in places) and sorted(places) == places, " | ".join(names)


def test_a_move_is_acknowledged_before_the_picture_comes(playground):
    playground.page.evaluate(f"""() => {{
      window.told = new Promise(resolve => {{
        const observer = new MutationObserver(() => {{
          if (!document.querySelector('{PANEL} .lstm-working')) return;
          observer.disconnect();
          resolve(performance.now());
        }});
        observer.observe(document.querySelector('{PANEL}'), {{childList: true, subtree: true}});
      }});
    }}""")
    seconds = playground.press("seed", "ArrowRight")
    told = playground.page.evaluate("async () => (await window.told - window.pressed) / 1000")
    assert told < min(seconds, 1.0)  # a guard for busy machines; measure.py has the real figures


def test_what_the_reader_has_opened_stays_open_and_the_code_is_copied(playground):
    page = playground.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for fold in ("table 1", "code"):
        playground.toggle(fold)
    playground.press("seed", "ArrowRight")
    assert page.locator(f"{PANEL} details").evaluate_all("folds => folds.map(fold => fold.open)") == [False, True, True]
    seed = playground.ledger()[0][3]
    page.locator(f"{PANEL} .lstm-copy").press("Enter")
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert f"for seed in [{seed}]:" in copied and copied.startswith("import numpy as np\n")
    for fold in ("table 1", "code"):
        playground.toggle(fold)


def test_a_run_is_kept_as_a_and_stands_beside_the_next_one(playground):
    page = playground.page
    page.get_by_role("button", name=re.compile("keep as A")).press("Enter")
    page.wait_for_selector(".lstm-pair img")
    playground.press("window", "ArrowRight")
    assert page.locator(".lstm-pair img").count() == 2
    heads = page.locator(f"{PANEL} .lstm-table").first.locator("thead th").all_inner_texts()
    assert any("window" in head for head in heads) and any("RMSE" in head for head in heads)
    for width, height in SIZES.values():
        playground.resize(width, height)
        assert playground.cut_off() == []
    playground.resize(1300, 1000)
    page.get_by_role("button", name=re.compile("drop A")).press("Enter")
    page.wait_for_selector(".lstm-pair", state="detached")


def test_the_language_switch_relabels_the_panel_at_once(playground):
    page, runs = playground.page, playground.ledger()[0][0]
    for language, label, other in (
        ("English", "hidden size", "[\u3040-\u30ff\u4e00-\u9fff]"),
        ("日本語", "隠れ状態の次元数", "forecast|look|scores|reset"),
    ):
        playground.choose_language(language)
        page.wait_for_function(
            "([panel, words]) => ['controls', 'view'].every("
            "part => !document.querySelector(`${panel} .lstm-${part}`).innerText.match(words))",
            arg=[PANEL, other],
        )
        page.get_by_role("slider", name=label, exact=True).wait_for()
        assert not re.search(other, " ".join(page.locator(f"{PANEL} summary").all_inner_texts()))
    playground.choose_language("両方 Both")
    page.wait_for_function(
        "panel => document.querySelector(`${panel} .lstm-verdict`).textContent.match(/forecast/)", arg=PANEL
    )
    assert playground.ledger()[0][0] == runs  # nothing was trained for it


def all_to(notebook, key):
    """Home or End on hidden size, layers and epochs: the smallest model, or one that takes many seconds."""
    for label in ("hidden size", "layers", "epochs"):
        notebook.slider(label).focus()
        notebook.page.keyboard.press(key)


def long_run(notebook):
    all_to(notebook, "End")
    notebook.page.locator(f"{PANEL} .lstm-stop").wait_for(state="visible")


def test_a_long_run_can_be_stopped_and_keeps_the_picture(playground):
    sizes = [playground.slider(label).get_attribute("aria-valuenow") for label in ("hidden size", "layers", "epochs")]
    height, picture = playground.height(), playground.page.locator(PICTURE)
    long_run(playground)
    source, newest = picture.get_attribute("src"), playground.ledger()[0]
    playground.page.get_by_role("button", name=re.compile("stop$")).click()
    playground.page.get_by_text(re.compile("Stopped at")).first.wait_for()
    assert picture.get_attribute("src") == source and playground.ledger()[0] == newest and playground.height() == height
    for column, label, before in zip((5, 6, 4), ("hidden size", "layers", "epochs"), sizes, strict=True):
        now = playground.slider(label).get_attribute("aria-valuenow")
        assert float(now) == float(newest[column]), (label, before)  # what the picture shows


def test_a_setting_changed_meanwhile_wins(playground):
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
