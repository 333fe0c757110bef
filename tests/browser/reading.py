"""What a reader reads on the page, and which words of it are not in the language that was chosen."""

import re

from lab import Notebook

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
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]+")
# English words that stand in Japanese text. TERMS.md keeps a term in brackets at its first use, 日本語（English）; the rest:
KEPT = {
    # models, methods and measures that have no other name, and CO2
    *"LSTM RNN GRU RMSE RMSSE MAE MASE CRPS PIT CQR ACI NRMSE EWM HAR AR HC AdamW Adam LBFGS TPE MSE CO ReLU tanh sigmoid".split(),
    # people whose names a method bears
    *"Holm Diebold Mariano Wolfe Newey West Hyndman Koehler Athanasopoulos Corsi Politis Romano".split(),
    # software, data and places
    *"Python PyTorch NumPy pandas scikit learn statsmodels Optuna JupyterLab TensorBoard SQLite GitHub Linux Windows OK".split(),
    *"FRED Nasdaq torchmetrics Forecaster Scale DataFrame float inf NaN kept state torch Chronos CHRONOS".split(),  # names of code among words, too
    *"Nikkei Amazon IBM Yahoo Finance Stooq investing com Excel CSV HTML GPU CPU CUDA UTF Shift JIS oneDNN gRPC IEEE".split(),
    # columns of the data, which the reader writes in code, and values of Python
    *"Open High Low Close Volume Date True False None ms kW ppm".split(),
    *"car park capacity cars Shopping BHMBCCMKT".split(),  # of the car parks, and their names
}
KEPT |= {"Shift", "Enter", "Ctrl"}
MENU = re.compile(r"Run → Run All Cells|Kernel → Restart Kernel and Run All Cells")  # as JupyterLab writes them
SOURCE = re.compile(r"出典: .*")  # of data, as the source names itself
# In what a cell prints: a name with a bracket, a point or an underscore, a part of a model, what stands in quotes, package==version.
CODE = re.compile(r"'[^']*'|\(\w+\): |\"[^\"]*\"|[\w-]+==\S+|\b\w*_\w+|\b\w+(?:\.\w+)+|\b\w+(?=[(\[=])")


def strangers(notebook: Notebook, language: str) -> list[tuple[int, str, str]]:
    """(number of the cell or -1 for the contents pane, word, text around it) for every word of the other language on show."""
    found, seen = [], notebook.page.evaluate(SEEN)
    sheet = "/exercises/" in notebook.page.url.replace("%2F", "/")
    notebook.page.evaluate(CLOSE)
    for place, text in seen:
        if language == "en":
            words = JAPANESE.findall(text)
        else:
            if sheet:  # what the reader's own code prints there, names in English and numbers, is not the tutorial's
                text = "\n".join(line for line in text.splitlines() if JAPANESE.search(line))
            bare = CODE.sub("`", MENU.sub("", SOURCE.sub("", re.sub(r"（[^（）]*）", "", text))))
            words = [word for word in re.findall(r"[A-Za-z]{2,}", bare) if word not in KEPT]
        found += [(place, word, text) for word in words]
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
