"""Colours, light and dark.

The survivor's is the darkest (in the dark, the lightest) and stands out in grey too; the other five were
found by a random search for the largest smallest distance between any two under normal, protan, deutan and
tritan sight, all 3:1 or better on paper. A test holds these numbers.
"""

from typing import NamedTuple

PERSONS = 6
"""Colours of persons; the first is the survivor's."""


class Theme(NamedTuple):
    """One set of colours; stranger: of ids that belong to another person."""

    paper: str
    ink: str
    quiet: str
    rule: str
    wash: str
    alarm: str
    stranger: str
    persons: tuple[str, ...]

    @property
    def variables(self) -> dict[str, str]:
        """By the name that style sheets call each by."""
        named = {name: value for name, value in self._asdict().items() if name != "persons"}
        return {**named, **{f"p{number}": colour for number, colour in enumerate(self.persons)}}


LIGHT = Theme(
    paper="#ffffff",
    ink="#1b1f24",
    quiet="#57606a",
    rule="#d0d7de",
    wash="#f6f8fa",
    alarm="#a40e26",
    stranger="#7d8590",
    persons=("#174a85", "#d47d10", "#9480e8", "#1a7a59", "#cc71ab", "#826629"),
)
DARK = Theme(
    paper="#0f1318",
    ink="#e6edf3",
    quiet="#9aa5b1",
    rule="#30363d",
    wash="#161b22",
    alarm="#ff8a8a",
    stranger="#8b949e",
    persons=("#9fd0ff", "#a8572e", "#7a68dc", "#66ae7e", "#c93c93", "#b4aa20"),
)
