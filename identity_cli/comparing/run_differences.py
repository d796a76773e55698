"""Two runs compared: whose ids are together in the one and apart in the other."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from identity_cli.answering import InNotebook
from identity_cli.comparing.comparison import Comparison, Member, compare
from identity_cli.store.reading.run import Run
from identity_cli.values.sameness import same_value

SETTINGS = ("rule_set", "buffer_seconds", "team_id", "order", "deduped", "lines", "events")


@dataclass(slots=True)
class Diff(InNotebook):
    """How the second run differs from the first.

    settings: what was asked of the two replays, where that differs: name, then both values.
    properties_differ: persons with the same ids, but other properties or another identified flag, as
    person ids of both runs.
    """

    comparison: Comparison
    settings: dict[str, tuple[Any, Any]]
    properties_differ: list[tuple[str, str]]

    @property
    def differs(self) -> bool:
        """Whether persons or their properties differ."""
        return self.comparison.differs or bool(self.properties_differ)


def diff(old: Run, new: Run) -> Diff:
    """How the second run differs from the first, person by person; a person is the set of its ids.

    The runs may be of different logs: ids that only one of them has say nothing of who is together.
    """
    comparison = compare(partial(_members, old, new))
    before, after = dict(old.states()), dict(new.states())
    other = [
        (one, two) for one, two in comparison.unchanged if not _same_state(before.pop(one), after.pop(two))
    ]
    settings = {
        name: (old.metadata[name], new.metadata[name])
        for name in SETTINGS
        if old.metadata[name] != new.metadata[name]
    }
    return Diff(comparison, settings, other)


def _same_state(one: tuple[bool, str], two: tuple[bool, str]) -> bool:
    return one == two or (one[0] == two[0] and same_value(json.loads(one[1]), json.loads(two[1])))


def _members(old: Run, new: Run) -> Iterator[Member]:
    """Every id of the two runs; both give theirs in one order."""
    ours, theirs = old.members(), new.members()
    a, b = next(ours, None), next(theirs, None)
    while a is not None or b is not None:
        if b is None or (a is not None and a[:2] < b[:2]):
            assert a is not None
            yield Member(a[1], a[0], a[2], a[3], None)
            a = next(ours, None)
        elif a is None or b[:2] < a[:2]:
            yield Member(b[1], b[0], b[2], None, b[3])
            b = next(theirs, None)
        else:
            yield Member(b[1], b[0], b[2], a[3], b[3])
            a, b = next(ours, None), next(theirs, None)
