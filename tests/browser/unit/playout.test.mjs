import assert from 'node:assert/strict';
import test from 'node:test';

import { PlayoutQueue } from '../../../web/static/playout.js';
import { forSeeds, randomFrom, speech } from './random.mjs';

const RATES = [16000, 24000, 44100, 48000, 96000];
const QUANTUM = 128;

/** Without the declicking, unless told: so what is heard can be compared bit for bit. */
function queue({ contextRate = 48000, declick = false } = {}) {
  const reports = [];
  const made = new PlayoutQueue({
    sourceRate: 24000,
    contextRate,
    report: (each) => reports.push(each),
    ...(declick ? {} : { declickFrames: 0 }),
  });
  const render = (quanta = 1) => {
    const output = [];
    for (let k = 0; k < quanta; k += 1) {
      const block = new Float32Array(QUANTUM);
      made.render(block);
      output.push(...block);
    }
    return output;
  };
  return { made, reports, render };
}

/** Everything that is heard of `samples` when nothing disturbs. */
function undisturbed(samples, contextRate) {
  const { made, render } = queue({ contextRate });
  made.speak(1);
  made.push(samples);
  made.finish(1);
  return render(Math.ceil((samples.length / 24000) * (contextRate / QUANTUM)) + 2);
}

const trimmed = (output) => output.slice(0, output.findLastIndex((value) => value !== 0) + 1);
const last = (reports, cause) => reports.findLast((each) => cause === undefined || each.cause === cause);

test('holds and resumes lose and repeat no sample, whatever their number and place', () => {
  forSeeds(40, (random) => {
    const contextRate = RATES[random.int(0, RATES.length - 1)];
    const samples = speech(random.int(50, 9000), random);
    const { made, reports, render } = queue({ contextRate });
    made.speak(1);
    made.push(samples);
    made.finish(1);
    const heard = [];
    for (let k = 0; last(reports, 'drain') === undefined; k += 1) {
      assert.ok(k < 5000, 'never drained');
      heard.push(...render(random.int(1, 4)));
      if (random.next() < 0.3) {
        made.hold(1);
        assert.equal(last(reports).cause, 'hold');
        const { samples: before } = last(reports);
        assert.ok(render(random.int(1, 60)).every((value) => value === 0));
        made.resume(1);
        made.hold(1);
        assert.equal(last(reports).samples, before, 'the count moved while held');
        made.resume(1);
      }
    }
    assert.deepEqual(trimmed(heard), trimmed(undisturbed(samples, contextRate)));
    assert.equal(last(reports, 'drain').samples, samples.length);
  });
});

test('the count is exact at every report, over late frames, underruns and holds', () => {
  forSeeds(40, (random) => {
    const contextRate = RATES[random.int(0, RATES.length - 1)];
    const { made, reports, render } = queue({ contextRate });
    made.speak(7);
    let [sent, sounding, seen] = [0, 0, 0];
    const total = random.int(1, 20000);
    for (let k = 0; sent < total || last(reports, 'drain')?.samples !== total; k += 1) {
      assert.ok(k < 20000, 'never drained');
      if (sent < total && random.next() < 0.4) {
        const size = Math.min(total - sent, random.int(1, 1500));
        made.push(new Int16Array(size).fill(8000)); // never silent: what is zero in the output was not played
        sent += size;
        if (sent === total && random.next() < 0.5) made.finish(7);
      }
      if (random.next() < 0.05) made.hold(7);
      if (random.next() < 0.5) made.resume(7);
      sounding += render().filter((value) => value !== 0).length;
      const played = Math.min(sent, Math.ceil(Math.max(0, (sounding * 24000) / contextRate - 1e-9)));
      for (; seen < reports.length; seen += 1) {
        const { turn, samples, cause } = reports[seen];
        assert.equal(turn, 7);
        assert.ok(samples <= sent && samples >= (reports[seen - 1]?.samples ?? 0));
        if (cause !== 'drain') continue;
        assert.equal(samples, played);
      }
      made.hold(7);
      assert.equal(last(reports).samples, played);
      made.resume(7);
      seen = reports.length;
    }
  });
});

test('a lost line: what was not played is sent again from the count, and nothing is lost or repeated', () => {
  forSeeds(30, (random) => {
    const samples = speech(random.int(2000, 9000), random);
    const { made, reports, render } = queue();
    made.speak(3);
    let sent = 0;
    const heard = [];
    for (let k = 0; last(reports, 'drain')?.samples !== samples.length; k += 1) {
      assert.ok(k < 5000, 'never drained');
      // The line keeps ahead of the loudspeaker, by more or less.
      while (sent < samples.length && made.statistics.buffered < 3000) {
        const size = random.int(1, 2000);
        made.push(samples.subarray(sent, sent + size));
        sent = Math.min(samples.length, sent + size);
        if (sent === samples.length) made.finish(3);
      }
      heard.push(...render(random.int(1, 30)));
      if (random.next() < 0.2) {
        made.detach();
        assert.ok(render(random.int(1, 50)).every((value) => value === 0));
        made.reattach();
        const { turn, samples: played, cause } = last(reports);
        assert.deepEqual([turn, cause, made.statistics.buffered], [3, 'reattach', 0]);
        sent = played;
      }
    }
    const nothing = (value) => value !== 0;
    assert.deepEqual(heard.filter(nothing), undisturbed(samples, 48000).filter(nothing));
  });
});

