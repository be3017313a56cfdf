"""Jobs that do not exist: functions put together from verbs, things and parameters at random.

Domains can be learnt by heart; these cannot, so that what remains is reading the prompt's list and copying what the
caller said. They are also short: a call costs fewer tokens of training here than anywhere else.
"""

from __future__ import annotations

from typing import Any, Final

from bench.training._domains import sentence
from bench.training._grammar import Draw
from bench.training._jobs import Domain, read_domain

__all__ = ["made_up_domain"]

#: what the function's name may begin with, and how callers ask for it; a "?" ends a question
_VERBS: Final = (
    ("register|add|record|log", "{register|add|record|log|note down|put in|I have to register|I'd like to add}"),
    ("request|order|ask_for|apply_for", "{request|order|I need|I'd like|can I have|get me|I'm calling to order}"),
    ("cancel|remove|delete|drop", "{cancel|remove|delete|drop|get rid of|call off|I don't want|please take out}"),
    ("move|change|update|reschedule", "{move|change|update|shift|I have to change|something changed with}"),
    ("report|file|submit", "{report|I want to report|file|submit|I'd like to hand in}"),
    ("send|forward|deliver", "{send|forward|deliver|can you send|have someone bring}"),
    ("confirm|approve|accept", "{confirm|approve|accept|okay|I agree to|I'd like to confirm}"),
    ("reserve|book|hold", "{reserve|book|hold|keep|I'd like to reserve|is it possible to book}"),
    ("start|open|begin|create", "{start|open|begin|set up|I want to begin}"),
    ("extend|prolong|renew", "{extend|prolong|renew|I need more time for|can I keep}"),
    ("pay|settle", "{pay|settle|I want to pay for|can I pay for}"),
    ("assign|give|hand_over", "{assign|give|hand over|pass on}"),
    ("print|copy", "{print|copy|make a copy of|I need a printout of}"),
    ("inspect|repair|service", "{inspect|repair|can someone look at|please fix|there's something wrong with}"),
)
_LOOKS: Final = (
    ("find|look_up|get|show|check", "{find|look up|check|show me|tell me about|what do you have on|I'm asking about}"),
    ("status_of|track|trace", "{where is|what's the status of|how far is|is there news about|what happened to}"),
    ("price_of|cost_of|quote", "{how much is|what's the price of|what do I pay for|what does it cost, I mean}"),
    ("list|search|browse", "{list|search for|is there|do you have|I'm looking for}"),
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
    *("jacket", "locker", "sculpture", "tent", "drone flight", "recipe", "telescope", "choir", "horse", "vaccine"),
    *("beehive", "market stall", "speech", "orchid", "licence", "stage", "crate", "kayak", "portrait", "campfire"),
)
_SYLLABLES: Final = (
    ("bro", "tal", "quin", "ves", "mor", "zel", "dra", "fin", "hol", "pex"),
    ("da", "li", "mo", "ri", ""),
)
_ENDS: Final = ("ter", "nix", "del", "bex", "lum", "rod", "gat", "mine", "va", "tron")
#: kind, names of the parameter, how a caller adds it to a line
_PARTS: Final = (
    ("person", "name|client|person|customer|for_whom|contact", "{for|for|in the name of|under the name} <{}>"),
    ("person", "owner|member|applicant|participant", "{, the owner is|, it belongs to|, on behalf of|, name} <{}>"),
    ("first", "assistant|helper|colleague|partner", "{with|together with|, and I want} <{}>"),
    ("date", "day|date|when|on_date|deadline", "{on |}<{}>"),
    ("date_part", "day|date|preferred_day|on", "{on |}<{}>"),
    ("time", "time|at|hour|start", "at <{}>"),
    ("ref", "number|id|reference|case|file_number", "{number|, the number is|, reference|, it's number} <{}>"),
    ("code", "code|tag|label|section|key", "{code|, code|, the code is|, section} <{}>"),
    ("count", "count|quantity|people|how_many|pieces", "{for <{}> people|, <{}> of them|, <{}> in all}"),
    ("city", "place|city|destination|location", "{in|to|near} <{}>"),
    ("address", "address|street|where", "{to|at} <{}>"),
    ("phone", "phone|call_back|phone_number", "{, my phone is|, the phone number is|, call me on} <{}>"),
    ("duration", "length|how_long|period", "for <{}>"),
    ("color", "color|colour|shade", "{in|, make it|, in} <{}>"),
    ("company", "company|supplier|firm|sponsor", "{from|by|, the company is} <{}>"),
    ("title", "title|subject|theme|called", "{called|named|, the title is|about} <{}>"),
    ("brand", "model|brand|device|type", "{of the type|, model|, it's the} <{}>"),
    ("percent", "percent|share|discount", "{, at|, with|, the share is} <{}>"),
    ("saying", "note|message|remark|comment", "{, note that|, and write down:|, the reason is} <{}>"),
)
_PLACES: Final = (
    *("the office", "Brandt and Daughters", "the town hall", "Helio Services", "the north station", "Quarry Lane"),
    *("the club house", "Meridian", "the info line", "Bluebird Ltd.", "the institute", "Atlas Works"),
    *("the observatory", "Fen and Field", "the harbour office", "Kite House", "Orbit Nine", "the foundation"),
)
_FACTS: Final = (
    ("price|cost|fee", "5..300", "The price is <price> dollars.", "{how much is it|what does it cost}{ again|}?"),
    ("place|where|kept_at", "#code", "It is at <place>.", "where {is it|was that|do I find it}?"),
    ("left|available|free", "0..40", "There are <left> left.", "how many are left?"),
    ("contact|person|handled_by", "#first", "<contact> takes care of it.", "who {takes care of it|does it}?"),
    ("options|choices|found", "[title]", "There are <options>.", "{which|what} are there{ again|}?"),
    ("times|slots|openings", "[time12]", "Possible are <times>.", "{when|at what times} was that?"),
)


