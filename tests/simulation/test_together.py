"""Fifty simulated callers after the same slot: one booking, and everybody is told the truth."""

from __future__ import annotations

from collections import Counter

import attrs
import pytest

from actors.testing import (
    Act,
    Fault,
    Network,
    Pace,
    Script,
    Talk,
    check_together,
    simulate,
    simulate_together,
)
from actors.testing._diary import Diary
from actors.testing._heard import Sounds
from actors.testing._trace import ToolEnded

CALLERS = 50
ASKED = Act("say", "ended", talk=Talk("Please book it for Miller."))
STOPPED = Act("say", "commit", 100, Talk("wait what about Jones?"))


def callers(seed: int, *faults: Fault, stopped: bool = False) -> list[Script]:
    """Each on a line of their own; with ``stopped`` every other one cuts the agent while it is being booked."""
    return [
        Script(
            acts=(ASKED, STOPPED, Act("wait", "ended")) if stopped and number % 2 else (ASKED, Act("wait", "ended")),
            faults=faults if number % 3 == 0 else (),
            network=Network(delay_ms=(number * 7) % 90, jitter_ms=20),
            pace=Pace(spread=0.3, tool_ms=700),
            seed=1000 * seed + number,
        )
        for number in range(CALLERS)
    ]


def outcomes(traces):
    """How many were booked, refused, or neither (their tool failed and nothing happened)."""
    last = {call: e for call, trace in enumerate(traces) for _, e in trace.log if isinstance(e, ToolEnded)}
    return Counter("booked" if e.number else "refused" if e.refused else "failed" for e in last.values())


@pytest.mark.parametrize(("seed", "stopped"), [(0, False), (1, True)])
def test_fifty_callers_after_one_slot(seed, stopped):
    traces = simulate_together(callers(seed, stopped=stopped), one_diary=True)
    assert [str(violation) for violation in check_together(traces)] == []
    assert outcomes(traces) == {"booked": 1, "refused": CALLERS - 1}
    told = [" ".join(word for sound in Sounds(trace).heard.values() for word in sound.words) for trace in traces]
    assert sum("Zulu1book" in words or "your request went through: book" in words for words in told) == 1


@pytest.mark.parametrize("kind", ["disconnect", "error", "drip", "hang"])
def test_still_one_booking_where_answers_are_lost(kind):
    """Whoever's answer is lost may be the one who was booked: the key tells."""
    traces = simulate_together(callers(1, Fault("tool", kind, 0, 1)), one_diary=True)
    assert [str(violation) for violation in check_together(traces)] == []
    assert outcomes(traces)["booked"] == 1


def test_one_more_than_there_is_is_noticed(monkeypatch):
    """The check bites: records that look first and write later book twice."""

    def enter(self, name, subject, key):
        self._numbers[key] = f"Zulu{len(self._numbers) + 1}{name}"
        return self._numbers[key]

    monkeypatch.setattr(Diary, "enter", enter)
    violations = check_together(simulate_together(callers(1)[:5], one_diary=True))
    assert any("and again in call" in violation.text for violation in violations)


def test_what_belongs_to_another_is_noticed():
    mine, yours = (simulate(attrs.evolve(script, network=Network())) for script in callers(1)[:2])
    entry = next(e for _, e in yours.log if isinstance(e, ToolEnded))
    place = next(i for i, (_, e) in enumerate(yours.log) if e is entry)
    yours.log[place] = yours.log[place][0], attrs.evolve(entry, number="", refused=True)
    violations = check_together([mine, yours])
    assert any("is another's" in violation.text for violation in violations)
