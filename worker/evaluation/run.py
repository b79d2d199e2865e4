"""A model over a data set: predictions on disk, frame by frame, so that a run can stop and go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from bridge.errors import DataSetError
from bridge.files import write_whole
from worker.datasets import DataSet, Frame
from worker.datasets.coco_format import Annotation, SegmentInfo, read_ids, write_ids
from worker.datasets.pictures import read_picture
from worker.evaluation.label_map import LabelMap
from worker.evaluation.merge import LeastScores
from worker.evaluation.panoptic import VOID, Counts, PanopticMap, areas_of, count_picture
from worker.evaluation.settled import settle
from worker.models.base import Model, Predictor, VideoModel
from worker.models.registry import ModelPool
from worker.segments import FramePrediction
from worker.thumbnail import with_thumbnail
from worker.tracking import assign

RUN, DONE, MAPS = "run.json", "frames.jsonl", "predictions"


class FrameResult(msgspec.Struct, frozen=True):
    """One frame that is done; a line of `DONE`."""

    key: str
    clip: str
    annotation: Annotation
    counts: dict[str, Counts]
    """What was matched and missed, by category id."""
    seconds: float
    """Time in `predict`."""


@dataclass(frozen=True)
class Judge:
    """What every frame is judged with."""

    model: Model
    pool: ModelPool
    data: DataSet
    labels: LabelMap
    least: LeastScores


class EvaluationRun:
    """A folder with the predictions so far. What belongs to one run never mixes with another's."""

    def __init__(self, folder: Path, identity: dict[str, Any]) -> None:
        """Open a folder, or make it.

        Args:
            folder: The run's folder.
            identity: All that decides the figures: model, weights, settings, data set, thresholds.

        Raises:
            DataSetError: The folder holds another run.
        """
        self.folder = folder
        (folder / MAPS).mkdir(parents=True, exist_ok=True)
        said = msgspec.json.format(msgspec.json.encode(identity), indent=1)
        path = folder / RUN
        if path.exists():
            if msgspec.json.decode(path.read_bytes()) != msgspec.json.decode(said):
                raise DataSetError(
                    f"{folder} holds the run of another model, data set or setting (see {path}); "
                    "give another folder, or delete this one"
                )
        else:
            write_whole(path, said + b"\n")
        self.done = {result.key: result for result in self._read()}

    def _read(self) -> Iterator[FrameResult]:
        path = self.folder / DONE
        if not path.exists():
            return
        whole = bytearray()
        for line in path.read_bytes().splitlines(keepends=True):
            # A line that was cut short by a crash is that of a frame that is done again.
            if not line.endswith(b"\n"):
                break
            result = msgspec.json.decode(line, type=FrameResult)
            if self.map_path(result.annotation).exists():
                whole += line
                yield result
        write_whole(path, bytes(whole))

    def map_path(self, annotation: Annotation) -> Path:
        """Where a frame's ids lie."""
        return self.folder / MAPS / annotation.file_name

    def prediction(self, result: FrameResult) -> PanopticMap:
        """A frame's map, categories called by their ids."""
        ids = read_ids(self.map_path(result.annotation))
        return PanopticMap(ids, {s.id: str(s.category_id) for s in result.annotation.segments_info})

    def run(self, judge: Judge, frames: Sequence[Frame], on_frame: Callable[[FrameResult], None]) -> None:
        """Predict and judge the frames that are not done; clips whole, because ids are found over all of one.

        Raises:
            DataSetError: A picture or its truth is missing or damaged.
        """
        with (self.folder / DONE).open("ab") as log:
            for clip, members in groupby(frames, key=lambda frame: frame.clip):
                together = list(members)
                if all(frame.key in self.done for frame in together):
                    continue
                waiting = together if clip else [frame for frame in together if frame.key not in self.done]
                for result in self._clip(judge, waiting) if clip else self._pictures(judge, waiting):
                    log.write(msgspec.json.encode(result) + b"\n")
                    log.flush()
                    self.done[result.key] = result
                    on_frame(result)

    def _pictures(self, judge: Judge, frames: Sequence[Frame]) -> Iterator[FrameResult]:
        for frame, prediction, size_wh, seconds in _predicted(judge, frames):
            yield self._judged(judge, frame, prediction, size_wh, None, seconds)

    def _clip(self, judge: Judge, frames: Sequence[Frame]) -> Iterator[FrameResult]:
        found = list(_predicted(judge, frames))
        index = assign(
            ((number, prediction) for number, (_, prediction, _, _) in enumerate(found)), judge.data.fps
        )
        for number, (frame, prediction, size_wh, seconds) in enumerate(found):
            if frame.key not in self.done:
                yield self._judged(judge, frame, prediction, size_wh, index.frames[number], seconds)

    def _judged(
        self,
        judge: Judge,
        frame: Frame,
        prediction: FramePrediction,
        size_wh: tuple[int, int],
        tracks: Sequence[int] | None,
        seconds: float,
    ) -> FrameResult:
        truth = judge.data.truth(frame)
        if truth.ids.shape != size_wh[::-1]:
            raise DataSetError(
                f"{frame.key}: the picture is {size_wh[0]}x{size_wh[1]}, "
                f"but its truth {truth.ids.shape[1]}x{truth.ids.shape[0]}"
            )
        guess = settle(prediction, size_wh, judge.least, judge.labels, judge.data.categories, tracks)
        areas = areas_of(guess.ids)
        areas.pop(VOID, None)
        annotation = Annotation(
            f"{frame.key}.png",
            tuple(SegmentInfo(id_, int(guess.categories[id_]), 0, area) for id_, area in areas.items()),
            frame.key.removeprefix(f"{frame.clip}/"),
            frame.clip or None,
        )
        write_ids(self.map_path(annotation), guess.ids)
        return FrameResult(frame.key, frame.clip, annotation, count_picture(truth, guess), seconds)


def _predicted(
    judge: Judge, frames: Sequence[Frame]
) -> Iterator[tuple[Frame, FramePrediction, tuple[int, int], float]]:
    """Frames, of one clip or of none, with what the model finds; successive ones of one size go to it together."""
    model = judge.model
    for predictor, together in _runs(model, frames):
        pictures = ((frame, read_picture(frame.picture)) for frame in together)
        for _, same in groupby(pictures, key=lambda item: item[1].shape):
            while batch := list(islice(same, model.batch_size)):
                began = time.perf_counter()
                found = judge.pool.predict(predictor, [np.ascontiguousarray(plate) for _, plate in batch])
                seconds = (time.perf_counter() - began) / len(batch)
                for (frame, plate), prediction in zip(batch, found, strict=True):
                    size_wh = plate.shape[1], plate.shape[0]
                    yield frame, with_thumbnail(prediction, plate) if frame.clip else prediction, size_wh, seconds


def _runs(model: Model, frames: Sequence[Frame]) -> Iterator[tuple[Predictor, Sequence[Frame]]]:
    """The frames as the model wants to see them: a video model goes through a clip in runs."""
    if not isinstance(model, VideoModel) or not frames or not frames[0].clip:
        yield model, frames
        return
    for number, start in enumerate(range(0, len(frames), model.run_length)):
        yield model.begin(number), frames[start : start + model.run_length]
