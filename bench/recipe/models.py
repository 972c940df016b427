from django.conf import settings
from django.db import models


class Queue(models.Model):
    name = models.CharField(max_length=100, unique=True)
    agents = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="queues")


class Ticket(models.Model):
    subject = models.CharField(max_length=200)
    queue = models.ForeignKey(Queue, models.PROTECT)
    status = models.CharField(max_length=10, default="new")
    priority = models.CharField(max_length=10, default="normal")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
