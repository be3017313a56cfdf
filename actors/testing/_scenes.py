"""Scenes that lead to where calls seldom come by chance. Each takes a drawn script and gives it other acts.

This is the table of them, and how often each is drawn.
"""

from __future__ import annotations

from collections.abc import Callable

from actors.testing._scenes_line import (
    done_while_away,
    event_in_a_state,
    line_flickers,
    stops_as_its_watch_crashes,
    types_and_speaks,
    types_nothing,
)
from actors.testing._scenes_voice import (
    answered_in_part,
    answers_the_last_word,
    cut_by_a_noise,
    gabbles,
    judge_of_turns_crashes,
    nods_at_length,
    noise_as_the_answer_comes,
    stutter,
    voice_outlasts_the_answer,
    words_after_nods,
    words_after_the_end,
)
from actors.testing._scenes_work import (
    cut_while_it_runs,
    deaf_in_between,
    heard_all_before_it_is_held,
    heard_out_before_it_is_held,
    model_dawdles,
    news_cannot_be_told,
    request_while_held,
    side_effect_outlasts_the_turn,
    slow_recogniser,
    speaks_up_as_it_runs_dry,
    voice_breaks_while_held,
)
from actors.testing._script import Script
from actors.testing._writer import Writer

__all__ = ["SCENES"]

Scene = Callable[[Writer, Script], Script]

#: More often what needs some luck to come about.
SCENES: tuple[Scene, ...] = (
    *(event_in_a_state,) * 34,
    *(cut_while_it_runs,) * 50,
    *(heard_out_before_it_is_held,) * 24,
    *(speaks_up_as_it_runs_dry,) * 4,
    *(request_while_held,) * 17,
    *(voice_outlasts_the_answer,) * 8,
    *(news_cannot_be_told,) * 8,
    *(noise_as_the_answer_comes,) * 11,
    *(done_while_away,) * 6,
    *(side_effect_outlasts_the_turn,) * 4,
    *(cut_by_a_noise,) * 6,
    *(gabbles,) * 6,
    *(words_after_nods,) * 4,
    *(answered_in_part,) * 4,
    *(answers_the_last_word,) * 4,
    *(heard_all_before_it_is_held,) * 4,
    *(slow_recogniser,) * 4,
    *(model_dawdles,) * 5,
    *(stutter,) * 3,
    *(types_nothing,) * 4,
    *(voice_breaks_while_held,) * 4,
    *(types_and_speaks,) * 3,
    *(line_flickers,) * 3,
    *(stops_as_its_watch_crashes,) * 3,
    *(judge_of_turns_crashes,) * 3,
    *(words_after_the_end,) * 2,
    *(nods_at_length,) * 3,
    deaf_in_between,
)
