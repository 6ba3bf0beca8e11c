"""Shards on disk: complete or not there."""

import json

import numpy as np
import pytest

from liquid_nav.learning.cache import (
    FRAMES,
    META,
    TABLE,
    CacheError,
    Shard,
    ShardWriter,
    write_shard,
)


def test_what_is_written_is_read(flight, tmp_path):
    flights = [flight(30, 0), flight(12, 1, "collision"), flight(40, 2)]
    meta = write_shard(tmp_path / "data", iter(flights))
    shard = Shard(tmp_path / "data")
    assert meta == shard.meta
    assert meta["frames"] == 82 and meta["flights"] == 3
    assert meta["outcomes"] == {"collision": 1, "success": 2}
    assert meta["flown"] == [
        ["forest", 0, "success"],
        ["forest", 1, "collision"],
        ["forest", 2, "success"],
    ]
    np.testing.assert_array_equal(shard.lengths, (30, 12, 40))
    for begin, length, flown in zip(shard.begins, shard.lengths, flights, strict=True):
        rows = slice(begin, begin + length)
        for name in ("frames", "labels", "elapsed", "auxiliary"):
            np.testing.assert_array_equal(getattr(shard, name)[rows], getattr(flown, name))


def test_frames_stay_on_disk(flight, tmp_path):
    write_shard(tmp_path / "data", [flight(10)])
    assert isinstance(Shard(tmp_path / "data").frames, np.memmap)


def test_many_flights_and_wrong_frames(flight, tmp_path):
    writer = ShardWriter(tmp_path / "data")
    for _ in range(200):
        writer.frames(flight(30).frames)
    with pytest.raises(ValueError, match="not uint8"):
        writer.frames(np.zeros((3, 10, 10, 3), np.uint8))
    one = flight(6000)
    writer.flight(one.labels, one.elapsed, one.auxiliary, ("forest", 0), "success")
    writer.finish()
    frames = Shard(tmp_path / "data").frames
    assert frames.shape == (6000, *one.frames.shape[1:])
    np.testing.assert_array_equal(frames[5970:], flight(30).frames)


def interrupted(flight):
    yield flight(10)
    raise KeyboardInterrupt


def test_an_interruption_leaves_nothing_half_done(flight, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        write_shard(tmp_path / "data", interrupted(flight))
    assert not (tmp_path / "data").exists()
    assert write_shard(tmp_path / "data", [flight(20)])["frames"] == 20
    assert [p.name for p in tmp_path.iterdir()] == ["data"]


def test_an_interruption_leaves_what_was_there(flight, tmp_path):
    write_shard(tmp_path / "data", [flight(20)])
    with pytest.raises(KeyboardInterrupt):
        write_shard(tmp_path / "data", interrupted(flight))
    assert len(Shard(tmp_path / "data").labels) == 20


def test_no_flights_are_an_error(tmp_path):
    with pytest.raises(CacheError, match="no flights"):
        write_shard(tmp_path / "data", [])
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("name", [FRAMES, TABLE, META])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "other"])
def test_a_damaged_shard_is_named_in_one_line(flight, tmp_path, name, damage):
    write_shard(tmp_path / "data", [flight(20)])
    path = tmp_path / "data" / name
    content = path.read_bytes()
    path.unlink()
    if damage != "missing":
        path.write_bytes(
            {"empty": b"", "cut": content[: len(content) // 2], "other": b"something else"}[damage]
        )
    with pytest.raises(CacheError) as error:
        Shard(tmp_path / "data")
    assert str(tmp_path / "data") in str(error.value) and "\n" not in str(error.value)


def test_a_table_that_lacks_a_column(flight, tmp_path):
    write_shard(tmp_path / "data", [flight(20)])
    np.savez(tmp_path / "data" / TABLE, labels=np.zeros((20, 4)))
    with pytest.raises(CacheError, match="not a data set"):
        Shard(tmp_path / "data")


@pytest.mark.parametrize("meta", ["[]", "{}", '{"flown": 3}', '{"flown": []}'])
def test_a_table_of_contents_that_does_not_fit(flight, tmp_path, meta):
    write_shard(tmp_path / "data", [flight(20)])
    (tmp_path / "data" / META).write_text(meta)
    with pytest.raises(CacheError, match="not a data set"):
        Shard(tmp_path / "data")


def test_meta_is_json_that_people_can_read(flight, tmp_path):
    write_shard(tmp_path / "data", [flight(20)])
    assert json.loads((tmp_path / "data" / META).read_text())["frames"] == 20
