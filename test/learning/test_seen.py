"""What an encoder reports of a picture, drawn over it."""

import math

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from liquid_nav.errors import UserError
from liquid_nav.learning import seen
from liquid_nav.learning.auxiliary import HEIGHT, NAMES, SCAN
from liquid_nav.learning.seen import (
    Seen,
    draw,
    load_head,
    look,
    main,
    read_picture,
    save_head,
    sheet,
)
from liquid_nav.policy import Policy

FREE = np.full(21, 9.0, np.float32)


def head_with_output(features, **values):
    """A head whose answer does not depend on the picture."""
    head = nn.Linear(features, len(NAMES))
    with torch.no_grad():
        head.weight.zero_()
        head.bias.zero_()
        for name, value in values.items():
            head.bias[{"left": 0, "near": 1, "visible": 2, "height": HEIGHT}[name]] = value
        head.bias[SCAN] = 0.25
    return head


def test_numbers_are_turned_back_into_metres_and_angles(tiny):
    policy = Policy(tiny).eval()
    head = head_with_output(
        policy.config.encoder.features, left=0.5, near=0.25, visible=2.0, height=-0.4
    )
    view = look(policy, head, np.zeros((90, 160, 3), np.uint8))
    assert (view.bearing, view.distance) == pytest.approx((math.radians(30.0), 9.0))
    assert view.visible == pytest.approx(0.8808, abs=1e-4) and view.height == pytest.approx(-0.2)
    np.testing.assert_allclose(view.free, FREE, rtol=1e-5)


def test_a_target_to_the_left_is_drawn_to_the_left_and_the_surer_the_brighter():
    black = np.zeros((144, 256, 3), np.uint8)
    columns = []
    for bearing, visible in ((0.3, 1.0), (0.0, 0.5), (-0.3, 0.0)):
        picture = draw(black, Seen(bearing, 5.0, visible, FREE, 0.0))
        rows = picture[:144, :, 0].astype(int)
        columns.append((int(rows.sum(axis=0).argmax()), int(rows.max())))
    assert [column for column, _ in columns] == sorted(column for column, _ in columns)
    assert columns[1][0] == 128
    assert columns[0][1] > columns[1][1] > columns[2][1] > 0


def test_near_things_have_tall_bars_on_their_side():
    free = FREE.copy()
    free[:5] = 0.2
    picture = draw(np.zeros((144, 256, 3), np.uint8), Seen(0.0, 5.0, 0.0, free, 0.0))
    bars = (picture[144:188] == (230, 120, 40)).all(axis=2).sum(axis=0)
    assert bars[:60].max() > 2.0 * bars[140:].max() > 0


def test_a_head_survives_its_folder_and_a_folder_without_one_is_named(tmp_path):
    head = head_with_output(8, left=0.5)
    save_head(head, tmp_path)
    again = load_head(tmp_path)
    assert torch.equal(again.weight, head.weight) and torch.equal(again.bias, head.bias)
    (tmp_path / seen.HEAD).write_bytes(b"nothing")
    for folder in (tmp_path, tmp_path / "elsewhere"):
        with pytest.raises(UserError, match="has no auxiliary.safetensors that fits"):
            load_head(folder)
    save_head(nn.Linear(8, 5), tmp_path)
    with pytest.raises(UserError, match="that fits"):
        load_head(tmp_path)


@pytest.mark.parametrize(
    ("size", "kept"), [((400, 400), (225, 400)), ((100, 400), (100, 177)), ((90, 160), (90, 160))]
)
def test_the_middle_of_a_picture_is_taken_at_the_cameras_shape(tmp_path, size, kept):
    pixels = np.zeros((*size, 3), np.uint8)
    pixels[size[0] // 2, size[1] // 2] = (0, 0, 255)
    cv2.imwrite(str(tmp_path / "a.png"), pixels)
    found = read_picture(tmp_path / "a.png")
    assert found.shape[:2] == kept
    (row,), (column,) = np.nonzero(found[..., 0])
    assert abs(row - kept[0] // 2) <= 1 and abs(column - kept[1] // 2) <= 1


@pytest.mark.parametrize("size", [(1, 1), (400, 1)])
def test_a_picture_too_small_for_that_shape_is_named(tmp_path, size):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((*size, 3), np.uint8))
    with pytest.raises(UserError, match=f"{size[1]} x {size[0]} pixels"):
        read_picture(tmp_path / "a.png")


def test_pictures_stand_in_rows(tmp_path):
    tiles = [np.full((4, 6, 3), k, np.uint8) for k in range(1, 6)]
    whole = sheet(tiles)
    assert whole.shape == (8, 24, 3)
    assert [int(whole[0, 6 * k, 0]) for k in range(4)] == [1, 2, 3, 4] and int(whole[4, 0, 0]) == 5
    assert int(whole[4, 6, 0]) == 20
    assert sheet(tiles[:2]).shape == (4, 12, 3)


def test_the_command_writes_a_sheet_and_names_what_is_no_picture(tiny, tmp_path, capsys):
    policy = Policy(tiny)
    policy.save(tmp_path / "model", {})
    save_head(head_with_output(policy.config.encoder.features), tmp_path / "model")
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((90, 160, 3), np.uint8))
    (tmp_path / "b.png").write_text("no picture")

    def run(*pictures, model="model", out="sheet.png"):
        arguments = [*(str(tmp_path / name) for name in pictures), "--model", str(tmp_path / model)]
        return main([*arguments, "--out", str(tmp_path / out)])

    assert run("a.png", "a.png") == 0
    assert cv2.imread(str(tmp_path / "sheet.png")).shape == (204, 512, 3)
    for wrong, arguments in (
        ({"pictures": ["b.png"]}, "cannot read a picture from"),
        ({"pictures": ["a.png"], "model": "none"}, "no model at"),
        ({"pictures": ["a.png"], "out": "sheet.unknown"}, "cannot write"),
    ):
        assert run(*wrong.pop("pictures"), **wrong) == 2
        error = capsys.readouterr().err
        assert arguments in error and error.count("\n") == 1
