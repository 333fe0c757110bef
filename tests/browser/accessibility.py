"""axe-core over a page: what is serious or critical for a reader with a screen reader, a keyboard or poor sight."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# In JupyterLab only what the notebooks bring is looked at. Cells, prompts, editors, collapsers and scroll areas are
# JupyterLab's own: axe-core finds nested interactive elements and unnamed parts there, on an empty notebook too.
NOTEBOOK = {
    "include": [".jp-Notebook .jp-RenderedHTMLCommon", ".jp-Notebook .jp-OutputArea-output"],
    "exclude": [".jp-InputArea-editor", ".jp-InternalAnchorLink"],
}


def barriers(page: Page, context: dict | None = None) -> list[tuple[str, str, str]]:
    """(rule, element, what to do) for each serious or critical violation; within `context` as axe.run takes it."""
    found = Axe().run(page, context).response["violations"]
    return [
        (one["id"], node["html"][:200], node["failureSummary"])
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
