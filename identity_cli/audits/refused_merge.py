"""Merges refused because the other person was identified already."""

import shlex
from collections.abc import Iterable, Sequence

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.audits.shared_properties import agreements
from identity_cli.events import IDENTIFY
from identity_cli.outcomes import Outcome
from identity_cli.store.reading import evidence, sent_links
from identity_cli.store.reading.run import Run

ONE_HUMAN, STRANGERS, UNKNOWN = "one human", "strangers", ""
"""What a refusal is about, as far as the log shows it."""
_SAID = {
    ONE_HUMAN: ": one human with two accounts, by what their persons have in common",
    STRANGERS: ": humans who share a device, by what their persons have or as several logged in",
    UNKNOWN: "",
}


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Refusals, one suspicion for each id that was named: several who name it share a device."""
    by_source: dict[tuple[int, str], list[sent_links.SentLink]] = {}
    for link in sent_links.links(run, outcomes=(Outcome.REFUSED_IDENTIFIED,)):
        by_source.setdefault((link.team_id, link.source), []).append(link)
    for (_, source), refused in by_source.items():
        first, targets = refused[0], list(dict.fromkeys(link.target for link in refused))
        ends = sent_links.ends_of(run, first)
        kind = _kind(run, refused, ends, limit.config.exclusive_properties)
        yield Suspicion(
            message=(
                f"{first.target} could not be joined with {source}, whose person was identified already"
                f"{_SAID[kind]}"
            ),
            distinct_ids=(source, *targets),
            persons=tuple(one for one in (ends.source, ends.target) if one is not None),
            seqs=tuple(link.seq for link in refused),
            events=0,
            lib=first.lib,
            version=first.version,
            seen=len(refused),
            cause=kind,
            commands=(f"idcli why {shlex.quote(source)} {shlex.quote(first.target)}",),
        )


def _kind(
    run: Run, refused: Sequence[sent_links.SentLink], ends: sent_links.Ends, names: Iterable[str]
) -> str:
    """Whether they are one human with two accounts, or strangers: by what a human has once, or by logins."""
    known = evidence.properties_of(run, ends.persons)
    agree = agreements(known, (ends.source, ends.target), names)
    if any(agree):
        return ONE_HUMAN
    logins = {link.target for link in refused if link.event == IDENTIFY}
    return STRANGERS if agree or len(logins) > 1 else UNKNOWN


AUDIT = Audit(
    code="refused_merge",
    severity=Severity.WARNING,
    title="a merge that the platform refused",
    looks_for=(
        "A link that names an id whose person is identified, so that the platform refuses to merge it away."
    ),
    evidence="The outcome of the link is `refused_identified`.",
    false_positives="None: the platform did refuse. Whether they are one human, the log may not say.",
    remedy=(
        "If they are two humans on one device, call reset() at log-out; if they are one, merge "
        "them on purpose."
    ),
    several="{count} ids could not be joined with somebody identified already",
    threshold=1,
    confidence=0.95,
    source="the ingestion warning cannot_merge_already_identified",
    find=find,
)
