"""How pages show files. For those that come live, static/tickets/attached.js shows the same."""

from django import template

from tickets.attachments.limits import LARGEST, MOST, in_words
from tickets.attachments.shown import url_of

register = template.Library()
register.filter("url_of", url_of)
register.filter("in_words", in_words)


@register.simple_tag
def most_files() -> int:
    return MOST


@register.simple_tag
def largest_files() -> int:
    return LARGEST


@register.simple_tag
def limits_of_files() -> str:
    return f"Up to {MOST} files, of {in_words(LARGEST)} together."
