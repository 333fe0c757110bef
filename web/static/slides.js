// A deck: keys and buttons turn the slides, letters shrink until each fits its screen. Without JavaScript one scrolls.
'use strict';
{
  const slides = [...document.querySelectorAll('section')], part = name => document.querySelector(`.bar .${name}`);
  const phone = matchMedia('(max-width: 39.99rem)');
  const root = document.documentElement, size = element => parseFloat(getComputedStyle(element).fontSize);
  let now = Math.max(0, slides.findIndex(slide => `#${slide.id}` === location.hash));

  function fit(slide) {
    const box = slide.querySelector('.content'), wide = [...box.querySelectorAll('.scrolls')];
    box.style.fontSize = '';
    const cut = () => slide.scrollHeight > slide.clientHeight + 1 || box.scrollHeight > box.clientHeight + 1 || wide.some(part => part.scrollWidth > part.clientWidth + 1);
    const whole = size(box) / size(root);  // a share of the screen, so that it holds on paper too
    for (let share = .95; !phone.matches && share > .4 && cut(); share -= .05) box.style.fontSize = `${whole * share}rem`;
  }

  function show() {
    const { id } = slides[now];
    part('count').value = `${now + 1} / ${slides.length}`;
    history.replaceState(null, '', `#${id}`);
    part('switch').hash = id;
    part('whole').hash = id.replace(/-code$/, '');  // the code and the result of one cell
  }

  function turn(to) {
    now = Math.min(slides.length - 1, Math.max(0, to));
    slides[now].scrollIntoView({ behavior: 'instant' });
    show();
  }

  part('switch').addEventListener('click', event => {  // as the switch of a page in site.js
    try { localStorage.setItem('lstm-language', event.target.lang); } catch { /* a private window */ }
  });
  part('back').addEventListener('click', () => turn(now - 1));
  part('next').addEventListener('click', () => turn(now + 1));
  addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches('input, select')) return;
    const down = phone.matches ? {} : { ArrowDown: now + 1, PageDown: now + 1, ArrowUp: now - 1, PageUp: now - 1 };  // else they scroll
    const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: Infinity, ...down }[event.key];
    if (to !== undefined) turn(to);
    else if (event.key.toLowerCase() === 'f') root.requestFullscreen();
    else return;
    event.preventDefault();
  });
  // Turned by hand: the slide in the middle of the screen is the one that is seen.
  const seen = new IntersectionObserver(entries => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) { now = slides.indexOf(target); show(); }
  }, { rootMargin: '-50% 0px' });
  for (const slide of slides) seen.observe(slide);

  const all = () => { slides.forEach(fit); slides[now].scrollIntoView({ behavior: 'instant' }); };
  let width = innerWidth;
  addEventListener('resize', () => {
    if (phone.matches && innerWidth === width) return;  // its address bar comes and goes while one reads
    width = innerWidth;
    all();
  });
  // Paper has the shape of 16:9, the screen perhaps not: letters are fitted to a sheet before they are printed.
  addEventListener('beforeprint', () => { root.classList.add('paper'); slides.forEach(fit); });
  addEventListener('afterprint', () => { root.classList.remove('paper'); all(); });
  const live = new MutationObserver(changes => changes.forEach(({ target }) => fit(target.closest('section'))));
  for (const panel of document.querySelectorAll('.panel[data-grid]')) live.observe(panel, { attributeFilter: ['class'] });
  all();
}
