"""The public names of the bridge, for hosts and scripts.

In a console::

    import bridge

    client = bridge.connect()
    job = client.export(bridge.MatteRequest(source="plate.####.exr", frames="1001-1100", out="mattes"))
    job.wait()
"""

from bridge import errors
from bridge.borders import Border, BorderKind, BorderPolicy, Length, Profile, Side
from bridge.client import Client, SegmentMatte
from bridge.job import Job
from bridge.launch import connect
from bridge.manifest import Manifest, read_manifest
from bridge.messages import JobInfo, JobState
from bridge.request import Layout, LicenceDemand, MatteRequest, OnError, Overlap

__all__ = [
    "Border",
    "BorderKind",
    "BorderPolicy",
    "Client",
    "Job",
    "JobInfo",
    "JobState",
    "Layout",
    "Length",
    "LicenceDemand",
    "Manifest",
    "MatteRequest",
    "OnError",
    "Overlap",
    "Profile",
    "SegmentMatte",
    "Side",
    "connect",
    "errors",
    "read_manifest",
]
