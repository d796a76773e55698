"""Whether there are colours: what --color says, else what the environment says, else on a terminal."""

import os

import click


def is_colored(on_terminal: bool) -> bool:
    """Whether to colour what goes to such a place.

    NO_COLOR and FORCE_COLOR as no-color.org and force-color.org have them: set and not empty.
    """
    context = click.get_current_context(silent=True)
    if context is not None and context.color is not None:
        return context.color
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return on_terminal and os.environ.get("TERM") not in (None, "dumb")
