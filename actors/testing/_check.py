"""The invariants I1 to I10, checked on a trace.

The judges are the simulated client's ear and the fake voice's own record. Of the code under test only the values that
it passes around and the chart's table are imported here, nothing that computes what was heard.
"""

from __future__ import annotations

from actors.testing._check_course import check_actors, check_answers, check_bounds, check_chart, check_end
from actors.testing._check_said import check_said
from actors.testing._check_sound import check_orders, check_samples, check_sending, check_stopping
from actors.testing._check_trial import check_stale, check_trial
from actors.testing._check_words import check_heard
from actors.testing._check_work import check_announced, check_effects, check_recorded
from actors.testing._heard import Sounds
from actors.testing._trace import Trace
from actors.testing._violation import Violation

__all__ = ["check"]

_ANSWER_WITHIN_S = 22.0  # the longest waits of a simulated call, one after the other


def check(trace: Trace) -> list[Violation]:
    """All that is wrong with this call, the earliest first; empty where every invariant holds."""
    if trace.hung or trace.error is not None:
        return list(check_end(trace))
    sounds = Sounds(trace)
    found = [
        *check_sending(trace),
        *check_orders(trace),
        *check_stopping(trace),
        *check_samples(trace, sounds),
        *check_heard(trace, sounds),
        *check_effects(trace),
        *check_recorded(trace),
        *check_announced(trace, sounds),
        *check_answers(trace, sounds, within=_ANSWER_WITHIN_S),
        *check_chart(trace),
        *check_actors(trace),
        *check_bounds(trace, sounds),
        *check_trial(trace, sounds),
        *check_stale(trace),
        *check_end(trace),
        *check_said(trace),
    ]
    return sorted(found, key=lambda violation: violation.at)
