"""A call as a regression test."""

from __future__ import annotations

from actors.journal._lines import Refused, Set, Took, encode_line
from actors.journal._read import Journalled

__all__ = ["as_test"]

_FORM = '''"""{title}

Written by ``bargein replay --test``: the events of the call go through the chart again, and the same effects have to
come out. Where the call shows a mistake, correct the lines to what should have happened.
"""
# ruff: noqa: E501

from __future__ import annotations

from actors.journal import parse, replay

JOURNAL = r\'\'\'
{lines}
\'\'\'


def test_the_call_goes_this_way():
    found = replay(parse(JOURNAL.lstrip().encode()))
    assert found.difference is None
    assert found.verified == {verified}
'''


def as_test(journal: Journalled) -> str:
    """A pytest module that replays what the chart took and gave in this call. It stands by itself."""
    head = journal.head
    kept = [line for _, line in journal.lines if isinstance(line, Took | Refused | Set)]
    verified = sum(not (isinstance(line, Set) or (isinstance(line, Took) and line.differs)) for line in kept)
    lines = b"".join(map(encode_line, [head, *kept])).decode().rstrip("\n")
    return _FORM.format(
        title=f"Call {head.call} ({head.agent}, {head.began}) as it went.".replace('"', "'"),
        lines=lines.replace("'''", r"\u0027\u0027\u0027"),
        verified=verified,
    )
