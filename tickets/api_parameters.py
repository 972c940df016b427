"""What the documentation of the API says of parameters that ninja does not read itself.

The list's filters are read by board.py, which the board shares, and the CSRF token by Django.
"""

from typing import Any

from tickets import tags
from tickets.board import ANY, LONGEST_ADDRESS, LONGEST_SEARCH, US
from tickets.folding import MOST_WORDS
from tickets.lists.due import DUE
from tickets.lists.sorting import NEWEST_FIRST, SORTS
from tickets.models import Priority, Status
from tickets.schemas import WITHOUT_NUL
from tickets.search import LARGEST_ID

EMPTY = {"const": ""}  # as good as left out
NUMBER = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
WORDS = {"type": "string", "maxLength": LONGEST_SEARCH, **WITHOUT_NUL}
TAG = {"type": "string", **tags.SHAPE}
STATUSES = {"type": "array", "items": {"enum": [ANY, *Status.values, ""]}}


def _in_query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"in": "query", "name": name, "schema": schema, "description": description}


LIST_PARAMETERS = [
    _in_query("status", STATUSES, f"One of the statuses, or `{ANY}`; may be repeated."),
    _in_query("priority", {"enum": [*Priority.values, ""]}, "One of the priorities."),
    _in_query("queue", {"anyOf": [NUMBER, EMPTY]}, "The id of a queue."),
    _in_query(
        "assignee",
        {"anyOf": [NUMBER, {"enum": ["me", "none", ""]}]},
        "The id of a user, `me` or `none`.",
    ),
    _in_query("waiting", {"enum": [US, ""]}, "`us`: the last word is the requester's."),
    _in_query(
        "due",
        {"enum": [*DUE, ""]},
        "Of what is not resolved or closed, in your time zone; a week is today and six days more.",
    ),
    _in_query("tag", TAG, "A tag, whatever its case."),
    _in_query(
        "requester",
        {"type": "string", "maxLength": LONGEST_ADDRESS, **WITHOUT_NUL},
        "The requester's address, whatever its case, without what was merged into another ticket.",
    ),
    _in_query(
        "sort",
        {"enum": [*SORTS, ""]},
        f"`{NEWEST_FIRST}` unless named; with a minus the greatest first. What has no due date"
        " stands last.",
    ),
    _in_query(
        "q",
        WORDS,
        f"At most {MOST_WORDS} words, each a part of number, subject, requester, description or"
        " comments, whatever its case and accents.",
    ),
    _in_query("page", {"anyOf": [NUMBER, EMPTY]}, "From 1."),
]
CSRF_TOKEN = {
    "in": "header",
    "name": "X-CSRFToken",
    "required": True,
    "schema": {"type": "string", "minLength": 32, "maxLength": 64, "pattern": "^[0-9a-zA-Z]+$"},
    "description": "The value of the cookie `csrftoken`.",
}
