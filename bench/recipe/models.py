"""The recipe's tickets. mypy knows the models of ticketsystem.settings only, so that these say
themselves what Django gives them."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models


class Queue(models.Model):
    name = models.CharField(max_length=100, unique=True)
    agents = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="queues")
    objects: ClassVar[models.Manager[Self]]


class Ticket(models.Model):
    subject = models.CharField(max_length=200)
    queue = models.ForeignKey(Queue, models.PROTECT)
    status = models.CharField(max_length=10, default="new")
    priority = models.CharField(max_length=10, default="normal")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    objects: ClassVar[models.Manager[Self]]
    queue_id: int
