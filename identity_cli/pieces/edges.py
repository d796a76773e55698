"""Which ids may ever interact: those that links connect, directly or not.

Links that are refused connect as well, as they look at both persons. Links of illegal ids look and do
nothing: they connect nobody, or one `undefined` would make one component of the whole log.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import TypeVar

from identity_cli.events import Event
from identity_cli.rules.base import RuleSet
from identity_cli.rules.linking import link_of
from identity_cli.rules.own_id import stored_id
from identity_cli.tables.period_columns import id_hash

Key = tuple[int, str]
"""Team and distinct id."""
Edge = tuple[Key, Key]
Node = TypeVar("Node", bound=Hashable)


def node_of(key: Key) -> int:
    """A number of 64 bits, the same in every process. Two ids that share one only share a component."""
    return id_hash(*key)


def key_of(event: Event, rules: RuleSet, team_id: int) -> Key | None:
    """The event's own distinct id in its team; team_id: of events without one. None where it has no id."""
    own = stored_id(event, rules)
    return None if own is None else (team_id if event.team_id is None else event.team_id, own)


def pair_of(link: Event, rules: RuleSet, team_id: int) -> tuple[Edge, bool] | None:
    """The event's own id and the one that it asks to link, and whether that makes the two interact.

    Else it only looks whose the other is, which may be the same. None when it asks for no link.
    """
    key = key_of(link, rules, team_id)
    asked = None if key is None else link_of(link, key[1], rules)
    if key is None or asked is None:
        return None
    return (key, (key[0], asked.source)), asked.outcome is None


def connected(keys: Iterable[Key], edges: Iterable[Edge]) -> set[Key]:
    """All the ids that edges connect with these."""
    neighbours: dict[Key, list[Key]] = defaultdict(list)
    for one, two in edges:
        neighbours[one].append(two)
        neighbours[two].append(one)
    found = set(keys)
    waiting = list(found)
    while waiting:
        for key in neighbours.get(waiting.pop(), ()):
            if key not in found:
                found.add(key)
                waiting.append(key)
    return found


def components(edges: Iterable[tuple[Node, Node]]) -> dict[Node, Node]:
    """For every id of an edge one that its component is called by; an id without edges is one by itself."""
    above: dict[Node, Node] = {}

    def root_of(key: Node) -> Node:
        root = above.setdefault(key, key)
        while above[root] != root:
            root = above[root]
        while above[key] != root:  # so that a chain is walked once
            above[key], key = root, above[key]
        return root

    for one, two in edges:
        above[root_of(two)] = root_of(one)
    for key in [*above]:
        above[key] = root_of(key)
    return above


def parts(components: dict[int, int], count: int) -> dict[int, int]:
    """Where nodes go that go with their component to another of so many parts than their number says."""
    return {node: root % count for node, root in components.items() if root % count != node % count}
