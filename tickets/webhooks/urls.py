"""Below /webhooks/."""

from django.urls import include, path

from tickets.webhooks import views

of_a_webhook = [
    path("", views.webhook, name="webhook"),
    path("switch/", views.switch, name="switch-webhook"),
    path("secret/", views.renew_secret, name="renew-secret"),
    path("delete/", views.delete, name="delete-webhook"),
]
urlpatterns = [
    path("", views.webhooks, name="webhooks"),
    path("<id:webhook_id>/", include(of_a_webhook)),
    path("deliveries/<id:delivery_id>/", views.delivery, name="delivery"),
    path("deliveries/<id:delivery_id>/again/", views.send_again, name="send-delivery-again"),
]
