"""Commands as one types them: with the run that they are about, where it is not where they look for it."""

import shlex

from identity_cli.cli.terminal.options import DEFAULT_RUN


def of_run(run: str) -> str:
    """The option that names a run; nothing for the one that is looked for."""
    return "" if run == DEFAULT_RUN else f" --run {shlex.quote(run)}"


def typed(command: str, run: str) -> str:
    """A command, as in "idcli person ada", of that run."""
    idcli, name, *rest = command.split(" ", 2)
    return " ".join([idcli, f"{name}{of_run(run)}", *rest])
