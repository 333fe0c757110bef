"""The language switch: what it says, where the choice is kept, and what happens where it cannot be kept."""

import gc
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers import language
from helpers.language.tables import significant, table_html
from helpers.language.words import WORDS, words


@pytest.fixture(autouse=True)
def settings(tmp_path, monkeypatch):
    monkeypatch.delenv("LSTM_TUTORIAL_LANGUAGE")
    monkeypatch.setattr(language, "_settings_file", lambda: tmp_path / "folder" / "language")
    return tmp_path / "folder" / "language"


def test_both_languages_until_one_is_chosen(capsys):
    assert language.current() == "both" and language.text("窓", "window") == "窓 / window"
    language.say("こんにちは", "hello")
    assert capsys.readouterr().out == "こんにちは\nhello\n"


@pytest.mark.parametrize(("choice", "word"), [("ja", "窓"), ("en", "window"), ("both", "窓 / window")])
def test_a_choice_is_remembered_on_disk(choice, word, settings):
    language.remember(choice)
    assert settings.read_text(encoding="utf-8") == choice and language.text("窓", "window") == word


@pytest.mark.parametrize("content", [b"", b"klingon", b"\xff\xfe\x00"])
def test_a_damaged_choice_counts_as_none(content, settings):
    settings.parent.mkdir()
    settings.write_bytes(content)
    assert language.current() == "both"


def test_a_home_that_cannot_be_written_keeps_the_choice_for_this_kernel(settings, monkeypatch):
    settings.parent.write_text("a file where the folder should be")
    monkeypatch.setenv("LSTM_TUTORIAL_LANGUAGE", "")  # so that the change is undone after the test
    language.remember("en")
    assert language.current() == "en"


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="'fr'"):
        language.remember("fr")


def shown(page):
    """What the page is told: (language, type)."""
    return re.search(r'data-language="(\w+)" data-type="(\w+)"', page.value).groups()


def test_the_switch_says_what_to_hide_and_remembers():
    buttons, large, page = language.switch().children
    assert buttons.value == "both" and shown(page) == ("both", "usual")
    assert buttons.description and len(buttons.tooltips) == 3
    for choice, name in (("ja", "大きな文字"), ("en", "Larger type"), ("both", "大きな文字 Larger type")):
        buttons.value = choice
        assert shown(page) == (choice, "usual") and language.current() == choice and large.description == name


def test_building_the_switch_chooses_nothing(settings):
    """To run a notebook, or a test, is not to choose a language."""
    language.switch()
    assert not settings.exists()
    buttons, *_ = language.switch().children
    buttons.value = "en"
    assert settings.read_text(encoding="utf-8") == "en"
    settings.write_text("ja", encoding="utf-8")
    language.switch()
    assert settings.read_text(encoding="utf-8") == "ja"


def test_larger_type_is_remembered_like_the_language():
    for chosen in (True, False):
        _, large, page = language.switch().children
        large.value = chosen
        assert shown(page) == ("both", "large" if chosen else "usual")
        _, again, page = language.switch().children
        assert again.value is chosen and shown(page)[1] == ("large" if chosen else "usual")


def test_larger_type_where_the_home_cannot_be_written(settings):
    settings.parent.write_text("a file where the folder should be")
    _, large, page = language.switch().children
    large.value = True
    assert shown(page) == ("both", "large")  # on this page at least
    assert language.switch().children[1].value is False


def test_every_rule_of_the_page_keeps_to_notebooks_with_the_switch():
    """A reader's other notebooks must not change: every selector asks for the switch."""
    css = Path(language.__file__).with_name("page.css").read_text(encoding="utf-8")
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    assert css.count("{") == css.count("}") > 10
    for selectors in re.findall(r"([^{}]+)\{", css):
        for selector in re.split(r",(?![^(]*\))", selectors):
            assert ":has(.lstm-page" in selector or ".lstm-switch" in selector, selector


def test_who_follows_is_told_and_not_kept_alive():
    class Follower:
        def __init__(self):
            self.heard = []

        def hear(self):
            self.heard.append(language.current())

    follower, other = Follower(), Follower()
    language.on_change(follower.hear)
    language.on_change(other.hear)
    language.remember("en")
    del other
    gc.collect()
    language.remember("ja")
    assert follower.heard == ["en", "ja"]


