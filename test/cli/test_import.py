"""``liquid-nav import`` and ``train``: what their options and files must not hold is one line."""

import cv2
import numpy as np
import pytest

from liquid_nav.cli import import_stills
from liquid_nav.cli.app import app
from liquid_nav.errors import UserError


def run(*arguments):
    with pytest.raises(SystemExit) as end:
        app([*map(str, arguments)], prog_name="liquid-nav")
    return end.value.code


@pytest.mark.parametrize("size", ["160", "160x", "x90", "4x90", "9999x90", "1.5x9", "²00x90"])
def test_a_size_that_is_none_is_one_line(tmp_path, capsys, size):
    assert run("import", "flights", tmp_path, "--out", tmp_path / "data", "--size", size) == 2
    assert f"size is '{size}'" in capsys.readouterr().err


@pytest.mark.parametrize("workers", ["0", "-1"])
def test_a_training_flies_in_one_process_at_least(tmp_path, capsys, workers):
    assert run("train", "--workers", workers, "--out", tmp_path / "run") == 2
    assert "--workers" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "text",
    [
        b"file,x,y\na.png,3\n",
        b"file,x,y\na.png,3,left\n",
        b"file,x,y\na.png,nan,4\n",
        b"file,x,y\na.png,3,inf\n",
        b"\xff\xfea.png,3,4\n",
    ],
)
def test_a_target_that_is_none_is_one_line(tmp_path, capsys, text):
    """One that is not a number gave flights whose labels are none, silently."""
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((90, 160, 3), np.uint8))
    (tmp_path / "targets.csv").write_bytes(text)
    out = tmp_path / "data"
    code = run(
        "import", "stills", tmp_path / "a.png", "--targets", tmp_path / "targets.csv", "--out", out
    )
    error = capsys.readouterr().err
    assert code == 2 and "targets.csv" in error and error.count("\n") == 1
    assert not out.exists()


def test_targets_may_have_a_header_and_empty_lines(tmp_path):
    path = tmp_path / "targets.csv"
    path.write_text("file,x,y\n\na.png, 3, 4.5\nb.png,1,2,a remark\n\n")
    assert import_stills._targets(path) == {"a.png": (3.0, 4.5), "b.png": (1.0, 2.0)}
    path.write_text("a.png,3,4\nfile,x,y\n")
    with pytest.raises(UserError, match="line 2 is no target"):
        import_stills._targets(path)


def test_pictures_without_a_target_are_named(tmp_path, capsys):
    """A misspelt name gave flights to the middle of the picture, silently."""
    picture = np.random.default_rng(0).integers(0, 255, (360, 640, 3), np.uint8)
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(tmp_path / name), picture)
    (tmp_path / "targets.csv").write_text("a.png,320,180\nB.png,320,180\n")
    arguments = ["import", "stills", tmp_path, "--out", tmp_path / "data", "--flights", "1"]
    assert run(*arguments, "--targets", tmp_path / "targets.csv", "--size", "32x18") == 0
    assert "no target for 1 of 2 pictures, e.g. b.png" in capsys.readouterr().err
    assert run(*arguments, "--size", "32x18") == 0
    assert "no target" not in capsys.readouterr().err
