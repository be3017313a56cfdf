"""Jobs that do not exist: functions put together from verbs, things and parameters at random.

Fifteen domains can be learnt by heart; these cannot, so that what remains is reading the prompt's list and copying what
the caller said. They are also short: a call costs fewer tokens of training here than anywhere else.
"""

from __future__ import annotations

from typing import Any, Final

from bench.training._domains import Domain, read_domain
from bench.training._grammar import Draw

__all__ = ["made_up_domain"]

#: what the function's name may begin with, and how callers ask for it
_VERBS: Final = (
    ("register|add|record|log", "{register|add|record|log|note down|put in}"),
    ("request|order|ask_for", "{request|order|I need|I'd like|can I have|get me}"),
    ("find|look_up|get|show", "{find|look up|check|show me|tell me about|what do you have on}"),
    ("cancel|remove|delete|drop", "{cancel|remove|delete|drop|get rid of|call off}"),
    ("move|change|update|reschedule", "{move|change|update|shift}"),
    ("report|file|submit", "{report|I want to report|file|submit}"),
    ("send|forward|deliver", "{send|forward|deliver|can you send}"),
    ("confirm|approve|accept", "{confirm|approve|accept|okay}"),
    ("reserve|book|hold", "{reserve|book|hold|keep|I'd like to reserve}"),
    ("start|open|begin", "{start|open|begin|set up}"),
)
_THINGS: Final = (
    *("survey", "course", "inspection", "meeting", "package", "permit", "invoice", "lesson", "delivery", "tour"),
    *("interview", "donation", "visit", "shift", "boat", "badge", "membership", "exam", "photo session", "concert"),
    *(
        "sample",
        "contract",
        "parking space",
        "desk",
        "claim",
        "loan",
        "subscription",
        "trip",
        "translation",
        "petition",
    ),
)
#: kind, names of the parameter, how a caller adds it to a line
_PARTS: Final = (
    ("person", "name|client|person|customer|for_whom|contact", "{for|for|in the name of|under the name} <{}>"),
    ("person", "owner|member|applicant|participant", "{, the owner is|, it belongs to|, on behalf of|, name} <{}>"),
    ("date", "day|date|when|on_date", "{on |}<{}>"),
    ("date_part", "day|date|preferred_day|on", "{on |}<{}>"),
    ("time", "time|at|hour|start", "at <{}>"),
    ("ref", "number|id|reference|case|file_number", "{number|, the number is|, reference|, it's number} <{}>"),
    ("code", "code|tag|label|section", "{code|, code|, the code is|, section} <{}>"),
    ("count", "count|quantity|people|how_many", "{for <{}> people|, <{}> of them|, <{}> in all}"),
    ("city", "place|city|destination|location", "{in|to|near} <{}>"),
    ("address", "address|street|where", "{to|at} <{}>"),
    ("phone", "phone|call_back|phone_number", "{, my phone is|, the phone number is|, call me on} <{}>"),
    ("duration", "length|how_long|period|duration", "for <{}>"),
)
_ROLES: Final = (
    "You answer calls at <place>. Answer in one or two short spoken sentences.",
    "You are the assistant of <place>. Be brief.",
    "You help the callers of <place>. Keep it short.",
)
_PLACES: Final = (
    *("the office", "Brandt and Daughters", "the town hall", "Helio Services", "the north station", "Quarry Lane"),
    *("the club house", "Meridian", "the info line", "Bluebird Ltd.", "the institute", "Atlas Works"),
)


def made_up_domain(draw: Draw) -> Domain:
    """A job with one to four functions."""
    verbs, things = draw.some(_VERBS, draw.number(1, 4)), draw.some(_THINGS, 2)
    actions = [_action(draw, verb, said, draw.one(things)) for verb, said in verbs]
    return read_domain({"place": list(_PLACES), "role": list(_ROLES), "action": actions})


def _action(draw: Draw, verbs: str, said: str, thing: str) -> dict[str, Any]:
    noun = thing.replace(" ", "_")
    tools = [f"{verb}_{noun}" for verb in verbs.split("|")] + [verbs.split("|")[0]]
    chosen: dict[str, tuple[str, str, str]] = {}
    for kind, names, part in draw.some(_PARTS, draw.one((1, 1, 2, 2, 3, 3, 4))):
        free = [name for name in names.split("|") if name not in chosen]
        if not any(kind.startswith(other[0][:4]) for other in chosen.values()):  # "for Friday on Monday" means nothing
            chosen[free[0]] = (kind, "|".join(free), part.replace("{}>", f"{free[0]}>"))
    optional = draw.one(list(chosen)) if len(chosen) > 1 and draw.chance(0.4) else ""
    parameters = [[f"{names}{'?' if name == optional else ''}", kind] for name, (kind, names, _) in chosen.items()]
    parts = {name: part for name, (_, _, part) in chosen.items()}
    lines = [_line(draw, said, thing, list(parts.values())) for _ in range(5)]
    lines += [_line(draw, said, thing, draw.some(list(parts.values()), draw.number(0, len(parts)))) for _ in range(3)]
    result = {"status": draw.one(("ok", "done", "open", "accepted"))}
    if draw.chance(0.6):
        result["number"] = "#ref"
    return {
        "does": f"{verbs.split('|')[0].replace('_', ' ')} a {thing}",
        "tool": tools,
        "params": parameters,
        "lines": lines,
        "result": result,
        "answers": ["Done. The number is <number>."] if "number" in result else [f"The {thing} is {result['status']}."],
        "errors": [f"no such {thing}", f"that {thing} is closed"],
    }


def _line(draw: Draw, said: str, thing: str, parts: list[str]) -> str:
    joint = draw.one((" ", " ", ", "))
    line = f"{said} {draw.one(('a', 'the', 'my', 'a'))} {thing}"
    return f"{line} {joint.join(draw.some(parts, len(parts)))}".replace(" ,", ",").replace(",,", ",")
