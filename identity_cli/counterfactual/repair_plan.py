"""A plan to repair an over-merged person: what to leave out, what to split off, which code to fix."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from identity_cli.answering import InNotebook
from identity_cli.counterfactual.causes import Cause
from identity_cli.counterfactual.component import scope_of
from identity_cli.counterfactual.culprit_search import login_ids
from identity_cli.counterfactual.edits import NO_EDITS, Edits
from identity_cli.counterfactual.parting import Cut, Parting, parting
from identity_cli.counterfactual.plan import earlier_actions, sources_of
from identity_cli.counterfactual.resolution import Scope
from identity_cli.counterfactual.words import words_of
from identity_cli.errors import IdsUnreadable
from identity_cli.pieces.edges import Key
from identity_cli.store.reading.run import Run

Progress = Callable[[int], None]

FORMAT = 1
IDS_NAMED = 8


@dataclass(slots=True)
class Action:
    """One step of a plan, as its JSON has it; kind: leave_out, block_id, split, import or fix_code."""

    kind: str
    reason: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Plan(InNotebook):
    """What to do, and what it comes to, as measured by replay: unique users of the run before and after.

    earlier: what an earlier plan did in this run, as JSON.
    together: login ids that are one person even so; stopped_at: so many steps, as plans for this may have.
    """

    sources: list[dict[str, Any]]
    earlier: list[dict[str, Any]]
    person_ids: list[str]
    actions: list[Action]
    persons: tuple[int, int]
    together: list[list[str]] = field(default_factory=list)
    stopped_at: int | None = None

    @property
    def document(self) -> dict[str, Any]:
        """The plan as JSON, which whatif --plan, replay --apply and export log --plan take."""
        before, after = self.persons
        return {
            "format": FORMAT,
            "sources": self.sources,
            "person_ids": self.person_ids,
            "actions": [
                *self.earlier,
                *({"action": one.kind, "reason": one.reason, **one.details} for one in self.actions),
            ],
            "unique_users": {"before": before, "after": after},
            "login_ids_together": self.together,
            "stopped_at": self.stopped_at,
        }


def repair(
    run: Run, wanted: str | Iterable[str], team_id: int | None = None, on_progress: Progress | None = None
) -> Plan:
    """Plan how to split over-merged persons by their login ids; every effect in it is measured by a replay.

    wanted: a distinct id or person id, or several. on_progress: told the bytes of the log read so far.
    Errors of Run.find_person; LogGone or LogChanged where the log is not what was replayed.
    """
    rows = [run.find_person(one, team_id) for one in ([wanted] if isinstance(wanted, str) else wanted)]
    keys = list(dict.fromkeys((row.team_id, row.creator_distinct_id) for row in rows))
    scope = scope_of(run, keys, on_progress)
    before = scope.resolve()
    parted = [parting(run, scope, key, login_ids(before, key)) for key in keys]
    actions: list[Action] = []
    never = words_of(run).never_splits
    for one in parted:
        actions += [_cut(scope, cut, is_first=cut is one.cuts[0]) for cut in one.cuts]
        if one.cuts:
            groups = _groups(before.ids_with(one.key), one.key, scope.resolve(one.edits).person_of)
            if never is None:
                actions += _splits(before.person_of[one.key], one.key, groups, login_ids(before, one.key))
            else:
                actions.append(Action("import", never, {"persons": groups}))
    actions += _code_to_fix(run, [cut for one in parted for cut in one.cuts])
    after = scope.resolve(_all(parted))
    persons = run.count("persons")
    more = len(set(after.person_of.values())) - len(set(before.person_of.values()))
    return Plan(
        sources_of(run),
        earlier_actions(run),
        [before.person_of[key] for key in keys],
        actions,
        (persons, persons + more),
        [group for one in parted for group in one.together],
        max((one.stopped_at for one in parted if one.stopped_at is not None), default=None),
    )


def _all(parted: Iterable[Parting]) -> Edits:
    edits = NO_EDITS
    for one in parted:
        edits = replace(
            edits.also_without(one.edits.without), blocked_ids=edits.blocked_ids | one.edits.blocked_ids
        )
    return edits


def _cut(scope: Scope, cut: Cut, *, is_first: bool) -> Action:
    """is_first: what follows was measured with the first already done."""
    effect = {
        "login_ids_separated": cut.login_ids,
        "ids_separated": list(cut.ids),
        "events_moved": cut.events,
    }
    also = "" if is_first else " as well"
    undone = (
        f"{_several(len(cut.ids), 'id')} of the person ({cut.login_ids} to log in with) and "
        f"{_several(cut.events, 'event')} are apart"
    )
    if cut.blocked is not None:
        reason = f"{cut.cause.evidence}; with {cut.blocked} blocked{also} {undone}"
        details = {"distinct_id": cut.blocked, "links": len(cut.links), "effect": effect}
        return Action("block_id", reason, details)
    link = cut.links[0]
    reason = (
        f"{link.event} {link.outcome} {link.source_distinct_id} into {link.target_distinct_id}; without "
        f"{'it' if len(cut.gone) == 1 else 'them'}{also} {undone}"
    )
    events = [place.document for place in scope.places(cut.gone)]
    return Action("leave_out", reason, {"events": events, "effect": effect})


def _groups(ids: list[str], key: Key, person_of: dict[Key, str]) -> list[list[str]]:
    """The person's ids as they would be persons, each without one by itself; its creator's first."""
    groups: dict[object, list[str]] = defaultdict(list)
    for one in ids:
        groups[person_of.get((key[0], one), (one,))].append(one)
    return sorted(groups.values(), key=lambda group: (key[1] not in group, group))


def _splits(person_id: str, key: Key, groups: list[list[str]], logins: Iterable[str]) -> list[Action]:
    """What to split off on the platform itself, where the log cannot be imported anew."""
    accounts = frozenset(logins)
    kept, *others = (sorted(group, key=lambda one: one not in accounts) for group in groups)
    return [_split(person_id, key, kept, group) for group in others]


def _split(person_id: str, key: Key, kept: list[str], group: list[str]) -> Action:
    """One group of ids to split off; its login ids first."""
    whose = "it is" if len(group) == 1 else "they are"
    again = f"; then alias {_some(group[1:])} to {group[0]} again, as they are one" if group[1:] else ""
    return Action(
        "split",
        f"split {_some(group)} off: {whose} somebody else than {_some(kept)}",
        {
            "request": {
                "method": "POST",
                "path": f"/api/person/{person_id}/split/",
                "body": {"distinct_ids_to_split": sorted(group)},
            },
            "note": f"the platform makes a person of each id that is split off{again}",
            "warning": f"{key[1]} made the person and has to stay: splitting it off reports success "
            "and does nothing (PostHog/posthog#104939)",
        },
    )


def _some(ids: list[str]) -> str:
    """The first of some ids, and how many more; all stand in the request."""
    more = len(ids) - IDS_NAMED
    return ", ".join(ids) if more <= 1 else f"{', '.join(ids[:IDS_NAMED])} and {more:,} more"


def _several(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def _code_to_fix(run: Run, cuts: Iterable[Cut]) -> list[Action]:
    """Which libraries sent the links, why that joined strangers, and what to change."""
    seen: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    causes: dict[tuple[Any, ...], Cause] = {}
    for cut in cuts:
        cause = cut.cause
        code = cause.kind, cause.remedy, cause.sender, cause.event, cause.mapped
        causes.setdefault(code, cause)
        seqs = [link.seq for link in cut.links] if cut.blocked is not None else sorted(cut.gone)
        seen[code] += [str(run.origin(seq)) for seq in seqs]
    return [
        Action(
            "fix_code",
            cause.remedy,
            {
                "cause": cause.kind,
                "evidence": cause.evidence,
                "library": cause.sender.library,
                "version": cause.sender.version,
                "event": cause.event,
                "mapped_from": cause.mapped,
                "seen_at": seen[code],
            },
        )
        for code, cause in causes.items()
    ]


def read_ids(path: str) -> list[str]:
    """The ids of a file: one a line, as text, or as JSON with distinct_id or person_id; IdsUnreadable.

    Of findings, one a line or as `idcli warnings --format json` prints them, the persons that are several.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").split("\n")  # ids may hold other ends of lines
    except (OSError, UnicodeDecodeError) as error:
        raise IdsUnreadable(path, getattr(error, "strerror", None) or str(error)) from None
    found = _findings_in("\n".join(lines))
    if found is not None:
        return list(dict.fromkeys(_several_in(found)))
    return list(dict.fromkeys(one for line in lines for one in _ids_in(line.strip()) if one))


def _findings_in(text: str) -> list[Any] | None:
    """The findings of a document; None where the text is none."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    found = document.get("findings") if isinstance(document, dict) else None
    return found if isinstance(found, list) else None


def _several_in(findings: Iterable[Any]) -> list[str]:
    """The persons that findings say are several people."""
    told = [one for one in findings if isinstance(one, dict) and isinstance(one.get("unique_users"), int)]
    return [str(person) for one in told if one["unique_users"] < 0 for person in one.get("person_ids") or ()]


def _ids_in(line: str) -> list[str]:
    if not line.startswith("{"):
        return [line]
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return [line]
    if "fingerprint" in record:  # a finding
        return _several_in([record])
    return [str(record.get("distinct_id") or record.get("person_id") or "")]
