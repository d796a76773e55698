"""A repair plan as a file: which events it leaves out of which log, and where these stand in the log at hand.

A plan names its sources by size and hash. Whoever applies it finds them among other files by their first
bytes, so that neither another path nor a log that has grown matters; a plan written by hand may
name files alone.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from identity_cli.errors import AmbiguousEvent, BadPlan, EventNotMet, PlanOfAnotherLog
from identity_cli.files.opening import BYTES_AT_ONCE, source_paths, sources_at
from identity_cli.files.raw_file import hash_of_start
from identity_cli.files.sources import LineSource, PassedOver, Source
from identity_cli.origins import Origins
from identity_cli.reading.left_out import LeftOut
from identity_cli.replaying.again.rerun import options_of, paths_of
from identity_cli.store.reading.run import Run


class PlannedSource(NamedTuple):
    """A log file as it was when the plan was made; hash: XXH3 of its size bytes."""

    file: str
    size: int
    hash: str


class Plan(NamedTuple):
    """What is read of a plan; events: as its sources spell their files. blocked_ids: link none of these."""

    sources: tuple[PlannedSource, ...]
    events: tuple[LeftOut, ...]
    blocked_ids: tuple[str, ...]

    def located(self, files: Sequence[str]) -> tuple[LeftOut, ...]:
        """Its events with their files, or members of archives, as these are spelled.

        PlanOfAnotherLog, AmbiguousEvent, EventNotMet where one cannot be found.
        """
        members = _Members(files)
        names = {name: self._found(name, members) for name in dict.fromkeys(one.file for one in self.events)}
        return tuple(one._replace(file=names[one.file]) for one in self.events)

    def located_in(self, run: Run) -> tuple[LeftOut, ...]:
        """The same as a run spells the files of its log; LogGone, LogIsPipe too."""
        return tuple(one._replace(file=run.path_of(one.file)) for one in self.located(paths_of(run)))

    def _found(self, name: str, members: "_Members") -> str:
        """Which of these files, or of what is in them, the plan means by a name."""
        named = next(one for one in self.events if one.file == name).origin
        source = next((one for one in self.sources if one.file == name), None)
        same = members.paths if source is None else members.that_begin_as(source)
        if source is not None and not same:
            raise PlanOfAnotherLog(name, source.size)
        origins = Origins((file, number) for number, file in enumerate(same))
        found = [same[index] for index in origins.files_named(name)] or (same if source else [])
        if not found:
            raise EventNotMet(named, "no file of the log has that name")
        if len(found) > 1:
            raise AmbiguousEvent(str(named), [named._replace(path=file) for file in found])
        return found[0]


class _Members:
    """What the files of a log hold: each itself, an archive its members, which are read once at most."""

    def __init__(self, files: Sequence[str]) -> None:
        inside = {file: source_paths(file) for file in files}
        self.paths = [path for paths in inside.values() for path in paths]
        self._files = {paths[0]: file for file, paths in inside.items() if _is_itself(file, paths)}
        self._archives = [file for file, paths in inside.items() if not _is_itself(file, paths)]

    def that_begin_as(self, source: PlannedSource) -> list[str]:
        """The files, which may have grown since, and the members of archives that are this source."""
        same = [path for path, file in self._files.items() if _begins_as(file, source)]
        return same + self._members[source.size, source.hash]

    @cached_property
    def _members(self) -> dict[tuple[int, str], list[str]]:
        """Of all archives, by size and hash, which only reading tells."""
        found = defaultdict(list)
        for archive in self._archives:
            for member in sources_at(archive):
                if not isinstance(member, PassedOver):
                    found[_size_and_hash(member)].append(member.path)
        return found


def _is_itself(file: str, paths: Sequence[str]) -> bool:
    return [*map(Path, paths)] == [Path(file)]


def _begins_as(file: str, source: PlannedSource) -> bool:
    return hash_of_start(file, source.size) == source.hash


def _size_and_hash(member: LineSource) -> tuple[int, str]:
    with closing(member):
        while member.read_lines(BYTES_AT_ONCE):
            pass
        read = Source(member.path, 1)
        member.finish(read)
        return read.size, read.hash


def sources_of(run: Run) -> list[dict[str, Any]]:
    """The log of a run as a plan names it."""
    return [
        {"file": source["path"], "size": source["size"], "hash": source["hash"]} for source in run.sources()
    ]


def earlier_actions(run: Run) -> list[dict[str, Any]]:
    """What the plan did that a run was replayed with, so that one made of that run does it too."""
    options = options_of(run)
    known = {one.origin: one.uuid for one in options.left_out if not isinstance(one, str)}
    origins = [run.origin(seq) for seq in run.left_out()]
    events = [{**origin.place, "uuid": known.get(origin)} for origin in origins]
    done = "by the plan that this run was replayed with"
    leave_out = {"action": "leave_out", "reason": f"left out already, {done}", "events": events}
    return [
        *([leave_out] if events else []),
        *(
            {"action": "block_id", "reason": f"blocked already, {done}", "distinct_id": blocked}
            for blocked in options.blocked_ids
        ),
    ]


def read_plan(path: str) -> Plan:
    """The plan of a file; BadPlan."""
    try:
        plan = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        actions = [(action["action"], action) for action in plan["actions"]]
        return Plan(
            tuple(map(_source, plan.get("sources", ()))),
            tuple(dict.fromkeys(_events(one for kind, one in actions if kind == "leave_out"))),
            tuple(_text(one["distinct_id"]) for kind, one in actions if kind == "block_id"),
        )
    except OSError as error:
        raise BadPlan(path, error.strerror or str(error)) from None
    except (ValueError, LookupError, TypeError, OverflowError, RecursionError, AttributeError):  # it may hold
        raise BadPlan(path, "it is no plan that idcli repair wrote") from None  # anything


def _source(source: dict[str, Any]) -> PlannedSource:
    return PlannedSource(_text(source["file"]), int(source["size"]), _text(source["hash"]))


def _events(actions: Iterable[dict[str, Any]]) -> Iterator[LeftOut]:
    for action in actions:
        for event in action["events"]:
            nth, uuid = event.get("nth"), event.get("uuid")
            yield LeftOut(
                _text(event["file"]),
                int(event["line"]),
                None if nth is None else int(nth),
                None if uuid is None else _text(uuid),
            )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value
