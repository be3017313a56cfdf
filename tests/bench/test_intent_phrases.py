"""What the judge of words is fitted to: nothing that is held out, and enough that differs."""

import pytest

from bench._overlap_cases import load_overlaps
from bench.intent._phrases import FAMILIES, spoken_phrases, taught
from bench.intent._sounds import scripts
from statechart import words

_PLAIN = ("core", "answer", "people")  # what every caller says


@pytest.fixture(scope="module")
def families():
    return spoken_phrases(0, 20)


def _untaught(*parts):
    return {words(case.text) for case in load_overlaps() if case.part in parts and case.kind not in _PLAIN} - {()}


def test_no_phrase_of_a_part_that_judges_it_is_in_the_fitting(families):
    # Counted, never shown: nobody is to look at them.
    said = {line for lines in families.values() for line, _ in lines}
    for parts in (("held_out", "held_out_lifelike"), ("lifelike",)):
        own = _untaught(*parts)
        assert len(own) > 40
        assert len(own & said) == 0


def test_none_is_spoken_in_the_examples_either():
    said = {words(each.text) for each in scripts({"backchannel": 300, "meant": 300}, 5, with_development=True)}
    assert len(said & _untaught("held_out", "held_out_lifelike", "lifelike")) == 0


def test_what_was_heard_is_passed_through_the_same_sieve():
    held_out = min(_untaught("held_out"))
    assert taught([(held_out, 0), (("quite", "so"), 0), ((), 1), (("quite", "so"), 0)]) == [(("quite", "so"), 0)]


def test_there_are_many_families_and_no_phrase_is_of_both_kinds(families):
    kinds = ("backchannel", "meant")
    assert all(len(FAMILIES[kind]) >= 20 for kind in kinds)
    listed = {kind: {words(each) for said in FAMILIES[kind].values() for each in said} for kind in kinds}
    assert len(listed["backchannel"]) > 1500
    assert len(listed["meant"]) > 1500
    assert listed["backchannel"] & listed["meant"] == set()


def test_braces_are_closed():
    entries = [each for by_name in FAMILIES.values() for said in by_name.values() for each in said]
    assert not [each for each in entries if each.count("{") != each.count("}")]
