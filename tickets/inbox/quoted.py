"""The whole text of a message of which a page shows only what is new in it."""

from django.db.models import Exists, OuterRef
from django.http import Http404

from tickets.inbox.models import MailText
from tickets.models import Comment, Ticket

# Whether there is one, for a query of comments or tickets, which then reads no long text.
QUOTED_COMMENT = Exists(MailText.objects.filter(comment=OuterRef("pk")))
QUOTED_DESCRIPTION = Exists(MailText.objects.filter(ticket=OuterRef("pk")))


def whole_text(of: Comment | Ticket) -> str:
    column = "comment" if isinstance(of, Comment) else "ticket"
    text = MailText.objects.filter(**{column: of.pk}).values_list("text", flat=True).first()
    if text is None:
        raise Http404("There is no more of this text.")
    return text
