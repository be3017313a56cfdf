// The agent's voice on its way to the loudspeaker: a queue that knows to the sample what was played.
//
// Theory. Each turn is a segment of 24 kHz source samples, numbered from 0. The output position in the segment is an
// integer index and a phase (see fir.js); it moves only while a sample is really played. Three rules follow:
//
// - `samples` of a turn = source samples that lie before the position. Underruns, holds and fades do not move it.
// - Hold stops the position, resume lets it go on. What is heard over any holds is, joined together, what would have
//   been heard without them: nothing lost, nothing repeated.
// - Clicks are removed by an *added* offset and not by fading the source. Wherever the output would jump (start, hold,
//   resume, flush, underrun) the size of the jump is subtracted and let decay to zero within one render quantum.
//
// The first samples wait a little (the jitter buffer): until `prebuffer` is there, or so much time has passed, or the
// turn is known to be complete. A turn that ran dry waits again, and for more if the missing frames came soon after
// (they were late, not a pause in the answer), up to a limit.

import { polyphase } from './fir.js';

const ZEROS = 24;
const CAPACITY = 2 ** 20; // 43 s; the server runs at most half a second ahead
const PREBUFFER_S = 0.06;
const PREBUFFER_STEP_S = 0.04;
const PREBUFFER_MAX_S = 0.22;
const LATE_S = 0.3;
const REPORT_S = 0.1;
const DECLICK_FRAMES = 96; // less than the 128 frames of a render quantum
const REMEMBERED_TURNS = 8;

class Segment {
  received = 0;
  index = 0; // the next output's position: index + phase / phases
  phase = 0;
  complete = false; // agent_done: the server sends no more
  waiting = true; // the jitter buffer is filling
  waited = 0; // frames

  constructor(turn, base) {
    this.turn = turn;
    this.base = base; // where sample 0 stands in the ring
  }

  get played() {
    return Math.min(this.received, this.phase > 0 ? this.index + 1 : this.index);
  }

  get buffered() {
    return this.received - this.played;
  }
}

export class PlayoutQueue {
  #filter;
  #contextRate;
  #sourceRate;
  #report;
  #ring = new Int16Array(CAPACITY);
  #written = 0; // position in the ring's endless numbering
  #segments = []; // what is left to play, in order; the first one plays
  #open = null; // the turn that arriving frames belong to
  #finished = new Map(); // turn -> samples played, of the last few turns that are over
  #held = false;
  #detached = false;
  #prebuffer = PREBUFFER_S;
  #sinceReport = 0;
  #dryFor = 0; // frames since the segment ran dry
  #last = 0; // last output value
  #sounding = null; // the segment that the last output value came from
  #offset = 0;
  #fade = 0; // frames of decay left
  #decay;
  #dropped = 0;

