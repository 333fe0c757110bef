// What only the browser can do for a panel of helpers/panels. `element` is the output beside the panel.
const start = tries => {
  const output = element.closest('.jp-OutputArea'), panel = output && output.querySelector('.lstm-panel');
  if (!panel) return tries && setTimeout(start, 50, tries - 1);  // not on the page yet

  // ipywidgets gives a slider's handle no name, and makes its readout a nameless stop of the tab key.
  const name = slider => {
    const label = slider.querySelector('.widget-label'), handle = slider.querySelector('[role=slider]');
    const readout = slider.querySelector('.widget-readout');
    if (!label) return;
    if (handle && handle.getAttribute('aria-label') !== label.textContent) handle.setAttribute('aria-label', label.textContent);
    if (readout && readout.getAttribute('tabindex') !== '-1') readout.setAttribute('tabindex', '-1');
    if (readout && readout.getAttribute('aria-label') !== label.textContent) {
      if (readout.isContentEditable) readout.setAttribute('role', 'textbox');
      readout.setAttribute('aria-label', label.textContent);
    }
  };
  // A new result brings new <details>: those that the reader has opened stay open.
  const open = new Set();
  const unfold = details => {
    if (details.seen) return;
    details.seen = true;
    details.open = open.has(details.dataset.fold);
    details.addEventListener('toggle', () => details.isConnected && open[details.open ? 'add' : 'delete'](details.dataset.fold));
  };
  // ipywidgets has no live region: this one lets a screen reader hear a new verdict, and not the picture with it.
  const heard = document.createElement('div');
  heard.className = 'lstm-heard';
  heard.setAttribute('role', 'status');
  const hear = () => {
    const verdict = panel.querySelector('.lstm-verdict'), words = verdict ? verdict.innerText : '';
    if (heard.textContent !== words) heard.textContent = words;
  };
  hear();  // before it is on the page: the first verdict is there to be read, it is no news
  element.append(heard);
  const care = () => {
    hear();
    panel.querySelectorAll('.widget-slider').forEach(name);
    panel.querySelectorAll('details[data-fold]').forEach(unfold);
  };
  new MutationObserver(care).observe(panel, {childList: true, subtree: true, characterData: true});
  care();

  panel.addEventListener('click', async event => {
    const button = event.target.closest('.lstm-copy');
    if (!button) return;
    const code = button.parentElement.querySelector('pre');
    getSelection().selectAllChildren(code);
    // Over plain http the clipboard is closed to scripts, and the old way is the only one.
    try { await navigator.clipboard.writeText(code.textContent); } catch { if (!document.execCommand('copy')) return; }
    button.textContent = '✓';
  });
};
start(200);
