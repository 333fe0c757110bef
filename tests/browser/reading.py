"""What a reader reads on the page, and the words of it that are not in the language that was chosen."""

from lab import Notebook
from one_language import JAPANESE, foreign

# Blocks of visible text in Markdown, outputs and the contents pane; folds are opened first, and closed again afterwards. Code and formulas are one sign
# each. The entries of a menu are left out: they are what a function is called with, such as load_prices("nikkei225").
SEEN = """() => {
  document.querySelectorAll('.jp-Notebook details:not([open])').forEach(fold => { fold.open = true; fold.dataset.read = ''; });
  const left_out = '.jp-Notebook [lang] pre, .lstm-code pre, .jp-RenderedMarkdown code, mjx-container, script, style, .lstm-switch, '
    + '.jp-InternalAnchorLink, .jp-RenderedJavaScript';
  const blocks = new Map();
  for (const part of document.querySelectorAll('.jp-MarkdownOutput, .jp-Notebook .jp-OutputArea-output, .jp-tocItem-content')) {
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement;
      if (!parent.getClientRects().length || parent.closest('select')) continue;
      const block = parent.closest('p, li, h1, h2, h3, td, th, summary, pre, label, button, .jp-tocItem-content') || parent;
      blocks.set(block, (blocks.get(block) || '') + (parent.closest(left_out) ? '`' : walker.currentNode.data));
    }
  }
  return [...blocks].map(([block, text]) => {
    const cell = block.closest('.jp-Cell');
    const place = cell ? [...document.querySelectorAll('.jp-Cell')].indexOf(cell) : -1;
    return [place, text.trim()];
  }).filter(([, text]) => text);
}"""
CLOSE = "() => document.querySelectorAll('details[data-read]').forEach(fold => { fold.open = false; delete fold.dataset.read; })"


def strangers(notebook: Notebook, language: str) -> list[tuple[int, str, str]]:
    """(number of the cell or -1 for the contents pane, word, text around it) for every word of the other language on show."""
    found, seen = [], notebook.page.evaluate(SEEN)
    sheet = "/exercises/" in notebook.page.url.replace("%2F", "/")
    notebook.page.evaluate(CLOSE)
    for place, text in seen:
        # In a sheet, what the reader's own code prints there, names in English and numbers, is not the tutorial's
        if sheet and language == "ja":
            text = "\n".join(line for line in text.splitlines() if JAPANESE.search(line))
        found += [(place, word, text) for word in foreign(text, language)]
    return found


def run_in_both_languages(notebook: Notebook, timeout: float = 240) -> dict[str, list]:
    """Run a notebook that opens in Japanese, then again in English: the strangers of each, and the errors of both."""
    notebook.menu("View", "Table of Contents")
    found, errors = {}, []
    for language in ("ja", "en"):
        if language == "en":
            notebook.choose_language("English")
        notebook.run_all(timeout)
        notebook.page.wait_for_selector(f".lstm-page[data-language={language}]", state="attached")
        found[language] = strangers(notebook, language)
        errors += notebook.errors()
    return found | {"errors": errors}
