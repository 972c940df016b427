"""The pages on which superusers manage webhooks, and look at what was sent."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

import live
from tickets.forms import valid
from tickets.pages import page
from tickets.queues.guards import REFUSED, answer, do_once, refused, superusers_only
from tickets.queues.lists import part_of
from tickets.webhooks.forms import NAME_TAKEN, WebhookForm
from tickets.webhooks.models import Delivery, Webhook
from tickets.webhooks.signing import new_secret
from tickets.webhooks.working import wake

for_superusers = superusers_only("Only superusers manage webhooks.", "webhooks")
ADDED = "The webhook is there, and is on."


@require_http_methods(["GET", "HEAD", "POST"])
@for_superusers
def webhooks(request: HttpRequest) -> HttpResponseBase:
    """The list of webhooks. A POST adds one, and answers with its page, for its secret is shown
    only there and then."""
    head = live.head()
    form, key, status = WebhookForm(request.POST or None), None, HTTPStatus.OK
    if request.method == "POST":
        form.instance.secret = new_secret()
        try:
            done = do_once(request, lambda: valid(form).save(), ADDED)
            if done.made is None:
                return redirect("webhook", done.made_id)
            return _page_of(request, done.made, secret=done.made.secret)
        except REFUSED as error:
            key, status = refused(form, error, name=NAME_TAKEN)
    rows = Delivery.objects.filter(webhook=OuterRef("pk"), delivered_at=None).order_by()
    waiting = Subquery(rows.values("webhook").annotate(n=Count("pk")).values("n"))
    listed = Webhook.objects.annotate(waiting=Coalesce(waiting, 0))
    context = {"place": "queues", "listed": listed, "form": form, "key": key}
    return page(request, "webhooks/webhooks.html", head, context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_superusers
def webhook(request: HttpRequest, webhook_id: int) -> HttpResponseBase:
    """A webhook with its deliveries. A POST changes it."""
    hook = get_object_or_404(Webhook, pk=webhook_id)
    if request.method != "POST":
        return _page_of(request, hook)
    form = WebhookForm(request.POST, instance=hook)
    try:
        do_once(request, lambda: valid(form).save(), "Saved.")
    except REFUSED as error:
        key, status = refused(form, error, name=NAME_TAKEN)
        hook.refresh_from_db()
        return _page_of(request, hook, form=form, key=key, status=status)
    return redirect("webhook", webhook_id)


@require_POST
@for_superusers
def switch(request: HttpRequest, webhook_id: int) -> HttpResponseBase:
    hook = get_object_or_404(Webhook, pk=webhook_id)
    is_on = request.POST.get("on") == "1"

    def save() -> Webhook:
        hook.is_on, hook.trouble = is_on, ""
        hook.save(update_fields=["is_on", "trouble"])
        if is_on:
            wake()
        return hook

    return answer(request, save, f"{hook.name} is {'on' if is_on else 'off'}.", "webhook", hook.pk)


@require_POST
@for_superusers
def renew_secret(request: HttpRequest, webhook_id: int) -> HttpResponseBase:
    hook = get_object_or_404(Webhook, pk=webhook_id)
    hook.secret = new_secret()
    hook.save(update_fields=["secret"])
    messages.success(request, "From now on messages are signed with the new secret.")
    return _page_of(request, hook, secret=hook.secret)


@require_POST
@for_superusers
def delete(request: HttpRequest, webhook_id: int) -> HttpResponseBase:
    hook = get_object_or_404(Webhook, pk=webhook_id)
    hook.delete()
    messages.success(request, f"{hook.name} is deleted, with all that was kept for it.")
    return redirect("webhooks")


@require_safe
@for_superusers
def delivery(request: HttpRequest, delivery_id: int) -> HttpResponse:
    head = live.head()
    shown = get_object_or_404(Delivery.objects.select_related("webhook"), pk=delivery_id)
    context = {"place": "queues", "delivery": shown}
    return page(request, "webhooks/delivery.html", head, context)


@require_POST
@for_superusers
def send_again(request: HttpRequest, delivery_id: int) -> HttpResponseBase:
    """The same message with the same id, at once. What waits behind it waits on."""
    sent = get_object_or_404(Delivery.objects.select_related("webhook"), pk=delivery_id)

    def again() -> Delivery:
        Delivery.objects.filter(pk=sent.pk).update(
            delivered_at=None, due_at=sent.created_at, tries=0
        )
        wake()
        return sent

    sentence = "It is sent again." if sent.webhook.is_on else "It is sent once the webhook is on."
    return answer(request, again, sentence, "delivery", sent.pk)


def _page_of(
    request: HttpRequest, hook: Webhook, *, form: WebhookForm | None = None,
    status: HTTPStatus = HTTPStatus.OK, **context: Any,
) -> HttpResponse:  # fmt: skip
    head = live.head()
    rows = hook.deliveries.defer("body", "answer")
    if only := request.GET.get("only") == "waiting":
        rows = rows.filter(delivered_at=None)
    listed = part_of(rows, request.GET.get("page", ""))
    shared = {
        "place": "queues",
        "hook": hook,
        "form": form or WebhookForm(instance=hook),
        "listed": listed,
        "only_waiting": only,
        "number_waiting": hook.deliveries.filter(delivered_at=None).count(),
    }
    return page(request, "webhooks/webhook.html", head, {**shared, **context}, status=status)
