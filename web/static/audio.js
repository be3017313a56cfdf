// The browser's audio: one context, the two worklets, the microphone.

const MICROPHONE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

export class Audio {
  #context;
  #playback;
  #capture = null;
  #stream = null;
  #closed = false;

  /**
   * Must be called from a user's gesture, or the browser keeps the context silent.
   * `on`: {frame(ArrayBuffer), microphoneLevel(rms), speakerLevel(rms), report({turn, samples, cause}), microphoneLost()}.
   */
  static async open(on) {
    const audio = new Audio();
    audio.on = on;
    audio.#context = new AudioContext({ latencyHint: 'interactive' });
    await audio.#context.resume();
    await Promise.all(
      ['capture-worklet.js', 'playback-worklet.js'].map((name) =>
        audio.#context.audioWorklet.addModule(new URL(name, import.meta.url)),
      ),
    );
    audio.#playback = new AudioWorkletNode(audio.#context, 'playback', {
      numberOfInputs: 0,
      outputChannelCount: [1],
    });
    audio.#playback.port.onmessage = ({ data }) => {
      if (data.type === 'report') on.report(data);
      else on.speakerLevel(data.rms);
    };
    audio.#playback.connect(audio.#context.destination);
    // A phone call or a locked screen suspends the context; come back as soon as the browser lets us.
    audio.#context.onstatechange = () => {
      if (audio.#context.state === 'interrupted' || audio.#context.state === 'suspended') {
        audio.#context.resume().catch(() => {});
      }
    };
    return audio;
  }

  /** Asks for the microphone. Throws what getUserMedia throws, or an Error named InsecureContext. */
  async openMicrophone() {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw Object.assign(new Error('no microphone without a secure origin'), { name: 'InsecureContext' });
    }
    this.#release(); // of a microphone that is gone
    this.#stream = await navigator.mediaDevices.getUserMedia({ audio: MICROPHONE });
    if (this.#closed) {
      this.#release();
      return;
    }
    this.#capture = new AudioWorkletNode(this.#context, 'capture', { outputChannelCount: [1] });
    this.#capture.port.onmessage = ({ data }) => {
      this.on.microphoneLevel(data.rms);
      this.on.frame(data.pcm);
    };
    this.#stream.getAudioTracks()[0].onended = () => this.on.microphoneLost();
    this.#context.createMediaStreamSource(this.#stream).connect(this.#capture);
    // Its output is silent; connected all the same, since some browsers run only what leads to the loudspeaker.
    this.#capture.connect(this.#context.destination);
  }

  /** One order for the playback worklet; see there. */
  order(message, transfer = []) {
    this.#playback.port.postMessage(message, transfer);
  }

  /** Muted, the microphone sends silence: the line stays open and the server keeps its clock. */
  mute(muted) {
    for (const track of this.#stream?.getAudioTracks() ?? []) track.enabled = !muted;
  }

  #release() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#capture?.disconnect();
    this.#capture = null;
    this.#stream = null;
  }

  async close() {
    if (this.#closed) return;
    this.#closed = true;
    this.#release();
    this.#context.onstatechange = null;
    await this.#context.close();
  }
}
