"""The paper's measured latencies, ways to put a pipeline together, and what a turn must cost in each at least. Pure.

Source: tables 2 and 3 of the tutorial paper that this project carries out (Deepgram, vLLM or OpenAI, ElevenLabs).
"""

from __future__ import annotations

import attrs

from actors.cloud.servers._faults import Latency
from bench._paced import tokens_of
from statechart import SentenceBuffer

__all__ = ["ANSWER", "MODES", "PROFILES", "Mode", "Profile", "ideal_s", "settling_token", "written_s"]

#: Its first sentence is settled by the fifth token: 136 ms after the first one at the paper's rate; it measured 143.
ANSWER = "Yes, certainly. Doctor Chen is free on Tuesday at ten, and again at half past three. Which one suits you?"


@attrs.frozen
class Profile:
    """Component latencies as published, in seconds. ``from_final``: TTFA counts from the final transcript, as the paper
    counted, not from the last voiced sample. ``paper_ms``: its own figure; ``target_ms``: ours, at P50."""

    name: str
    what: str
    stt: Latency
    ttft: Latency
    token_s: float
    ttfb: Latency
    from_final: bool
    paper_ms: float
    target_ms: float


#: The 95th percentiles are the largest values that the paper saw (of few). Where that was a cold start (vLLM, 4.3 s) it
#: is 400 ms: an assumption. Profile A has single figures only; its transcript's are B's.
PROFILES = {
    "A": Profile(
        "A",
        "the paper's pipeline test",
        Latency(0.337, 0.504),
        Latency(0.296),
        0.143 / 4,  # its 143 ms to the end of a first sentence of five tokens
        Latency(0.316),
        True,
        755,
        520,
    ),
    "B": Profile(
        "B",
        "Deepgram, Qwen2.5-7B under vLLM, ElevenLabs",
        Latency(0.337, 0.504),
        Latency(0.337, 0.400),
        0.034,
        Latency(0.219, 0.226),
        False,
        947,
        900,
    ),
    "C": Profile(
        "C",
        "Deepgram, GPT-4.1-mini, ElevenLabs",
        Latency(0.402, 0.601),
        Latency(0.457, 0.784),
        0.034,
        Latency(0.221, 0.253),
        False,
        958,
        900,
    ),
}


@attrs.frozen
class Mode:
    """``lead_s``: by how much an early signal leads the final transcript; ``whole``: the model's whole answer is waited
    for before any of it is spoken."""

    name: str
    lead_s: float = 0.0
    whole: bool = False


MODES = (
    Mode("sequential", whole=True),
    Mode("streamed"),
    Mode("early signal, 100 ms", 0.1),
    Mode("early signal, 250 ms", 0.25),
)


def settling_token(mode: Mode) -> int:
    """The number of the token (from 0) that settles the answer's first sentence; the last one's where the whole answer
    is waited for."""
    tokens = tokens_of(ANSWER)
    if mode.whole:
        return len(tokens) - 1
    buffer = SentenceBuffer()
    return next((i for i, token in enumerate(tokens) if buffer.feed(token)), len(tokens) - 1)


def written_s(profile: Profile, mode: Mode) -> float:
    """From the model's first token to the one that settles what is spoken first, in seconds."""
    return settling_token(mode) * profile.token_s


def ideal_s(profile: Profile, mode: Mode, stt: float, ttft: float, ttfb: float) -> float:
    """From the last voiced sample to the answer where nothing but the components costs time; seconds. The answer begins
    with the transcript, or with the early signal; it is heard when the turn is over for sure."""
    begun = max(0.0, stt - mode.lead_s)
    return max(stt, begun + ttft + written_s(profile, mode) + ttfb)
