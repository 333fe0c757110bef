"""Japanese, English or both: the reader's choice, remembered for every notebook and after every restart."""

import os
from pathlib import Path

CHOICES = {"日本語": "ja", "English": "en", "両方 Both": "both"}


def _settings_file() -> Path:
    import platformdirs  # here and not above, so that the check of step 00 runs where nothing is installed

    return platformdirs.user_config_path("lstm-tutorial") / "language"


def current() -> str:
    """The language in force: "ja", "en" or "both".

    The environment variable LSTM_TUTORIAL_LANGUAGE goes before the remembered choice; with neither it is "both".
    """
    chosen = os.environ.get("LSTM_TUTORIAL_LANGUAGE", "")
    try:
        chosen = chosen or _settings_file().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError, ImportError):
        pass  # nothing chosen yet, or nothing that can be read
    return chosen if chosen in CHOICES.values() else "both"


def remember(language: str) -> None:
    """Make `language` ("ja", "en" or "both") the choice of every notebook, this one included."""
    if language not in CHOICES.values():
        raise ValueError(
            both(f"言語は ja、en、both のどれかです: {language!r}", f"the language is ja, en or both: {language!r}")
        )
    if os.environ.get("LSTM_TUTORIAL_LANGUAGE"):
        os.environ["LSTM_TUTORIAL_LANGUAGE"] = language
    try:
        _settings_file().parent.mkdir(parents=True, exist_ok=True)
        _settings_file().write_text(language, encoding="utf-8")
    except OSError:  # a read-only home: the choice holds for this kernel
        os.environ["LSTM_TUTORIAL_LANGUAGE"] = language


def text(ja: str, en: str, between: str = " / ") -> str:
    """The words of the language in force; under "both", the two with `between` in the middle, or once where they are equal."""
    return {"ja": ja, "en": en, "both": ja if ja == en else f"{ja}{between}{en}"}[current()]


def both(ja: str, en: str) -> str:
    """The two languages on two lines, whatever the choice: for error messages, which a helper by your side must read too."""
    return f"{ja}\n{en}"


def say(ja: str, en: str) -> None:
    """Print a sentence in the language in force, one line for each language."""
    print(text(ja, en, between="\n"))


def switch():
    """Three buttons that choose the language: text changes at once, figures and tables when they are drawn next.

    Returns a widget. It hides the other language by CSS on the `lang` attribute of the notebook's text, so the words
    themselves are never touched.
    """
    import ipywidgets as widgets  # here and not above, so that the helpers work where there is no notebook

    style = widgets.HTML()
    buttons = widgets.ToggleButtons(
        options=CHOICES,
        value=current(),
        description="言語 Language",
        tooltips=["日本語だけ", "English only", "両方 Both"],
    )

    def choose(_=None) -> None:
        other = {"ja": "en", "en": "ja"}.get(buttons.value)
        style.value = (
            f"<style>.jp-Notebook [lang={other}], .jp-OutputArea [lang={other}] {{display: none}}</style>"
            if other
            else ""
        )
        remember(buttons.value)

    class Switch(widgets.VBox):
        def _repr_mimebundle_(self, **kwargs) -> dict:
            """The buttons, and words in their place for pages without widgets: the web, an export, a notebook not yet run."""
            note = both("このセルを実行すると、言語を選ぶボタンが現れます。", "Run this cell for the buttons that choose the language.")
            return super()._repr_mimebundle_(**kwargs) | {"text/plain": note, "text/html": f"<em>{note}</em>".replace("\n", "<br>")}

    choose()
    buttons.observe(choose, "value")
    return Switch([buttons, style])
