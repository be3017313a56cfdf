import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statechart._backchannels import is_backchannel, may_become_backchannel
from statechart._overlap import Overlap, OverlapLimits, Verdict, is_echo, judge
from statechart._words import words

CUT, RESUME, UNDECIDED = Verdict.CUT, Verdict.RESUME, Verdict.UNDECIDED
LIMITS = OverlapLimits()
SAID = "Doctor Chen is free on Tuesday at nine in the morning, and on Thursday at two."
ASKED = SAID + " Which would you like?"

BACKCHANNELS = [
    *(
        "Uh-huh.",
        "Mm-hmm.",
        "mmmmm",
        "Mhm",
        "Okay.",
        "Right, right.",
        "Yeah, I see.",
        "Got it.",
        "Oh, okay.",
        "Hahaha!",
    ),
    *(
        "(laughs)",
        "Hmmm.",
        "Um",
        "Yeah yeah yeah",
        "Sure.",
        "Alright.",
        "That makes sense.",
        "Oh really?",
        "I know.",
        "Yes.",
    ),
]
MEANT = [
    *(
        "Wait.",
        "Stop!",
        "No.",
        "What?",
        "Hold on, please.",
        "Actually, Wednesday",
        "Okay, but can I come later?",
        "Sorry?",
    ),
    *("How much is it?", "I need another day.", "Hello?", "Yeah but no", "Excuse me.", "Wednesday morning"),
]

overlaps = st.builds(
    Overlap,
    voiced_ms=st.integers(0, 3000),
    still_voiced=st.booleans(),
    text=st.one_of(st.sampled_from([*BACKCHANNELS, *MEANT, "", "Tuesday", "you"]), st.text(max_size=20)),
    final=st.booleans(),
    agent_said=st.sampled_from(["", SAID, ASKED]),
    meant=st.none() | st.floats(0, 1),
    elapsed_ms=st.integers(0, 2000),
    unheard_ms=st.none() | st.integers(0, 5000),
)


def overlap(text="", *, voiced_ms=300, still_voiced=False, final=True, agent_said=SAID, **rest):
    return Overlap(
        voiced_ms=voiced_ms, still_voiced=still_voiced, text=text, final=final, agent_said=agent_said, **rest
    )


@given(overlaps, st.integers(1, 1500))
def test_once_due_it_is_decided(case, decide_ms):
    limits = OverlapLimits(decide_ms=decide_ms)
    verdict = judge(case, limits)
    assert verdict is not UNDECIDED or case.elapsed_ms < decide_ms
    assert judge(attrs.evolve(case, elapsed_ms=decide_ms), limits) is not UNDECIDED


@given(overlaps)
def test_time_alone_never_changes_a_decision(case):
    verdict = judge(case, LIMITS)
    if verdict is not UNDECIDED:
        assert judge(attrs.evolve(case, elapsed_ms=case.elapsed_ms + 1000), LIMITS) is verdict


@given(overlaps)
def test_a_settled_transcript_is_decided_at_once(case):
    assert judge(attrs.evolve(case, final=True, still_voiced=False), LIMITS) is not UNDECIDED


@pytest.mark.parametrize("text", BACKCHANNELS)
def test_backchannels_let_the_agent_go_on(text):
    assert judge(overlap(text), LIMITS) is RESUME
    assert judge(overlap(text, still_voiced=True, final=False), LIMITS) is UNDECIDED


@pytest.mark.parametrize("text", MEANT)
def test_words_meant_for_the_agent_cut(text):
    assert judge(overlap(text), LIMITS) is CUT
    assert judge(overlap(text, still_voiced=True, final=False), LIMITS) is CUT


@pytest.mark.parametrize("text", ["Okay.", "Yes.", "Uh-huh.", "Oh, sure.", "Right."])
def test_a_backchannel_after_a_question_is_an_answer(text):
    assert judge(overlap(text, agent_said=ASKED), LIMITS) is CUT
    assert judge(overlap(text, agent_said=ASKED + '"  '), LIMITS) is CUT


@pytest.mark.parametrize("text", ["Hmm.", "Um", "haha", "Oh.", "I see."])
def test_hesitation_and_laughter_answer_nothing(text):
    assert judge(overlap(text, agent_said=ASKED), LIMITS) is RESUME


