"""The web edition, built from the stored outputs and read in Chromium: links, one language, switch, search, sliders, axe-core."""

import functools
import http.server
import json
import re
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import unquote, urljoin

import nbformat
import pytest
from accessibility import barriers
from bs4 import BeautifulSoup
from lab import NOTEBOOKS, ROOT, SHEETS

from helpers.panels.validation import playground

EDITIONS = "ja", "en"
JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
PAGES = [
    "index.html",
    *(
        f"{edition}/{name}.html"
        for edition in EDITIONS
        for name in ("index", "search", "slides/index", *NOTEBOOKS, *SHEETS)
    ),
]
DECKS = [f"{edition}/slides/{name}.html" for edition in EDITIONS for name in NOTEBOOKS]
SHIFTS = """() => {
  window.shift = 0;
  new PerformanceObserver(list => { for (const one of list.getEntries()) if (!one.hadRecentInput) window.shift += one.value; })
    .observe({type: 'layout-shift', buffered: true});
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder that `make site ARGS=--stored` writes."""
    out = tmp_path_factory.mktemp("site") / "site"
    command = [sys.executable, "web/build.py", "--stored", "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True)
    return out


@pytest.fixture(scope="module")
def web(site):
    """The same, served; its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 720}, locale="ja-JP")
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def soups(site):
    files = [file for file in site.rglob("*.html")]
    return {file: BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser") for file in files}


def test_every_page_is_there(site, soups):
    assert {str(file.relative_to(site)) for file in soups} == {*PAGES, *DECKS}


def test_every_link_leads_somewhere_in_the_site(site, soups):
    """Files, and anchors in them; nothing is fetched from elsewhere."""
    ids = {file: {part["id"] for part in soup.select("[id]")} for file, soup in soups.items()}
    for file, soup in soups.items():
        for part in soup.select("[href], [src], [data-grid]"):
            address = part.get("href") or part.get("src") or part["data-grid"] + "index.json"
            if re.match("[a-z]+:", address):
                assert part.name == "a" and address.startswith(("https:", "http:")), (file, address)
                continue
            where = unquote(urljoin(file.as_uri(), address)).removeprefix("file://")
            target, _, anchor = where.partition("#")
            target = Path(target.partition("?")[0])
            assert target.is_relative_to(site) and target.exists(), f"{file.relative_to(site)}: {address}"
            if anchor and target in ids:
                assert anchor in ids[target], f"{file.relative_to(site)}: {address}"


def test_each_edition_is_in_one_language(site, soups):
    for file, soup in soups.items():
        edition = file.relative_to(site).parts[0]
        if edition not in EDITIONS:
            continue
        assert soup.html["lang"] == edition and len(soup.select("link[hreflang]")) == 3
        other = "en" if edition == "ja" else "ja"
        assert not soup.select(f'main [lang="{other}"]'), file
        if edition == "en":
            for cell in soup.select("main .text"):
                for code in cell.select("code, pre"):
                    code.decompose()
                words = cell.get_text().replace("日本語", "")  # the name of a button
                assert not JAPANESE.search(words), (file, JAPANESE.findall(words))
        else:
            title = soup.select_one("h1").get_text()
            assert JAPANESE.search(title), (file, title)


def test_both_editions_have_the_same_sections(site):
    for name in NOTEBOOKS:
        ja, en = (
            re.findall('class="cell [a-z]+" id="(.*?)"', (site / edition / f"{name}.html").read_text(encoding="utf-8"))
            for edition in EDITIONS
        )
        assert ja == en and len(ja) > 10


def test_figures_have_alternative_texts_and_a_size(soups):
    for file, soup in soups.items():
        for image in soup.select("main img[loading]"):
            assert image["alt"] and image["width"] and image["height"], file


def test_no_downloaded_price_stands_in_the_site(site, soups):
    """The series of every grid is a bundled one; no table of prices is a file or a link, and no figure holds its numbers."""
    for file, soup in soups.items():
        assert not soup.select('[href^="data:"], [src^="data:"], a[download]'), file
    assert {file.suffix for file in (site / "figures").iterdir()} == {".png"}  # an SVG would hold every point of a line
    for file in site.rglob("*.json"):
        assert not re.search("nikkei|amazon", file.name)
    for file in site.glob("grids/*/index.json"):
        index = json.loads(file.read_text(encoding="utf-8"))
        assert set(index.get("series", {})) <= {"ibm", "usdjpy"}
        assert index.get("series") or file.parent.name in ("02_windowing", "10_many_series")  # IBM, and car parks
    assert not list(site.rglob("*.csv")) and not list(site.rglob("*.ipynb"))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_light_still_and_accessible(web, page, name):
    """No error in the console, the first view under 300 kB, no shift, no sideways scrolling on a phone, axe-core content."""
    told, weight = [], []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("response", lambda answer: weight.append(len(answer.body())))
    page.goto(web + name + "#choose" * (name == "index.html"), wait_until="networkidle")
    assert sum(weight) < 300_000, f"{sum(weight):,} bytes"
    page.evaluate(SHIFTS)
    for _ in range(6):  # past lazy pictures and a panel that comes alive
        page.mouse.wheel(0, 3000)
        page.wait_for_timeout(80)
    assert page.evaluate("window.shift") < 0.05
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert barriers(page) == [], theme
    page.set_viewport_size({"width": 360, "height": 720})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert not told


@pytest.mark.parametrize("name", ["ja/index.html", "ja/05_validation.html", "en/exercises/02_windowing.html"])
def test_nothing_moves_while_a_page_loads_on_a_phone(web, browser, name):
    """On a slow processor, with the list of steps folded before the text is there."""
    context = browser.new_context(viewport={"width": 360, "height": 720})
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 6})
    page.add_init_script(f"({SHIFTS})()")
    page.goto(web + name, wait_until="networkidle")
    assert not page.evaluate("document.querySelector('nav.steps details').open")
    assert page.evaluate("window.shift") < 0.05
    context.close()


def test_the_switch_leads_to_the_same_section(web, page):
    page.goto(f"{web}ja/05_validation.html#why-text")
    page.wait_for_timeout(300)
    page.get_by_role("link", name="English", exact=True).click()
    page.wait_for_url(f"{web}en/05_validation.html#why-text")
    assert page.locator("#why-text h2").bounding_box()["y"] < 300
    page.goto(f"{web}index.html")  # the choice is remembered, whatever the browser's language
    page.wait_for_url(f"{web}en/index.html")


def test_the_switch_stays_at_a_panel_that_is_alive(web, page):
    """The drawing of a panel has an id too, at the top of the page."""
    page.goto(f"{web}ja/05_validation.html#playground")
    page.wait_for_selector(".panel.live svg[aria-label]")
    page.get_by_role("link", name="English", exact=True).click()
    page.wait_for_url(f"{web}en/05_validation.html#playground")


def test_what_other_sites_keep_in_the_same_storage_does_no_harm(web, page):
    """On user.github.io all projects share one; nor does a choice lead anywhere that this site does not know."""
    page.goto(f"{web}ja/search.html")
    for name, value in {
        "language": "fr",
        "theme": "dark",
        "lstm-language": "../elsewhere",
        "lstm-theme": "sepia",
    }.items():
        page.evaluate("([name, value]) => localStorage.setItem(name, value)", [name, value])
    page.goto(web)
    page.wait_for_url(f"{web}ja/index.html")  # as the browser asks for
    assert page.evaluate("document.documentElement.dataset.theme") is None


@pytest.mark.parametrize(("locale", "edition"), [("ja-JP", "ja"), ("en-GB", "en"), ("fr-FR", "en")])
def test_the_landing_page_follows_the_browser(web, browser, locale, edition):
    context = browser.new_context(locale=locale)
    page = context.new_page()
    page.goto(web)
    page.wait_for_url(f"{web}{edition}/index.html")
    context.close()


def test_everything_can_be_read_without_javascript(web, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(web)
    page.get_by_role("link", name="日本語で読む").click()
    page.get_by_role("link", name="05 検証").first.click()
    assert page.locator(".panel img").count() and page.locator("math").count()
    page.get_by_role("link", name="English", exact=True).click()
    page.wait_for_url(f"{web}en/05_validation.html")
    page.goto(f"{web}en/slides/05_validation.html")
    assert page.get_by_role("link", name="Full text").is_visible()
    assert not page.locator(".bar button:visible").count()  # they would do nothing
    context.close()


def test_the_list_of_steps_is_there_when_a_tablet_is_turned_and_shows_the_step_that_is_read(web, page):
    page.set_viewport_size({"width": 768, "height": 1024})
    page.goto(f"{web}en/14_challenge.html")
    assert not page.locator("nav.steps li").first.is_visible()
    page.set_viewport_size({"width": 1024, "height": 768})
    page.locator("nav.steps [aria-current]").wait_for()
    page.reload()
    place = page.locator("nav.steps [aria-current]").bounding_box()
    assert 0 < place["y"] < 700 and page.evaluate("scrollY") == 0


def test_the_header_hides_nothing_that_has_the_focus(web, page):
    page.goto(f"{web}en/13_amazon_project.html")
    page.locator(".turn a").first.focus()
    hidden = "document.activeElement.getBoundingClientRect().top < document.querySelector('header').offsetHeight - 1"
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        assert not page.evaluate(f"!!document.activeElement.closest('main') && {hidden}")


def test_what_is_printed_and_written_into_a_panel_fits_a_phone(web, page):
    page.set_viewport_size({"width": 360, "height": 720})
    page.goto(f"{web}en/10_many_series.html#playground")
    page.wait_for_selector(".panel.live svg[aria-label]")
    assert page.evaluate("""() => [...document.querySelectorAll('.panel svg text')].every(text => {
        const { x, width } = text.getBBox();
        return x >= 0 && x + width <= text.ownerSVGElement.viewBox.baseVal.width;
    })""")
    prose = page.locator("pre.output", has_text="This is look")
    assert prose.evaluate("box => box.scrollWidth <= box.clientWidth")


def test_search_finds_japanese_words(web, page):
    page.goto(f"{web}ja/index.html")
    page.get_by_role("searchbox").first.fill("条件付き平均")
    page.keyboard.press("Enter")
    page.wait_for_selector("#results li")
    assert page.locator("#results mark").count()
    page.get_by_role("link", name="なぜこの予測になるのか").click()
    page.wait_for_url(f"{web}ja/05_validation.html#why-text")
    page.goto(f"{web}ja/search.html?q=ﾅｲｰﾌﾞ予測　lstm")  # half-width kana and a wide blank, two words
    page.wait_for_selector("#results li")
    page.goto(f"{web}en/search.html?q=no+such+word+anywhere")
    page.get_by_text("Found in 0 places.").wait_for()


def test_search_says_how_many_it_shows_and_keeps_the_question_in_the_other_language(web, page):
    page.goto(f"{web}ja/search.html?q=lstm")
    page.get_by_text("か所で見つかりました。最初の 50 か所を表示しています。").wait_for()
    assert page.locator("#results li").count() == 50
    page.get_by_role("link", name="English", exact=True).click()
    page.wait_for_url(f"{web}en/search.html?q=lstm")
    page.get_by_text("places. The first 50 are shown.").wait_for()


@pytest.mark.parametrize(
    ("edition", "sorry"), [("ja", "読み込めませんでした"), ("en", "could not be loaded")], ids=["ja", "en"]
)
def test_search_says_when_there_is_nothing_to_search_in(web, page, edition, sorry):
    told = []
    page.on("pageerror", lambda error: told.append(str(error)))
    page.route("**/search.json", lambda route: route.abort())
    page.goto(f"{web}{edition}/search.html?q=lstm")
    page.get_by_role("status").filter(has_text=sorry).wait_for()
    assert not told


def test_the_theme_is_chosen_and_kept(web, page):
    page.emulate_media(color_scheme="light")
    page.goto(f"{web}ja/02_windowing.html")
    page.get_by_role("button", name="明暗").click()
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 17, 17)"


def test_code_can_be_copied(web, browser):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{web}en/02_windowing.html")
    page.locator("#parameters").get_by_role("button", name="copy").click()
    page.get_by_role("button", name="copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").startswith('SERIES = "nikkei225"\n')
    context.close()


def test_code_can_be_copied_from_a_site_without_https(web, page):
    """There the clipboard is closed to scripts; where the old way is refused too, nothing is said to be copied."""
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.goto(f"{web}en/02_windowing.html")
    button = page.locator("#parameters .source button")
    page.evaluate("() => { window.old = document.execCommand; document.execCommand = () => false; }")
    button.click()
    page.wait_for_timeout(100)
    assert button.inner_text() == "copy"
    page.evaluate("() => { document.execCommand = window.old; }")
    button.click()
    page.get_by_role("button", name="copied").wait_for()
    page.get_by_role("searchbox").focus()
    page.keyboard.press("Control+V")
    assert page.get_by_role("searchbox").input_value().startswith('SERIES = "nikkei225"')


def test_a_wide_print_gives_its_text_the_whole_sheet(web, page):
    page.goto(f"{web}en/05_validation.html#playground")
    page.wait_for_selector(".panel.live svg[aria-label]")
    page.emulate_media(media="print")
    for part in ("main", ".panel svg"):
        assert page.locator(part).bounding_box()["width"] > 1100, part


def test_an_answer_to_a_question_is_kept(web, page):
    page.goto(f"{web}ja/05_validation.html")
    answer = page.locator(".question button").nth(1)
    assert answer.get_attribute("aria-pressed") == "false"
    answer.press("Enter")
    page.goto(f"{web}en/05_validation.html")  # the same question in the other language
    assert page.locator(".question button").nth(1).get_attribute("aria-pressed") == "true"


MOVE = """(range) => new Promise(done => {
  const svg = range.closest('.panel').querySelector('svg'), begun = performance.now();
  new MutationObserver((_, watch) => { watch.disconnect(); requestAnimationFrame(() => done(performance.now() - begun)); })
    .observe(svg, {childList: true});
  range.value = (+range.value + 1) % (+range.max + 1);
  range.dispatchEvent(new Event('input', {bubbles: true}));
})"""


@pytest.mark.parametrize("name", ["02_windowing", "05_validation", "08_uncertainty", "10_many_series"])
def test_sliders_draw_at_once_and_by_keyboard(web, page, name):
    page.goto(f"{web}ja/{name}.html")
    page.locator(".panel").scroll_into_view_if_needed()
    page.wait_for_selector(".panel.live svg[aria-label]")
    before = page.locator(".panel svg").inner_html()
    page.locator(".panel input[type=range]").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("before => document.querySelector('.panel svg').innerHTML !== before", arg=before)
    last = page.locator(".panel input[type=range]").last  # does not fetch a file
    took = sorted(last.evaluate(MOVE) for _ in range(20))
    assert took[10] < 100, took
    assert "前もって計算" in page.locator(".panel").inner_text()
    page.get_by_role("button", name="最初に戻す").click()
    page.wait_for_timeout(200)
    assert page.locator(".panel .verdict").inner_text()


@pytest.mark.parametrize(
    ("edition", "sorry"), [("ja", "前の設定に戻しました"), ("en", "could not be loaded")], ids=["ja", "en"]
)
def test_a_panel_goes_back_where_a_result_cannot_be_loaded_and_asks_again(web, page, edition, sorry):
    told = []
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto(f"{web}{edition}/05_validation.html#playground")
    page.wait_for_selector(".panel.live svg[aria-label]")
    slider, verdict = page.locator(".panel input[type=range]").first, page.locator(".panel .verdict")
    before = slider.input_value(), page.locator(".panel svg").inner_html()
    page.route("**/grids/**", lambda route: route.abort())
    slider.press("ArrowRight")
    page.wait_for_function("sorry => document.querySelector('.panel .verdict').innerText.includes(sorry)", arg=sorry)
    assert (slider.input_value(), page.locator(".panel svg").inner_html()) == before
    page.unroute("**/grids/**")
    slider.press("ArrowRight")
    page.wait_for_function("before => document.querySelector('.panel svg').innerHTML !== before", arg=before[1])
    assert slider.input_value() != before[0] and sorry not in verdict.inner_text() and not told


def test_the_grid_holds_what_the_panel_shows(site):
    settings = {"window": 5, "hidden_size": 4, "epochs": 4, "seed": 1}
    shown = playground("ibm", None, **settings).now.shown()
    file = site / "grids" / "05_validation" / "ibm-5-4.json"
    run = json.loads(file.read_text(encoding="utf-8"))["runs"]["4|1"]
    assert list(run["scores"].values()) == pytest.approx(list(shown.scores.values()), rel=1e-2, abs=1e-3)
    assert any(sentence in shown.verdict for sentence in map(tuple, run["said"]))


def test_the_panel_of_many_series_shows_what_the_notebook_stores(site, web, page):
    """Car parks, origins, covariates on and off: path, scores and verdict of the panel in JupyterLab."""
    (cell,) = (one for one in nbformat.read(ROOT / "notebooks/10_many_series.ipynb", 4).cells if one.id == "playground")
    stored = BeautifulSoup(cell.outputs[0]["data"]["text/html"], "html.parser")
    errors = [float(row.select_one("td").string) for row in stored.select("tbody tr")]
    page.goto(f"{web}en/10_many_series.html")
    panel = page.locator(".panel.output")
    panel.scroll_into_view_if_needed()
    page.wait_for_selector(".panel.live table")

    def scored():
        return [float(error) for error in panel.locator("td").all_inner_texts()]

    def verdict():
        return panel.locator(".verdict").inner_text()

    assert scored() == pytest.approx(errors, rel=0.02)  # the last digit may differ between machines
    assert verdict().split(". ")[0] in stored.get_text()
    with_covariates = scored()
    panel.get_by_label("covariates").uncheck()
    page.wait_for_function("document.querySelector('.panel .verdict').innerText.includes('rank 4 of 5')")
    assert sum(scored()) > sum(with_covariates)
    panel.get_by_label("series").select_option("Shopping")
    page.wait_for_function("document.querySelector('.panel .verdict').innerText.includes('Shopping')")
    assert "Shopping: from this origin" in panel.locator("svg").get_attribute("aria-label")
    slider = panel.get_by_role("slider", name="origin")
    box = slider.bounding_box()
    page.mouse.click(box["x"] + 4, box["y"] + box["height"] / 2)
    assert slider.get_attribute("aria-valuetext") == "0" and verdict().startswith("Origin 12-05 ")


CUT = """() => [...document.querySelectorAll('section')].flatMap(slide => {
  const box = slide.querySelector('.content');
  const wide = [...box.querySelectorAll('.scrolls')].some(part => part.scrollWidth > part.clientWidth + 1);
  const high = box.scrollHeight > box.clientHeight + 1 || slide.scrollHeight > slide.clientHeight + 1;
  const small = parseFloat(getComputedStyle(box).fontSize) < 11;
  const pictures = [...box.querySelectorAll('.output > img')].some(one => one.getBoundingClientRect().height < 200);
  return wide || high || small || pictures ? [[slide.id, wide, high, small, pictures]] : [];
})"""

SHOWN = """() => [document.querySelector('.bar output').value, location.hash,
  [...document.querySelectorAll('section')].find(slide => Math.abs(slide.getBoundingClientRect().top) < 2)?.id]"""


@pytest.mark.parametrize("name", DECKS)
def test_a_deck_turns_by_keys_fits_its_screen_and_is_accessible(web, page, name):
    """No error in the console, every slide within 1280 x 720, arrow keys from the first slide to the last, axe-core content."""
    told = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto(web + name, wait_until="networkidle")
    slides = page.locator("section").evaluate_all("slides => slides.map(slide => slide.id)")
    assert 10 < len(slides) < 50
    for number, place in enumerate(slides, 1):
        assert page.evaluate(SHOWN) == [f"{number} / {len(slides)}", f"#{place}", place]
        page.keyboard.press("ArrowRight")
    if page.locator(".panel[data-grid]").count():
        page.locator(".panel").scroll_into_view_if_needed()
        page.wait_for_selector(".panel.live svg[aria-label]")
        page.wait_for_timeout(200)
    assert page.evaluate(CUT) == []
    assert barriers(page) == []
    assert not told


def test_a_deck_switches_prints_and_moves_its_panel(web, page):
    page.goto(f"{web}ja/slides/05_validation.html#lag-bars", wait_until="networkidle")
    page.get_by_role("link", name="English").click()
    page.wait_for_url(f"{web}en/slides/05_validation.html#lag-bars")
    assert page.evaluate("localStorage.getItem('lstm-language')") == "en"
    slides = page.locator("section").count()
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) == slides
    page.get_by_role("link", name="Full text").click()
    page.wait_for_url(f"{web}en/05_validation.html#lag-bars")
    page.get_by_role("link", name="Slides of this step").click()
    page.goto(f"{web}en/slides/05_validation.html#playground", wait_until="networkidle")
    page.wait_for_selector(".panel.live svg[aria-label]")
    before = page.locator(".panel svg").inner_html()
    page.get_by_role("slider", name="epochs").press("ArrowLeft")  # turns no slide
    page.wait_for_function("before => document.querySelector('.panel svg').innerHTML !== before", arg=before)
    assert page.evaluate("location.hash") == "#playground"


@pytest.mark.parametrize("name", ["05_validation", "10_many_series", "12_backtest_and_search"])
@pytest.mark.parametrize("screen", [(1920, 1080), (1280, 800)])
def test_a_deck_is_printed_whole_from_any_screen(web, page, name, screen):
    """Pages are 1280 x 720, and the window keeps its size: printing tells a page of no other one."""
    page.set_viewport_size(dict(zip(("width", "height"), screen, strict=True)))
    page.add_init_script("addEventListener('resize', event => event.stopImmediatePropagation())")
    page.goto(f"{web}ja/slides/{name}.html", wait_until="networkidle")
    if page.locator(".panel[data-grid]").count():
        page.locator(".panel").scroll_into_view_if_needed()
        page.wait_for_selector(".panel.live svg[aria-label]")
        page.wait_for_timeout(200)
    sizes = "[...document.querySelectorAll('.content')].map(box => getComputedStyle(box).fontSize)"
    seen = page.evaluate(sizes)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.set_viewport_size({"width": 1280, "height": 720})
    page.emulate_media(media="print")
    page.wait_for_timeout(100)
    assert page.evaluate(CUT) == []
    page.emulate_media(media="screen")
    page.set_viewport_size(dict(zip(("width", "height"), screen, strict=True)))
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(sizes) == seen


def test_a_deck_on_a_phone_is_scrolled_by_keys_that_scroll(web, page):
    page.set_viewport_size({"width": 600, "height": 800})
    page.goto(f"{web}en/slides/05_validation.html", wait_until="networkidle")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("scrollY > 0")
    page.wait_for_timeout(300)
    assert page.evaluate("scrollY") < 100  # some lines, not a slide
    page.keyboard.press("ArrowRight")
    page.wait_for_function("location.hash === '#' + document.querySelectorAll('section')[1].id")


def test_a_deck_on_a_phone_uses_its_width_and_stays_where_one_reads(web, page):
    """The bar of the address comes and goes, which is a change of height."""
    page.set_viewport_size({"width": 360, "height": 680})
    page.goto(f"{web}en/slides/05_validation.html", wait_until="networkidle")
    assert page.locator("section.title .content").bounding_box()["width"] > 300
    page.evaluate("scrollTo(0, 2500)")
    page.wait_for_timeout(200)
    page.set_viewport_size({"width": 360, "height": 740})
    page.wait_for_timeout(200)
    assert page.evaluate("scrollY") == 2500


def test_a_deck_of_stored_outputs_says_so(soups, site):
    for deck in DECKS:
        edition = deck.partition("/")[0]
        said = {"ja": "保存してある結果", "en": "without the prices"}[edition]
        assert said in soups[site / deck].select_one("section.title .aside").get_text(), deck


def test_a_deck_fills_the_screen_with_caps_lock_too(web, page):
    page.goto(f"{web}en/slides/05_validation.html", wait_until="networkidle")
    page.keyboard.press("F")
    page.wait_for_function("document.fullscreenElement")


def test_a_deck_asks_and_gives_no_answer_with_the_question(soups, site):
    for deck in DECKS:
        asked = soups[site / deck].select("section.ask")
        assert asked and all(2 <= len(slide.select("li")) <= 6 for slide in asked), deck
        assert not soups[site / deck].select(".lstm-recall, details.question")
