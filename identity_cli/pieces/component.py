"""What a component of a log, or several, come to by themselves."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from identity_cli.facts import Fact
from identity_cli.pieces.blocks import Probe, Row, Step
from identity_cli.pieces.edges import Key
from identity_cli.resolver.person_resolver import PersonResolver


class Answered(NamedTuple):
    """Whose an id was that an event elsewhere asked for; person: its number here, None for nobody's."""

    seq: int
    key: Key
    person: int | None
    is_identified: bool


Told = Fact | Answered


def replayed(resolver: PersonResolver, rows: Iterable[Row]) -> Iterator[Told]:
    """The facts of some components and their answers, to the end of the log.

    rows: placed, in the order of the log; a probe before the event that asks. The resolver can take other
    components then.
    """
    for row in rows:
        yield from resolver.pass_time(row.seq, row.clock)
        if isinstance(row, Probe):
            yield _answer(resolver, row)
        else:
            yield from _facts(resolver, row)
    yield from resolver.finish()
    resolver.rewind()


def _facts(resolver: PersonResolver, step: Step) -> Iterator[Fact]:
    for link in step.event.links:
        yield from resolver.link(step.seq, link)
    yield from resolver.apply(step.seq, step.event)


def _answer(resolver: PersonResolver, probe: Probe) -> Answered:
    whose = resolver.whose(*probe.key)
    if whose is None:
        return Answered(probe.seq, probe.key, None, is_identified=False)
    return Answered(probe.seq, probe.key, whose.person, whose.is_identified)
