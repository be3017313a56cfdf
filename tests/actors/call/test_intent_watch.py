"""When a sound over the agent is judged, and what becomes of the judgement."""

import numpy as np
import trio

from actors.call._intent_watch import IntentWatch
from actors.errors import EngineUnavailable
from actors.ports import CALLER_RATE
from actors.testing import FakeIntent, run_virtual
from actors.testing._speech import Dictionary

MS = CALLER_RATE // 1000
SOUND = np.zeros(400 * MS, np.int16)


def watch():
    return IntentWatch(FakeIntent(Dictionary(CALLER_RATE)))


def test_it_is_asked_after_a_while_and_again_as_it_may_be_ending():
    sounds = watch()
    sounds.begin(1000, over_agent=True)
    assert not sounds.due(1000 + 199 * MS, sounding=True, last_voiced=0)
    assert sounds.due(1000 + 200 * MS, sounding=True, last_voiced=0)
    clock = 1000 + 220 * MS
    assert run_virtual(lambda: sounds.ask(SOUND, clock, sounding=True, last_voiced=clock))
    assert sounds.meant == 0.01
    assert not sounds.due(clock + 95 * MS, sounding=True, last_voiced=0)
    assert sounds.due(clock + 96 * MS, sounding=True, last_voiced=0)
    assert sounds.due(clock + MS, sounding=False, last_voiced=clock)
    run_virtual(lambda: sounds.ask(SOUND, clock, sounding=False, last_voiced=clock))
    assert not sounds.due(clock + 50 * MS, sounding=False, last_voiced=clock)
    assert not sounds.due(1000 + 1601 * MS, sounding=True, last_voiced=0)


class _Worded(FakeIntent):
    def with_words(self, text, sound):
        return 0.7 if text else sound


def test_words_count_beside_the_sound_over_the_agent_alone():
    sounds = IntentWatch(_Worded(Dictionary(CALLER_RATE)))
    sounds.begin(1000, over_agent=True)
    assert sounds.with_words("no") == 0.7
    run_virtual(lambda: sounds.ask(SOUND, 4000, sounding=True, last_voiced=4000))
    assert (sounds.with_words(""), sounds.with_words("no")) == (0.01, 0.7)
    sounds.begin(90_000, over_agent=False)
    assert sounds.with_words("no") is None


def test_without_the_agent_or_a_judge_it_is_not():
    for sounds, over_agent in ((watch(), False), (IntentWatch(None), True)):
        sounds.begin(0, over_agent=over_agent)
        assert not sounds.due(300 * MS, sounding=True, last_voiced=0)


def test_an_answer_about_an_earlier_voice_is_dropped():
    sounds = watch()

    async def main():
        async with trio.open_nursery() as nursery:
            sounds.begin(0, over_agent=True)
            nursery.start_soon(later)
            return await sounds.ask(SOUND, 0, sounding=True, last_voiced=0)

    async def later():
        await trio.sleep(0.001)
        sounds.begin(9000, over_agent=True)

    assert not run_virtual(main)
    assert sounds.meant is None


class _Broken:
    name = "broken"

    async def meant(self, samples):
        await trio.lowlevel.checkpoint()
        raise EngineUnavailable("intent", "broken")


def test_a_judge_that_fails_is_not_asked_again():
    sounds = IntentWatch(_Broken())
    sounds.begin(0, over_agent=True)
    assert not run_virtual(lambda: sounds.ask(SOUND, 300 * MS, sounding=True, last_voiced=0))
    assert sounds.meant is None
    sounds.begin(9000, over_agent=True)
    assert not sounds.due(9000 + 300 * MS, sounding=True, last_voiced=0)
