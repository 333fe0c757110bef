// The contents pane on the left holds headings as plain text, "日本語 / English", where CSS cannot hide half. Here each entry is
// cut at the mark between the two, while a notebook with the switch is in front; the pane draws new entries when it changes.
const BOTH = /^(.*[\u3040-\u30ff\u4e00-\u9fff].*) \/ ([^\u3040-\u30ff\u4e00-\u9fff]+)$/;
const originals = new WeakMap();  // text node -> the whole heading, and what was last written there

function follow(panel) {
  const page = panel.querySelector('.lstm-page');
  const front = document.querySelector('.lm-DockPanel-tabBar .jp-mod-current');
  if (!page || front && front.dataset.id !== panel.id) return;
  for (const entry of document.querySelectorAll('.jp-tocItem-content')) {
    const node = entry.lastChild;
    if (!node) continue;  // an empty heading
    let known = originals.get(node);
    if (!known || known.written !== node.data) originals.set(node, known = {whole: node.data});
    const halves = BOTH.exec(known.whole);
    known.written = halves && {ja: halves[1], en: halves[2]}[page.dataset.language] || known.whole;
    if (node.data !== known.written) node.data = entry.title = known.written;
  }
}

function start(tries) {
  const panel = element.closest('.jp-NotebookPanel');
  if (!panel) return tries && setTimeout(start, 50, tries - 1);  // not on the page yet
  panel.lstmContents?.disconnect();  // of an earlier run of this cell
  panel.lstmContents = new MutationObserver(() => requestAnimationFrame(() => follow(panel)));
  const whole = {childList: true, subtree: true, characterData: true};
  const pane = document.getElementById('table-of-contents');
  if (pane) panel.lstmContents.observe(pane, whole);
  panel.lstmContents.observe(element.closest('.jp-OutputArea'), whole);  // where the buttons write their choice
  follow(panel);
}

start(200);
