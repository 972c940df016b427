"""What a browser would post of a form, read from the page: every test of a form then posts what the
page really carries, its hidden fields too."""

from html.parser import HTMLParser


def filled(html: str, form_id: str) -> dict[str, list[str]]:
    """The fields of the form as they stand, each with its values; buttons are left out."""
    reader = _Reader(form_id)
    reader.feed(html)
    assert reader.found, f"the page has no form {form_id!r}"
    return reader.fields


class _Reader(HTMLParser):
    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id = form_id
        self.found = self.inside = False
        self.fields: dict[str, list[str]] = {}
        self.select = self.textarea = ""
        self.is_multiple = False
        self.first_option: str | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.inside = given.get("id") == self.form_id
            self.found |= self.inside
        name = given.get("name", "")
        if not self.inside:
            return
        if tag == "input" and name:
            kind = given.get("type", "text")
            if kind in ("checkbox", "radio"):
                if "checked" in given:
                    self._add(name, given.get("value", "on"))
            elif kind not in ("submit", "button", "image", "reset"):
                self._add(name, given.get("value", ""))
        elif tag == "textarea":
            self.textarea = name
            self._add(name, "")
        elif tag == "select":
            self.select, self.first_option = name, None
            self.is_multiple = "multiple" in given
        elif tag == "option" and self.select:
            if self.first_option is None:
                self.first_option = given.get("value", "")
            if "selected" in given:
                self._add(self.select, given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self.inside and self.textarea:
            self.fields[self.textarea][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "textarea" and self.textarea:
            text = self.fields[self.textarea][-1].removeprefix("\n")  # as HTML has it
            self.fields[self.textarea][-1] = text.replace("\n", "\r\n")
            self.textarea = ""
        elif tag == "select" and self.select:
            shows_first = self.select not in self.fields and not self.is_multiple
            if shows_first and self.first_option is not None:
                self._add(self.select, self.first_option)
            self.select = ""

    def _add(self, name: str, value: str) -> None:
        self.fields.setdefault(name, []).append(value)
