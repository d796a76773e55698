"""What a replay knows where its log ends, before it is told so: with it the log can go on another day."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from identity_cli.dialects import DIALECTS
from identity_cli.dialects.mapping import mapping_text, read_mapping
from identity_cli.dialects.record import event_type
from identity_cli.errors import CannotGoOn
from identity_cli.events import LONG_AGO
from identity_cli.files.messages import message_of, reader_of
from identity_cli.files.raw_file import hash_of_start
from identity_cli.reading.log_items import KeptLine
from identity_cli.reading.options import ReplayOptions
from identity_cli.reading.remembering import Kinds
from identity_cli.resolver.event_buffer import Held
from identity_cli.resolver.open_end import Before, Key, OpenEnd

END, ASKED = "end", "asked"
"""What the parts that are remembered begin with: of the end, of what was asked."""
REJECTED, REJECTIONS = "rejected", "rejections"


@dataclass(slots=True)
class LogEnd:
    """Most of it as OpenEnd has it; queue: the events that wait, but for themselves, which are in events.

    kept: by seq, lines of those that may be rejected. marks: the last row of each table of the journal.
    attached: how many ids were put on persons that were there.
    """

    clock: datetime = LONG_AGO
    queue: list[tuple[datetime, datetime, int, int, str]] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    before: list[Before] = field(default_factory=list)
    first_seen: list[tuple[Key, int]] = field(default_factory=list)
    given: list[tuple[str, int, str]] = field(default_factory=list)
    next_person: int = 0
    fine_ids: list[tuple[Key, datetime | None, datetime | None]] = field(default_factory=list)
    fine_persons: list[tuple[int, datetime | None, datetime | None]] = field(default_factory=list)
    kept: dict[int, KeptLine] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    attached: int = 0
    has_large_values: bool = False

    @property
    def open_end(self) -> OpenEnd:
        """The resolver's."""
        waiting = [
            Held(due, arrived, seq, event, team_id, distinct_id)
            for (due, arrived, seq, team_id, distinct_id), event in zip(self.queue, self.events, strict=True)
        ]
        known = (getattr(self, name) for name in OpenEnd._fields[2:])
        return OpenEnd(self.clock, waiting, *known)


def end_kinds(names: Collection[str]) -> Kinds:
    """The types of what LogEnd has; names: the event properties that records keep."""
    kinds: dict[str, Any] = {one.name: one.type for one in fields(LogEnd)}
    return {**kinds, "events": list[event_type(names)]}  # type: ignore[misc]  # made as it is needed


def as_sent(events: Sequence[Any], names: Collection[str]) -> list[Any]:
    """Events as another process would have sent them: with no more than goes on, their times in UTC."""
    sent = reader_of(event_type(names))
    return [sent(message_of(event)) for event in events]


class Asked(NamedTuple):
    """What was asked of a replay, as far as what comes out depends on it.

    internal_hash, mapped: what was in the files that these options name.
    """

    rules: str | None
    is_of_log: bool
    by_dates: bool
    buffer_seconds: int | float | None  # as it was given
    team_id: int
    dialect: str | None
    mapping: tuple[str, ...]
    dedupe: bool
    blocked_ids: tuple[str, ...]
    longest_line: int
    with_events: bool
    evidence: bool
    internal_users: str | None
    internal_hash: str | None
    mapped: str

    @classmethod
    def of(cls, options: ReplayOptions) -> "Asked":
        """The same of options whose rules are settled."""
        users = None if options.internal_users is None else str(options.internal_users)
        same = {name: getattr(options, name) for name in cls._fields if hasattr(options, name)}
        return cls(
            **{**same, "internal_users": users},
            internal_hash=None if users is None else hash_of_start(users, Path(users).stat().st_size),
            mapped=_mapped(options.mapping),
        )

    def again(self, options: ReplayOptions, given: Collection[str], run: str) -> dict[str, Any]:
        """What to ask again; CannotGoOn where one of the given options asks for something else."""
        for name in self._fields:
            was, asked = getattr(self, name), getattr(options, name, None)
            asked = str(asked) if isinstance(asked, Path) else asked
            if name in given and asked != was and not (name == "rules" and asked == "auto" and self.by_dates):
                flag = _FLAGS.get(name, f"--{name.replace('_', '-')}")
                raise CannotGoOn(run, f"{flag} was {_shown(was)} in its replay, and now is {_shown(asked)}")
        if "rules" in given and self.is_of_log:
            raise CannotGoOn(run, "its rules were those of the log's own vendor, and now some are asked for")
        if not options.is_remembered:
            raise CannotGoOn(run, "what is sorted, or what a plan leaves events out of, is one whole")
        if options.spill:
            reason = "memory has to hold only the ids that the new file touches, so none are spilled"
            raise CannotGoOn(run, reason, "leave out --spill, or replay all files together with it")
        return {name: getattr(self, name) for name in self._fields[:-2]}


_FLAGS = {
    "buffer_seconds": "--buffer",
    "mapping": "--map",
    "longest_line": "--max-line",
    "with_events": "--events",
    "evidence": "evidence, which --no-evidence leaves out,",
    "blocked_ids": "blocked_ids",
}


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "wanted" if value else "not wanted"
    if value is None or value == ():
        return "left out"
    return " ".join(value) if isinstance(value, tuple) else str(value)


class OptionsAsked(NamedTuple):
    """The same as what has it."""

    options: Asked


def _mapped(mapping: tuple[str, ...]) -> str:
    if not mapping or (len(mapping) == 1 and mapping[0] in DIALECTS and not Path(mapping[0]).exists()):
        return ""
    return mapping_text(read_mapping(mapping))
