from typing import Any

from django.http import HttpRequest
from django_eventstream.channelmanager import DefaultChannelManager


class UserChannels(DefaultChannelManager):
    """A channel per user, and nobody reads another's."""

    def get_channels_for_request(self, request: HttpRequest, view_kwargs: Any) -> set[str]:
        return {f"user-{request.user.pk}"} if request.user.is_authenticated else set()

    def can_read_channel(self, user: Any, channel: str) -> bool:
        return user is not None and channel == f"user-{user.pk}"
