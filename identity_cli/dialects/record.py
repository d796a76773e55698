"""The record that every dialect makes of an event: only what identity depends on."""

from collections import deque
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from itertools import repeat
from operator import attrgetter
from typing import Annotated, Any, ClassVar, cast

import msgspec

from identity_cli.dialects.base import Notice
from identity_cli.events import ABSENT, LONGEST_SENT_ID, SentId

Id = str | int | float | bool | None
ShortId = Annotated[str, msgspec.Meta(max_length=LONGEST_SENT_ID)]
LARGEST_PLAIN_ID = 2**53  # to which JavaScript's numbers are exact
PlainId = ShortId | Annotated[int, msgspec.Meta(ge=1, le=LARGEST_PLAIN_ID)] | None
"""What every capture took as it stands; other ids have to be looked at."""
LARGEST_TEAM_ID = 2**53
TeamId = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_TEAM_ID)]
Name = Annotated[str, msgspec.Meta(min_length=1)]
Time = Annotated[datetime, msgspec.Meta(tz=True)] | None


class WireProperties(msgspec.Struct, gc=False, kw_only=True, omit_defaults=True):
    """The part of `properties` that every rule set may ask for."""

    distinct_id: Id | SentId = None
    anon_distinct_id: Any = msgspec.field(default=ABSENT, name="$anon_distinct_id")
    alias: Any = None
    set: Any = msgspec.field(default=None, name="$set")
    set_once: Any = msgspec.field(default=None, name="$set_once")
    unset: Any = msgspec.field(default=None, name="$unset")
    device_id: Any = msgspec.field(default=None, name="$device_id")
    lib: Any = msgspec.field(default=None, name="$lib")
    lib_version: Any = msgspec.field(default=None, name="$lib_version")
    process_person_profile: Any = msgspec.field(default=ABSENT, name="$process_person_profile")
    copied_names: ClassVar[tuple[str, ...]] = ()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by its fields: many a record's type is made for one log, so that no module holds it."""
        return _properties_again, (self.copied_names, _fields_of(self, _properties_named(self.copied_names)))

    @property
    def copied(self) -> Iterable[tuple[str, Any]]:
        """Nothing: rule sets that copy event properties ask for a wider record."""
        return ()


class LineEvent(msgspec.Struct, gc=False, kw_only=True, omit_defaults=True):
    """One event as a line tells it; `properties` is narrow or wide, as the rules need.

    What only a dialect can say of an event is no field of it: no line can bring it along, and
    decoding lines does not pay for it.
    """

    event: Name
    uuid: Any = None
    distinct_id: Id | SentId = None
    team_id: TeamId | None = None
    set: Any = msgspec.field(default=None, name="$set")
    set_once: Any = msgspec.field(default=None, name="$set_once")
    timestamp: Time = None
    offset: Any = None
    now: Time = None
    received_at: Time = msgspec.field(default=None, name="_received_at")
    created_at: Time = None
    inserted_at: Time = msgspec.field(default=None, name="_inserted_at")
    properties: WireProperties = msgspec.field(default_factory=WireProperties)
    links_as: ClassVar[str | None] = None
    notices: ClassVar[tuple[Notice, ...]] = ()
    links: ClassVar[tuple["WireEvent", ...]] = ()

    def __reduce__(self) -> tuple[Any, ...]:
        """As its properties, for the same reason; a WireEvent comes back."""
        names = self.properties.copied_names
        return _event_again, (names, _fields_of(self, event_type(names)))


class WireEvent(LineEvent, gc=False, kw_only=True, omit_defaults=True):
    """One event with all that its dialect says of it, as it goes from one process to the other."""

    links_as: str | None = None  # type: ignore[misc]  # the three that lines do not have
    notices: tuple[Notice, ...] = ()  # type: ignore[misc]
    links: tuple["WireEvent", ...] = ()  # type: ignore[misc]


def event_type(copied_names: Iterable[str]) -> type[WireEvent]:
    """The record for rules that copy the event properties of these names onto persons."""
    names = tuple(copied_names)
    return _wide_event(names) if names else WireEvent


@cache
def properties_type(record: type[WireEvent]) -> type[WireProperties]:
    """The type of that record's properties."""
    (field,) = (field for field in msgspec.structs.fields(record) if field.name == "properties")
    return cast(type[WireProperties], field.type)


@cache
def _wide_event(names: tuple[str, ...]) -> type[WireEvent]:
    """A WireEvent whose properties also keep the event properties of these names."""
    fields = [
        (f"copied_{index}", Any, msgspec.field(default=ABSENT, name=name)) for index, name in enumerate(names)
    ]
    attributes = [name for name, _, _ in fields]
    values_of = attrgetter(*attributes, attributes[0])  # of several it makes a tuple, of one it would not

    def copied(self: Any) -> list[tuple[str, Any]]:
        return [pair for pair in zip(names, values_of(self), strict=False) if pair[1] is not ABSENT]

    wide_properties = msgspec.defstruct(
        "WideProperties",
        fields,
        bases=(WireProperties,),
        namespace={"copied": property(copied), "copied_names": names},
        gc=False,
        kw_only=True,
    )
    properties_field = ("properties", wide_properties, msgspec.field(default_factory=wide_properties))
    wide = msgspec.defstruct("WideEvent", [properties_field], bases=(WireEvent,), gc=False, kw_only=True)
    return cast(type[WireEvent], wide)


def forget(events: Iterable[WireEvent], names: Iterable[str]) -> None:
    """Let go of event properties of these names, of those that the records of these events keep."""
    everyones = [event.properties for event in events]
    for name in names:
        attribute = f"copied_{everyones[0].copied_names.index(name)}"
        deque(map(setattr, everyones, repeat(attribute), repeat(ABSENT)), maxlen=0)  # of every event


# Pickling


def _properties_named(names: tuple[str, ...]) -> type[WireProperties]:
    return properties_type(event_type(names))


def _fields_of(one: Any, record: type[msgspec.Struct]) -> dict[str, Any]:
    return {name: getattr(one, name) for name in record.__struct_fields__}


def _properties_again(names: tuple[str, ...], fields: dict[str, Any]) -> WireProperties:
    return _properties_named(names)(**fields)


def _event_again(names: tuple[str, ...], fields: dict[str, Any]) -> WireEvent:
    return event_type(names)(**fields)
