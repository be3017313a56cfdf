# ruff: noqa: RUF001 - full-width marks are meant
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from statechart._sentences import SentenceBuffer

PIECES = st.sampled_from(
    [
        *("Hello", "there", "Dr", "Mr", "p.m", "a.m", "No", "J", "I", "vitamin", "C", "St", "Main", "e.g", "etc", "5"),
        *(
            "3.14",
            "$3.50",
            "www.a.com",
            "bob@x.com",
            "Tuesday",
            "Tu",
            "May",
            "report.pdf",
            "v2.0.1",
            "1",
            "2",
            "appointment",
        ),
        *(
            ".",
            "..",
            "...",
            "…",
            "!",
            "?",
            "?!",
            ",",
            ";",
            ":",
            " - ",
            "—",
            "“",
            "”",
            '"',
            "(",
            ")",
            "**",
            "*",
            "- ",
            "# ",
        ),
        *(
            " ",
            " ",
            " ",
            " ",
            "\n",
            "\n\n",
            "\r\n",
            "\t",
            "😊",
            "👍🏽",
            "您好",
            "医生",
            "。",
            "！",
            "，",
            "¿",
            "¡",
            "」",
        ),
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=60).map("".join), st.text(max_size=80))


def buffers():
    return st.builds(
        SentenceBuffer,
        min_chars=st.integers(1, 15),
        first_clause_chars=st.none() | st.integers(1, 20),
        max_chars=st.integers(21, 60),
    )


def clone(buffer):
    return SentenceBuffer(
        min_chars=buffer.min_chars, first_clause_chars=buffer.first_clause_chars, max_chars=buffer.max_chars
    )


def cut(text, **settings):
    buffer = SentenceBuffer(**settings)
    spans = buffer.feed(text)
    rest = buffer.flush()
    return spans if rest is None else [*spans, rest]


def split(text, cuts):
    edges = [0, *sorted(c % (len(text) + 1) for c in cuts), len(text)]
    return [text[a:b] for a, b in pairwise(edges)]


@given(buffers(), TEXTS, st.lists(st.integers(0, 500), max_size=20))
def test_any_chunking_gives_the_same_spans_and_they_are_the_text(buffer, text, cuts):
    whole, by_char = clone(buffer), clone(buffer)
    spans = whole.feed(text)
    pieces = [span for piece in split(text, cuts) for span in buffer.feed(piece)]
    chars = [span for char in text for span in by_char.feed(char)]
    rest = whole.flush()
    assert pieces == chars == spans
    assert buffer.flush() == by_char.flush() == rest
    assert "".join(spans) + (rest or "") == text
    assert rest != ""
    assert all(0 < len(span) <= whole.max_chars for span in [*spans, rest or "x"])


@given(buffers(), TEXTS)
def test_a_flushed_buffer_is_as_good_as_new(buffer, text):
    fresh = clone(buffer)
    buffer.feed(text)
    buffer.flush()
    assert buffer.flush() is None
    assert buffer.feed(text) == fresh.feed(text)


@given(
    st.lists(st.sampled_from(["Hello there, all of you", "We are open now", "He is in today"]), min_size=1, max_size=5),
    st.sampled_from([". ", "! ", "? ", ".\n", '?"\n']),
)
def test_a_sentence_is_out_with_the_white_space_that_settles_it(sentences, end):
    buffer = SentenceBuffer(first_clause_chars=None)
    for sentence in sentences:
        assert buffer.feed(sentence + end[:-1]) == []
        assert buffer.feed(end[-1]) == [sentence + end]


@given(buffers(), TEXTS)
@example(SentenceBuffer(min_chars=10), "Hi. 1. A" * 3)
def test_spans_but_the_last_and_forced_ones_are_long_enough(buffer, text):
    for number, span in enumerate(clone(buffer).feed(text)):
        clause = number == 0 and buffer.first_clause_chars is not None
        least = min(buffer.min_chars, buffer.first_clause_chars) if clause else buffer.min_chars
        forced = len(text) >= buffer.max_chars
        assert forced or 2 * len(span.strip()) >= least