def test_checks_name_the_setting_and_the_way_out():
    language.check_whole(window=1, horizon=np.int64(3))
    for wrong in (0, 1.5, True, "3", None):
        with pytest.raises(language.BadInput, match="window は 1 以上の整数(.|\n)*window must be a whole number"):
            language.check_whole(window=wrong)
    language.check_choice("cell", "gru", ["lstm", "gru"])
    with pytest.raises(language.BadInput, match="cell は lstm、gru のどれか(.|\n)*cell is one of lstm, gru: 'rnn'"):
        language.check_choice("cell", "rnn", ["lstm", "gru"])


def test_pages_without_widgets_get_a_note():
    bundle = language.switch()._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert (
        "ボタン" in bundle["text/html"]
        and "Run this cell" in bundle["text/html"]
        and "VBox" not in bundle["text/plain"]
    )


def test_a_new_notebook_starts_with_the_choice():
    language.remember("en")
    buttons, large, page = language.switch().children
    assert buttons.value == "en" and large.description == "Larger type" and shown(page) == ("en", "usual")


def test_errors_are_always_in_both_languages():
    language.remember("en")
    assert language.both("だめです", "no") == "だめです\nno"


# Names and tables


@pytest.mark.parametrize(
    ("name", "ja", "en"),
    [
        ("skill", "スキル", "skill"),
        ("hidden_size", "隠れ状態の次元数", "hidden size"),
        ("lag 3", "ラグ 3", "lag 3"),
        ("2014 Q1", "2014 年第 1 四半期", "2014 Q1"),
        ("LSTM, 10 epochs", "LSTM、10 エポック", "LSTM, 10 epochs"),
        ("LSTM: change, day", "LSTM: 変化、日", "LSTM: change, day"),
    ],
)
def test_names_are_known_in_both_languages(name, ja, en):
    assert words(name) == (ja, en)
    for choice, word in (("ja", ja), ("en", en)):
        language.remember(choice)
        assert language.named(name) == word


@pytest.mark.parametrize("name", ["my column", "Close", "skill, mine", "lag x", "a{b} 3", "low, high = 1", ""])
def test_a_readers_own_name_stays(name):
    assert words(name) == (name, name) and language.named(name) == name


def test_every_word_is_japanese_here_and_english_there():
    japanese = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uff00-\uffef]")
    for ja, en in WORDS.values():
        assert not japanese.search(en) and ja.count("#") == en.count("#")
        assert japanese.search(ja) or ja == en  # a name such as LSTM is the same in both


def cells(html):
    """The rows of a table, each a list of the texts of its cells; both languages as "ja|en"."""
    html = html.replace('<span lang="ja">', "").replace('</span><span> / </span><span lang="en">', "|")
    rows = re.findall(r"<tr.*?</tr>", html.replace("</span>", ""), flags=re.DOTALL)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, flags=re.DOTALL) for row in rows]


def test_a_table_holds_both_languages_so_that_the_switch_acts_at_once():
    index = pd.MultiIndex.from_tuples(
        [("sine", "naive"), ("sine", "mine"), ("<b>", "linear")], names=["series", "baseline"]
    )
    table = pd.DataFrame({"skill": [0.5, np.nan, -0.0001], "my own": ["level", "<i>", None]}, index).round(3)
    assert cells(table_html(table)) == [
        ["", "", "スキル|skill", "my own"],
        ["系列|series", "ベースライン|baseline", "", ""],
        ["正弦波|sine wave", "ナイーブ予測|naive", "0.5", "水準|level"],
        ["mine", "–", "&lt;i&gt;"],
        ["&lt;b&gt;", "線形回帰|linear", "0.0", "–"],
    ]
    assert table.columns.tolist() == ["skill", "my own"]  # the table itself is as it was


@pytest.mark.parametrize(
    ("numbers", "written"),
    [
        ([51500000.0, 143500000.0], ["51,500,000", "143,500,000"]),
        ([31386.40, 27575.57], ["31,386.40", "27,575.57"]),
        ([2021.0, 2022.0], ["2021", "2022"]),
        ([7424.7, 83.2], ["7,424.7", "83.2"]),
        ([0.125, -0.0], ["0.125", "0.000"]),
        ([0.0012842388823628426, 0.0018350768368691206], ["0.001284", "0.001835"]),
        ([1 / 3, 1000 / 3], ["0.3", "333.3"]),
        ([1e-9, 1.06e153], ["1e-09", "1.06e+153"]),
        ([np.nan, np.inf], ["–", "inf"]),
        (np.array([0.1, 0.25], dtype=np.float32), ["0.10", "0.25"]),
        ([1, 2], ["1", "2"]),
        ([True, False], ["True", "False"]),
        (pd.array([12345, None], dtype="Int64"), ["12,345", "–"]),
        ([], []),
    ],
)
def test_numbers_as_people_write_them(numbers, written):
    html = table_html(pd.DataFrame({"x": numbers}))
    assert [row[1] for row in cells(html)[1:]] == written


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ((530.997,), "531.0"),
        ((531.0,), "531"),
        ((27575.57,), "27,576"),
        ((1234567.8, 3), "1,234,568"),
        ((9.9996,), "10.00"),
        ((0.00128424,), "0.001284"),
        ((-0.25, 3, "+"), "-0.250"),
        ((12.0, 4, "+"), "+12"),
        ((0.0,), "0"),
        ((float("nan"),), "nan"),
    ],
)
def test_significant_digits_without_an_exponent(number, written):
    assert significant(*number) == written


