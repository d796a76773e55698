"""Linking events that ask for nothing, as they name no other id."""

from collections.abc import Iterator

from identity_cli.counterfactual.component import key_of
from identity_cli.counterfactual.resolution import Scope
from identity_cli.events import ABSENT
from identity_cli.replaying.again.rerun import options_of
from identity_cli.rules.linking import kind_of, other_id
from identity_cli.store.reading.run import Run


def without_other_id(run: Run, scope: Scope, ids: set[str]) -> Iterator[tuple[int, str, str]]:
    """Seq, event and key of the events of these ids that would link if they named another."""
    rules = options_of(run).applied_rules
    for seq, event, _ in scope.steps:
        key = rules.links.get(kind_of(event))
        if key is not None and other_id(event, rules) is ABSENT and key_of(event, run)[1] in ids:
            yield seq, event.event, key.value
