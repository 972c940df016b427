"""Store what somebody uploads, or what came by mail: on the disk, as a row that is pending."""

import errno
import logging
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO

from django.db import transaction

from tickets.attachments import keeping
from tickets.attachments.limits import (
    LARGEST,
    DiskFull,
    Empty,
    NotStored,
    TooLarge,
    refuse_to_store,
)
from tickets.attachments.models import Attachment
from tickets.attachments.names import safe_name
from tickets.attachments.sniffing import HEAD, kind_of

logger = logging.getLogger(__name__)

FULL = {errno.ENOSPC, errno.EDQUOT}


def store(ticket: Any, name: str, stream: BinaryIO, *, uploader: Any = None) -> Attachment:
    """The file, stored and pending: only its uploader sees it before a comment takes it along. It
    goes with the transaction of the caller, if there is one. Raises Refused."""
    return _store(ticket, name, keeping.pieces_of(stream), uploader)


def _store(ticket: Any, given: str, pieces: Iterator[bytes], uploader: Any) -> Attachment:
    name, place = safe_name(given), keeping.new_place()
    try:
        keeping.make_ready()
        refuse_to_store(ticket, uploader)
        size = _written(place, name, pieces)
        with keeping.opened_incoming(place) as file:
            kind = kind_of(file.read(HEAD), name)
        with transaction.atomic():
            stored = Attachment.objects.create(
                ticket=ticket, uploader=uploader, name=name, size=size, file=place,
                type=kind.type, width=kind.width, height=kind.height,
            )  # fmt: skip
            transaction.on_commit(partial(keeping.settle, place))
    except OSError as error:
        keeping.drop_incoming(place)
        logger.exception("a file could not be stored in MEDIA_ROOT")
        raise (DiskFull if error.errno in FULL else NotStored)() from error
    except BaseException:
        keeping.drop_incoming(place)
        raise
    return stored


def _written(place: str, name: str, pieces: Iterator[bytes]) -> int:
    size = keeping.write(place, pieces, LARGEST)
    if size > LARGEST:
        raise TooLarge(name)
    if size == 0:
        raise Empty(name)
    return size
