import assert from 'node:assert/strict';
import test from 'node:test';

import { Framer, Resampler } from '../../../web/static/capture.js';
import { forSeeds } from './random.mjs';

const RATES = [8000, 16000, 22050, 44100, 48000, 96000];

const tone = (hz, rate, seconds) =>
  Float32Array.from({ length: Math.round(rate * seconds) }, (_, k) => 0.5 * Math.sin((2 * Math.PI * hz * k) / rate));

/** Amplitude of `hz` in `signal`, and of all the rest (RMS), away from the ends. */
function measure(signal, hz, rate) {
  const middle = signal.slice(400, -400);
  let [a, b] = [0, 0];
  middle.forEach((value, k) => {
    a += (2 / middle.length) * value * Math.cos((2 * Math.PI * hz * k) / rate);
    b += (2 / middle.length) * value * Math.sin((2 * Math.PI * hz * k) / rate);
  });
  const rest = middle.reduce((sum, value, k) => {
    const w = (2 * Math.PI * hz * k) / rate;
    return sum + (value - a * Math.cos(w) - b * Math.sin(w)) ** 2;
  }, 0);
  return { amplitude: Math.hypot(a, b), rest: Math.sqrt(rest / middle.length) };
}

for (const rate of RATES) {
  test(`a tone keeps its frequency and loudness from ${rate} Hz`, () => {
    const { amplitude, rest } = measure(new Resampler(rate, 16000).push(tone(1000, rate, 1)), 1000, 16000);
    assert.ok(Math.abs(20 * Math.log10(amplitude / 0.5)) < 0.05, `amplitude ${amplitude}`);
    assert.ok(rest < 0.5e-3, `distortion ${rest}`);
  });

  test(`one second from ${rate} Hz is one second, but for the filter's delay`, () => {
    const { length } = new Resampler(rate, 16000).push(new Float32Array(rate * 3));
    assert.ok(length <= 48000 && length > 48000 - 80, `${length}`);
  });
}

test('a tone above the new band leaves no alias', () => {
  for (const hz of [8800, 10000, 15000, 20000]) {
    const output = new Resampler(48000, 16000).push(tone(hz, 48000, 0.5)).slice(400);
    const loudest = Math.max(...output.map(Math.abs));
    assert.ok(20 * Math.log10(loudest / 0.5) < -70, `${hz} Hz leaks ${loudest}`);
  }
});

test('any way of cutting the input gives the same output', () => {
  forSeeds(30, (random) => {
    const rate = RATES[random.int(0, RATES.length - 1)];
    const input = Float32Array.from({ length: 3000 }, () => random.next() - 0.5);
    const whole = [...new Resampler(rate, 16000).push(input)];
    const resampler = new Resampler(rate, 16000);
    const pieces = [];
    for (let at = 0; at < input.length; ) {
      const size = random.int(0, 300);
      pieces.push(...resampler.push(input.subarray(at, at + size)));
      at += size;
    }
    assert.deepEqual(pieces, whole);
  });
});

test('frames are complete, in order, clipped and measured', () => {
  const framer = new Framer(320);
  const frames = [];
  const input = Float32Array.from({ length: 1000 }, (_, k) => (k < 320 ? 2 : -0.5));
  for (let at = 0; at < 1000; at += 77) {
    framer.push(input.subarray(at, Math.min(1000, at + 77)), (pcm, rms, peak) => frames.push({ pcm, rms, peak }));
  }
  assert.equal(frames.length, 3);
  assert.ok(frames.every(({ pcm }) => pcm.byteLength === 640));
  assert.deepEqual([frames[0].pcm[0], frames[0].rms, frames[0].peak], [32767, 1, 1]);
  assert.deepEqual([frames[2].pcm[319], frames[2].rms, frames[2].peak], [-16383, 0.5, 0.5]);
});
