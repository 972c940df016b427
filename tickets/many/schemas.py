"""What the JSON API takes and gives where one request is about many tickets."""

from collections.abc import Mapping
from typing import Annotated, Any

from ninja import Schema
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema

from tickets import tags
from tickets.many.each import MOST
from tickets.models import Priority, Status
from tickets.schemas import LEFT_OUT, Given, IdInBody, Tags
from tickets.search import LARGEST_ID

IDS = f"Name 1 to {MOST} tickets, each of them once."
VERSIONS = (
    f"Name the versions of 1 to {MOST} tickets, each by its id in quotes, such as"
    ' {"12": 3}: both are whole numbers from 1.'
)
NOTHING = "Name at least one of status, priority, assignee, queue, tags, add_tags and remove_tags."
TAGS_OF_EACH = (
    "Each ticket keeps its other tags. What is named in both is added, and one that would have too"
    " many is left as it is."
)
NUMBER = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
ID_IN_QUOTES = "^[1-9][0-9]{0,17}$"


def _each_once(ids: list[int]) -> list[int]:
    if not 1 <= len(ids) <= MOST or len({*ids}) < len(ids):
        raise ValueError(IDS)
    return ids


def _by_id(given: Any) -> Any:
    """{"12": 3} as {12: 3}."""
    if not isinstance(given, Mapping) or len(given) > MOST:
        raise ValueError(VERSIONS)
    versions = {}
    for key, version in given.items():
        is_id = isinstance(key, str) and key.isascii() and key.isdecimal() and len(key) <= 18
        is_whole = type(version) in (int, float) and version == version // 1
        if not is_id or key.startswith("0") or not is_whole or not 1 <= version <= LARGEST_ID:
            raise ValueError(VERSIONS)
        versions[int(key)] = int(version)
    return versions


def _not_empty(versions: dict[int, int]) -> dict[int, int]:
    if not versions:
        raise ValueError(VERSIONS)
    return versions


TicketIds = Annotated[
    list[IdInBody],
    AfterValidator(_each_once),
    Field(json_schema_extra={"minItems": 1, "maxItems": MOST, "uniqueItems": True}),
]
VERSIONS_SHAPE = {
    "type": "object", "propertyNames": {"pattern": ID_IN_QUOTES}, "additionalProperties": NUMBER,
    "maxProperties": MOST,
}  # fmt: skip
Versions = Annotated[dict[int, int], BeforeValidator(_by_id), WithJsonSchema(VERSIONS_SHAPE)]
SomeVersions = Annotated[
    dict[int, int],
    BeforeValidator(_by_id),
    AfterValidator(_not_empty),
    WithJsonSchema({**VERSIONS_SHAPE, "minProperties": 1}),
]


MoreTags = Annotated[
    list[str],
    AfterValidator(tags.normal),
    WithJsonSchema({**tags.LIST_SHAPE, "description": TAGS_OF_EACH}),
]


class ChangesOfMany(Given):
    """A field that is left out stays as it is; at least one has to be named."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"minProperties": 1})

    status: Status = LEFT_OUT
    priority: Priority = LEFT_OUT
    assignee: IdInBody | None = LEFT_OUT
    queue: IdInBody = LEFT_OUT
    tags: Tags = LEFT_OUT
    add_tags: MoreTags = LEFT_OUT
    remove_tags: MoreTags = LEFT_OUT


def _named(changes: ChangesOfMany) -> ChangesOfMany:
    if not changes.model_fields_set:
        raise ValueError(NOTHING)
    return changes


class ManyTickets(Given):
    ids: TicketIds
    versions: Versions = Field(
        {}, description="What you saw of these tickets; one that has moved on is left as it is."
    )
    changes: Annotated[ChangesOfMany, AfterValidator(_named)]


class ManyVersions(Given):
    versions: SomeVersions = Field(
        description="The changes to take back: of each ticket the version that you made."
    )


class Result(Schema):
    id: int
    ok: bool
    error: str | None = Field(None, description="Why nothing was changed.")
    version: int | None = Field(
        None, description="The version that this made, where there was anything to change."
    )


class Results(Schema):
    results: list[Result]
