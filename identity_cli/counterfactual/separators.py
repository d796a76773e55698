"""Sets of events without which two ids are apart, and of which no event can be spared.

The one place where they are found: `why` proves with them, `culprits` and `repair` choose among them.
"""

from collections.abc import Callable

from identity_cli.counterfactual.cuts import fewest_between
from identity_cli.counterfactual.trials import Gone, Trials, holding
from identity_cli.counterfactual.ways import way_between
from identity_cli.outcomes import JOINS
from identity_cli.pieces.edges import Key

LINKS_TRIED = 10
"""Of a long way, for so many links a set with each of them is looked for."""


def separators(trials: Trials, one: Key, two: Key) -> tuple[list[Gone], bool]:
    """Such sets, the smallest first; and whether all smallest are among them, or these are only a bound."""
    for every in (trials.alone, trials.pairs):
        sets = [gone for gone, after in every.items() if not after.are_together(one, two)]
        if sets:
            return sets, every is trials.alone or not trials.has_repeats
        if not every:
            break
    links = _way(trials, one, two)[:LINKS_TRIED]
    tried = [set_with(trials, seq, one, two) for seq in links if trials.left > 0]
    return sorted({gone for gone in tried if gone}, key=lambda gone: (len(gone), sorted(gone))), False


def are_smallest(trials: Trials, gone: Gone) -> bool:
    """Whether surely no fewer events than these do: every one, or every two, was left out once."""
    tried = (True, bool(trials.alone), bool(trials.pairs) and not trials.has_repeats)
    return len(gone) <= len(tried) and all(tried[: len(gone)])


def set_with(trials: Trials, seq: int, one: Key, two: Key) -> Gone | None:
    """A set for two ids, looked for with one event of it; None if it would be too large to prove."""
    gone = frozenset([seq])
    while trials.without(gone).are_together(one, two):
        room = trials.left // 2 - len(gone)  # each of them takes a replay to prove
        links = holding(trials.without(gone), one[0])
        more = fewest_between(links, one[1], two[1], room) if room > 0 else None
        if not more:
            return None
        gone |= more
    return parting_set(trials, gone, one, two)


def parting_set(trials: Trials, gone: Gone, one: Key, two: Key) -> Gone | None:
    """Of events without which two ids are apart those that it takes; None if too many to try."""
    return needed(trials, gone, lambda less: trials.are_apart_without(less, one, two))


def needed(trials: Trials, gone: Gone, still_holds: Callable[[Gone], bool]) -> Gone | None:
    """Of events those that none can be spared of, for what holds without them; None if too many to try."""
    spared = True
    while spared:
        spared = False
        for seq in sorted(gone):
            if len(gone) > 1 and trials.left <= 0:
                return None
            if len(gone) > 1 and still_holds(gone - {seq}):
                gone, spared = gone - {seq}, True
    return gone


def _way(trials: Trials, one: Key, two: Key) -> list[int]:
    """The seqs of the links that joined two ids, in the order of the way."""
    now = trials.without()
    joins = [link for link in holding(now, one[0]) if link.outcome in JOINS]
    return [link.seq for link in way_between(joins, one[1], two[1])]
