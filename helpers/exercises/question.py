"""A question before a result: the reader commits to one of a few answers, which is kept and taken up afterwards."""

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from helpers.language import on_change, text

Choice = tuple[Any, str, str]  # (value, or function that says whether a value fits; Japanese; English)
TO_CHOOSE = ("予想を選んでください。", "Choose what you expect.")
CHOSEN = (
    "選んだ予想は保存され、あとで結果と比べます。変えても構いません。",
    "Your choice is kept and compared with the result later. You may change it.",
)
LOOK = Path(__file__).with_name("question.css").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Question:
    """The words of a question, and its choices; the first choice that fits what came out is the one to be expected."""

    ja: str
    en: str
    choices: Sequence[Choice]

    def fitting(self, value: Any) -> tuple[str, str] | None:
        """The words of the choice that fits a value, or None."""
        fits = [(ja, en) for key, ja, en in self.choices if (key(value) if callable(key) else key == value)]
        return fits[0] if fits else None

    def chosen(self, en: str | None) -> tuple[str, str] | None:
        """The words of the choice with this English wording, or None: choices are kept by their words."""
        return next(((j, e) for _, j, e in self.choices if e == en), None)


class Both:
    """A paragraph in both languages, of which the switch hides one; plain text in the language in force."""

    def __init__(self, ja: str, en: str, tag: str = "p", mark: str = ""):
        self.ja, self.en, self.tag, self.mark = ja, en, tag, mark

    def _repr_html_(self) -> str:
        parts = ((language, html.escape(words)) for language, words in (("ja", self.ja), ("en", self.en)))
        return "".join(f'<{self.tag} lang="{lang}" class="{self.mark}">{words}</{self.tag}>' for lang, words in parts)

    def __repr__(self) -> str:
        return text(self.ja, self.en, between="\n")


class Ask(widgets.VBox):
    """The question and its choices as radio buttons; `choose(en)` is told the English words of what the reader chose."""

    def __init__(self, question: Question, kept: str | None, choose: Callable[[str], None]):
        self.question, self.choose = question, choose
        self.buttons = widgets.RadioButtons()
        self.note = widgets.HTML()
        self._follow(kept)
        super().__init__([widgets.HTML(f"<style>{LOOK}</style>{self._asked()}"), self.buttons, self.note])
        self.add_class("lstm-ask")
        self.buttons.observe(self._chosen, "index")
        on_change(self._relabel)

    def _asked(self) -> str:
        return Both(self.question.ja, self.question.en)._repr_html_()

    def _follow(self, chosen: str | None) -> None:
        """Labels in the language in force, and the mark at what was chosen."""
        words = [en for _, _, en in self.question.choices]
        self.buttons.options = [text(ja, en) for _, ja, en in self.question.choices]
        self.buttons.index = words.index(chosen) if chosen in words else None
        note = TO_CHOOSE if self.buttons.index is None else CHOSEN
        self.note.value = Both(*note, tag="div")._repr_html_()

    def _relabel(self) -> None:
        place, self._quiet = self.buttons.index, True
        with self.buttons.hold_sync():  # new labels take the mark away for a moment
            self._follow(None if place is None else self.question.choices[place][2])
        self._quiet = False

    _quiet = False

    def _chosen(self, change: dict) -> None:
        if not self._quiet and change["new"] is not None:
            chosen = self.question.choices[change["new"]][2]
            self.choose(chosen)
            self._relabel()

    def _repr_mimebundle_(self, **kwargs) -> dict:
        """The widget, and the question as folded text for pages without widgets. What was chosen is not stored."""
        note = text("このセルを実行すると、答えを選べます。", "Run this cell to choose an answer.", between="<br>")
        choices = [[words[lang] for words in self.question.choices] for lang in (1, 2)]
        items = ["".join(f"<li>{html.escape(choice)}</li>" for choice in each) for each in choices]
        asked = (
            Both(self.question.ja, self.question.en, "span")._repr_html_().replace("</span><span", "</span> <span", 1)
        )
        folded = (
            f'<details class="lstm-asked"><summary>{asked}</summary><ul lang="ja">{items[0]}</ul><ul lang="en">{items[1]}</ul>'
            f"<em>{note}</em></details>"
        )
        plain = [text(self.question.ja, self.question.en), *(f"- {text(j, e)}" for _, j, e in self.question.choices)]
        return super()._repr_mimebundle_(**kwargs) | {"text/plain": "\n".join(plain), "text/html": folded}
