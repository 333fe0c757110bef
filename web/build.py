"""make site: the notebooks as a web site, one edition in Japanese and one in English, into the folder site.

    python web/build.py [--stored] [--out site]

With the prices of the Nikkei and of Amazon at hand, each notebook is executed once in either language. Without them (a
fresh clone without a network) the stored outputs are shown, whose figures are labelled in both languages, and every page
says so; --stored asks for that. SITE_ADDRESS and SITE_REPOSITORY, where set, are the addresses of the site and of the source.
"""

import argparse
import base64
import os
import re
import runpy
import shutil
import time
from pathlib import Path

import nbformat
from execute import LANGUAGES, ROOT, executed
from grids import PANELS, write_grids
from jinja2 import Environment, FileSystemLoader
from pages import OTHER, Maker, Page, one_language, pick, search_index
from slides import deck

from helpers.data import DataError, load_prices

HERE = Path(__file__).parent
WORDS = {
    "site": ("LSTM で株価を予測し、確かめる", "Forecast with an LSTM, then check"),
    "skip": ("本文へ", "Skip to the text"),
    "search": ("検索", "Search"),
    "switch": ("English", "日本語"),  # the name of the other language, in that language
    "theme": ("明暗", "Light/dark"),
    "steps": ("ステップ", "Steps"),
    "home": ("はじめのページ", "Front page"),
    "sections": ("このページの内容", "On this page"),
    "turn": ("前後のページ", "Pages before and after"),
    "before": ("前", "Before"),
    "after": ("次", "Next"),
    "copy": ("コピー", "copy"),
    "copied": ("コピーしました", "copied"),
    "source": ("ソースコード", "Source"),
    "foot": (
        "このサイトは、JupyterLab のノートブックから作りました。投資の助言ではありません。",
        "Made from the JupyterLab notebooks. This is not investment advice.",
    ),
    "stored": (
        "株価は配布できないので、保存してある結果を載せています。図と一部の出力は日本語と英語の併記です。",
        "This site was built without the prices that may not be redistributed, so figures and some outputs are in both languages.",
    ),
    "found": ("# か所で見つかりました。", "Found in # places."),
    "many": ("# か所で見つかりました。最初の # か所を表示しています。", "Found in # places. The first # are shown."),
    "slides": ("スライド", "Slides"),
    "deck": ("このステップのスライド", "Slides of this step"),
    "keys": ("矢印キーで進みます。F キーで全画面になります。", "Arrow keys turn the slides, F fills the screen."),
    "whole": ("全文", "Full text"),
    "script": ("検索には JavaScript が必要です。", "Search needs JavaScript."),
    "failed": (
        "検索用のデータを読み込めませんでした。ネットワークの接続を確かめて、ページを再読み込みしてください。",
        "What can be searched could not be loaded. Check your connection and load the page again.",
    ),
}
README = {"ja": "README.md", "en": "README_EN.md"}


def words_in(language: str) -> dict[str, str]:
    """What pages say apart from the notebooks, in one language."""
    return {name: pick(language, *pair) for name, pair in WORDS.items()}


def notebooks() -> list[Path]:
    """The steps, each followed by its exercise sheets where there are any. A reader's own notebooks and copies stay out."""
    steps, sheets = (
        [file for file in sorted((ROOT / folder).glob("*.ipynb")) if re.fullmatch(r"\d\d_\w+", file.stem)]
        for folder in ("notebooks", "notebooks/exercises")
    )
    return [file for step in steps for file in [step, *(sheet for sheet in sheets if sheet.name[:2] == step.name[:2])]]


def name_of(file: Path) -> str:
    """A notebook's path in an edition."""
    return file.relative_to(ROOT / "notebooks").with_suffix("").as_posix()


def prices_at_hand() -> bool:
    """Whether the series that the stored outputs show are here, or can be downloaded now."""
    try:
        load_prices("nikkei225"), load_prices("amazon")
    except DataError as missing:
        print(missing, "保存された出力で作ります。 / Building from the stored outputs.", sep="\n")
        return False
    return True


def outputs(stored: bool) -> dict[tuple[Path, str], nbformat.NotebookNode]:
    """(file, language) -> the notebook as it is now, with outputs in that language, or the stored ones."""
    read = {file: nbformat.read(file, 4) for file in notebooks()}
    both = {(file, language): notebook for file, notebook in read.items() for language in LANGUAGES}
    if stored:
        return both
    steps = [file for file in read if file.parent.name == "notebooks"]  # a sheet waits for its reader
    for (file, language), done in executed(steps[::-1]).items():  # the last ones take longest
        fresh = nbformat.from_dict(read[file])
        for cell, run in zip(_code(fresh), _code(done), strict=True):
            cell.outputs = run.outputs
        both[file, language] = fresh
    return both


