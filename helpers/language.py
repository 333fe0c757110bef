"""Japanese, English or both: the reader's choice, remembered for every notebook and after every restart."""

import os
import weakref
from collections.abc import Callable, Iterable
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
    check_choice("language", language, CHOICES.values())
    if os.environ.get("LSTM_TUTORIAL_LANGUAGE"):
        os.environ["LSTM_TUTORIAL_LANGUAGE"] = language
    try:
        _settings_file().parent.mkdir(parents=True, exist_ok=True)
        _settings_file().write_text(language, encoding="utf-8")
    except OSError:  # a read-only home: the choice holds for this kernel
        os.environ["LSTM_TUTORIAL_LANGUAGE"] = language
    for follower in list(_followers):
        if follow := follower():
            follow()


_followers: list[weakref.WeakMethod] = []


def on_change(method: Callable[[], None]) -> None:
    """Call a bound method after each choice of a language, as long as its object lives: nothing is kept alive for it."""
    _followers.append(weakref.WeakMethod(method, _followers.remove))


def text(ja: str, en: str, between: str = " / ") -> str:
    """The words of the language in force; under "both", the two with `between` in the middle, or once where they are equal."""
    return {"ja": ja, "en": en, "both": ja if ja == en else f"{ja}{between}{en}"}[current()]


def both(ja: str, en: str) -> str:
    """The two languages on two lines, whatever the choice: for error messages, which a helper by your side must read too."""
    return f"{ja}\n{en}"


class BadInput(ValueError):
    """What a reader gave cannot be used; the message says why and what to do, in `ja` and in `en`."""

    def __init__(self, ja: str, en: str):
        super().__init__(both(ja, en))
        self.ja, self.en = ja, en


def check_whole(low: int = 1, **numbers: object) -> None:
    """Raise BadInput unless each of the named numbers is whole and at least `low`."""
    for name, number in numbers.items():
        if isinstance(number, bool) or not hasattr(number, "__index__") or number < low:
            raise BadInput(
                f"{name} は {low} 以上の整数にしてください: {number!r}",
                f"{name} must be a whole number of at least {low}: {number!r}",
            )


def check_choice(name: str, choice: object, choices: Iterable[str]) -> None:
    """Raise BadInput unless `choice` is one of `choices`; the message lists them."""
    if choice not in choices:
        raise BadInput(
            f"{name} は {'、'.join(choices)} のどれかです: {choice!r}",
            f"{name} is one of {', '.join(choices)}: {choice!r}",
        )


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

    def hide_the_other() -> None:
        other = {"ja": "en", "en": "ja"}.get(buttons.value)
        style.value = (
            f"<style>.jp-Notebook [lang={other}], .jp-OutputArea [lang={other}] {{display: none}}</style>"
            if other
            else ""
        )

    def choose(change: dict) -> None:  # only a click is remembered: to run a notebook is not to choose a language
        hide_the_other()
        remember(change["new"])

    class Switch(widgets.VBox):
        def _repr_mimebundle_(self, **kwargs) -> dict:
            """The buttons, and words in their place for pages without widgets: the web, an export, a notebook not yet run."""
            note = both(
                "このセルを実行すると、言語を選ぶボタンが現れます。",
                "Run this cell for the buttons that choose the language.",
            )
            return super()._repr_mimebundle_(**kwargs) | {
                "text/plain": note,
                "text/html": f"<em>{note}</em>".replace("\n", "<br>"),
            }

    hide_the_other()
    buttons.observe(choose, "value")
    return Switch([buttons, style])
