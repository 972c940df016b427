"""The admin's lists answer whatever stands in their address, on both databases."""

from collections.abc import Iterator

import pytest
from django.contrib import admin as django_admin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Model
from django.test import RequestFactory

from tests.harness.people import signed_in
from tickets.models import Ticket
from ticketsystem.values import is_about_a_value

pytestmark = pytest.mark.django_db

STRANGE = {
    "NUL": "\0", "huge": "9" * 30, "too large by one": str(2**63), "negative": "-" + "9" * 30,
    "many": "1," + "9" * 30, "text": "(((", "early": "0001-01-01T00:00:00+23:59", "nothing": "",
}  # fmt: skip
LOOKUPS = (
    "", "__exact", "__iexact", "__in", "__gt", "__gte", "__lt", "__lte", "__contains",
    "__icontains", "__startswith", "__isnull", "__range", "__year", "__month", "__date", "__hour",
    "__year__gt", "__no_such_lookup",
)  # fmt: skip


def fields() -> Iterator[tuple[type[Model], str]]:
    """The key of each model that the admin lists, and one field of each kind that any of them has:
    what a look-up does with a value depends on the kind of the field alone."""
    known = set()
    for model in sorted(django_admin.site._registry, key=str):
        for field in model._meta.concrete_fields:
            kind = (type(field), field.related_model)
            if field.primary_key or kind not in known:
                yield model, field.name
            known.add(kind)


@pytest.mark.parametrize(
    ("model", "field"), [*fields()], ids=lambda part: getattr(part, "__name__", part)
)
def test_no_look_up_of_a_list_is_an_error_of_the_server(
    model: type[Model], field: str, admin: User, ticket: Ticket
) -> None:
    """As far as the database is asked; rendering each of these pages would take minutes."""
    model_admin = django_admin.site.get_model_admin(model)
    broken = []
    for lookup in LOOKUPS:
        for kind, value in STRANGE.items():
            request = RequestFactory().get("/", {f"{field}{lookup}": value})
            request.user = admin
            try:
                with transaction.atomic():
                    list(model_admin.get_changelist_instance(request).result_list)
            except (DisallowedModelAdminLookup, IncorrectLookupParameters):
                continue  # Django itself leads away from there
            except Exception as error:
                if not is_about_a_value(error):
                    broken.append((f"{field}{lookup}", kind, error))
    assert broken == []


@pytest.mark.parametrize(
    "query",
    [
        "id__in=1,%00", f"id__in={'9' * 30}", f"version__gt={'9' * 30}", "queue__lt=1" + "0" * 30,
        "status__exact=%00", "status__regex=(((", "subject__range=a",
        "created_at__year=99999999999",
    ],
)  # fmt: skip
def test_such_an_address_is_answered(query: str, admin: User, ticket: Ticket) -> None:
    client = signed_in(admin, raise_request_exception=False)
    assert client.get(f"/admin/tickets/ticket/?{query}").status_code in (200, 302, 400)


@pytest.mark.parametrize("name", ["q", "p", "o", "e", "all", "_popup", "_to_field", "_facets"])
def test_no_parameter_of_the_list_itself_breaks_it(name: str, admin: User) -> None:
    client = signed_in(admin, raise_request_exception=False)
    for value in STRANGE.values():
        answer = client.get("/admin/tickets/ticket/", {name: value})
        assert answer.status_code in (200, 302, 400), value


@pytest.mark.parametrize("lookup", ["regex", "iregex"])
def test_patterns_are_refused_for_they_may_take_hours(lookup: str, admin: User) -> None:
    client = signed_in(admin)
    for pattern in ("(((", "(a+)+$"):
        for path in ("/admin/tickets/ticket/?subject", "/admin/auth/user/?username"):
            assert client.get(f"{path}__{lookup}={pattern}").status_code == 400


@pytest.mark.parametrize("key", ["\0", "-1x", "", "(((", "1,2", "1e3"])
@pytest.mark.parametrize("path", ["/admin/tickets/ticket/", "/admin/auth/user/"])
def test_a_selection_that_is_none_is_refused(path: str, key: str, admin: User) -> None:
    form = {"action": "delete_selected", "_selected_action": [key]}
    answer = signed_in(admin, raise_request_exception=False).post(path, form)
    assert answer.status_code == 400
    form["_selected_action"] = ["9" * 30]  # which PostgreSQL compares, and SQLite does not take
    answer = signed_in(admin, raise_request_exception=False).post(path, form)
    assert answer.status_code in (200, 400)


@pytest.mark.parametrize("field", ["queue", "assignee"])
@pytest.mark.parametrize("term", ["\0", "word " * 50, "9" * 30])
def test_no_term_breaks_what_is_completed_while_one_types(
    term: str, field: str, admin: User
) -> None:
    asked = {"app_label": "tickets", "model_name": "ticket", "field_name": field, "term": term}
    answer = signed_in(admin, raise_request_exception=False).get("/admin/autocomplete/", asked)
    assert answer.status_code in (200, 400)


def test_a_search_of_hundreds_of_words_is_refused(admin: User) -> None:
    client = signed_in(admin, raise_request_exception=False)
    assert client.get("/admin/tickets/ticket/", {"q": "a " * 2000}).status_code == 400
    assert client.get("/admin/tickets/ticket/", {"q": "a " * 10}).status_code == 200


def test_what_the_lists_offer_themselves_still_works(admin: User, ticket: Ticket) -> None:
    client = signed_in(admin)
    offered = (f"queue__id__exact={ticket.queue_id}", "status__exact=new", "assigned=none",
               "q=Printer", "o=-1", "all=")  # fmt: skip
    for query in offered:
        answer = client.get(f"/admin/tickets/ticket/?{query}")
        assert answer.status_code == 200, query
        assert "Printer on fire" in answer.text, query
    form = {"action": "delete_selected", "_selected_action": [ticket.pk]}
    assert client.post("/admin/tickets/ticket/", form).status_code in (200, 302)
