from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from actors.local._word_timing import Piece, TimedSpan, fitted, original_spans, piece_times, word_times


def test_pieces_get_the_frames_of_their_own_phonemes():
    """Pads, spaces and punctuation belong to no word; unknown phonemes have no frames."""
    pieces = [Piece("Hi", "hI", " "), Piece("you", "j?u", ""), Piece(".", ".", "")]
    frames = [10, 1, 2, 3, 4, 5, 6, 20]  # pad h I blank j u . pad
    heard = piece_times(pieces, frames, lambda phoneme: phoneme != "?")
    assert heard == [TimedSpan(0, 2, 10, 13), TimedSpan(3, 6, 16, 25)]


def test_rewritten_words_keep_their_place_in_the_original():
    original, rewritten = "Come at 4:30, ok?", "Come at four thirty, ok?"
    spans = [TimedSpan(0, 4, 0, 5), TimedSpan(5, 7, 5, 8), TimedSpan(8, 12, 8, 12), TimedSpan(13, 19, 13, 18)]
    spans.append(TimedSpan(21, 23, 20, 22))
    assert word_times(original, original_spans(original, rewritten, spans)) == [
        TimedSpan(0, 4, 0, 5),
        TimedSpan(5, 7, 5, 8),
        TimedSpan(8, 13, 8, 18),
        TimedSpan(14, 17, 20, 22),
    ]


def test_words_rewritten_as_a_whole_share_their_time():
    original, rewritten = "on Dec. 12 please", "on December twelfth please"
    spans = [TimedSpan(3, 11, 10, 20), TimedSpan(12, 19, 20, 40)]
    assert word_times(original, original_spans(original, rewritten, spans)) == [
        TimedSpan(3, 7, 10, 30),
        TimedSpan(8, 10, 30, 40),
    ]


words = st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=6), max_size=8)


@given(words, words, st.randoms())
def test_timings_are_in_order_and_within_the_text(left, right, random):
    """Whatever was rewritten: words in order, each at most once, each within its text, no time running backwards."""
    original, rewritten = " ".join(left), " ".join(right)
    spans, char, frame = [], 0, 0
    for word in right:
        length = random.randint(1, 9)
        spans.append(TimedSpan(char, char + len(word), frame, frame + length))
        char, frame = char + len(word) + 1, frame + length
    timed = word_times(original, original_spans(original, rewritten, spans))
    for one, two in pairwise(timed):
        assert one.end_char < two.start_char
        assert one.start <= two.start
    for span in timed:
        assert original[span.start_char : span.end_char] in left
        assert 0 <= span.start <= span.end <= frame


def test_words_are_fitted_to_the_sound():
    """A pause belongs to no word; a word that sounds before its time begins earlier."""
    loud = [n in (1, 2, 3, 7, 8, 9) for n in range(12)]
    words = [TimedSpan(0, 4, 10, 65), TimedSpan(5, 9, 85, 120)]
    assert fitted(words, loud, 10) == [TimedSpan(0, 4, 10, 40), TimedSpan(5, 9, 70, 100)]


@given(st.lists(st.integers(1, 60), max_size=12), st.lists(st.booleans(), max_size=60))
def test_fitting_keeps_order_and_never_lengthens_the_end(lengths, loud):
    words, at = [], 0
    for index, length in enumerate(lengths):
        words.append(TimedSpan(index, index + 1, at, at + length))
        at += length
    out = fitted(words, loud, 10)
    assert all(new.end <= old.end and new.start <= old.start for new, old in zip(out, words, strict=True))
    assert all(word.start <= word.end for word in out)
    assert all(one.start <= two.start for one, two in pairwise(out))
