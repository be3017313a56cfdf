// The microphone's path, free of any browser object: native rate in, 20 ms frames of int16 out.

import { polyphase } from './fir.js';

const ZEROS = 32;

/** Streaming rate change. Any way of cutting the input into pieces gives the same output. */
export class Resampler {
  #filter;
  #buffer;
  #filled; // samples in the buffer; its first stands `half - 1` before source position 0
  #index = 0; // integer part of the next output's position, relative to the buffer
  #phase = 0;

  constructor(from, to) {
    this.#filter = polyphase(from, to, ZEROS);
    this.#buffer = new Float32Array(4 * this.#filter.taps);
    this.#filled = this.#filter.half - 1; // silence before the first sample
  }

  /** All output that `samples` (Float32Array) settles; the rest waits for the samples after it. */
  push(samples) {
    const { step, phases, taps, table } = this.#filter;
    this.#append(samples);
    const output = new Float32Array(Math.ceil(((samples.length + taps) * phases) / step) + 1);
    const buffer = this.#buffer;
    let count = 0;
    while (this.#index + taps <= this.#filled) {
      let sum = 0;
      const row = this.#phase * taps;
      for (let j = 0; j < taps; j += 1) sum += table[row + j] * buffer[this.#index + j];
      output[count] = sum;
      count += 1;
      this.#phase += step;
      const whole = Math.floor(this.#phase / phases);
      this.#index += whole;
      this.#phase -= whole * phases;
    }
    return output.subarray(0, count);
  }

  #append(samples) {
    const spent = Math.min(this.#index, this.#filled);
    this.#buffer.copyWithin(0, spent, this.#filled);
    this.#filled -= spent;
    this.#index -= spent;
    if (this.#filled + samples.length > this.#buffer.length) {
      const larger = new Float32Array(2 * (this.#filled + samples.length));
      larger.set(this.#buffer.subarray(0, this.#filled));
      this.#buffer = larger;
    }
    this.#buffer.set(samples, this.#filled);
    this.#filled += samples.length;
  }
}

/** Cuts a stream of floats into int16 frames of `size` samples, each with its level (RMS and peak, 0 to 1). */
export class Framer {
  #size;
  #frame;
  #filled = 0;
  #energy = 0;
  #peak = 0;

  constructor(size) {
    this.#size = size;
    this.#frame = new Int16Array(size);
  }

  /** Calls `emit(Int16Array, rms, peak)` for each frame that `samples` completes. */
  push(samples, emit) {
    for (const value of samples) {
      const clipped = Math.max(-1, Math.min(1, value));
      this.#frame[this.#filled] = Math.round(clipped * 32767);
      this.#energy += clipped * clipped;
      this.#peak = Math.max(this.#peak, Math.abs(clipped));
      this.#filled += 1;
      if (this.#filled === this.#size) {
        emit(this.#frame, Math.sqrt(this.#energy / this.#size), this.#peak);
        this.#frame = new Int16Array(this.#size); // the old one now belongs to the receiver
        this.#filled = 0;
        this.#energy = 0;
        this.#peak = 0;
      }
    }
  }
}
