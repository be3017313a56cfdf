"""The words that the rules decide by."""

from __future__ import annotations

import pytest

from statechart import vocabulary


@pytest.mark.parametrize("word", ["wait", "uh", "goodbye", "don't", "i'd", "seven", "march", "tuesday", "dot", "spell"])
def test_holds_what_the_rules_look_for(word):
    assert word in vocabulary()


@pytest.mark.parametrize("word", ["miller", "chen", "knee", "hepatitis", "pregnant", "b", "w", "lisa"])
def test_holds_nothing_that_calls_are_about(word):
    assert word not in vocabulary()
