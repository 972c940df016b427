"""How forms are shown: a refused one begins at its first error.

A page that comes back with an error below its fold looks as if nothing had happened. The browser
puts its cursor into the first field that was refused, scrolls there, and a screen reader reads the
field with its error: without any script, in the admin too.
"""

from typing import Any

from django.forms import BoundField
from django.forms.renderers import DjangoTemplates


class Field(BoundField):
    def build_widget_attrs(self, attrs: Any, widget: Any = None) -> Any:
        attrs = super().build_widget_attrs(attrs, widget)
        refused = (name for name in self.form.errors if name in self.form.fields)
        if self.form.is_bound and next(refused, None) == self.name:
            attrs["autofocus"] = True
        return attrs


class Renderer(DjangoTemplates):
    bound_field_class = Field
