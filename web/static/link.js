// Decisions about the line: when to try again, and what to tell the caller. Pure.

export const GIVE_UP_AFTER_S = 30; // the server forgets the call after this
const FIRST_DELAY_S = 0.25;
const LONGEST_DELAY_S = 4;

/** Seconds to wait before attempt `attempt` (0, 1, ...), `elapsed` s after the loss; null: give up. `chance` in [0, 1). */
export function retryDelay(attempt, elapsed, chance) {
  const wanted = Math.min(LONGEST_DELAY_S, FIRST_DELAY_S * 2 ** attempt) * (0.75 + chance / 2);
  const left = GIVE_UP_AFTER_S - elapsed;
  return left <= 0 ? null : Math.min(wanted, left);
}

/** Seconds between two attempts to reach a server that is still loading its models. */
export const NOT_READY_DELAY_S = 1;

/**
 * What a closed socket means: {retry: true}, {retry: true, notice} for a server that will be ready soon, or
 * {retry: false, notice}. `ended`: the caller or the server has ended the call.
 */
export function onClose(code, reason, ended) {
  if (ended || code === 1000) return { retry: false, notice: null };
  if (code === 1013 && reason === 'not_ready') return { retry: true, notice: NOT_READY };
  const notice = CLOSE_NOTICES[code];
  return notice ? { retry: false, notice } : { retry: true };
}

const NOT_READY = {
  title: 'The server is getting ready',
  text: 'It is loading its models. The call begins by itself in a few seconds.',
};

const CLOSE_NOTICES = {
  1001: {
    title: 'The server ended the call',
    text: 'It is no longer able to go on. Call again in a moment.',
  },
  1008: {
    title: 'The server ended the call',
    text: 'It received messages that it could not accept. Reload the page and call again.',
  },
  1009: {
    title: 'The server ended the call',
    text: 'A message was larger than it accepts. Try again with a shorter text.',
  },
  1011: {
    title: 'Something went wrong on the server',
    text: 'The call is over; its log tells the reason. You can call again.',
  },
  1012: {
    title: 'The server is restarting',
    text: 'It closes calls in order before it stops. Call again in a minute.',
  },
  1013: {
    title: 'All lines are busy',
    text: 'The server takes no further calls at this moment. Try again in a minute.',
  },
};

export const UNREACHABLE = {
  title: 'The server does not answer',
  text: 'Check that it is still running and that you are online, then call again.',
};

export const LOST = {
  title: 'The connection is lost',
  text: `It could not be restored within ${GIVE_UP_AFTER_S} seconds. Check your network and call again.`,
};

export const RECONNECTING = {
  title: 'Connection dropped',
  text: 'Trying to get back. The agent waits where it stopped.',
};

export const BEGUN_ANEW = {
  title: 'A new call has begun',
  text: 'The server could no longer continue the earlier one.',
};

/** Why there is no microphone, by the name of the exception, and what to do about it. */
export function microphoneNotice(name) {
  return MICROPHONE_NOTICES[Object.hasOwn(MICROPHONE_NOTICES, name) ? name : 'other'];
}

const MICROPHONE_NOTICES = {
  NotAllowedError: {
    title: 'The microphone is blocked',
    text: 'Allow it at the left end of the address bar and press Microphone. Until then you can type.',
  },
  NotFoundError: {
    title: 'No microphone found',
    text: 'Connect one and press Microphone. Until then you can type.',
  },
  NotReadableError: {
    title: 'The microphone is in use',
    text: 'Another program holds it. Close that and press Microphone. Until then you can type.',
  },
  InsecureContext: {
    title: 'No microphone on this address',
    text: 'Browsers give it only to localhost and to https. Open the page there (the server takes --tls-cert and --tls-key). You can type here.',
  },
  Ended: {
    title: 'The microphone is gone',
    text: 'It was unplugged or its permission was withdrawn. Press Microphone to use another. Until then you can type.',
  },
  other: {
    title: 'The microphone does not work',
    text: 'The browser could not open it. Press Microphone to try again. Until then you can type.',
  },
};
