"""``liquid-nav report``: a record without a frame, and a folder whose name looks like markup."""

import json

import numpy as np
import pytest

from liquid_nav.cli.app import app
from liquid_nav.simulation import DroneState, FlightOutcome, RecordBuilder
from liquid_nav.types import Command
from liquid_nav.worlds import generate_layout, load_scenario


@pytest.fixture
def leave_record(tmp_path):
    """Return a function that leaves the record of a flight of some frames in a new folder."""

    def leave(name, frames):
        builder = RecordBuilder(generate_layout(load_scenario("field"), 3))
        still = np.zeros(3)
        for frame in range(frames):
            position = np.array((frame / 20, 0.0, 1.5))
            level = np.array((1.0, 0.0, 0.0, 0.0))
            state = DroneState(frame / 10, position, level, still, still, still)
            builder.add(state, Command(vx=0.5))
        outcome = FlightOutcome("interrupted", "ended [by a person]", frames / 10)
        record = builder.finish(outcome, 3, "summer", "default", 10.0, 0.0)
        folder = tmp_path / name
        folder.mkdir()
        (folder / "record.json").write_text(json.dumps(record.to_dict()))
        return folder

    return leave


def report(capsys, folder):
    with pytest.raises(SystemExit) as end:
        app(["report", str(folder)], prog_name="liquid-nav")
    return end.value.code or 0, *capsys.readouterr()


def test_a_record_without_a_frame_is_one_line(leave_record, capsys):
    code, _, error = report(capsys, leave_record("today", 0))
    assert code == 2 and "holds no frame of the flight" in error and error.count("\n") == 1


def test_paths_and_outcomes_are_printed_as_they_are(leave_record, capsys):
    folder = leave_record("[today]", 5)
    code, output, error = report(capsys, folder)
    assert code == 0, error
    assert f"see {folder / 'report.html'}" in output
    assert "ended [by a person]" in output
