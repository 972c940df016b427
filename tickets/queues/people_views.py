"""The page of people: who may sign in, who is added, and who may not sign in any more."""

from http import HTTPStatus
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

import live
from tickets.board import OPEN
from tickets.forms import valid
from tickets.models import Ticket
from tickets.names import name_of
from tickets.pages import page
from tickets.queues.forms import PersonForm
from tickets.queues.guards import REFUSED, Refused, answer, do_once, for_superusers, refused
from tickets.queues.last_superuser import keep_one
from tickets.queues.lists import everybody, found, part_of, with_queue_count

NOT_YOURSELF = "You cannot deactivate yourself: another superuser can."
NAME_TAKEN = "A user with that username already exists."


@require_safe
@for_superusers
def people(request: HttpRequest) -> HttpResponse:
    head = live.head()
    searched = request.GET.get("name", "")
    listed = part_of(with_queue_count(found(everybody(), searched)), request.GET.get("page", ""))
    context = {"place": "queues", "listed": listed, "searched": searched}
    return page(request, "queues/people.html", head, context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_superusers
def add_person(request: HttpRequest) -> HttpResponseBase:
    head = live.head()
    form, key, status = PersonForm(request.POST or None), None, HTTPStatus.OK
    if request.method == "POST":
        try:
            do_once(request, lambda: _added(valid(form)), "They can sign in now.")
            return redirect("people")
        except REFUSED as error:
            key, status = refused(form, error, username=NAME_TAKEN)
    context = {"place": "queues", "form": form, "key": key}
    return page(request, "queues/add_person.html", head, context, status=status)


def _added(accepted: PersonForm) -> Any:
    person = accepted.save()
    if queue := accepted.cleaned_data["queue"]:
        queue.agents.add(person)
    return person


@require_POST
@for_superusers
def set_active(request: HttpRequest, user_id: int) -> HttpResponseBase:
    """Somebody who is not active cannot sign in, and is signed out within a heartbeat."""
    person = get_object_or_404(get_user_model(), pk=user_id)
    is_active = request.POST.get("active") == "1"

    def save() -> Any:
        if person == request.user and not is_active:
            raise Refused(NOT_YOURSELF)
        with transaction.atomic():
            if not is_active:
                keep_one([person.pk])
            person.is_active = is_active
            person.save(update_fields=["is_active"])
        return person

    return answer(request, save, _sentence(person, is_active), "people")


def _sentence(person: Any, is_active: bool) -> str:
    if is_active:
        return f"{name_of(person)} can sign in again."
    left = Ticket.objects.filter(assignee=person, status__in=OPEN).count()
    sentence = f"{name_of(person)} cannot sign in any more."
    if left:
        tickets = "1 open ticket is" if left == 1 else f"{left} open tickets are"
        sentence += f" {tickets} still assigned to them."
    return sentence
