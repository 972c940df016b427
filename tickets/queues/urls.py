"""Below /queues/."""

from django.urls import include, path

from tickets.queues import people_views, views

of_a_queue = [
    path("", views.queue, name="queue"),
    path("rename/", views.rename, name="rename-queue"),
    path("agents/add/", views.add_agent, name="add-agent"),
    path("agents/remove/", views.remove_agent, name="remove-agent"),
    path("delete/", views.delete, name="delete-queue"),
]
urlpatterns = [
    path("", views.queues, name="queues"),
    path("<id:queue_id>/", include(of_a_queue)),
    path("people/", people_views.people, name="people"),
    path("people/add/", people_views.add_person, name="add-person"),
    path("people/<id:user_id>/active/", people_views.set_active, name="set-active"),
]
