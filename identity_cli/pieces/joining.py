"""One journal of many: what components came to, put in the order of the whole log.

Persons are numbered anew, in the order in which they were made. What a component could not know is filled
in: as others answered, whose an id was that a link named in vain.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from identity_cli import facts
from identity_cli.facts import Fact, Whose
from identity_cli.outcomes import LOOKS_AT_NOBODY
from identity_cli.pieces.component import Answered, Named, RejectedLine, Told
from identity_cli.pieces.edges import Key

KINDS: tuple[Any, ...] = (
    *(facts.PersonCreated, facts.DistinctIdAttached, facts.DistinctIdSeen, facts.PersonIdentified),
    *(facts.PropertiesChanged, facts.Linked, facts.IngestionWarning, facts.EventHeld, facts.EventDropped),
    *(facts.EventTouchedNobody, facts.EventRejected, facts.EventAttributed, Answered, RejectedLine, Named),
)
"""What a component tells, by the number of its kind."""
_NUMBER_OF = {kind: number for number, kind in enumerate(KINDS)}
_CREATED, _LINKED = _NUMBER_OF[facts.PersonCreated], _NUMBER_OF[facts.Linked]
_ANSWERED, _LINE, _NAMED = map(_NUMBER_OF.__getitem__, (Answered, RejectedLine, Named))
NO_FACT = len(KINDS)
"""Of something else that stands in the log: it comes as it is."""
_NAMES_PERSON = ("person", "source_person", "target_person")
_PERSONS = [[kind._fields.index(name) for name in _NAMES_PERSON if name in kind._fields] for kind in KINDS]
_OUTCOME, _TEAM, _SOURCE, _TARGET, _SOURCE_PERSON, _SOURCE_IDENTIFIED = map(
    facts.Linked._fields.index,
    ("outcome", "team_id", "source_distinct_id", "target_distinct_id", "source_person", "source_identified"),
)

Row = tuple[int, int, int, Sequence[Any]]
"""Of a journal: before which event, of what event, the number of its kind, and its fields."""


class Whole(NamedTuple):
    """Some consecutive facts of the whole log; lines: of rejected events among them, by seq."""

    facts: list[Fact]
    lines: dict[int, bytes]


def rows_of(told: Iterable[Told]) -> list[Row]:
    """What a component tells, as it can be put into a file."""
    return [(moment, seq, _NUMBER_OF[type(one)], one) for moment, seq, one in told]


class JoinedJournal:
    """The facts of several components in the order of the log; iterate once, then ask for persons' numbers.

    Keeps four bytes for every person. whose: in the end, ids that links named and joined to nobody.
    """

    def __init__(self, journals: Sequence[Iterable[list[Row]]]) -> None:
        """journals: of each component, with numbers of persons of its own."""
        self._journals = journals
        self.numbers = [array("I") for _ in journals]
        self.persons = 0
        self.whose: dict[Key, Whose] = {}

    def __iter__(self) -> Iterator[Any]:
        """A Whole, or what is NO_FACT."""
        for rows in in_order(self._journals):
            answers = self._known_from(rows)  # at first: an event may tell of a person that it makes later
            whole = Whole([], {})
            for _, _, kind, fields, journal in rows:
                if kind == NO_FACT:
                    yield whole
                    yield fields
                    whole = Whole([], {})
                elif kind == _LINE:
                    whole.lines[fields[0]] = fields[1]
                elif kind == _NAMED:
                    _, team_id, distinct_id, person, *others = fields
                    number = None if person is None else self.numbers[journal][person]
                    self.whose[team_id, distinct_id] = Whose(number, *others)
                elif kind != _ANSWERED:
                    whole.facts.append(self._fact(kind, fields, self.numbers[journal], answers))
            yield whole

    def _known_from(self, rows: Iterable[Any]) -> dict[Any, Any]:
        """Number the persons that are made; the answers, by what was asked."""
        answers = {}
        for _, seq, kind, fields, journal in rows:
            if kind == _CREATED:
                self.numbers[journal].append(self.persons)
                self.persons += 1
            elif kind == _ANSWERED:
                _, team_id, distinct_id, person, is_identified = fields
                answers[seq, team_id, distinct_id] = journal, person, is_identified
        return answers

    def _fact(self, kind: int, fields: Sequence[Any], numbers: "array[int]", answers: dict[Any, Any]) -> Any:
        values = list(fields)
        for index in _PERSONS[kind]:
            if values[index] is not None:
                values[index] = numbers[values[index]]
        if kind == _LINKED and _asked(values):
            # Its own component, if that is several, may know the other id from later.
            journal, person, is_identified = answers[values[0], values[_TEAM], values[_SOURCE]]
            values[_SOURCE_PERSON] = None if person is None else self.numbers[journal][person]
            values[_SOURCE_IDENTIFIED] = is_identified
        return KINDS[kind]._make(values)


def _asked(link: Sequence[Any]) -> bool:
    """Whether a link only looked whose the other id was, which may be in another component."""
    return link[_OUTCOME] in LOOKS_AT_NOBODY and link[_SOURCE] != link[_TARGET]


_place = itemgetter(0, 1)


def in_order(journals: Sequence[Iterable[list[Row]]]) -> Iterator[list[Any]]:
    """Rows of all journals by moment and event, some at a time, each with the number of its journal.

    All that one event does comes at once, as long as no journal parts it.
    """
    waiting = [iter(rows for rows in journal if rows) for journal in journals]
    begun = {number: rows for number, one in enumerate(waiting) if (rows := next(one, None))}
    while begun:
        end = min(_place(rows[-1]) for rows in begun.values())
        taken = []
        for number, rows in [*begun.items()]:
            cut = bisect_right(rows, end, key=_place)
            taken += [(*row, number) for row in rows[:cut]]
            if cut < len(rows):
                begun[number] = rows[cut:]
            elif following := next(waiting[number], None):
                begun[number] = following
            else:
                del begun[number]
        taken.sort(key=_place)
        yield taken
