"""A Nuke that fails the way Nuke fails.

`FakeNuke` stands for the module `nuke` in a session of a given kind. It keeps a node graph, reads real EXR headers
with Nuke's rules for names, renders real files, and has a main thread with an event loop that a test pumps. Its
knobs are checked against those recorded from Nuke 17.
"""

from tests.fakes.nuke.session import FakeNuke
from tests.fakes.nuke.windows import FakeScripts

__all__ = ["FakeNuke", "FakeScripts"]
