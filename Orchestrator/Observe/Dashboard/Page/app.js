// The live page. Whatever comes from a run is put in as text, never as markup.
'use strict';

const SVG = 'http://www.w3.org/2000/svg';
const MAX_LINES = 200;
const MAX_LANES = 24;

const KINDS = { forward: 'forward pass', loss: 'loss', backward: 'backward pass', training: 'local training', turn: 'turn' };
const PARTS = {
  node_compute: 'nodes compute', orchestrator_compute: 'orchestrator computes', encode_decode: 'encode, decode',
  wire_and_wait: 'wire, waiting', optimizer: 'optimizer', other: 'other',
};

const board = { run: null, progress: null, points: [], epochs: [], lines: [], trace: null };
const byId = id => document.getElementById(id);

/* ---- text ---- */

const absent = '–';
const fixed = (value, digits) => value === null || value === undefined ? absent : value.toFixed(digits);
const milliseconds = value => value === null || value === undefined ? absent : `${value.toFixed(value < 10 ? 2 : 0)} ms`;

function bytes(value) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(unit === 0 || value >= 100 ? 0 : 1)} ${units[unit]}`;
}

function duration(seconds) {
  if (seconds === null || seconds === undefined) return absent;
  const s = Math.round(seconds);
  const parts = [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60];
  return parts[0] > 0 ? `${parts[0]} h ${parts[1]} min` : parts[1] > 0 ? `${parts[1]} min ${parts[2]} s` : `${parts[2]} s`;
}

// Replaces a text only where it changes: who reads the page aloud is told of changes alone.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function setBadge(element, text, className) {
  setText(element, text);
  element.className = `badge ${className}`;
}

function node(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function item(className, text) {
  const element = document.createElement('li');
  const inner = document.createElement('span');
  element.className = className;
  inner.textContent = text;
  element.append(inner);
  return element;
}

// Keeps the rows that are there, so that neither the focus nor the scroll position is lost.
function fillTable(table, rows) {
  const body = table.tBodies[0];
  while (body.rows.length > rows.length) body.deleteRow(-1);
  rows.forEach((row, index) => {
    const line = body.rows[index] ?? body.insertRow();
    if (line.className !== row.state) line.className = row.state;
    row.cells.forEach((text, column) => {
      const cell = line.cells[column] ?? line.insertCell();
      if (column === row.stateColumn) cell.className = 'state';
      setText(cell, text);
    });
  });
}

/* ---- headline ---- */

function showHeadline() {
  const { run, progress } = board;
  byId('run').hidden = run === null;
  if (run === null || progress === null) return;
  const title = `${run.algorithm} · ${run.model} · ${run.dataset}`;
  setText(byId('title'), title);
  document.title = `${progress.state}: ${title}`;
  setBadge(byId('state'), progress.state, { completed: 'good', failed: 'bad', training: 'good' }[progress.state] ?? 'warn');
  const detail = byId('detail');
  detail.hidden = progress.detail === null;
  setText(detail, progress.detail ?? '');

  const total = progress.epochs * progress.rounds;
  const share = progress.state === 'completed' ? 100 : total > 0 ? Math.min(100, 100 * progress.steps / total) : 0;
  const bar = byId('bar');
  bar.style.width = `${share}%`;
  bar.setAttribute('aria-valuenow', share.toFixed(0));

  const last = board.epochs.at(-1);
  const entries = {
    'epoch': `${progress.epoch} of ${progress.epochs}`,
    'round': `${progress.round} of ${progress.rounds}`,
    'steps': `${progress.steps}`,
    'loss of the epoch': fixed(progress.loss, 4),
    'test accuracy': fixed(last?.test_accuracy, 4),
    'time left': duration(progress.eta_seconds),
    'time': duration(progress.seconds),
    'rows a second': progress.rows_per_second === null ? absent : progress.rows_per_second.toFixed(0),
    'sent': bytes(progress.sent_bytes),
    'received': bytes(progress.received_bytes),
    'run': run.name,
    'nodes': `${run.nodes}`,
    'batch size': `${run.batch_size}`,
    'optimizer': run.optimizer,
    'partition': run.partition,
    'exchange': run.exchange,
    'seed': `${run.seed}`,
  };
  const list = byId('headline');
  Object.entries(entries).forEach(([name, value], index) => {
    let card = list.children[index];
    if (!card) {
      card = document.createElement('div');
      card.append(document.createElement('dt'), document.createElement('dd'));
      list.append(card);
    }
    setText(card.children[0], name);
    setText(card.children[1], value);
  });
}

/* ---- curves ---- */

function ticks(low, high, count) {
  const span = high - low || Math.abs(high) || 1;
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(f => f * power).find(s => s >= rough);
  const marks = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9; at += step) marks.push(Number(at.toPrecision(12)));
  return marks;
}

function drawChart(svg, name, series) {
  const width = svg.clientWidth || 300;
  const height = svg.clientHeight || 220;
  const [left, right, top, bottom] = [46, 8, 20, 22];
  const all = series.flatMap(s => s.points);
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  const said = series.filter(s => s.points.length > 0).map(s => `${s.name} ${s.points.at(-1)[1].toFixed(4)} after step ${s.points.at(-1)[0]}`);
  svg.setAttribute('aria-label', `${name}: ${said.join(', ') || 'nothing yet'}`);
  svg.dataset.points = `${series[0].points.length}`;
  if (all.length === 0) {
    svg.replaceChildren(node('text', { x: left, y: height / 2 }, 'nothing yet'));
    return;
  }
  const maxX = Math.max(...all.map(p => p[0]), 1);
  let low = Math.min(...all.map(p => p[1]));
  let high = Math.max(...all.map(p => p[1]));
  if (high === low) [low, high] = [low - 0.5, high + 0.5];
  const x = value => left + (width - left - right) * value / maxX;
  const y = value => height - bottom - (height - top - bottom) * (value - low) / (high - low);
  const parts = [];
  for (const mark of ticks(low, high, 6)) {
    parts.push(node('line', { class: 'grid', x1: left, x2: width - right, y1: y(mark), y2: y(mark) }));
    parts.push(node('text', { x: left - 6, y: y(mark) + 4, 'text-anchor': 'end' }, `${mark}`));
  }
  for (const mark of ticks(0, maxX, Math.max(2, Math.floor(width / 120)))) {
    parts.push(node('text', { x: Math.min(x(mark), width - 20), y: height - 6, 'text-anchor': 'middle' }, `${mark}`));
  }
  series.forEach((s, index) => {
    parts.push(node('text', { class: `${s.key}-key`, x: left + 4 + 70 * index, y: 13 }, s.name));
    if (s.points.length > 0) {
      parts.push(node('polyline', { class: s.key, points: s.points.map(p => `${x(p[0]).toFixed(1)},${y(p[1]).toFixed(1)}`).join(' ') }));
      if (s.dots) s.points.forEach(p => parts.push(node('circle', { class: s.key, cx: x(p[0]), cy: y(p[1]), r: 3 })));
    }
  });
  svg.replaceChildren(...parts);
}

const known = points => points.filter(p => p[1] !== null && p[1] !== undefined);

function showCurves() {
  const { points, epochs } = board;
  drawChart(byId('loss'), 'Loss', [
    { name: 'training', key: 'train', points: known(points.map(p => [p[0], p[1]])) },
    { name: 'test', key: 'test', dots: true, points: known(epochs.map(e => [e.step, e.test_loss])) },
  ]);
  drawChart(byId('accuracy'), 'Accuracy', [
    { name: 'training', key: 'train', points: known(points.map(p => [p[0], p[2]])) },
    { name: 'test', key: 'test', dots: true, points: known(epochs.map(e => [e.step, e.test_accuracy])) },
  ]);
  fillTable(byId('epochs'), epochs.map(e => ({
    state: '', cells: [`${e.epoch}`, `${e.step}`, fixed(e.train_loss, 4), fixed(e.test_loss, 4), fixed(e.test_accuracy, 4)],
  })));
}

/* ---- nodes ---- */

function showNodes(nodes) {
  byId('nodes-section').hidden = nodes.count === 0;
  if (nodes.count === 0) return;
  const summary = Object.entries(nodes.states).map(([state, count]) => `${count} ${state}`).join(', ') || `waiting for ${nodes.count}`;
  const more = nodes.count - nodes.rows.length;
  setText(byId('nodes-summary'), more > 0 && nodes.rows.length > 0 ? `${summary}; ${more} more are not shown` : summary);
  fillTable(byId('nodes'), nodes.rows.map(n => ({
    state: n.state,
    stateColumn: 1,
    cells: [
      `${n.id}`, n.state, n.samples === null ? absent : `${n.samples}`, `${n.visits}`, milliseconds(n.round_trip_ms), milliseconds(n.compute_ms),
      bytes(n.sent_bytes), bytes(n.received_bytes),
      n.silence_seconds === null ? absent : n.silence_seconds < 1 ? 'now' : `${n.silence_seconds.toFixed(0)} s ago`,
      [n.reason, n.losses > 0 ? `lost ${n.losses}×` : null, n.metadata, n.peer].filter(t => t).join('; '),
    ],
  })));
}

/* ---- the traversal of a batch ---- */

function lanesOf(trace) {
  const lanes = new Map();
  for (const work of trace.works) {
    if (!lanes.has(work.node)) lanes.set(work.node, []);
    lanes.get(work.node).push(work);
  }
  return [...lanes.entries()].sort((a, b) => a[0] - b[0]);
}

function showTrace() {
  const { trace } = board;
  byId('trace-section').hidden = byId('budget-section').hidden = trace === null;
  if (trace === null) return;
  const svg = byId('trace');
  const width = svg.clientWidth || 300;
  const [left, lane, top] = [width < 500 ? 92 : 130, 22, 18];
  const lanes = lanesOf(trace);
  const shown = lanes.slice(0, MAX_LANES);
  const end = Math.max(...trace.works.map(w => w.ended), ...trace.laps.map(l => l.ended), 0.001);
  const height = top + lane * (shown.length + 1) + 4;
  const x = value => left + (width - left - 8) * Math.min(value, end) / end;
  const bar = (row, begun, ended, className) => node('rect', {
    class: className, x: x(begun), width: Math.max(1, x(ended) - x(begun)), y: top + lane * row + 3, height: lane - 8, rx: 2,
  });
  const label = (row, text) => node('text', { class: 'label', x: 0, y: top + lane * row + 15 }, text);
  const parts = ticks(0, end, Math.max(2, Math.floor(width / 150))).flatMap(mark => [
    node('line', { class: 'grid', x1: x(mark), x2: x(mark), y1: top - 4, y2: height }),
    node('text', { x: Math.min(x(mark) + 2, width - 44), y: 11 }, `${mark} ms`),
  ]);
  parts.push(label(0, 'orchestrator'));
  for (const lap of trace.laps) parts.push(bar(0, lap.begun, lap.ended, `p-${lap.part}${lap.part === 'wire_and_wait' ? ' wait' : ''}`));
  shown.forEach(([id, works], index) => {
    parts.push(label(index + 1, `node ${id} · ${works[0].rows}`));
    for (const work of works) {
      parts.push(bar(index + 1, work.begun, work.ended, `k-${work.kind} wait`));
      parts.push(bar(index + 1, Math.max(work.begun, work.ended - work.compute), work.ended, `k-${work.kind}`));
    }
  });
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.style.height = `${height}px`;
  svg.replaceChildren(...parts);

  const rows = lanes.reduce((sum, [, works]) => sum + works[0].rows, 0);
  const hidden = lanes.length - shown.length + (trace.untraced > 0 ? trace.untraced : 0);
  const text = `Epoch ${trace.epoch}, round ${trace.round}: ${rows} rows of ${lanes.length} nodes in ${end.toFixed(2)} ms`
    + (hidden > 0 ? `; ${hidden} more are not in the picture` : '');
  setText(byId('trace-summary'), `${text}. Beside each node its rows; pale is waiting, full is computing.`);
  svg.setAttribute('aria-label', `${text}. ${shown.map(([id, works]) => `Node ${id}, ${works[0].rows} rows: ${works.map(w => `${KINDS[w.kind]} ${(w.ended - w.begun).toFixed(2)} ms`).join(', ')}`).join('. ')}`);
  const kinds = [...new Set(trace.works.map(w => w.kind))];
  const laps = [...new Set(trace.laps.map(l => l.part))];
  byId('trace-legend').replaceChildren(
    ...kinds.map(k => item(`k-${k}`, `node: ${KINDS[k]}`)), ...laps.map(p => item(`p-${p}`, `orchestrator: ${p === 'wire_and_wait' ? 'waits for nodes' : PARTS[p]}`)));
  showBudget(trace.budget);
}

function showBudget(budget) {
  const total = Object.values(budget).reduce((sum, value) => sum + value, 0) || 1;
  setText(byId('budget-summary'), `${total.toFixed(2)} ms a step, in the mean over the epoch so far`);
  byId('budget-bar').replaceChildren(...Object.entries(budget).map(([part, value]) => {
    const piece = document.createElement('div');
    piece.className = `p-${part}`;
    piece.style.width = `${100 * value / total}%`;
    return piece;
  }));
  byId('budget-legend').replaceChildren(...Object.entries(budget).map(([part, value]) =>
    item(`p-${part}`, `${PARTS[part]}: ${value.toFixed(2)} ms (${(100 * value / total).toFixed(0)} %)`)));
}

/* ---- study and log ---- */

// Runs of a study are done by workers, whose nodes and steps are not seen here.
function showStudy(study) {
  byId('study-section').hidden = false;
  if (board.run === null) {
    const final = study.states.done + study.states.halved + study.states.failed;
    const over = final === study.count;
    setBadge(byId('state'), over ? 'completed' : study.states.running > 0 ? 'running' : 'waiting', over || study.states.running > 0 ? 'good' : 'warn');
    document.title = `${final} of ${study.count} runs`;
  }
  setText(byId('study-summary'), `${study.count} runs: ${Object.entries(study.states).filter(s => s[1] > 0).map(([state, count]) => `${count} ${state}`).join(', ')}`);
  fillTable(byId('study'), study.rows.map(r => ({
    state: r.state, stateColumn: 1, cells: [r.name, r.state, r.worker ?? absent, `${r.attempts}`, `${r.epochs}`, fixed(r.accuracy, 4), fixed(r.loss, 4), r.settings, r.failure ?? ''],
  })));
}

function showLog(log) {
  if (log.lines.length === 0) return;
  const next = board.lines.length > 0 ? board.lines.at(-1).number + 1 : 0;
  log.lines.forEach((text, index) => {
    if (log.from + index >= next) board.lines.push({ number: log.from + index, text });
  });
  board.lines.splice(0, board.lines.length - MAX_LINES);
  const pre = byId('log');
  const atEnd = pre.scrollHeight - pre.scrollTop - pre.clientHeight < 40;
  setText(pre, board.lines.map(l => l.text).join('\n'));
  if (atEnd) pre.scrollTop = pre.scrollHeight;
}

/* ---- the stream ---- */

function take(update) {
  if (update.reset) {
    Object.assign(board, { run: null, progress: null, points: [], epochs: [], trace: null });
  }
  board.run = update.run ?? board.run;
  board.progress = update.progress ?? board.progress;
  if (update.curve) board.points.splice(update.curve.from, Infinity, ...update.curve.points);
  if (update.epochs) board.epochs.splice(update.epochs.from, Infinity, ...update.epochs.rows);
  showHeadline();
  if (update.reset || update.curve?.points.length > 0 || update.epochs?.rows.length > 0) showCurves();
  showNodes(update.nodes ?? { count: 0 });
  if (update.trace || update.reset) {
    board.trace = update.trace ?? board.trace;
    showTrace();
  }
  if (update.study) showStudy(update.study);
  showLog(update.log);
}

function connect() {
  const source = new EventSource('stream');
  const connection = byId('connection');
  source.addEventListener('open', () => {
    setBadge(connection, 'connected', 'good');
    board.lines = [];
  });
  source.addEventListener('board', event => take(JSON.parse(event.data)));
  source.addEventListener('error', () => {
    setBadge(connection, 'disconnected', 'bad');

    // A browser tries again by itself, unless it was answered otherwise than by a stream.
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
  });
}

window.addEventListener('resize', () => {
  showCurves();
  showTrace();
});
connect();
