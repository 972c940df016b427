"""A form of the admin that is sent twice is saved once (idempotency.py)."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from tickets.idempotency import KeyRefused, Sent, once


class NotSaved(Exception):
    """The form was refused, and is shown again. Raised so that its key is not remembered."""

    def __init__(self, answer: HttpResponse) -> None:
        self.answer = answer


class SavedOnce(admin.ModelAdmin):  # type: ignore[type-arg]
    """Its form carries a key. What the same form had saved before is shown, and not saved again."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:  # fmt: skip
        def answer() -> HttpResponse:
            return super(SavedOnce, self).changeform_view(
                request, object_id, form_url, extra_context
            )

        answers: list[HttpResponse] = []

        def save() -> Model:
            answers.append(answer())
            saved: Model | None = getattr(request, "saved_in_admin", None)
            if saved is None:
                raise NotSaved(answers[0])
            return saved

        if request.method != "POST":
            return answer()
        try:
            done = once(Sent.by_form(request), save)
        except NotSaved as refusal:
            return refusal.answer
        except KeyRefused as refusal:
            request.key_refusal = refusal  # type: ignore[attr-defined]  # for the form to say
            return answer()
        return answers[0] if done.made else self._was_saved_before(request, done.made_id)

    def response_add(self, request: HttpRequest, obj: Any, *args: Any) -> HttpResponse:
        request.saved_in_admin = obj  # type: ignore[attr-defined]
        return super().response_add(request, obj, *args)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        request.saved_in_admin = obj  # type: ignore[attr-defined]
        return super().response_change(request, obj)

    def _was_saved_before(self, request: HttpRequest, pk: int) -> HttpResponse:
        name = str(self.opts.verbose_name).capitalize()
        sentence = f"{name} #{pk} was saved once, though this was sent twice."
        self.message_user(request, sentence, messages.SUCCESS)
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
