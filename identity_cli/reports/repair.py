"""A plan to repair an over-merged person: what to leave out, what to split off, which code to fix."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from identity_cli.edits import Edits
from identity_cli.errors import BadPlan, IdsUnreadable
from identity_cli.reports.culprits import Culprit, login_ids, ranked
from identity_cli.scope import Key, Scope, raw_event, scope_of
from identity_cli.store.run import Run

Progress = Callable[[int], None]

FORMAT = 1
MOST_ACTIONS = 20


@dataclass(slots=True)
class Action:
    """One step of a plan, as its JSON has it; kind: leave_out, split or fix_code."""

    kind: str
    reason: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Plan:
    """What to do, and what it comes to, as measured by replay: unique users of the run before and after."""

    person_ids: list[str]
    actions: list[Action]
    persons: tuple[int, int]

    @property
    def document(self) -> dict[str, Any]:
        """The plan as JSON, which whatif --plan, replay --apply and export log --plan take."""
        before, after = self.persons
        return {
            "format": FORMAT,
            "person_ids": self.person_ids,
            "actions": [{"action": one.kind, "reason": one.reason, **one.details} for one in self.actions],
            "unique_users": {"before": before, "after": after},
        }


def repair(
    run: Run, wanted: str | Iterable[str], team_id: int | None = None, on_progress: Progress | None = None
) -> Plan:
    """Plan how to part the login ids of one or several persons; every effect in it is measured by replay."""
    rows = [run.find_person(one, team_id) for one in ([wanted] if isinstance(wanted, str) else wanted)]
    keys = list(dict.fromkeys((row.team_id, row.creator_distinct_id) for row in rows))
    scope = scope_of(run, keys, on_progress)
    before = scope.resolve()
    chosen: list[Culprit] = []
    actions: list[Action] = []
    for key in keys:
        found = _chosen(run, scope, key)
        chosen += found
        actions += [_leave_out(one, is_first=one is found[0]) for one in found]
        if found:
            after = scope.resolve(_without(found))
            groups = _groups(before.ids_with(key), key, after.person_of)
            actions += _splits(before.person_of[key], key, groups)
    actions += _code_to_fix(run, chosen)
    after = scope.resolve(_without(chosen))
    persons = run.count("persons")
    more = len(set(after.person_of.values())) - len(set(before.person_of.values()))
    return Plan([before.person_of[key] for key in keys], actions, (persons, persons + more))


def _without(chosen: Iterable[Culprit]) -> Edits:
    return Edits(without=frozenset(place.seq for one in chosen for place in one.places))


def _chosen(run: Run, scope: Scope, key: Key) -> list[Culprit]:
    """The worst culprits, one after the other, until the login ids are apart."""
    chosen: list[Culprit] = []
    edits = Edits()
    waiting = [(key[0], one) for one in login_ids(scope.resolve(), key)]
    while waiting and len(chosen) < MOST_ACTIONS:
        found = ranked(run, scope, waiting[0], edits)
        if len(found.login_ids) < 2 or not found.found or not found.found[0].login_ids:
            waiting.pop(0)
            continue
        chosen.append(found.found[0])
        edits = edits.also_without(frozenset(place.seq for place in chosen[-1].places))
    return chosen


def _leave_out(one: Culprit, *, is_first: bool) -> Action:
    """is_first: what follows was measured with the first already left out."""
    link = one.link
    without = "without it" if is_first else "without it as well"
    reason = (
        f"{link.event} {link.outcome} {link.source_distinct_id} into {link.target_distinct_id}; {without} "
        f"{len(one.ids)} of its ids ({one.login_ids} to log in with) and {one.events} events are apart"
    )
    events = [{"file": place.origin.path, "line": place.origin.line} for place in one.places]
    effect = {
        "login_ids_separated": one.login_ids,
        "ids_separated": list(one.ids),
        "events_moved": one.events,
    }
    return Action("leave_out", reason, {"events": events, "effect": effect})


def _groups(ids: list[str], key: Key, person_of: dict[Key, str]) -> list[list[str]]:
    """The person's ids as they would be persons; the one with its creator first."""
    groups: dict[str | None, list[str]] = defaultdict(list)
    for one in ids:
        groups[person_of.get((key[0], one))].append(one)
    return sorted(groups.values(), key=lambda group: (key[1] not in group, group))


def _splits(person_id: str, key: Key, groups: list[list[str]]) -> list[Action]:
    """What to split off on the platform itself, where the log cannot be imported anew."""
    kept, *others = groups
    actions = []
    for group in others:
        note = "the platform makes a person of each id" + (
            f"; then alias {', '.join(group[1:])} to {group[0]} again" if len(group) > 1 else ""
        )
        actions.append(
            Action(
                "split",
                f"{', '.join(group)} are somebody else than {', '.join(kept)}",
                {
                    "request": {
                        "method": "POST",
                        "path": f"/api/person/{person_id}/split/",
                        "body": {"distinct_ids_to_split": group},
                    },
                    "note": note,
                    "warning": f"{key[1]} made the person and has to stay: splitting it off reports success "
                    "and does nothing (PostHog/posthog#104939)",
                },
            )
        )
    return actions


def _code_to_fix(run: Run, chosen: list[Culprit]) -> list[Action]:
    """Which libraries sent the links, and what their callers forgot."""
    senders: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for one in chosen:
        inside = raw_event(run, one.places[0].origin).get("properties")
        inside = inside if isinstance(inside, dict) else {}
        library = str(inside.get("$lib") or "unknown library")
        sender = library, str(inside.get("$lib_version") or "unknown version"), one.link.event
        senders[sender].append(str(one.places[0].origin))
    return [
        Action(
            "fix_code",
            _REMEDIES.get(event, _REMEDIES["$create_alias"]),
            {"library": library, "version": version, "event": event, "seen_at": places},
        )
        for (library, version, event), places in senders.items()
    ]


_REMEDIES = {
    "$identify": "reset() is missing at logout, so the next login takes over the device's person",
    "$create_alias": "alias joins two login ids: it is for the ids of one human only",
    "$merge_dangerously": "$merge_dangerously is called on persons that are not one human: nothing guards it",
}


def read_ids(path: str) -> list[str]:
    """The ids of a file: one a line, as text, or as JSON with distinct_id or person_id; IdsUnreadable."""
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").split("\n")  # ids may hold other ends of lines
    except (OSError, UnicodeDecodeError) as error:
        raise IdsUnreadable(path, getattr(error, "strerror", None) or str(error)) from None
    return list(dict.fromkeys(one for line in lines if (one := _id_in(line.strip()))))


def _id_in(line: str) -> str:
    if not line.startswith("{"):
        return line
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return line
    return str(record.get("distinct_id") or record.get("person_id") or "")


def read_plan(path: str) -> list[str]:
    """The events that a plan leaves out, as FILE:LINE; BadPlan."""
    try:
        plan = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        return [
            f"{event['file']}:{int(event['line'])}"
            for action in plan["actions"]
            if action["action"] == "leave_out"
            for event in action["events"]
        ]
    except OSError as error:
        raise BadPlan(path, error.strerror or str(error)) from None
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):  # whatever else it holds
        raise BadPlan(path, "it is no plan that idcli repair wrote") from None
