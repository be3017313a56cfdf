// A seeded generator (mulberry32): a failing case can be run again.

export function randomFrom(seed) {
  let a = seed >>> 0;
  const next = () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return { next, int: (low, high) => low + Math.floor(next() * (high - low + 1)) };
}

/** `body(random, seed)` for many seeds; a failure names its seed. */
export function forSeeds(count, body) {
  for (let seed = 1; seed <= count; seed += 1) {
    try {
      body(randomFrom(seed), seed);
    } catch (error) {
      error.message = `seed ${seed}: ${error.message}`;
      throw error;
    }
  }
}

/** Speech-like int16: a few tones whose loudness wanders, never zero for long. */
export function speech(length, random, rate = 24000) {
  const tones = Array.from({ length: 4 }, () => ({ hz: 100 + 2500 * random.next(), at: 6.28 * random.next() }));
  return Int16Array.from({ length }, (_, k) =>
    Math.round(tones.reduce((sum, { hz, at }) => sum + 5000 * Math.sin((2 * Math.PI * hz * k) / rate + at), 0)),
  );
}
