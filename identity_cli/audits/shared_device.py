"""A device that several people logged in on."""

import shlex
from collections.abc import Iterable, Sequence

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.kinds_of_ids import is_placeholder
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import evidence
from identity_cli.store.reading.run import Run

MANY = 20
"""From there on it is an error."""


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Devices with several login ids; where each has a person of its own, that is only worth knowing."""
    logins = evidence.login_ids(run, limit.config.login_ids)
    for device in evidence.shared(run, "device"):
        known = [(one, seq) for one, seq in device.partners if (device.team_id, one) in logins]
        who = [(one, seq) for one, seq in known if not is_placeholder(one)]
        if len(who) < limit.number:
            continue
        ids = [one for name, _ in who for one in evidence.named(run, name) if one.team_id == device.team_id]
        persons = tuple(dict.fromkeys(one.person for one in ids if one.person is not None))
        named = ", ".join(name for name, _ in who[:3])
        is_apart = len(persons) == len(who)
        yield Suspicion(
            message=f"{len(who)} login ids were used on the device {device.value}: {named}",
            distinct_ids=tuple(name for name, _ in who),
            persons=persons,
            seqs=_met_again(who) or tuple(sorted(one.seq for one in ids))[1:],
            seen=len(who),
            severity=Severity.INFO if is_apart else Severity.ERROR if len(who) > MANY else None,
            cause="apart" if is_apart else "",
            commands=(f"idcli why {shlex.quote(who[0][0])} {shlex.quote(who[1][0])}",),
        )


def _met_again(who: Sequence[tuple[str, int | None]]) -> tuple[int, ...]:
    """The first events of all but the first; none where a log is so large that who was met is forgotten."""
    return tuple(sorted(seq for _, seq in who[1:] if seq is not None))


AUDIT = Audit(
    code="shared_device",
    severity=Severity.WARNING,
    title="a device that several people use",
    looks_for="A `$device_id` with events of several ids that somebody logged in with.",
    evidence="The ids that used the device while the log was read.",
    false_positives=(
        "Families, shops and support staff share devices; that harms nobody who calls reset() in between."
    ),
    remedy="See that the app calls reset() at log-out on shared devices.",
    several="{count} devices were used by several people",
    threshold=2,
    confidence=0.8,
    source="peers warn from the second login id of a device on, and call it an error beyond 20",
    find=find,
)
