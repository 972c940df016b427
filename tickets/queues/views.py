"""The page of all queues, and the page of each: its name, who serves it, and its end."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

import live
from tickets.forms import valid
from tickets.models import Queue
from tickets.names import name_of
from tickets.pages import page, way_back
from tickets.queues.forms import NAME_TAKEN, AgentForm, QueueForm, RenameForm
from tickets.queues.guards import REFUSED, answer, do_once, for_superusers, refused
from tickets.queues.lists import agents_of, found, part_of, with_numbers
from tickets.texts import number_in

ADDED = "The queue is there. Now give it somebody who serves it."


@require_http_methods(["GET", "HEAD", "POST"])
@for_superusers
def queues(request: HttpRequest) -> HttpResponseBase:
    """The list of queues. A POST adds one."""
    head = live.head()
    form, key, status = QueueForm(request.POST or None), None, HTTPStatus.OK
    if request.method == "POST":
        try:
            done = do_once(request, lambda: valid(form).save(), ADDED)
            return redirect(way_back(request) or reverse("queue", args=[done.made_id]))
        except REFUSED as error:
            key, status = refused(form, error, name=NAME_TAKEN)
    listed = part_of(with_numbers(Queue.objects.all()), request.GET.get("page", ""))
    context = {"place": "queues", "listed": listed, "form": form, "key": key}
    return page(request, "queues/queues.html", head, context, status=status)


@require_safe
@for_superusers
def queue(request: HttpRequest, queue_id: int) -> HttpResponse:
    return _page_of(request, queue_id)


@require_POST
@for_superusers
def rename(request: HttpRequest, queue_id: int) -> HttpResponseBase:
    form = RenameForm(_queue(queue_id), request.POST)

    def save() -> Queue:
        nonlocal form
        with transaction.atomic():
            held = Queue.objects.select_for_update(no_key=True)
            form = RenameForm(get_object_or_404(held, pk=queue_id), request.POST)
            renamed: Queue = valid(form).save()
            return renamed

    try:
        do_once(request, save, "The queue has its new name.")
    except REFUSED as error:
        key, status = refused(form, error, name=NAME_TAKEN)
        return _page_of(request, queue_id, form=form, key=key, status=status)
    return redirect("queue", queue_id)


@require_POST
@for_superusers
def add_agent(request: HttpRequest, queue_id: int) -> HttpResponseBase:
    found_queue = _queue(queue_id)
    form = AgentForm(found_queue, request.POST)
    if not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _page_of(request, queue_id, agent_form=form, status=status)
    person = form.cleaned_data["person"]

    def add() -> Queue:
        found_queue.agents.add(person)
        return found_queue

    sentence = f"{name_of(person)} serves {found_queue.name} now."
    return answer(request, add, sentence, "queue", queue_id)


@require_POST
@for_superusers
def remove_agent(request: HttpRequest, queue_id: int) -> HttpResponseBase:
    """Who serves the queue no longer is none the worse for a second removal."""
    found_queue = _queue(queue_id)
    agent = get_object_or_404(get_user_model(), pk=number_in(request.POST.get("person", "")))

    def remove() -> Queue:
        found_queue.agents.remove(agent)
        return found_queue

    sentence = (
        f"{name_of(agent)} does not serve {found_queue.name} any more, and still sees the tickets"
        " assigned to them."
    )
    return answer(request, remove, sentence, "queue", queue_id)


@require_POST
@for_superusers
def delete(request: HttpRequest, queue_id: int) -> HttpResponseBase:
    """A queue that is gone is not deleted twice, so this needs no key."""
    doomed = _queue(queue_id)
    try:
        doomed.delete()
    except ProtectedError:
        number = doomed.tickets.count()
        tickets = "1 ticket" if number == 1 else f"{number} tickets"
        messages.error(
            request,
            f"{doomed.name} was not deleted: it has {tickets}, resolved and closed ones included."
            " Move them to another queue first.",
        )
        return redirect("queue", queue_id)
    messages.success(request, f"{doomed.name} is deleted.")
    return redirect("queues")


def _page_of(
    request: HttpRequest,
    queue_id: int,
    *,
    form: RenameForm | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    **context: Any,
) -> HttpResponse:
    head = live.head()
    shown = get_object_or_404(with_numbers(Queue.objects.all()), pk=queue_id)
    searched = request.GET.get("agent", "")
    shared = {
        "place": "queues",
        "queue": shown,
        "form": form or RenameForm(shown),
        "agent_form": AgentForm(shown),
        "searched": searched,
        "listed": part_of(found(agents_of(shown), searched), request.GET.get("page", "")),
    }
    return page(request, "queues/queue.html", head, {**shared, **context}, status=status)


def _queue(queue_id: int) -> Queue:
    return get_object_or_404(Queue, pk=queue_id)
