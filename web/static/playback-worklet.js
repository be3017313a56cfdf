// AudioWorklet: the agent's voice, 24 kHz -> the context's rate. What the queue does stands in playout.js.
//
// In:  {type: 'speak' | 'finish' | 'hold' | 'resume' | 'flush', turn}, {type: 'push', pcm: ArrayBuffer},
//      {type: 'detach' | 'reattach' | 'reset'}.
// Out: {type: 'report', turn, samples, cause}, {type: 'level', rms, peak}.

import { PlayoutQueue } from './playout.js';

const WIRE_RATE = 24000;
const LEVEL_EVERY_S = 0.02;

class PlaybackProcessor extends AudioWorkletProcessor {
  #queue = this.#fresh();
  #energy = 0;
  #peak = 0;
  #frames = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => this.#obey(data);
  }

  #fresh() {
    return new PlayoutQueue({
      sourceRate: WIRE_RATE,
      contextRate: sampleRate,
      report: (report) => this.port.postMessage({ type: 'report', ...report }),
    });
  }

  #obey({ type, turn, pcm }) {
    if (type === 'push') this.#queue.push(new Int16Array(pcm));
    else if (type === 'reset') this.#queue = this.#fresh();
    else this.#queue[type](turn);
  }

  process(_inputs, [channels]) {
    const output = channels[0];
    this.#queue.render(output);
    for (let i = 1; i < channels.length; i += 1) channels[i].set(output);
    this.#meter(output);
    return true;
  }

  #meter(output) {
    for (const value of output) {
      this.#energy += value * value;
      this.#peak = Math.max(this.#peak, Math.abs(value));
    }
    this.#frames += output.length;
    if (this.#frames < LEVEL_EVERY_S * sampleRate) return;
    this.port.postMessage({ type: 'level', rms: Math.sqrt(this.#energy / this.#frames), peak: this.#peak });
    this.#energy = 0;
    this.#peak = 0;
    this.#frames = 0;
  }
}

registerProcessor('playback', PlaybackProcessor);
