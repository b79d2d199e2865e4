"""A DaVinci Resolve that fails the way Resolve fails.

It is checked against the vendor's signatures (fusionscript-stubs) in tests/host_adapters/resolve/test_stubs.py.
"""

from tests.fakes.resolve.app import FakeProject, FakeProjectManager, FakeResolve
from tests.fakes.resolve.clips import FakeMediaPoolItem
from tests.fakes.resolve.comp import FakeComp, FakeTool
from tests.fakes.resolve.items import FakeTimelineItem
from tests.fakes.resolve.pool import FakeFolder, FakeMediaPool, FakeMediaStorage
from tests.fakes.resolve.timeline import FakeTimeline
from tests.fakes.resolve.ui import FakeBmd, FakeUIManager, FakeWindow

__all__ = [
    "FakeBmd",
    "FakeComp",
    "FakeFolder",
    "FakeMediaPool",
    "FakeMediaPoolItem",
    "FakeMediaStorage",
    "FakeProject",
    "FakeProjectManager",
    "FakeResolve",
    "FakeTimeline",
    "FakeTimelineItem",
    "FakeTool",
    "FakeUIManager",
    "FakeWindow",
]
