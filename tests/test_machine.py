"""What may be taken of a machine: what a container allows counts, and not only what the machine has."""

import os
from pathlib import Path
from typing import Any

import pytest

from identity_cli import replay
from identity_cli.files import machine
from identity_cli.reading import options
from identity_cli.reading.options import MOST_BY_ITSELF, ReplayOptions
from identity_cli.replaying.in_parts import gathering

SAMPLE = Path(__file__).parent.parent / "sample_data"


class Machine:
    """A folder that is told of as the system tells: 8 GiB available, and what control groups are given."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self.tell("meminfo", "MemTotal: 16777216 kB\nMemAvailable: 8388608 kB\n")
        for name, file in (("_MEMORY", "meminfo"), ("_OWN_GROUPS", "own"), ("_GROUPS", "groups")):
            monkeypatch.setattr(machine, name, folder / file)
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(64), raising=False)

    def tell(self, file: str, text: Any) -> None:
        path = self._folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_without_control_groups_it_is_the_machine_that_counts(told: Machine) -> None:
    assert machine.free_memory() == 8 << 30
    assert machine.cores_to_use() == 64


@pytest.mark.parametrize("group", ["groups", "groups/a", "groups/a/b"], ids=["root", "above", "own"])
def test_a_control_group_limits_memory_and_cores(told: Machine, group: str) -> None:
    told.tell("own", "0::/a/b")
    told.tell(f"{group}/memory.max", 2 << 30)
    told.tell(f"{group}/memory.current", 3 << 29)
    told.tell(f"{group}/memory.stat", "anon 5\ninactive_file 100\nactive_file 20")
    told.tell(f"{group}/cpu.max", "250000 100000")
    assert machine.free_memory() == (1 << 29) + 120, "what it caches can be let go"
    assert machine.cores_to_use() == 3


def test_so_does_one_of_version_1(told: Machine) -> None:
    told.tell("own", "4:memory:/x\n3:cpu,cpuacct:/x\n0::/")
    told.tell("groups/memory/memory.limit_in_bytes", 1 << 30)
    told.tell("groups/memory/memory.usage_in_bytes", 1 << 29)
    told.tell("groups/memory/memory.stat", "inactive_file 7\ntotal_inactive_file 64")
    told.tell("groups/cpu/x/cpu.cfs_quota_us", 400000)
    told.tell("groups/cpu/x/cpu.cfs_period_us", 100000)
    assert machine.free_memory() == (1 << 29) + 64
    assert machine.cores_to_use() == 4


def test_a_group_that_limits_nothing_or_is_another_ones_does_not_count(told: Machine) -> None:
    told.tell("own", "5:memory:/\n4:cpu:/\n0::/a")
    told.tell("groups/a/memory.max", "max")
    told.tell("groups/a/memory.current", 5)
    told.tell("groups/a/memory.stat", "")
    told.tell("groups/a/cpu.max", "max 100000")
    told.tell("groups/b/cpu.max", "100000 100000")
    told.tell("groups/cpu/cpu.cfs_quota_us", -1)
    told.tell("groups/cpu/cpu.cfs_period_us", 100000)
    assert machine.free_memory() == 8 << 30
    assert machine.cores_to_use() == 64


def test_a_replay_measures_memory_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So whether a run has findings does not depend on what else runs meanwhile."""
    free = iter([1 << 30])
    monkeypatch.setattr(machine, "_available", lambda: iter([next(free, 1)]))
    monkeypatch.setattr(machine, "_GROUPS", tmp_path)
    monkeypatch.setattr(gathering, "SAMPLED", 1)
    with replay(SAMPLE / "events.ndjson", tmp_path / "run", spill=True) as run:
        assert "verdict" in run.metadata


def test_nobody_who_did_not_ask_gets_more_processes_than_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "cores_to_use", lambda: 200)
    assert ReplayOptions().processes == MOST_BY_ITSELF
    assert ReplayOptions(jobs=200).processes == 200
