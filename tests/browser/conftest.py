"""One JupyterLab and one Chromium for all browser tests; screenshots of failures in tests/browser/failures/."""

from pathlib import Path

import pytest
from lab import Notebook, chromium, jupyter_lab
from reading import run_in_both_languages

FAILURES = Path(__file__).parent / "failures"


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Where JupyterLab starts: a copy of the notebooks, and a home."""
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="session")
def address(folder):
    with jupyter_lab(folder) as address:
        yield address


@pytest.fixture(scope="session")
def reader_chose(folder):
    """Call it with "ja", "en" or "both": what a notebook that is opened now finds remembered."""

    def choose(language):
        settings = folder / "home" / "lstm-tutorial" / "language"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(language, encoding="utf-8")

    return choose


@pytest.fixture(scope="session")
def browser():
    with chromium() as browser:
        yield browser


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call":
        item.failed = report.failed
    return report


@pytest.fixture(scope="session")
def pages():
    """Every notebook that is open now, so that a failure can be photographed."""
    return []


@pytest.fixture
def open_notebook(browser, address, pages):
    opened = []

    def opener(name):
        opened.append(Notebook(browser, address, name))
        pages.append(opened[-1])
        return opened[-1]

    yield opener
    for notebook in opened:
        pages.remove(notebook)
        notebook.close()


@pytest.fixture(scope="session")
def playground(browser, address, pages, reader_chose):
    """Step 05, run in Japanese, and in English for all tests that play with it; they leave it working, not untouched."""
    reader_chose("ja")
    notebook = Notebook(browser, address, "05_validation")
    pages.append(notebook)
    notebook.strangers = run_in_both_languages(notebook)
    yield notebook
    notebook.close()


@pytest.fixture(autouse=True)
def photograph_failures(request, open_notebook, pages):
    yield
    if getattr(request.node, "failed", False):
        FAILURES.mkdir(exist_ok=True)
        for number, notebook in enumerate(pages):
            notebook.page.screenshot(path=FAILURES / f"{request.node.name}-{number}.png")
