"""Calls in which the simulation found something wrong once, as plain as they get. Each shows that it is not so now."""

from __future__ import annotations

import attrs
import pytest

from actors.testing import Act, Fault, Network, Pace, Script, Talk, as_code, check, simulate

FOUND = {
    "a side effect of a turn cut before its first sound is in the history": Script(
        acts=(
            Act("say", "ended", 0, Talk("Please order one for Baker and book it.")),
            Act("say", "commit", 100, Talk("wait what about Carter?")),
        ),
        pace=Pace(tool_ms=100),
    ),
    "a result that comes after the apology replaces the one before": Script(
        acts=(Act("say", "idle", 0, Talk("Please book it for Carter.")),),
        pace=Pace(tts_ms=400, tool_ms=1800),
        hasty=True,
    ),
    "an apology after a broken-off sentence is in the history": Script(
        acts=(Act("say", "ended", 100, Talk("Could you look for Baker?")), Act("wait", "ended")),
        faults=(Fault("tts", "disconnect", 0, 1, 1),),
    ),
    "words spoken after typed ones are not stale": Script(
        acts=(
            Act("type", "ended", 100, Talk("Please book it for Carter.")),
            Act("say", "commit", 0, Talk("no stop please for Mason.")),
        ),
    ),
    "of two side effects the second is told of although the first one's words were cut": Script(
        acts=(
            Act("say", "speaking", 0, Talk("Please order one for Miller and book it.")),
            Act("say", "processing", 2000, Talk("Please note it for Jones.")),
        ),
        pace=Pace(tool_ms=700),
    ),
    "an outcome is told of although the words heard were about another function": Script(
        acts=(
            Act("type", "ended", 0, Talk("Please look and order for Miller.")),
            Act("say", "speaking", 1500, Talk("wait what about Jones?")),
        ),
    ),
    "a client that had no time to report is not taken to have played": Script(
        asides=(Act("lose", "processing", ms=300),), network=Network(jitter_ms=20)
    ),
    "a filler stands where it was spoken": Script(
        acts=(
            Act("say", "ended", 0, Talk("There is nothing for Baker.")),
            Act("say", "ending", 0, Talk("what is it?")),
        ),
        pace=Pace(llm_ms=500, tts_ms=400, token_ms=30),
    ),
    "a new segment does not begin with the words of the one before": Script(
        acts=(
            Act("say", "speaking", 200, Talk("Please order one for Miller and book it.")),
            Act("say", "commit", 0, Talk("actually I meant Jones you see")),
            Act("say", "speaking", 100, Talk("", "noise", 200)),
        ),
        network=Network(delay_ms=90),
        pace=Pace(tick_ms=40),
        hasty=True,
    ),
    "a hold ends in a flush, also where all had been heard when it came and the reply ended meanwhile": Script(
        acts=(
            Act("type", "ended", 100, Talk("Please take a breath for Cooper.")),
            Act("stall", "drying", ms=210),
            Act("say", talk=Talk("stop")),
            Act("wait", after_ms=2500),
        ),
    ),
}


@pytest.mark.parametrize("what", FOUND)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_is_so(what, seed):
    script = attrs.evolve(FOUND[what], seed=seed)
    assert [str(violation) for violation in check(simulate(script))] == [], as_code(script)
