"""Events of PostHog's whose key that links stands where nobody looks for it: evidence for a missing link.

Only events are looked at that should link and do not, or that have the key and do not link; of the first
also their line, if the key is written anywhere in it. All others cost a comparison.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import Any, ClassVar, NamedTuple, Self

import msgspec

from identity_cli.dialects.base import Decoded
from identity_cli.events import ABSENT
from identity_cli.reading.log_items import Rows
from identity_cli.reading.reader import Block
from identity_cli.reading.remembering import Kinds
from identity_cli.reading.watcher import Watching
from identity_cli.rules.base import LinkKey, RuleSet
from identity_cli.rules.own_id import stored_ids
from identity_cli.rules.words import POSTHOG

TABLE = "misplaced_keys"
MOST = 10_000
"""Those that come after so many are not told: by then it is plain enough."""
ANON_DISTINCT_ID = "$anon_distinct_id"
KEYS = {LinkKey.ANON_DISTINCT_ID: (ANON_DISTINCT_ID,), LinkKey.ALIAS: ("alias", ANON_DISTINCT_ID)}
"""What may be meant as the key of such a link, in whatever spelling."""
_MAY_BE = re.compile(rb"anon_?distinct_?id|\balias", re.IGNORECASE)
_SIGNS = re.compile(r"[$_\s-]")

Fields = Mapping[str, Any]
_Row = tuple[Any, ...]


class Misplaced(NamedTuple):
    """A key as it stands, where, and the id that it was to link."""

    key: str
    place: str
    other: str


class MisplacedKeys:
    """Notes such events, with what they were to link."""

    needs = ()
    remembers: ClassVar[Kinds] = {"_left": int}

    @classmethod
    def asked(cls, watching: Watching) -> Self | None:
        """Where evidence is wanted, by rules of PostHog's."""
        wanted = watching.evidence and watching.rules.words is POSTHOG
        return cls(watching.rules, watching.team_id) if wanted else None

    def __init__(self, rules: RuleSet, team_id: int) -> None:
        """team_id: of events without one."""
        self._rules = rules
        self._team_id = team_id
        self._left = MOST

    def look(self, block: Block) -> list[_Row] | None:
        """A row for each with a key in a wrong place."""
        if not block.is_of_posthog or self._left <= 0:  # whatever else there is would not be told
            return None
        return [self._row(block, *one) for one in islice(self._found(block), MOST)] or None

    def take(self, looked: Sequence[_Row]) -> Iterable[Rows]:
        """Tell of the first many."""
        told = looked[: self._left]
        self._left -= len(told)
        return (Rows(TABLE, told),) if told else ()

    def rows(self) -> Iterable[Rows]:
        """None: each is told at once."""
        return ()

    def _found(self, block: Block) -> Iterator[tuple[int, Misplaced]]:
        """Of each event it is told in line whether to look closer."""
        events, links = block.events, self._rules.links
        seen = [
            index
            for index, one in enumerate(events)
            if one.event in links or one.properties.anon_distinct_id is not ABSENT
        ]
        yield from _strays(block, (index for index in seen if events[index].event not in links))
        linking = [index for index in seen if events[index].event in links]
        unlinked = [index for index in linking if not _has_key(events[index], self._rules)]
        may_be = [index for index in unlinked if _MAY_BE.search(block.lines[index]) is not None]
        for _, same in groupby(may_be, key=lambda index: id(block.lines[index])):
            yield from self._on_line(block, [*same])

    def _on_line(self, block: Block, indexes: Sequence[int]) -> Iterator[tuple[int, Misplaced]]:
        """Of the events of a line that lack their key; each is the next of its name there."""
        told = _events_of(block.lines[indexes[0]])
        for index in indexes:
            event = block.events[index]
            names = KEYS[self._rules.links[event.event]]
            alike = (_with_inside(one) for one in told if one.get("event") == event.event)
            fields, inside = next((one for one in alike if one[1].get(names[0]) is None), ({}, {}))
            yield from ((index, one) for one in _misplaced(fields, inside, names))

    def _row(self, block: Block, index: int, one: Misplaced) -> _Row:
        event = block.events[index]
        (own,) = stored_ids([event], self._rules)
        team_id = self._team_id if event.team_id is None else event.team_id
        about = event.properties
        return block.first_seq + index, team_id, event.event, own, *one, about.lib, about.lib_version


def _has_key(event: Decoded, rules: RuleSet) -> bool:
    if rules.links[event.event] is LinkKey.ALIAS:
        return event.properties.alias is not None
    return event.properties.anon_distinct_id is not ABSENT


def _strays(block: Block, others: Iterable[int]) -> Iterator[tuple[int, Misplaced]]:
    """The key of `$identify`, in the properties of events that link nothing."""
    for index in others:
        other = _id_of(block.events[index].properties.anon_distinct_id)
        if other is not None:
            yield index, Misplaced(ANON_DISTINCT_ID, "in the properties", other)


def _events_of(line: bytes) -> Iterator[Fields]:
    """The events of a line, as they were sent."""
    try:
        value = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    batch = value.get("batch") if isinstance(value, dict) and "event" not in value else None
    for one in batch if isinstance(batch, list) else value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            yield one


def _with_inside(fields: Fields) -> tuple[Fields, Fields]:
    """The fields of an event, and its properties, which tables have as text."""
    inside = fields.get("properties")
    if isinstance(inside, str):
        inside = next(_events_of(inside.encode("utf-8", "replace")), None)
    return fields, inside if isinstance(inside, dict) else {}


def _misplaced(fields: Fields, inside: Fields, names: Sequence[str]) -> Iterator[Misplaced]:
    """Keys that are these but for their signs, beside the properties or within them."""
    meant = {_plain(name) for name in names}
    for place, those in (("beside the properties", fields), ("in the properties", inside)):
        for key, value in those.items():
            if _plain(key) in meant and (other := _id_of(value)) is not None:
                yield Misplaced(key, place, other)


def _plain(key: str) -> str:
    return _SIGNS.sub("", key).lower()


def _id_of(value: Any) -> str | None:
    """What could be an id."""
    is_id = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value) if is_id and str(value).strip() else None
