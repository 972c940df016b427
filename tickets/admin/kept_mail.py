"""Mail that was kept aside, in the admin: why, what it says, and what is to become of it.

Anybody may have written it, to whichever queue, so it is for superusers only.
"""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html

from tickets.admin.records import ReadOnlyAdmin
from tickets.attachments.limits import in_words
from tickets.inbox.again import take_in_again
from tickets.inbox.arriving import Refused, TryAgain
from tickets.inbox.models import KeptMail

SHOWN = 100_000  # bytes of a message on its page
AT_ONCE = 50  # messages that are taken in by one request


@admin.register(KeptMail)
class KeptMailAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "at", "why", "sender", "subject", "bytes")
    search_fields = ("sender", "subject", "reason")
    ordering = ("-id",)
    show_full_result_count = False
    list_per_page = 50
    fields = ("reason", "at", "sender", "subject", "bytes", "file", "text")
    actions = ("take_in", "discard")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    has_module_permission = has_view_permission

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Django's own deletion would show each piece of a message on its page."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    @admin.action(permissions=["view"], description="Take in selected mail again")
    def take_in(self, request: HttpRequest, kept: QuerySet[KeptMail]) -> None:
        if kept.count() > AT_ONCE:
            sentence = f"Nothing was done: at most {AT_ONCE} are taken in at a time."
            self.message_user(request, sentence, messages.ERROR)
            return
        for mail in kept.order_by("pk"):
            name = f"{mail}"
            try:
                arrived = take_in_again(mail)
            except (Refused, TryAgain) as error:
                self.message_user(request, f"{name}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"{name} {arrived.deed}.", messages.SUCCESS)

    @admin.action(permissions=["view"], description="Discard selected mail for good")
    def discard(self, request: HttpRequest, kept: QuerySet[KeptMail]) -> None:
        count = kept.count()
        kept.delete()
        self.message_user(request, f"{count} discarded.", messages.SUCCESS)

    @admin.display(description="kept aside because", ordering="reason")
    def why(self, mail: KeptMail) -> str:
        return mail.reason

    @admin.display(description="size", ordering="size")
    def bytes(self, mail: KeptMail) -> str:
        return in_words(mail.size)

    @admin.display(description="download")
    def file(self, mail: KeptMail) -> str:
        url = reverse("admin:tickets_keptmail_file", args=[mail.pk])
        return format_html('<a href="{}">{}</a>', url, file_name(mail))

    @admin.display(description="as it came")
    def text(self, mail: KeptMail) -> str:
        text = mail.read(SHOWN).decode("utf-8", "replace").replace("\r\n", "\n").replace("\0", "�")
        return text if mail.size <= SHOWN else f"{text}\n…"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.file_view)
        own = path("<id:number>/file/", view, name="tickets_keptmail_file")
        return [own, *super().get_urls()]

    def file_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """The message itself, to be saved, and never to be shown by the browser."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        mail = get_object_or_404(KeptMail, pk=number)
        return HttpResponse(
            mail.read(),
            content_type="application/octet-stream",
            headers={
                "Content-Disposition": f'attachment; filename="{file_name(mail)}"',
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "sandbox; default-src 'none'",
            },
        )


def file_name(mail: KeptMail) -> str:
    return f"message-{mail.pk}.eml"
