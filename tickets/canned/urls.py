"""Below /canned/."""

from django.urls import path

from tickets.canned import views

urlpatterns = [
    path("", views.replies, name="canned"),
    path("new/", views.new, name="new-canned"),
    path("<id:reply_id>/", views.reply, name="canned-reply"),
    path("<id:reply_id>/delete/", views.delete, name="delete-canned"),
]
