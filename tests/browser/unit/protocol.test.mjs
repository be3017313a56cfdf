import assert from 'node:assert/strict';
import test from 'node:test';

import { LOST, microphoneNotice, onClose, retryDelay } from '../../../web/static/link.js';
import { EMPTY, hello, parse, playbackOrder, reduce } from '../../../web/static/protocol.js';
import { layout, median } from '../../../web/static/waterfall.js';
import { forSeeds } from './random.mjs';

const READY = { type: 'ready', seq: 1, call: 'c', resume: 'r', input_rate: 16000, output_rate: 24000 };
const numbered = (messages) => [READY, ...messages.map((message, k) => ({ ...message, seq: k + 2 }))];
const fold = (messages, from = EMPTY) => messages.reduce(reduce, from);

const CALL = numbered([
  { type: 'state', state: 'LISTENING' },
  { type: 'transcript', turn: 1, role: 'user', text: 'Doctor', final: false, unheard: '' },
  { type: 'transcript', turn: 1, role: 'user', text: 'Doctor Chen.', final: true, unheard: '' },
  { type: 'state', state: 'PROCESSING' },
  { type: 'tool', turn: 1, id: 'a', name: 'find', arguments: { who: 'Chen' }, status: 'running', result: null },
  { type: 'tool', turn: 1, id: 'a', name: 'find', arguments: { who: 'Chen' }, status: 'ok', result: [1] },
  { type: 'agent_speaking', turn: 1 },
  { type: 'transcript', turn: 1, role: 'agent', text: 'She is in', final: false, unheard: '' },
  { type: 'hold', turn: 1 },
  { type: 'flush', turn: 1 },
  { type: 'agent_done', turn: 1 },
  { type: 'transcript', turn: 1, role: 'agent', text: 'She is', final: true, unheard: 'in on Tuesday.' },
  { type: 'metrics', turn: 1, ttfa_ms: 700, endpoint_ms: 250, filler: false },
]);

test('a call folds into its turns', () => {
  const state = fold(CALL);
  assert.equal(state.turns.length, 1);
  const [turn] = state.turns;
  assert.deepEqual(turn.user, { text: 'Doctor Chen.', final: true, unheard: '' });
  assert.deepEqual(turn.agent, { text: 'She is', final: true, unheard: 'in on Tuesday.' });
  assert.deepEqual(turn.tools, [{ id: 'a', name: 'find', arguments: { who: 'Chen' }, status: 'ok', result: [1] }]);
  assert.equal(turn.audible, 'flushed');
  assert.deepEqual(turn.metrics, { ttfa_ms: 700, endpoint_ms: 250, filler: false });
  assert.deepEqual([state.chart, state.before, state.seq], ['PROCESSING', 'LISTENING', 14]);
});

test('losing the line anywhere and replaying from the last message seen changes nothing', () => {
  forSeeds(50, (random) => {
    const cut = random.int(1, CALL.length);
    const seen = fold(CALL.slice(0, cut));
    const { received, resume } = hello(seen);
    assert.equal(resume, 'r');
    const overlap = random.int(0, 3); // a server may replay a little too much
    const replay = CALL.filter(({ seq, type }) => type !== 'ready' && seq > received - overlap);
    assert.deepEqual(fold([{ ...READY, seq: CALL.length }, ...replay], seen), fold(CALL));
  });
});

test('another call starts from nothing', () => {
  const state = fold([{ ...READY, call: 'other', resume: 'q', seq: 1 }], fold(CALL));
  assert.deepEqual(state, { ...EMPTY, call: 'other', resume: 'q', seq: 1 });
});

test('the first hello asks for no call', () => {
  assert.deepEqual(hello(EMPTY), { type: 'hello', resume: null, received: 0 });
});

