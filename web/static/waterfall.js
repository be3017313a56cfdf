// Where the time of one answer went: `metrics` laid out on a line that starts at the caller's last voiced sample. Pure.
//
// The wait for the end of the turn starts at 0. The chain (hear, think, phrase, voice) ends when the first audio is sent,
// at `ttfa_ms`. With a speculative answer it has run behind the wait, so it stands in a lane of its own and may start
// earlier than the wait ends.

export const PARTS = [
  { key: 'endpoint_ms', name: 'wait', title: 'Wait for the end of the turn', lane: 0 },
  { key: 'stt_ms', name: 'hear', title: 'Speech recognition', lane: 1 },
  { key: 'llm_ttft_ms', name: 'think', title: 'Language model, first token', lane: 1 },
  { key: 'sentence_ms', name: 'phrase', title: 'First sentence complete', lane: 1 },
  { key: 'tts_ttfb_ms', name: 'voice', title: 'Speech synthesis, first audio', lane: 1 },
];

/** Bars {key, name, lane, from, to} in ms, all within [0, total]; total = ttfa_ms, or what the parts add up to. */
export function layout(metrics) {
  const known = PARTS.filter(({ key }) => metrics[key] > 0);
  const chain = known.filter(({ lane }) => lane === 1);
  const length = chain.reduce((sum, { key }) => sum + metrics[key], 0);
  const wait = metrics.endpoint_ms ?? 0;
  const total = metrics.ttfa_ms ?? wait + length;
  const bars = [];
  let at = total - length;
  for (const { key, name, lane } of known) {
    const from = lane === 0 ? 0 : at;
    const to = from + metrics[key];
    if (lane === 1) at = to;
    const bar = { key, name, lane, from: Math.max(0, from), to: Math.min(total, to) };
    if (bar.to > bar.from) bars.push(bar);
  }
  return { total, bars };
}

/** The middle one of the values (the mean of the middle two), or null of none. */
export function median(values) {
  if (!values.length) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
