import json
from dataclasses import replace
from pathlib import Path

import pytest

from liquid_nav.errors import UserError
from liquid_nav.evaluation import FlightSummary, FlightTask, PilotSpec, paired
from liquid_nav.evaluation.records_file import FlightRecords, read_lines
from liquid_nav.resources import find
from liquid_nav.worlds import load_condition, load_scenario

PILOT = PilotSpec("/models/m", "m", fingerprint="a" * 64)
FIELD, FOG = load_scenario("field"), load_condition("fog")
TASKS = [FlightTask(PILOT, FIELD, FOG, seed) for seed in (10, 11, 12)]


def flight(task, digest=None):
    # Numbers as they come out of a flight: their text must give back every bit.
    distance = 1.1 * task.seed
    digest = digest or f"{task.seed:064x}"
    success = task.seed % 2 == 0
    reason = "success" if success else "lost"
    return FlightSummary(
        task.pilot.label,
        task.scenario.name,
        task.condition.name,
        task.seed,
        success,
        reason,
        "so",
        task.seed / 3,
        distance,
        300,
        digest,
        {"render": 1.0},
        distance / 3,
    )


def write(path, tasks=TASKS, count=None):
    """Records of a campaign that broke off after ``count`` flights, or of a complete one."""
    flights = [flight(task) for task in tasks]
    with FlightRecords(path, tasks) as records:
        for one in flights[:count]:
            records.add(one)
        if count is None:
            records.finish(flights)
    return path.read_bytes()


def test_a_flight_is_in_the_file_as_soon_as_it_has_ended(tmp_path):
    path = tmp_path / "new" / "records.jsonl"
    with FlightRecords(path, TASKS) as records:
        for number, task in enumerate(TASKS, 1):
            records.add(flight(task))
            lines = [json.loads(line) for line in path.read_text().splitlines()]
            assert [line["seed"] for line in lines] == [10, 11, 12][:number]
    assert (
        lines[1]["reason"] == "lost"
        and lines[1]["model_sha256"] == "a" * 64
        and lines[1]["frame_rate"] == 30.0
    )
    assert "timings" not in lines[0]


def test_lines_end_in_the_order_of_the_tasks_whatever_ended_first(tmp_path):
    usual = write(tmp_path / "usual.jsonl")
    path = tmp_path / "records.jsonl"
    flights = [flight(task) for task in TASKS]
    with FlightRecords(path, TASKS) as records:
        for one in reversed(flights):
            records.add(one)
        assert path.read_bytes() != usual
        records.finish(flights)
    assert path.read_bytes() == usual
    assert [file.name for file in tmp_path.iterdir() if "usual" not in file.name] == [
        "records.jsonl"
    ]


def test_whatever_byte_a_file_ends_at_its_whole_lines_are_read(tmp_path):
    whole = write(tmp_path / "whole.jsonl")
    lines = whole.splitlines()
    for cut in range(len(whole) + 1):
        # A line that lacks nothing but its line break is a whole one.
        expected = [
            line for number, line in enumerate(lines, 1) if len(b"\n".join(lines[:number])) <= cut
        ]
        assert list(read_lines(whole[:cut])) == expected


def test_a_campaign_killed_in_the_middle_of_a_line_goes_on_and_ends_with_the_same_file(tmp_path):
    whole = write(tmp_path / "whole.jsonl")
    first = whole.index(b"\n") + 1
    second = whole.index(b"\n", first) + 1
    path = tmp_path / "records.jsonl"
    cuts = {
        0: 0,
        1: 0,
        first - 2: 0,
        first - 1: 1,
        first: 1,
        first + 1: 1,
        second - 9: 1,
        second: 2,
        len(whole): 3,
    }
    for cut, count in cuts.items():
        path.write_bytes(whole[:cut])
        with FlightRecords(path, TASKS, resume=True) as records:
            flown = dict(records.flown)
            assert flown == {index: flight(TASKS[index]) for index in range(count)}
            assert path.read_bytes() == whole[: (0, first, second, len(whole))[count]]
            for index in range(count, 3):
                flown[index] = flight(TASKS[index])
                records.add(flown[index])
            # As it stands before it is put into order, for whoever is killed a second time.
            assert path.read_bytes() == whole
            records.finish([flown[index] for index in range(3)])
        assert path.read_bytes() == whole


