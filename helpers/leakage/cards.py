"""How findings are shown: a card for each tripwire, whose states differ in colour, sign and word; plain text in a terminal."""

import html
from collections.abc import Iterable

from helpers.language import text
from helpers.leakage.tripwires import Finding

TRIPWIRES = {  # name -> the part of a pipeline that `suite` needs for it, and what it follows: "from → to"
    "future_changes_past": ("forecast", ("未来 → 過去の予測", "future → past forecasts")),
    "statistics_depend_on_test": ("statistics", ("テスト部分 → スケーリング", "test part → scaling")),
    "evaluation_changes_weights": ("evaluation", ("評価 → 重み", "evaluation → weights")),
    "skill_without_target": ("score", ("コイン投げ → スキル", "coin tosses → skill")),
}
STATES = {  # fired -> sign, words, colour of JupyterLab's themes (with that of the light one for other pages)
    True: ("!", ("検知", "FIRED"), "var(--jp-error-color1, #d32f2f)"),
    False: ("✓", ("検知なし", "silent"), "var(--jp-success-color1, #388e3c)"),
    None: ("?", ("判定できず", "cannot tell"), "var(--jp-content-font-color2, #757575)"),
}
# A colour stands in the edge and the disc of the sign, never behind words: those have the page's own contrast.
LOOK = """<style>
.lstm-cards {display: grid; grid-template-columns: repeat(auto-fit, minmax(14em, 1fr)); gap: .7em; max-width: 76em; margin: .5em 0}
.lstm-cards > div {border: 1px solid var(--jp-border-color1, #bdbdbd); border-left: .5em solid var(--state); padding: .5em .8em}
.lstm-cards > .fired {outline: 2px solid var(--state)}
.lstm-cards > .untold {border-style: dashed; border-left-style: double}
.lstm-cards p {margin: .3em 0; white-space: normal; line-height: 1.4}
.lstm-cards div p code {color: inherit; background: none; padding: 0; font-size: .85em; white-space: normal}
.lstm-card-title {word-break: keep-all}
.lstm-card-state {font-size: 1.3em; font-weight: bold}
.lstm-sign {display: inline-block; width: 1.5em; line-height: 1.5em; border-radius: 50%; text-align: center;
  background: var(--state); color: var(--jp-layout-color0, white)}
.lstm-cards-heading {font-size: 1.3em; font-weight: bold; margin: .3em 0}
</style>"""


class Report:
    """What the tripwires saw of one pipeline, as cards in a notebook or a panel and as lines in a terminal.

    findings: as `suite` yields them. heading: Japanese and English, to stand above the cards.

    A tripwire that is not among them was not tried, and its card says which part of the pipeline it wants.
    """

    def __init__(self, findings: Iterable[Finding], *heading: str):
        told = {name: _not_tried(name) for name in TRIPWIRES}
        told |= {finding.tripwire: finding for finding in findings}
        self.findings, self.heading = list(told.values()), heading

    def to_html(self) -> str:
        """The cards, with their style: for a panel."""
        heading = in_both(*self.heading, tag="p", look="lstm-cards-heading") if self.heading else ""
        return f'{LOOK}{heading}<div class="lstm-cards">{"".join(map(card, self.findings))}</div>'

    _repr_html_ = to_html

    def __repr__(self) -> str:
        lines = [text(*self.heading, between="\n")] if self.heading else []
        for finding in self.findings:
            _, state, _ = STATES[finding.fired]
            seen = text(finding.ja, finding.en, between="\n    ")
            lines.append(f"[{text(*state)}] {finding.tripwire}\n    {seen}")
        return "\n".join(lines)


def _not_tried(name: str) -> Finding:
    part, _ = TRIPWIRES[name]
    return Finding(name, None, f"{part!r} を渡していないので、試していません。", f"Not tried: it needs {part!r}.")


def card(finding: Finding) -> str:
    """One finding as HTML. Both languages are in it, each with its `lang`, so that it follows the switch at once."""
    sign, state, colour = STATES[finding.fired]
    _, title = TRIPWIRES.get(finding.tripwire, ("", ()))
    kind = {True: "fired", False: "silent", None: "untold"}[finding.fired]
    parts = [
        f'<p class="lstm-card-state"><span class="lstm-sign" aria-hidden="true">{sign}</span> {in_both(*state, tag="span")}</p>',
        in_both(*title, tag="p", look="lstm-card-title") if title else "",
        f"<p><code>{html.escape(finding.tripwire).replace('_', '_<wbr>')}</code></p>",
        in_both(finding.ja, finding.en, tag="p"),
    ]
    return f'<div class="{kind}" style="--state: {colour}">{"".join(parts)}</div>'


def in_both(ja: str, en: str, tag: str, look: str = "") -> str:
    """The same in two languages, an element each; which one is seen is up to the page."""
    shape = f"{tag} class={look}" if look else tag
    return " ".join(f'<{shape} lang="{lang}">{html.escape(words)}</{tag}>' for lang, words in (("ja", ja), ("en", en)))
