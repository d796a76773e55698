"""What events say of a property that never was written: `$set_once` too late, or no `$set` at all."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from identity_cli.counterfactual.raw_events import Progress, Raw, events_with, holds_text, properties_of
from identity_cli.origins import Origin
from identity_cli.replaying.again.rerun import options_of
from identity_cli.rules.copying import names_to_read
from identity_cli.store.reading.run import Run

MOST_TOLD = 1_000
"""Of each kind; beyond, they are only counted."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One event that gives a property a value."""

    origin: Origin
    event: str
    time: str | None
    distinct_id: str
    value: Any


@dataclass(slots=True)
class Unwritten:
    """too_late: `$set_once` of a property that was there; on_events: a property of the event, no operator's.

    Each as many as MOST_TOLD, and how many there are.
    """

    too_late: list[Mention] = field(default_factory=list)
    on_events: list[Mention] = field(default_factory=list)
    too_late_count: int = 0
    on_events_count: int = 0

    @property
    def found(self) -> bool:
        """Whether there is anything."""
        return bool(self.too_late or self.on_events)


def unwritten(
    run: Run,
    whose: tuple[int, AbstractSet[str]],
    key: str,
    written: AbstractSet[Origin],
    on_progress: Progress | None = None,
) -> Unwritten:
    """Read what events of a team's ids say of a property; written: the places that changed it."""
    result = Unwritten()
    copied = names_to_read(options_of(run).applied_rules)  # written without any operator
    for origin, raw in events_with(run, holds_text(key), on_progress):
        own = _own_id(run, raw, whose)
        if own is None or properties_of(raw).get("$process_person_profile") is False:
            continue
        for value in _set_once(raw, key):
            if origin not in written:
                result.too_late_count += 1
                _keep(result.too_late, Mention(origin, *_about(raw), own, value))
        if key in properties_of(raw) and key not in copied:
            result.on_events_count += 1
            _keep(result.on_events, Mention(origin, *_about(raw), own, properties_of(raw)[key]))
    return result


def _keep(kept: list[Mention], one: Mention) -> None:
    if len(kept) < MOST_TOLD:
        kept.append(one)


def _about(raw: Raw) -> tuple[str, str | None]:
    name, time = raw.get("event"), raw.get("timestamp")
    return str(name), time if isinstance(time, str) else None


def _own_id(run: Run, raw: Raw, whose: tuple[int, AbstractSet[str]]) -> str | None:
    """The event's own id, if it is one of these."""
    team_id, ids = whose
    team = raw.get("team_id")
    own = next((one for one in _own_ids(raw) if isinstance(one, str | int)), None)
    is_ours = str(own) in ids and (run.metadata["team_id"] if team is None else team) == team_id
    return str(own) if is_ours else None


def _own_ids(raw: Raw) -> Iterator[Any]:
    inside = properties_of(raw)
    yield from (raw.get("distinct_id"), inside.get("distinct_id"))
    yield from (raw.get("userId"), raw.get("anonymousId"), raw.get("user_id"), raw.get("device_id"))


def _set_once(raw: Raw, key: str) -> Iterator[Any]:
    for holder in (raw, properties_of(raw)):
        once = holder.get("$set_once")
        if isinstance(once, dict) and key in once:
            yield once[key]
            return
