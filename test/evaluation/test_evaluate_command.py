import json
import shutil
from pathlib import Path

import pytest

from liquid_nav.cli import evaluate_campaign
from liquid_nav.cli.app import app
from liquid_nav.evaluation import SUMMARY_KEYS, campaign_log, entrants
from liquid_nav.evaluation.pilot_spec import PilotSpec
from liquid_nav.evaluation.progress import FlightProgress


def run(capsys, *arguments):
    """Return exit code, standard output and error of ``liquid-nav evaluate``."""
    with pytest.raises(SystemExit) as left:
        app(["evaluate", *map(str, arguments)], prog_name="liquid-nav")
    captured = capsys.readouterr()
    return left.value.code or 0, captured.out, captured.err


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model with random weights: it flies, if badly."""
    from liquid_nav.policy import Policy

    folder = tmp_path_factory.mktemp("models") / "random"
    Policy().save(folder)
    return folder


def test_a_campaign_prints_a_table_and_writes_the_documented_keys(capsys, tmp_path):
    rows, records = tmp_path / "rows.json", tmp_path / "records.jsonl"
    arguments = (
        "--model",
        "straight",
        "--scenario",
        "forest",
        "--scenario",
        "field",
        "--seeds",
        "10000:10002",
    )
    code, out, err = run(capsys, *arguments, "--workers", 2, "--json", rows, "--records", records)
    assert code == 0, err
    assert "95 % interval" in out
    assert "frames/s with 2 processes" in out
    data = json.loads(rows.read_text())
    assert [tuple(row) for row in data] == [SUMMARY_KEYS] * 2
    assert [(row["model"], row["scenario"], row["flights"]) for row in data] == [
        ("straight", "forest", 2),
        ("straight", "field", 2),
    ]
    flights = [json.loads(line) for line in records.read_text().splitlines()]
    assert [(flight["scenario"], flight["seed"]) for flight in flights] == [
        (scenario, seed) for scenario in ("forest", "field") for seed in (10000, 10001)
    ]
    # The same flights in another number of processes are the same to the last bit.
    run(capsys, *arguments, "--workers", 1, "--records", tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_text() == records.read_text()


def test_an_interrupted_campaign_goes_on_and_ends_as_if_nothing_had_happened(
    capsys, tmp_path, monkeypatch
):
    arguments = (
        "--model",
        "straight",
        "--scenario",
        "field",
        "--seeds",
        "10001:10005",
        "--workers",
        1,
    )

    def fly(name, *more):
        files = (tmp_path / f"{name}.json", tmp_path / f"{name}.jsonl")
        result = run(capsys, *arguments, "--json", files[0], "--records", files[1], *more)
        return *result, *files

    code, usual, err, usual_json, usual_records = fly("usual")
    assert code == 0, err
    with monkeypatch.context() as patch:
        # Ctrl-C as soon as the second flight is written.
        add = FlightProgress.add

        def interrupt(self, flight):
            add(self, flight)
            if self.flights == 2:
                raise KeyboardInterrupt

        patch.setattr(FlightProgress, "add", interrupt)
        code, out, err, rows, records = fly("broken")
    assert (code, out) == (130, "")
    assert f"2 of 4 flights are in {records}: the same command with --resume goes on there" in err
    assert "Traceback" not in err and not rows.exists()
    held = [json.loads(line) for line in records.read_text().splitlines()]
    assert [one["seed"] for one in held] == [10001, 10002]

    # Without --resume nothing is lost.
    code, _, err, *_ = fly("broken")
    assert code == 2 and "--resume" in err and len(records.read_text().splitlines()) == 2

    # Kill it for good, in the middle of the second line.
    records.write_bytes(records.read_bytes()[:-40])
    code, out, err, *_ = fly("broken", "--resume")
    assert code == 0, err
    assert (rows.read_bytes(), records.read_bytes()) == (
        usual_json.read_bytes(),
        usual_records.read_bytes(),
    )
    assert "1 of 4 flights were in" in out
    # The flights that this run has flown, and no other, were measured.
    missing = [json.loads(line)["frames"] for line in records.read_text().splitlines()][1:]
    assert f"{sum(missing):,} frames" in out
    assert out.splitlines()[:4] == usual.splitlines()[:4]

    # Nothing is flown where nothing is missing.
    rows.unlink()
    code, out, err, *_ = fly("broken", "--resume")
    assert code == 0 and "4 of 4 flights were in" in out and "frames/s" not in out
    assert rows.read_bytes() == usual_json.read_bytes()


def test_a_campaign_of_which_nothing_is_kept_reports_it(capsys, monkeypatch):
    monkeypatch.setattr(
        FlightProgress, "add", lambda self, flight: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    code, _, err = run(
        capsys,
        "--model",
        "straight",
        "--scenario",
        "field",
        "--seeds",
        "10001:10003",
        "--workers",
        1,
    )
    assert code == 130
    assert "1 of 2 flights were flown and none is kept: with --records FILE each would be" in err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--model", "missing"), "missing"),
        (("--model", "straight", "--scenario", "swamp"), "swamp"),
        (("--model", "straight", "--condition", "hail"), "hail"),
        (("--model", "straight", "--seeds", "9:3"), "9:3"),
        (("--model", "straight", "--reset-state"), "no state"),
        (("--model", "straight", "--model", "straight"), "twice"),
        (("--model", "straight", "--json", "/dev/null/rows.json"), "/dev/null/rows.json"),
        (("--model", "straight", "--workers", "0"), "--workers"),
        (("--model", "straight", "--drop", "1.2"), "--drop"),
        (("--model", "straight", "--jitter", "0.6"), "--jitter"),
        (("--model", "straight", "--resume"), "--records"),
        (
            ("--model", "straight", "--records", "/dev/null/records.jsonl"),
            "/dev/null/records.jsonl",
        ),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(capsys, arguments, named):
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ") and err.count("\n") == 1
    assert named in err


def test_a_tampered_model_is_one_line(capsys, model, tmp_path):
    import shutil

    copy = tmp_path / "tampered"
    shutil.copytree(model, copy)
    weights = bytearray((copy / "weights.safetensors").read_bytes())
    weights[-1] ^= 1
    (copy / "weights.safetensors").write_bytes(weights)
    code, _, err = run(capsys, "--model", copy)
    assert code == 2
    assert err.count("\n") == 1
    assert "sha256" in err.lower() or "does not match" in err


def test_a_model_is_known_by_its_folder_and_its_weights(model):
    spec = entrants.resolve_pilot(str(model))
    assert (spec.label, spec.reset_state) == ("random", False)
    assert len(spec.fingerprint) == 64
    assert entrants.resolve_pilot(str(model), reset_state=True).label == "random (state zeroed)"
    assert entrants.resolve_pilot(f"{model}/") == spec


def test_frames_that_are_missing_show_in_the_name_and_in_the_flight(capsys, model, tmp_path):
    marks = entrants.frame_marks(0.3, 0.5)
    assert (
        entrants.resolve_pilot(str(model), True, marks).label
        == "random (state zeroed, 30 % dropped, 50 % jitter)"
    )
    assert entrants.frame_marks(None, 0.0) == () and entrants.frame_marks(0.0, 0.0) == (
        "0 % dropped",
    )
    records = []
    for extra in ((), ("--drop", 0.3, "--jitter", 0.5)):
        path = tmp_path / f"{len(extra)}.jsonl"
        run(
            capsys,
            "--model",
            "straight",
            "--scenario",
            "field",
            "--seeds",
            10001,
            *extra,
            "--records",
            path,
        )
        records.append(json.loads(path.read_text()))
    usual, faulty = records
    assert (
        faulty["model"] == "straight (30 % dropped, 50 % jitter)"
        and faulty["condition"] == "summer"
    )
    assert 0.6 < (faulty["frames"] / faulty["time"]) / (usual["frames"] / usual["time"]) < 0.8


def test_a_pilot_is_built_as_asked(model):
    pilot = entrants.build_pilot(entrants.resolve_pilot(str(model), reset_state=True))
    assert (pilot.name, pilot.memoryless) == ("random (state zeroed)", True)
    assert [entrants.build_pilot(PilotSpec(name, name)).name for name in entrants.PILOTS] == list(
        entrants.PILOTS
    )


def test_two_files_of_one_name_are_refused(tmp_path, capsys):
    import shutil

    from liquid_nav.resources import find

    shutil.copy(find(Path("config", "scenarios", "forest.yaml")), tmp_path / "forest.yaml")
    arguments = (
        "--model",
        "straight",
        "--scenario",
        "forest",
        "--scenario",
        tmp_path / "forest.yaml",
    )
    code, _, err = run(capsys, *arguments)
    assert code == 2
    assert "'forest' is given twice" in err


@pytest.mark.slow
def test_a_model_on_reported_seeds_is_logged_beside_it(capsys, model):
    code, out, err = run(
        capsys, "--model", model, "--scenario", "field", "--seeds", 20000, "--workers", 1
    )
    assert code == 0, err
    assert "complete frames" in out
    (line,) = (model / campaign_log.CAMPAIGN_LOG_NAME).read_text().splitlines()
    assert json.loads(line)["complete"] is True and json.loads(line)["frame_rate"] == 30.0


def test_a_log_that_cannot_be_written_is_one_line_before_the_flights(
    capsys, model, monkeypatch, tmp_path
):
    """A campaign of hours was lost where the model's folder was not writable."""
    monkeypatch.setattr(evaluate_campaign, "_pool", lambda *_: pytest.fail("it flew"))
    model = shutil.copytree(model, tmp_path / "model")
    (model / campaign_log.CAMPAIGN_LOG_NAME).unlink(missing_ok=True)
    (model / campaign_log.CAMPAIGN_LOG_NAME).mkdir()
    code, _, err = run(
        capsys, "--model", model, "--scenario", "field", "--seeds", 20000, "--workers", 1
    )
    assert code == 2 and err.count("\n") == 1
    assert campaign_log.CAMPAIGN_LOG_NAME in err and "copy it to a folder" in err
    with pytest.raises(pytest.fail.Exception, match="it flew"):
        run(capsys, "--model", model, "--scenario", "field", "--seeds", 10000, "--workers", 1)
