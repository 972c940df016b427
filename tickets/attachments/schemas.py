"""A file as the JSON API tells of it."""

from ninja import Schema
from pydantic import Field


class PictureSize(Schema):
    width: int
    height: int


class AttachmentShown(Schema):
    id: int
    name: str
    size: int = Field(description="In bytes.")
    type: str = Field(description="By its content; what the sender said is not believed.")
    url: str = Field(description="A path of this site, for whoever may see the ticket.")
    picture: PictureSize | None = Field(
        description="Of a PNG, JPEG, GIF or WebP that is shown as a picture; all else is only"
        " offered to be saved."
    )
