"""The form of a webhook: where, what of, and which queues'."""

from typing import Any

from django import forms
from django.conf import settings

from tickets.models import Queue
from tickets.visibility import queue_audience
from tickets.webhooks.addresses import BadAddress, checked, refuse_inside
from tickets.webhooks.models import EVENTS, EVERY_QUEUE, LONGEST_URL, Webhook

MOST = 20  # webhooks: each may get a row at each change
NAME_TAKEN = "There is a webhook of this name already."
ENOUGH = f"There are {MOST} webhooks already, and more would slow down each change."
IN_WORDS = {
    "ticket.created": "A ticket is opened",
    "ticket.updated": "A ticket is changed",
    "ticket.removed": "A ticket is moved away or deleted",
    "comment.created": "Somebody writes on a ticket",
    "comment.mailed": "The mail of a reply is queued, sent or fails",
}
CHOOSE_QUEUES = "Choose queues, or every queue."


class WebhookForm(forms.ModelForm):  # type: ignore[type-arg]
    url = forms.CharField(
        label="Address", max_length=LONGEST_URL,
        widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false"}),
    )  # fmt: skip
    events = forms.MultipleChoiceField(
        choices=[(name, IN_WORDS[name]) for name in EVENTS], widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose what to send."},
    )  # fmt: skip
    every_queue = forms.BooleanField(required=False, label="Of every queue")
    queues = forms.ModelMultipleChoiceField(
        Queue.objects.all(), required=False, label="Or of these queues",
        error_messages={"invalid_choice": "There is no such queue any more: choose again."},
    )  # fmt: skip

    field_order = ("name", "url", "events", "every_queue", "queues", "notes")

    class Meta:
        model = Webhook
        fields = ("name", "url", "notes")
        error_messages = {"name": {"unique": NAME_TAKEN}}

    def __init__(self, data: Any = None, *, instance: Webhook | None = None) -> None:
        initial: dict[str, Any] = {"events": list(EVENTS), "every_queue": True}
        if instance is not None:
            ids = [word.partition(":")[2] for word in instance.audience.split() if ":" in word]
            initial = {
                "events": instance.events.split(),
                "every_queue": instance.audience == EVERY_QUEUE,
                "queues": Queue.objects.filter(pk__in=ids),
            }
        super().__init__(data, instance=instance, initial=initial)

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        try:
            parts = checked(url)
            refuse_inside(f"{parts.hostname}", settings.WEBHOOK_ALLOWED_NETWORKS)
        except BadAddress as refusal:
            raise forms.ValidationError(f"{refusal}") from None
        return url

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.instance.pk is None and Webhook.objects.count() >= MOST:
            raise forms.ValidationError(ENOUGH)
        if not cleaned.get("every_queue") and not cleaned.get("queues"):
            self.add_error("queues", CHOOSE_QUEUES)
        return cleaned

    def save(self, commit: bool = True) -> Webhook:
        hook: Webhook = self.instance
        hook.events = " ".join(self.cleaned_data["events"])
        chosen = sorted(queue.pk for queue in self.cleaned_data["queues"])
        words = " ".join(queue_audience(pk) for pk in chosen)
        hook.audience = EVERY_QUEUE if self.cleaned_data["every_queue"] else words
        saved: Webhook = super().save(commit)
        return saved
