"""You are the desk of Millbrook Library. Answer in one or two short spoken sentences."""

# A domain that no embedded model is trained on: only for measuring (see ../README.md).

from __future__ import annotations

import re
from typing import Any

from actors.tools import ToolError, tool

GREETING = "Millbrook Library, hello. What can I do for you?"

_BOOKS = {
    "the old man and the sea": ("Ernest Hemingway", 2, "shelf F 12"),
    "things fall apart": ("Chinua Achebe", 1, "shelf F 3"),
    "a brief history of time": ("Stephen Hawking", 0, "shelf S 7"),
    "pride and prejudice": ("Jane Austen", 4, "shelf F 1"),
    "the very hungry caterpillar": ("Eric Carle", 3, "shelf K 2"),
    "sapiens": ("Yuval Noah Harari", 0, "shelf H 5"),
}
_HOURS = {"monday": "closed", "saturday": "10 a.m. to 2 p.m.", "sunday": "closed"}


def _title(said: str) -> str:
    title = " ".join(re.sub(r"[^\w ]", " ", said.casefold()).split())
    for known in _BOOKS:
        if title.removeprefix("the ").removeprefix("a ") in known and title:
            return known
    raise ToolError("no such book")


@tool(effect="read")
def find_book(title: str, author: str = "") -> dict[str, Any]:
    """Look for a book.

    Args:
        title: Title, as the caller said it.
        author: Author, if the caller named one.
    """
    known = _title(title)
    writer, copies, shelf = _BOOKS[known]
    if author and author.casefold().split()[-1] not in writer.casefold():
        raise ToolError("no such book by that author")
    return {"title": known.title(), "author": writer, "copies_in": copies, "where": shelf}


@tool(effect="commit")
def reserve_book(title: str, card_number: str) -> dict[str, Any]:
    """Hold a book for a member.

    Args:
        title: Title, as the caller said it.
        card_number: Number of the library card.
    """
    return {"status": "reserved", "title": _title(title).title(), "card": card_number}


@tool(effect="commit")
def renew_loan(title: str, card_number: str) -> dict[str, Any]:
    """Lend a book for two more weeks.

    Args:
        title: Title, as the caller said it.
        card_number: Number of the library card.
    """
    known = _title(title)
    if known == "sapiens":
        raise ToolError("reserved by somebody else")
    return {"status": "renewed", "title": known.title(), "card": card_number, "due": "in two weeks"}


@tool(effect="read")
def get_opening_hours(day: str) -> dict[str, Any]:
    """When the library is open.

    Args:
        day: Day of the week, as the caller said it.
    """
    return {"day": day, "open": _HOURS.get(day.casefold().strip(), "9 a.m. to 7 p.m.")}
