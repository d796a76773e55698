"""The resolver runs on a bare interpreter, fed with any record that has an event's attributes."""

import subprocess
import sys
from pathlib import Path

import identity_cli

PACKAGE_PARENT = Path(identity_cli.__file__).parent.parent

SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
from datetime import datetime, timezone
from types import SimpleNamespace as Record

from identity_cli.events import ABSENT
from identity_cli.resolver.person_resolver import PersonResolver
from identity_cli.rules import POSTHOG, RULE_SETS


def event(name, distinct_id, minute=0, **properties):
    inside = dict(
        distinct_id=None, anon_distinct_id=ABSENT, alias=None, set=None, set_once=None, unset=None,
        device_id=None, lib=None, lib_version=None, process_person_profile=ABSENT, copied=(),
    )
    time = datetime(2023, 3, 8, 12, minute, tzinfo=timezone.utc)
    return Record(
        event=name, uuid=None, distinct_id=distinct_id, team_id=None, set=None, set_once=None,
        timestamp=time, links_as=None, offset=None, now=time, received_at=None, created_at=None,
        inserted_at=None,
        properties=Record(**{**inside, **properties}),
    )


for rules in RULE_SETS.values():
    resolver = PersonResolver(rules, buffer_seconds=60, attributing=True)
    log = [
        event("signup", "ada"),
        event("$pageview", "anon", device_id="anon", set={"plan": "free"}, copied=[("utm_source", "ad")]),
        event("$identify", "ada", anon_distinct_id="anon", set_once={"source": "ad"}, unset=["plan"]),
        event("$identify", "bob", 5, anon_distinct_id="tablet"),
        event("$identify", "bob", 6, anon_distinct_id="anon"),
        event("$create_alias", "bob", 6, alias="Guest"),
    ]
    facts = [fact for seq, each in enumerate(log, 1) for fact in resolver.apply(seq, each)]
    facts += resolver.finish()
    parts = list(resolver.everybody())
    ids = sorted(distinct_id for part in parts for distinct_id in part.ids.texts)
    if rules in POSTHOG:
        assert ids == ["ada", "anon", "bob", "tablet"], (rules.name, ids)
        assert len(parts[0].standing.numbers + parts[0].merged.numbers) == 2, (rules.name, parts)
    assert len(facts) > len(log)

for name in sorted(sys.modules):
    print(name)
"""

ALLOWED = {
    *(
        "identity_cli",
        "identity_cli.resolver.event_buffer",
        "identity_cli.errors",
        "identity_cli.events",
        "identity_cli.facts",
        "identity_cli.outcomes",
        "identity_cli.person_ids",
    ),
    *(
        "identity_cli.values.javascript",
        "identity_cli.resolver.fact_makers",
        "identity_cli.resolver.id_owners",
        "identity_cli.resolver.person_changes",
        "identity_cli.resolver.person_state",
        "identity_cli.resolver.processing",
        "identity_cli.resolver.properties",
        "identity_cli.resolver.person_resolver",
    ),
    "identity_cli.resolver",
    "identity_cli.rules",
    "identity_cli.values",
}


def test_the_resolver_needs_nothing_but_the_standard_library() -> None:
    bare = subprocess.run(
        [sys.executable, "-I", "-S", "-c", SCRIPT, str(PACKAGE_PARENT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert bare.returncode == 0, bare.stderr
    loaded = bare.stdout.split()
    ours = {name for name in loaded if name.split(".")[0] == "identity_cli"}
    foreign = {
        name
        for name in set(loaded) - ours
        if name.split(".")[0] not in sys.stdlib_module_names | {"__main__"}
    }
    assert foreign == set()
    assert {".".join(name.split(".")[:2]) for name in ours} <= ALLOWED, (
        "no reader, store or terminal comes along"
    )
    assert "identity_cli.resolver.person_resolver" in ours
    assert not {"json", "sqlite3", "logging", "msgspec"} & set(loaded), "no I/O and no decoding"
