// The page: what the caller does goes to the call, what the call tells goes to the views.

import { Call } from './call.js';
import { byId, setText } from './dom.js';
import { ChartView } from './view-chart.js';
import { ConversationView } from './view-conversation.js';
import { LatencyView } from './view-latency.js';
import { TapeView } from './view-tape.js';

const PHASES = {
  asking: 'Waiting for the microphone',
  connecting: 'Connecting',
  reconnecting: 'Reconnecting',
  ending: 'Hanging up',
  over: 'Call ended',
};

const chart = new ChartView(byId('chart'), byId('chart-caption'));
const conversation = new ConversationView(byId('conversation'), byId('announcer'), byId('stage'));
const latency = new LatencyView({
  list: byId('waterfall'),
  summary: byId('latency-summary'),
  empty: byId('latency-empty'),
  legend: byId('legend'),
});
const tape = new TapeView(byId('tape'), { caller: byId('microphone-meter'), agent: byId('speaker-meter') });

let call = null;
let phase = 'before';
let begun = null; // ms
let shown = null; // the name of the call whose words are on the page
let microphone = 'off'; // 'on', 'muted'

const listener = {
  changed(state) {
    if (state.call !== shown) clear();
    shown = state.call;
    chart.show(state.chart, state.before, phase === 'on' || phase === 'reconnecting');
    tape.state(state.chart);
    document.body.dataset.state = state.chart;
    byId('welcome').hidden = byId('welcome').hidden || state.turns.some(({ user, agent }) => user?.text || agent?.text);
    conversation.show(state.turns);
    latency.show(state.turns);
    showLamp();
  },
  phase(name) {
    phase = name;
    document.body.dataset.phase = name;
    if (name === 'on') begun ??= performance.now();
    if (name === 'on') tape.start();
    if (name === 'over' || name === 'ending') tape.stop();
    if (name === 'over') call = null;
    const idle = call === null;
    byId('mute').disabled = idle || name === 'asking' || name === 'ending';
    setText(byId('call-label'), idle ? 'Start call' : 'Hang up');
    byId('call').classList.toggle('in-call', !idle);
    showMicrophone(idle ? 'off' : microphone);
    chart.show(document.body.dataset.state, null, name === 'on');
    showLamp();
  },
  notice(notice) {
    byId('notice').hidden = notice === null;
    setText(byId('notice-title'), notice?.title ?? '');
    setText(byId('notice-text'), notice?.text ?? '');
  },
  microphone: showMicrophone,
  microphoneLevel: (rms) => tape.level('caller', rms),
  speakerLevel: (rms) => tape.level('agent', rms),
};

function showLamp() {
  const name = call?.state.chart ?? 'IDLE';
  const state = name[0] + name.slice(1).toLowerCase();
  setText(byId('lamp'), phase === 'on' ? state : (PHASES[phase] ?? 'Not connected'));
}

function showMicrophone(how) {
  microphone = how;
  byId('mute').dataset.microphone = how;
  setText(byId('mute-label'), { on: 'Mute', muted: 'Unmute', off: 'Microphone' }[how]);
}

async function pressMicrophone() {
  if (microphone === 'off') {
    listener.notice(null);
    byId('mute').disabled = true; // one question at a time
    await call.openMicrophone();
    byId('mute').disabled = call === null;
  } else {
    showMicrophone(microphone === 'on' ? 'muted' : 'on');
    call.mute(microphone === 'muted');
  }
}

function clear() {
  conversation.clear();
  latency.clear();
}

function startCall(withMicrophone) {
  clear();
  listener.notice(null);
  begun = null;
  call = new Call(listener);
  call.start({ microphone: withMicrophone }).catch((error) => {
    listener.notice({ title: 'The call could not start', text: `The browser's audio failed: ${error.message}` });
    listener.phase('over');
  });
}

function say(text) {
  // With no call under way the words begin one; then nobody has asked for the microphone.
  if (!call) startCall(false);
  call.sendText(text);
}

byId('call').addEventListener('click', () => (call ? call.hangUp() : startCall(true)));
byId('mute').addEventListener('click', pressMicrophone);
byId('notice-close').addEventListener('click', () => listener.notice(null));
byId('typing').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = byId('text').value.trim();
  if (!text) return;
  say(text);
  byId('text').value = '';
});
for (const phrase of document.querySelectorAll('.phrase')) {
  phrase.addEventListener('click', () => {
    byId('welcome').hidden = true;
    say(phrase.textContent);
  });
}
// In a narrow window the conversation comes first: the timings, in a low one the chart too, open on demand.
byId('latency').open = !matchMedia('(max-width: 899px)').matches;
byId('chart-panel').open = !matchMedia('(max-width: 899px) and (max-height: 699px)').matches;
addEventListener('pagehide', () => call?.hangUp());
setInterval(() => {
  if (begun === null || call === null) return;
  const seconds = Math.floor((performance.now() - begun) / 1000);
  setText(byId('clock'), `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`);
}, 500);
