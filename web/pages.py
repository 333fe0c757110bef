"""A notebook as a page in one language: text, code, outputs. Nothing is written anew here, the notebook is the only source."""

import base64
import hashlib
import html
import json
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import nbformat
from bs4 import BeautifulSoup, Tag
from latex2mathml.converter import convert
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

JAPANESE = "\u3001-\u30ff\u4e00-\u9fff\uff01-\uff5e"
BOTH = re.compile(rf"^(.*?[{JAPANESE}].*?) / ([^{JAPANESE}]+)$", re.DOTALL)  # "日本語 / English", as `text` writes it
PAIR = re.compile(r'<span lang="ja">(.*?)</span><span> / </span><span lang="en">(.*?)</span>', re.DOTALL)
# What `say` prints, Japanese above English: two sentences, or two lines that end in the same number.
SAID = [
    re.compile(rf"^(?P<ja>.*[{JAPANESE}].*{ja})\n(?P<en>[^{JAPANESE}\n]+{en})$", re.MULTILINE)
    for ja, en in (("。", "[.?]"), (r" (\S+)", r" \2"))
]
INLINE = re.compile(r"</?(?:a|code|em|span|strong)\b[^>]*>")  # of a sentence: no word ends there
OTHER = {"ja": "en", "en": "ja"}


def pick(language: str, ja: str, en: str) -> str:
    """The one of two strings that is in the language of an edition."""
    return {"ja": ja, "en": en}[language]


def half(words: str, language: str) -> str:
    """Of "日本語 / English" the half in `language`; other words as they are."""
    found = BOTH.match(words)
    return pick(language, *found.groups()) if found else words


def one_language(markdown: str, language: str) -> str:
    """The Markdown of a cell or a README without what is marked as being in the other language."""
    markdown = PAIR.sub(lambda pair: pick(language, *pair.groups()), markdown)
    markdown = re.sub(rf'<(div|span) lang="{OTHER[language]}">.*?</\1>', "", markdown, flags=re.DOTALL)
    return re.sub(rf'<(div|span) lang="{language}">(.*?)</\1>', r"\2", markdown, flags=re.DOTALL)


@dataclass
class Page:
    """One page of one edition. name: its path in the edition, without .html. sections: id and heading of each part."""

    name: str
    language: str
    title: str = ""
    description: str = ""
    body: str = ""
    sections: list[tuple[str, str]] = field(default_factory=list)
    texts: list[tuple[str, str, str]] = field(default_factory=list)  # section's id, its heading, words to be found
    has_panel: bool = False

    @property
    def step(self) -> str:
        """The notebook that a page or a deck is made from."""
        return self.name.removeprefix("slides/")

    @property
    def up(self) -> str:
        """From this page to the folder of its edition."""
        return "../" * self.name.count("/")


class Renderer(IPythonRenderer):
    """Markdown to HTML: formulas become MathML, links to notebooks become links to their pages."""

    def __init__(self, page: Page, names: set[str], repository: str):
        super().__init__(escape=False, exclude_anchor_links=True)
        self.page, self.names, self.repository = page, names, repository

    def block_math(self, body: str) -> str:
        return f'<div class="scrolls formula">{convert(body, display="block")}</div>'

    def inline_math(self, body: str) -> str:
        return convert(body)

    def block_code(self, code: str, info: str | None = None) -> str:
        return code_html(code) if info == "python" else f'<pre class="scrolls">{html.escape(code)}</pre>'

    def link(self, text: str, url: str, title: str | None = None) -> str:
        address = self.address(url)
        return f'<a href="{html.escape(address)}">{text}</a>' if address else text

    def address(self, url: str) -> str:
        """Where a link of a notebook leads on the web; "" for a file that is not there, where no repository is known."""
        if re.match(r"[a-z]+:|#", url):
            return url
        path, _, place = url.partition("#")
        notebook = re.fullmatch(r"(?:\.\./|notebooks/)*((?:exercises/)?[\w-]+)\.ipynb", path)
        if notebook:
            name = notebook[1]
            beside = str(PurePosixPath(self.page.name).parent / name)
            for known in (name, beside, "exercises/" + name):
                if known in self.names:
                    return f"{self.page.up}{known}.html" + f"#{place}" * bool(place)
        if not self.repository:
            return ""
        return f"{self.repository}/blob/main/{path.replace('../', '')}"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        source = f"{self.page.up}../images/{self.page.language}/{PurePosixPath(url).name}"
        return f'<img src="{source}" alt="{html.escape(text)}" class="lstm-figure" width="760" height="566" loading="lazy">'

    def table(self, text: str) -> str:
        return f'<div class="scrolls"><table>{text}</table></div>'


