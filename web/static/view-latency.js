// The waterfall: one row per answered turn, all on one scale, the newest first.

import { drawn, element, setText } from './dom.js';
import { PARTS, layout, median } from './waterfall.js';

const WIDTH = 1000; // of the drawing; it is stretched to the column
const SHORTEST_SCALE_MS = 800;

export class LatencyView {
  #list;
  #summary;
  #empty;
  #rows = new Map(); // turn -> {item, metrics, scale}

  constructor({ list, summary, empty, legend }) {
    this.#list = list;
    this.#summary = summary;
    this.#empty = empty;
    for (const { key, name, title } of PARTS) {
      const entry = element('li', '', element('span', `swatch part-${key}`), name);
      entry.title = title;
      legend.append(entry);
    }
  }

  clear() {
    this.#list.replaceChildren();
    this.#rows.clear();
    this.show([]);
  }

  show(turns) {
    const measured = turns.filter(({ metrics }) => metrics?.ttfa_ms > 0);
    const scale = Math.max(SHORTEST_SCALE_MS, ...measured.map(({ metrics }) => metrics.ttfa_ms));
    for (const { turn, metrics } of measured) {
      const known = this.#rows.get(turn);
      if (known?.metrics === metrics && known.scale === scale) continue;
      const item = row(turn, metrics, scale);
      if (known) known.item.replaceWith(item);
      else this.#list.prepend(item);
      this.#rows.set(turn, { item, metrics, scale });
    }
    const middle = median(measured.map(({ metrics }) => metrics.ttfa_ms));
    setText(this.#summary, middle === null ? '' : `median ${Math.round(middle)} ms`);
    this.#empty.hidden = measured.length > 0;
  }
}

function row(turn, metrics, scale) {
  const { total, bars } = layout(metrics);
  const x = (ms) => ((ms / scale) * WIDTH).toFixed(1);
  const chart = drawn('svg', { class: 'bars', viewBox: `0 0 ${WIDTH} 20`, preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  chart.append(drawn('line', { class: 'extent', x1: 0, x2: x(total), y1: 19.5, y2: 19.5 }));
  for (const { key, lane, from, to } of bars) {
    chart.append(
      drawn('rect', { class: `part-${key}`, x: x(from), width: Math.max(2, x(to) - x(from)), y: lane * 9, height: 7 }),
    );
  }
  const parts = PARTS.filter(({ key }) => metrics[key] !== null && metrics[key] !== undefined)
    .map(({ key, name }) => `${name} ${Math.round(metrics[key])}`)
    .join(' · ');
  const name = element('span', 'row-turn', turn === 0 ? 'Greeting' : `Turn ${turn}`);
  if (metrics.filler) name.append(element('span', 'filler', 'filler first'));
  return element(
    'li',
    'row',
    element('div', 'row-head', name, element('span', 'row-total', `${Math.round(total)} ms`)),
    chart,
    element('p', 'row-parts', parts),
  );
}
