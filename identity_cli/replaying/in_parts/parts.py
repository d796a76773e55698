"""Resolves a log that was read into files, part by part, so that memory need hold only one part's ids.

Each part in a process of its own where that is possible: at its end all its memory is free again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from heapq import merge
from itertools import chain, islice
from pathlib import Path
from typing import Any

from identity_cli.dialects.record import event_type
from identity_cli.facts import PersonCreated, Whose
from identity_cli.files.messages import MessageFile
from identity_cli.files.number_file import NumberFile
from identity_cli.origins import Origins
from identity_cli.pieces.blocks import Rows
from identity_cli.pieces.component import Component, Told
from identity_cli.pieces.dealing import Dealer
from identity_cli.pieces.edges import Key, components, parts
from identity_cli.pieces.joined_people import joined_ids, joined_persons, numbers_in_whole
from identity_cli.pieces.joining import NO_FACT, JoinedJournal, Row, rows_of
from identity_cli.pieces.log_clock import LogClock
from identity_cli.pieces.new_resolver import resolver_for
from identity_cli.reading.log_items import Nobodys, Rejected, Skipped
from identity_cli.reading.options import ReplayOptions
from identity_cli.replaying.at_end.end_in_pieces import (
    Piece,
    joined_pieces,
    pieces_of_end,
    row_of_end,
    with_one_end,
)
from identity_cli.replaying.in_parts.dealt import Dealt, deal, rows_of_part
from identity_cli.replaying.in_parts.gathering import Gathered, about
from identity_cli.rules.copying import names_to_read
from identity_cli.tables.people import Ids, People, people_of

BYTES_OF_AN_ID = 1_000
"""Of memory, while it is resolved, all things considered."""
BYTES_OF_A_PART = 64 << 20
MOST_PARTS = 40  # five files each, and systems allow a few hundred
ASIDE_AT_ONCE = 100


class Part:
    """Its rows, and what it comes to: facts, persons, and ids without one."""

    def __init__(self, number: int, folder: Path, rows: Callable[[Any], Iterator[Any]]) -> None:
        """number: its own. folder: on whose disk its files are. rows: gives its, of that type."""
        self._number = number
        self._rows = rows
        self.told = MessageFile(folder)
        self.made = NumberFile(folder)  # where its persons were, see numbers_in_whole
        self.persons = MessageFile(folder)
        self.nobodys = MessageFile(folder)
        self.end = MessageFile(folder)

    def resolve(self, options: ReplayOptions, clock: LogClock, named: Iterable[Key], at_once: int) -> None:
        """Do it; clock: the whole log's. named: ids whose end is to be told. at_once: so many persons are."""
        resolver = resolver_for(options)
        component = Component(resolver, clock)
        names = names_to_read(options.applied_rules)
        record: Any = event_type(names)
        self._tell(component.told_before_end(self._rows(Rows[record])))
        if options.is_remembered:
            end = resolver.open_end()
            self.told.add([row_of_end(self._number, end.clock)])
            for piece in pieces_of_end(end, component.kept, names):
                self.end.add(piece)
        self._tell(component.told_at_end())
        self.told.add(rows_of(component.named(named)))
        for some in map(people_of, resolver.everybody(at_once)):
            (self.persons if isinstance(some, People) else self.nobodys).add(some)
        for file in self._files:
            file.flush()

    def _tell(self, told: Iterable[list[Told]]) -> None:
        for some in told:
            self.told.add(rows_of(some))
            self.made.add([*chain.from_iterable(one[:2] for one in some if type(one[2]) is PersonCreated)])

    @property
    def _files(self) -> tuple[MessageFile | NumberFile, ...]:
        return self.told, self.made, self.persons, self.nobodys, self.end

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files:
            file.close()


