"""What a run is asked for comes in rows: one person, id, link, change or warning each.

A Row is a NamedTuple that is defined in a tenth of the time: `typing.NamedTuple` compiles
code for every class, and for these few that would take as long as looking up a person.
So would an enum: outcomes are the words of outcomes.Outcome, as SQL here has them.
"""

from typing import TYPE_CHECKING, Any

__all__ = ["ChangeRow", "IdRow", "LinkRow", "PersonRow", "Row", "WarningRow", "is_refused"]

if TYPE_CHECKING:
    from typing import NamedTuple as Row
else:
    from operator import itemgetter

    class _RowType(type):
        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            """Give each annotated name its place in the tuple."""
            row = super().__new__(cls, name, bases, {**body, "__slots__": ()})
            row._fields = tuple(row.__annotations__)
            row._defaults = {field: body[field] for field in row._fields if field in body}
            for index, field in enumerate(row._fields):
                setattr(row, field, property(itemgetter(index)))
            return row

    class Row(tuple, metaclass=_RowType):
        """Fields by name, in order."""

        def __new__(cls, *values: Any, **named: Any) -> "Row":
            """Make a row of a value for each field that has no default."""
            if named or len(values) != len(cls._fields):
                given = {**cls._defaults, **dict(zip(cls._fields, values, strict=False)), **named}
                fits = len(values) <= len(cls._fields) and named.keys().isdisjoint(cls._fields[: len(values)])
                if not fits or given.keys() != {*cls._fields}:
                    raise TypeError(f"{cls.__name__} has the fields {', '.join(cls._fields)}")
                values = tuple(given[field] for field in cls._fields)
            return tuple.__new__(cls, values)

        _make = classmethod(tuple.__new__)

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

        def _replace(self, **changed: Any) -> "Row":
            return type(self)(**{**self._asdict(), **changed})

        def __repr__(self) -> str:
            fields = ", ".join(f"{field}={value!r}" for field, value in self._asdict().items())
            return f"{type(self).__name__}({fields})"

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))


class PersonRow(Row):
    """One person that stands; properties is a JSON object as text."""

    person: int
    team_id: int
    person_id: str
    creator_distinct_id: str
    is_identified: bool
    created_at: str | None
    properties: str
    id_count: int
    event_count: int
    first_seen: str | None
    last_seen: str | None


class IdRow(Row):
    """One distinct id of a person: how it came in, to which person at first, and when that was made."""

    distinct_id: str
    event_count: int
    seq: int
    joined_seq: int
    joined_person: int
    person_made_at: str | None
    first_seen: str | None
    last_seen: str | None


class LinkRow(Row):
    """One link; persons are numbers as of just before it."""

    seq: int
    uuid: str | None
    event: str
    time: str | None
    source_distinct_id: str
    target_distinct_id: str
    outcome: str
    source_person: int | None
    target_person: int | None
    source_identified: bool
    person: int | None
    dropped: dict[str, Any] | None

    @property
    def moment(self) -> int:
        """Before which event it happened: its own, as no linking event ever waits in the buffer."""
        return self.seq

    @property
    def merged(self) -> tuple[int, int] | None:
        """The persons that it made one, source and target; None if it merged nobody."""
        if self.outcome == "merged" and self.source_person is not None and self.target_person is not None:
            return self.source_person, self.target_person
        return None

    @property
    def is_first(self) -> bool:
        """Whether it gave an id its first person."""
        return self.outcome in ("created", "attached")

    @property
    def is_refused(self) -> bool:
        """Whether the platform said no to it."""
        return is_refused(self.outcome)

    @property
    def is_silent(self) -> bool:
        """Whether it put an unknown id on a person already identified, of which nothing warns."""
        return self.outcome == "attached" and self.source_identified

    @property
    def is_forced(self) -> bool:
        """Whether it merged away a person already identified, which few kinds of links may."""
        return self.outcome == "merged" and self.source_identified


class ChangeRow(Row):
    """What one event changed in a person's properties; changes as in facts.PropertiesChanged."""

    seq: int
    moment: int
    person: int
    event: str
    time: str | None
    changes: list[list[Any]]


class WarningRow(Row):
    """One ingestion warning."""

    seq: int
    uuid: str | None
    team_id: int
    type: str
    distinct_id: str
    details: dict[str, Any]


def is_refused(outcome: str) -> bool:
    """As outcomes.is_refused, which stands beside the enum."""
    return outcome.startswith("refused")