test('turns stand in the order of their numbers, and old ones are not touched', () => {
  const say = (turn) => ({ type: 'transcript', turn, role: 'agent', text: `${turn}`, final: true, unheard: '' });
  const before = fold(numbered([say(3), say(1)]));
  const after = reduce(before, { ...say(2), seq: 9 });
  assert.deepEqual(after.turns.map(({ turn }) => turn), [1, 2, 3]);
  assert.equal(after.turns[0], before.turns[0]);
  assert.equal(after.turns[2], before.turns[1]);
});

test('what is not a message is not one, and an unknown one changes only the number', () => {
  for (const text of ['', '{', 'null', '3', '[]', '{"seq":1}', '{"type":4}']) assert.equal(parse(text), null, text);
  assert.deepEqual(parse('{"type":"hold","turn":1}'), { type: 'hold', turn: 1 });
  assert.deepEqual(reduce(EMPTY, { type: 'new', seq: 4 }), { ...EMPTY, seq: 4 });
  assert.deepEqual(reduce(EMPTY, { type: 'state', seq: 4, state: 'ASLEEP' }), { ...EMPTY, seq: 4 });
});

test('only the messages about sound become orders', () => {
  assert.deepEqual(playbackOrder({ type: 'agent_done', turn: 2 }), { type: 'finish', turn: 2 });
  assert.deepEqual(playbackOrder({ type: 'flush', turn: 2 }), { type: 'flush', turn: 2 });
  assert.equal(playbackOrder({ type: 'state', state: 'IDLE' }), null);
});

test('attempts come at growing distances and end 30 s after the loss', () => {
  forSeeds(20, (random) => {
    let elapsed = 0;
    let attempts = 0;
    for (; ; attempts += 1) {
      const delay = retryDelay(attempts, elapsed, random.next());
      if (delay === null) break;
      assert.ok(delay > 0 && delay <= 5);
      elapsed += delay;
    }
    assert.ok(Math.abs(elapsed - 30) < 1e-9 && attempts > 7 && attempts < 20, `${elapsed} s, ${attempts} attempts`);
  });
});

test('every way a socket closes has its answer', () => {
  assert.deepEqual(onClose(1000, '', false), { retry: false, notice: null });
  assert.deepEqual(onClose(1006, '', true), { retry: false, notice: null });
  assert.deepEqual(onClose(1006, '', false), { retry: true });
  const { retry: again, notice: soon } = onClose(1013, 'not_ready', false);
  assert.ok(again && soon.title);
  for (const code of [1001, 1008, 1009, 1011, 1012, 1013]) {
    const { retry, notice } = onClose(code, 'busy', false);
    assert.ok(!retry && notice.title && notice.text, `${code}`);
  }
  assert.ok(LOST.text.includes('30 seconds'));
});

test('every refusal of the microphone has its own text', () => {
  const names = ['NotAllowedError', 'NotFoundError', 'NotReadableError', 'InsecureContext', 'Ended', 'Whatever'];
  assert.equal(new Set(names.map((name) => microphoneNotice(name).title)).size, names.length);
  assert.equal(microphoneNotice('constructor').title, microphoneNotice('Whatever').title);
});

test('the bars of a waterfall lie within its length, the chain unbroken up to its end', () => {
  forSeeds(100, (random) => {
    const part = () => (random.next() < 0.2 ? null : random.int(0, 600));
    const metrics = {
      ttfa_ms: random.int(100, 2000), endpoint_ms: part(), stt_ms: part(), llm_ttft_ms: part(), sentence_ms: part(), tts_ttfb_ms: part(),
    };
    const { total, bars } = layout(metrics);
    assert.equal(total, metrics.ttfa_ms);
    for (const { from, to } of bars) assert.ok(from >= 0 && to <= total && from < to);
    const chain = bars.filter(({ lane }) => lane === 1);
    chain.slice(1).forEach(({ from }, k) => assert.equal(from, chain[k].to));
    if (chain.length) assert.equal(chain.at(-1).to, total);
  });
  assert.deepEqual([median([]), median([3]), median([4, 1, 3]), median([4, 1])], [null, 3, 3, 2.5]);
});
