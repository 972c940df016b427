"""The admin's bulk jobs: the same for many tickets, confirmed once, and done in bounded steps.

A form asks for the new value of one field, or whether the tickets are to be deleted. What was
confirmed is stored as a job with an item for each ticket. A step does as many items as fit into
moderate time, each in a transaction of its own together with its result. So a job that is broken
off, by a closed page or a stopped server, goes on where it was, and no ticket is done twice.
"""

import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.admin.models import DELETION, LogEntry
from django.core.exceptions import ValidationError
from django.db import transaction

from tickets import editing
from tickets.bookkeeping import BulkItem, BulkJob
from tickets.database_time import clock
from tickets.merging.refusals import Merged
from tickets.models import Ticket
from tickets.person_field import PersonField
from tickets.public import in_words
from tickets.visibility import NO_SUCH_TICKET, assignable

MOST = 100_000  # tickets of one job
STEP_ITEMS = 200  # so many are done in one request at most; then the page shows how far it is
STEP_SECONDS = 10  # and less where the database is slow, for proxies give a request up
ROWS_AT_ONCE = 1000  # items written by one statement
KEPT = timedelta(days=30)


class BulkForm(forms.Form):
    """Asks for the new value, and carries the numbers of the tickets that were selected, in one
    field: Django refuses a form of more than a thousand fields.

    The list's filter is not asked again, for the list may have changed: a ticket that matches only
    now was not selected, and a ticket that matches no more still gets its result.
    """

    numbers = forms.RegexField(r"^\d{1,18}(,\d{1,18})*$", widget=forms.HiddenInput)

    def __init__(self, field: str, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if field:
            self.fields["value"] = value_field(field)
        for name in self.fields:
            self.fields[name].widget.attrs["autocomplete"] = "off"

    @property
    def count(self) -> int:
        return len(str(self["numbers"].value()).split(","))

    def clean_numbers(self) -> list[int]:
        numbers = dict.fromkeys(int(number) for number in self.cleaned_data["numbers"].split(","))
        if len(numbers) > MOST:
            raise ValidationError(f"Choose at most {MOST:,} tickets at once, not {len(numbers):,}.")
        return [*numbers]


def value_field(field: str) -> forms.Field:
    """The form field in which the new value of a ticket's field is chosen."""
    if field == "assignee":
        return PersonField(assignable(), required=False, empty_label="nobody")
    model_field: Any = Ticket._meta.get_field(field)
    chosen: forms.Field = model_field.formfield()
    return chosen


def start(user: Any, numbers: Iterable[int], field: str, value: str) -> BulkJob:
    """Store what the user has confirmed. Jobs that are long over are cleared away."""
    with transaction.atomic():
        BulkJob.objects.filter(user=user, created_at__lt=clock.now() - KEPT).delete()
        job = BulkJob.objects.create(user=user, field=field, value=value)
        BulkItem.objects.bulk_create(
            (BulkItem(job=job, number=number) for number in numbers), batch_size=ROWS_AT_ONCE
        )
    return job


def step(job: BulkJob) -> None:
    """Do as many of the waiting items as one request may take time for, and at least one."""
    end = time.monotonic() + STEP_SECONDS
    try:
        value = value_field(job.field).clean(job.value) if job.field else None
        refusal = ""
    except ValidationError as error:  # since it was chosen, the user or the queue has gone
        value, refusal = None, " ".join(error.messages)
    for key in [*job.items.filter(result="").values_list("pk", flat=True)[:STEP_ITEMS]]:
        with transaction.atomic():
            item = BulkItem.objects.select_for_update().filter(pk=key, result="").first()
            if item is not None:  # else another page of the same job has just done it
                result, why = None, refusal or NO_SUCH_TICKET
                try:
                    result = None if refusal else _do(job, item.number, value)
                except Merged as merged:
                    why = f"{merged}"
                item.refused = result is None
                item.result = result or f"refused: {why}"
                item.save(update_fields=["result", "refused"])
        if time.monotonic() > end:
            break


def _do(job: BulkJob, number: int, value: Any) -> str | None:
    """What became of the ticket, or None where the user sees no such ticket."""
    if job.field:
        (edited,) = editing.edit_each(job.user, [number], {job.field: value})
        if edited.ticket is None:
            return None
        words = in_words(edited.ticket, job.field) or "nobody"
        return f"{'now' if edited.is_changed else 'already was'} {words}"
    try:
        with transaction.atomic():
            ticket = editing.hold(job.user, number)
            LogEntry.objects.log_actions(job.user.pk, [ticket], DELETION)
            editing.delete(job.user, number)
    except Ticket.DoesNotExist:
        return None
    return "deleted"
