"""A log that goes on another day: what comes of it is what replaying all of it together gives."""

from random import Random

import pytest
from nasty_logs import nasty_log
from outcomes import events_of, left_by, wire

from identity_cli.resolver.person_resolver import PersonResolver
from identity_cli.rules import RULE_SETS


@pytest.mark.parametrize("rules", RULE_SETS)
def test_a_resolver_goes_on_as_if_the_log_had_not_ended(rules: str) -> None:
    random, waited = Random(rules), 0
    for _ in range(40):
        events = events_of(wire(nasty_log(random, 60)), RULE_SETS[rules])
        seconds = random.choice([None, 30, 3_600])
        whole = PersonResolver(RULE_SETS[rules], buffer_seconds=seconds)
        journal = whole.apply_all(1, events) + whole.finish()
        half = random.randrange(len(events))
        first = PersonResolver(RULE_SETS[rules], buffer_seconds=seconds)
        told = first.apply_all(1, events[:half])
        end = first.open_end()
        waited += len(end.waiting)
        first.finish()
        again = PersonResolver(RULE_SETS[rules], buffer_seconds=seconds)
        again.go_on([*first.everybody(7)], end)
        assert told + again.apply_all(1 + half, events[half:]) + again.finish() == journal
        assert left_by(again) == left_by(whole)
        assert [*again.everybody()] == [*whole.everybody()]
    assert waited > 10
