import dataclasses
import json
from datetime import datetime, timezone

import pytest
from rich.console import Console

from liquid_nav.errors import UserError
from liquid_nav.evaluation import (
    FlightSummary,
    PilotSpec,
    campaign_log,
    summarize_flights,
    table,
    throughput,
)
from liquid_nav.evaluation.software import describe_software


def flight(seed, reason="success", model="m", timings=None):
    success = reason == "success"
    return FlightSummary(
        model, "forest", "fog", seed, success, reason, "x", 10.0, 1.5, 300, "d", timings or {}
    )


FLIGHTS = [*(flight(seed) for seed in range(8)), flight(8, "lost"), flight(9, "collision")]
ROWS = summarize_flights(FLIGHTS)


def test_the_table_states_how_flights_failed():
    console = Console(width=120, record=True, file=open("/dev/null", "w"))
    console.print(table.build_summary_table(ROWS))
    text = console.export_text()
    assert all(
        part in text
        for part in ("forest", "80.0 %", "49.0 - 94.3", "10.0 s", "1 collision, 1 lost")
    )


def test_rows_are_written_and_read(tmp_path):
    table.write_rows(tmp_path / "new" / "rows.json", ROWS)
    assert json.loads((tmp_path / "new" / "rows.json").read_text()) == ROWS


def test_a_place_that_cannot_be_written_is_found_before_the_flights(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot write"):
        table.check_writable(tmp_path / "file" / "rows.json")
    table.check_writable(tmp_path / "rows.json")
    assert not (tmp_path / "rows.json").exists()


def test_throughput_keeps_what_no_part_accounts_for():
    parts = {"render": 3.0, "physics": 1.0, "total": 5.0}
    speed = throughput.measure_throughput(
        [flight(0, timings=parts), flight(1, timings=parts)], wall=2.0, workers=2
    )
    assert speed.frames_per_second == 300.0
    assert speed.shares == pytest.approx({"render": 0.6, "physics": 0.2, "other": 0.2})
    assert "600 complete frames" in speed.describe()


def test_frames_without_an_image_are_not_called_complete():
    timings = {"render": 0.0, "physics": 1.0, "total": 1.0}
    text = throughput.measure_throughput(
        [flight(0, timings=timings)], wall=1.0, workers=1
    ).describe()
    assert "complete" not in text
    assert "300 of them without an image" in text


@pytest.mark.parametrize(
    ("workers", "text"),
    [(1, "with 1 process"), (3, "with 3 processes"), (None, "with the processes of a cluster")],
)
def test_the_processes_that_flew_are_named(workers, text):
    """Those of a Dask cluster are not as many as the cores of this machine."""
    line = throughput.measure_throughput([flight(0)], wall=1.0, workers=workers).describe()
    assert line.endswith(text)


def test_campaigns_on_reported_seeds_leave_a_line_beside_the_model(tmp_path):
    model = PilotSpec(str(tmp_path), "m", fingerprint="abc")
    assert campaign_log.belongs_in_campaign_log(model, range(19_990, 20_001))
    assert not campaign_log.belongs_in_campaign_log(model, range(10_000, 20_000))
    assert not campaign_log.belongs_in_campaign_log(
        PilotSpec("colour", "colour"), range(20_000, 20_001)
    )
    date = datetime(2026, 11, 26, 1, 2, 3, tzinfo=timezone.utc)
    flights = [*FLIGHTS, dataclasses.replace(flight(1, "timeout"), condition="dusk")]
    campaign_log.append_to_campaign_log(
        model, range(12), {"fog": 10.0, "dusk": 30.0}, flights, True, date
    )
    path = campaign_log.append_to_campaign_log(
        model, range(8, 10), {"fog": 10.0}, FLIGHTS[8:], False, date
    )
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(lines) == 3
    fog = lines[0]
    dusk = lines[1]
    rest = lines[2]
    assert (fog["seeds"], fog["complete"], rest["complete"]) == ("0:12", True, False)
    assert fog["software"] == describe_software() and "numpy" in fog["software"]
    assert fog["successes"] == 8 and fog["date"] == "2026-11-26T01:02:03+00:00"
    assert (fog["frame_rate"], dusk["frame_rate"], fog["model_sha256"]) == (10.0, 30.0, "abc")
    assert (fog["outcomes"], dusk["outcomes"], rest["outcomes"]) == (
        "sssssssslc--",
        "-t----------",
        "lc",
    )
    assert campaign_log.read_outcomes(fog) == dict(enumerate("sssssssslc"))
    assert campaign_log.read_outcomes(dusk) == {1: "t"}
    assert campaign_log.read_outcomes({"seeds": "0:12", "successes": 8}) == {}


def test_a_log_is_pooled_flight_by_flight(tmp_path):
    """Other weights, other frame rates and lines without letters are left out; what was flown again
    counts once.
    """
    model = PilotSpec(str(tmp_path), "m", fingerprint="new")
    old = PilotSpec(str(tmp_path), "m", fingerprint="old")
    date = datetime(2026, 11, 26, tzinfo=timezone.utc)
    again = [flight(8), flight(9, "timeout"), flight(12)]
    campaign_log.append_to_campaign_log(old, range(10), {"fog": 30.0}, FLIGHTS, True, date)
    campaign_log.append_to_campaign_log(model, range(10), {"fog": 30.0}, FLIGHTS, True, date)
    slower = [flight(seed, "lost") for seed in range(10)]
    campaign_log.append_to_campaign_log(model, range(10), {"fog": 10.0}, slower, True, date)
    path = campaign_log.append_to_campaign_log(
        model, range(8, 13), {"fog": 30.0}, again, False, date
    )
    with path.open("a") as log:
        log.write(json.dumps({"model_sha256": "new", "condition": "fog"}) + "\n")
    rows = campaign_log.pool_campaign_log(path)
    assert len(rows) == 1
    found = rows[0]
    counts = [found[key] for key in ("flights", "successes", "timeouts", "collisions", "lost")]
    assert counts == [11, 10, 1, 0, 0]
    assert (
        found["success_rate"] == pytest.approx(10 / 11)
        and found["ci_low"] < 10 / 11 < found["ci_high"]
    )
    assert found["mean_time_s"] == pytest.approx(10.0)
    assert found["seeds"] == "0:10, 12"


def test_a_condition_that_has_a_rate_of_its_own_is_flown_at_it():
    """And one of a person's own file, which is not there any more, at the usual one."""
    for condition, rates in (
        ("slow_camera", {10.0: None, 30.0: 30.0}),
        ("mine", {10.0: 10.0, 30.0: None}),
    ):
        lines = {rate: {"condition": condition, "frame_rate": rate} for rate in rates}
        assert {rate: campaign_log.other_rate(line) for rate, line in lines.items()} == rates


@pytest.mark.parametrize("text", ["no log", '{"model_sha256": "a"}', "[1]"])
def test_what_is_no_log_is_named(tmp_path, text):
    path = tmp_path / "campaigns.jsonl"
    for whole in ('{"model_sha256": "a", "outcomes": "s", "frame_rate": 30}\n' + text, ""):
        path.write_text(whole)
        with pytest.raises(UserError, match="campaigns.jsonl"):
            campaign_log.pool_campaign_log(path)
