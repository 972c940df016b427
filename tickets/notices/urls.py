"""The addresses below /notices/."""

from django.urls import path

from tickets.notices import views

urlpatterns = [
    path("", views.notices, name="notices"),
    path("bell/", views.bell, name="bell"),
    path("unread/", views.unread, name="unread-notices"),
    path("read/", views.mark_read, name="read-notices"),
    path("away/", views.away, name="away"),
    path("preferences/", views.preferences, name="notice-preferences"),
]
