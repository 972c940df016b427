"""`manage.py receive_mail`: takes one message in, which a mail server hands to it."""

import logging
import os
import sys
from typing import Any

from django.core.management.base import BaseCommand

from tickets.inbox.arriving import TryAgain, receive
from tickets.inbox.reading import LARGEST

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Take in one message from standard input, for the pipe of a mail server. It becomes a"
        " comment or a ticket, or is kept aside with its reason. Exits with 0, or with 75 where the"
        " mail server should try again later: then nothing was done. docs/mail-in.md has the lines"
        " for Postfix and Exim."
    )
    requires_system_checks = ()  # what they find must not send anybody's mail back

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            raw = sys.stdin.buffer.read(LARGEST + 1)
            if len(raw) > LARGEST:
                raise TryAgain(
                    f"The message has more than {LARGEST:,} bytes: let the mail server refuse what"
                    " is larger."
                )
            receive(raw)
        except TryAgain as error:
            self._try_again(f"{error}")
        except Exception as error:  # such as the end of the input: nothing was done
            logger.exception("a message could not be taken in")
            self._try_again(f"It failed ({type(error).__name__}).")

    def _try_again(self, sentence: str) -> None:
        self.stderr.write(f"{sentence} Try again later.")
        sys.exit(os.EX_TEMPFAIL)  # 75: mail servers keep the message, and come again
