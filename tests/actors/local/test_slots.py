from hypothesis import given
from hypothesis import strategies as st

from actors.local._slots import Slots
from actors.ports import LlmMessage

SYSTEM = LlmMessage("system", "You are kind.")


def talk(call, turns):
    lines = (LlmMessage("user" if n % 2 == 0 else "assistant", f"{call} {n}") for n in range(turns * 2 - 1))
    return (SYSTEM, *lines)


def test_each_call_comes_back_to_its_own_slot():
    """Calls in turn, as many as there are slots, never push each other out."""
    slots = Slots(3)
    places = []
    for turn in range(1, 5):
        taken = []
        for call in "abc":
            taken.append(slots.take(talk(call, turn)))
            slots.give_back(taken[-1])
        places.append(taken)
    assert sorted(places[0]) == [0, 1, 2]
    assert all(place == places[0] for place in places)


def test_an_answer_tried_again_stays_where_it_was():
    slots = Slots(3)
    first = slots.take(talk("a", 3))
    slots.give_back(first)
    slots.give_back(slots.take(talk("b", 1)))
    assert slots.take((*talk("a", 3)[:-1], LlmMessage("user", "a, longer"))) == first


def test_none_is_given_twice():
    slots = Slots(2)
    assert {slots.take(talk("a", 2)), slots.take(talk("a", 3))} == {0, 1}
    assert slots.take(talk("a", 3)) is None


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 4)), max_size=30), st.integers(1, 4))
def test_slots_taken_are_different_and_always_in_range(requests, count):
    slots, busy = Slots(count), []
    for call, turns in requests:
        slot = slots.take(talk(call, turns))
        assert (slot is None) == (len(busy) == count)
        if slot is None:
            slots.give_back(busy.pop(0))
        else:
            assert slot not in busy
            assert 0 <= slot < count
            busy.append(slot)
