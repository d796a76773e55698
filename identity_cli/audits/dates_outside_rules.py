"""A log from another time than the rules."""

from collections.abc import Iterable
from datetime import date

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.rules import RULE_SETS
from identity_cli.rules.base import RuleSet
from identity_cli.rules.dating import called_for, stands_for_all
from identity_cli.store.reading.run import Run


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Where the log's days lie outside the period of the rules that it was replayed by."""
    days = run.days()
    rules = RULE_SETS.get(run.metadata["rule_set"])
    if days is None or rules is None or stands_for_all(rules, *days):
        return
    yield Suspicion(
        message=f"the log is of {_span(*days)}, not of the time of {rules.name}: {_advice(rules, *days)}",
        distinct_ids=(),
        seqs=(1,),
        seen=1,
        commands=("idcli replay --rules auto",),
    )


def _advice(rules: RuleSet, first: date, last: date) -> str:
    fitting = [one.name for one in called_for(first, last)]
    if fitting == [rules.name]:
        return "no rule set is of that time, and none is nearer"
    return f"it calls for {', '.join(fitting)}"


def _span(first: date, last: date) -> str:
    return f"{first}" if first == last else f"{first} to {last}"


AUDIT = Audit(
    code="dates_outside_rules",
    severity=Severity.INFO,
    title="a log from another time than the rules",
    looks_for="Days of the log on which the platform had other rules than those of the replay.",
    evidence="The first and the last day of the log, and the period of the rule set.",
    false_positives="A comparison on purpose.",
    remedy="Replay with `--rules auto`, or with the rule set that is named.",
    several="{count} logs are of another time than the rules",
    threshold=1,
    confidence=1.0,
    source="the periods of the dated rule sets, which were read from the platform's code",
    find=find,
)
