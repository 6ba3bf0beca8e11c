"""Windows of flights: which frames they hold, how much time lies between them, and the mirror."""

import numpy as np
import pytest
import torch

from liquid_nav.learning.auxiliary import NAMES, SCAN
from liquid_nav.learning.cache import CacheError, Shard, ShardWriter, write_shard
from liquid_nav.learning.windows import LONGEST, WindowConfig, WindowDataset

CONFIG = WindowConfig(batch=8, steps=10, drop=0.2, strides=(0.4, 0.4, 0.2), slowest=0.3)


@pytest.fixture
def shard(flight, tmp_path):
    write_shard(tmp_path / "data", [flight(60, 0), flight(4, 1), flight(90, 2), flight(1, 3)])
    return tmp_path / "data"


def rows(batches):
    """Yield the windows one by one as NumPy arrays."""
    for batch in batches:
        for i in range(len(batch["weight"])):
            yield {name: values[i].numpy() for name, values in batch.items()}


def indices(window):
    """Which frames a window holds: the middle of the picture shows it."""
    return window["images"][:, 12, 16, 0].astype(int)


def flown(shard, window, real):
    """Return the times [N] of the flight that a window is from, found by what lies between its
    frames.
    """
    found = []
    for begin, length in zip(shard.begins, shard.lengths, strict=True):
        times = np.cumsum(shard.elapsed[begin : begin + length].astype(float))
        index = indices(window)[:real]
        if index.max() < length and np.allclose(
            np.diff(times[index]), window["elapsed"][1:real], atol=1e-4
        ):
            found.append(times)
    return found


def test_shapes_and_types(shard):
    batch = next(iter(WindowDataset([shard], CONFIG, 1, seed=0)))
    assert batch["images"].shape == (8, 10, 24, 32, 3) and batch["images"].dtype == torch.uint8
    assert batch["labels"].shape == (8, 10, 4) and batch["auxiliary"].shape[:2] == (8, 10)
    for name in ("labels", "elapsed", "auxiliary", "weight"):
        assert batch[name].dtype == torch.float32


def test_elapsed_times_are_the_differences_of_the_stamps(shard):
    data = Shard(shard)
    for window in rows(WindowDataset([shard], CONFIG, 20, seed=1)):
        real = int(window["weight"].sum())
        index = indices(window)[:real]
        assert (np.diff(index) > 0).all()
        if real < 2:
            continue
        assert flown(data, window, real), "no flight has these times between these frames"
        times = flown(data, window, real)[0]
        assert window["elapsed"][1:real].sum() == pytest.approx(
            times[index[-1]] - times[index[0]], abs=1e-4
        )
        assert window["elapsed"][0] == window["elapsed"][1]


def test_no_time_is_longer_than_a_stride_may_lead_to_unless_frames_were_dropped(shard):
    calm = WindowConfig(batch=8, steps=10, drop=0.0, strides=(0.0, 0.0, 1.0), slowest=0.2)
    for window in rows(WindowDataset([shard], calm, 10, seed=1)):
        assert window["elapsed"].max() <= 0.2 + 1e-6


def test_strides_and_drops_change_the_rate(shard):
    def steps(**changes):
        config = WindowConfig(batch=8, steps=10, slowest=1.0, **changes)
        return np.concatenate(
            [
                np.diff(indices(w)[: int(w["weight"].sum())])
                for w in rows(WindowDataset([shard], config, 10, seed=1))
            ]
        )

    assert set(steps(drop=0.0, strides=(1.0,))) == {1}
    assert set(steps(drop=0.0, strides=(0.0, 1.0))) == {2}
    assert set(steps(drop=0.3, strides=(1.0,))) > {1, 2}


def test_labels_belong_to_their_frames_and_padding_repeats_the_last(shard):
    padded = 0
    for window in rows(WindowDataset([shard], CONFIG, 20, seed=2)):
        index, real = indices(window), int(window["weight"].sum())
        np.testing.assert_array_equal(window["labels"][:, 0], index)
        np.testing.assert_array_equal(window["labels"][:, 2], index)
        np.testing.assert_array_equal(window["weight"], (np.arange(10) < real).astype(np.float32))
        assert real >= 1 and (index[real:] == index[real - 1]).all()
        assert (window["elapsed"] > 0).all()
        padded += real < 10
    assert padded, "short flights are padded"


