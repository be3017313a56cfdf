// AudioWorklet: microphone at the context's rate -> 16 kHz int16 frames of 20 ms, posted with their level.

import { Framer, Resampler } from './capture.js';

const WIRE_RATE = 16000;
const FRAME_SAMPLES = 320;

class CaptureProcessor extends AudioWorkletProcessor {
  #resampler = new Resampler(sampleRate, WIRE_RATE);
  #framer = new Framer(FRAME_SAMPLES);

  process([channels]) {
    if (channels.length) {
      this.#framer.push(this.#resampler.push(mono(channels)), (frame, rms, peak) => {
        this.port.postMessage({ pcm: frame.buffer, rms, peak }, [frame.buffer]);
      });
    }
    return true;
  }
}

function mono(channels) {
  if (channels.length === 1) return channels[0];
  return channels[0].map((_, i) => channels.reduce((sum, channel) => sum + channel[i], 0) / channels.length);
}

registerProcessor('capture', CaptureProcessor);
