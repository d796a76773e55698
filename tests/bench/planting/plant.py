"""Writes a log with faults at known places, and what is true of it; the same arguments, the same bytes.

    python -m tests.bench.planting.plant LOG --seed 3 --people 2500 --fault no_reset --fault kiosk

Without a fault the log is clean. What is true comes beside it, as LOG.truth.json.
"""

import argparse
import heapq
import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from tests.bench.generate import write
from tests.bench.planting.faults import BUGS, FAULTS
from tests.bench.planting.shop import DAY, HOUR, Life, Properties, Release, Shop, Step, iso

DAYS = 14.0
PEOPLE_PER_MILLION = 122_000  # about eight events each


@dataclass(slots=True)
class Truth:
    """What is true of one fault: where it begins, and whom it concerns.

    line, time: of the first event that shows it, and of its arrival. lib, version: of whoever has the fault.
    """

    fault: str
    line: int = 0
    time: str = ""
    lib: str = ""
    version: str = ""
    events: int = 0
    lines: list[int] = field(default_factory=list)
    distinct_ids: dict[str, None] = field(default_factory=dict)

    def note(self, line: int, event: Properties, version: str | None) -> None:
        """Take the next event that shows it; version: of the release that does it, where one does."""
        about = event["properties"]
        if not self.events:
            self.line, self.time, self.lib = line, event["now"], about["$lib"]
            self.version = version or about["$lib_version"]
        self.events += 1
        self.lines.append(line)
        named = (
            event["distinct_id"],
            about.get("$anon_distinct_id"),
            about.get("alias"),
            about.get("$device_id"),
        )
        self.distinct_ids |= dict.fromkeys(filter(None, named))

    @property
    def record(self) -> Properties:
        """The same in JSON."""
        return {
            **asdict(self),
            "codes": sorted(FAULTS[self.fault].codes),
            "distinct_ids": [*self.distinct_ids],
        }


class PlantedLog:
    """A shop's log with some of FAULTS, each from its own day on; truths: once all lines are asked for."""

    def __init__(self, seed: int, people: int, faults: Iterable[str] = ()) -> None:
        self._people = people
        self._faults = tuple(faults)
        bugs = [one for one in self._faults if one in BUGS]
        self._shop = Shop(seed, DAYS, releases_with(bugs))
        self._order = count()
        self._waiting: list[tuple[float, int, Properties, Life]] = []
        self._resends = self._shop.random.uniform(5, 9) * DAY
        self.truths = {one: Truth(one) for one in self._faults}

    def lines(self) -> Iterator[bytes]:
        """The log, line by line, in order of arrival."""
        for number, (_, event) in enumerate(self._with_resent(self._steps()), 1):
            fault = event.pop("planted", None)
            if fault is not None:
                self.truths[fault].note(number, event, self._version_with(fault))
            yield json.dumps(event, separators=(",", ":")).encode() + b"\n"

    def _version_with(self, fault: str) -> str | None:
        return next((one.version for one in self._shop.releases if one.bug == fault), None)

    def _steps(self) -> Iterator[Step]:
        for fault in self._faults:
            plant = FAULTS[fault].plant
            if plant is not None:
                for life in plant(self._shop, self._shop.random.uniform(4, 10) * DAY):
                    self._go_on(life)
        for begins, life in self._shop.everybody(self._people):
            yield from self._until(begins)
            self._go_on(life)
        yield from self._until(self._shop.days * DAY)  # who would come later still is not in the log

    def _until(self, moment: float) -> Iterator[Step]:
        while self._waiting and self._waiting[0][0] < moment:
            arrived, _, event, life = heapq.heappop(self._waiting)
            yield arrived, event
            self._go_on(life)

    def _go_on(self, life: Life) -> None:
        step = next(life, None)
        if step is not None:
            heapq.heappush(self._waiting, (step[0], next(self._order), step[1], life))

    def _with_resent(self, steps: Iterator[Step]) -> Iterator[Step]:
        """Of all, one in three thousand is delivered twice; where planted, a batch of an afternoon too."""
        batch: deque[Properties] = deque(maxlen=max((FAULTS[one].resends for one in self._faults), default=0))
        is_due = "resent" in self._faults
        for arrived, event in steps:
            yield arrived, event
            if self._shop.chance(1 / 3_000) and "planted" not in event:
                yield arrived, {**event, "now": iso(arrived)}
            batch.append({key: value for key, value in event.items() if key != "planted"})
            if is_due and arrived > self._resends + 3 * HOUR:
                is_due = False
                for again in list(batch):
                    yield arrived, {**again, "now": iso(arrived), "planted": "resent"}


def releases_with(bugs: Iterable[str]) -> list[Release]:
    """Four quiet releases, and one with each of the bugs, mended two days and a half later."""
    releases = [Release("1.50.0", 0.0), Release("1.51.0", 3.2 * DAY)]
    for number, bug in enumerate(bugs):
        begins = (5.4 + 4 * number) * DAY
        releases += [
            Release(f"1.{52 + number}.0", begins, bug),
            Release(f"1.{52 + number}.1", begins + 2.5 * DAY),
        ]
    return releases if len(releases) > 2 else [*releases, Release("1.52.0", 7.3 * DAY)]


def main() -> None:
    """Write the log that the command line describes."""
    parser = argparse.ArgumentParser(description="Plants faults in the log of a web shop.")
    parser.add_argument("log", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=2_500, help="a million events come of 122000")
    parser.add_argument("--fault", action="append", default=[], choices=[*FAULTS], dest="faults")
    asked: Any = parser.parse_args()
    planted = PlantedLog(asked.seed, asked.people, asked.faults)
    write(planted.lines(), asked.log)
    truth = [one.record for one in planted.truths.values()]
    asked.log.with_name(asked.log.name + ".truth.json").write_text(json.dumps(truth, indent=1))


if __name__ == "__main__":
    main()
