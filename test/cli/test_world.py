"""``liquid-nav world`` as a command: files for Gazebo and MuJoCo, and what it prints for wrong
options.
"""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from liquid_nav.cli.app import app


def run(*arguments):
    with pytest.raises(SystemExit) as end:
        app([*arguments], prog_name="liquid-nav")
    return end.value.code


def test_an_sdf_world_lies_beside_its_files(tmp_path, capsys):
    out = tmp_path / "field.sdf"
    assert (
        run(
            "world",
            "field",
            "--seed",
            "3",
            "--format",
            "sdf",
            "--out",
            str(out),
            "--engine",
            "ogre",
        )
        == 0
    )
    root = ElementTree.parse(out).getroot()
    assert root.get("version") == "1.9" and root.find("world").get("name") == "field_3"
    assert [element.text for element in root.iter("render_engine")] == ["ogre"]
    named = {element.text for kind in ("uri", "albedo_map") for element in root.iter(kind)}
    assert named and all((tmp_path / name).stat().st_size > 50 for name in named)
    assert "target" in capsys.readouterr().out


def test_what_an_sdf_world_cannot_show_of_a_condition_is_one_line(tmp_path, capsys):
    for condition, expected in (
        (
            "pseudo/inverted",
            "warning: condition pseudo/inverted: 'appearance.palette' cannot be simulated in an "
            "SDF file; written without it\n",
        ),
        ("winter", ""),
    ):
        out = tmp_path / f"{Path(condition).name}.sdf"
        options = ("--condition", condition, "--format", "sdf", "--out", str(out))
        assert run("world", "field", *options) == 0
        assert capsys.readouterr().err == expected
        assert ElementTree.parse(out).getroot().find("world") is not None


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (["--out", "x.sdf"], "--out needs --format"),
        (["--format", "sdf", "--seed", "1", "--seed", "2"], "one seed"),
        (["desert", "--format", "sdf"], "unknown scenario"),
        (["--format", "obj"], "obj"),
    ],
)
def test_wrong_options_are_one_line(arguments, cause, capsys):
    assert run("world", *arguments) == 2
    error = capsys.readouterr().err
    assert cause in error and error.count("\n") == 1


def test_a_place_that_cannot_be_written_is_one_line(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert run("world", "field", "--format", "sdf", "--out", str(tmp_path / "file" / "x.sdf")) == 2
    assert "cannot write" in capsys.readouterr().err