def test_the_mirror_turns_image_labels_and_targets_together(shard):
    sides = set()
    for window in rows(WindowDataset([shard], CONFIG, 10, seed=3)):
        bright_left = (window["images"][:, :, 0] == 255).all()
        assert bright_left != (window["images"][:, :, -1] == 255).all()
        sign = 1.0 if bright_left else -1.0
        np.testing.assert_array_equal(window["labels"][:, 1], sign)
        np.testing.assert_array_equal(window["labels"][:, 3], sign)
        np.testing.assert_array_equal(window["auxiliary"][:, 0], np.float32(0.5 * sign))
        assert (
            window["auxiliary"][:, SCAN.start if bright_left else SCAN.stop - 1] == np.float32(0.9)
        ).all()
        sides.add(bool(bright_left))
    assert sides == {True, False}
    plain = WindowConfig(batch=8, steps=10, mirror=False)
    assert all(
        (w["labels"][:, 1] == 1).all() for w in rows(WindowDataset([shard], plain, 5, seed=3))
    )


def test_the_same_seed_gives_the_same_batches(shard):
    first, again, other = (list(WindowDataset([shard], CONFIG, 3, seed)) for seed in (5, 5, 6))
    assert len(first) == 3
    for a, b in zip(first, again, strict=True):
        assert all(torch.equal(a[name], b[name]) for name in a)
    assert not all(torch.equal(a["images"], b["images"]) for a, b in zip(first, other, strict=True))
    windows = WindowDataset([shard], CONFIG, 3, 5)
    assert all(
        torch.equal(a["images"], b["images"]) for a, b in zip(windows, windows, strict=True)
    ), "iterates anew"


def test_seconds_of_flight_decide_how_often_and_newer_shards_count_for_more(flight, tmp_path):
    slow, fast, hovering = flight(40), flight(80), flight(250)
    slow.elapsed[:], fast.elapsed[:], hovering.elapsed[:] = 0.1, 0.05, 0.1
    write_shard(tmp_path / "old", [slow, fast])
    write_shard(tmp_path / "new", [slow, hovering])
    windows = WindowDataset(
        [tmp_path / "old", tmp_path / "new"], WindowConfig(recent=3.0), 1, seed=0
    )
    seconds = np.array((4.0, 4.0, 3 * 4.0, 3 * LONGEST))
    np.testing.assert_allclose(windows.weights, seconds / seconds.sum(), rtol=1e-5)


def test_what_was_consumed_does_not_come_again(shard):
    whole = list(WindowDataset([shard], CONFIG, 5, seed=5))
    rest = list(WindowDataset([shard], CONFIG, 5, seed=5, skip=3))
    assert len(rest) == 2
    for a, b in zip(whole[3:], rest, strict=True):
        assert all(torch.equal(a[name], b[name]) for name in a)


def test_flights_that_are_held_out_are_never_drawn(shard):
    windows = WindowDataset(
        [shard],
        WindowConfig(batch=8, steps=10, drop=0.0),
        20,
        seed=1,
        without={(0, 0), (0, 1), (0, 3)},
    )
    assert windows.weights.tolist() == [0.0, 0.0, 1.0, 0.0]
    data = Shard(shard)
    times = np.cumsum(data.elapsed[64:154].astype(float))
    for window in rows(windows):
        index = indices(window)[: int(window["weight"].sum())]
        np.testing.assert_allclose(
            np.diff(times[index]), window["elapsed"][1 : len(index)], atol=1e-4
        )


def test_where_no_flight_can_be_drawn_the_error_names_the_keys(flight, tmp_path):
    write_shard(tmp_path / "data", [flight(20, 0, "collision"), flight(20, 1, "timeout")])
    with pytest.raises(CacheError, match="none of the 2 flights can be drawn.*failed"):
        WindowDataset([tmp_path / "data"], WindowConfig(failed=0.0), 1, seed=0)


def test_times_late_in_a_long_recording_are_as_exact_as_early_ones(tmp_path):
    """An hour at 30 Hz."""
    frames = 108_000
    writer = ShardWriter(tmp_path / "long")
    writer.frames(np.zeros((frames, 1, 1, 3), np.uint8))
    times = np.full(frames, 1 / 30, np.float32)
    unknown = np.zeros((frames, len(NAMES)), np.float32)
    writer.flight(np.zeros((frames, 4), np.float32), times, unknown, ("bag", 0), "recorded")
    writer.finish()
    config = WindowConfig(batch=16, steps=8, drop=0.0, strides=(1.0,))
    batch = next(iter(WindowDataset([tmp_path / "long"], config, 1, seed=0)))
    np.testing.assert_allclose(batch["elapsed"], 1 / 30, rtol=1e-5)


def test_processes_that_learn_together_draw_different_windows(shard, monkeypatch):
    alone = list(WindowDataset([shard], CONFIG, 2, seed=5))
    ranks = []
    for rank in (0, 1, 2):
        monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
        monkeypatch.setattr(torch.distributed, "get_rank", lambda rank=rank: rank)
        ranks.append(list(WindowDataset([shard], CONFIG, 2, seed=5)))
    assert all(torch.equal(a["images"], b["images"]) for a, b in zip(alone, ranks[0], strict=True))
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert not torch.equal(ranks[one][0]["elapsed"], ranks[other][0]["elapsed"])
