"""What a frozen front answers to the frames of a shard, computed once: clean, and in a few
augmented looks.

A training step then touches no pixel. The maps of a frame lie one after the other in a row of
float16, channels first, as the head takes them. Looks are drawn once for each flight, as a camera's
settings stay for a flight.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Callable, Iterable, Iterator

import numpy as np
import torch
from rich.progress import track
from torch import Tensor

from liquid_nav.learning.augment import Photometric
from liquid_nav.learning.cache import CacheError, Shard
from liquid_nav.learning.colour_fields import ColourFields
from liquid_nav.policy import choose_runtime
from liquid_nav.vision import AnyEncoder, BackboneEncoder

META = "looks.json"
CHUNK = 128
"""Frames that go through the front together."""
Answer = Callable[[Tensor], tuple[Tensor, ...]]
"""Normalised pixels, float32 [N,H,W,3] -> maps, float32 [N,C,h,w] each."""
Shape = tuple[int, int, int]
"""Channels, height and width of a map."""
AHEAD = 1
"""Chunks that wait for the front, at most."""


@dataclass(frozen=True, slots=True)
class _Pictures:
    """Some frames of one flight, as they are seen in one look."""

    row: int
    """Of the first of them in the shard."""
    count: int
    """How many they are; others behind them only fill up."""
    pixels: Tensor
    """Normalised, float32 [N,H,W,3]."""


def compute_looks(
    folder: Path,
    encoder: BackboneEncoder,
    looks: int,
    photometric: Photometric | None,
    seed: int,
    text: str = "",
    fields: ColourFields | None = None,
    mirror: bool = True,
) -> None:
    """Write the maps of a shard's frames beside them, unless they are there already.

    Args:
        folder: A finished shard.
        encoder: Whose front is asked, on the device where it is; its head does not matter.
        looks: How many; the first is clean, the others are augmented.
        photometric: How they are augmented; None: not in this way.
        seed: Of the augmentation.
        text: What the progress bar shows before the look.
        fields: Colour fields and tone curves of the augmented looks, before the rest; None: none.
        mirror: Whether half of the flights are mirrored in a look, see ``is_mirrored``.
    """
    wanted = _describe(encoder, looks, photometric, seed, fields, mirror)
    if _read(folder) == wanted:
        return
    (folder / META).unlink(missing_ok=True)
    shard = Shard(folder)
    length = sum(math.prod(shape) for shape in encoder.front.shapes)
    answer = front_of(encoder)
    for look in range(looks):
        part = folder / f"{file_of(look)}.part"
        rows = np.lib.format.open_memmap(part, "w+", np.float16, (len(shard.labels), length))
        label = ""
        if text:
            label = f"{text}look {look + 1} of {looks}"
        for row, maps in answers(
            shard, look, encoder, answer, photometric, seed, label, fields, mirror
        ):
            rows[row : row + len(maps)] = maps
        rows.flush()
        del rows
        part.rename(folder / file_of(look))
    (folder / META).write_text(json.dumps(wanted))


def answers(
    shard: Shard,
    look: int,
    encoder: AnyEncoder,
    answer: Answer,
    photometric: Photometric | None,
    seed: int,
    text: str = "",
    fields: ColourFields | None = None,
    mirror: bool = True,
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield what ``answer`` gives for all frames of a shard in one look: first row, float16 [n,D].

    Args:
        shard: whose frames are shown.
        look: 0 is clean, the others are augmented.
        encoder: normalises the pixels.
        answer: takes these.
        photometric: see ``compute_looks``, also for what follows.
        seed: of the augmentation.
        text: what the progress bar shows; default: there is none.
        fields: colour fields and tone curves.
        mirror: whether half of the flights are mirrored.
    """
    pictures = _pictures(shard, look, encoder, photometric, seed, text, fields, mirror)
    yield from _answers(answer, pictures)


def is_mirrored(flight: int, look: int) -> bool:
    """Whether a look shows a flight mirrored: every second flight, and in the next look the other
    half.

    The pictures are mirrored and not the maps: filters of a front see left and right edges
    differently, and its strides move every map by half a cell. Mirrored maps are wrong by 0.6 to
    0.7 of their standard deviation.
    """
    return (flight + look) % 2 == 1


def front_of(encoder: BackboneEncoder) -> Answer:
    """Return what computes the front: onnxruntime on a processor if it is installed, where it is
    several times faster.
    """
    on_processor = encoder.mean.device.type == "cpu"
    if not on_processor or choose_runtime(encoder, "auto") == "torch":
        return encoder.maps
    from liquid_nav.vision import OnnxFront

    return OnnxFront(encoder, torch.get_num_threads())