@pytest.mark.parametrize(
    ("p", "written"),
    [
        ([1.2e-9, 0.0348173], ["&lt;&nbsp;0.00001", "0.03482"]),
        ([0.0, 0.0073, np.nan], ["&lt;&nbsp;0.0001", "0.0073", "–"]),
        ([0.0, 1.0], ["&lt;&nbsp;0.001", "1.000"]),
    ],
)
def test_a_p_value_is_never_written_as_zero(p, written):
    """Rounded by the cell to four places or fewer, or not at all."""
    html = table_html(pd.DataFrame({"Holm p": p, "skill": 0.0}))
    assert [row[1:] for row in cells(html)[1:]] == [[one, "0"] for one in written]
    unstacked = table_html(pd.DataFrame({("Holm p", "naive"): p}))
    assert [row[-1] for row in cells(unstacked)[-len(p) :]] == written


def test_a_series_is_a_table_with_one_column():
    prices = pd.Series([2.7576, 2.8], pd.DatetimeIndex(["2021-01-04", "2021-01-05"], name="Date"), name="Open")
    assert cells(table_html(prices)) == [["Date", "Open"], ["2021-01-04", "2.7576"], ["2021-01-05", "2.8000"]]
    assert cells(table_html(pd.Series({"naive": 1.5}))) == [["", ""], ["ナイーブ予測|naive", "1.5"]]


def test_names_above_the_columns_stay_there():
    table = pd.DataFrame({1: [3.0], "mean": [4.5]}, index=["drift"]).rename_axis(columns="step")
    assert cells(table_html(table)) == [["何期先|steps ahead", "1", "平均|mean"], ["ドリフト予測|drift", "3", "4.5"]]
    wide = pd.concat({"training": table, "test": table}, axis=1)
    assert cells(table_html(wide))[0] == ["", "学習部分|training", "テスト部分|test"]


def test_a_long_table_is_cut_as_pandas_cuts_it():
    rows = cells(table_html(pd.DataFrame({"x": np.arange(1000.0)})))
    assert len(rows) == 1 + 11 and rows[1] == ["0", "0"] and rows[-1] == ["999", "999"]
    assert "1000 rows" in table_html(pd.DataFrame({"x": np.arange(1000.0)}))


@pytest.mark.parametrize(
    ("option", "value", "rows"),
    [
        ("display.max_rows", None, 1000),
        ("display.max_rows", 0, 1000),
        ("display.max_rows", 4, 4 + 1),
        ("display.min_rows", None, 60 + 1),
        ("display.max_columns", None, 10 + 1),
    ],
)
def test_a_table_follows_the_options_of_pandas(option, value, rows):
    """None, which many notebooks set, shows everything; a cut table has one row of dots more."""
    with pd.option_context(option, value):
        html = table_html(pd.DataFrame({"x": np.arange(1000.0)}))
    assert len(cells(html)) == 1 + rows and ("1000 rows" in html) == (rows < 1000)


def test_in_a_notebook_the_switch_makes_tables_follow():
    """A cell that ends with a plain pandas table shows it so, and its plain text is pandas' own."""
    code = """
from IPython.core.interactiveshell import InteractiveShell
import pandas as pd, json
shell = InteractiveShell.instance()
from helpers.language import switch
before = shell.display_formatter.format(pd.Series({"naive": 1.5}))[0]
switch()
print(json.dumps([before, *(shell.display_formatter.format(t)[0] for t in (pd.Series({"naive": 1.5}), pd.DataFrame({"skill": [1]})))]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[1])
    before, series, frame = json.loads(done.stdout.splitlines()[-1])
    assert "text/html" not in before and "ナイーブ予測" in series["text/html"] and "スキル" in frame["text/html"]
    assert series["text/plain"] == before["text/plain"] and "スキル" not in frame["text/plain"]
