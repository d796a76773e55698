"""Two logins with one anonymous id between them: nobody called reset()."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain, pairwise

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.kinds_of_ids import SENTINEL, is_made_by_a_library, is_placeholder
from identity_cli.audits.severity import Severity
from identity_cli.audits.shared_properties import agreements, kind_of
from identity_cli.outcomes import Outcome
from identity_cli.store.reading import evidence, sent_links
from identity_cli.store.reading.run import Run

_ONE_HUMAN = ": one human with two accounts, by what their persons have in common"


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Devices that went from one login to another, by their links or by their events."""
    logins = evidence.login_ids(run, limit.config.login_ids)
    return chain(_by_links(run, logins, limit.config.exclusive_properties), _by_events(run, logins))


def _by_links(run: Run, logins: AbstractSet[tuple[int, str]], names: Sequence[str]) -> Iterator[Suspicion]:
    """An `$identify` that names an anonymous id with which another login was identified before."""
    pairs = [*_pairs(run, logins)]
    refused = [link for _, link in pairs if link.outcome == Outcome.REFUSED_IDENTIFIED]
    ends = {link: sent_links.ends_of(run, link) for _, link in pairs}
    known = evidence.properties_of(run, (one for link in refused for one in ends[link].persons))
    for before, link in pairs:
        source, target, target_events = ends[link]
        is_silent = link.outcome == Outcome.ATTACHED
        are_apart = link.outcome == Outcome.REFUSED_IDENTIFIED
        is_one_human = are_apart and any(agreements(known, (source, target), names))
        yield Suspicion(
            message=(
                f"{link.target} logged in where {before.target} had, with the same anonymous id {link.source}"
                f"{_ONE_HUMAN if is_one_human else ''}"
            ),
            distinct_ids=(link.target, before.target, link.source),
            persons=ends[link].persons,
            seqs=(link.seq,),
            events=target_events if is_silent else 0,
            unique_users=-1 if is_silent else 0,
            lib=link.lib,
            version=link.version,
            seen=2,
            cause="one human" if is_one_human else "",
            severity=Severity.WARNING if is_one_human else None,
            confidence=0.5 if is_one_human else None,
            commands=(
                f"idcli why {shlex.quote(before.target)} {shlex.quote(link.target)}",
                *((f"idcli repair {shlex.quote(link.target)}",) if is_silent else ()),
            ),
        )


def _pairs(
    run: Run, logins: AbstractSet[tuple[int, str]]
) -> Iterator[tuple[sent_links.SentLink, sent_links.SentLink]]:
    """The first login with an anonymous id, with each of another one later."""
    first_login: dict[tuple[int, str], sent_links.SentLink] = {}
    for link in sent_links.logins_of_shared(run, 2):
        if link.outcome == Outcome.REFUSED_ILLEGAL:
            continue
        source = link.team_id, link.source
        before = first_login.setdefault(source, link)
        if before.target == link.target or source in logins or link.outcome == Outcome.SAME_PERSON:
            continue
        if link.source != SENTINEL:  # which no reset() changes; it has an audit of its own
            yield before, link


def _by_events(run: Run, logins: AbstractSet[tuple[int, str]]) -> Iterator[Suspicion]:
    """A device whose events go from a login to another user's, without `$identify` or a fresh id between."""
    jumps = [
        (device, before, own, seq)
        for device in evidence.shared(run, "device")
        for (before, _), (own, seq) in pairwise(device.partners)
        if (device.team_id, before) in logins and seq is not None and _are_users(before, own)
    ]
    linked = sent_links.links_at(run, (seq for *_, seq in jumps))
    for device, before, own, seq in jumps:
        known = [one for name in (before, own) for one in evidence.named(run, name)]
        persons = tuple(dict.fromkeys(one.person for one in known if one.person is not None))
        if seq in linked or len(persons) != len(known):
            continue
        yield Suspicion(
            message=(
                f"the device {device.value} went from {before} to {own} without $identify"
                " or a fresh id between"
            ),
            distinct_ids=(own, before),
            persons=persons,
            seqs=(seq,),
            seen=2,
            cause="events",
            severity=Severity.WARNING,
            confidence=0.6,
            commands=(f"idcli person {shlex.quote(own)}",),
        )


def _are_users(one: str, other: str) -> bool:
    """Whether both are of the form in which the application calls its users."""
    is_nobodys = is_made_by_a_library(other) or is_placeholder(other) or is_placeholder(one)
    return not is_nobodys and kind_of(one) == kind_of(other)


AUDIT = Audit(
    code="missing_reset",
    severity=Severity.ERROR,
    title="no reset() between two logins",
    looks_for=(
        "Two `$identify` of different logins that name one anonymous id; a warning: a device whose events go "
        "from a login to another user's id, with neither `$identify` nor a fresh anonymous id between."
    ),
    evidence="The second names the anonymous id that the first was joined with; the ids that a device sent.",
    false_positives="One human with two accounts who switches; a warning where both have one e-mail, say.",
    remedy="Call reset() at log-out: it gives the next person on the device an anonymous id of their own.",
    several="{count} times somebody logged in where another had, without reset()",
    threshold=2,
    source="any pair: an anonymous id belongs to one login",
    find=find,
)
