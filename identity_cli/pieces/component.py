"""The components of a log, and what each comes to by itself."""

from collections.abc import Iterable, Iterator, Sequence

from identity_cli.events import Event
from identity_cli.facts import Fact
from identity_cli.pieces.edges import Key, components, edges_of, key_of
from identity_cli.pieces.log_clock import LogClock
from identity_cli.resolver.person_resolver import PersonResolver
from identity_cli.rules.base import RuleSet

Placed = tuple[int, Event]
"""An event and its seq."""


def split(events: Sequence[Placed], rules: RuleSet, team_id: int) -> list[list[Placed]]:
    """The events of each component, in order of the first of each; those without an id are one together."""
    named = components(edge for _, event in events for edge in edges_of(event, rules, team_id))
    found: dict[Key | None, list[Placed]] = {}
    for seq, event in events:
        key = key_of(event, rules, team_id)
        found.setdefault(None if key is None else named.get(key, key), []).append((seq, event))
    return [*found.values()]


def replayed(resolver: PersonResolver, events: Iterable[Placed], clock: LogClock) -> Iterator[Fact]:
    """The facts of one component, replayed to the end of the log; the resolver can take another then."""
    for seq, event in events:
        yield from resolver.pass_time(seq, clock.before(seq))
        for link in event.links:
            yield from resolver.link(seq, link)
        yield from resolver.apply(seq, event)
    yield from resolver.finish()
    resolver.rewind()


def clock_of(events: Iterable[Placed]) -> LogClock:
    """The clock of a whole log."""
    clock = LogClock()
    for seq, event in events:
        clock.see(seq, event)
    return clock
