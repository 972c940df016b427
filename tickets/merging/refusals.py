"""Why two tickets are not merged, and why nothing is added to one that was. Nothing was written.

Models raise the first of these, so this module knows none of them.
"""

from typing import Any

INTO_ITSELF = "A ticket cannot be merged into itself: choose another one."
TOO_LONG = (
    "Ticket #{pk} has {found:,} comments, and at most {most:,} are moved at once: close it instead,"
    " and name it on the other one."
)
TOO_MANY = (
    "At most {most} tickets become one: of #{one} and #{other} there are {found} already."
    " Close it instead, and name it on the other one."
)


class Merged(Exception):
    """The ticket has been merged into another one."""

    def __init__(self, ticket: Any) -> None:
        super().__init__(
            f"Ticket #{ticket.pk} was merged into #{ticket.merged_into_id}, where its conversation"
            " goes on: it stays closed, and nothing is added to it."
        )


class NotMerged(Exception):
    """They stay two tickets."""


class TwoPeople(NotMerged):
    """They are of two requesters, and nobody has said that they are to be merged all the same."""

    def __init__(self, ticket: Any, into: Any) -> None:
        super().__init__(
            f"These are two people's tickets: #{ticket.pk} is {_whose(ticket)}, and #{into.pk} is"
            f" {_whose(into)}."
        )


def _whose(ticket: Any) -> str:
    address = ticket.requester_email or ticket.requester_name
    return f"from {address}" if address else "from nobody who is named"