class ResolvedInParts:
    """A log that was read into files; resolve it, then ask for its journal and everybody, as of a resolver.

    ids: how many it has, about, once it is resolved.
    """

    def __init__(self, gathered: Sequence[Gathered], options: ReplayOptions, folder: Path) -> None:
        """gathered: by each process that read it. folder: on whose disk files take their place."""
        self._gathered, self._options, self._folder = gathered, options, folder
        self.ids = 0
        self._dealt: list[Dealt] = []
        self._parts: list[Part] = []
        self._joined = JoinedJournal(())

    def resolve(self, at_once: int) -> None:
        """Resolve everything; at_once: so many persons are told at a time in the end."""
        self.ids, named = about(self._gathered)
        self._deal(_count_of_parts(self.ids, self._options.parts_at_a_time))
        clock = LogClock([[file.numbers() for file in one.reached] for one in self._gathered])
        self._resolve_each(clock, named, at_once)

    @property
    def persons(self) -> int:
        """How many were made."""
        return sum(len(part.made.numbers()) // 2 for part in self._parts)

    def journal(self, origins: Origins) -> Iterator[Any]:
        """The facts of the whole log in order, and between them what was set aside.

        Before what its end lets go comes a LogEnd, if that is to be remembered.
        """
        told = [part.told.values(list[Row]) for part in self._parts]
        self._joined = JoinedJournal([*told, self._aside()])
        yield from with_one_end(self._joined)
        if self._options.is_remembered:
            yield from joined_pieces(
                [part.end.values(Piece) for part in self._parts], self._joined.numbers, origins
            )

    def everybody(self, at_once: int) -> Iterator[People | Ids]:
        """Every person, so many at a time, and then the ids without one; before the journal, or after it.

        May be asked again, also by another process.
        """
        numbers = self._joined.numbers or numbers_in_whole([part.made.numbers() for part in self._parts])
        persons = [part.persons.values(People) for part in self._parts]
        yield from joined_persons(persons, numbers[: len(persons)], at_once)
        yield from joined_ids([part.nobodys.values(Ids) for part in self._parts], at_once)

    def whose(self, team_id: int, distinct_id: str) -> Whose | None:
        """What an id has come to that a link named and joined to nobody; None if no event ever showed it."""
        return self._joined.whose.get((team_id, distinct_id))

    def forget_all(self) -> None:
        """Let go of everybody, and of the files that tell of them."""
        self._joined = JoinedJournal(())
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        files: Iterable[Part | Gathered | Dealt] = (*self._parts, *self._gathered, *self._dealt)
        for one in files:
            one.close()

    def _deal(self, count: int) -> None:
        """Give each part its rows."""
        edges = [one.edges.numbers() for one in self._gathered]
        pairs = chain.from_iterable(zip(some[::2], some[1::2], strict=True) for some in edges)
        known = parts(components(pairs), count)
        dealers = [Dealer(count, known) for _ in self._gathered]
        self._dealt = deal([one.rows for one in self._gathered], dealers, self._folder)
        for part in range(count):
            self._parts.append(Part(part, self._folder, partial(rows_of_part, part, self._dealt)))
        for one in self._gathered:
            one.rows.close()

    def _resolve_each(self, clock: LogClock, named: list[Key], at_once: int) -> None:
        """One after the other, or as many at a time as there may be processes."""
        from identity_cli.files import processes  # takes its time to import

        each = [partial(part.resolve, self._options, clock, named, at_once) for part in self._parts]
        if self._options.one_process or not processes.is_possible():
            for resolve in each:
                resolve()
        else:
            rest = iter(each)
            while some := [*islice(rest, self._options.parts_at_a_time)]:
                with ExitStack() as beside:
                    for resolve in some:
                        beside.enter_context(processes.done_beside(resolve, "resolves a part of the log"))
        for one in self._dealt:
            one.close()

    def _aside(self) -> Iterator[list[Row]]:
        """What was set aside, each before what happened at its seq."""
        record: Any = event_type(names_to_read(self._options.applied_rules))
        each = (one.aside.values(Skipped[record] | Nobodys | Rejected) for one in self._gathered)
        items = merge(*each, key=_first_seq)
        rows: Iterator[Any] = ((_first_seq(item), 0, NO_FACT, item) for item in items)
        while some := [*islice(rows, ASIDE_AT_ONCE)]:
            yield some


def _count_of_parts(ids: int, at_a_time: int) -> int:
    """As many as memory asks for, and as keep so many processes busy to the end."""
    needed = 1 + ids * BYTES_OF_AN_ID // BYTES_OF_A_PART
    return min(MOST_PARTS, -(-needed // at_a_time) * at_a_time)


def _first_seq(item: Any) -> int:
    return item.first_seq if isinstance(item, Skipped) else item.seq
