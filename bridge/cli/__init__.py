"""The command line: ``mattebridge``."""

from bridge.cli.root import main

__all__ = ["main"]
