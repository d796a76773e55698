"""`idcli completion`: what a shell needs to complete commands, files, names and ids."""

import os
from pathlib import Path

import click

from identity_cli.cli.terminal.command import Command
from identity_cli.cli.terminal.completed import Known
from identity_cli.cli.terminal.text import print_error
from identity_cli.errors import NotWrittenByUs, UnknownChoice
from identity_cli.files.outputs import output_file

VARIABLE = "_IDCLI_COMPLETE"
MARK = "# completion of idcli"
PLACES = {
    "bash": (".local/share/idcli/completion.bash", ".bashrc"),
    "zsh": (".local/share/idcli/completion.zsh", ".zshrc"),
    "fish": (".config/fish/completions/idcli.fish", None),
}
"""Of each shell, below the home folder: where its script goes, and what has to read it, if anything."""


@click.command(
    "completion",
    cls=Command,
    epilog="To install it for the shell in use: idcli completion install\n\n"
    "Example: idcli completion show bash",
)
@click.argument("what", metavar="show|install", type=Known(("show", "install")))
@click.argument("shell", required=False, metavar="[SHELL]", type=Known(PLACES))
def command(what: str, shell: str | None) -> None:
    """Let the shell complete commands, files and ids.

    install writes the script for SHELL (bash, zsh or fish; without it, the one of $SHELL) into your home
    folder and, for bash and zsh, one line that reads it at the end of .bashrc or .zshrc. show prints
    the script. Completed are commands, options and their choices, files, runs, and the ids of the run.
    """
    if what not in ("show", "install"):
        raise UnknownChoice("action", what, ("show", "install"))
    shell = shell or Path(os.environ.get("SHELL", "bash")).name
    if shell not in PLACES:
        raise UnknownChoice("shell", shell, PLACES)
    if what == "show":
        click.echo(script_of(shell))
    else:
        _install(shell)


def script_of(shell: str) -> str:
    """The script that makes a shell ask idcli."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    made = kind(click.get_current_context().find_root().command, {}, "idcli", VARIABLE)
    return made.source_template % made.source_vars()


def _install(shell: str) -> None:
    script, startup = PLACES[shell]
    place = Path.home() / script
    if place.exists() and not place.read_bytes().startswith(MARK.encode()):
        raise NotWrittenByUs(str(place))
    place.parent.mkdir(parents=True, exist_ok=True)
    with output_file(str(place)) as file:
        file.write(f"{MARK}\n{script_of(shell)}\n".encode())
    print_error(f"idcli: wrote {place}")
    if startup is not None:
        _read_at_start(Path.home() / startup, place, shell)
    print_error("idcli: open a new shell to complete with Tab")


def _read_at_start(startup: Path, script: Path, shell: str) -> None:
    """Have a shell read the script when it starts; once."""
    before = startup.read_text(encoding="utf-8", errors="surrogateescape") if startup.exists() else ""
    if MARK in before:
        return
    line = f'[ -f "{script}" ] && . "{script}"  {MARK}'
    if shell == "zsh":
        line = f"autoload -Uz compinit && compinit -C  {MARK}\n{line}"
    with startup.open("a", encoding="utf-8") as file:
        file.write(f"{'' if before.endswith(chr(10)) or not before else chr(10)}{line}\n")
    print_error(f"idcli: {startup} reads it")
