"""What every source of plates has in common."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from functools import cached_property
from types import TracebackType

import numpy as np
import numpy.typing as npt

from bridge.errors import FrameRangeError, FrameUnreadableError
from bridge.frames import format_frames, parse_frames
from worker import signs
from worker.media.color import InputColor
from worker.media.linear import LinearLight, linear_light
from worker.models.base import Plate


class SourceKind(str, Enum):
    """What a source is made of."""

    MOVIE = "movie"
    """One file; frames are counted from 1."""
    SEQUENCE = "sequence"
    """A file per frame; frames have the numbers in the file names."""
    STILL = "still"
    """One picture: the number in its name, or 1."""


@dataclass(frozen=True)
class SourceFacts:
    """What is known of a source once it is open."""

    clip: str
    """The name that files made from the source begin with."""
    path: str
    """Absolute: the file, or the pattern in printf form (``/shots/plate.%04d.exr``)."""
    kind: SourceKind
    frames: tuple[int, ...]
    """The selected frames, ascending. With an explicit range this includes frames missing inside first..last."""
    available: str
    """The range of the frames there are, as text."""
    size_wh: tuple[int, int]
    """Width and height of every plate."""
    fps: Fraction | None
    """Frames a second; None where the source does not say."""
    padding: int
    """The least digits of a frame number in the names of files made from the source."""
    color: InputColor
    identity: str
    """What tells this source from another, colour apart: the path, or size, time and digest of a movie."""
    ocio_config: str | None = None
    """The OCIO configuration that was asked for; None for ``$OCIO``, else the default."""


class Source(ABC):
    """An open source of plates.

    Made by `open_source`. Reading frames in ascending order is fastest. Threads may share a source; their reads
    of a movie wait for each other. Nothing is read ahead and nothing kept but the state of the decoder, so memory
    does not grow with the clip.
    """

    def __init__(self, facts: SourceFacts) -> None:
        self.clip = facts.clip
        self.path = facts.path
        self.kind = facts.kind
        self.frames = facts.frames
        self.available = facts.available
        self.size_wh = facts.size_wh
        self.fps = facts.fps
        self.padding = facts.padding
        self.colorspace = facts.color.space
        self.colorspace_from = facts.color.origin.value
        self.fingerprint = hashlib.sha256(f"{facts.identity}|{facts.color.identity}".encode()).hexdigest()
        """Hex; changes with the source's identity and with its colour, since both change predictions."""
        self._color = facts.color
        self._ocio_config = facts.ocio_config
        self._call = signs.this_call()
        """Whoever opened it: threads that read on its behalf do not know."""

    @cached_property
    def light(self) -> LinearLight:
        """The scene-linear space that `read_linear` gives plates in.

        Raises:
            BadRequestError: the configuration has no scene-linear role, or no way to it from the source's space.
        """
        return linear_light(self._color, self._ocio_config)

    @abstractmethod
    def frame_stamp(self, frame: int) -> str:
        """Short hex that changes with the frame's file; ``0`` for movies and for files that are not there."""

    @abstractmethod
    def why_avoided(self, frame: int) -> str | None:
        """Why a frame is not decoded, though it may have been before: it ended the process; None where it is."""

    @abstractmethod
    def read(self, frame: int) -> Plate:
        """One plate, shape ``(H, W, 3)``, 0 to 255, display-referred sRGB.

        Raises:
            FrameUnreadableError: the frame is missing, damaged, or of another size than the source.
            ValueError: the source is a movie that was closed.
        """

    @abstractmethod
    def read_linear(self, frame: int) -> npt.NDArray[np.float32]:
        """One plate in the scene-linear light of `light`, shape ``(H, W, 3)``, C-contiguous.

        Scene-linear files of that space come as they are: above 1, below 0, with NaN and infinities. All others
        are decoded, at the precision of the file, neither clipped nor tone mapped.

        Raises:
            FrameUnreadableError: as `read`.
            ValueError: as `read`.
            BadRequestError: as `light`.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of open files; a second call does nothing."""

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def select_frames(requested: str | None, existing: Sequence[int], path: str) -> tuple[int, ...]:
    """The frames a request selects of those there are.

    Args:
        requested: A frame range; None for all there are.
        existing: The frames there are, ascending, at least one.
        path: The source, for the message.

    Raises:
        FrameRangeError: the range does not parse, or leaves first..last of what there is.
    """
    if requested is None:
        return tuple(existing)
    wanted = parse_frames(requested)
    beyond = [frame for frame in wanted if not existing[0] <= frame <= existing[-1]]
    if beyond:
        raise FrameRangeError(
            f"{path} has frames {format_frames(existing)}, not {format_frames(beyond)}; ask for frames within"
        )
    return wanted


def check_size(plate_wh: tuple[int, int], size_wh: tuple[int, int], frame: int, path: str) -> None:
    """Hold a frame to the size of its source.

    Raises:
        FrameUnreadableError: the sizes differ.
    """
    if plate_wh != size_wh:
        raise FrameUnreadableError(
            f"frame {frame} of {path} is {plate_wh[0]} x {plate_wh[1]}, expected {size_wh[0]} x {size_wh[1]} "
            "like the first frame"
        )
