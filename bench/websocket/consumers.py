from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer


class Tickets(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        user = self.scope["user"]
        if not user.is_authenticated:
            await self.close()
            return
        self.queues = [f"queue-{number}" for number in await queues_of(user)]
        for queue in self.queues:
            await self.channel_layer.group_add(queue, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        for queue in getattr(self, "queues", []):
            await self.channel_layer.group_discard(queue, self.channel_name)

    async def ticket_changed(self, event: dict[str, Any]) -> None:
        await self.send(text_data=event["text"])


@database_sync_to_async
def queues_of(user: Any) -> list[int]:
    return list(user.queues.values_list("pk", flat=True))
