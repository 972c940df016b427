"""The pages of the help desk."""

from django.urls import path

from tickets import views

urlpatterns = [
    path("", views.board, name="board"),
    path("counters/", views.counters, name="counters"),
    path("tickets/new/", views.new_ticket, name="new-ticket"),
    path("tickets/<int:ticket_id>/", views.ticket, name="ticket"),
    path("tickets/<int:ticket_id>/edit/", views.edit_ticket, name="edit-ticket"),
    path("tickets/<int:ticket_id>/take/", views.take_ticket, name="take-ticket"),
    path("tickets/<int:ticket_id>/comment/", views.add_comment, name="add-comment"),
]
