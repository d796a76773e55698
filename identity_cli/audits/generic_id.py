"""An id that many devices share, or logins, or strangers: by what their events say of them."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.kinds_of_ids import is_a_word, is_placeholder
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import evidence, sent_links, traces
from identity_cli.store.reading.run import Run

MANY = 20
"""From there on it is an error."""
TENANTS = ("tenant", "organization", "organisation", "company", "workspace", "account")
"""Words in names of properties that say for whom somebody works."""
VALUES = 3
"""Of a property: a human who changes the e-mail has two, and moves between two companies."""


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Ids of more devices or logins than a human has, and ids whose e-mails or tenants take turns."""
    told = set[int]()
    for suspicion in chain(_by_devices(run, limit), _by_logins(run, limit), _by_properties(run, limit)):
        if told.isdisjoint(suspicion.persons):
            told.update(suspicion.persons)
            yield suspicion


def _by_devices(run: Run, limit: Limit) -> Iterator[Suspicion]:
    for one in evidence.shared(run, "devices_of"):
        if len(one.partners) < limit.number:
            continue
        known = [found for found in evidence.named(run, one.value) if found.team_id == one.team_id]
        if not known:
            continue
        yield Suspicion(
            message=f"the id {one.value} was used on {len(one.partners)} devices: it may not be of one human",
            distinct_ids=(one.value,),
            persons=tuple(found.person for found in known if found.person is not None),
            seqs=(known[0].seq, *sorted(seq for _, seq in one.partners if seq is not None)),
            events=known[0].events,
            seen=len(one.partners),
            severity=Severity.ERROR if len(one.partners) > MANY else None,
            cause=one.value,
            commands=(f"idcli person {shlex.quote(one.value)}",),
        )


def _by_logins(run: Run, limit: Limit) -> Iterator[Suspicion]:
    """Words that many name as their anonymous id; one that a library made is of a device that many share."""
    named: dict[tuple[int, str], list[sent_links.SentLink]] = {}
    for link in sent_links.logins_of_shared(run, limit.number):
        if is_a_word(link.source) and not is_placeholder(link.source):
            named.setdefault((link.team_id, link.source), []).append(link)
    for (team_id, source), links in named.items():
        logins = len({link.target for link in links})
        known = [one for one in evidence.named(run, source) if one.team_id == team_id]
        if logins < limit.number or not known:
            continue
        yield Suspicion(
            message=f"{logins} logins named {source} as their anonymous id: it is not of one human",
            distinct_ids=(source,),
            persons=tuple(one.person for one in known if one.person is not None),
            seqs=(links[0].seq, links[-1].seq),
            events=sum(one.events for one in known),
            lib=links[0].lib,
            version=links[0].version,
            seen=logins,
            cause=source,
            commands=(f"idcli culprits {shlex.quote(source)}",),
        )


def _by_properties(run: Run, limit: Limit) -> Iterator[Suspicion]:
    """Persons of one id: those of several have had links, of which other audits tell."""
    writes = chain(
        traces.property_writes(run, limit.config.exclusive_properties, again=True),
        traces.writes_about(run, TENANTS, again=True),
    )
    taken: dict[tuple[int, str], list[traces.Write]] = {}
    for write in writes:
        known = taken.setdefault((write.person, write.key), [])
        if not known or known[-1].value != write.value:
            known.append(write)
    for (person, name), known in taken.items():
        values = {str(write.value) for write in known}
        is_in_turns = name in limit.config.exclusive_properties or len(known) > len(values)
        if len(values) >= VALUES and is_in_turns:
            yield from _of_one_id(run, person, name, known)


def _of_one_id(run: Run, person: int, name: str, writes: Sequence[traces.Write]) -> Iterator[Suspicion]:
    one, *others = evidence.ids_of_person(run, person)
    if others:
        return
    values = len({str(write.value) for write in writes})
    yield Suspicion(
        message=f"{values} values of {name} take turns on {one.distinct_id}: it may not be of one human",
        distinct_ids=(one.distinct_id,),
        persons=(person,),
        seqs=tuple(sorted(write.seq for write in writes)),
        events=one.events,
        seen=values,
        limit=VALUES,
        cause=one.distinct_id,
        confidence=0.6,
        commands=(f"idcli blame {shlex.quote(one.distinct_id)} {shlex.quote(name)}",),
    )


AUDIT = Audit(
    code="generic_id",
    severity=Severity.WARNING,
    title="an id that many share",
    looks_for=(
        "A distinct id that is a word of the application, as a tenant or a service name: "
        "everybody there is one person."
    ),
    evidence=(
        "The devices that used the id; the logins that named it as their anonymous id; e-mails, phones and "
        "tenants that events wrote on its person."
    ),
    false_positives="A person who clears the cookies each day; an id of a kiosk.",
    remedy="Use an id of the human, and keep the tenant in a group.",
    several="{count} ids are used by many",
    threshold=6,
    confidence=0.7,
    source=(
        "more than 5 devices of one id, an error beyond 20; peers quarantine an identifier from "
        "20 profiles on. Of a property our own: three values in turn"
    ),
    find=find,
)