def code_html(code: str) -> str:
    """Python with its parts marked for colour."""
    lines = highlight(code, PythonLexer(), HtmlFormatter(nowrap=True)).rstrip("\n")
    return f'<div class="source"><pre class="scrolls"><code>{lines}</code></pre></div>'


class Maker:
    """Makes the pages of an edition, and writes the pictures that they show into `figures`.

    names: of all pages. panels: notebooks whose panel has a grid. repository: address of the source, or "".
    """

    def __init__(self, language: str, names: set[str], panels: set[str], figures: Path, repository: str):
        self.language, self.names, self.panels = language, names, panels
        self.figures, self.repository = figures, repository

    def of_notebook(self, name: str, notebook: nbformat.NotebookNode) -> Page:
        """Every cell gets its own id as an anchor, which is the same in both editions."""
        page = Page(name, self.language)
        parts, heading, place = [], "", ""
        for cell in notebook.cells:
            if cell.id == "language-switch":
                continue
            if cell.cell_type == "markdown":
                body = self.markdown(page, one_language(cell.source, self.language))
                found = re.search(r"<h([123])[^>]*>(.*?)</h\1>", body, re.DOTALL)
                if found:
                    heading, place = words_of(found[2]), cell.id
                    if found[1] == "1":
                        page.title = heading
                        page.description = summary(body[found.end() :])
                    else:
                        page.sections.append((place, heading))
                if found and cell.id.startswith("exercise") and not name.startswith("exercises/"):
                    body = body[: found.end()] + self._in_jupyterlab() + body[found.end() :]
                page.texts.append((place, heading, words_of(body)))
                parts.append(f'<div class="cell text" id="{cell.id}">{body}</div>')
            elif cell.cell_type == "code":
                outputs = "".join(self.output(page, output) for output in cell.outputs)
                page.texts.append((place, heading, cell.source))
                parts.append(f'<div class="cell code" id="{cell.id}">{code_html(cell.source)}{outputs}</div>')
        page.body = "\n".join(parts)
        if name.startswith("exercises/"):
            page.body = page.body.replace("</h1>", "</h1>" + self._in_jupyterlab(), 1)
        return page

    def of_markdown(self, name: str, markdown: str) -> Page:
        """A page from a Markdown file with headings; the parts are numbered, so that both editions have the same anchors."""
        page = Page(name, self.language)
        number = 0

        def anchored(found: re.Match) -> str:
            nonlocal number
            number += 1
            page.sections.append((f"part-{number}", words_of(found[1])))
            return f'<h2 id="part-{number}">{found[1]}</h2>'

        body = re.sub(r"<h2>(.*?)</h2>", anchored, self.markdown(page, markdown))
        page.title = words_of(re.search(r"<h1>(.*?)</h1>", body)[1])
        page.description = summary(body.split("</h1>", 1)[1])
        for part in re.split(r"(?=<h2 id)", body):
            found = re.match(r'<h2 id="(.*?)">(.*?)</h2>', part)
            page.texts.append((found[1] if found else "", words_of(found[2]) if found else page.title, words_of(part)))
        page.body = f'<div class="cell text" id="top">{body}</div>'
        return page

    def markdown(self, page: Page, markdown: str) -> str:
        """Markdown in the edition's language as HTML for a page."""
        return MarkdownWithMath(Renderer(page, self.names, self.repository)).render(markdown)

    def _in_jupyterlab(self) -> str:
        clone = f"git clone {self.repository}\n" if self.repository else ""
        first = pick(self.language, "教材のフォルダーで" if not clone else "取得して、そのフォルダーで",
                     "in the tutorial's folder" if not clone else "get it, and in its folder")  # fmt: skip
        words = pick(
            self.language,
            f"練習問題は、答えを確かめる仕組みのある JupyterLab で解きます。{first} make lab を実行すると開きます。"
            "make test は、環境が正しく動くことを確かめます。",
            f"Exercises are done in JupyterLab, which checks your answers: {first} run make lab. "
            "make test checks that everything works.",
        )
        return f'<div class="aside"><p>{words}</p><pre>{html.escape(clone)}make lab\nmake test</pre></div>'

    def output(self, page: Page, output: nbformat.NotebookNode) -> str:
        """One output of a cell as HTML in the edition's language; its pictures become files."""
        if output.output_type == "stream":
            said = output.text.rstrip()
            for pairs in SAID:
                said = pairs.sub(lambda pair: pair[self.language], said)
            return f'<pre class="output scrolls">{html.escape(said)}</pre>'
        data = output.get("data", {})
        if "application/javascript" in data:
            return ""
        if "text/html" not in data:
            return f'<pre class="output scrolls">{html.escape(data.get("text/plain", ""))}</pre>'
        soup = BeautifulSoup(data["text/html"], "html.parser")
        panel = soup.find(class_="lstm-panel")
        if panel is None:
            return f'<div class="output">{self._cleaned(soup, page)}</div>'
        page.has_panel = page.has_panel or page.step in self.panels
        return self._panel(page, self._cleaned(panel, page))

    def _panel(self, page: Page, stored: str) -> str:
        live = page.step in self.panels
        words = pick(self.language,
            "JupyterLab では、ここで設定を変えると、その場で計算し直します。下は、保存してある結果です。",
            "In JupyterLab the settings can be changed here, and all is computed again. Below is the stored result.")  # fmt: skip
        grid = f' data-grid="{page.up}../grids/{page.step}/"' if live else ""
        return f'<div class="panel output"{grid}><p class="aside">{words}</p>{stored}</div>'

    def _cleaned(self, soup: Tag, page: Page) -> str:
        """HTML of an output in one language, its pictures as files, its tables in boxes that scroll."""
        for unwanted in soup.select(f'script, a[download], [lang="{OTHER[self.language]}"]'):
            unwanted.decompose()
        for style in soup.select("style"):
            if "lstm-figure" in style.string:  # site.css has the rule once for all figures
                style.decompose()
        for mark in soup.select(f'span, [lang="{self.language}"]'):
            if mark.get("lang") and mark.name == "span":
                mark.unwrap()
            elif mark.get("lang"):
                del mark["lang"]
            elif mark.string == " / ":
                mark.decompose()
        for note in soup.select("details > em"):  # of a question: "run this cell to choose an answer"
            note.parent.attrs |= {"class": "question", "open": ""}
            note.string = pick(self.language, "先を読む前に、1 つ選んでください。", "Choose one before you read on.")
        for image in soup.select("img"):
            self._picture(image, page)
        for label in soup.select("th, td, summary, figcaption"):
            if label.string:
                label.string = half(label.string, self.language)
            elif label.name == "th" and not label.get_text(strip=True):
                label.name = "td"  # an empty heading has nothing to say to a screen reader
        for paragraph in soup.select("p:has(> br)"):  # a verdict, as `Shown.said` writes it
            lines = list(paragraph.stripped_strings)
            if len(lines) == 2 and re.search(f"[{JAPANESE}]", lines[0]) and not re.search(f"[{JAPANESE}]", lines[1]):
                paragraph.string = pick(self.language, *lines)
        for table in soup.select("table"):
            table.attrs.pop("border", None)
            if not table.find_parent(class_="lstm-table"):
                table.wrap(Tag(name="div", attrs={"class": "scrolls"}))
        for box in soup.select(".lstm-table"):
            box.attrs = {"class": "scrolls"}
        return "".join(map(str, soup.contents)) if isinstance(soup, BeautifulSoup) else soup.decode_contents()

    def _picture(self, image: Tag, page: Page) -> None:
        kind, _, data = image["src"].partition(";base64,")
        if not kind.startswith("data:image/"):
            return
        content = base64.b64decode(data)
        name = f"{hashlib.sha256(content).hexdigest()[:16]}.{kind.removeprefix('data:image/').removesuffix('+xml')}"
        (self.figures / name).write_bytes(content)
        image["src"] = f"{page.up}../figures/{name}"
        image["alt"] = half(image.get("alt", ""), self.language)
        image["loading"], image["decoding"] = "lazy", "async"
        image.attrs.pop("style", None)


