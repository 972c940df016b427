"""The bulk actions of the admin's ticket list, and the pages of a bulk job: what is asked, how far
it is, and what became of each ticket."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.safestring import SafeString, mark_safe

from tickets.bookkeeping import BulkJob
from tickets.bulk import MOST, BulkForm, start, step
from tickets.models import Ticket

RESULTS_AT_ONCE = 500  # lines of one page


class BulkActions(admin.ModelAdmin):  # type: ignore[type-arg]
    actions = ("delete_selected", "assign", "set_status", "set_priority", "move")

    # Django's own action of this name posts a field for each ticket, and deletes all of them in
    # one transaction and one request.
    @admin.action(permissions=["delete"], description="Delete selected tickets")
    def delete_selected(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> HttpResponse:
        return self._in_bulk(request, tickets, "delete_selected", "")

    @admin.action(permissions=["change"], description="Assign selected tickets to …")
    def assign(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> HttpResponse:
        return self._in_bulk(request, tickets, "assign", "assignee")

    @admin.action(permissions=["change"], description="Set the status of selected tickets to …")
    def set_status(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> HttpResponse:
        return self._in_bulk(request, tickets, "set_status", "status")

    @admin.action(permissions=["change"], description="Set the priority of selected tickets to …")
    def set_priority(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> HttpResponse:
        return self._in_bulk(request, tickets, "set_priority", "priority")

    @admin.action(permissions=["change"], description="Move selected tickets to queue …")
    def move(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> HttpResponse:
        return self._in_bulk(request, tickets, "move", "queue")

    def action_checkbox(self, obj: Ticket) -> SafeString:
        """After "Back" Chromium ticks the boxes by their place in the list, on which another ticket
        may stand by now."""
        box = super().action_checkbox(obj)
        return mark_safe(box.replace("<input ", '<input autocomplete="off" ', 1))  # noqa: S308

    def get_urls(self) -> list[Any]:
        job = self.admin_site.admin_view(self.job_view)
        return [path("bulk/<id:number>/", job, name="tickets_bulk_job"), *super().get_urls()]

    def job_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """How far the job is. A POST does the next step, for the user alone who confirmed it."""
        job = get_object_or_404(BulkJob.objects.select_related("user"), pk=number)
        if job.user != request.user:
            raise Http404
        if request.method == "POST":
            self._refuse_strangers(request, job)
            step(job)
            return HttpResponseRedirect(self._url_of(job))
        return self._job_page(request, job)

    def _in_bulk(
        self, request: HttpRequest, selected: QuerySet[Ticket], action: str, field: str
    ) -> HttpResponse:
        """Ask for the value, or whether to delete. Once that is given, do the first step."""
        if "numbers" in request.POST:
            form = BulkForm(field, request.POST)
            if form.is_valid():
                value = str(form.data.get("value", ""))
                job = start(request.user, form.cleaned_data["numbers"], field, value)
                step(job)
                return self._job_page(request, job)
        else:
            numbers = selected.order_by("pk").values_list("pk", flat=True)[: MOST + 1]
            form = BulkForm(field, initial={"numbers": ",".join(map(str, numbers.iterator()))})
        name = f"Set the {field} of" if field else "Delete"
        context = {"title": f"{name} {form.count} selected", "action": action, "form": form}
        return self._page(request, "admin/tickets/ticket/bulk.html", context)

    def _job_page(self, request: HttpRequest, job: BulkJob) -> HttpResponse:
        done = ~Q(result="")
        counts = job.items.aggregate(
            total=Count("pk"),
            done=Count("pk", filter=done),
            refused=Count("pk", filter=Q(refused=True)),
        )
        results = job.items.filter(done).order_by("-refused", "pk")  # refusals first
        context = {
            "title": str(job).capitalize(),
            "job": job,
            "job_url": self._url_of(job),
            "is_done": counts["done"] == counts["total"],
            "results": Paginator(results, RESULTS_AT_ONCE).get_page(request.GET.get("p")),
            **counts,
        }
        return self._page(request, "admin/tickets/ticket/bulk_job.html", context)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, template, {**shared, **context})

    def _url_of(self, job: BulkJob) -> str:
        return reverse("admin:tickets_bulk_job", args=[job.pk], current_app=self.admin_site.name)

    def _refuse_strangers(self, request: HttpRequest, job: BulkJob) -> None:
        """The user may have lost the permission since they confirmed the job."""
        allowed = self.has_change_permission if job.field else self.has_delete_permission
        if not allowed(request):
            raise PermissionDenied
