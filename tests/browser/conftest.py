"""One JupyterLab and one Chromium for all browser tests; screenshots of failures in tests/browser/failures/."""

from pathlib import Path

import pytest
from lab import Notebook, chromium, jupyter_lab

FAILURES = Path(__file__).parent / "failures"


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    with jupyter_lab(tmp_path_factory.mktemp("lab")) as address:
        yield address


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
def playground(browser, address, pages):
    """Step 05, opened and run once for all tests that play with it; they leave it working, not untouched."""
    notebook = Notebook(browser, address, "05_validation")
    pages.append(notebook)
    notebook.run_all()
    yield notebook
    notebook.close()


@pytest.fixture(autouse=True)
def photograph_failures(request, open_notebook, pages):
    yield
    if getattr(request.node, "failed", False):
        FAILURES.mkdir(exist_ok=True)
        for number, notebook in enumerate(pages):
            notebook.page.screenshot(path=FAILURES / f"{request.node.name}-{number}.png")
