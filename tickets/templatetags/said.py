"""How pages show what somebody wrote: as text, in which addresses are links."""

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from tickets.links import paragraphs
from tickets.public import noted, said_by, tag

register = template.Library()
register.filter("said_by", said_by)
register.filter("noted", noted)
register.filter("tag", tag)

# The page behind a link is not told where its reader came from, and cannot reach this one.
LINK = '<a href="{0}" dir="ltr" target="_blank" rel="noopener noreferrer nofollow">{0}</a>'


@register.filter
def said(text: str, is_cut: bool = False) -> SafeString:
    """Each paragraph takes its direction from its own first letter. `is_cut`: the text goes on."""
    shown = "".join(
        f'<p dir="auto">{"".join(_piece(words, is_address) for words, is_address in pieces)}</p>'
        for pieces in paragraphs(text, is_cut=is_cut)
    )
    return mark_safe(shown)  # noqa: S308  each piece is escaped


def _piece(words: str, is_address: bool) -> str:
    escaped = escape(words)
    return LINK.format(escaped) if is_address else escaped
