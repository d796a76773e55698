"""How a person's properties came to be: the journal, folded.

Each value knows the event that wrote it. A merge brings the source's keys that the
target lacks; everything else is a change that one event made.
"""

from collections.abc import Iterable
from typing import Any

from identity_cli.store.reading.rows import ChangeRow, LinkRow, Row

State = dict[str, "Written"]


class Written(Row):
    """A property value and the write it comes from.

    person: whose it was then. replaced: what it was before, as a list of that one value; empty where the
    key was new. is_stale: an older event, ingested later, overwrote a newer value.
    """

    value: Any
    operation: str
    event: str
    time: str | None
    seq: int
    person: int
    replaced: list[Any]
    is_stale: bool


def properties_written(person: int, changes: Iterable[ChangeRow], links: Iterable[LinkRow]) -> State:
    """The properties of a person in the end, each with its write.

    changes and links: those of the person and of all that were merged into it.
    """
    states: dict[int, State] = {}
    for step in in_order(changes, links):
        if isinstance(step, LinkRow):
            _merge(states, step)
        else:
            state = states.setdefault(step.person, {})
            for change in step.changes:
                _apply(state, step, change)
    return states.get(person, {})


def in_order(changes: Iterable[ChangeRow], links: Iterable[LinkRow]) -> list[ChangeRow | LinkRow]:
    """Merges before the changes of the same event; sorting keeps the order of what is equal."""
    merges = [link for link in links if link.merged is not None]
    return sorted([*merges, *changes], key=lambda step: (step.moment, step.seq))


def _merge(states: dict[int, State], link: LinkRow) -> None:
    if link.merged is None:
        return
    source, target = states.pop(link.merged[0], {}), states.get(link.merged[1], {})
    for key in link.dropped or ():  # also what no value of the target's stands against
        source.pop(key, None)
    if len(target) < len(source):  # the smaller into the larger, so that a chain of merges stays linear
        source.update(target)
        target = source
    else:
        for key, written in source.items():
            target.setdefault(key, written)
    states[link.merged[1]] = target


def _apply(state: State, step: ChangeRow, change: list[Any]) -> None:
    operation, key, value, *replaced = change
    if operation == "unset":
        state.pop(key, None)
    else:
        stale = is_stale(operation, step.time, state[key].time if key in state else None)
        state[key] = Written(value, operation, step.event, step.time, step.seq, step.person, replaced, stale)


def is_stale(operation: str, time: str | None, time_before: str | None) -> bool:
    """Whether an older event, ingested later, overwrites a newer value; times as a run has them."""
    return operation == "set" and bool(time_before and time and time < time_before)
