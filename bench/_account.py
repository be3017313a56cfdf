"""What a turn of the paper's pipeline took, and who took it: the services, the pieces of audio, or our own code. Pure.

The services note at *their* end of each socket when a request had come in and when each piece of the answer was handed
to the socket. So what they took is known for each turn, their lateness included, and everything else is ours: our own
code, the sockets' way through the kernel, and waiting for a core that the bench's other work holds.

    ours = TTFA - framing - max(F, B + T + W + V)

framing  from the last voiced sample to the one that fills its piece of 80 ms, both as the caller hands them over: audio
         goes to the recogniser in pieces, as it advises
F        from that piece's coming in at the recogniser to the final transcript's going out
B        the same to what the answer began with: the early signal, or F where there was none
T, W     from the request's coming in at the model to the first token's going out; from there to the token that settles
         the first sentence (to the end, where the whole answer is waited for)
V        from the sentence's coming in at the voice to its first audio's going out

The larger one of two ways counts, as an answer begun early is heard only when the turn is over for sure. What of our
work falls into time that had to be waited anyway is hidden there, and costs the caller nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

__all__ = ["HOPS", "PARTS", "Account", "Observed", "Piece", "account"]

#: Where the time of a turn goes; in each turn they add up to its TTFA.
PARTS = ("framing", "transcript", "first token", "first sentence", "voice", "held until sure", "our own code")

#: Our own code's work by place: the audio to the recogniser; its signal to the request for an answer; the token that
#: settles the first sentence to the request for its sound; the sound, or the turn's sure end, to the caller.
HOPS = ("audio out", "request", "sentence", "sound out")


@attrs.frozen
class Piece:
    """A piece of a service's work, seconds: when it was asked for, and when each part of it went out."""

    asked: float
    given: tuple[float, ...]


@attrs.frozen(kw_only=True)
class Observed:
    """What the services saw of one utterance; times in seconds on one clock.

    ``stt_s``, ``ttft_s``, ``ttfb_s``: what they were told to take. ``ended``: the piece of audio with the last voiced
    sample came in, with ``beyond`` more samples behind that one. ``eager`` and ``final``: the early signal for the end,
    the final transcript. None: never.
    """

    stt_s: float
    ttft_s: float
    ttfb_s: float
    ended: float | None = None
    beyond: int = 0
    eager: float | None = None
    final: float | None = None
    answers: tuple[Piece, ...] = ()
    sentences: tuple[Piece, ...] = ()


@attrs.frozen(kw_only=True)
class Account:
    """``parts`` and ``hops``: see :data:`PARTS` and :data:`HOPS`, milliseconds; what was hidden by waiting is in the
    hops, too. ``from_final_ms``: TTFA from the final transcript's going out on. ``services_ms``: what the services took
    in all, on the way that counts."""

    parts: tuple[float, ...]
    hops: tuple[float, ...]
    from_final_ms: float
    services_ms: float

    @property
    def ours_ms(self) -> float:
        return self.parts[-1]


def account(observed: Observed, *, settles: int, arrival: float, filled: float, sent: float) -> Account | None:
    """``settles``: which part of the model's answer settles what is spoken first. ``arrival``, ``filled``: when the
    caller handed over the last voiced sample, and the one that filled its piece; ``sent``: when the answer came back.

    None where the services did not see a whole turn.
    """
    ended, final = observed.ended, observed.final
    answer = _latest(observed.answers, before=sent)
    if ended is None or final is None or answer is None or not answer.given:
        return None
    sentence = next((s for s in observed.sentences if s.asked >= answer.asked and s.given), None)
    if sentence is None:
        return None
    signal = observed.eager if observed.eager is not None and answer.asked < final else final
    transcript, begun = final - ended, signal - ended
    token = answer.given[0] - answer.asked
    settled = answer.given[min(settles, len(answer.given) - 1)]
    written = settled - answer.given[0]
    voice = sentence.given[0] - sentence.asked
    framing = filled - arrival
    way = begun + token + written + voice
    services = max(transcript, way)
    ours = sent - arrival - framing - services
    seconds = (framing, begun, token, written, voice, services - way, ours)
    hops = (
        ended - filled,
        answer.asked - signal,
        sentence.asked - settled,
        sent - max(sentence.given[0], final),
    )
    return Account(
        parts=tuple(second * 1000 for second in seconds),
        hops=tuple(hop * 1000 for hop in hops),
        from_final_ms=(sent - final) * 1000,
        services_ms=services * 1000,
    )


def _latest(pieces: Sequence[Piece], *, before: float) -> Piece | None:
    return next((piece for piece in reversed(pieces) if piece.asked < before), None)
