"""The adapter for DaVinci Resolve: what is chosen in a timeline becomes requests, and mattes come back into it.

It needs the standard library, the bridge and what the bridge needs; never numpy or torch. `docs/resolve.md` tells
how it is used and what was tried in a real Resolve.
"""

from host_adapters.resolve.plan import Route
from host_adapters.resolve.run import Report, run
from host_adapters.resolve.selection import Scope

__all__ = ["Report", "Route", "Scope", "run"]
