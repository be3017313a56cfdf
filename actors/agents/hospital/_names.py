"""Whose name was that? Callers and transcribers spell names their own way. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import attrs
from rapidfuzz import fuzz

from actors.agents.hospital._words import SpokenError, fold

__all__ = ["Doctor", "find_doctors", "only", "same_person", "tidy_name"]

_TITLES: Final = re.compile(
    r"\b(?:dr\.?|doctors?|docs?|the|an?|my|please|with|for|see|specialist|someone|mr|mrs|ms|miss)\b"
)
_SPECIALTY_WORDS: Final = {
    "cardiology": ("cardiologist", "cardiology", "heart", "cardiac"),
    "dermatology": ("dermatologist", "dermatology", "skin"),
    "pediatrics": ("pediatrician", "paediatrician", "pediatrics", "children", "childrens", "child", "kids"),
    "orthopedics": ("orthopedist", "orthopedic", "orthopaedic", "orthopedics", "bone", "bones", "joint", "joints"),
    "neurology": ("neurologist", "neurology", "nerve", "nerves", "brain"),
    "family medicine": ("family", "general", "practitioner", "gp", "primary", "internist"),
    "ophthalmology": ("ophthalmologist", "ophthalmology", "eye", "eyes"),
}
_SURE: Final = 85  # of 100, for rapidfuzz's ratio: one letter off in a long word
_LIKELY: Final = 66  # "chan", "shen" and "chin" for "Chen" score 75
_MARGIN: Final = 10  # the best must be better than the next by this much, or we ask


@attrs.frozen
class Doctor:
    id: int
    first_name: str
    last_name: str
    specialty: str
    years: int
    office: str

    @property
    def name(self) -> str:
        return f"Dr. {self.last_name}"


def find_doctors(said: str, doctors: Sequence[Doctor]) -> tuple[Doctor, ...]:
    """The doctor meant by a name ("Doctor Chan", "Emily Chen"), or all of a specialty ("a heart doctor").

    Raises :class:`SpokenError` for nobody in particular, nobody at all, or a name that could be several doctors'.
    """
    wanted = " ".join(_TITLES.sub(" ", fold(said)).replace(".", " ").split())
    if not wanted:
        raise SpokenError("which doctor?")
    scores = sorted(((_name_score(wanted, doctor), doctor) for doctor in doctors), key=lambda pair: -pair[0])
    if scores and scores[0][0] < _SURE:
        practising = tuple(doctor for doctor in doctors if _practises(wanted, doctor))
        if practising:
            return practising
    close = [doctor for score, doctor in scores if score >= _LIKELY and score > scores[0][0] - _MARGIN]
    if not close:
        raise SpokenError(f"no doctor called {tidy_name(wanted)[:40]}")
    return (only(close),)


def only(doctors: Sequence[Doctor]) -> Doctor:
    """The one doctor there is. Raises :class:`SpokenError` asking which one when there are several."""
    if len(doctors) == 1:
        return doctors[0]
    raise SpokenError(f"which one: {' or '.join(doctor.name for doctor in doctors)}?")


def same_person(said: str, name: str) -> bool:
    """Whether a spoken name is that of a person on file, a letter or two aside, in either order of its parts."""
    return fuzz.token_sort_ratio(_plain(said), _plain(name)) >= _SURE


def tidy_name(said: str) -> str:
    """A name as it is written: "mary  o'brien." becomes "Mary O'Brien"."""
    words = re.sub(r"[^\w\s'-]", " ", said).split()
    return " ".join(re.sub(r"^\w|(?<=['-])\w(?=\w\w)", lambda m: m[0].upper(), word) for word in words)


def _name_score(wanted: str, doctor: Doctor) -> float:
    # Without spaces, so that "oh kafor" is near to "Okafor".
    squeezed = wanted.replace(" ", "")
    last, full = _plain(doctor.last_name), _plain(doctor.first_name + doctor.last_name)
    first = fuzz.ratio(squeezed, _plain(doctor.first_name))
    last_word = fuzz.ratio(wanted.split()[-1], last)
    whole = max(fuzz.ratio(squeezed, last), fuzz.ratio(squeezed, full), last_word)
    return max(whole, first if first >= _SURE else 0)


def _practises(wanted: str, doctor: Doctor) -> bool:
    words = (doctor.specialty, *_SPECIALTY_WORDS.get(doctor.specialty, ()))
    return any(fuzz.ratio(said, word) >= _SURE for said in (wanted, *wanted.split()) for word in words)


def _plain(name: str) -> str:
    return re.sub(r"[^\w ]", "", name.casefold())
