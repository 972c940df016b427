import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from bench.recipe.models import Queue, Ticket


def as_json(ticket: Ticket) -> dict[str, Any]:
    return {
        "id": ticket.pk,
        "subject": ticket.subject,
        "status": ticket.status,
        "priority": ticket.priority,
        "queue": {"id": ticket.queue.pk, "name": ticket.queue.name},
        "created_at": ticket.created_at,
        "updated_at": ticket.updated_at,
    }


@require_POST
@login_required
def create_ticket(request: HttpRequest) -> JsonResponse:
    given = json.loads(request.body)
    queue = Queue.objects.get(pk=given["queue"])
    ticket = Ticket.objects.create(subject=given["subject"], queue=queue)
    return JsonResponse(as_json(ticket), status=201)
