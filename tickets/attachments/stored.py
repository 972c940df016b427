"""How much the attached files take up, and how much more there is room for.

The database has no running sum, and adds up all rows when it is asked (a million on SQLite: 0.1 s
of CPU, by hand). So a process looks at most every five minutes, however often it is asked; and one
thread at a time, so that a file system that does not answer holds up no second one. Whoever asks
meanwhile hears what was found last.
"""

import logging
import math
import shutil
from threading import Lock
from time import monotonic

from django.conf import settings
from django.db.models import Sum

from tickets.attachments.models import Attachment

logger = logging.getLogger(__name__)

EVERY = 300.0  # seconds


class Stored:
    def __init__(self) -> None:
        self.size = math.nan  # bytes of all files, those that are not sent yet among them
        self.free = math.nan  # bytes that the file system of MEDIA_ROOT has left
        self._next = 0.0
        self._looking = Lock()

    def look(self) -> None:
        """Find out, if that was long ago. What cannot be found out is nobody's guess."""
        if monotonic() < self._next or not self._looking.acquire(blocking=False):
            return
        try:
            self._next = monotonic() + EVERY
            self.size = self.free = math.nan
            self.size = Attachment.objects.aggregate(all=Sum("size"))["all"] or 0
            self.free = shutil.disk_usage(settings.MEDIA_ROOT).free
        except OSError as error:  # there is no such folder before the first file
            logger.info("MEDIA_ROOT cannot be asked for its room: %s", error)
        finally:
            self._looking.release()
