"""For the board, which shows the first steps until they are done."""

from typing import Any

from django import template

from tickets.queues.first_hour import FirstHour, first_hour

register = template.Library()


@register.simple_tag
def steps_of(user: Any) -> FirstHour | None:
    return first_hour(user)
