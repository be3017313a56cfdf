// One call: the socket, its return after a loss, and the audio on both sides of it.

import { Audio } from './audio.js';
import {
  BEGUN_ANEW,
  LOST,
  NOT_READY_DELAY_S,
  RECONNECTING,
  UNREACHABLE,
  microphoneNotice,
  onClose,
  retryDelay,
} from './link.js';
import { EMPTY, hello, parse, playbackOrder, reduce } from './protocol.js';

const MOST_UNSENT_BYTES = 64000; // two seconds of microphone: older sound is of no use to the server
const STALL_MS = 5000; // nothing leaves for so long: the line is dead, whatever the browser believes
const CONNECT_MS = 5000;
const FAREWELL_MS = 1000; // after a hang-up the server may still say what was heard

const socketUrl = () => Object.assign(new URL('/ws', location.href), { protocol: location.protocol.replace('http', 'ws') });

/**
 * Events (all on the one `listener` object):
 * changed(state), phase('asking' | 'connecting' | 'on' | 'reconnecting' | 'ending' | 'over'), notice({title, text} | null),
 * microphone('on' | 'off'), microphoneLevel(rms), speakerLevel(rms).
 */
export class Call {
  #listener;
  #audio = null;
  #socket = null;
  #state = EMPTY;
  #live = false; // `ready` was received on this socket
  #ending = false; // the caller has hung up
  #over = false;
  #waited = false; // for a server that was not ready
  #lostAt = null; // ms
  #attempt = 0;
  #timer = null; // for the next attempt, for the one that hangs, for the farewell: one at a time
  #flowing = 0; // ms, when microphone audio last left
  #unsent = []; // texts typed while there was no line

  constructor(listener) {
    this.#listener = listener;
  }

  get state() {
    return this.#state;
  }

  get #open() {
    return this.#live && this.#socket.readyState === WebSocket.OPEN;
  }

  /** Call from a click or a key. Without a microphone the call goes on by typing. */
  async start({ microphone }) {
    this.#listener.phase('asking');
    this.#audio = await Audio.open({
      frame: (pcm) => this.#sendAudio(pcm),
      microphoneLevel: (rms) => this.#listener.microphoneLevel(rms),
      speakerLevel: (rms) => this.#listener.speakerLevel(rms),
      report: ({ turn, samples }) => this.#send({ type: 'playback', turn, samples }),
      microphoneLost: () => this.#noMicrophone('Ended'),
    });
    if (microphone && !this.#over) await this.openMicrophone();
    if (this.#over) await this.#audio.close();
    else this.#connect();
  }

  /** Also later in the call: for one begun by typing, or after the permission was given. */
  async openMicrophone() {
    try {
      await this.#audio.openMicrophone();
      if (!this.#over) this.#listener.microphone('on');
    } catch (error) {
      this.#noMicrophone(error.name);
    }
  }

  sendText(text) {
    if (!this.#send({ type: 'text', text })) this.#unsent.push(text);
  }

  mute(muted) {
    this.#audio?.mute(muted);
  }

  hangUp() {
    if (!this.#send({ type: 'hangup' })) {
      this.#end(null);
      return;
    }
    this.#ending = true;
    this.#audio.close();
    this.#listener.phase('ending');
    this.#timer = setTimeout(() => this.#end(null), FAREWELL_MS);
  }

  #connect() {
    if (this.#lostAt === null) this.#listener.phase('connecting');
    const socket = new WebSocket(socketUrl());
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => socket.send(JSON.stringify(hello(this.#state)));
    socket.onmessage = ({ data }) => (typeof data === 'string' ? this.#onText(data) : this.#onAudio(data));
    socket.onclose = ({ code, reason }) => this.#onClose(code, reason);
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#abandon(), CONNECT_MS);
  }

  /** Gives the socket up without waiting for its own, perhaps endless, close. */
  #abandon() {
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.#onClose(1006, '');
  }

  #onText(text) {
    const message = parse(text);
    if (!message) return;
    const before = this.#state;
    this.#state = reduce(before, message);
    if (message.type === 'ready') this.#onReady(before);
    else if (this.#state === before) return;
    const order = playbackOrder(message);
    if (order) this.#audio.order(order);
    if (message.type === 'error') this.#onError(message);
    this.#listener.changed(this.#state);
  }

  #onReady(before) {
    clearTimeout(this.#timer);
    this.#live = true;
    this.#flowing = performance.now();
    const returned = this.#lostAt !== null;
    this.#lostAt = null;
    this.#attempt = 0;
    if (before.call === this.#state.call) this.#audio.order({ type: 'reattach' });
    else this.#audio.order({ type: 'reset' });
    if (this.#waited) this.#listener.notice(null);
    this.#waited = false;
    if (returned) this.#listener.notice(before.call === this.#state.call ? null : BEGUN_ANEW);
    this.#listener.phase('on');
    for (const text of this.#unsent.splice(0)) this.sendText(text);
  }

  #onError({ code, message }) {
    // Before `ready` the close that follows says it better; a forgotten call has its own notice.
    if (!this.#live || code === 'resume_unknown') return;
    this.#listener.notice({ title: 'A message from the server', text: message });
  }

  #onAudio(pcm) {
    if (pcm.byteLength % 2 === 0) this.#audio.order({ type: 'push', pcm }, [pcm]);
  }

  #onClose(code, reason) {
    if (this.#over) return;
    clearTimeout(this.#timer);
    this.#live = false;
    const { retry, notice } = onClose(code, reason, this.#ending || this.#state.ended !== null);
    if (!retry) this.#end(notice);
    else if (this.#state.call === null && notice) this.#waitUntilReady(notice);
    else if (this.#state.call === null) this.#end(UNREACHABLE);
    else this.#comeBack();
  }

  #waitUntilReady(notice) {
    this.#listener.notice(notice);
    this.#waited = true;
    this.#timer = setTimeout(() => this.#connect(), NOT_READY_DELAY_S * 1000);
  }

  #comeBack() {
    if (this.#lostAt === null) {
      this.#lostAt = performance.now();
      this.#audio.order({ type: 'detach' });
      this.#listener.phase('reconnecting');
      this.#listener.notice(RECONNECTING);
    }
    const delay = retryDelay(this.#attempt, (performance.now() - this.#lostAt) / 1000, Math.random());
    this.#attempt += 1;
    if (delay === null) this.#end(LOST);
    else this.#timer = setTimeout(() => this.#connect(), delay * 1000);
  }

  #noMicrophone(name) {
    if (this.#over) return;
    this.#listener.microphone('off');
    this.#listener.notice(microphoneNotice(name));
  }

  #sendAudio(pcm) {
    if (!this.#open) return;
    const now = performance.now();
    if (this.#socket.bufferedAmount < MOST_UNSENT_BYTES) {
      this.#socket.send(pcm);
      this.#flowing = now;
    } else if (now - this.#flowing > STALL_MS) {
      this.#abandon();
    }
  }

  #send(message) {
    if (this.#open) this.#socket.send(JSON.stringify(message));
    return this.#open;
  }

  #end(notice) {
    if (this.#over) return;
    this.#over = true;
    this.#live = false;
    clearTimeout(this.#timer);
    this.#socket?.close(1000);
    this.#audio?.close();
    if (notice) this.#listener.notice(notice);
    this.#listener.phase('over');
  }
}
