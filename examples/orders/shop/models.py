"""What was ordered, and who packs it."""

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)


class Order(models.Model):
    class Status(models.TextChoices):
        RECEIVED = "received"
        PACKED = "packed"
        SENT = "sent"

    customer = models.CharField(max_length=100)
    items = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status, default=Status.RECEIVED)
    packer = models.ForeignKey(User, models.SET_NULL, null=True, blank=True)
    placed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self):
        return f"{self.items} for {self.customer}"

    def take_next_step(self, user):
        """From received to packed to sent, by this user."""
        steps = list(self.Status)
        self.status = steps[min(steps.index(self.Status(self.status)) + 1, len(steps) - 1)]
        self.packer = user
        self.save()