def test_what_power_loss_leaves_behind_the_last_line_is_dropped(tmp_path):
    path = tmp_path / "records.jsonl"
    first = write(path, count=1)
    path.write_bytes(first + b'{"model": "\xff' + bytes(64))
    with FlightRecords(path, TASKS, resume=True) as records:
        assert list(records.flown) == [0]
    assert path.read_bytes() == first


def test_an_existing_file_is_neither_overwritten_nor_changed(tmp_path):
    path = tmp_path / "records.jsonl"
    content = write(path, count=2) + b'{"model": "m'
    path.write_bytes(content)
    with pytest.raises(UserError, match="exists already and holds 2 flights. add --resume"):
        FlightRecords(path, TASKS)
    assert path.read_bytes() == content
    # A file that was made beforehand, as mktemp does, is as good as none.
    (tmp_path / "empty").touch()
    assert write(tmp_path / "empty", count=2) == write(tmp_path / "other", count=2)


def test_more_seeds_and_more_places_may_be_asked_for_later(tmp_path):
    path = tmp_path / "records.jsonl"
    write(path, TASKS[:2])
    more = [FlightTask(PILOT, load_scenario("forest"), FOG, 10), *TASKS]
    with FlightRecords(path, more, resume=True) as records:
        assert records.flown == {1: flight(TASKS[0]), 2: flight(TASKS[1])}


@pytest.mark.parametrize(
    ("tasks", "named"),
    [
        (
            [replace(task, pilot=replace(PILOT, fingerprint="b" * 64)) for task in TASKS],
            "aaaaaaaaaaaa.*bbbbbbbbbbbb",
        ),
        ([replace(task, pilot=replace(PILOT, label="other")) for task in TASKS], "model 'm'"),
        (
            [replace(task, pilot=replace(PILOT, reset_state=True)) for task in TASKS],
            "--reset-state False.*True",
        ),
        ([replace(task, scenario=load_scenario("forest")) for task in TASKS], "scenario 'field'"),
        ([replace(task, condition=load_condition("dusk")) for task in TASKS], "condition 'fog'"),
        (TASKS[1:], "seed '10'"),
        ([replace(task, frame_rate=15.0) for task in TASKS], "frame rate 30.0 .* 15.0"),
        ([replace(task, drop=0.1) for task in TASKS], "--drop none .* 0.1"),
        ([replace(task, jitter=0.1) for task in TASKS], "--jitter none .* 0.1"),
    ],
)
def test_flights_of_another_campaign_are_refused_in_one_line_and_kept(tmp_path, tasks, named):
    path = tmp_path / "records.jsonl"
    content = write(path)
    with pytest.raises(UserError, match=named) as caught:
        FlightRecords(path, tasks, resume=True)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("kind", "load", "place", "old", "new"),
    [
        ("scenario", load_scenario, "field", "distance: [12.0", "distance: [11.0"),
        ("condition", load_condition, "fog", "fog: 0.085", "fog: 0.08"),
    ],
)
def test_a_file_of_a_place_that_has_changed_since_is_another_place(
    tmp_path, kind, load, place, old, new
):
    mine = tmp_path / f"{place}.yaml"
    text = find(Path("config", f"{kind}s", f"{place}.yaml")).read_text()
    mine.write_text(text)

    def tasks():
        return [replace(task, **{kind: load(mine)}) for task in TASKS]

    path = tmp_path / "records.jsonl"
    with FlightRecords(path, tasks()) as records:
        records.add(flight(tasks()[0]))
    mine.write_text(f"# a remark\n{text}")
    with FlightRecords(path, tasks(), resume=True) as records:
        assert list(records.flown) == [0]
    assert old in text
    mine.write_text(text.replace(old, new))
    with pytest.raises(UserError, match=f"contents of the {kind} file"):
        FlightRecords(path, tasks(), resume=True)


