"""Holding a small model's calls to the conversation leaves right calls alone: those of the training all are."""

import json
from itertools import islice

import pytest

from actors.local._copying import as_said
from actors.local._grounding import grounded
from actors.ports import LlmMessage, LlmToolCall
from bench.training._corpus import corpus


@pytest.mark.parametrize("seed", [99, 100])
def test_right_calls_stay_as_they_are(seed):
    seen = changed = 0
    for dialogue in islice(corpus(seed), 80):
        known = [LlmMessage("system", dialogue.system)]
        for line in dialogue.lines:
            calls = tuple(LlmToolCall("1", call.name, json.dumps(dict(call.arguments))) for call in line.calls)
            for call in calls if line.learn else ():
                changed += grounded(as_said(call, known), known) != call
                seen += 1
            known.append(LlmMessage(line.role, line.text, calls))
    assert seen > 100
    assert changed <= seen / 100  # two in a thousand: a hesitation between letters or figures ("8, um, o'clock")


@pytest.mark.parametrize(
    "said",
    ["last name O'Dexter, first name Mina", "it's O D E X for x-ray T E R, Mina", "O'Dexter. Mina O'Dexter, thanks"],
)
def test_a_name_told_surname_first_is_one_that_was_said(said):
    call = LlmToolCall("1", "book", json.dumps({"patient": "Mina O'Dexter"}))
    known = [LlmMessage("user", said)]
    assert grounded(as_said(call, known), known) == call