def _code(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def front_page(maker: Maker) -> Page:
    """The README of the edition's language, without its link to the other one."""
    text = (ROOT / README[maker.language]).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line not in ("[English](README_EN.md)", "[日本語](README.md)")]
    return maker.of_markdown("index", one_language("\n".join(lines), maker.language))


def readme_pictures(step: nbformat.NotebookNode, folder: Path) -> None:
    """The pictures of the READMEs as the outputs of this edition have them; extract.py takes the stored ones."""
    folder.mkdir(parents=True)
    for cell_id, file in runpy.run_path(str(ROOT / "notebooks/images/extract.py"))["PICTURES"].items():
        (cell,) = [cell for cell in step.cells if cell.id == cell_id]
        (folder / file.name).write_bytes(base64.b64decode(cell.outputs[0]["data"]["image/png"]))


def search_page(language: str) -> Page:
    """Where results are shown; site.js finds them in search.json."""
    words = words_in(language)
    said = " ".join(f'data-{name}="{words[name]}"' for name in ("found", "many", "failed"))
    body = (
        f'<h1>{words["search"]}</h1><noscript><p>{words["script"]}</p></noscript><p id="count" role="status"></p>'
        f'<ol id="results" class="results" {said}></ol>'
    )
    return Page("search", language, words["search"], words["search"], body)


def deck_list(language: str, pages: list[Page]) -> Page:
    """Where the decks are listed."""
    words = words_in(language)
    rows = "".join(f'<li><a href="{page.name}.html">{page.title}</a></li>' for page in pages)
    body = f"<h1>{words['slides']}</h1><p>{words['keys']}</p><ul>{rows}</ul>"
    return Page("slides/index", language, words["slides"], words["keys"], body)


def build(out: Path, stored: bool) -> None:
    """Write the whole site into `out`, replacing what was there."""
    started = time.perf_counter()
    stored = stored or not prices_at_hand()
    shown = outputs(stored)
    shutil.rmtree(out, ignore_errors=True)
    (out / "figures").mkdir(parents=True)
    shutil.copytree(HERE / "static", out / "static")
    (out / ".nojekyll").touch()  # so that GitHub Pages serves the files as they are
    write_grids(out / "grids")
    templates = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, trim_blocks=True)
    address = os.environ.get("SITE_ADDRESS", "")
    repository = os.environ.get("SITE_REPOSITORY", "")
    names = {name_of(file) for file in notebooks()}
    fronts = {}
    for language in LANGUAGES:
        maker = Maker(language, names, set(PANELS), out / "figures", repository)
        pages = [front_page(maker), *(maker.of_notebook(name_of(file), shown[file, language]) for file in notebooks())]
        fronts[language] = pages[0]
        readme_pictures(shown[ROOT / "notebooks" / "05_validation.ipynb", language], out / "images" / language)
        words = words_in(language)
        steps = [page for page in pages if page.name != "index" and "/" not in page.name]
        for number, page in enumerate([*pages, search_page(language), deck_list(language, steps)]):
            target = out / language / f"{page.name}.html"
            target.parent.mkdir(parents=True, exist_ok=True)
            neighbours = {
                "before": pages[number - 1] if 0 < number < len(pages) else None,
                "after": pages[number + 1] if number + 1 < len(pages) else None,
            }
            more = {"other": OTHER[language], "root": page.up + "../", "address": address, "repository": repository}
            html = templates.get_template("page.html").render(
                page=page, pages=pages, decks=steps, words=words, stored=stored, **neighbours, **more
            )
            target.write_text(html, encoding="utf-8")
        for step in steps:
            page, slides = deck(maker, step.name, shown[ROOT / "notebooks" / f"{step.name}.ipynb", language])
            more = {"other": OTHER[language], "root": page.up + "../", "address": address}
            html = templates.get_template("deck.html").render(
                page=page, slides=slides, words=words, stored=stored, **more
            )
            (out / language / f"{page.name}.html").write_text(html, encoding="utf-8")
        (out / language / "search.json").write_text(search_index(pages), encoding="utf-8")
    landing = templates.get_template("landing.html").render(**fronts, address=address)
    (out / "index.html").write_text(landing, encoding="utf-8")
    print(f"{out}: {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "site")
    parser.add_argument("--stored", action="store_true")
    build(**vars(parser.parse_args()))
