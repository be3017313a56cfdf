// The call as the page sees it: a pure fold over the server's messages (the wire stands in docs/protocol.md).

export const STATES = ['IDLE', 'LISTENING', 'PROCESSING', 'SPEAKING', 'INTERRUPTED'];

/** Nothing is known yet. Turns are kept in the order of their numbers; every change makes new objects. */
export const EMPTY = Object.freeze({
  call: null,
  resume: null,
  seq: -1, // the last one received
  chart: 'IDLE',
  before: null, // the state before `chart`, so that the edge between them can be shown
  speaking: null, // the turn that binary frames belong to
  turns: Object.freeze([]),
  error: null,
  ended: null, // the reason, once the server has said `call_ended`
});

const emptyTurn = (turn) => ({
  turn,
  user: null, // {text, final, unheard: ''}
  agent: null, // {text, final, unheard}
  audible: null, // 'playing', 'held', 'done', 'flushed'
  tools: [],
  metrics: null,
});

/** The message in a text frame, or null where it is not one. */
export function parse(text) {
  try {
    const message = JSON.parse(text);
    return message !== null && typeof message === 'object' && typeof message.type === 'string' ? message : null;
  } catch {
    return null;
  }
}

/** The state after `message`. A message already seen (replayed after a lost line) and one unknown change nothing. */
export function reduce(state, message) {
  if (message.type === 'ready') return ready(state, message);
  if (message.seq <= state.seq) return state;
  const change = Object.hasOwn(CHANGES, message.type) ? CHANGES[message.type] : null;
  const next = Number.isInteger(message.seq) ? { ...state, seq: message.seq } : state;
  return change ? { ...next, ...change(next, message) } : next;
}

const ORDERS = new Map([
  ['agent_speaking', 'speak'],
  ['agent_done', 'finish'],
  ['hold', 'hold'],
  ['resume', 'resume'],
  ['flush', 'flush'],
]);

/** What the playback worklet is to do about `message`, or null. */
export function playbackOrder({ type, turn }) {
  return ORDERS.has(type) ? { type: ORDERS.get(type), turn } : null;
}

/** The first message on every socket. */
export const hello = (state) => ({ type: 'hello', resume: state.resume, received: Math.max(0, state.seq) });

function ready(state, { call, resume, seq }) {
  // A resumed call goes on where it was: what is replayed after this is numbered from the last message received,
  // whatever the number of this one. Any other call starts from nothing.
  return call === state.call ? { ...state, resume } : { ...EMPTY, call, resume, seq: seq ?? EMPTY.seq };
}

const CHANGES = {
  state: ({ chart }, { state }) => {
    const name = String(state).toUpperCase();
    return STATES.includes(name) && name !== chart ? { chart: name, before: chart } : {};
  },
  transcript: (state, { turn, role, text, final, unheard }) =>
    inTurn(state, turn, () =>
      role === 'user' ? { user: { text, final, unheard: '' } } : { agent: { text, final, unheard: unheard ?? '' } },
    ),
  agent_speaking: (state, { turn }) => ({ ...inTurn(state, turn, () => ({ audible: 'playing' })), speaking: turn }),
  agent_done: (state, { turn }) => audible(state, turn, 'done'),
  hold: (state, { turn }) => audible(state, turn, 'held'),
  resume: (state, { turn }) => audible(state, turn, 'playing'),
  flush: (state, { turn }) => audible(state, turn, 'flushed'),
  tool: (state, { turn, id, name, arguments: given, status, result }) =>
    inTurn(state, turn, ({ tools }) => {
      const card = { id, name, arguments: given ?? {}, status, result: result ?? null };
      const known = tools.some((tool) => tool.id === id);
      return { tools: known ? tools.map((tool) => (tool.id === id ? card : tool)) : [...tools, card] };
    }),
  metrics: (state, { type: _type, seq: _seq, turn, ...parts }) => inTurn(state, turn, () => ({ metrics: parts })),
  error: (_state, { code, message }) => ({ error: { code, message } }),
  call_ended: (_state, { reason }) => ({ ended: String(reason) }),
};

function audible(state, turn, how) {
  return inTurn(state, turn, (old) => (old.audible === 'flushed' ? {} : { audible: how }));
}

function inTurn(state, turn, change) {
  const old = state.turns.find((each) => each.turn === turn);
  const changed = { ...(old ?? emptyTurn(turn)), ...change(old ?? emptyTurn(turn)) };
  const turns = old
    ? state.turns.map((each) => (each === old ? changed : each))
    : [...state.turns, changed].sort((a, b) => a.turn - b.turn);
  return { turns };
}