def words_of(markup: str) -> str:
    """HTML as plain words. Nothing splits what stands together: 理由を<strong>説明</strong>し is found by 理由を説明."""
    return " ".join(BeautifulSoup(INLINE.sub("", markup), "html.parser").get_text(" ").split())


def summary(markup: str) -> str:
    """The first paragraph of some HTML, whole sentences of it up to 160 letters, for search engines and the landing page."""
    words = words_of(re.search(r"<p>(.*?)</p>", markup, re.DOTALL)[1])
    sentences = re.findall(r".+?(?:[。？]|[.?](?= |$)|$)", words)
    taken = sentences[0]
    for sentence in sentences[1:]:
        if len(taken + sentence) > 160:
            break
        taken += sentence
    return taken.strip()


def search_index(pages: list[Page]) -> str:
    """What can be found in an edition, as JSON: address, page, heading and words of each part."""
    rows: dict[tuple[str, str], list[str]] = {}
    for page in pages:
        for place, heading, words in page.texts:
            address = f"{page.name}.html" + f"#{place}" * bool(place)
            rows.setdefault((address, heading), [page.title]).append(words)
    return json.dumps(
        [[address, page, heading, " ".join(words)] for (address, heading), (page, *words) in rows.items()],
        ensure_ascii=False,
        separators=(",", ":"),
    )