@pytest.mark.parametrize("text", ["", "...", "[BLANK_AUDIO]", "You", "the"])
def test_silence_without_a_word_resumes(text):
    assert judge(overlap(text), LIMITS) is RESUME
    assert judge(overlap(text, still_voiced=True), LIMITS) is UNDECIDED
    assert judge(overlap(text, final=False), LIMITS) is UNDECIDED


def test_a_click_is_a_noise_before_any_transcript():
    assert judge(overlap(voiced_ms=119, final=False), LIMITS) is RESUME
    assert judge(overlap(voiced_ms=120, final=False), LIMITS) is UNDECIDED


def test_a_short_partial_may_become_anything():
    case = overlap("Wednesday", final=False, still_voiced=True)
    assert judge(case, LIMITS) is UNDECIDED
    assert judge(attrs.evolve(case, final=True), LIMITS) is CUT
    assert judge(attrs.evolve(case, text="Wednesday would"), LIMITS) is CUT
    assert judge(attrs.evolve(case, elapsed_ms=600, still_voiced=False), LIMITS) is CUT


@pytest.mark.parametrize(("still_voiced", "verdict"), [(True, CUT), (False, RESUME)])
def test_without_a_word_for_too_long_the_voice_decides(still_voiced, verdict):
    case = overlap("", final=False, still_voiced=still_voiced)
    assert judge(attrs.evolve(case, elapsed_ms=599), LIMITS) is UNDECIDED
    assert judge(attrs.evolve(case, elapsed_ms=600), LIMITS) is verdict


@pytest.mark.parametrize("still_voiced", [True, False])
@pytest.mark.parametrize("text", ["Okay", "Sounds", "Oh, that's", "That sounds", "Makes"])
def test_what_is_a_backchannel_so_far_lets_the_agent_go_on_once_due(text, still_voiced):
    case = overlap(text, final=False, still_voiced=still_voiced)
    assert judge(attrs.evolve(case, elapsed_ms=599), LIMITS) is UNDECIDED
    assert judge(attrs.evolve(case, elapsed_ms=600), LIMITS) is RESUME


@pytest.mark.parametrize(
    "text", ["I", "That's", "It's", "Oh, Wednesday", "Sounds wrong", "That's late", "That's what I need"]
)
def test_what_may_begin_anything_is_no_beginning_of_a_backchannel(text):
    assert not may_become_backchannel(words(text))


@pytest.mark.parametrize(
    "text", ["Sound is good", "A beautiful", "Marvelus", "That's beautifull", "Oh, that's what I though"]
)
def test_a_slip_of_the_transcriber_does_not_make_a_backchannel_an_interruption(text):
    assert judge(overlap(text, voiced_ms=800), LIMITS) is RESUME


@pytest.mark.parametrize("text", ["This is the first time I've ever seen", "Mayonnaise", "Up to your own"])
def test_nobody_says_so_much_in_so_little_voice(text):
    assert judge(overlap(text, voiced_ms=100), LIMITS) is RESUME
    assert judge(overlap(text, voiced_ms=800), LIMITS) is CUT


def test_a_command_or_an_answer_may_be_as_short_as_it_likes():
    assert judge(overlap("Stop it.", voiced_ms=32), LIMITS) is CUT
    assert judge(overlap("Absolutely.", voiced_ms=32, agent_said=ASKED), LIMITS) is CUT


@pytest.mark.parametrize(
    ("since", "verdict"), [("", CUT), (" It", CUT), (" It would be", CUT), (" It would be at nine", RESUME)]
)
def test_an_answer_comes_soon_after_the_question(since, verdict):
    assert judge(overlap("Okay.", agent_said=ASKED + since), LIMITS) is verdict


@pytest.mark.parametrize(("unheard_ms", "verdict"), [(0, CUT), (299, CUT), (300, RESUME), (None, RESUME)])
def test_with_the_reply_all_but_heard_it_is_an_answer(unheard_ms, verdict):
    assert judge(overlap("Okay.", unheard_ms=unheard_ms), LIMITS) is verdict


@pytest.mark.parametrize(
    "text",
    ["Chen is free on Tuesday", "free on Tuesday at nein", "on thursday, at two", "Doctor Chan is freeon", "Thursday"],
)
def test_the_agents_own_words_are_echo(text):
    assert judge(overlap(text), LIMITS) is RESUME
    assert judge(overlap(text, unheard_ms=100), LIMITS) is RESUME
    assert judge(overlap(text, final=False, still_voiced=True), LIMITS) is UNDECIDED
    assert judge(overlap(text, final=False, still_voiced=True, elapsed_ms=600), LIMITS) is RESUME


