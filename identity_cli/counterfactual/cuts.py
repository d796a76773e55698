"""The fewest links between two ids: a minimum cut of the graph of links (Ford and Fulkerson, 1956)."""

from collections import defaultdict, deque
from collections.abc import Iterable

from identity_cli.facts import Linked

NodePair = tuple[str, str]


def fewest_between(links: Iterable[Linked], one: str, two: str, most: int) -> frozenset[int] | None:
    """The seqs of links without which no link leads from one id to the other; None if more than so many.

    A pair of ids that several links name is only parted by leaving out all of them.
    """
    seqs: dict[NodePair, list[int]] = defaultdict(list)
    for link in links:
        for pair in _both_ways(link.source_distinct_id, link.target_distinct_id):
            seqs[pair].append(link.seq)
    room = {pair: len(these) for pair, these in seqs.items()}
    neighbours: dict[str, list[str]] = defaultdict(list)
    for here, there in room:
        neighbours[here].append(there)
    cost = 0
    while two in (came := _reached(neighbours, room, one, two)):
        cost += _use_up(room, came, two)
        if cost > most:
            return None
    return frozenset(
        seq for pair, these in seqs.items() if pair[0] in came and pair[1] not in came for seq in these
    )


def _both_ways(one: str, two: str) -> tuple[NodePair, NodePair]:
    return (one, two), (two, one)


def _reached(
    neighbours: dict[str, list[str]], room: dict[NodePair, int], start: str, end: str
) -> dict[str, str]:
    """The ids that links with room lead to, until the end is met, each with the one before it."""
    came = {start: start}
    waiting = deque([start])
    while waiting and end not in came:
        here = waiting.popleft()
        for there in neighbours[here]:
            if there not in came and room[here, there]:
                came[there] = here
                waiting.append(there)
    return came


def _use_up(room: dict[NodePair, int], came: dict[str, str], end: str) -> int:
    """Take the room of one more way; how much it had."""
    way = []
    while came[end] != end:
        way.append((came[end], end))
        end = came[end]
    used = min(room[pair] for pair in way)
    for here, there in way:
        room[here, there] -= used
        room[there, here] += used
    return used