def open_looks(folder: Path) -> tuple[list[np.ndarray], bool]:
    """Return what ``compute_looks`` wrote: a float16 [N,D] for each look, and whether half of them
    are mirrored.

    Raises:
        CacheError: There is nothing, or it is damaged.
    """
    facts = _read(folder)
    if facts is None:
        raise CacheError(f"{folder} has no maps of a front", "train again: they are computed first")
    try:
        looks = [np.load(folder / file_of(look), mmap_mode="r") for look in range(facts["looks"])]
        return looks, facts["mirror"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        remedy = f"delete {folder / META} and train again"
        raise CacheError(f"maps in {folder} are damaged: {error}", remedy) from error


def split(rows: Tensor, shapes: tuple[Shape, ...]) -> tuple[Tensor, ...]:
    """Turn rows [N,D] into the maps [N,C,h,w] that a head takes."""
    lengths = [math.prod(shape) for shape in shapes]
    return tuple(
        torch.unflatten(part, 1, shape)
        for part, shape in zip(torch.split(rows, lengths, dim=1), shapes, strict=True)
    )


def file_of(look: int) -> str:
    """Name of the file that holds a look."""
    return f"look-{look}.npy"


def _describe(
    encoder: BackboneEncoder,
    looks: int,
    photometric: Photometric | None,
    seed: int,
    fields: ColourFields | None,
    mirror: bool,
) -> dict[str, Any]:
    """Return all that the maps depend on beside the frames."""
    front = hashlib.sha256()
    for name, value in sorted(encoder.front.state_dict().items()):
        front.update(name.encode())
        front.update(value.detach().cpu().numpy().tobytes())
    facts = {
        "front": front.hexdigest(),
        "shapes": [list(shape) for shape in encoder.front.shapes],
        "looks": looks,
        "photometric": None if photometric is None else asdict(photometric),
        "seed": seed,
        "mirror": mirror,
    }
    if fields is not None:
        facts["fields"] = asdict(fields)
    return facts


def _read(folder: Path) -> dict[str, Any] | None:
    try:
        facts: dict[str, Any] = json.loads((folder / META).read_text())
    except (OSError, ValueError):
        return None
    return facts


@torch.inference_mode()
def _pictures(
    shard: Shard,
    look: int,
    encoder: AnyEncoder,
    photometric: Photometric | None,
    seed: int,
    label: str,
    fields: ColourFields | None,
    mirror: bool,
) -> Iterator[_Pictures]:
    """Yield all pictures of a shard as they are seen in one look, in turn.

    All is computed where the encoder is, and the noise is drawn there.
    """
    device = encoder.mean.device
    generator = torch.Generator().manual_seed(1000 * seed + look)
    noise = generator
    if device.type != "cpu":
        noise = torch.Generator(device).manual_seed(1000 * seed + look)
    for flight in track(range(len(shard.lengths)), label, disable=not label):
        begin = int(shard.begins[flight])
        length = int(shard.lengths[flight])
        frames = shard.frames[begin : begin + length]
        if mirror and is_mirrored(flight, look):
            frames = frames[:, :, ::-1]
        drawn = None
        field = None
        if look and photometric is not None:
            drawn = photometric.draw(1, generator)
        if look and fields is not None:
            height, width = frames.shape[1:3]
            field = fields.draw(height, width, generator)
        for first in range(0, length, CHUNK):
            images = (
                torch.from_numpy(np.array(frames[first : first + CHUNK])).to(device).float() / 255.0
            )
            if field is not None:
                images = field.apply(images)
            if drawn is not None:
                matrix, offset, level = drawn
                images = images @ matrix[0].to(device) + offset[0].to(device)
                images = images + level[0].to(device) * torch.randn(
                    images.shape, generator=noise, device=device
                )
            count = len(images)
            if device.type != "cpu":
                # A GPU prepares each layer anew for every number of frames, which takes longer than
                # the frames.
                images = pad_to(images, CHUNK)
            yield _Pictures(begin + first, count, encoder.normalise(255.0 * images))


def _answers(answer: Answer, pictures: Iterable[_Pictures]) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (first row, float16 [n,D]) in turn.

    The front works in a thread of its own, while the next pictures are made and the last answers
    are stored.
    """
    waiting: deque[tuple[int, Future[np.ndarray]]] = deque()
    with ThreadPoolExecutor(1) as front:
        for some in pictures:
            waiting.append((some.row, front.submit(_maps, answer, some)))
            if len(waiting) > AHEAD:
                row, maps = waiting.popleft()
                yield row, maps.result()
        while waiting:
            row, maps = waiting.popleft()
            yield row, maps.result()


@torch.inference_mode()
def _maps(answer: Answer, pictures: _Pictures) -> np.ndarray:
    maps = answer(pictures.pixels)
    return torch.cat([m[: pictures.count].flatten(1) for m in maps], dim=1).half().cpu().numpy()


def pad_to(images: Tensor, length: int) -> Tensor:
    """Return [length,...]: the images [N,...], N at most ``length``, and black ones behind them."""
    return torch.cat((images, images.new_zeros(length - len(images), *images.shape[1:])))
