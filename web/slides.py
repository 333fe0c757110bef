"""make slides: the key cells of a step as slides, from the same cells and outputs as the page of the step.

Which cells: those with a heading, questions, code that defines a function or a class, figures, tables and panels, and what
is printed where a cell "…-seen" follows. Of a text: the heading, its first paragraph, its lists, formulas and short tables;
what was seen stands below the output that it is about.
"""

import re
from dataclasses import dataclass

import nbformat
from bs4 import BeautifulSoup
from pages import Maker, Page, code_html, one_language, summary

LONG = 20  # rows of a table in a text: the glossary is no slide
PASSED = "parameters-text"  # settings are read, not shown


@dataclass
class Slide:
    """One screen. place: its id. kind: what its look follows, "title", "section", "ask", "code" or "result"."""

    place: str
    heading: str
    kind: str
    body: str


def deck(maker: Maker, name: str, notebook: nbformat.NotebookNode) -> tuple[Page, list[Slide]]:
    """The slides of a step in the maker's language; the page has their title, description and whether a panel is among them."""
    page = Page(f"slides/{name}", maker.language)
    slides, heading = [], ""
    for cell, after in zip(notebook.cells, [*notebook.cells[1:], None], strict=True):
        if cell.id in ("language-switch", PASSED):
            continue
        if cell.cell_type == "markdown":
            head, body = _text(maker, page, cell)
            if head:
                heading = head
                slides.append(Slide(cell.id, head, "section" if slides else "title", body))
            continue
        seen = bool(after) and after.id.endswith("-seen")
        finding = f'<div class="finding">{_text(maker, page, after)[1]}</div>' if seen else ""
        slides += [
            Slide(place, heading, kind, body + finding * (place == cell.id))
            for place, kind, body in _results(maker, page, cell, seen)
        ]
    page.title, page.description = slides[0].heading, summary(slides[0].body)
    return page, slides


def _text(maker: Maker, page: Page, cell: nbformat.NotebookNode) -> tuple[str, str]:
    """The heading of a text cell, or "", and what of its text stands on a slide."""
    soup = BeautifulSoup(maker.markdown(page, one_language(cell.source, page.language)), "html.parser")
    head = soup.find(["h1", "h2", "h3"], recursive=False)
    first = soup.find("p", recursive=False)
    kept = [
        part
        for part in soup.find_all(["p", "ul", "ol", "div"], recursive=False)
        if (part is first or part.name != "p") and len(part.select("tr")) <= LONG
    ]
    return head.get_text(" ", strip=True) if head else "", "".join(map(str, kept))


def _results(maker: Maker, page: Page, cell: nbformat.NotebookNode, seen: bool) -> list[tuple[str, str, str]]:
    """Place, kind and body of the slides of a code cell; none where it has nothing to show."""
    soup = BeautifulSoup("".join(maker.output(page, output) for output in cell.outputs), "html.parser")
    for own in soup.select(".lstm-recall, .lstm-progress"):  # what this reader chose before
        own.find_parent(class_="output").decompose()
    question = soup.select_one(".question")
    if question:
        answers = "".join(map(str, question.select("li")))
        asked = question.summary.decode_contents()
        return [(cell.id, "ask", f'<p>{asked}</p><ol type="A">{answers}</ol>')]
    for folded in soup.select("details"):
        folded.decompose()
    taught = re.search(r"^(def|class) ", cell.source, re.MULTILINE)
    if not soup.select("div.output"):  # nothing, or printed lines
        return [(cell.id, "code", code_html(cell.source) + str(soup))] if taught or seen else []
    results = [(cell.id, "result", str(soup))]
    return [(f"{cell.id}-code", "code", code_html(cell.source)), *results] if taught else results