@pytest.mark.parametrize(
    "spans",
    [
        ["Hello there. ", "How are you? ", "I'm fine!"],
        ["Hi! How can I help you today? ", "Please tell me."],
        # abbreviations, initials, clock, money, numbers
        ["Please see Dr. Chen or Mr. Smith today. ", "He knows."],
        ["My name is John F. Kennedy Jr. of Boston. ", "Hello."],
        ["And so do I. ", "Take vitamin C. ", "Rest a lot."],
        ["He is in at 9 a.m. ", "Please come early."],
        ["He is in at 9 a.m. on Monday. ", "Please come."],
        ["He is in at 4 p.m. Tuesday. ", "Please come."],
        ["He is in at 4 p.m. Tuesdays. ", "Please come."],
        ["He is in at 4 p.m. ", "Then he goes."],
        ["He is in at 4 p.m. ", "May I book it?"],
        ["It closes at 10:30pm. ", "Sorry about it."],
        ["It costs $3.50 or 1,000.25 in all. ", "Is that fine?"],
        ["Go to room No. 5 on the left. ", "You are there."],
        ["The answer is no. ", "We are closed."],
        ["The answer is 5. ", "We are closed."],
        ["It is St. Mary Hospital at 12 Main St. in town. ", "Good day."],
        ["It is at 12 Main St. ", "Please come by."],
        ["Use fruit, e.g. apples, nuts, etc. ", "Drink a lot."],
        ["Use fruit, nuts, etc. and water. ", "Drink a lot."],
        ["She is open on Mon. and Tue. 5 to 6. ", "Come then."],
        # addresses, versions, files
        ["See www.example.com/a.html?b=c. ", "Mail bob.lee@x.com. ", "Open report.pdf please."],
        ["Version 2.0.1 is out. ", "Get it now."],
        # ellipses, quotes, brackets
        ["Well... let me think about it. ", "All right."],
        ["Let me see now... ", "Yes, he is free."],
        ["Let me see . . . yes, he is. ", "Good."],
        ["Let me see… ", "Yes, he is free."],
        ['"Is he really in?" she asked. ', '"He is in!" ', "They left."],
        ["(See the list below.) ", "Then come back."],
        ["**That is all.** ", "Anything else?"],
        ["Really, is it so?! ", "It is so."],
        # lists and lines
        ["Do these things:\n", "1. Take two pills.\n", "2. Rest.\n3. Drink water\n", "\nThat is all."],
        ["You can take: 1. Monday 2. Tuesday 3. Friday. ", "Which one?"],
        ["Opening hours\n", "- Monday: nine to five\n", "- Tuesday: closed"],
        ["We are done here.\r", "\nGoodbye for now."],
        # emoji
        ["All done!😊 ", "See you on Monday 👍🏽! ", "Bye."],
        ["All done now! ", "😊 See you soon."],
        # Spanish, CJK and others
        ["¿Cómo está usted? ", "¡Muy bien, gracias! ", "Sr. García llega hoy."],
        ["您好，我们的医院今天开放。", "请问您想预约哪位医生？", "“陈医生今天来。”", "好的！"],
        ["您好我们今天开放。 ", "请问几点？！"],
        ["हम आज खुले हैं। ", "धन्यवाद।"],
    ],
)
def test_spans(spans):
    assert cut("".join(spans), first_clause_chars=None) == spans


@pytest.mark.parametrize(
    "spans",
    [
        ["Doctor Chen is free on Tuesday, ", "at nine, at ten, and at eleven in the morning. ", "Which one?"],
        ["Yes, Doctor Chen is available—", "let me look at it, please."],
        ["Yes, Doctor Chen is available — ", "let me look."],
        ["Yes, Doctor Chen is available - ", "let me look."],
        ["Here are the times that I have: ", "nine and ten."],
        ["He is in on Tuesday, March 3, 2026, ", "and then on Friday."],
        ["您好今天我们医院的陈医生在这里，", "请问您几点来？"],
        ["Short, but whole. ", "Nothing else, not a clause, is cut here at all."],
    ],
)
def test_the_first_span_may_end_at_a_clause(spans):
    assert cut("".join(spans), first_clause_chars=22) == spans


def test_a_clause_is_settled_by_the_next_character():
    buffer = SentenceBuffer(first_clause_chars=10)
    assert buffer.feed("We have 10,000 beds,") == []
    assert buffer.feed("  ") == []
    assert buffer.feed("a") == ["We have 10,000 beds,  "]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("one two three four five six seven eight", ["one two three four five ", "six seven eight"]),
        ("one two three, four five six seven", ["one two three, ", "four five six seven"]),
        ("one, two three four five six seven", ["one, two three four five ", "six seven"]),
        ("a" * 30, ["a" * 25, "a" * 5]),
        ("\n" * 30, ["\n" * 25, "\n" * 5]),
    ],
)
def test_a_long_span_breaks_sensibly(text, spans):
    assert cut(text, max_chars=25, first_clause_chars=None) == spans


@pytest.mark.parametrize(
    "settings",
    [{"min_chars": 0}, {"min_chars": 10, "max_chars": 10}, {"first_clause_chars": 0}, {"first_clause_chars": 240}],
)
def test_senseless_settings_are_refused(settings):
    with pytest.raises(ValueError, match="must lie between"):
        SentenceBuffer(**settings)


@pytest.mark.parametrize("unit", ["word ", "a.", "4 p.m. ", ". ", "Hello there. ", "—", "x"])
def test_the_work_grows_with_the_text_and_no_faster(unit):
    """Ten times the text may not cost a hundred times the steps; counted in characters looked at, not in seconds."""
    looked_at = []
    for count in (500, 5000):
        buffer = SentenceBuffer()
        steps = 0
        original = SentenceBuffer._take

        def counting(self, char, spans, original=original):
            nonlocal steps
            steps += 1
            original(self, char, spans)

        SentenceBuffer._take = counting
        try:
            buffer.feed(unit * count)
        finally:
            SentenceBuffer._take = original
        looked_at.append(steps / (len(unit) * count))
    assert looked_at[1] <= 2.1
