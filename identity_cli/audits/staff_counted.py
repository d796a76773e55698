"""Staff among the customers."""

import shlex
from collections.abc import Iterable, Sequence

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import evidence, traces
from identity_cli.store.reading.run import Run

E_MAILS = ("email", "$email")
OWN_TOOL = 0.5
"""Of all with an e-mail: a tool of the house has no customers."""
EXAMPLES = 20


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Persons whose e-mail is of the domain that the pages are on, where nobody said who is staff."""
    sites = traces.sites(run)
    if run.internal_users is not None or not sites:
        return
    everybody, staff = set[int](), dict[int, str]()
    for name in E_MAILS:
        for person, _, _, value in evidence.values_of(run, [name]):
            everybody.add(person)
            domain = value.rpartition("@")[2].strip().casefold()
            if "." in domain and any(f".{site}".endswith(f".{domain}") for site in sites):
                staff.setdefault(person, domain)
    if len(staff) >= limit.number and len(staff) <= OWN_TOOL * len(everybody):
        yield _suspicion(evidence.chief_ids(run, sorted(staff)), sorted(set(staff.values())))


def _suspicion(ids: Sequence[evidence.KnownId], domains: Sequence[str]) -> Suspicion:
    named = " and ".join(domains)
    have = "person has" if len(ids) == 1 else "persons have"
    whose = f"{len(ids)} {have} an e-mail of {named}, where the pages are"
    return Suspicion(
        message=f"{whose}: they may be staff, and no customers",
        distinct_ids=tuple(one.distinct_id for one in ids[:EXAMPLES]),
        persons=tuple(one.person for one in ids[:EXAMPLES] if one.person is not None),
        seqs=tuple(sorted(one.seq for one in ids)),
        events=sum(one.events for one in ids),
        seen=len(ids),
        commands=(f"idcli person {shlex.quote(ids[0].distinct_id)}",),
    )


AUDIT = Audit(
    code="staff_counted",
    severity=Severity.INFO,
    title="staff among the customers",
    looks_for=(
        "Persons with an e-mail of the domain that the pages are on, in a run that was not told who is staff."
    ),
    evidence="The e-mails of persons, and the hosts of the pages, of some of the events of a large log.",
    false_positives="A provider of e-mail, whose customers have addresses there.",
    remedy="Name them with `idcli replay --internal-users FILE`; `--internal exclude` counts without them.",
    several="{count} groups of staff are counted",
    threshold=1,
    confidence=0.6,
    source="any; not where half of all e-mails are of that domain: a tool of the house has no customers",
    find=find,
)
