"""A run that a log goes on with: what it remembers, and whether the log can go on at all."""

import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from identity_cli import __version__
from identity_cli.dialects import DIALECTS
from identity_cli.errors import CannotGoOn, MixedVendors, RunUnreadable
from identity_cli.facts import DistinctIdAttached, Linked, PersonCreated
from identity_cli.files.folders import container_of
from identity_cli.files.landmarks import Landmarks
from identity_cli.files.opening import sources_at
from identity_cli.files.raw_file import hash_of_start, is_regular
from identity_cli.files.sources import PassedOver, Source
from identity_cli.reading.earlier import Earlier, sources_in
from identity_cli.reading.options import GoingOn, ReplayOptions
from identity_cli.reading.rejections import Rejections
from identity_cli.reading.remembering import BEYOND_WORDS, NotAsRemembered, Parts, part_of, recall
from identity_cli.reading.room_for_ids import IdsDoNotFit
from identity_cli.reading.watcher import BatchWatcher
from identity_cli.replaying.at_end.log_end import (
    ASKED,
    END,
    REJECTED,
    REJECTIONS,
    Asked,
    LogEnd,
    end_kinds,
)
from identity_cli.replaying.going_on.met_again import MetAgain
from identity_cli.resolver.person_resolver import PersonResolver
from identity_cli.run_mark import DATABASE
from identity_cli.store.reading.as_left import remembered_by
from identity_cli.store.reading.earlier_names import EarlierNames
from identity_cli.store.reading.run import Run
from identity_cli.store.writing.journal_writer import JournalWriter
from identity_cli.store.writing.rejected_lines import RejectedLines


def given_in(rules: str | None, buffer: float | None, options: Collection[str]) -> set[str]:
    """The names of the options of a call that were given."""
    named = {"rules": rules, "buffer_seconds": buffer}
    return {*options, *(name for name, value in named.items() if value is not None)}


@contextmanager
def earlier_run(going_on: GoingOn) -> "Iterator[EarlierRun]":
    """That run, open during the block; CannotGoOn, or RunUnreadable where it is not as a replay writes it."""
    with Run(going_on.run) as run:
        try:
            yield EarlierRun(run, going_on.given)
        except NotAsRemembered as error:
            raise RunUnreadable(str(run.folder / DATABASE), f"what it remembers: {error}") from None
        except IdsDoNotFit:
            reason = "memory would not hold the ids that the new file touches"
            raise CannotGoOn(run.name, reason, "replay all files together, with --spill") from None
        except MixedVendors:
            raise CannotGoOn(run.name, "its rules are of another vendor than a file is") from None


class EarlierRun:
    """What it comes to, for whoever goes on."""

    def __init__(self, run: Run, given: Collection[str]) -> None:
        self._run = run
        self._given = given
        self._parts: Parts = remembered_by(run)
        reason = _why_not(run, self._parts)
        if reason is not None:
            raise CannotGoOn(run.name, reason)

    def asked(self, options: ReplayOptions) -> ReplayOptions:
        """The options again, with these that change nothing of who is who; CannotGoOn for others."""
        asked: Asked = part_of(self._parts, f"{ASKED}.options", Asked)
        again = replace(options, **asked.again(options, self._given, self._run.name))
        if Asked.of(again) != asked:
            raise CannotGoOn(self._run.name, "a file that its options name is another by now")
        return again

    @property
    def files(self) -> set[str]:
        """The files that it was made of."""
        return {container_of(self._run.file_of(source.path)) for source in sources_in(self._parts)}

    @property
    def reading(self) -> Earlier:
        """What reading goes on with."""
        marks = {source: columns for source, *columns in self._run.landmarks()}
        sources = sources_in(self._parts)
        for number, source in enumerate(sources, 1):
            if number in marks:
                source.landmarks = _landmarks(marks[number])
        return Earlier(sources, self._run.origins, self._parts)

    def end(self, names: Collection[str]) -> LogEnd:
        """Where its log ended; names: the event properties that records keep."""
        end, kinds = LogEnd(), end_kinds(names)
        missing = [name for name in kinds if f"{END}.{name}" not in self._parts]
        if missing:
            raise NotAsRemembered(f"{END}.{missing[0]} is missing")
        recall(END, end, kinds, self._parts)
        return end

    def met_again(self, resolver: PersonResolver, options: ReplayOptions) -> MetAgain:
        """Its persons, for a resolver that goes on."""
        return MetAgain(self._run, resolver, options.applied_rules)

    def go_on(self, end: LogEnd, journal: JournalWriter) -> None:
        """Let the journal begin where it ended."""
        counts = {
            PersonCreated: end.next_person,
            DistinctIdAttached: end.attached,
            Linked: max(0, end.marks["links"]),
        }
        journal.go_on(self._run.folder / DATABASE, end.marks, counts)
        journal.names = EarlierNames(self._run, end.next_person)

    def go_on_watching(self, watchers: Iterable[BatchWatcher]) -> None:
        """The same of watchers that look on where events are resolved."""
        for one in watchers:
            recall(type(one).__name__, one, one.remembers, self._parts)

    def go_on_rejecting(self, rejected: RejectedLines, rejections: Rejections) -> None:
        """The same of lines that could not be used."""
        recall(REJECTED, rejected, rejected.remembers, self._parts)
        recall(REJECTIONS, rejections, rejections.remembers, self._parts)
        if not rejected.go_on(self._run.folder):
            raise CannotGoOn(self._run.name, "its rejected.ndjson is not as it was written")


def _landmarks(columns: Sequence[bytes]) -> Landmarks:
    try:
        return Landmarks.unpacked(columns)
    except (zlib.error, ValueError) as error:
        raise NotAsRemembered(f"landmarks: {error}") from None


def _why_not(run: Run, parts: Parts) -> str | None:
    """Why nothing can go on with a run, if nothing can."""
    version = run.metadata["idcli_version"]
    if run.is_redacted:
        return "it is a copy with pseudonyms"
    if version != __version__:
        return f"idcli {version} wrote it, and this is {__version__}"
    if f"{END}.clock" not in parts:
        return "its log was sorted, or a plan left events out"
    if any(part.startswith(BEYOND_WORDS) for part in parts):
        return "it could not keep all that this takes"
    sources = sources_in(parts)
    for source in sources:
        dialect = DIALECTS.get(source.dialect)
        if dialect is not None and dialect.foresight is not None:
            return (
                f"{source.path} is of {dialect.name}, where a device is its latest user's, so that"
                " the new file may change what its lines meant"
            )
    return next((_how_changed(run, one) for one in sources if _is_other(run, one)), None)


def _how_changed(run: Run, source: Source) -> str:
    if _has_grown(run, source):
        return f"{source.path} has grown since, and a log goes on with further files, not with longer ones"
    return f"{source.path} is not what was replayed any more"


def _has_grown(run: Run, source: Source) -> bool:
    """Whether a changed file begins with all that was replayed."""
    path = run.file_of(source.path)
    return container_of(path) == path and hash_of_start(path, source.size) == source.hash


def _is_other(run: Run, source: Source) -> bool:
    """Whether a file is there and not as it was."""
    path = run.file_of(source.path)
    file = container_of(path)
    if not is_regular(file):
        return False
    if file == path:
        return Path(file).stat().st_size != source.size or hash_of_start(file, source.size) != source.hash
    found: Any = None
    for member in sources_at(file):
        if not isinstance(member, PassedOver) and member.path == path:
            while member.read_lines(1 << 20):
                pass
            found = Source(path, 1)
            member.finish(found)
    return found is None or (found.size, found.hash) != (source.size, source.hash)
