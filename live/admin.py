"""Live connections: who is connected, from where, how late, over all processes."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from live.conf import conf
from live.log.reading import head
from live.models import ServerProcess
from live.process.snapshots import end_stream, running


@admin.register(ServerProcess)
class LiveConnections(admin.ModelAdmin):  # type: ignore[type-arg]
    """One page in place of the list; superusers only, for it shows addresses."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    has_module_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        end = self.admin_site.admin_view(require_POST(self.end))
        return [path("end/", end, name="live_end_stream"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        processes = running()
        _explain(processes)
        context = {
            **self.admin_site.each_context(request),
            "title": "Live connections",
            "opts": self.opts,
            "head": head(),
            "processes": processes,
            "total": sum(process.state["count"] for process in processes),
            "every": conf.HEARTBEAT_SECONDS,
        }
        return TemplateResponse(request, "admin/live/connections.html", context)

    def end(self, request: HttpRequest) -> HttpResponse:
        """End one stream: {process, number}. Its browser comes back and resumes."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        number = request.POST.get("number", "")
        known = {process.name for process in running()}
        if request.POST.get("process") in known and number.isdecimal() and len(number) < 15:
            end_stream(request.POST["process"], int(number))
            messages.success(request, "The stream is being ended; its browser comes back.")
        else:
            messages.error(request, "That process is gone, and its streams with it.")
        site = self.admin_site.name  # a project may have several, and name its own as it likes
        here = reverse("admin:live_serverprocess_changelist", current_app=site)
        return HttpResponseRedirect(here)


def _explain(processes: list[ServerProcess]) -> None:
    """Names for ids and for processes, since when one polls, and how many streams are not
    listed."""
    ids = {stream["user"] for process in processes for stream in process.state["streams"]}
    users = get_user_model()._default_manager.filter(pk__in=ids)
    names = {str(user.pk): user.get_username() for user in users}  # JSON knows no UUID
    for process in processes:
        process.title = _title(process)  # type: ignore[attr-defined]
        silent = process.state.get("bell_silent_for")  # seconds, at its last word
        if silent is not None:
            since = process.at - timedelta(seconds=silent)
            process.polls_since = since  # type: ignore[attr-defined]
        listed = process.state["streams"]
        process.state["unlisted"] = process.state["count"] - len(listed)
        for stream in listed:
            stream["name"] = names.get(str(stream["user"]), "deleted user")


def _title(process: ServerProcess) -> str:
    """As an operator knows it: by its host, and there by its port and its pid. The name that it has
    among the processes ends with a token, for a pid comes again."""
    host, _, rest = process.name.partition(":")
    port, pid = process.state.get("port"), rest.partition(":")[0]
    return ", ".join([host, *([f"port {port}"] if port else []), *([f"pid {pid}"] if pid else [])])
