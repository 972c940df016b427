"""Below /accounts/preferences/."""

from django.urls import path

from tickets.own import views

urlpatterns = [
    path("", views.preferences, name="preferences"),
    path("look/", views.look, name="look"),
]
