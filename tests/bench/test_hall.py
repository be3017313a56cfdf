"""When a bench's caller begins to talk over an answer."""

from __future__ import annotations

import pytest

from actors.line import AgentSpeaking
from bench._caller import Came
from bench._hall import is_answering

FILLERS = (b"let me see", b"one moment")


def audio(turn, pcm):
    return Came(0.0, None, turn, pcm)


@pytest.mark.parametrize(
    ("came", "expected"),
    [
        ([], False),
        ([audio(4, b"the doctor is")], True),
        ([audio(4, b"one mo")], False),
        ([audio(4, b"one moment")], False),
        ([audio(4, b"one mo"), audio(4, b"ment the doctor is")], True),
        ([audio(4, b"the doctor is"), Came(0.0, AgentSpeaking(4))], False),
        ([audio(3, b"what was under way of the old answer")], False),
        ([audio(3, b"the old answer"), audio(4, b"let me see")], False),
    ],
)
def test_an_answer_is_one_to_the_question_just_asked(came, expected):
    assert is_answering(came, 3, FILLERS) is expected
