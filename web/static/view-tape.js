// The tape: the last seconds of both voices, the caller above the line and the agent below it, and the level meters.

import { calmMotion } from './dom.js';

const COLUMN_PX = 3;
const COLUMN_MS = 50;
const CALM_MS = 1000; // between redraws for those who want no motion
const FLOOR_DB = -54;
const CEILING_DB = -9; // RMS of loud speech

/** 0 to 1 on a scale of decibels. */
function loudness(level) {
  const place = (20 * Math.log10(Math.max(level, 1e-6)) - FLOOR_DB) / (CEILING_DB - FLOOR_DB);
  return Math.max(0, Math.min(1, place));
}

export class TapeView {
  #canvas;
  #meters;
  #columns = []; // {caller, agent, state}
  #now = { caller: 0, agent: 0 }; // the loudest since the last column
  #state = 'IDLE';
  #timer = null;
  #drawn = 0;
  #colours = {};

  /** `meters`: {caller, agent}, elements with role=meter. */
  constructor(canvas, meters) {
    this.#canvas = canvas;
    this.#meters = meters;
    this.#readColours();
    new ResizeObserver(() => this.#draw()).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#readColours();
      this.#draw();
    });
  }

  /** A level (RMS, 0 to 1) of 'caller' or 'agent'. */
  level(side, rms) {
    this.#now[side] = Math.max(this.#now[side], loudness(rms));
  }

  state(name) {
    this.#state = name;
  }

  start() {
    this.#columns = [];
    this.#timer ??= setInterval(() => this.#advance(), COLUMN_MS);
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = null;
    this.#now = { caller: 0, agent: 0 };
    this.#meter();
  }

  #advance() {
    this.#columns.push({ ...this.#now, state: this.#state });
    if (this.#columns.length > 1000) this.#columns.splice(0, 200);
    this.#meter();
    this.#now = { caller: 0, agent: 0 };
    const time = performance.now();
    if (calmMotion() && time - this.#drawn < CALM_MS) return;
    this.#drawn = time;
    requestAnimationFrame(() => this.#draw());
  }

  #meter() {
    for (const [side, meter] of Object.entries(this.#meters)) {
      meter.setAttribute('aria-valuenow', Math.round(100 * this.#now[side]));
      meter.firstElementChild.style.transform = `scaleX(${this.#now[side].toFixed(3)})`;
    }
  }

  #readColours() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ['caller', 'agent', 'interrupted', 'line-strong']) {
      this.#colours[name] = style.getPropertyValue(`--${name}`);
    }
  }

  #draw() {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const ratio = devicePixelRatio || 1;
    if (this.#canvas.width !== Math.round(width * ratio) || this.#canvas.height !== Math.round(height * ratio)) {
      this.#canvas.width = Math.round(width * ratio);
      this.#canvas.height = Math.round(height * ratio);
    }
    const pen = this.#canvas.getContext('2d');
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const middle = height / 2;
    pen.fillStyle = this.#colours['line-strong'];
    pen.fillRect(0, middle - 0.5, width, 1);
    const most = Math.floor(width / COLUMN_PX);
    const shown = this.#columns.slice(-most);
    shown.forEach(({ caller, agent, state }, k) => {
      const x = width - (shown.length - k) * COLUMN_PX;
      if (state === 'INTERRUPTED') {
        pen.fillStyle = this.#colours.interrupted;
        pen.globalAlpha = 0.16;
        pen.fillRect(x, 0, COLUMN_PX, height);
        pen.globalAlpha = 1;
      }
      pen.fillStyle = this.#colours.caller;
      pen.fillRect(x, middle - 1.5 - caller * (middle - 3), COLUMN_PX - 1, caller * (middle - 3));
      pen.fillStyle = this.#colours.agent;
      pen.fillRect(x, middle + 1.5, COLUMN_PX - 1, agent * (middle - 3));
    });
  }
}
