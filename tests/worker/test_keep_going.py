"""What ``mattebridge export`` says about a job whose command is gone."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from bridge.cli.export import export
from tests.fakes.services import Running
from worker.clients import Presence


@pytest.mark.parametrize(
    ("options", "keep_going"), [([], True), (["--keep-going"], True), (["--no-keep-going"], False)]
)
def test_the_command_says_whether_its_job_outlives_it(
    running: Running, monkeypatch: pytest.MonkeyPatch, options: list[str], keep_going: bool
) -> None:
    asked: list[bool] = []
    depends = Presence.depends

    def heard(self: Presence, job: str, identity: bytes, *, keep_going: bool) -> None:
        asked.append(keep_going)
        depends(self, job, identity, keep_going=keep_going)

    monkeypatch.setattr(Presence, "depends", heard)
    CliRunner().invoke(export, ["/a.mov", "--out", "/out", "--worker", running.service.address, *options])
    assert asked == [keep_going]
