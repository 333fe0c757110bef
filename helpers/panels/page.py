"""What a run of a panel shows, as HTML: verdict, picture, tables, two runs side by side, and the code of a run."""

import html
import math
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from helpers.language import current, named, text
from helpers.language.tables import significant
from helpers.plots import Picture

Words = tuple[str, str]  # Japanese and English


@dataclass(frozen=True)
class Shown:
    """The result of a run, in the language that was in force when it was made.

    verdict: the sentences above the picture. pictures: one, or two under each other. tables: heading -> HTML, folded
    under the picture. scores: name -> number, for A beside B. note: a line below the picture.
    """

    verdict: Iterable[Words]
    pictures: list[Picture]
    tables: dict[str, str] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    note: Words | None = None

    @cached_property
    def images(self) -> str:
        """The pictures for the screen."""
        return "".join(picture.to_html(fast=True) for picture in self.pictures)

    @cached_property
    def said(self) -> str:
        """The verdict, a paragraph a sentence and language."""
        return "".join(f"<p>{paragraphs(text(*words, between=chr(10)))}</p>" for words in self.verdict)

    def view(self, lines: int, images: str | None = None) -> str:
        """Verdict, picture and note; the verdict's place has `lines` lines, more for two languages, used or not."""
        lines *= 1.7 if current() == "both" else 1
        note = paragraphs(text(*self.note, between=chr(10))) if self.note else ""
        return (
            f'<div class="lstm-verdict" style="--lines: {lines:g}">{self.said}</div>'
            f'<div class="lstm-picture">{self.images if images is None else images}</div><p class="lstm-note">{note}</p>'
        )

    def for_export(self, lines: int) -> str:
        """The same for pages without widgets, with pictures as PNG: GitHub may not show SVG."""
        return self.view(lines, "".join(picture.to_html() for picture in self.pictures)) + self.folded()

    def folded(self, code: str = "") -> str:
        """The tables, and the code of the run, each behind its heading. Which ones are open, panel.js remembers."""
        parts = [
            fold(f"table {k}", heading, scrolling(table)) for k, (heading, table) in enumerate(self.tables.items())
        ]
        if code:
            parts.append(fold("code", text("この実行を再現するコード", "the code of this run"), copied(code)))
        return "".join(parts)


@dataclass
class Run:
    """A run that is over: its settings, and how it is shown in the language in force."""

    settings: dict
    show: Callable[[], Shown]
    code: str = ""
    _shown: tuple[str, Shown] | None = None

    def shown(self) -> Shown:
        """As it is to be read now; drawn again only when the language is another one."""
        if self._shown is None or self._shown[0] != current():
            self._shown = current(), self.show()
        return self._shown[1]


def paragraphs(lines: object) -> str:
    """Text as HTML, its lines under each other."""
    return "<br>".join(html.escape(str(lines)).splitlines())


def fold(name: str, heading: str, content: str) -> str:
    """Something that opens on a click; `name` tells it from the others of its panel."""
    return f'<details data-fold="{name}"><summary>{html.escape(heading)}</summary>{content}</details>'


def scrolling(table: str) -> str:
    """A table that scrolls in its own box where it is too wide, by keyboard too."""
    return f'<div class="lstm-table" tabindex="0">{table}</div>'


def copied(code: str) -> str:
    """Code with a button that copies it; a click on the code selects all of it, where the button may not copy."""
    button = f'<button type="button" class="lstm-copy jupyter-button">{text("コピー", "copy")}</button>'
    return f'<div class="lstm-code">{button}<pre tabindex="0">{html.escape(code)}</pre></div>'


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "✓" if value else "–"
    return f"{value:.4g}" if isinstance(value, float) else named(str(value))


def number(value: float, digits: int = 4, sign: str = "") -> str:
    """As `significant` writes it; a dash where there is none."""
    return "–" if math.isnan(value) else significant(value, digits, sign)


def times(ratio: float) -> Words:
    """How many times as large, in Japanese and English; no number beside a baseline that makes hardly any error."""
    return (f"{ratio:.3g} 倍", f"{ratio:.3g} times") if ratio < 1000 else ("1,000 倍以上", "over 1,000 times")


def beside(a: Run, b: Run, names: dict[str, str]) -> str:
    """Two runs side by side: what was set differently, the scores and their difference, and both pictures.

    names: what the settings are called in the language in force.
    """
    sides = [run.shown() for run in (a, b)]
    differ = [name for name in names if a.settings.get(name) != b.settings.get(name)]
    rows: list[list[str]] = [[_written(run.settings.get(name, False)) for name in differ] for run in (a, b)]
    rows.append(["≠"] * len(differ))
    shared = [name for name in sides[0].scores if name in sides[1].scores]
    for row, shown in zip(rows, sides, strict=False):
        row += [number(shown.scores[name]) for name in shared]
    rows[2] += [number(sides[1].scores[name] - sides[0].scores[name], sign="+") for name in shared]
    here = text("B（今の結果）", "B (now)")
    table = pd.DataFrame(rows, ["A", here, "B − A"], [names[name] for name in differ] + shared)
    pictures = "".join(
        f'<figure><figcaption>{name}</figcaption><div class="lstm-picture">{shown.images}</div></figure>'
        for name, shown in zip(("A", here), sides, strict=True)
    )
    return f'<div class="lstm-pair">{pictures}</div>{scrolling(table.to_html(border=0))}'


def source(code: str) -> str:
    """Code written indented between three quotes, without its indent and the empty lines around it."""
    return textwrap.dedent(code).strip() + "\n"


def arguments(**values: object) -> str:
    """Settings as they are passed: window=5, cell='lstm'."""
    return ", ".join(f"{name}={value!r}" for name, value in values.items())
