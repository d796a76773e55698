"""The verdict on a log in one sentence, and what its findings cost."""

import shlex
from collections.abc import Sequence

from identity_cli.audits.severity import Severity
from identity_cli.findings.finding import Finding
from identity_cli.store.reading.rows import Row

FINE = "Nothing looks wrong."


class Damage(Row):
    """What findings cost, each person counted once, by the worst finding that touches it.

    hidden: people who are part of somebody else's person. doubled: persons whose human has another one.
    events: that count for the wrong person, or are lost.
    """

    hidden: int
    doubled: int
    events: int


class Verdict(Row):
    """What is wrong in a sentence, and the command of idcli that shows the worst of it, "" for none."""

    sentence: str
    command: str = ""

    def __str__(self) -> str:
        return f"{self.sentence}: idcli {self.command}" if self.command else self.sentence


def damage_of(findings: Sequence[Finding]) -> Damage:
    """The damage of findings, the worst first; what is only remarked, info, costs nothing."""
    hidden = doubled = events = 0
    seen: set[str] = set()
    for finding in findings:
        if finding.severity is Severity.INFO or (finding.person_ids and seen.issuperset(finding.person_ids)):
            continue
        seen.update(finding.person_ids)
        events += finding.events
        hidden += max(-finding.unique_users, 0)
        doubled += max(finding.unique_users, 0)
    return Damage(hidden, doubled, events)


def verdict_of(findings: Sequence[Finding], warnings: int = 0) -> Verdict:
    """What is wrong in one sentence, and the command that shows the worst of it.

    Of the errors, where there are any; what is less sure is no verdict then. findings: the worst first.
    warnings: how many ingestion warnings there are.
    """
    grave = [one for one in findings if one.severity is Severity.ERROR]
    grave = grave or [one for one in findings if one.severity is Severity.WARNING]
    if not grave:
        told = "one ingestion warning" if warnings == 1 else f"{warnings:,} ingestion warnings"
        if warnings:
            return Verdict(f"No audit found more than the {told}.")
        return Verdict(_fine(len(findings)))
    damage = damage_of(grave)
    parts = [*_hidden(damage.hidden), *_doubled(damage.doubled)]
    if not parts:
        return Verdict(_sentence(grave[0]), _command(grave[0]))
    counted = [one for one in grave if (one.unique_users < 0 if damage.hidden else one.unique_users > 0)]
    return Verdict(", and ".join(parts), _command(min(counted, key=_breadth)))


def _fine(remarks: int) -> str:
    """That nothing is wrong, and how many findings say no more than what is worth knowing."""
    if not remarks:
        return FINE
    told = "one thing is" if remarks == 1 else f"{remarks:,} things are"
    return f"{FINE.removesuffix('.')}; {told} worth knowing."


def _sentence(finding: Finding) -> str:
    """Its message, beginning with a capital, unless an id stands there."""
    message = finding.message
    if message.startswith(finding.distinct_ids):
        return message
    return f"{message[:1].upper()}{message[1:]}"


def _hidden(number: int) -> Sequence[str]:
    if not number:
        return ()
    return (
        ("1 person is probably two people",)
        if number == 1
        else (f"{number:,} people are probably hidden in somebody else's person",)
    )


def _doubled(number: int) -> Sequence[str]:
    if not number:
        return ()
    return (
        ("1 person is probably somebody's second",)
        if number == 1
        else (f"{number:,} persons are probably somebody's second",)
    )


def _breadth(finding: Finding) -> int:
    """How many persons it is about: the fewer, the better it shows what is meant."""
    return len(finding.person_ids)


def _command(finding: Finding) -> str:
    if not finding.distinct_ids:
        return f"warnings --code {finding.code}"
    one = finding.distinct_ids[0]
    return f"person {'-- ' if one.startswith('-') else ''}{shlex.quote(one)}"
