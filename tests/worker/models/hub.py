"""A small hub on this machine: repositories of files, over HTTP, with the troubles that a net has."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast


@dataclass
class Hub:
    """What the hub holds, and what it does wrong. Change it while it runs."""

    endpoint: str = ""
    repositories: dict[str, dict[str, dict[str, bytes]]] = field(default_factory=dict)
    """Files by name, by commit, by repository; the last commit is main."""
    large: tuple[str, ...] = (".safetensors", ".bin")
    """Endings of files whose digest is a sha256."""
    break_after: int | None = None
    """Bytes after which a connection breaks, once; None for never."""
    changed: dict[str, bytes] = field(default_factory=dict)
    """Files that are sent with another content than is told."""
    status: int | None = None
    """What every request is answered with, in place of what was asked for."""
    ranges: bool = True
    """Whether parts of files are sent."""
    gated: bool = False
    asked: list[tuple[str, str, str | None, str | None]] = field(default_factory=list)
    """Method, path, range and authorization of each request."""

    def put(self, repository: str, commit: str, files: dict[str, bytes]) -> None:
        """Add a commit."""
        self.repositories.setdefault(repository, {})[commit] = files


def _digests(name: str, content: bytes, hub: Hub) -> dict[str, object]:
    told: dict[str, object] = {
        "rfilename": name,
        "size": len(content),
        "blobId": hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest(),
    }
    if name.endswith(hub.large):
        told["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
    return told


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def hub(self) -> Hub:
        return cast("_Server", self.server).hub

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on stderr."""

    def do_GET(self) -> None:
        hub, path = self.hub, self.path.split("?")[0]
        hub.asked.append(("GET", path, self.headers.get("Range"), self.headers.get("Authorization")))
        if hub.status is not None:
            self._answer(hub.status, b"no")
            return
        if hub.gated:
            self._answer(403, b"no", {"X-Error-Code": "GatedRepo"})
            return
        listed = re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/(.+))?", path)
        file = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        if listed:
            self._list(listed.group(1), listed.group(2))
        elif file and file.group(1) in hub.repositories:
            self._send(file.group(3), hub.repositories[file.group(1)][file.group(2)][file.group(3)])
        else:
            self._answer(404, b"no", {"X-Error-Code": "EntryNotFound"})

    def _list(self, repository: str, revision: str | None) -> None:
        commits = self.hub.repositories.get(repository)
        if commits is None:
            self._answer(404, b"no", {"X-Error-Code": "RepoNotFound"})
            return
        commit = revision if revision in commits else list(commits)[-1]
        files = [_digests(name, content, self.hub) for name, content in commits[commit].items()]
        body = {"_id": "1", "id": repository, "sha": commit, "siblings": files, "tags": [], "private": False}
        self._answer(200, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def _send(self, name: str, content: bytes) -> None:
        hub, content = self.hub, self.hub.changed.get(name, content)
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(wanted.group(1)) if wanted and hub.ranges else 0
        if start >= len(content) > 0 and start:
            self._answer(416, b"")
            return
        part = content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        if hub.break_after is not None and len(part) > hub.break_after:
            self.wfile.write(part[: hub.break_after])
            hub.break_after = None
            self.close_connection = True
            return
        self.wfile.write(part)

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    def __init__(self, hub: Hub) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hub = hub


@contextmanager
def serve() -> Iterator[Hub]:
    """A hub that runs inside the block."""
    hub = Hub()
    server = _Server(hub)
    hub.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