def made_up_domain(draw: Draw) -> Domain:
    """A job with one to five functions, some on the same thing."""
    things = draw.some(_THINGS, 2)
    if draw.chance(0.3):
        things[0] = draw.one(_SYLLABLES[0]) + draw.one(_SYLLABLES[1]) + draw.one(_ENDS)
    chosen = [(one, False) for one in draw.some(_VERBS, draw.one((1, 1, 2, 2, 3)))]
    chosen += [(one, True) for one in draw.some(_LOOKS, draw.one((0, 1, 1, 2)))]
    actions = [_action(draw, verb, said, draw.one(things), looks=looks) for (verb, said), looks in chosen]
    return read_domain({"place": list(_PLACES), "action": actions})


def _action(draw: Draw, verbs: str, said: str, thing: str, *, looks: bool) -> dict[str, Any]:
    noun = thing.replace(" ", "_")
    tools = [f"{verb}_{noun}" for verb in verbs.split("|")] + [verbs.split("|")[0], f"{noun}_{verbs.split('|')[0]}"]
    chosen: dict[str, tuple[str, str, str]] = {}
    for kind, names, part in draw.some(_PARTS, draw.one((0, 1, 1, 2, 2, 3, 3, 4))):
        free = [name for name in names.split("|") if name not in chosen]
        if free and not any(kind.startswith(other[0][:4]) for other in chosen.values()):  # not "for Friday on Monday"
            chosen[free[0]] = (kind, "|".join(free), part.replace("{}>", f"{free[0]}>"))
    optional = draw.one(list(chosen)) if len(chosen) > 1 and draw.chance(0.4) else ""
    parameters = [[f"{names}{'?' if name == optional else ''}", kind] for name, (kind, names, _) in chosen.items()]
    parts = [part for _, _, part in chosen.values()]
    lines = [_line(draw, said, thing, parts) for _ in range(5)]
    lines += [_line(draw, said, thing, draw.some(parts, draw.number(0, len(parts)))) for _ in range(4)]
    verb = verbs.split("|")[0].replace("_", " ")
    does = f"look into the {thing}" if looks else f"{verb} {'an' if thing[0] in 'aeiou' else 'a'} {thing}"
    return {"does": does, "tool": tools, "params": parameters, "lines": lines, **_told(draw, thing, looks=looks)}


def _told(draw: Draw, thing: str, *, looks: bool) -> dict[str, Any]:
    """What comes back, what is said of it, and what is asked about it."""
    errors = [f"no such {thing}", f"that {thing} is closed", f"the {thing} is not yours"]
    if looks:
        facts = draw.some(_FACTS, draw.one((1, 1, 2)))
        return {
            "result": {keys: value for keys, value, _, _ in facts},
            "answers": [" ".join(said for _, _, said, _ in facts), facts[0][2]],
            "more": [[question, said] for _, _, said, question in facts],
            "empty": [f"I'm sorry, there is nothing for that {thing}."],
            "errors": errors,
            "looks": True,
        }
    status = draw.one(("ok", "done", "open", "accepted", "waiting", "booked", "in progress"))
    if draw.chance(0.5):
        said = [
            "Done. The number is <reference>.",
            f"The {thing} has number <reference>.",
            "Your number is <reference>.",
        ]
        return {"result": {"status|state": status, "reference|number|id": "#ref"}, "answers": said, "errors": errors}
    said = [f"The {thing} is <status>.", f"{sentence(status)}.", f"Okay, your {thing} is <status>."]
    return {"result": {"status|state": status}, "answers": said, "errors": errors}


_FRAMES: Final = (
    *(
        "<said> <thing> <parts>",
        "<said> <thing> <parts>",
        "<said> <thing> <parts>, {can you do that|is that possible}?",
    ),
    *("it's about <thing>, <said> it <parts>", "<thing>, please, <parts>", "<parts>, <said> <thing>"),
    *("{could you|can you|would you} help me with <thing>? <said> it <parts>", "<said> <thing>. It's <parts>"),
)


def _line(draw: Draw, said: str, thing: str, parts: list[str]) -> str:
    article = draw.one(("the", "my", "the", "our", "an" if thing[0] in "aeiou" else "a"))
    added = draw.one((" ", " ", ", ")).join(draw.some(parts, len(parts)))
    frame = draw.one(_FRAMES if added else ("<said> <thing>", "<said> <thing>", "<thing>, <said> it"))
    line = frame.replace("<said>", said).replace("<thing>", f"{article} {thing}").replace("<parts>", added)
    return line.replace(" ,", ",").replace(",,", ",").replace(", ,", ",").removeprefix(", ")
