"""The language switch: what it says, where the choice is kept, and what happens where it cannot be kept."""

import numpy as np
import pytest

from helpers import language


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


def test_the_switch_hides_the_other_language_and_remembers():
    buttons, style = language.switch().children
    assert buttons.value == "both" and style.value == "" and buttons.description and len(buttons.tooltips) == 3
    buttons.value = "ja"
    assert "[lang=en]," in style.value and "[lang=ja]," not in style.value and language.current() == "ja"
    buttons.value = "en"
    assert "[lang=ja]," in style.value and "[lang=en]," not in style.value and language.current() == "en"
    buttons.value = "both"
    assert style.value == "" and language.current() == "both"


def test_building_the_switch_chooses_nothing(settings):
    """To run a notebook, or a test, is not to choose a language."""
    language.switch()
    assert not settings.exists()
    buttons, _ = language.switch().children
    buttons.value = "en"
    assert settings.read_text(encoding="utf-8") == "en"
    settings.write_text("ja", encoding="utf-8")
    language.switch()
    assert settings.read_text(encoding="utf-8") == "ja"


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
    buttons, style = language.switch().children
    assert buttons.value == "en" and "[lang=ja]" in style.value


def test_errors_are_always_in_both_languages():
    language.remember("en")
    assert language.both("だめです", "no") == "だめです\nno"
