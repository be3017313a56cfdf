// A polyphase low-pass for changing the sample rate by a rational factor.
//
// Theory. Output sample n lies at source position n * from / to. With g = gcd(from, to) that is n * step / phases where
// step = from / g and phases = to / g, so every position is an integer index plus one of `phases` fractions and no
// rounding ever accumulates. For each fraction one row of a Kaiser-windowed sinc is tabled. The cut-off sits below half
// of the *lower* rate: going down this prevents aliases, going up it removes images.

const STOPBAND_DB = 80;

const gcd = (a, b) => (b ? gcd(b, a % b) : a);

/** Modified Bessel function of the first kind, order 0. */
function bessel0(x) {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/**
 * The filter for `from` Hz -> `to` Hz. `zeros`: zero crossings of the sinc on each side, at the lower rate.
 *
 * Returns {step, phases, half, taps, table}. The output at integer index i and phase f is the sum over j of
 * table[f * taps + j] * source[i - half + 1 + j]. Every row sums to one, so a constant stays exactly that constant.
 */
export function polyphase(from, to, zeros) {
  if (!Number.isInteger(from) || !Number.isInteger(to) || from <= 0 || to <= 0) {
    throw new RangeError(`sample rates must be positive whole numbers: ${from}, ${to}`);
  }
  const common = gcd(from, to);
  const step = from / common;
  const phases = to / common;
  const beta = 0.1102 * (STOPBAND_DB - 8.7);
  const transition = (STOPBAND_DB - 7.95) / (14.36 * 2 * zeros);
  const scale = Math.min(1, to / from);
  // Half of the transition band may reach past half of the lower rate: speech has next to nothing there.
  const cutoff = (1 - transition / 2) * scale;
  const half = Math.ceil(zeros / scale);
  const taps = 2 * half;
  const table = new Float32Array(phases * taps);
  for (let phase = 0; phase < phases; phase += 1) {
    let sum = 0;
    const row = phase * taps;
    for (let j = 0; j < taps; j += 1) {
      const t = j - half + 1 - phase / phases;
      const edge = t / half;
      const window = Math.abs(edge) < 1 ? bessel0(beta * Math.sqrt(1 - edge * edge)) : 0;
      const sinc = t === 0 ? cutoff : Math.sin(Math.PI * cutoff * t) / (Math.PI * t);
      table[row + j] = window * sinc;
      sum += table[row + j];
    }
    for (let j = 0; j < taps; j += 1) table[row + j] /= sum;
  }
  return { step, phases, half, taps, table };
}
