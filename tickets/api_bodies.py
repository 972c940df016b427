"""The bodies of requests to the API: how much of one is read, and what JSON it may be."""

import json
import re
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from ninja.parser import Parser

from tickets.refusals import NOT_AN_OBJECT, BadBody

FILES = re.compile(r"/api/tickets/[0-9]+/attachments/")  # addresses that take files
MOST_VALUES = 2000  # of one body: 500 ids with their versions, and what is to be changed
TOO_MANY_VALUES = f"The body holds too much: send at most {MOST_VALUES:,} values."


def read_whole(request: HttpRequest) -> None:
    """Read the body. Django refuses one whose announced length is too large. A body that comes in
    chunks announces none, so it is measured here."""
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if FILES.fullmatch(request.path_info):
        return  # files are read from the disk and to the disk, piece by piece
    if most is not None and len(request.body) > most:
        raise RequestDataTooBig


class JsonParser(Parser):
    """Raises an exception of our own, which refusals.py knows, for a body that is not JSON. One of
    a million values is refused here: pydantic would find a fault in each of them, for ten seconds
    in which the process does nothing else."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        try:
            body = json.loads(request.body.decode())
        except (ValueError, RecursionError) as error:  # malformed, not UTF-8, or nested too deep
            raise BadBody(NOT_AN_OBJECT) from error
        if has_more_values(body, MOST_VALUES):
            raise BadBody(TOO_MANY_VALUES)
        return cast(dict[str, Any], body)


def has_more_values(body: Any, most: int) -> bool:
    """Whether so many values stand in the lists and objects of the body, whichever way nested."""
    number, nested = 0, [body]
    while nested and number <= most:
        values = nested.pop()
        if isinstance(values, dict):
            values = values.values()
        elif not isinstance(values, list):
            continue
        number += len(values)
        nested += values
    return number > most
