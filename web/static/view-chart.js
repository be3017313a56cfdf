// The statechart, drawn once; afterwards only the lit state and the lit edge change.

import { drawn, setText } from './dom.js';

const NODES = {
  IDLE: { x: 48, y: 118, width: 72 },
  LISTENING: { x: 146, y: 28, width: 96 },
  PROCESSING: { x: 332, y: 62, width: 108 },
  SPEAKING: { x: 332, y: 174, width: 96 },
  INTERRUPTED: { x: 146, y: 208, width: 116 },
};
const HEIGHT = 34;
const AIR = 5;
const MIDDLE = { x: 190, y: 118 };
const BOW = 0.16; // how far an edge on the rim bends outwards

// Both directions of a pair are one line. A test compares these with the table of the real chart.
export const EDGES = [
  ['IDLE', 'LISTENING', 'both'],
  ['IDLE', 'PROCESSING', 'both'],
  ['LISTENING', 'PROCESSING', 'both'],
  ['PROCESSING', 'SPEAKING', 'both'],
  ['SPEAKING', 'IDLE', 'one'],
  ['SPEAKING', 'LISTENING', 'one'],
  ['SPEAKING', 'INTERRUPTED', 'both'],
  ['INTERRUPTED', 'LISTENING', 'one'],
  ['INTERRUPTED', 'PROCESSING', 'one'],
  ['INTERRUPTED', 'IDLE', 'one'],
];

const OUTSIDE = new Set([
  'IDLE LISTENING',
  'LISTENING PROCESSING',
  'PROCESSING SPEAKING',
  'INTERRUPTED SPEAKING',
  'IDLE INTERRUPTED',
]);

const CAPTIONS = {
  IDLE: 'nobody speaks',
  LISTENING: 'you have the floor',
  PROCESSING: 'finding the answer',
  SPEAKING: 'the agent has the floor',
  INTERRUPTED: 'held, you spoke over it',
};

export class ChartView {
  #svg;
  #caption;
  #nodes = new Map();
  #edges = new Map(); // 'FROM TO' -> the line in that direction

  constructor(svg, caption) {
    this.#svg = svg;
    this.#caption = caption;
    const [edges, nodes] = ['#edges', '#nodes'].map((id) => svg.querySelector(id));
    for (const [from, to, way] of EDGES) {
      const line = curve(from, to);
      edges.append(drawn('path', { ...line, class: `edge edge-${way}` }));
      this.#addDirection(edges, from, to, line);
      if (way === 'both') this.#addDirection(edges, to, from, curve(to, from));
    }
    for (const [name, { x, y, width }] of Object.entries(NODES)) {
      const box = { x: x - width / 2, y: y - HEIGHT / 2, width, height: HEIGHT, rx: HEIGHT / 2 };
      const node = drawn(
        'g',
        { class: 'node', 'data-name': name },
        drawn('rect', { ...box, class: 'node-box' }),
        drawn('text', { x, y: y + 0.5, 'text-anchor': 'middle', 'dominant-baseline': 'central' }, title(name)),
      );
      nodes.append(node);
      this.#nodes.set(name, node);
    }
  }

  /** `before`: the state left, or null; `on`: whether a call is under way. */
  show(name, before, on) {
    for (const [each, node] of this.#nodes) node.classList.toggle('lit', on && each === name);
    for (const [pair, line] of this.#edges) line.classList.toggle('lit', on && pair === `${before} ${name}`);
    setText(this.#caption, on ? CAPTIONS[name] : '');
    this.#svg.setAttribute('aria-label', on ? `Statechart; the call is ${name}` : 'Statechart; no call');
  }

  #addDirection(edges, from, to, line) {
    const lit = drawn('path', { ...line, class: 'edge-lit', 'data-to': to });
    edges.append(lit);
    this.#edges.set(`${from} ${to}`, lit);
  }
}

const title = (name) => name[0] + name.slice(1).toLowerCase();

/** From the rim of one pill to the rim of the other, bent away from the middle where it runs along the outside. */
function curve(from, to) {
  const [a, b] = [NODES[from], NODES[to]];
  const half = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  const bow = OUTSIDE.has([from, to].sort().join(' ')) ? BOW : 0;
  const bend = { x: half.x + bow * (half.x - MIDDLE.x), y: half.y + bow * (half.y - MIDDLE.y) };
  const [start, end] = [rim(a, bend), rim(b, bend)];
  const at = ({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`;
  return { d: `M${at(start)}Q${at(bend)} ${at(end)}` };
}

/** Where the line from the middle of `node` towards `point` leaves the node, with a little air. */
function rim(node, point) {
  const dx = point.x - node.x;
  const dy = point.y - node.y;
  const length = Math.hypot(dx, dy);
  // A pill is a level segment grown by a radius; walk out until both are left.
  const segment = (node.width - HEIGHT) / 2;
  const inside = (d) =>
    Math.hypot(Math.max(0, Math.abs((dx / length) * d) - segment), (dy / length) * d) <= HEIGHT / 2 + AIR;
  let distance = 0;
  while (inside(distance)) distance += 0.5;
  return { x: node.x + (dx / length) * distance, y: node.y + (dy / length) * distance };
}
