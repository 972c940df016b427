"""The list that a board shows, as a file."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tickets.board import OPEN, BadFilter, Filters, sort_of
from tickets.exchange import exporting
from tickets.lists.sorting import ordered
from tickets.visibility import visible_tickets

TOO_LONG = (
    f"The list has more than {exporting.MOST:,} tickets, and a table has at most so many: narrow"
    " the list by filters, and export it in parts."
)
UNDER_WAY = "As many exports are under way as may be: wait until one is done, or stop it."


@require_safe
@never_cache
@login_required
def export(request: HttpRequest) -> HttpResponseBase:
    try:
        filters = Filters.parse(request.GET, request.user, unless_named=OPEN)
        listed = ordered(filters.apply(visible_tickets(request.user)), sort_of(request.GET))
    except BadFilter as error:
        return _refused(request, f"{error}")
    if exporting.is_full(request.user.pk):
        return _refused(request, UNDER_WAY, HTTPStatus.TOO_MANY_REQUESTS)
    numbers = [] if request.method == "HEAD" else exporting.chosen(listed)
    if len(numbers) > exporting.MOST:
        return _refused(request, TOO_LONG)
    now = timezone.localtime()
    zone = timezone.get_current_timezone()
    response = StreamingHttpResponse(
        exporting.table(request.user.pk, numbers, zone), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="tickets-{now:%Y-%m-%d}.csv"'
    return response


def _refused(
    request: HttpRequest, sentence: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST
) -> HttpResponse:
    return render(request, "400.html", {"sentence": sentence}, status=status)
