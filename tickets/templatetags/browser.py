"""What the pages' scripts have to know of the settings."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def csrf_cookie_name() -> str:
    """The cookie from which scripts read the token of a form at the moment of sending."""
    return str(settings.CSRF_COOKIE_NAME)
