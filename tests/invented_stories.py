"""Persons that grew too large, as stories: humans of many anonymous ids each, merged into one at the end."""

import random
from datetime import UTC, datetime, timedelta

from identity_cli.drawing.story import Joint, Span, Story, Tick

LIBRARIES = ("web", "web", "web", "posthog-android", "posthog-node", "posthog-python")


def swallowed(ids: int, seed: int = 1, *, all_login: bool = False) -> Story:
    """A story of so many ids: humans get ids, attached or merged, then the first swallows the others."""
    grown = _Growing(random.Random(seed), all_login=all_login)
    humans = max(2, min(9, ids // 40))
    for number in range(ids):
        grown.add_id(number if number < humans else grown.dice.randrange(humans))
    for human in range(1, humans):
        grown.merge("$merge_dangerously", human, 0, "identified persons merged")
    return grown.story


class _Growing:
    def __init__(self, dice: random.Random, *, all_login: bool) -> None:
        self.dice = dice
        self.story = Story("invented", 0, [], {}, {}, names={})
        self._all_login = all_login
        self._of: dict[int, list[str]] = {}
        self._persons = 1_000
        self._seq = 0

    def add_id(self, human: int) -> None:
        own = self._of.setdefault(human, [])
        name = f"user_{human}_{len(own)}" if self._all_login or not own else f"anon-{len(self.story.ids):06x}"
        merges = own and self.dice.random() < 0.5
        self._persons += 1
        person = self._persons if merges else human
        seq = self._next()
        self.story.ids.append(name)
        self.story.first[name] = seq
        self.story.joined[name] = Span(seq, person)
        self.story.names.setdefault(person, name)
        if name.startswith("user"):
            self.story.logins |= {name}
        self._tick(seq, name)
        if merges:
            self._of[person] = [name]
            self.merge("$identify", person, human)
        elif own:
            self._join(seq, "$identify", (self.dice.choice(own), name), ("attached", None, human, ""))
        own.append(name)
        for _ in range(self.dice.randrange(3)):
            self._tick(self._next(), self.dice.choice(own))

    def merge(self, event: str, source: int, target: int, finding: str = "") -> None:
        seq = self._next()
        ends = self.dice.choice(self._of[source]), self._of[target][0]
        self.story.merged[source] = Span(seq, target)
        self._join(seq, event, ends, ("merged", source, target, finding))
        self._tick(seq, ends[1])
        if finding:
            self.story.finding_words[seq] = finding
            self._of[target] += self._of[source]

    def _join(
        self, seq: int, event: str, ends: tuple[str, str], about: tuple[str, int | None, int, str]
    ) -> None:
        source, target = ends
        self.story.joints.append(Joint(seq, event, _time(seq), f":{seq}", source, target, *about))

    def _next(self) -> int:
        self._seq += self.dice.randint(1, 3)
        return self._seq

    def _tick(self, seq: int, name: str) -> None:
        self.story.events[name] = self.story.events.get(name, 0) + 1
        self.story.ticks.append(
            Tick(seq, name, "$pageview", self.dice.choice(LIBRARIES), _time(seq), f":{seq}")
        )


def _time(seq: int) -> str:
    return (datetime(2023, 3, 1, tzinfo=UTC) + timedelta(minutes=7 * seq)).isoformat()
