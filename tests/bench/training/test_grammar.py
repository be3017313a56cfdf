"""What callers say, as the training's grammar makes it: whatever is said means what the argument says."""

import re
from datetime import date
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.agents.hospital._births import parse_birth_date
from actors.agents.hospital._dates import parse_date
from actors.agents.hospital._times import parse_time
from actors.agents.hospital._words import SpokenError, even
from bench.training._births import birth_parts, birth_said
from bench.training._calls import converse
from bench.training._corpus import corpus, own_domain
from bench.training._desk import SAY
from bench.training._grammar import Draw, Value, cut, slots
from bench.training._heard import Ear
from bench.training._jobs import FOLDER, common_actions, read_domains
from bench.training._render import segments, text
from bench.training._results import drawn
from bench.training._spelling import person_named, spelled
from bench.training._strangers import fits_nothing, words_of
from bench.training._talk import Talk, Unfounded, unfounded
from bench.training._values import KINDS, digits_said

TODAY = date(2026, 3, 4)
seeds = st.integers(0, 1 << 30)


def test_alternatives_nest_and_slots_stay():
    said = {Draw(seed).expand("{hi|hello{ there|}}, can I see <doctor>{ on <date>|}?") for seed in range(60)}
    assert "hello there, can I see <doctor> on <date>?" in said
    assert "hi, can I see <doctor>?" in said
    assert all(not set("{|}") & set(line) for line in said)
    assert slots("see <doctor> on <date>, <doctor>") == ["doctor", "date"]


@given(seeds, st.text("0123456789", min_size=4, max_size=4).filter(lambda digits: digits[0] != "0"))
def test_a_number_said_in_any_way_is_that_number_to_the_tools(seed, digits):
    said = digits_said(Draw(seed), digits)
    if not {"double", "oh", "thousand"} & set(said.replace(",", "").split()):  # these are the model's to understand
        assert "".join(filter(str.isdigit, even(said.replace(",", " ")))) == digits


@given(seeds, st.sampled_from(["date", "date_part", "time"]))
def test_days_and_times_are_understood_by_the_tools(seed, kind):
    value = KINDS[kind](Draw(seed))
    if kind == "time":
        assert parse_time(value.argument) == parse_time(value.said)
    else:
        assert parse_date(value.argument, TODAY) == parse_date(value.said, TODAY)


@given(seeds, st.dates(date(1930, 1, 1), date(2025, 12, 31)))
def test_dates_of_birth_are_understood_by_the_tools_whole_and_in_parts(seed, born):
    value, parts = birth_said(Draw(seed), born), birth_parts(Draw(seed), born)
    assert parse_birth_date(value.argument, TODAY) == born
    assert parse_birth_date(value.said, TODAY) == born
    assert parse_birth_date(parts.argument, TODAY) == born


@given(seeds)
def test_a_spelt_name_has_the_letters_of_the_name(seed):
    value = person_named(Draw(seed), "Mary O'Brien")
    assert value.argument == "Mary O'Brien"
    assert "brien" in "".join(filter(str.isalpha, value.said)).lower() or "B" in spelled_letters(value.said)


@given(seeds, st.sampled_from(["Khan", "Lopez", "Llewellyn", "Castillo"]))
def test_letters_spelled_are_the_names(seed, name):
    assert spelled_letters(spelled(Draw(seed), name)) == name.upper()


def spelled_letters(said):
    """The single capital letters, doubled ones twice."""
    letters = re.sub(r"double ([A-Z])", r"\1\1", re.sub(r"([A-Z]) (?:as in|for|like) [\w-]+", r"\1", said))
    return "".join(filter(str.isupper, letters))


@given(seeds)
def test_a_slip_of_the_tongue_is_corrected_at_once(seed):
    line = Draw(seed).line("on <date>", {"date": Value("Friday", "Friday", "Monday")})
    assert line.endswith("Friday")


def test_what_was_misheard_is_what_the_argument_repeats():
    ear = Ear(Draw(1), share=1.0, table={"Okafor": ["Oka for"], "five": ["5"]})
    assert ear.hear(Value("Doctor Okafor", "Okafor")) == Value("Doctor Oka for", "Oka for")
    assert ear.hear(Value("four five", "45")) == Value("four five", "45"), "digits are understood, or not at all"


def test_the_agent_can_say_nothing_that_it_does_not_know():
    assert unfounded("Dr. Chen has 9 a.m. on Friday.", "Is Doctor Chen in on friday? 9 a.m.") == []
    assert unfounded("Dr. Kim has 10 a.m.", "Doctor Chen, 9 a.m.") == ["Dr. Kim", "10"]
    talk = Talk(Draw(1), "You are short.", (), lambda *_: {})
    with pytest.raises(Unfounded):
        talk.say("Your number is 4821.")


def test_an_interrupted_line_is_marked_as_the_history_marks_it():
    assert cut("Dr. Chen has 9 a.m., and 3 p.m.", 4) == "Dr. Chen has 9 —"
    assert cut("One moment, please.", 2) == "One moment —"