test('a hold by the server outlasts a lost line', () => {
  const { made, render } = queue();
  made.speak(1);
  made.push(new Int16Array(24000).fill(5000));
  render(20);
  made.hold(1);
  made.detach();
  made.reattach();
  made.push(new Int16Array(24000).fill(5000));
  assert.ok(render(20).every((value) => value === 0));
  made.resume(1);
  assert.ok(render(20).some((value) => value !== 0));
});

test('a flush is silent within one quantum, tells the count, and drops what still arrives', () => {
  const { made, reports, render } = queue({ declick: true });
  made.speak(4);
  made.push(speech(24000, randomFrom(5)));
  render(30);
  made.flush(4);
  const { turn, samples, cause } = last(reports);
  assert.deepEqual([turn, cause], [4, 'flush']);
  assert.ok(samples > 0 && samples <= (30 * QUANTUM) / 2);
  const after = render(2);
  assert.ok(after.slice(96).every((value) => value === 0), 'still sounding after 96 frames');
  made.push(speech(2400, randomFrom(6)));
  assert.equal(made.statistics.dropped, 2400);
  assert.ok(render(30).every((value) => value === 0));
  made.flush(4);
  assert.deepEqual(last(reports), { turn: 4, samples, cause: 'flush' }, 'told again as it was');
});

test('the turn after a flush begins with its own first sample', () => {
  const samples = speech(4000, randomFrom(9));
  const { made, reports, render } = queue();
  made.speak(1);
  made.push(speech(24000, randomFrom(8)));
  render(33);
  made.flush(1);
  made.speak(2);
  made.push(samples);
  made.finish(2);
  assert.deepEqual(trimmed(render(100)), trimmed(undisturbed(samples, 48000)));
  assert.deepEqual(last(reports), { turn: 2, samples: 4000, cause: 'drain' });
});

test('a turn that was never said to be done gives way to the next one when it has been played', () => {
  const { made, reports, render } = queue();
  made.speak(1);
  made.push(new Int16Array(2400).fill(3000));
  made.speak(2);
  made.push(new Int16Array(1200).fill(3000));
  render(100);
  const drains = reports.filter(({ cause }) => cause === 'drain').map(({ turn, samples }) => [turn, samples]);
  assert.deepEqual(drains, [[1, 2400], [2, 1200]]);
});

test('hold, resume and flush make no click: the output never jumps', () => {
  const samples = Int16Array.from({ length: 24000 }, (_, k) => 16000 * Math.min(1, k / 500) * Math.sin((2 * Math.PI * 200 * k) / 24000));
  const steepest = (0.5 * 2 * Math.PI * 200) / 48000;
  const { made, render } = queue({ declick: true });
  made.speak(1);
  made.push(samples);
  const output = [...render(50)];
  for (const act of ['hold', 'resume', 'hold', 'resume', 'flush']) {
    made[act](1);
    output.push(...render(7));
  }
  for (let k = 1; k < output.length; k += 1) {
    const jump = Math.abs(output[k] - output[k - 1]);
    assert.ok(jump < steepest + 0.5 * (Math.PI / 2 / 96) + 0.01, `jump of ${jump} at frame ${k}`);
  }
});

test('reports come every 100 ms while a turn plays, and no more once it is over', () => {
  const { made, reports, render } = queue();
  made.speak(1);
  made.push(new Int16Array(24000).fill(3000));
  made.finish(1);
  render(375);
  assert.ok(reports.filter(({ cause }) => cause === 'clock').length >= 9);
  render(100);
  const count = reports.length;
  render(375);
  assert.equal(reports.length, count);
});

test('playing waits for the jitter buffer, but not for ever and not for what will not come', () => {
  const waits = (samples, finish) => {
    const { made, render } = queue();
    made.speak(1);
    made.push(new Int16Array(samples).fill(3000));
    if (finish) made.finish(1);
    return render(100).findIndex((value) => value !== 0);
  };
  assert.equal(waits(2400, false), 0);
  assert.equal(waits(240, true), 0);
  assert.ok(Math.abs(waits(240, false) - 0.06 * 48000) <= QUANTUM);
});

test('more than the buffer holds is dropped and counted, and memory stays bounded', () => {
  const { made } = queue();
  made.speak(1);
  for (let k = 0; k < 100; k += 1) made.push(new Int16Array(24000));
  const { buffered, dropped } = made.statistics;
  assert.equal(buffered + dropped, 2_400_000);
  assert.ok(buffered <= 2 ** 20 && buffered > 2 ** 20 - 24100);
});

for (const contextRate of [44100, 48000, 96000]) {
  test(`a tone stays that tone at ${contextRate} Hz`, () => {
    const samples = Int16Array.from({ length: 12000 }, (_, k) => Math.round(16384 * Math.sin((2 * Math.PI * 1000 * k) / 24000)));
    const output = undisturbed(samples, contextRate);
    const worst = output
      .slice(200, Math.floor(0.49 * contextRate))
      .reduce((most, value, k) => Math.max(most, Math.abs(value - 0.5 * Math.sin((2 * Math.PI * 1000 * (k + 200)) / contextRate))), 0);
    assert.ok(worst < 0.5e-3, `off by ${worst}`);
  });
}
