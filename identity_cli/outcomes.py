"""What may become of an event's wish to link two ids: the words for it, in one place."""

from enum import StrEnum


class Outcome(StrEnum):
    """What became of an event's wish to link two ids."""

    CREATED = "created"
    ATTACHED = "attached"
    MERGED = "merged"
    SAME_PERSON = "same_person"
    SAME_ID = "same_id"
    REFUSED_IDENTIFIED = "refused_identified"
    REFUSED_ILLEGAL = "refused_illegal"
    REFUSED_TAKEN = "refused_taken"
    REFUSED_FORM = "refused_form"
    REFUSED_FULL = "refused_full"
    REFUSED_NO_EFFECT = "refused_no_effect"
    FAILED = "failed"


JOINS = frozenset({Outcome.CREATED, Outcome.ATTACHED, Outcome.MERGED})
"""By these two ids become one person that were not."""
LOOKS_AT_NOBODY = frozenset({Outcome.SAME_ID, Outcome.REFUSED_ILLEGAL, Outcome.REFUSED_NO_EFFECT})
"""These touch no person of the other id, whoever it is."""


def is_refused(outcome: str) -> bool:
    """Whether the platform said no to the link, for whatever reason."""
    return outcome.startswith("refused")
