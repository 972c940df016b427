"""Ids as addresses carry them: decimal digits, as the site itself writes them.

Python and Django take more for a number, such as +5, 05 and ５. An address that is written so would
be another one of the same page, which no link of ours leads to.
"""

import re

from django.urls import register_converter

from tickets.search import LARGEST_ID

IDENTITY = re.compile("[1-9][0-9]{0,18}")


class IdConverter:
    """`<id:ticket_id>` in the address of a page."""

    regex = f"0|{IDENTITY.pattern}"  # 0 is in links that scripts fill in; no row has it

    def to_python(self, text: str) -> int:
        number = int(text)
        if number > LARGEST_ID:
            raise ValueError("No row has this id.")
        return number

    def to_url(self, number: int) -> str:
        return f"{number}"


register_converter(IdConverter, "id")  # imported by the app, before any list of addresses is read
