"""From what a model did to verdicts and shares."""

import json
from datetime import datetime

from bench._judge import Share, Tried, Verdict, by_category, judge, scores, share
from bench._scenes import Call, Scene, Turn

NOW = datetime(2027, 3, 9, 9, 40)
CHECK = Call("check_availability", {"doctor": "Chen", "date": "Thursday"})
OFFER = '{"doctor":"Dr. Chen","date":"Thursday, March 11","slots":["9 a.m.","3 p.m."]}'


def _turn(*accepted: tuple[Call, ...], has: tuple[str, ...] = (), lacks: tuple[str, ...] = ()) -> Turn:
    return Turn("x.1", "availability", "is chen free thursday", accepted, has, lacks)


def _judged(turn: Turn, said: str, *calls: Call, failure: str = "", spoken: bool = False) -> Verdict:
    made = tuple((call, OFFER) for call in calls)
    tried = Tried(turn.id, ("You answer the phone.",), turn.caller, made, said, failure)
    assert Tried.from_json(json.loads(json.dumps(tried.to_json()))) == tried
    return judge(Scene("x", (turn,), NOW), turn, tried, spoken=spoken)


def _flags(verdict: Verdict) -> tuple[bool, bool, bool]:
    return (verdict.exact, verdict.words, bool(verdict.invented))


def test_a_right_call_with_right_words() -> None:
    turn = _turn((CHECK,), has=("9|nine",), lacks=("booked",))
    assert _flags(_judged(turn, "Dr. Chen has 9 a.m. or 3 p.m.", CHECK)) == (True, True, False)
    assert _flags(_judged(turn, "Dr. Chen has nine.", CHECK)) == (True, True, False)
    assert _flags(_judged(turn, "It is booked at 9.", CHECK)) == (True, False, True)
    assert _flags(_judged(turn, "Which doctor?")) == (False, False, False)


def test_every_accepted_way_is_right_and_a_failure_never() -> None:
    turn = _turn((), (CHECK,))
    assert _flags(_judged(turn, "Which day?")) == (True, True, False)
    assert _flags(_judged(turn, "Dr. Chen has 3 p.m.", CHECK)) == (True, True, False)
    assert _flags(_judged(turn, "", failure="the model wrote nothing")) == (False, False, False)


def test_scores_count_each_kind_of_mistake_among_the_turns_where_it_can_be_made() -> None:
    due, none = _turn((CHECK,)), _turn(())
    verdicts = [
        _judged(due, "Hm.", CHECK),
        _judged(due, "Hm."),
        _judged(none, "Hm."),
        _judged(none, "Hm.", CHECK),
        _judged(none, "Dr. Who is in."),
    ]
    found = scores(verdicts)
    assert found["exact"] == Share(3, 5)
    assert found["exact, call due"] == Share(1, 2)
    assert found["missing call"] == Share(1, 2)
    assert found["wrong call, none due"] == Share(1, 3)
    assert found["invented fact"] == Share(1, 5)
    assert found["words as wanted"] == Share(0, 0)
    assert found["all right"] == Share(2, 5)
    assert "exact, names as transcribed" in scores(verdicts, spoken=True)
    assert by_category(verdicts) == {"availability": Share(3, 5)}


def test_a_share_says_how_sure_it_is() -> None:
    assert share([True, False]).text.startswith("1/2 = 50.0% (")
    assert share([]).text == "none"
    assert share([True] * 9).to_json()["high"] == 1.0
