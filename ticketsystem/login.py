"""Logging in."""

from django.contrib.auth.views import LoginView


class LogIn(LoginView):
    redirect_authenticated_user = True

    def get_success_url(self) -> str:
        """Where `next` leads, but not back here: Django answers that circle with a failure."""
        url = super().get_success_url()
        return self.get_default_redirect_url() if url == self.request.path else url
