"""The pages of the help desk."""

from django.urls import include, path

from tickets import actions, views
from tickets.attachments.serving import serve
from tickets.exchange.views import export
from tickets.lists import keeping
from tickets.lists import views as lists
from tickets.mail.views import send_again
from tickets.many.bar import bar
from tickets.merging.views import merge_ticket
from tickets.presence.views import people

of_a_ticket = [
    path("", views.ticket, name="ticket"),
    path("description/", views.description, name="description"),
    path("comments/<id:comment_id>/", views.comment, name="comment"),
    path("comments/<id:comment_id>/mail/", send_again, name="send-again"),
    path("attachments/<id:attachment_id>/<str:name>", serve, name="attachment"),
    path("edit/", actions.edit_ticket, name="edit-ticket"),
    path("take/", actions.take_ticket, name="take-ticket"),
    path("comment/", actions.add_comment, name="add-comment"),
    path("seen/", keeping.seen, name="seen"),
    path("others/", views.others_of_requester, name="others"),
    path("merge/", merge_ticket, name="merge-ticket"),
    path("undo/", actions.undo_change, name="undo-change"),
]
urlpatterns = [
    path("", lists.board, name="board"),
    path("bar/", bar, name="bar"),
    path("rows/", lists.rows, name="rows"),
    path("export.csv", export, name="export"),
    path("counters/", lists.counters, name="counters"),
    path("views/", keeping.save_view, name="save-view"),
    path("views/<id:view_id>/remove/", keeping.remove_view, name="remove-view"),
    path("presence/", people, name="presence"),
    path("tickets/new/", views.new_ticket, name="new-ticket"),
    path("canned/", include("tickets.canned.urls")),
    path("notices/", include("tickets.notices.urls")),
    path("accounts/preferences/", include("tickets.own.urls")),
    path("queues/", include("tickets.queues.urls")),
    path("webhooks/", include("tickets.webhooks.urls")),
    path("tickets/<id:ticket_id>/", include(of_a_ticket)),
]
