"""Which ids stand below each other, and which fold into bundles.

At every moment each person is an unbroken run of lanes, and a link joins two neighbouring runs: so no join
crosses a lane that then belongs to somebody else. Nothing has to be optimised: merges are a forest.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from identity_cli.drawing.story import Joint, Story

PITCH, BAND = 28.0, 12.0
FOLD_ABOVE = 40
MOST_LOUD = 45
"""Lanes of their own in a folded picture: what nobody looks through must not be megabytes either."""
MOST_ORDERED = 200
"""Ids of one person; beyond, the picture is bundles, within which order shows nothing."""
ONE_BY_ONE = -1
"""The block of ids that came and were merged without anything to say of them."""


@dataclass(slots=True)
class Lane:
    """One id, or many quiet ones as a bundle; y is its middle.

    block: the person by which they came to the survivor, or ONE_BY_ONE.
    """

    ids: list[str]
    block: int
    is_stranger: bool = False
    height: float = BAND
    y: float = 0.0

    @property
    def is_bundle(self) -> bool:
        """Whether it holds several ids."""
        return len(self.ids) > 1

    @property
    def top(self) -> float:
        """Where its upper edge is."""
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        """Where its lower edge is."""
        return self.y + self.height / 2


def lanes_of(story: Story, fold_above: int = FOLD_ABOVE) -> list[Lane]:
    """The lanes from top to bottom: the person's own, then those of strangers, the last refused first."""
    ids = ordered(story)
    if len(ids) > fold_above:
        return [*_folded(story, ids), *_of_strangers(story)]
    return lanes_in_order(story, ids)


def lanes_in_order(story: Story, ids: Iterable[str]) -> list[Lane]:
    """A lane for each of these ids that the story has, then those of strangers."""
    own = [Lane([one], story.joined[one].person) for one in ids if one in story.joined]
    return [*own, *_of_strangers(story)]


def _of_strangers(story: Story) -> list[Lane]:
    """The last refused first."""
    last_named = {one: joint.seq for joint in story.joints for one in joint.ends}
    of_person: dict[int, int] = {}
    for one in story.strangers:
        person = story.joined[one].person
        of_person[person] = max(of_person.get(person, 0), last_named.get(one, 0))
    strangers = sorted(
        story.strangers, key=lambda one: (-of_person[story.joined[one].person], story.first[one])
    )
    return [Lane([one], story.joined[one].person, is_stranger=True) for one in strangers]


def ordered(story: Story) -> list[str]:
    """Its ids: one attached right below the one that was named, a merged run below the target's.

    Person by person, where it is of several.
    """
    runs: dict[int, list[str]] = {}
    links = {joint.seq: joint for joint in story.joints}
    for start, person, one in _steps(story):
        if one is None:
            link = links.get(int(start))
            source = runs.pop(person, [])
            if link is not None and _is_in_second_half(link.source, source):
                source.reverse()
            runs.setdefault(story.merged[person].person, []).extend(source)
        else:
            _attach(runs.setdefault(person, []), one, links.get(int(start)))
    return [*runs.pop(story.person, []), *chain.from_iterable(runs.values())]


def _steps(story: Story) -> list[tuple[float, int, str | None]]:
    """Moments at which an id came to its first person, or, without an id, a person was merged away."""
    came = [(*story.joined[one], one) for one in story.ids]
    gone = [(span.start, person, None) for person, span in story.merged.items()]
    return sorted([*gone, *came], key=lambda step: (step[0], step[2] is not None))


def _is_in_second_half(one: str, run: list[str]) -> bool:
    return 1 < len(run) <= MOST_ORDERED and one in run and run.index(one) * 2 >= len(run)


def _attach(run: list[str], one: str, link: Joint | None) -> None:
    if link is not None and len(run) <= MOST_ORDERED and one in link.ends:
        named = link.source if link.target == one else link.target
        if named in run:
            run.insert(run.index(named) + 1, one)
            return
    run.append(one)


def _folded(story: Story, ids: Iterable[str]) -> Iterator[Lane]:
    """Per person that brought some: its loud ids, then one bundle of the quiet; last those of nobody loud."""
    loud = _loud(story)
    blocks: dict[int, list[str]] = {}
    for one in ids:
        blocks.setdefault(story.came(one).person, []).append(one)
    rest: list[str] = []
    for block, own in blocks.items():
        quiet = [one for one in own if one not in loud]
        if block != story.person and len(quiet) == len(own):
            rest += quiet
            continue
        yield from (Lane([one], block) for one in own if one in loud)
        yield from _bundle(quiet, block)
    yield from _bundle(rest, ONE_BY_ONE)


def _bundle(ids: list[str], block: int) -> Iterator[Lane]:
    if ids:
        count = len(ids)
        height = BAND if count == 1 else 18.0 if count <= 10 else 30.0 if count <= 100 else 44.0
        yield Lane(ids, block, height=height)


def _loud(story: Story) -> set[str]:
    """Ids that never fold: of findings first, then of refusals, then login ids, the busiest first."""
    accused = dict.fromkeys(one for joint in story.joints if joint.finding for one in joint.ends)
    refused = dict.fromkeys(one for joint in story.joints if joint.is_refusal for one in joint.ends)
    busiest = sorted(story.logins, key=lambda one: (-story.events.get(one, 0), one))
    own = story.joined.keys()
    return {*[one for one in dict.fromkeys([*accused, *refused, *busiest]) if one in own][:MOST_LOUD]}
