"""Store what somebody uploads, or what came by mail: on the disk, as a row that is pending."""

import errno
import logging
from collections.abc import Sequence
from functools import partial
from typing import Any, BinaryIO

from django.db import transaction

from tickets.attachments import keeping
from tickets.attachments.limits import (
    LARGEST,
    MOST,
    DiskFull,
    Empty,
    NotStored,
    Refused,
    TooLarge,
    TooMany,
    refuse_to_store,
    refuse_together,
)
from tickets.attachments.models import Attachment
from tickets.attachments.names import safe_name
from tickets.attachments.sniffing import HEAD, Kind, kind_of

logger = logging.getLogger(__name__)

FULL = {errno.ENOSPC, errno.EDQUOT}


def store(ticket: Any, name: str, stream: BinaryIO, *, uploader: Any = None) -> Attachment:
    """The file, stored and pending: only its uploader sees it before a comment takes it along. It
    goes with the transaction of the caller, if there is one. Raises Refused."""
    name, place = safe_name(name), keeping.new_place()
    size, kind = _written(ticket, uploader, name, place, stream)
    with transaction.atomic():
        stored = Attachment.objects.create(
            ticket=ticket, uploader=uploader, name=name, size=size, file=place,
            type=kind.type, width=kind.width, height=kind.height,
        )  # fmt: skip
        transaction.on_commit(partial(keeping.settle, place))
    return stored


def store_all(ticket: Any, files: Sequence[Any], uploader: Any) -> list[Attachment]:
    """What a form or a script has sent: all of them, or with Refused none."""
    if len(files) > MOST:
        raise TooMany
    stored: list[Attachment] = []
    try:
        for file in files:
            stored.append(store(ticket, file.name or "", file, uploader=uploader))
        refuse_together(stored)
    except Refused:
        for attachment in stored:
            attachment.delete()
        raise
    return stored


def _written(
    ticket: Any, uploader: Any, name: str, place: str, stream: BinaryIO
) -> tuple[int, Kind]:
    """The size and the kind of the file, which then waits for its row. Where that does not come, a
    sweep throws it away."""
    try:
        keeping.make_ready()
        refuse_to_store(ticket, uploader)
        size = keeping.write(place, stream, LARGEST)
        if size > LARGEST:
            raise TooLarge(name)
        if size == 0:
            raise Empty(name)
        with keeping.opened_incoming(place) as file:
            return size, kind_of(file.read(HEAD), name)
    except OSError as error:
        keeping.drop_incoming(place)
        logger.exception("a file could not be stored in MEDIA_ROOT")
        raise (DiskFull if error.errno in FULL else NotStored)() from error
    except Refused:
        keeping.drop_incoming(place)
        raise
