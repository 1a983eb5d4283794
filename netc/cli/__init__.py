"""The command line. Commands are loaded when they are asked for, so that `netc --help` is fast."""

from netc.cli.main import main

__all__ = ["main"]
