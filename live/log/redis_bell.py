"""Redis carries the bell through the channel layer of Django Channels, where a project has
configured one. Only this module knows the layer."""

import asyncio
from contextlib import suppress
from typing import Any

from asgiref.sync import async_to_sync
from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import channel_layers, get_channel_layer

from live.log.carrier import Carrier
from live.log.threads import DatabaseThreads

GROUP = "live-bell"
SENDING = 1.0  # seconds the layer may take for a ring
REJOIN = 3600.0  # seconds between joins of the group, which the layer forgets after a day


class RedisCarrier(Carrier):
    name = "Redis"

    def __init__(self, process: str, threads: DatabaseThreads) -> None:
        super().__init__(process, threads)
        self._layer = new_layer()

    @classmethod
    def is_there(cls) -> bool:
        return DEFAULT_CHANNEL_LAYER in channel_layers.configs

    @staticmethod
    def send_once(word: str) -> None:
        async_to_sync(send)(get_channel_layer(), word)

    async def _send(self, word: str) -> None:
        await send(self._layer, word)

    async def _hear(self) -> None:
        ear = await self._layer.new_channel()
        while True:
            await self._layer.group_add(GROUP, ear)
            self._can_hear()
            with suppress(TimeoutError):
                async with asyncio.timeout(REJOIN):
                    while True:
                        message = await self._layer.receive(ear)
                        self._heard(message["from"])


def new_layer() -> Any:
    """A channel layer for one event loop alone, since the layer on Redis lets only one loop listen
    at a time."""
    return channel_layers.make_backend(DEFAULT_CHANNEL_LAYER)


async def send(layer: Any, word: str) -> None:
    async with asyncio.timeout(SENDING):
        await layer.group_send(GROUP, {"type": "ring", "from": word})
