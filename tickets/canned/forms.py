"""The form of a canned reply."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from tickets.canned.models import LONGEST_REPLY, CannedReply
from tickets.canned.placeholders import refusal
from tickets.canned.replies import MOST_OWN, MOST_SHARED
from tickets.forms import Seen
from tickets.texts import LongTextField
from tickets.visibility import may_create

NAME_TAKEN = "You have a reply of this name already: choose another one."
CHANGED = (
    "Not saved: somebody has changed this reply since you opened it. It is now called “{name}”, and"
    " says: {text}. Save again if you still want yours."
)
ONLY_AGENTS = "Only agents who serve a queue share replies: keep this one for yourself."
FULL = f"You have {MOST_OWN} replies already: delete one first."
SHARED_FULL = (
    f"There are {MOST_SHARED} shared replies already: keep this one for yourself, or delete one of"
    " yours first."
)
QUOTED = 200  # characters of a text that somebody else has written meanwhile


class ReplyForm(forms.ModelForm):  # type: ignore[type-arg]
    """Of a new reply, or of one that is there: then it is sent with the version that it showed."""

    text = LongTextField(max_length=LONGEST_REPLY, widget=forms.Textarea(attrs={"rows": 8}))
    seen = forms.IntegerField(min_value=1, required=False, widget=Seen)

    class Meta:
        model = CannedReply
        fields = ("name", "text", "shared")

    def __init__(self, user: Any, reply: CannedReply, data: Any = None) -> None:
        super().__init__(data, instance=reply, initial={"seen": reply.version})
        self.user = user
        self.stored = {name: getattr(reply, name) for name in ("name", "text", "shared")}
        self.version = reply.version

    def clean_name(self) -> str:
        name = " ".join(str(self.cleaned_data["name"]).split())
        others = CannedReply.objects.filter(owner=self.instance.owner_id, name=name)
        if self.instance.owner_id and others.exclude(pk=self.instance.pk).exists():
            raise ValidationError(NAME_TAKEN)
        return name

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"])
        if sentence := refusal(text):
            raise ValidationError(sentence)
        return text

    def clean(self) -> dict[str, Any]:
        is_new = self.instance._state.adding
        if not is_new and self.cleaned_data.get("seen") not in (None, self.version):
            text = self.stored["text"][:QUOTED]
            self.data = {**self.data.dict(), "seen": str(self.version)}  # type: ignore[attr-defined]
            raise ValidationError(CHANGED.format(name=self.stored["name"], text=text))
        if is_new and CannedReply.objects.filter(owner=self.user.pk).count() >= MOST_OWN:
            raise ValidationError(FULL)
        if self.cleaned_data.get("shared") and (is_new or not self.stored["shared"]):
            self._may_be_shared()
        return self.cleaned_data

    def _may_be_shared(self) -> None:
        if not may_create(self.user):
            raise ValidationError(ONLY_AGENTS)
        if CannedReply.objects.filter(shared=True).count() >= MOST_SHARED:
            raise ValidationError(SHARED_FULL)

    def save(self, commit: bool = True) -> CannedReply:
        if not self.instance._state.adding:
            self.instance.version += 1
        saved: CannedReply = super().save(commit)
        return saved
