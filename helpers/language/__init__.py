"""Japanese, English or both: the reader's choice, remembered for every notebook and after every restart.

The words of tables and figures stand in words.py, how tables are shown in tables.py, the look of the page in page.css.
"""

import os
import weakref
from collections.abc import Callable, Iterable
from pathlib import Path

from helpers.language.words import words  # public: figures name a thing in both languages

UNINSTALLED = (
    "教材のパッケージが入っていません。教材のフォルダーで make lab を実行し、そこで開いた JupyterLab を使ってください。",
    "The tutorial's packages are not installed here. Run make lab in its folder, and use the JupyterLab that it opens.",
)
# Shown where CSS cannot reach the text of the notebook: page.css hides it in JupyterLab.
ELSEWHERE = (
    "この画面（VS Code、Colab など）では、説明文は両方の言語で表示されます。図と表示文は、選んだ言語になります。",
    "On this page (VS Code, Colab and others) the text stays in both languages. Figures and printed lines follow the choice.",
)
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


def named(name: str) -> str:
    """What a name in a table, of a curve or of a series is called in the language in force; a reader's own name stays."""
    return text(*words(name))


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


def _large_file() -> Path:
    return _settings_file().with_name("large type")


def large_type() -> bool:
    """Whether the reader has chosen the larger type, for a projector."""
    try:
        return _large_file().exists()
    except (OSError, ImportError):
        return False


def remember_type(large: bool) -> None:
    """Make the larger type, or the usual one, the choice of every notebook that is opened from now on."""
    try:
        if large:
            _large_file().parent.mkdir(parents=True, exist_ok=True)
            _large_file().touch()
        else:
            _large_file().unlink(missing_ok=True)
    except OSError:
        pass  # a read-only home: the choice holds for this page


def say(ja: str, en: str) -> None:
    """Print a sentence in the language in force, one line for each language."""
    print(text(ja, en, between="\n"))


def switch():
    """Three buttons that choose the language, and one for larger type.

    Returns a widget, or None where the tutorial's packages are not installed; what to do is printed. Text, headings and
    tables change at once: both languages are there, each with its `lang`, and CSS hides one. Figures and printed lines
    change when their cell runs next.
    """
    try:
        import ipywidgets as widgets  # here and not above, so that the helpers work where there is no notebook
    except ImportError:  # a Jupyter of the reader's own
        print(both(*UNINSTALLED))
        return None
    from IPython.display import display

    from helpers.language.tables import follow_the_switch

    page = widgets.HTML()
    buttons = widgets.ToggleButtons(
        options=CHOICES,
        value=current(),
        description="言語 Language",
        tooltips=["日本語だけ", "English only", "両方 Both"],
    )
    large = widgets.ToggleButton(value=large_type(), icon="text-height")

    def show() -> None:
        large.description = large.tooltip = text("大きな文字", "Larger type", between=" ")
        kind = "large" if large.value else "usual"
        page.value = (
            f"<style>{_part('page.css')}</style>"
            f'<div class="lstm-page" data-language="{buttons.value}" data-type="{kind}"></div>'
            f'<small class="lstm-elsewhere">{text(*ELSEWHERE, between="<br>")}</small>'
        )

    def choose(change: dict) -> None:  # only a click is remembered: to run a notebook is not to choose a language
        remember(change["new"])
        show()

    def enlarge(change: dict) -> None:
        remember_type(change["new"])
        show()

    class Switch(widgets.HBox):
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

        def _ipython_display_(self) -> None:
            display(self._repr_mimebundle_(), raw=True)
            display({"application/javascript": _part("contents.js"), "text/plain": ""}, raw=True)

    follow_the_switch()
    show()
    buttons.observe(choose, "value")
    large.observe(enlarge, "value")
    whole = Switch([buttons, large, page])
    whole.add_class("lstm-switch")
    return whole


def _part(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
