"""A resolver can be put away in the middle of a log and taken up again: it goes on as if nothing had been."""

import pickle
from random import Random

import pytest
from nasty_logs import nasty_log
from outcomes import events_of, left_by, wire

from identity_cli.resolver.person_resolver import PersonResolver
from identity_cli.resolver.person_state import DistinctId
from identity_cli.rules import RULE_SETS


@pytest.mark.parametrize("rules", RULE_SETS)
def test_a_resolver_goes_on_where_it_was_pickled(rules: str) -> None:
    random = Random(rules)
    for _ in range(8):
        events = events_of(wire(nasty_log(random, 80)), RULE_SETS[rules])
        whole = PersonResolver(RULE_SETS[rules], buffer_seconds=30)
        journal = whole.apply_all(1, events) + whole.finish()
        half = random.randrange(len(events))
        first = PersonResolver(RULE_SETS[rules], buffer_seconds=30)
        told = first.apply_all(1, events[:half])
        events, again = pickle.loads(pickle.dumps((events, first)))
        assert told + again.apply_all(1 + half, events[half:]) + again.finish() == journal
        assert left_by(again) == left_by(whole)


def test_a_long_chain_of_merges_is_pickled_without_nesting() -> None:
    link = '{{"event":"$merge_dangerously","distinct_id":"{}","properties":{{"alias":"{}"}}}}'
    lines = [link.format(f"own-{number}", f"own-{number - 1}") for number in range(1, 4_000)]
    lines = [f'{{"event":"e","distinct_id":"own-{number}"}}' for number in range(4_000)] + lines
    resolver = PersonResolver(RULE_SETS["guide"])
    resolver.apply_all(1, events_of(lines, RULE_SETS["guide"]))
    again = pickle.loads(pickle.dumps(resolver))
    assert left_by(again) == left_by(resolver)
    assert len(left_by(again).standing) == 1


def test_ids_may_be_kept_elsewhere_than_in_a_dict() -> None:
    class Table:
        """Keeps ids in a list."""

        def __init__(self) -> None:
            self._ids: list[tuple[str, DistinctId]] = []

        def get(self, distinct_id: str, /) -> DistinctId | None:
            return next((seen for text, seen in self._ids if text == distinct_id), None)

        def __getitem__(self, distinct_id: str, /) -> DistinctId:
            return next(seen for text, seen in self._ids if text == distinct_id)

        def __setitem__(self, distinct_id: str, seen: DistinctId, /) -> None:
            self._ids.append((distinct_id, seen))

        def pop(self, distinct_id: str, default: None, /) -> None:
            """Never asked."""

        def items(self) -> list[tuple[str, DistinctId]]:
            return self._ids

    for rules in RULE_SETS.values():
        events = events_of(wire(nasty_log(Random(5), 200)), rules)
        by_dict, by_list = PersonResolver(rules), PersonResolver(rules, new_table=Table)
        assert by_dict.apply_all(1, events) == by_list.apply_all(1, events)
        assert by_dict.finish() == by_list.finish()
        assert left_by(by_dict) == left_by(by_list)
