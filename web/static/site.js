// What a page of the web edition does: theme, switch of the language, copy buttons, boxes that scroll, search.
// Without JavaScript everything can be read; these are conveniences.
'use strict';
const words = JSON.parse(document.getElementById('words').textContent);
// With a prefix: on user.github.io all projects share one storage.
const remember = (name, value) => { try { localStorage.setItem(`lstm-${name}`, value); } catch { /* a private window */ } };
const recall = name => { try { return localStorage.getItem(`lstm-${name}`); } catch { return null; } };

// Light or dark: the reader's system decides until the button is pressed.
const theme = document.getElementById('theme');
theme.hidden = false;
theme.addEventListener('click', () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
  remember('theme', root.dataset.theme);
});

// The other language, at the cell that is being read: ids are the same in both editions. What was searched for goes along.
const other = document.getElementById('switch');
other.search = location.search;
other.addEventListener('click', () => {
  remember('language', other.lang);
  const places = [...document.querySelectorAll('main .cell[id], main h2[id]')];  // the drawing of a live panel has ids too
  const read = places.filter(place => place.getBoundingClientRect().top < 120).pop();
  other.hash = read && scrollY > 100 ? read.id : '';
});

// Whether the text of an element was copied. Over plain http the clipboard is closed to scripts, and the old way is the only one.
async function copied(part) {
  try {
    await navigator.clipboard.writeText(part.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(part);
    return document.execCommand('copy');
  }
}

for (const box of document.querySelectorAll('.source')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = words.copy;
  button.addEventListener('click', async () => {
    if (!await copied(box.querySelector('pre'))) return;
    button.textContent = words.copied;
    setTimeout(() => { button.textContent = words.copy; }, 1500);
  });
  box.append(button);
}

// A question: the reader commits to an answer, which is kept in this browser.
for (const question of document.querySelectorAll('.question')) {
  const name = `answer ${location.pathname.split('/').pop()} ${question.closest('[id]').id}`;
  const answers = [...question.querySelectorAll('li')].map((item, number) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...item.childNodes);
    button.addEventListener('click', () => { remember(name, number); choose(number); });
    item.append(button);
    return button;
  });
  const choose = chosen => answers.forEach((button, number) => button.setAttribute('aria-pressed', number === chosen));
  const kept = recall(name);
  choose(kept === null ? -1 : +kept);
}

// In the long list of steps, the one that is read.
const here = document.querySelector('nav.steps [aria-current]');
if (here) here.closest('nav').scrollTop = here.offsetTop - 200;

// A box that scrolls can be reached by keyboard; one that does not is no stop on the way.
const reachable = new ResizeObserver(entries => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0; else target.removeAttribute('tabindex');
  }
});
for (const box of document.querySelectorAll('.scrolls')) reachable.observe(box);

// Search: every word must occur. Japanese is written without blanks, so words are found anywhere in the text.
const results = document.getElementById('results');
if (results) {
  const most = 50;
  const plain = text => text.normalize('NFKC').toLowerCase();
  const query = new URLSearchParams(location.search).get('q') || '';
  for (const input of document.querySelectorAll('input[name=q]')) input.value = query;
  const wanted = plain(query).split(/\s+/).filter(Boolean);
  const tell = words => { document.getElementById('count').textContent = words; };
  if (wanted.length) fetch('search.json').then(answer => answer.json()).then(rows => show(rows.flatMap(row => {
    const [address, page, heading, text] = row;
    const head = plain(`${page} ${heading}`), all = `${head} ${plain(text)}`;
    if (!wanted.every(word => all.includes(word))) return [];
    return [{ address, page, heading, text, rank: wanted.filter(word => head.includes(word)).length }];
  })), () => tell(results.dataset.failed));

  function show(found) {
    found.sort((a, b) => b.rank - a.rank);
    tell(results.dataset[found.length > most ? 'many' : 'found'].replace('#', found.length).replace('#', most));
    results.replaceChildren(...found.slice(0, most).map(({ address, page, heading, text }) => {
      const item = document.createElement('li'), link = document.createElement('a'), around = document.createElement('p');
      link.href = address;
      link.textContent = heading && heading !== page ? `${heading} – ${page}` : page;
      const at = Math.max(0, plain(text).indexOf(wanted[0]) - 40);
      marked(around, (at ? '…' : '') + text.slice(at, at + 140) + (at + 140 < text.length ? '…' : ''));
      item.append(link, around);
      return item;
    }));
  }

  function marked(element, text) {
    const escaped = wanted.map(word => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    for (const piece of text.split(new RegExp(`(${escaped.join('|')})`, 'i'))) {
      const found = wanted.includes(plain(piece));
      const part = found ? document.createElement('mark') : document.createTextNode('');
      part.textContent = piece;
      element.append(part);
    }
  }
}
