"""What a turn of the paper's pipeline must cost at least, and how its figures are told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench._account import HOPS, PARTS, Observed, Piece, account
from bench._paced import tokens_of
from bench._pipeline_report import Measured, report
from bench._profiles import ANSWER, MODES, PROFILES, Mode, ideal_s, written_s

SEQUENTIAL, STREAMED, *EARLY = MODES
B = PROFILES["B"]
seconds = st.floats(0.01, 2.0)


def test_the_answer_is_what_its_tokens_say() -> None:
    assert "".join(tokens_of(ANSWER)) == ANSWER


def test_the_first_sentence_takes_what_the_paper_measured() -> None:
    assert written_s(PROFILES["A"], STREAMED) == pytest.approx(0.143)
    assert written_s(B, STREAMED) == pytest.approx(4 * 0.034)


def test_streaming_adds_up() -> None:
    assert ideal_s(B, STREAMED, 0.337, 0.337, 0.219) == pytest.approx(0.337 + 0.337 + 0.136 + 0.219)
    assert ideal_s(B, Mode("early", 0.25), 0.337, 0.337, 0.219) == pytest.approx(0.337 + 0.337 + 0.136 + 0.219 - 0.25)


@given(seconds, seconds, seconds)
def test_starting_early_never_costs_and_never_speaks_before_the_end_is_sure(
    stt: float, ttft: float, ttfb: float
) -> None:
    times = [ideal_s(B, mode, stt, ttft, ttfb) for mode in (SEQUENTIAL, STREAMED, *EARLY)]
    assert times == sorted(times, reverse=True)
    assert times[-1] >= stt


@given(st.lists(seconds, min_size=12, max_size=12), st.booleans())
def test_what_a_turn_took_adds_up_and_what_the_services_took_is_not_ours(times: list[float], early: bool) -> None:
    wait, out, stt, eager, asking, ttft, writing, sentence, ttfb, sending, sure, _ = times
    arrival, filled = 100.0, 100.0 + wait
    ended = filled + out
    final = ended + stt + (eager if early else 0.0)
    signal = ended + stt if early else final
    asked = signal + asking
    settled = asked + ttft + writing
    said = settled + sentence
    sent = max(said + ttfb, final) + sending
    observed = Observed(
        stt_s=stt,
        ttft_s=ttft,
        ttfb_s=ttfb,
        ended=ended,
        eager=signal if early else None,
        final=final,
        answers=(Piece(1.0, (2.0,)), Piece(asked, (asked + ttft, settled)), Piece(sent + sure, ())),
        sentences=(Piece(2.0, (3.0,)), Piece(said, (said + ttfb,))),
    )
    found = account(observed, settles=1, arrival=arrival, filled=filled, sent=sent)
    if early and asked >= final:
        return  # begun by the early signal, but so late that nobody can tell
    assert found is not None
    assert sum(found.parts) == pytest.approx((sent - arrival) * 1000)
    assert found.hops == pytest.approx([hop * 1000 for hop in (out, asking, sentence, sending)])
    assert found.services_ms == pytest.approx(max(final - ended, signal - ended + ttft + writing + ttfb) * 1000)
    # Work of ours that fell into time that had to be waited anyway is hidden; nothing else is.
    hidden = asking + sentence if final >= said + ttfb else 0.0
    assert found.ours_ms <= sum(found.hops) + 1e-6
    if not early or not hidden:
        assert found.ours_ms >= (out + sending) * 1000 - 1e-6
    if not early:
        assert found.ours_ms == pytest.approx(sum(found.hops))


def test_a_turn_that_the_services_did_not_see_whole_has_no_account() -> None:
    unseen = Observed(stt_s=0.3, ttft_s=0.3, ttfb_s=0.2, ended=1.0, final=1.3)
    assert account(unseen, settles=4, arrival=1.0, filled=1.0, sent=3.0) is None


def turn(ttfa_ms: float | None, mode: str = "streamed", *, cut_off: bool = False) -> Measured:
    parts = tuple(1.0 for _ in PARTS) if ttfa_ms is not None else ()
    return Measured(
        profile="B",
        mode=mode,
        text="I need [400] a doctor",
        understood="",
        ttfa_ms=ttfa_ms,
        overhead_ms=None if ttfa_ms is None else 4.0,
        cut_off=cut_off,
        withdrawn=1,
        parts=parts,
        hops=tuple(1.0 for _ in HOPS) if parts else (),
    )


def test_a_report_says_what_missed_and_what_is_slower_than_streaming() -> None:
    text, data = report([turn(850.0), turn(920.0, "early signal, 100 ms"), turn(None, cut_off=True), turn(None)])
    assert data["B streamed"]["p50"] == 850.0
    assert "900: met" in text
    assert "900: +20.0, ABOVE streamed" in text
    assert "Answered before their end: 1 of 4" in text
    assert "Early starts withdrawn: 4" in text
    assert "Without an answer: 1" in text
