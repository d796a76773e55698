"""Changes between two runs of one log as pairs of pictures: every id and moment in the same place in both."""

from collections.abc import Iterable, Iterator, Sequence

from identity_cli.comparing.comparison import PersonChange
from identity_cli.drawing.lanes import FOLD_ABOVE, ordered
from identity_cli.drawing.layout import Beside
from identity_cli.drawing.story import Story
from identity_cli.drawing.svg_timeline import timeline
from identity_cli.drawing.telling import joint_stories, suspicions
from identity_cli.pages.contents import Figure
from identity_cli.pages.persons_shown import DRAWING_WIDTH
from identity_cli.store.reading.rows import PersonRow
from identity_cli.store.reading.run import Run
from identity_cli.values.shown import shown


class BeforeAndAfter:
    """Pairs of pictures, of the changes whose ids a picture can show one by one; none if the logs differ."""

    def __init__(self, old: Run, new: Run, changes: Sequence[PersonChange]) -> None:
        drawn = [one for one in changes if one.ids <= FOLD_ABOVE] if _is_one_log(old, new) else []
        before = [_persons(old, one.old) for one in drawn]
        after = [_persons(new, one.new) for one in drawn]
        for lefts, rights in zip(before, after, strict=True):
            _lead_with_whoever_stays(lefts, rights)
        self._pairs = {
            id(change): pair
            for change, *pair in zip(drawn, _stories(old, before), _stories(new, after), strict=True)
        }

    def figures(self, change: PersonChange, prefix: str) -> Iterator[Figure]:
        """Before and after; nothing of a change that is not drawn so."""
        pair = self._pairs.get(id(change), ())
        if not pair:
            return
        together = min(pair, key=_standing)
        beside = Beside(
            [*dict.fromkeys(one for story in (together, *pair) for one in ordered(story))], (*pair,)
        )
        for when, story in zip(("Before", "After"), pair, strict=True):
            drawn = timeline(
                story, prefix=f"{prefix}{when[0]}", width=DRAWING_WIDTH, is_file=False, beside=beside
            )
            yield Figure(f"{when}: timeline of {shown(story.title)}", drawn, when)


def _is_one_log(old: Run, new: Run) -> bool:
    one, other = ([(source["hash"], source["lines"]) for source in run.sources()] for run in (old, new))
    return one == other


def _persons(run: Run, person_ids: Iterable[str]) -> list[PersonRow]:
    """The largest first."""
    return sorted(map(run.find_person, person_ids), key=lambda one: (-one.id_count, one.person))


def _lead_with_whoever_stays(before: list[PersonRow], after: list[PersonRow]) -> None:
    """Put a person that is in both first, so that it has the same colour in both."""
    stays = next((one.person_id for one in before if one.person_id in {two.person_id for two in after}), None)
    for persons in (before, after):
        persons.sort(key=lambda one: one.person_id != stays)


def _stories(run: Run, persons: Sequence[Sequence[PersonRow]]) -> list[Story]:
    """Of each group of persons one; of those who are nobody in this run, none."""
    wanted = [(group, ", ".join(one.creator_distinct_id for one in group[:3])) for group in persons]
    return joint_stories(run, wanted, suspicions(run)).stories


def _standing(story: Story) -> int:
    """How many persons its ids end on."""
    return len({[*story.spans(one)][-1].person for one in story.ids})