@pytest.mark.parametrize("text", ["at", "", "stop", "free at two on Friday", "Tuesday would be better"])
def test_what_only_resembles_the_agents_words_is_no_echo(text):
    assert not is_echo(words(text), SAID)


@pytest.mark.parametrize("text", ["What is free on Tuesday?", "No, on Thursday.", "Wait, on Thursday at two?"])
def test_the_agents_words_behind_a_command_or_question_word_of_the_callers_are_the_callers(text):
    assert judge(overlap(text), LIMITS) is CUT


def test_a_command_that_the_agent_has_just_said_is_a_command_when_alone():
    said = "Please wait for ten minutes. What else would you like?"
    assert judge(overlap("Wait.", agent_said=said), LIMITS) is CUT
    assert judge(overlap("wait for ten minutes", agent_said=said), LIMITS) is RESUME
    assert judge(overlap("what", agent_said=said, final=False, still_voiced=True), LIMITS) is UNDECIDED


def begun(text="", **rest):
    return overlap(text, still_voiced=True, final=False, **rest)


@pytest.mark.parametrize("text", ["", "Okay.", "It's a bit of a"])
def test_a_sound_that_is_surely_not_meant_is_let_pass_at_once(text):
    assert judge(begun(text, meant=0.01), LIMITS) is RESUME
    assert judge(overlap(text, meant=0.01), LIMITS) is RESUME


def test_words_are_let_pass_below_a_limit_of_their_own():
    between = (LIMITS.unmeant + LIMITS.unmeant_words) / 2
    assert judge(begun("It's a bit of a", meant=between), LIMITS) is RESUME
    assert judge(begun("", meant=between), LIMITS) is UNDECIDED
    assert judge(begun("It's a bit of a", meant=0.5), LIMITS) is CUT
    assert judge(overlap("It's a bit of a", meant=LIMITS.unmeant_words), LIMITS) is CUT


def test_words_less_likely_meant_than_not_may_go_on_until_it_is_due():
    assert judge(begun("It's a bit of a", meant=0.4), LIMITS) is UNDECIDED
    assert judge(begun("What a bit", meant=0.4), LIMITS) is UNDECIDED
    assert judge(begun("It's a bit of a", meant=0.4, elapsed_ms=600), LIMITS) is CUT
    assert judge(begun("It's a bit of a", meant=0.4, agent_said=ASKED), LIMITS) is CUT


@pytest.mark.parametrize(
    ("text", "meant", "verdict"),
    [
        ("No kidding", 0.05, RESUME),
        ("What a day", 0.05, RESUME),
        ("No kidding", 0.5, CUT),
        ("No", 0.05, CUT),
        ("What", 0.05, CUT),
        ("Wait for it", 0.05, CUT),
    ],
)
def test_idioms_may_begin_as_questions_do(text, meant, verdict):
    assert judge(begun(text, meant=meant), LIMITS) is verdict


def test_no_likelihood_weighs_more_than_a_command_or_an_answer():
    assert judge(begun("Wait", meant=0.0), LIMITS) is CUT
    assert judge(begun("Okay", meant=0.0, agent_said=ASKED), LIMITS) is CUT
    assert judge(begun("", meant=0.0, agent_said=ASKED), LIMITS) is UNDECIDED


@pytest.mark.parametrize(("meant", "verdict"), [(None, CUT), (0.5, CUT), (0.4, RESUME)])
def test_a_long_voice_without_words_is_judged_by_its_sound(meant, verdict):
    assert judge(begun(meant=meant, elapsed_ms=600), LIMITS) is verdict


@given(st.lists(st.sampled_from(BACKCHANNELS), min_size=1, max_size=4))
def test_a_row_of_backchannels_is_one(texts):
    spoken = words(" ".join(texts))
    assert is_backchannel(spoken) or not spoken


@pytest.mark.parametrize(
    "wrong",
    [
        {"decide_ms": 0},
        {"tail_ms": 0},
        {"noise_ms": 0},
        {"letter_ms": 0},
        {"unmeant": -0.1},
        {"echo_likeness": 0.0},
        {"echo_likeness": 1.1},
    ],
)
def test_senseless_limits_are_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        OverlapLimits(**wrong)
