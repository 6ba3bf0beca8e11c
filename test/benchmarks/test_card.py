"""The rows of a model's card and of the README, from files and from the log of its campaigns."""

import dataclasses
import json
from datetime import datetime, timezone

import pytest

from liquid_nav.errors import UserError
from liquid_nav.evaluation import FlightSummary, PilotSpec, campaign_log, summarize_flights, table
from liquid_nav_benchmarks import card


def flight(seed, reason="success"):
    return FlightSummary(
        "m", "forest", "fog", seed, reason == "success", reason, "x", 10.0, 1.5, 300, "d", {}
    )


FLIGHTS = [*(flight(seed) for seed in range(8)), flight(8, "lost"), flight(9, "collision")]
ROWS = summarize_flights(FLIGHTS)


def test_the_card_keeps_old_rows_and_replaces_those_measured_again(tmp_path):
    (tmp_path / "card.json").write_text(json.dumps({"sha256": "abc"}))
    card.update_card(tmp_path, ROWS, "10000:10010")
    again = [{**ROWS[0], "successes": 9}, {**ROWS[0], "condition": "dusk"}]
    rows = card.update_card(tmp_path, again, "20000:20200")
    saved = json.loads((tmp_path / "card.json").read_text())
    assert saved["sha256"] == "abc"
    assert saved["evaluation"] == rows
    assert [(row["condition"], row["successes"], row["seeds"]) for row in rows] == [
        ("fog", 9, "20000:20200"),
        ("dusk", 8, "20000:20200"),
    ]


def test_the_readme_gets_the_table_between_its_markers(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{card.BEGIN}\nold\n{card.END}\nafter\n")
    for _ in range(2):
        card.update_readme(readme, card.markdown_table(ROWS))
    text = readme.read_text()
    assert text.startswith("before\n") and text.endswith("after\n")
    assert "old" not in text
    assert "| m | forest | fog | 10 | 80.0 % | 49.0 - 94.3 | 10.0 s | 1 collision, 1 lost |" in text


def test_a_readme_without_markers_and_a_folder_without_a_card_are_named(tmp_path):
    (tmp_path / "README.md").write_text("nothing")
    with pytest.raises(UserError, match="0 blocks"):
        card.update_readme(tmp_path / "README.md", card.markdown_table(ROWS))
    with pytest.raises(UserError, match="card.json"):
        card.update_card(tmp_path, ROWS, "1")


def test_the_card_command_merges_files(tmp_path, capsys):
    (tmp_path / "card.json").write_text("{}")
    (tmp_path / "README.md").write_text(f"{card.BEGIN}{card.END}")
    table.write_rows(tmp_path / "rows.json", ROWS)
    arguments = [
        tmp_path,
        tmp_path / "rows.json",
        "--seeds",
        "0:10",
        "--readme",
        tmp_path / "README.md",
    ]
    card.main([str(argument) for argument in arguments])
    assert "80.0 %" in (tmp_path / "README.md").read_text()
    rows = str(tmp_path / "rows.json")
    for text, expected in (
        (["none"], "none/card.json"),
        ([".", rows], "--seeds is required"),
        ([".", rows, "--seeds", "1", "--log"], "either --log or files"),
        ([".", "--log", "--beside", "b"], "--beside needs"),
        ([".", "--readme", "r", "--beside", "b"], "--beside needs"),
    ):
        with pytest.raises(SystemExit) as left:
            card.main([str(tmp_path / text[0]), *text[1:]])
        assert left.value.code == 2 and expected in capsys.readouterr().err


def test_two_models_stand_beside_each_other_and_the_card_keeps_the_rows_of_its_log(tmp_path):
    date = datetime(2026, 11, 26, tzinfo=timezone.utc)
    for name, condition, flights in (
        ("a", "fog", FLIGHTS),
        ("a", "dusk", FLIGHTS[:4]),
        ("b", "fog", FLIGHTS[4:]),
    ):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "card.json").write_text("{}")
        flown = [dataclasses.replace(one, model=name, condition=condition) for one in flights]
        pilot = PilotSpec(str(tmp_path / name), name, fingerprint=name)
        campaign_log.append_to_campaign_log(pilot, range(10), {condition: 30.0}, flown, True, date)
    (tmp_path / "README.md").write_text(f"{card.BEGIN}{card.END}")
    arguments = [
        tmp_path / "a",
        "--log",
        "--readme",
        tmp_path / "README.md",
        "--beside",
        tmp_path / "b",
    ]
    card.main([str(argument) for argument in arguments])
    lines = (tmp_path / "README.md").read_text().splitlines()
    assert lines[1:] == [
        "| condition | `a` in forest | `b` in forest |",
        "|---|---:|---:|",
        "| fog | 80 % of 10 | 67 % of 6 |",
        "| dusk | 100 % of 4 | - |",
        card.END,
    ]
    kept = json.loads((tmp_path / "a" / "card.json").read_text())["evaluation"]
    rows = [(row["condition"], row["flights"], row["seeds"]) for row in kept]
    assert rows == [("fog", 10, "0:10"), ("dusk", 4, "0:4")]
