"""A login that was put on a person already identified, of which nothing warns."""

import shlex
from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.kinds_of_ids import SENTINEL
from identity_cli.audits.severity import Severity
from identity_cli.outcomes import Outcome
from identity_cli.store.reading import evidence, sent_links
from identity_cli.store.reading.run import Run

TOLD_APART = 3
"""Of so many ids one is neither of the two that a link names."""


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Links attached to somebody identified, whose own id was new: two are one person from there on."""
    logins = evidence.login_ids(run, limit.config.login_ids)
    owners: dict[int | None, set[str]] = {}
    for link in sent_links.joins_of_attached(run):
        known = owners.setdefault(link.whose, set())
        is_login = (link.team_id, link.target) in logins
        is_silent = (
            link.outcome == Outcome.ATTACHED and link.source_identified and link.source_person is not None
        )
        is_somebodys = known - {link.target, link.source} or (link.team_id, link.source) in logins
        if len(known) < TOLD_APART:
            known.add(link.target)
        if not (is_silent and is_login and is_somebodys):
            continue
        yield Suspicion(
            message=f"{link.target} was put on the person that {link.source} had, who was identified already",
            distinct_ids=(link.target, link.source),
            persons=() if link.whose is None else (link.whose,),
            seqs=(link.seq,),
            events=sent_links.ends_of(run, link).target_events,
            unique_users=-1,
            lib=link.lib,
            version=link.version,
            seen=1,
            cause=SENTINEL if link.source == SENTINEL else "",
            commands=(
                f"idcli why {shlex.quote(link.source)} {shlex.quote(link.target)}",
                f"idcli repair {shlex.quote(link.target)}",
            ),
        )


AUDIT = Audit(
    code="silent_attach",
    severity=Severity.ERROR,
    title="a new login id on an identified person",
    looks_for=(
        "An `$identify` whose own id nobody had yet, and whose anonymous id belongs to a person "
        "who is identified: "
        "the platform refuses only where both ids have a person, so the new login joins that "
        "person in silence."
    ),
    evidence=(
        "The link's outcome is `attached`, and the source's person was identified just before, as somebody "
        "else: another id than the two has been linked to it as a user's, or the source is one."
    ),
    false_positives="An account that changed its id or its e-mail: both logins are one human then.",
    remedy=(
        "Call reset() when somebody logs out, before the next one logs in; part them with the command below."
    ),
    several="{count} logins were put on persons already identified",
    threshold=1,
    source="any is one too many: the platform's code attaches what it cannot compare",
    find=find,
)
