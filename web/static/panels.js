// Panels without a kernel. The build has computed a grid of settings; here a setting is looked up and drawn as SVG, in the
// colours, lines and marks of the notebooks' figures (helpers/plots/style.py).
'use strict';
{
  const GREY = '#616161', BLUE = '#0B559F', RED = '#B01E10', GREEN = '#2F9B68', ORANGE = '#D07A00', PURPLE = '#B067B4', INK = '#1a1a1a';
  const side = document.documentElement.lang === 'ja' ? 0 : 1;
  const say = (ja, en) => (side ? en : ja);
  const dashed = { [GREY]: '', [BLUE]: '6 4', [RED]: '8 3 2 3', [GREEN]: '2 3', [ORANGE]: '6 4' };

  // --- drawing: every function returns a piece of SVG as text

  const escaped = text => String(text).replace(/[&<>"]/g, sign => `&#${sign.charCodeAt()};`);
  const write = (x, y, text, more = '') => `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escaped(text)}</text>`;
  const place = (low, high, from, to) => value => from + (value - low) / (high - low || 1) * (to - from);
  const number = value => value.toLocaleString('en', { maximumFractionDigits: 6, useGrouping: Math.abs(value) >= 10000 });

  function ticks(low, high, most) {
    const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10].map(part => part * power).find(part => part >= rough);
    const found = [];
    for (let at = Math.ceil(low / step) * step; at <= high + step / 1e6; at += step) found.push(+at.toPrecision(10));
    return found;
  }

  const path = (points, colour, width = 1.4, dash = dashed[colour] || '') =>
    `<path d="M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-dasharray="${dash}"/>`;

  const star = (x, y, r) => `<path d="M${Array.from({ length: 10 }, (_, k) => {
    const far = k % 2 ? r * .42 : r, turn = Math.PI * (k / 5 - .5);
    return `${(x + far * Math.cos(turn)).toFixed(1)} ${(y + far * Math.sin(turn)).toFixed(1)}`;
  }).join('L')}Z" fill="${RED}"/>`;
  const triangle = (x, y) => `<path d="M${x} ${y - 4}l4 7h-8z" fill="${GREY}"/>`;
  const square = (x, y) => `<rect x="${x - 3}" y="${y - 3}" width="6" height="6" fill="${ORANGE}"/>`;
  const plus = (x, y) => `<path d="M${x - 4} ${y}h8M${x} ${y - 4}v8" stroke="${BLUE}" stroke-width="2.4"/>`;
  const dot = (x, y, colour, r = 3.5) => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${r}" fill="${colour}"/>`;

  // A frame with a scale on the left, and its title; `box` is left, top, right, bottom in pixels.
  function frame({ box: [left, top, right, bottom], low, high, title = '', weight = 600, most = 4 }) {
    const y = place(low, high, bottom, top);
    let drawn = write(left, top - 7, title, `font-weight="${weight}"`);
    for (const at of ticks(low, high, most)) {
      drawn += `<path d="M${left} ${y(at).toFixed(1)}H${right}" stroke="#0002"/>` + write(left - 6, y(at) + 4, number(at), 'text-anchor="end"');
    }
    return [drawn + `<path d="M${left} ${top}V${bottom}H${right}" fill="none" stroke="${INK}"/>`, y];
  }

  // --- step 02

  function windows(grid, { window, stride, horizon }, run, width) {
    const starts = [];
    for (let at = 0; at + window + horizon <= grid.values.length && starts.length < grid.shown; at += stride) starts.push(at);
    const upto = Math.min(grid.values.length, starts.at(-1) + window + horizon + 2), shown = grid.values.slice(0, upto);
    const left = 74, right = width - 12, middle = 190, height = 396, rows = 232;
    const x = place(1, upto, left + 8, right - 8), pad = (Math.max(...shown) - Math.min(...shown)) * .08 || 1;
    const unit = grid.unit[side] && ` [${grid.unit[side]}]`;
    const [axes, y] = frame({ box: [left, 28, right, middle], low: Math.min(...shown) - pad, high: Math.max(...shown) + pad,
      title: say(`価格${unit}`, `Price${unit}`) });
    let drawn = axes + path(shown.map((value, day) => [x(day + 1), y(value)]), GREY);
    shown.forEach((value, day) => { drawn += dot(x(day + 1), y(value), GREY, 2.5); });
    starts.forEach((start, row) => {
      const at = rows + row * 22, days = Array.from({ length: window + horizon }, (_, k) => x(start + k + 1));
      drawn += write(left - 6, at + 4, say(`窓 ${row + 1}`, `window ${row + 1}`), 'text-anchor="end"');
      drawn += path(days.slice(0, window).map(day => [day, at]), GREY) + path(days.slice(window).map(day => [day, at]), RED);
      days.forEach((day, k) => { drawn += k < window ? dot(day, at, BLUE) : star(day, at, 7); });
    });
    drawn += `<path d="M${left} ${rows - 14}V${height - 46}H${right}" fill="none" stroke="${INK}"/>`;
    for (const day of ticks(1, upto, 8)) if (day === Math.round(day)) drawn += write(x(day), height - 30, day, 'text-anchor="middle"');
    drawn += write((left + right) / 2, height - 12, say('日', 'day'), 'text-anchor="middle"');
    drawn += dot(left, height - 12 - 4, BLUE) + write(left + 10, height - 12, say('入力 x', 'input x'));
    drawn += star(right - 62, height - 12 - 4, 7) + write(right - 50, height - 12, say('目標 t', 'target t'));
    return { drawn, height, alt: say(`系列の下に最初の${starts.length}個の窓。丸が入力、星が目標。`,
      `The first ${starts.length} windows under the series: circles are inputs, stars are targets.`) };
  }

  // --- step 05

  function playground(grid, { series }, run, width, before) {
    const { dates, actual, title, unit, 'naive lags': naive } = grid.series[series];
    const now = actual.slice(1), shifted = actual.slice(0, -1), close = 20, from = now.length - close;
    const narrow = width < 480, left = 62, right = width - 10, low = narrow ? 190 : 186;
    const ends = narrow ? [left, low, right, low + 150] : [left, low, left + (width - left) * .56, low + 150];
    const bars = narrow ? [left, low + 214, right, low + 320] : [ends[2] + 62, low, right, low + 150];
    const last = run.lags.indexOf(Math.min(...run.lags)), of = unit[side] && ` [${unit[side]}]`;

    function lines(box, first, name, marks) {
      const every = [now, shifted, run.y, ...(before ? [before] : [])].flatMap(one => one.slice(first));
      const pad = (Math.max(...every) - Math.min(...every)) * .06 || 1;
      const [axes, y] = frame({ box, low: Math.min(...every) - pad, high: Math.max(...every) + pad, title: name });
      const x = place(first, now.length - 1, box[0] + 8, box[2] - 8);
      const points = values => values.slice(first).map((value, k) => [x(first + k), y(value)]);
      let drawn = axes;
      if (!marks) drawn += `<rect x="${x(from)}" y="${box[1]}" width="${x(now.length - 1) - x(from)}" height="${box[3] - box[1]}" fill="${GREY}" opacity=".12"/>`;
      drawn += path(points(now), GREY, marks ? 1.4 : 1) + path(points(shifted), BLUE, marks ? 1.4 : 1);
      if (before) drawn += path(points(before), GREEN, marks ? 1.8 : 1.2);
      drawn += path(points(run.y), RED, marks ? 1.4 : 1);
      if (marks) {
        for (const [px, py] of points(now)) drawn += triangle(px, py);
        for (const [px, py] of points(shifted)) drawn += plus(px, py);
        for (const [px, py] of points(run.y)) drawn += star(px, py, 7);
      }
      const wanted = narrow ? 3 : marks ? 4 : 6;
      for (let k = 0; k < wanted; k++) {
        const day = first + Math.round((k + .5) / wanted * (now.length - 1 - first));
        drawn += write(x(day), box[3] + 17, marks ? dates[day].slice(5) : dates[day].slice(0, 7), 'text-anchor="middle"');
      }
      return drawn;
    }

    let drawn = lines([left, 26, right, 110], 0, title[side] + of, false);
    drawn += lines(ends, from, say(`最後の ${close} 期`, `The last ${close} steps`), true);
    const [axes, y] = frame({ box: bars, low: 0, high: 1.25 * Math.max(...run.lags, ...naive), title: `RMSE${of}`, most: 3 });
    const step = (bars[2] - bars[0]) / run.lags.length;
    drawn += axes;
    run.lags.forEach((error, lag) => {
      const best = lag === last, at = bars[0] + (lag + .12) * step;
      drawn += `<rect x="${at}" y="${y(error)}" width="${step * .76}" height="${y(0) - y(error)}" fill="${best ? 'url(#best)' : '#96d0f6'}" stroke="#000"/>`;
      if (lag % 2 === 0) drawn += write(at + step * .38, bars[3] + 17, lag, 'text-anchor="middle"');
    });
    const nearby = Math.max(...run.lags.slice(Math.max(0, last - 1), last + 2));  // the name stands clear of the bars beside
    drawn += write(bars[0] + (last + .5) * step, y(nearby) - 6, `k = ${last}`, 'text-anchor="middle" font-weight="600"');
    drawn += write((bars[0] + bars[2]) / 2, bars[3] + 35, say('k（何期前の値か）', 'k (steps back)'), 'text-anchor="middle"');

    const names = [[GREY, triangle, say('実際の値', 'actual')], [BLUE, plus, say('1 期ずらした実際の値', 'actual, shifted by 1')],
      [RED, (px, py) => star(px, py, 7), say('予測', 'forecast')], [GREEN, () => '', say('前回の予測', "last run's forecast")]];
    const row = Math.max(ends[3], bars[3]) + 62;
    const [key, height] = legend(width, row, names);
    return { drawn: drawn + key, height, alt: say(
      `テスト部分の実際の値、予測、1 期ずらした実際の値と、ラグごとの RMSE。最小は ${last} 期前。`,
      `Actual values, forecast and shifted actual values of the test part, and RMSE by lag, smallest ${last} back.`) };
  }

  // --- step 08

  function horizons(grid, { series, method, horizon, origin }, run, width) {
    const { dates, actual, title, unit } = grid.series[series], values = actual.slice(1);
    const first = values.length - (grid.test + horizon - 1) + origin;  // the step that is forecast first
    const from = Math.max(0, first - 60), upto = Math.min(values.length, first + horizon + 10);
    const left = 62, right = width - 10, of = unit[side] && ` [${unit[side]}]`, wanted = width < 480 ? 2 : 6;
    const shown = values.slice(from, upto), reach = [...shown, ...Object.values(run.fans).flat(2)];
    const pad = (Math.max(...reach) - Math.min(...reach)) * .05;
    const top = frame({ box: [left, 26, right, 206], low: Math.min(...reach) - pad, high: Math.max(...reach) + pad, title: title[side] + of });
    const x = place(from, Math.max(upto, first + horizon) - 1, left + 8, right - 8), y = top[1];
    const ahead = one => one.map((value, k) => [x(first + k), y(value)]);
    let drawn = top[0] + path(shown.map((value, k) => [x(from + k), y(value)]), GREY, 2);
    Object.values(run.fans).forEach(([low, high], k) => {
      const edge = [...ahead(low), ...ahead(high).reverse()].map(([px, py]) => `${px.toFixed(1)} ${py.toFixed(1)}`).join('L');
      drawn += `<path d="M${edge}Z" fill="${BLUE}" fill-opacity="${k ? .3 : .12}" stroke="${BLUE}"/>`;
    });
    const known = [x(first - 1), y(values[first - 1])];
    drawn += path([known, ...ahead(run.path)], RED) + `<circle cx="${known[0]}" cy="${known[1]}" r="4.5" fill="none" stroke="#000" stroke-width="1.5"/>`;
    for (let k = 0; k < wanted; k++) {
      const day = from + Math.round((k + .5) / wanted * (upto - 1 - from));
      drawn += write(x(day), 223, dates[day], 'text-anchor="middle"');
    }
    const [axes, error] = frame({ box: [left, 264, right, 384], low: 0, high: 1.08 * Math.max(...run.own, ...run.naive, run.naive[0] * Math.sqrt(horizon)), title: `RMSE${of}` });
    const step = place(1, horizon, left + 12, right - 12), by = one => one.map((value, k) => [step(k + 1), error(value)]);
    const law = run.naive.map((_, k) => run.naive[0] * Math.sqrt(k + 1));
    drawn += axes + path(by(run.own), BLUE, 1.4, '') + path(by(run.naive), ORANGE) + path(by(law), '#000', 1, '6 3');
    for (const [px, py] of by(run.own)) drawn += dot(px, py, BLUE, 2.5);
    for (const [px, py] of by(run.naive)) drawn += square(px, py);
    for (const at of ticks(1, horizon, 8)) if (at === Math.round(at)) drawn += write(step(at), 401, at, 'text-anchor="middle"');
    drawn += write((left + right) / 2, 419, say('何期先か', 'steps ahead'), 'text-anchor="middle"');
    const name = grid.methods[method][side];
    const [key, height] = legend(width, 444, [[GREY, () => '', say('実際の値', 'actual')], [RED, () => '', say(`予測（${name}）`, `forecast (${name})`)],
      [BLUE, () => '', say('95% と 80% の区間', '95% and 80% intervals'), 'band'],
      [BLUE, (px, py) => dot(px, py, BLUE, 2.5), say(`RMSE（${name}）`, `RMSE (${name})`), ''],
      [ORANGE, square, say('RMSE（ナイーブ予測）', 'RMSE (naive)')], ['#000', () => '', say('平方根の法則', 'square-root law'), '6 3']]);
    return { drawn: drawn + key, height, alt: say(
      `実際の値の線と、${horizon} 期先までの予測、その 95% と 80% の区間。下は、何期先かごとの RMSE。`,
      `Actual values, the forecast of ${horizon} steps with its 95% and 80% intervals; below, the RMSE by steps ahead.`) };
  }

  // --- step 10

  // Colour, dashes and mark of each method, those of the panel in JupyterLab (helpers/plots/many.py).
  const LOOKS = {
    'naive': [BLUE, '', (x, y) => dot(x, y, BLUE)],
    'LSTM for all': [RED, '', (x, y) => `<path d="M${x} ${y - 4.5}l4.5 4.5l-4.5 4.5l-4.5 -4.5z" fill="${RED}"/>`],
    'boosting for all': [ORANGE, '6 4', square],
    'ridge for all': [GREEN, '2 3', (x, y) => `<path d="M${x} ${y - 4}l4 7h-8z" fill="${GREEN}"/>`],
    'ridge for each': [PURPLE, '8 3 2 3', (x, y) => `<path d="M${x} ${y + 4}l-4 -7h8z" fill="${PURPLE}"/>`],
  };

  function series(grid, { series, origin, horizon, covariates }, run, width) {
    const now = run.rows[origin], from = now + 1 - grid.before, times = grid.times.slice(from, now + 1 + horizon);
    const came = run.actual.slice(from, now + 1 + horizon), start = grid.before - 1;  // where in `came` the origin stands
    const names = Object.keys(grid.methods), said = name => grid.methods[name][side];
    const paths = names.map(name => run.paths[name === grid.own && !covariates ? 'bare' : name][origin].slice(0, horizon));
    const off = paths.map(one => one.reduce((sum, value, k) => sum + Math.abs(value - came[start + 1 + k]), 0));
    const best = said(names[off.indexOf(Math.min(...off))]);
    const narrow = width < 480, left = 52, right = width - 10, top = narrow ? 86 : 50, bottom = 272, every = [...came.filter(value => value !== null), ...paths.flat()];
    const pad = (Math.max(...every) - Math.min(...every)) * .06 || .1;
    const [axes, y] = frame({ box: [left, top, right, bottom], low: Math.min(...every) - pad, high: Math.max(...every) + pad,
      title: say('入っている割合', 'Occupancy'), weight: 400 });
    const x = place(0, grid.before + horizon - 1, left + 8, right - 8);
    const closest = [say('この起点で最も近いのは', 'from this origin '), say(best, `${best} is closest`)], title = `${series}: ${closest.join('')}`;
    const lines = narrow ? [`${series}:`, ...closest] : [title];
    let drawn = axes + lines.map((line, k) => write(8, 18 * (k + 1), line, 'font-weight="600"')).join('');
    drawn += `<rect x="${x(start + .5)}" y="${top}" width="${right - x(start + .5)}" height="${bottom - top}" fill="${GREY}" opacity=".12"/>`;
    let piece = [];  // a line ends where nothing was recorded
    for (const [k, value] of [...came, null].entries()) {
      if (value !== null) { piece.push([x(k), y(value)]); drawn += dot(x(k), y(value), GREY, 2.5); continue; }
      if (piece.length) drawn += path(piece, GREY, 2.4);
      piece = [];
    }
    paths.forEach((one, number) => {
      const [colour, dashes, mark] = LOOKS[names[number]], points = [came[start], ...one].map((value, k) => [x(start + k), y(value)]);
      drawn += path(points, colour, 1.8, dashes) + points.slice(1).map(([px, py]) => mark(px, py)).join('');
    });
    const wanted = narrow ? 3 : 6;
    for (let k = 0; k < wanted; k++) {
      const row = Math.round((k + .5) / wanted * (times.length - 1)), [day, hour] = times[row].split(' ');
      drawn += write(x(row), bottom + 17, day, 'text-anchor="middle"') + write(x(row), bottom + 33, hour, 'text-anchor="middle"');
    }
    const [key, height] = legend(width, bottom + 60, [[GREY, (px, py) => dot(px, py, GREY, 2.5), say('実際の値', 'actual')],
      ...names.map(name => [LOOKS[name][0], LOOKS[name][2], said(name), LOOKS[name][1]])]);
    drawn += key;
    const ranked = names.map((name, number) => [said(name), run.errors[number]]).sort((a, b) => a[1] - b[1]);
    const table = [say('この系列のテスト部分での RMSE', 'RMSE on the test part of this series'), ranked.map(([name, error]) => [name, error.toFixed(4)])];
    return { drawn, table, height, alt: say(`${title}。予測の推移と実際の値の線。`,
      `${title}. Forecast paths and the actual values.`) };
  }

  // Names in rows below a picture: colour, a mark on the line, words, and "band" or dashes for another look; and where they end.
  function legend(width, row, names) {
    let drawn = '', at = 12;
    for (const [colour, mark, words, look] of names) {
      const wide = 44 + 13 * [...words].reduce((sum, sign) => sum + (sign > '\u2fff' ? 1 : .58), 0);
      if (at + wide > width) { at = 12; row += 20; }
      drawn += look === 'band' ? `<rect x="${at}" y="${row - 11}" width="28" height="13" fill="${colour}" fill-opacity=".3" stroke="${colour}"/>`
        : path([[at, row - 4], [at + 28, row - 4]], colour, 1.8, look);
      drawn += mark(at + 14, row - 4) + write(at + 34, row, words);
      at += wide + 8;
    }
    return [drawn, row + 12];
  }

  // --- the panel: controls, verdict, picture

  const KINDS = { windows, playground, horizons, series };
  const HATCH = '<defs><pattern id="best" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#dc9a93"/><path d="M0 0V6" stroke="#0008"/></pattern></defs>';

  function control({ name, words, options }, titles, start, changed) {
    const label = document.createElement('label');
    label.append(words[side]);
    if (typeof options[0] === 'boolean') {
      const tick = document.createElement('input');
      tick.type = 'checkbox';
      tick.addEventListener('change', changed);
      label.prepend(tick);
      label.className = 'tick';
      tick.checked = start;
      return { name, label, get: () => tick.checked, set: value => { tick.checked = value; } };
    }
    if (typeof options[0] === 'string') {
      const menu = document.createElement('select');
      for (const option of options) menu.add(new Option(titles[option]?.title?.[side] ?? titles[option]?.[side] ?? option, option, false, option === start));
      menu.addEventListener('change', changed);
      label.append(menu);
      return { name, label, get: () => menu.value, set: value => { menu.value = value; } };
    }
    const range = document.createElement('input'), shown = document.createElement('output');
    Object.assign(range, { type: 'range', min: 0, max: options.length - 1, step: 1 });
    range.setAttribute('aria-label', words[side]);
    const tell = () => { shown.value = options[range.value]; range.setAttribute('aria-valuetext', shown.value); };
    range.addEventListener('input', () => { tell(); changed(); });
    label.append(shown, range);
    const set = value => { range.value = options.indexOf(value); tell(); };
    set(start);
    return { name, label, get: () => options[range.value], set };
  }

  async function start(panel) {
    const folder = panel.dataset.grid, files = new Map();
    const grid = await (await fetch(`${folder}index.json`)).json();
    const load = name => {
      if (!files.has(name)) files.set(name, fetch(`${folder}${encodeURIComponent(name)}.json`).then(answer => answer.json())
        .catch(failure => { files.delete(name); throw failure; }));  // to be asked for again
      return files.get(name);
    };
    const controls = grid.controls.map(one => control(one, { ...grid.series, ...grid.methods }, grid.start[one.name], show));
    const box = document.createElement('div'), verdict = document.createElement('p'), note = document.createElement('p'), scores = document.createElement('div');
    const reset = document.createElement('button'), picture = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    box.className = 'body';
    box.innerHTML = '<div class="controls"></div><div class="view"></div>';
    Object.assign(reset, { type: 'button', textContent: say('最初に戻す', 'reset') });
    reset.addEventListener('click', () => { controls.forEach(one => one.set(grid.start[one.name])); show(); });
    Object.assign(verdict, { className: 'verdict' });
    verdict.setAttribute('role', 'status');
    note.className = 'note';
    note.textContent = grid.note[side];
    picture.setAttribute('role', 'img');
    picture.setAttribute('class', 'lstm-figure');
    box.firstChild.append(...controls.map(one => one.label), reset);
    box.lastChild.append(verdict, picture, scores, note);

    let now = null, looks = 0;  // what is drawn: settings, run, and the forecast before it on the same series

    async function show() {
      const settings = Object.fromEntries(controls.map(one => [one.name, one.get()]));
      const name = grid.slice.map(one => settings[one]).join('-');
      const within = grid.run || grid.controls.map(one => one.name).filter(one => !grid.slice.includes(one));
      const file = await load(name).catch(failure => { if (!now) throw failure; });  // at the start the stored result stays
      if (controls.some(one => one.get() !== settings[one.name])) return;  // moved on meanwhile
      if (!file) {
        controls.forEach(one => one.set(now.settings[one.name]));
        verdict.textContent = say('この設定の結果を読み込めなかったので、前の設定に戻しました。ネットワークの接続を確かめて、もう一度動かしてください。',
          'The result of this setting could not be loaded, so the controls are back where they were. Check your connection and try again.');
        return;
      }
      const run = { ...file, ...file.runs[within.map(one => settings[one]).join('|')] };
      const before = now && now.settings.series === settings.series && now.run.y || null;
      now = { settings, run, before };
      looks += 1;
      const said = run.said.map(both => both[side]);
      if (run.rows) said[0] = said[0].replace('#', grid.times[run.rows[settings.origin]]);
      if (run.scores) said.push(say(`RMSE は ${run.scores.RMSE}。`, `RMSE ${run.scores.RMSE}.`));
      if (run.scores || run.errors) said.push(say(`このページでテスト部分を見たのは ${looks} 回目です。`, `Looks at the test part on this page: ${looks}.`));
      verdict.textContent = said.join(say('', ' '));
      draw();
    }

    function draw() {
      const zoom = parseFloat(getComputedStyle(document.documentElement).fontSize) / 17;  // letters grow on a slide
      const width = Math.max(300, picture.getBoundingClientRect().width / Math.max(1, zoom));
      const { drawn, height, alt, table } = KINDS[grid.kind](grid, now.settings, now.run, width, now.before);
      picture.setAttribute('viewBox', `0 0 ${width} ${height}`);
      picture.setAttribute('aria-label', alt);
      picture.innerHTML = `${HATCH}<g font-size="13" fill="${INK}" font-family="inherit">${drawn}</g>`;
      if (table) scores.innerHTML = `<table><caption>${escaped(table[0])}</caption><tbody>${table[1].map(([name, score]) =>
        `<tr><th scope="row">${escaped(name)}</th><td>${score}</td></tr>`).join('')}</tbody></table>`;
    }

    await show();
    panel.replaceChildren(box);
    panel.classList.add('live');
    draw();
    new ResizeObserver(draw).observe(box.lastChild);
  }

  // Fetched when the reader comes near; until then, and where it cannot be had, the stored result stands there.
  const near = new IntersectionObserver(entries => {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting) { near.unobserve(target); start(target).catch(error => console.warn(error)); }
    }
  }, { rootMargin: '600px' });
  for (const panel of document.querySelectorAll('.panel[data-grid]')) near.observe(panel);
}
