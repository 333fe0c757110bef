"""Step 11: a report says every finding in the reader's language, and its states differ in colour, sign and word in both themes."""

import re
import sys
from pathlib import Path

import pytest

from helpers.leakage import TRIPWIRES, Finding, Report, suite
from helpers.leakage.cards import STATES

FOUND = [
    Finding("skill_without_target", None, "数では<ない>", "not a <number>"),
    Finding("future_changes_past", True, "動いた", "moved"),
]
THEMES = Path(sys.prefix) / "share/jupyter/lab/themes/@jupyterlab"


@pytest.mark.parametrize(
    ("language", "first"),
    [
        ("ja", "見かけ\n[検知] future_changes_past\n    動いた\n"),
        ("en", "apparent\n[FIRED] future_changes_past\n    moved\n"),
        ("both", "見かけ\napparent\n[検知 / FIRED] future_changes_past\n    動いた\n    moved\n"),
    ],
)
def test_a_terminal_gets_lines_in_the_language_in_force(language, first, monkeypatch):
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", language)
    assert repr(Report(FOUND, "見かけ", "apparent")).startswith(first)
    assert repr(Report(iter(FOUND))) == repr(Report(FOUND))  # a generator, as of `suite`, is read once


def test_a_page_gets_a_card_for_each_tripwire_in_both_languages():
    page = Report(FOUND, "見かけ", "apparent").to_html()
    assert page == Report(FOUND, "見かけ", "apparent")._repr_html_()
    assert re.findall(r"<code>(\w+)</code>", page.replace("<wbr>", "")) == list(TRIPWIRES)
    assert re.findall(r'<div class="(\w+)" style', page) == ["fired", "untold", "untold", "untold"]
    for ja, en in (
        ("見かけ", "apparent"),
        ("検知", "FIRED"),
        ("動いた", "moved"),
        ("数では&lt;ない&gt;", "not a &lt;number&gt;"),
    ):
        assert f'lang="ja">{ja}<' in page and f'lang="en">{en}<' in page


def test_what_was_not_tried_says_which_part_it_wants():
    values = [100.0, 101, 103, 102, 105, 104]
    tried = list(suite(values, 2, forecast=lambda values, test: values[-test - 1 : -1], cuts=1))
    report = Report(tried)
    assert [finding.fired for finding in report.findings] == [False, None, None, None]
    for finding, part in zip(report.findings[1:], ("statistics", "evaluation", "score"), strict=True):
        assert part in finding.ja and part in finding.en


def test_every_part_that_a_card_names_is_an_argument_of_the_suite():
    for part, _ in TRIPWIRES.values():
        assert part in suite.__annotations__


def test_states_differ_in_colour_sign_and_word():
    for kind in zip(*STATES.values(), strict=True):
        assert len(set(kind)) == 3


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2) of #rgb or #rrggbb."""
    digits = colour.lstrip("#")
    digits = digits if len(digits) == 6 else "".join(2 * digit for digit in digits)
    parts = [int(digits[k : k + 2], 16) / 255 for k in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_signs_and_edges_stand_out_in_the_themes_of_jupyterlab(theme):
    css = (THEMES / f"theme-{theme}-extension/index.css").read_text(encoding="utf-8")
    named = {"white": "#fff", "rgba(0,0,0,.54)": "#757575", "rgba(255,255,255,.7)": "#b8b8b8"}  # laid over the page

    def colour(variable: str) -> str:
        value = re.search(rf"{variable}:((?:var\(.+?\)|rgba\(.+?\)|[^;}}]+))[;}}]", css)[1]
        value = named.get(value, value)
        return re.search(r"#\w+", value)[0]

    page = luminance(colour("--jp-layout-color0"))
    for _, _, state in STATES.values():
        low, high = sorted((page, luminance(colour(re.search(r"--[\w-]+", state)[0]))))
        assert (high + 0.05) / (low + 0.05) >= 3, (theme, state)
