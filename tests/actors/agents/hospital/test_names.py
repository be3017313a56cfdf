"""Names as callers and transcribers spell them."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.agents.hospital._names import Doctor, find_doctors, only, same_person, tidy_name
from actors.agents.hospital._seed import DOCTORS
from actors.agents.hospital._words import SpokenError

STAFF = tuple(Doctor(i, *doctor[:5]) for i, doctor in enumerate(DOCTORS, 1))

SAID = {
    "Chen": [
        *(
            "Chen",
            "Dr. Chen",
            "Dr Chen",
            "doctor chen",
            "Doctor Chan",
            "Dr. Shen",
            "doctor chin",
            "Emily Chen",
            "Cheng",
        ),
        *("the cardiologist", "a heart doctor", "cardiologist", "heart specialist", "a cardiologst", "Doctor Chen."),
    ],
    "Patel": ["patel", "Dr. Patell", "doctor pattel", "Anil Patel", "Dr. Patil", "dermatologist", "the skin doctor"],
    "Okafor": ["Okafor", "doctor oh kafor", "Dr. Okafur", "o'kafor", "pediatrician", "a children's doctor", "Okafo"],
    "Garcia": ["Garcia", "Dr. Garsia", "doctor garcea", "Luis Garcia", "an orthopedist", "a bone doctor"],
    "Novak": ["Novak", "doctor no vac", "Dr. Novac", "Eva Novak", "the neurologist"],
    "Larsen": ["Larsen", "Dr. Larson", "doctor larsson", "Erik Larsen"],
    "Brooks": ["Brooks", "doctor brook", "Dr. Brookes"],
    "Kim": ["Kim", "doctor kim", "Dr. Kym", "Daniel Kim", "the eye doctor", "opthalmologist"],
}


def find_doctor(said: str, doctors: tuple[Doctor, ...]) -> Doctor:
    return only(find_doctors(said, doctors))


@pytest.mark.parametrize(("said", "last_name"), [(said, name) for name, ways in SAID.items() for said in ways])
def test_doctors_are_recognised(said: str, last_name: str) -> None:
    assert find_doctor(said, STAFF).last_name == last_name


@pytest.mark.parametrize(
    "said", ["Doctor Jones", "Dr. Smith", "Washington", "a dentist", "banana", "Dr. Who", "Martinez"]
)
def test_strangers_are_not(said: str) -> None:
    with pytest.raises(SpokenError, match="no doctor called"):
        find_doctor(said, STAFF)


@pytest.mark.parametrize("said", ["", "doctor", "the doctor", "a specialist", "Dr."])
def test_nobody_in_particular(said: str) -> None:
    with pytest.raises(SpokenError, match="which doctor"):
        find_doctor(said, STAFF)


def test_two_who_could_be_meant_are_both_named() -> None:
    assert [doctor.last_name for doctor in find_doctors("a family doctor", STAFF)] == ["Larsen", "Brooks"]
    with pytest.raises(SpokenError, match=r"which one: Dr\. Larsen or Dr\. Brooks\?"):
        find_doctor("a family doctor", STAFF)
    twins = (*STAFF, Doctor(9, "Ann", "Chan", "oncology", 3, "1"))
    with pytest.raises(SpokenError, match=r"which one: Dr\. C.*n or Dr\. C.*n\?"):
        find_doctor("Doctor Chin", twins)
    assert find_doctor("Doctor Chan", twins).id == 9
    assert find_doctor("Doctor Chen", twins).id == 1


@given(st.sampled_from(STAFF), st.sampled_from(["{}", "Dr. {}", "doctor {}", "{}, please", "the {}"]))
def test_every_doctor_is_found_by_name(doctor: Doctor, form: str) -> None:
    for name in (doctor.last_name, doctor.last_name.lower(), f"{doctor.first_name} {doctor.last_name}"):
        assert find_doctor(form.format(name), STAFF) == doctor


@given(st.text(max_size=40))
def test_no_text_breaks_the_search(text: str) -> None:
    with contextlib.suppress(SpokenError):
        find_doctor(text, STAFF)
    tidy_name(text)


@pytest.mark.parametrize(
    "said", ["Mary Smith", "mary smith", "Mary Smyth", "Smith, Mary", "mary  smith.", "Marie Smith"]
)
def test_the_same_person(said: str) -> None:
    assert same_person(said, "Mary Smith")


@pytest.mark.parametrize("said", ["Mary", "Mary Jones", "John Smith", "Smith", "", "Mark Smart"])
def test_somebody_else(said: str) -> None:
    assert not same_person(said, "Mary Smith")


@pytest.mark.parametrize(
    ("said", "written"),
    [("mary smith", "Mary Smith"), ("  william  o'brien.", "William O'Brien"), ("Jean-luc picard", "Jean-Luc Picard")],
)
def test_names_are_written_properly(said: str, written: str) -> None:
    assert tidy_name(said) == written