  /** `report({turn, samples, cause})` is called with cause 'clock', 'hold', 'flush', 'drain' or 'reattach'. */
  constructor({ sourceRate, contextRate, report, declickFrames = DECLICK_FRAMES }) {
    this.#filter = polyphase(sourceRate, contextRate, ZEROS);
    this.#sourceRate = sourceRate;
    this.#contextRate = contextRate;
    this.#report = report;
    this.#decay = Float32Array.from(
      { length: declickFrames },
      (_, k) => 0.5 - 0.5 * Math.cos((Math.PI * (k + 0.5)) / declickFrames),
    );
  }

  get statistics() {
    return {
      buffered: this.#segments.reduce((sum, segment) => sum + segment.buffered, 0),
      dropped: this.#dropped,
      held: this.#held,
      prebuffer: this.#prebuffer,
    };
  }

  /** `agent_speaking`: frames from now on belong to `turn`. */
  speak(turn) {
    if (this.#open?.turn === turn) return;
    if (this.#open) this.#open.complete = true;
    this.#held = false;
    this.#open = new Segment(turn, this.#written);
    this.#segments.push(this.#open);
  }

  /** One binary frame (Int16Array, 24 kHz). A frame that belongs to no turn is dropped. */
  push(samples) {
    const segment = this.#open;
    const first = this.#segments[0] ?? segment;
    const oldest = segment ? first.base + first.index - this.#filter.half : 0;
    if (!segment || this.#written + samples.length - oldest > CAPACITY) {
      this.#dropped += samples.length;
      return;
    }
    const ranDry = segment.received > 0 && segment.index >= segment.received;
    if (ranDry && this.#dryFor < LATE_S * this.#contextRate) {
      this.#prebuffer = Math.min(PREBUFFER_MAX_S, this.#prebuffer + PREBUFFER_STEP_S);
    }
    for (const sample of samples) {
      this.#ring[this.#written % CAPACITY] = sample;
      this.#written += 1;
    }
    segment.received += samples.length;
    if (!this.#segments.includes(segment)) this.#segments.push(segment);
  }

  /** `agent_done`: no more audio of `turn` will come. */
  finish(turn) {
    for (const segment of this.#segments) if (segment.turn === turn) segment.complete = true;
  }

  /** Stop at this sample. */
  hold(turn) {
    if (this.#segments[0]?.turn === turn) this.#held = true;
    this.#tell(turn, 'hold');
  }

  /** Go on at the very next sample. */
  resume(turn) {
    if (this.#segments[0]?.turn === turn) this.#held = false;
  }

  /** Throw away what was not played of `turn` and of all turns before it. */
  flush(turn) {
    const played = this.#played(turn);
    while (this.#segments.length && this.#segments[0].turn <= turn) {
      const segment = this.#segments.shift();
      segment.received = segment.played;
      this.#remember(segment);
    }
    if (this.#open && this.#open.turn <= turn) this.#open = null;
    this.#held = false;
    if (played !== undefined) this.#emit(turn, played, 'flush');
  }

  /** The line is lost: stand still. A hold by the server is kept apart from this one. */
  detach() {
    this.#detached = true;
  }

  /** The line is back, the call is the same: what was not played is dropped (the server sends it again) and the count is told. */
  reattach() {
    this.#detached = false;
    for (const segment of this.#segments.splice(0)) {
      segment.received = segment.played;
      segment.waiting = true;
      segment.waited = 0;
      if (segment !== this.#open) this.#remember(segment);
    }
    if (!this.#open) return;
    this.#segments.push(this.#open);
    this.#written = this.#open.base + this.#open.received;
    this.#tell(this.#open.turn, 'reattach');
  }

  /** Fill `output` (Float32Array, context rate); reports that are due are made from here. */
  render(output) {
    for (let frame = 0; frame < output.length; frame += 1) {
      const segment = this.#ready();
      const raw = segment ? this.#next(segment) : 0;
      if (segment !== this.#sounding) this.#startDecay(raw, segment);
      if (this.#fade > 0) {
        this.#fade -= 1;
        this.#last = raw + this.#offset * this.#decay[this.#fade];
      } else {
        this.#last = raw;
      }
      output[frame] = this.#last;
      if (segment && segment.index >= segment.received) this.#ranDry(segment);
    }
    this.#sinceReport += output.length;
    this.#dryFor += output.length;
    if (this.#sinceReport >= REPORT_S * this.#contextRate && this.#segments.length) {
      this.#tell(this.#segments[0].turn, 'clock');
    }
  }

  /** The segment whose next sample may be played now, or null. */
  #ready() {
    if (this.#held || this.#detached) return null;
    while (this.#segments.length) {
      const segment = this.#segments[0];
      if (segment.index < segment.received) {
        if (segment.waiting && !this.#filledUp(segment)) return null;
        segment.waiting = false;
        return segment;
      }
      if (!segment.complete) return null;
      this.#segments.shift();
      this.#remember(segment);
    }
    return null;
  }

  #filledUp(segment) {
    segment.waited += 1;
    return (
      segment.complete ||
      segment.buffered >= this.#prebuffer * this.#sourceRate ||
      segment.waited >= this.#prebuffer * this.#contextRate
    );
  }

  #next(segment) {
    const { step, phases, half, taps, table } = this.#filter;
    const row = segment.phase * taps;
    const from = segment.index - half + 1;
    const low = Math.max(0, -from);
    const high = Math.min(taps, segment.received - from);
    let sum = 0;
    for (let j = low; j < high; j += 1) {
      sum += table[row + j] * this.#ring[(segment.base + from + j) % CAPACITY];
    }
    segment.phase += step;
    const whole = Math.floor(segment.phase / phases);
    segment.index += whole;
    segment.phase -= whole * phases;
    return sum / 32768;
  }

  #startDecay(raw, segment) {
    this.#sounding = segment;
    this.#offset = this.#last - raw;
    this.#fade = this.#decay.length;
  }

  #ranDry(segment) {
    segment.waiting = true;
    segment.waited = 0;
    this.#dryFor = 0;
    if (segment.complete) this.#prebuffer = Math.max(PREBUFFER_S, this.#prebuffer - PREBUFFER_STEP_S / 2);
    this.#tell(segment.turn, 'drain');
  }

  #played(turn) {
    return this.#segments.find((segment) => segment.turn === turn)?.played ?? this.#finished.get(turn);
  }

  #tell(turn, cause) {
    const played = this.#played(turn);
    if (played !== undefined) this.#emit(turn, played, cause);
  }

  #emit(turn, samples, cause) {
    this.#sinceReport = 0;
    this.#report({ turn, samples, cause });
  }

  #remember(segment) {
    this.#finished.set(segment.turn, segment.played);
    if (this.#finished.size > REMEMBERED_TURNS) this.#finished.delete(this.#finished.keys().next().value);
  }
}