def test_flights_of_another_renderer_or_of_other_versions_are_not_mixed(tmp_path, monkeypatch):
    path = tmp_path / "records.jsonl"
    write(path)
    monkeypatch.setenv("MUJOCO_GL", "osmesa")
    with pytest.raises(UserError, match="software liquid_nav .*mujoco.* has liquid_nav .*osmesa"):
        FlightRecords(path, TASKS, resume=True)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda lines: [*lines, lines[0]], "twice"),
        (lambda lines: [lines[0], "{half", *lines[1:]], "line 2"),
        (lambda lines: ["[1, 2]", *lines], "line 1"),
        (lambda lines: [json.dumps({"seed": 3})], "line 1"),
        (
            lambda lines: [line.replace('"model_sha256"', '"other"') for line in lines],
            "does not state",
        ),
    ],
)
def test_a_file_that_is_no_such_file_is_refused_and_kept(tmp_path, change, named):
    path = tmp_path / "records.jsonl"
    write(path)
    path.write_text("".join(line + "\n" for line in change(path.read_text().splitlines())))
    content = path.read_bytes()
    with pytest.raises(UserError, match=named):
        FlightRecords(path, TASKS, resume=True)
    assert path.read_bytes() == content


def test_two_campaigns_never_write_into_one_file(tmp_path):
    path = tmp_path / "records.jsonl"
    with FlightRecords(path, TASKS):
        with pytest.raises(UserError, match="another campaign is writing"):
            FlightRecords(path, TASKS, resume=True)
    with FlightRecords(path, TASKS, resume=True) as records:
        assert records.flown == {}


def test_a_campaign_that_ends_before_its_first_flight_leaves_no_empty_file(tmp_path):
    path = tmp_path / "records.jsonl"
    with pytest.raises(KeyboardInterrupt), FlightRecords(path, TASKS):
        raise KeyboardInterrupt
    assert not path.exists()


def test_a_full_disk_and_a_place_without_write_permission_are_named():
    with (
        pytest.raises(UserError, match="cannot write /dev/full: No space left"),
        FlightRecords(Path("/dev/full"), TASKS) as r,
    ):
        r.add(flight(TASKS[0]))
    with pytest.raises(UserError, match="cannot write /dev/null/r.jsonl"):
        FlightRecords(Path("/dev/null/r.jsonl"), TASKS)


def test_a_device_takes_lines_and_is_never_replaced(tmp_path):
    link = tmp_path / "link"
    link.symlink_to("/dev/null")
    with FlightRecords(link, TASKS) as records:
        records.add(flight(TASKS[0]))
        records.finish([flight(task) for task in TASKS])
    assert link.is_symlink() and link.is_char_device()
    with pytest.raises(UserError, match="no regular file"):
        FlightRecords(link, TASKS, resume=True)


def test_a_link_stays_a_link_and_its_file_keeps_its_permissions(tmp_path):
    path = tmp_path / "real" / "records.jsonl"
    path.parent.mkdir()
    path.touch(mode=0o640)
    link = tmp_path / "link.jsonl"
    link.symlink_to(path)
    write(link)
    assert link.is_symlink() and path.stat().st_mode & 0o777 == 0o640


def test_records_of_a_campaign_that_still_runs_can_be_compared(tmp_path):
    path = tmp_path / "records.jsonl"
    other = PilotSpec("/models/other", "other", fingerprint="c" * 64)
    write(path, [*TASKS, *(replace(task, pilot=other) for task in TASKS)])
    path.write_bytes(path.read_bytes()[:-30])
    (_, a), (_, b) = paired.read([path])
    assert (len(a), len(b)) == (3, 2)
