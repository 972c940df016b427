"""Files that belong to what was said on a ticket: stored, sent along, shown, and taken away again.

A file is uploaded first, and waits (`pending`) until a comment takes it along. It is kept in
MEDIA_ROOT under a name that nobody can guess, and leaves the disk when its row has gone.
"""

from tickets.attachments.models import Attachment
from tickets.attachments.storing import store
from tickets.attachments.taking import describe

__all__ = ["Attachment", "describe", "store"]
