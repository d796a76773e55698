"""`idcli help`: the same as --help, the other way round."""

import click

from identity_cli.cli.terminal.command import Command, print_help
from identity_cli.errors import UnknownCommand


def _commands(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    group = ctx.find_root().command
    names = group.list_commands(ctx) if isinstance(group, click.Group) else []
    return [name for name in names if name.startswith(incomplete)]


@click.command("help", cls=Command, epilog="Example: idcli help person")
@click.argument("name", required=False, metavar="[COMMAND]", shell_complete=_commands)
@click.pass_context
def command(ctx: click.Context, name: str | None) -> None:
    """Show the help of a command.

    Without COMMAND, which commands there are.
    """
    root = ctx.find_root()
    group = root.command
    if name is None or not isinstance(group, click.Group):
        print_help(root)
    asked = group.get_command(root, name)
    if asked is None:
        raise UnknownCommand(name, group.list_commands(root))
    print_help(asked.context_class(asked, parent=root, info_name=name))