def test_the_same_seed_gives_the_same_dialogues():
    first, second = ([text(d) for d in islice(corpus(7), 30)] for _ in range(2))
    assert first == second
    assert len(set(first)) == 30
    assert first != [text(d) for d in islice(corpus(8), 30)]


def test_every_call_is_one_that_the_prompt_offers():
    functions = set()
    for dialogue in islice(corpus(11), 120):
        offered = {name: {p.rstrip("?") for p in parameters} for name, parameters in dialogue.tools}
        for line in dialogue.lines:
            for call in line.calls:
                assert set(call.arguments) <= offered[call.name]
                if line.learn:
                    required = {p for p in dict(dialogue.tools)[call.name] if not p.endswith("?")}
                    assert required <= set(call.arguments), call
                    functions.add(call.name)
        assert any(learnt for _, learnt in segments(dialogue))
    assert len(functions) > 40, "the functions hardly vary"


def test_what_the_measurement_reserves_is_not_trained():
    said = "\n".join(text(d).lower() for d in islice(corpus(12), 300))
    said += "\n".join(path.read_text().lower() for path in sorted(FOLDER.glob("*.toml")))
    assert "library" not in said
    assert "hotel" not in said
    assert "garage" not in said
    assert "workshop" not in said


def test_every_line_of_every_domain_can_be_said():
    """Whatever a line, an answer or an error names is a parameter or a key of the result, and every kind exists."""
    domains = read_domains()
    assert len(domains) >= 44
    for domain in domains:
        for action in (*domain.actions, *common_actions()):
            parameters = {parameter.names[0] for parameter in action.parameters}
            known = parameters | {names[0] for names in action.result}
            assert {name for line in action.lines for name in slots(line)} <= parameters, action.tools
            told = (*action.answers, *action.empty, *action.errors, *action.back, *sum(action.more, ()))
            assert {name for line in told for name in slots(line)} <= known, action.tools
            for parameter in action.parameters:
                assert drawn(Draw(1), parameter.kind, domain).argument
                assert len(set(parameter.names)) == len(parameter.names), action.tools
            if action.then is not None:
                target = next(each for each in domain.actions if each.tools[0] == action.then.tool)
                assert action.then.parameter in {parameter.names[0] for parameter in target.parameters}
                assert action.then.key in known


def test_every_domain_makes_conversations_in_which_nothing_is_invented():
    """`Talk` refuses what the agent cannot know; here every function of every domain gets its turn."""
    domains = read_domains()
    for at, domain in enumerate(domains):
        draw = Draw(f"{at}")
        called = {
            call.name
            for _ in range(12)
            for line in converse(draw, domain, Ear(draw), domains[:at]).lines
            for call in line.calls
        }
        assert len(called) >= len(domain.actions)


def test_a_wish_is_refused_unheard_only_where_it_is_quite_another_jobs():
    restaurant = next(d for d in read_domains() if "Casa Rosa" in d.places)
    known = words_of(restaurant.actions, restaurant.kinds)
    assert fits_nothing("my suitcase never arrived", known)
    assert not fits_nothing("my reservations for tonight", known)
    assert not fits_nothing("on Friday, please", known), "that says nothing of any job"


def test_a_users_own_agent_is_really_called(tmp_path):
    (tmp_path / "bar.py").write_text(
        '"""You take orders."""\nfrom actors.tools import tool\nSEEN = []\n\n@tool(effect="commit")\n'
        'def order(drink: str, cups: int = 1) -> dict[str, int]:\n    """Order."""\n'
        '    SEEN.append(drink)\n    return {"order": 40 + cups}\n'
    )
    grammar = tmp_path / "bar.toml"
    grammar.write_text(
        'agent = "bar.py"\n[kinds]\ndrink = ["tea", "a latte = latte"]\n[[action]]\ndoes = "take orders"\n'
        'tool = ["order"]\nparams = [["drink", "drink"], ["cups?", "count"]]\n'
        'lines = ["<cups> of <drink>", "<drink>, please"]\nanswers = ["Your number is <order>."]\n'
    )
    domain = own_domain(grammar)
    lines = [text(converse(Draw(seed), domain, Ear(Draw(0)))) for seed in range(12)]
    joined = "\n".join(lines)
    assert "You take orders.Tools: order(drink, cups?)" in joined
    assert '{"order":41}' in joined
    assert "Your number is 41." in joined
    grammar.write_text(grammar.read_text().replace('tool = ["order"]', 'tool = ["brew"]'))
    with pytest.raises(ValueError, match="brew"):
        own_domain(grammar)


@given(seeds)
def test_a_name_in_any_order_is_its_first_and_its_last_name(seed):
    """Of both parts either the word or the letters are said."""
    value = person_named(Draw(seed), "Mina Teller")
    assert value.argument == "Mina Teller"
    letters = spelled_letters(value.said).replace("-", "")
    assert all(part in value.said or part.upper() in letters for part in ("Mina", "Teller")), value.said


@given(seeds)
def test_a_day_that_does_not_exist_is_refused(seed):
    draw = Draw(seed)
    with pytest.raises(SpokenError):
        parse_date(draw.text(draw.one(SAY["impossible"])), TODAY)
