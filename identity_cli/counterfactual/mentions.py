"""What the lines of a log say of two persons besides their links: both named in vain, or something shared."""

import re
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any

from identity_cli.counterfactual.raw_events import Progress, Raw, events_with, holds_text
from identity_cli.events import CREATE_ALIAS, IDENTIFY, MERGE_DANGEROUSLY
from identity_cli.origins import Origin
from identity_cli.store.reading.run import Run

IDS_LOOKED_FOR = 50
"""Of each side, the one asked for among them."""
EVENTS_COMPARED = 2_000
"""Of each side, for what both share."""
DEPTH = 6
IDENTIFYING = re.compile(
    r"e?mail(address)?|phone(number)?|mobile|username|login|(device|install|installation|session|client|"
    r"customer|account|visitor|user|anonymous|advertising|profile|stripe)id|idf[av]|gaid|aaid|adid"
)
"""Names of properties, without marks and in lower case, by which people or devices are known."""
LINKS_BY = {IDENTIFY: "$anon_distinct_id", CREATE_ALIAS: "alias", MERGE_DANGEROUSLY: "alias"}
_SPELLINGS = {
    **dict.fromkeys(("anondistinctid", "anonymousdistinctid", "anonid", "anonymousid"), "$anon_distinct_id"),
    **dict.fromkeys(("alias", "aliasid"), "alias"),
}

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InVain:
    """Why events that name an id of each side link nobody: the first of them, and how many."""

    why: str
    origin: Origin
    events: int


@dataclass(frozen=True, slots=True)
class Shared:
    """A value by which people or devices are known, on events of both sides; places: the first of each."""

    name: str
    value: str
    places: tuple[Origin, Origin]


@dataclass(slots=True)
class Mentions:
    """in_vain: events that name both, by why they link nobody. shared: what both have.

    are_all: whether every id was looked for.
    """

    in_vain: list[InVain] = field(default_factory=list)
    shared: list[Shared] = field(default_factory=list)
    are_all: bool = True


def mentions(run: Run, sides: tuple[list[str], list[str]], on_progress: Progress | None = None) -> Mentions:
    """Read what the log says of two lists of ids, each with the one asked for first."""
    one, two = (frozenset(side[:IDS_LOOKED_FOR]) for side in sides)
    found = Mentions(are_all=max(map(len, sides)) <= IDS_LOOKED_FOR)
    seen: tuple[dict[tuple[str, str], Origin], dict[tuple[str, str], Origin]] = ({}, {})
    read = [0, 0]
    in_vain: dict[str, InVain] = {}
    for origin, raw in events_with(run, _of_either(one, two, read), on_progress):
        named = [(path, value) for path, value in _values(raw) if value in one or value in two]
        if any(value in one for _, value in named) and any(value in two for _, value in named):
            because = _why_in_vain(raw, named)
            before = in_vain.get(because, InVain(because, origin, 0))
            in_vain[because] = replace(before, events=before.events + 1)
        for number, side in enumerate((one, two)):
            if _own_id(raw) in side:
                read[number] += 1
                for path, value in _values(raw):
                    if _is_identifying(path, value):
                        seen[number].setdefault((path[-1], value), origin)
    found.in_vain = [*in_vain.values()]
    both = seen[0].keys() & seen[1].keys()
    places = {what: (seen[0][what], seen[1][what]) for what in both}
    found.shared = [
        Shared(*what, places[what])
        for what in sorted(both, key=lambda what: (max(seen[0][what].line, 0), what))
    ]
    return found


def _of_either(one: AbstractSet[str], two: AbstractSet[str], read: list[int]) -> Callable[[bytes], bool]:
    """Whether a line may be about a side of which not enough was read yet, or about both."""
    of_one, of_two = holds_text(*one), holds_text(*two)

    def is_wanted(row: bytes) -> bool:
        has_one, has_two = of_one(row), of_two(row)
        may_be_first = has_one and read[0] < EVENTS_COMPARED
        return may_be_first or (has_two and read[1] < EVENTS_COMPARED) or (has_one and has_two)

    return is_wanted


def _values(raw: Raw, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text and number in an event, with where it stands; the event's own id first."""
    for key, value in raw.items():
        if isinstance(value, dict) and len(path) < DEPTH:
            yield from _values(value, (*path, key))
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            yield (*path, key), str(value)


def _own_id(raw: Raw) -> str | None:
    inside = raw.get("properties")
    places: list[Any] = [
        raw.get("distinct_id"),
        inside.get("distinct_id") if isinstance(inside, dict) else None,
    ]
    places += [raw.get("userId"), raw.get("user_id"), raw.get("anonymousId"), raw.get("device_id")]
    return next((str(one) for one in places if isinstance(one, str | int) and one != ""), None)


def _is_identifying(path: Path, value: str) -> bool:
    return len(value) > 2 and bool(IDENTIFYING.fullmatch(_bare(path[-1])))


def _bare(key: str) -> str:
    return re.sub(r"[^a-z0-9]", "", key.lower())


def _why_in_vain(raw: Raw, named: list[tuple[Path, str]]) -> str:
    """Why an event that names ids of both sides does not link them; named: what names them, and where."""
    event, own = str(raw.get("event") or raw.get("type")), _own_id(raw)
    others = sorted(
        ((path, value) for path, value in named if value != own),
        key=lambda item: _bare(item[0][-1]) not in _SPELLINGS,
    )
    if not others:
        return f"{event} has both, which links nobody"
    path, other = others[0]
    stands = f"{event} has {other!r} as {'.'.join(path)}"
    return f"{stands}{_wrong_about(raw, event, path)}"


def _wrong_about(raw: Raw, event: str, path: Path) -> str:
    """Why a value that stands there in an event links nobody."""
    meant = _SPELLINGS.get(_bare(path[-1]))
    if meant is None or "event" not in raw or _is_of_another_vendor(raw):
        return ", which links nobody"
    if path[-1] != meant:
        return f", which is misspelt: only {meant} links, directly in properties"
    if path != ("properties", meant):
        return ", where nobody looks for it: it belongs directly in properties"
    if LINKS_BY.get(event) != meant:
        links = [name for name, by in LINKS_BY.items() if by == meant]
        only = f"{' and '.join(links)} {'do' if links[1:] else 'does'}"
        return f", but {event} links nobody by it: only {only}"
    if raw["properties"].get("$process_person_profile") is False:
        return ", but $process_person_profile is false, so the platform drops it"
    return ", but it links nobody under these rules"


def _is_of_another_vendor(raw: Raw) -> bool:
    """Whether it is no event of PostHog's, which links in its vendor's own way."""
    inside = raw.get("properties")
    return "distinct_id" not in raw and not (isinstance(inside, dict) and "$lib" in inside)
