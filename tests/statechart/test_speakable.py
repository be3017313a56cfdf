import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from statechart._speakable import speakable

PLAIN = st.text(st.sampled_from("abc XYZ 0189 äöé 陈医 .,;:!? '\"()-\n$%°/@"), max_size=60).filter(
    lambda text: not any(line.lstrip().startswith("-") or "--" in line for line in text.split("\n"))
)
MARKED = st.lists(
    st.sampled_from(
        [
            *(
                "**",
                "*",
                "_",
                "__",
                "`",
                "```",
                "~~",
                "# ",
                "## ",
                "- ",
                "> ",
                "| ",
                " |",
                "|---|",
                "[",
                "](",
                ")",
                "![",
                "<",
            ),
            *(
                "<br>",
                "<b>",
                "</b>",
                ">",
                "\\*",
                "&amp;",
                "&nbsp;",
                "\n",
                " ",
                "Dr. Chen",
                "word",
                "5",
                "snake_case",
                ".",
            ),
            *(
                "😊",
                "👍🏽",
                "1️⃣",
                "https://a.b/c_d",
                "<https://a.b>",
                "[page](https://a.b)",
                "[**x**](y)",
                "---\n",
                "陈",
            ),
        ]
    ),
    max_size=30,
).map("".join)


@given(PLAIN)
def test_plain_text_comes_out_as_it_went_in(text):
    spoken = speakable(text)
    assert spoken.text == text
    assert [spoken.raw_end(i) for i in range(len(text) + 1)] == list(range(len(text) + 1))


@given(st.one_of(MARKED, st.text(max_size=60)))
def test_the_map_rises_from_nothing_to_everything(raw):
    spoken = speakable(raw)
    ends = [spoken.raw_end(i) for i in range(-1, len(spoken.text) + 2)]
    assert ends == sorted(ends)
    assert spoken.raw == raw
    assert spoken.raw_end(len(spoken.text)) == len(raw)
    if spoken.text:
        assert ends[:2] == [0, 0]
    assert len(spoken.ends) == len(spoken.text)
    assert all(0 < end <= len(raw) for end in spoken.ends)


@given(MARKED)
def test_no_letter_is_invented_and_none_but_those_of_marks_is_lost(raw):
    assume("](" not in raw)  # where a link leads is not spoken
    spoken = speakable(raw)
    for char in "陈5":
        assert spoken.text.count(char) == raw.count(char)
    for word in ("Dr. Chen", "snake_case"):
        assert spoken.text.count(word) <= raw.count(word)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("**Dr. Chen** is *free* at __nine__, `now` ~~then~~.", "Dr. Chen is free at nine, now then."),
        ("***Very*** _sure_ un**believ**able", "Very sure unbelievable"),
        ("**Dr. Chen is", "Dr. Chen is"),
        (" free.** Next", " free. Next"),
        ("# Hours\n## Monday\n> nine", "Hours\nMonday\nnine"),
        ("- one\n* two\n+ three\n• four\n- [x] done\n1. first", "one\ntwo\nthree\nfour\ndone\n1. first"),
        ("```python\ncode\n```\n", "\ncode\n\n"),
        ("above\n---\nbelow", "above\n\nbelow"),
        ("| Day | Time |\n|-----|:---:|\n| Mon | 9:00 |", "Day, Time\n\nMon, 9:00"),
        ("See [the **page**](https://x.com/a_b) now.", "See the page now."),
        ('![a picture](u.png "title") here', "a picture here"),
        ("<https://a.b/c> or <bob@x.com>", "https://a.b/c or bob@x.com"),
        ("one<br>two <b>three</b>", "one two three"),
        (r"4 \* 5 \# 6", "4 * 5 # 6"),
        ("salt &amp; pepper&nbsp;&lt;", "salt & pepper <"),
        ("Great 😊 see you 👍🏽! ❤️ Bye", "Great see you ! Bye"),
        ("done👨‍👩‍👧 1️⃣", "done 1"),
        # left alone
        ("5 * 3 = 15, 5*3, snake_case, x_1", "5 * 3 = 15, 5*3, snake_case, x_1"),
        ("a < b > c, 38°C, $3.50, #5, ~10", "a < b > c, 38°C, $3.50, #5, ~10"),
        ("https://x.com/a_b_c bob_lee@x.com v2.0.1", "https://x.com/a_b_c bob_lee@x.com v2.0.1"),
    ],
)
def test_marks_are_taken_out(raw, text):
    assert speakable(raw).text == text


def test_a_mark_that_hangs_on_a_word_is_said_with_it():
    spoken = speakable("See **Dr. Chen** or [me](https://x.com) soon")
    assert spoken.raw[: spoken.raw_end(len("See Dr. Chen"))] == "See **Dr. Chen**"
    assert spoken.raw[: spoken.raw_end(len("See Dr. Chen or me"))] == "See **Dr. Chen** or [me](https://x.com)"


@pytest.mark.parametrize(("raw", "silent"), [("", True), ("😊", True), ("---\n", True), (" ... ", True), ("5", False)])
def test_a_span_without_letters_and_digits_is_silent(raw, silent):
    assert speakable(raw).silent is silent
