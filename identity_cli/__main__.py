"""`idcli` and `python -m identity_cli`."""

import gc
import io
import os
import sys
from _thread import _local as local
from contextlib import suppress
from importlib import import_module
from types import ModuleType
from typing import Any

ENOUGH_CALLS = 10_000  # for values nested as deep as can be read, see dialects.nesting
_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))  # by their descriptors, from 0


def main() -> None:
    """Run the command line and leave.

    A short process has nothing to collect and nothing to tear down: without either it
    takes a fifth less.
    """
    gc.disable()
    sys.setrecursionlimit(ENOUGH_CALLS)
    _open_closed_streams()
    _spare_imports()
    code = 0
    try:
        from identity_cli.cli import idcli

        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")  # rather than break on an old encoding
        idcli(prog_name="idcli")
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 0
    except KeyboardInterrupt:
        code = 130
    except Exception:
        _tell_bug()
        code = 2
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _open_closed_streams() -> None:
    """Put nothing in the place of standard streams that are closed, or the next file opened takes it."""
    if None not in (sys.stdin, sys.stdout, sys.stderr):
        return
    while (descriptor := os.open(os.devnull, os.O_RDWR)) < len(_STREAMS):
        pass
    os.close(descriptor)
    for descriptor, (name, mode) in enumerate(_STREAMS):
        if getattr(sys, name) is None:
            setattr(sys, name, open(descriptor, mode, encoding="utf-8"))


def _spare_imports() -> None:
    """Do without what click imports, and needs for what hardly any command does: a quarter of a start."""
    _import_when_used("inspect")  # for help
    # It has no translations of its own, and looks in vain for those of others: messages are in English.
    _import_when_used("gettext", gettext=str, ngettext=lambda one, many, count: one if count == 1 else many)
    if hasattr(os, "uname"):  # all that uuid, which it has a kind of argument for, wants of it
        _import_when_used("platform", system=lambda: os.uname().sysname)
    _import_when_used("threading", local=local)  # all that it wants of it


def _import_when_used(name: str, **known: Any) -> None:
    """Let whoever imports that module have it at once, and fill it when something not known is asked for."""
    module = ModuleType(name)
    vars(module).update(known)

    def fill(attribute: str) -> Any:
        if attribute == "__path__":  # which `from NAME import` looks for in a package
            raise AttributeError(attribute)
        vars(module).pop("__getattr__", None)
        if sys.modules.get(name) is module:
            del sys.modules[name]
        vars(module).update(vars(import_module(name)))
        return getattr(module, attribute)

    vars(module)["__getattr__"] = fill
    sys.modules.setdefault(name, module)


def _tell_bug() -> None:
    """Show the traceback: no error that we know of got here."""
    from traceback import format_exc

    from identity_cli.cli.terminal.text import print_error

    print_error(format_exc().rstrip())


if __name__ == "__main__":
    main()
