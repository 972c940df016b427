"""What a ticket's status and priority may be, and how a comment may have come."""

from django.db import models


class Status(models.TextChoices):
    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Priority(models.TextChoices):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Via(models.TextChoices):
    """How a comment came."""

    PAGE = "page"
    API = "api"
    PHONE = "phone"
    MAIL = "mail"
