"""One person through time: the journal of it and of all that were merged into it, read once.

Whoever asks what was when asks here. A moment is a place in the log, after the event of that seq: what
waited in the buffer happened as it was released, all else where it stands.
"""

from collections.abc import Callable, Iterable
from functools import cached_property

from identity_cli.reports.property_history import State, properties_written
from identity_cli.store.reading.rows import ChangeRow, IdRow, LinkRow
from identity_cli.store.reading.run import Run

END = 2**62
"""A moment behind every log, and behind all that the end of the log releases."""


class Timeline:
    """What happened to a person; parts: the person ids of all that it is made of, by number.

    links: those that touched any of them, in order. rows: its distinct ids, as they came.
    """

    def __init__(self, run: Run, person: int) -> None:
        """person: the number of one that stands."""
        self._run = run
        self._person = person
        self.parts = run.parts_of(person)
        self.links = run.links_of(self.parts)
        self.rows = run.ids_of(person)

    @cached_property
    def changes(self) -> list[ChangeRow]:
        """What was written, in the order in which it happened."""
        return self._run.changes_of(self.parts)

    @cached_property
    def joins(self) -> dict[int, LinkRow]:
        """By seq, the links that gave an id its first person."""
        return {link.seq: link for link in self.links if link.is_first}

    @cached_property
    def arrivals(self) -> dict[int, LinkRow]:
        """For each person merged away, the merge that brought it to this one in the end.

        Last merge first: by the time a merge is looked at, where its target went is known.
        """
        arrivals: dict[int, LinkRow] = {}
        for link in reversed(self.links):
            if link.merged is not None:
                source, target = link.merged
                arrivals[source] = link if target == self._person else arrivals.get(target, link)
        return arrivals

    def joined(self, row: IdRow) -> int:
        """The moment when an id got its first person."""
        return self._released.get(row.joined_seq, row.joined_seq)

    def owner_at(self, distinct_id: str, moment: int) -> int | None:
        """The number of the person that had one of its ids at that moment; None before it had one."""
        since, person = self._joined_first[distinct_id]
        if moment < since:
            return None
        while person in self._became and self._became[person][0] <= moment:
            person = self._became[person][1]
        return person

    def links_by(self, moment: int) -> list[LinkRow]:
        """Those of its links that were tried by then."""
        return [link for link in self.links if link.seq <= moment]

    def person_by(self, moment: int) -> Callable[[int], int]:
        """For the number of each part, who stood for it at that moment."""
        survivor = dict(link.merged for link in self.links_by(moment) if link.merged is not None)

        def person_of(number: int) -> int:
            passed = []
            while number in survivor:
                passed.append(number)
                number = survivor[number]
            for one in passed:  # so that a chain of merges is walked once
                survivor[one] = number
            return number

        return person_of

    def properties(self, number: int, moment: int = END) -> State:
        """The properties that one of its parts, or itself, had at that moment, each with its write."""
        changes = [change for change in self.changes if change.moment <= moment]
        return properties_written(number, changes, self.links_by(moment))

    @cached_property
    def _joined_first(self) -> dict[str, tuple[int, int]]:
        return {row.distinct_id: (self.joined(row), row.joined_person) for row in self.rows}

    @cached_property
    def _became(self) -> dict[int, tuple[int, int]]:
        """Of each person merged away, when, and into whom."""
        return {link.merged[0]: (link.seq, link.merged[1]) for link in self.links if link.merged is not None}

    @cached_property
    def _released(self) -> dict[int, int]:
        return self._run.moments(row.joined_seq for row in self.rows)


def persons_of(link: LinkRow, person_of: Callable[[int], int]) -> set[int]:
    """Who stands for the persons that a link touched."""
    touched: Iterable[int | None] = (link.source_person, link.target_person, link.person)
    return {person_of(number) for number in touched if number is not None}
