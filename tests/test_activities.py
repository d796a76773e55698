"""Who sent the first and the last events of each id, and how many ids came once: held against a slow walk."""

import json
from collections.abc import Callable
from random import Random

import pytest

from identity_cli import Run
from identity_cli.reading import periods, reader, source_choice
from identity_cli.store.reading import activity
from identity_cli.store.reading.activity import Begun, begun, events_sent, first_senders, last_senders
from identity_cli.store.reading.periods import Sender

Row = tuple[str, int | None, str]
"""An id, the hour of its event, and a version."""


def line(own: str, hour: int | None, version: str) -> str:
    when = {} if hour is None else {"timestamp": f"2023-05-{1 + hour // 24:02}T{hour % 24:02}:00:00Z"}
    return json.dumps(
        {"event": "e", "distinct_id": own, "properties": {"$lib": "web", "$lib_version": version}} | when
    )


def rows(random: Random) -> list[Row]:
    """Mostly in order of time."""
    found: list[Row] = []
    hour = 0
    for _ in range(random.choice((1, 5, 90))):
        hour += random.choice((0, 0, 0, 1, 5))
        when = random.choice((hour, hour, hour, max(0, hour - random.randrange(9)), 0, None))
        found.append((f"u{random.randrange(20)}", when, random.choice("123")))
    return found


@pytest.mark.parametrize("seed", range(40))
def test_columns_tell_what_a_walk_over_the_events_tells(
    seed: int, run_of: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of events in one hour the first counts as first, and any as last; in parts of few rows each."""
    for module in (reader, source_choice):
        monkeypatch.setattr(module, "BLOCK_BYTES", 300)
    monkeypatch.setattr(periods, "KEYS_AT_ONCE", 2)
    monkeypatch.setattr(activity, "IDS_AT_ONCE", (2, 3, 1 << 18)[seed % 3])
    log = rows(Random(seed))
    run = run_of("\n".join(line(*row) for row in log), rules="current")
    keys = {own: (1, own) for own, *_ in log}
    firsts, lasts = first_senders(run, keys.values()), last_senders(run, keys.values())
    expected = dict[Sender, list[bool]]()
    for own in {own for own, *_ in log}:
        its = [(hour, version) for one, hour, version in log if one == own and hour is not None]
        first = min(its, key=lambda one: one[0], default=None)
        latest = max((hour for hour, _ in its), default=None)
        last = lasts.get(keys[own])
        assert firsts.get(keys[own]) == (first and Sender("web", first[1]))
        assert not its or (last and last.lib_version in {one for hour, one in its if hour == latest})
        if first is not None:
            expected.setdefault(Sender("web", first[1]), []).append(len(its) == 1)
    assert begun(run) == {one: Begun(len(ids), sum(ids)) for one, ids in expected.items()}
    versions = [version for *_, version in log]
    assert {one.lib_version: sent for one, sent in events_sent(run).items()} == {
        version: versions.count(version) for version in dict.fromkeys(versions)
    }
