"""Arguments of function calls that nobody said, left out: a small model fills a gap with somebody's name. Pure.

The adapter is trained to give arguments in the words of the conversation. Where 135 million parameters do not know one,
they sometimes make one up ("May 10, 2015" before the caller was asked). Such an argument is dropped: an optional one is
not missed, and for a needed one the caller can be asked. After :mod:`actors.local._copying`, which mends what was said
and only copied badly.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import attrs

from actors.local._arguments import arguments_of, listed, schema_of
from actors.local._known import Known
from actors.ports import LlmMessage, LlmToolCall, ToolSpec

__all__ = ["grounded", "lacking"]


def grounded(call: LlmToolCall, messages: Sequence[LlmMessage], tools: Sequence[ToolSpec] = ()) -> LlmToolCall:
    """``call`` without those text arguments that stand nowhere in ``messages``, nor nearly, nor in other figures.

    Arguments that are not text, and those that take one of a fixed list, stay; so does a call that is not JSON.
    """
    arguments = arguments_of(call)
    if arguments is None:
        return call
    fixed = listed(call.name, tools)
    free = {name: value for name, value in arguments.items() if isinstance(value, str) and name not in fixed}
    known = Known.of(messages)
    unsaid = {name for name, value in free.items() if not known.holds_nearly(value)}
    if not unsaid:
        return call
    kept = {name: value for name, value in arguments.items() if name not in unsaid}
    return attrs.evolve(call, arguments=json.dumps(kept, ensure_ascii=False))


def lacking(call: LlmToolCall, tools: Sequence[ToolSpec]) -> list[str]:
    """The parameters that the function needs and ``call`` does not give. None where the function is unknown or the
    arguments are no JSON object: there is more wrong, and the toolbox says what."""
    given = arguments_of(call)
    if given is None:
        return []
    return [name for name in schema_of(call.name, tools).get("required", ()) if name not in given]
