"""A property of which a human has one, and that goes back and forth."""

import shlex
from collections.abc import Iterable, Iterator

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import evidence, traces
from identity_cli.store.reading.run import Run


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Persons whose exclusive property took a value that it had had before."""
    values: dict[tuple[int, str], list[tuple[str, int]]] = {}
    for change in traces.property_writes(run, limit.config.exclusive_properties, again=True):
        value = str(change.value).strip().casefold()
        known = values.setdefault((change.person, change.key), [])
        if value and (not known or known[-1][0] != value):
            known.append((value, change.seq))
    for (person, name), taken in values.items():
        back = [*_taken_again(taken)]
        if len(back) < limit.number:
            continue
        own = evidence.creators(run, [person])[person][1]
        yield Suspicion(
            message=f"the {name} of {own} went back to an earlier value {_times(len(back))}",
            distinct_ids=(own,),
            persons=(person,),
            seqs=tuple(back),
            unique_users=1 - len({value for value, _ in taken}),
            seen=len(back),
            cause=name,
            commands=(f"idcli blame {shlex.quote(own)} {shlex.quote(name)}",),
        )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _taken_again(taken: Iterable[tuple[str, int]]) -> Iterator[int]:
    """Where a value is one that was there before."""
    known: set[str] = set()
    for value, seq in taken:
        if value in known:
            yield seq
        known.add(value)


AUDIT = Audit(
    code="property_flips_back",
    severity=Severity.WARNING,
    title="a property that goes back and forth",
    looks_for="An e-mail, phone or account number that changes to another value and back.",
    evidence="The values that the events wrote, in order.",
    false_positives="Two systems that keep two addresses of one human.",
    remedy="Look who writes each value: two people on one person take turns.",
    several="{count} persons have a property that goes back and forth",
    threshold=1,
    confidence=0.75,
    source="our own: a change is a move, a change back is another human",
    find=find,
)
