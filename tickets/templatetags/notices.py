"""What pages show of notices, each asked for where it stands."""

from typing import Any

from django import template

from tickets.notices.muting import ticked_kinds
from tickets.notices.reading import Bell

register = template.Library()
register.simple_tag(ticked_kinds)


@register.simple_tag
def bell_of(user: Any) -> Bell:
    return Bell(user)
