"""People's names as callers give them: plain, spelled out, or with words for the letters. Pure, but for the lists."""

from __future__ import annotations

from typing import Final

from bench.training._grammar import Draw, Value
from bench.training._names import full_name

__all__ = ["person", "person_named", "spelled"]

_AS_IN: Final = (
    *("apple Adam alpha", "boy Bob bravo", "cat Charlie", "dog David delta", "egg Edward echo", "Frank fox foxtrot"),
    *(
        "George golf girl",
        "Henry house",
        "India ice",
        "John Juliet",
        "king kilo",
        "lemon Lima",
        "Mary Mike mother",
    ),
    *("Nancy November", "orange Oscar", "Peter Paul papa", "queen Quebec", "Robert Romeo", "Sam sugar sierra"),
    *("Tom tango", "umbrella uniform", "Victor", "William water", "x-ray", "yellow Yankee", "zebra Zulu"),
)


def person(draw: Draw) -> Value:
    return person_named(draw, full_name(draw), full_name(draw))


def spelled(draw: Draw, name: str) -> str:
    """The letters: "K-H-A-N", "k h a n", "K as in king, H, A, N", "H, A, double L"."""
    letters = [letter for letter in name.upper() if letter.isalpha()]
    style = draw.random.random()
    if style < 0.7 or not all("A" <= letter <= "Z" for letter in letters):
        return draw.one(("-", " ", ", ", ". ", " ", "-")).join(letters)
    if style < 0.85:
        for at in range(len(letters) - 1):
            if letters[at] == letters[at + 1]:
                letters[at : at + 2] = [f"double {letters[at]}"]
                break
        return draw.one((", ", " ", "-")).join(letters)
    told = draw.number(1, 3) if draw.chance(0.6) else len(letters)
    words = [draw.one(_AS_IN[ord(letter) - ord("A")].split()) for letter in letters]
    how = draw.one(("as in", "as in", "for", "like"))
    return ", ".join(
        f"{letter} {how} {word}" if at < told else letter
        for at, (letter, word) in enumerate(zip(letters, words, strict=True))
    )


def person_named(draw: Draw, name: str, slip: str = "") -> Value:
    """A full name; now and then spelled out, in part or whole."""
    first, _, last = name.rpartition(" ")
    style = draw.random.random()
    if style < 0.70:
        return Value(name, name, slip)
    if style < 0.80:
        return _surname_first(draw, first, last, name)
    if style < 0.89:
        return Value(
            draw.text(f"{name}{{, that's |, |, spelled |. That's |, it's spelled }}{spelled(draw, last)}"), name
        )
    if style < 0.92:
        return Value(draw.text(f"{first}{{, last name | |, surname }}{spelled(draw, last)}"), name)
    if style < 0.95:
        return Value(f"{spelled(draw, last)}, {last}, {first}", name)
    if style < 0.975:
        return Value(draw.text(f"{name}{{, that's|,|, first name is spelled}} {spelled(draw, first)}"), name)
    if style < 0.985:
        return Value(f"{'-'.join(first.upper())} {'-'.join(last.upper())}", name)
    return Value(" ".join(name.upper().replace(" ", "")), name)


def _surname_first(draw: Draw, first: str, last: str, name: str) -> Value:
    """The surname, the first name behind it; one of them spelled, or said again, or called what it is."""
    letters, given = spelled(draw, last), spelled(draw, first)
    said = draw.one(
        (
            "{surname|last name|family name} <last>{,| and|.} {first name|given name|Christian name} <first>",
            "<last> is {the surname|my last name|the family name}{,|.| and} <first> {the first name|in front}",
            "{surname|last name} <last>, <letters>{,|.} {first name|first name's|and first name} <first>",
            "<letters>{,| and|.} {first name|given name|first name's} <first>",
            "<letters>, that's <last>{, |. }<first> <last>",
            "<last>{,|.} <first> <last>{,|.|, that's} <letters>",
            "<last>, {spelled |that's |}<letters>{,|.| and} {first name |first name's |with } <first>",
            "<first>, {surname|last name|and the surname is|family name} <letters>",
            "<last>, <first>, {the surname is spelled|that's|last name} <letters>",
            "{surname|last name} <last>{,|.} <first>, <given>",
            "<last>. <first>.",
            "<letters>, {then|and then} <first>, <given>",
        )
    )
    return Value(draw.text(said, {"first": first, "last": last, "letters": letters, "given": given}), name)
