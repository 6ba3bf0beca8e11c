"""The parts of the nodes, one by one, at their limits: JSON, secrets, blindness, the frame guard,
subscriptions.
"""

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest

from liquid_nav.camera.blindness import COARSE_LIMIT, FINE_LIMIT, Sight, look
from liquid_nav.camera.frame_guard import FrameAction, FrameGuard, Verdict
from liquid_nav.credentials import PASSPHRASE_VARIABLE, expand, read_passphrase
from liquid_nav.errors import UserError
from liquid_nav.json_text import DEEPEST, LIMIT, read_json
from liquid_nav.nodes.diagnostics import ERROR, OK, Diagnostics
from liquid_nav.nodes.qos import reliable_qos
from liquid_nav.nodes.running import Finished
from liquid_nav.nodes.subscribing import LONGEST, one_line, subscribe

MS = 1_000_000
SECOND = 1000 * MS

# JSON


def nested(opening, closing, depth):
    """An object with that many levels of objects or lists in it, itself among them."""
    return '{"a":' + opening * (depth - 1) + "1" + closing * (depth - 1) + "}"


LISTS, OBJECTS = ("[", "]"), ('{"a":', "}")


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ('{"a": 1, "b": [2.5, null, "\\u2603"]}', {"a": 1, "b": [2.5, None, "\u2603"]}),
        (b'{"a": "\xe2\x98\x83"}', {"a": "\u2603"}),
        (bytearray(b'{"a": true}'), {"a": True}),
        ("{}", {}),
    ],
    ids=range(4),
)
def test_an_object_is_read_from_text_and_bytes(text, facts):
    assert read_json(text) == facts


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "3",
        '"text"',
        "{} {}",
        "{'a': 1}",
        "{\x00}",
        None,
        3,
        b'{"a": "\xff"}',
        '{"a": 1}'.encode("utf-16"),
        '{"a": "\\ud800"}',
        '{"\\udfff": 1}',
        '{"b": [{"a": "\\ud800"}]}',
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": -Infinity}',
        '{"a": 1e999}',
        '{"a": -1e999}',
        '{"a": ' + "9" * 20000 + "}",
        '{"a": -' + "9" * 400 + "}",
        nested(*LISTS, 20000),
    ],
    ids=range(24),
)
def test_anything_but_a_plain_object_with_usable_numbers_is_none(text):
    assert read_json(text) is None


@pytest.mark.parametrize("kind", [LISTS, OBJECTS], ids=["lists", "objects"])
@pytest.mark.parametrize(
    ("depth", "usable"), [(DEEPEST - 1, True), (DEEPEST, True), (DEEPEST + 1, False)]
)
def test_levels_are_read_up_to_the_deepest(kind, depth, usable):
    assert (read_json(nested(*kind, depth)) is not None) is usable


def test_the_deepest_level_counts_wherever_it_is():
    """A flat neighbour before or after it hides nothing."""
    deep = "[" * DEEPEST + "]" * DEEPEST
    assert read_json(f'{{"a": [], "b": {deep}, "c": {{}}, "d": "x"}}') is None


@pytest.mark.parametrize("kind", [str, str.encode], ids=["text", "bytes"])
def test_a_text_is_read_up_to_its_limit_and_not_a_character_more(kind):
    def text(length):
        return kind(json.dumps({"a": "x" * (length - 9)}))

    assert len(text(100)) == 100
    for limit, usable in ((99, False), (100, True), (101, True)):
        assert (read_json(text(100), limit) is not None) is usable
    assert read_json(text(LIMIT)) is not None and read_json(text(LIMIT + 1)) is None


# Secrets: the remedy is given with what is wrong.


@pytest.mark.parametrize(
    ("content", "mode", "sentence"),
    [
        (
            b"",
            0o600,
            "the file {} holds no signing passphrase: it is empty. write one into it, or leave it "
            "out to fly without signatures",
        ),
        (
            b"a\nb",
            0o600,
            "the file {} holds more than one line, so which one is the signing passphrase? leave "
            "the "
            "passphrase alone in it",
        ),
        (
            b"\xff",
            0o600,
            "the signing passphrase in {} is not UTF-8 text. write the passphrase into it with an "
            "editor",
        ),
        (
            b"a",
            0o644,
            "the signing passphrase in {0} is open to other users (mode 0644). chmod 600 {0}, and "
            "choose a new "
            "passphrase if they may have read it",
        ),
        (
            None,
            0o600,
            "cannot read the signing passphrase from {}: No such file or directory. set "
            "signing_passphrase_file "
            "to a file that this user may read",
        ),
    ],
    ids=["empty", "lines", "bytes", "mode", "missing"],
)
def test_a_file_that_is_refused_is_named_with_the_remedy(tmp_path, content, mode, sentence):
    path = tmp_path / "passphrase"
    if content is not None:
        path.write_bytes(content)
        path.chmod(mode)
    with pytest.raises(UserError) as caught:
        read_passphrase(str(path), {})
    assert str(caught.value) == sentence.format(path)


def test_a_folder_in_place_of_the_file_is_named_with_the_remedy(tmp_path):
    with pytest.raises(UserError) as caught:
        read_passphrase(str(tmp_path), {})
    assert str(caught.value) == (
        f"the signing passphrase cannot be read from {tmp_path}: it is not a regular file. "
        "set signing_passphrase_file to a file with the passphrase in it"
    )


def test_a_passphrase_that_is_given_twice_is_named_with_the_remedy():
    with pytest.raises(UserError) as caught:
        read_passphrase("/nowhere", {PASSPHRASE_VARIABLE: ""})
    assert str(caught.value) == (
        "the signing passphrase is given twice: by signing_passphrase_file and by "
        "LIQUID_NAV_SIGNING_PASSPHRASE. "
        "give only one of them"
    )


def test_a_variable_of_a_source_that_is_wrong_is_named_with_the_remedy():
    with pytest.raises(UserError) as caught:
        expand("rtsp://${}@h", {})
    assert str(caught.value) == (
        "the camera's source has a '${' that no variable follows. "
        "write ${NAME}, with letters, digits and underscores in the name"
    )
    with pytest.raises(UserError) as caught:
        expand("rtsp://${SECRET}@h", {})
    assert str(caught.value) == (
        "the camera's source needs the environment variable SECRET, which is not set. "
        "export SECRET where the camera node is started, or leave ${SECRET} out"
    )


# Blindness. A stripe of d levels beside one of 0 bends by 2 d; half of the axes have stripes: d *
# sqrt(2).


def stripes(height, width, wide, axis, bright=20):
    """Stripes of 0 and ``bright``, ``wide`` pixels each, along one axis; uint8 [height,width,3]."""
    place = np.indices((height, width))[axis] // wide
    return (place % 2 * bright).astype(np.uint8)[..., None].repeat(3, axis=2)


@pytest.mark.parametrize(
    ("height", "width", "wide", "axis"),
    [
        (144, 256, 8, 0),
        (144, 256, 8, 1),
        (72, 64, 2, 1),
        (72, 64, 4, 0),
        (40, 40, 2, 1),
        (40, 40, 4, 0),
    ],
)
def test_stripes_as_wide_as_a_small_block_are_fine_contrast_alone(height, width, wide, axis):
    sight = look(stripes(height, width, wide, axis))
    assert sight.fine == pytest.approx(20 * math.sqrt(2), abs=1e-3)
    assert sight.coarse == 0.0 and sight.blind
    assert sight.mean == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("height", "width", "wide", "axis"),
    [
        (144, 256, 16, 0),
        (144, 256, 16, 1),
        (72, 64, 4, 1),
        (72, 64, 8, 0),
        (40, 40, 4, 1),
        (40, 40, 8, 0),
    ],
)
def test_stripes_as_wide_as_a_large_block_are_coarse_contrast_too(height, width, wide, axis):
    sight = look(stripes(height, width, wide, axis))
    assert sight.coarse == pytest.approx(20 * math.sqrt(2), abs=1e-3)
    assert sight.fine == pytest.approx(20 / math.sqrt(2), abs=1e-3)
    assert not sight.blind


def test_every_pixel_of_a_block_counts():
    """One bright column of eight is an eighth of the block's brightness."""
    pixels = np.zeros((144, 256, 3), np.uint8)
    pixels[:, ::16] = 160
    assert look(pixels).fine == pytest.approx(20 * math.sqrt(2), abs=1e-3)


@pytest.mark.parametrize("rows", [0, 1], ids=["even", "odd"])
def test_what_is_in_every_second_row_alone_is_noise(rows):
    """A thing is in even and in odd rows."""
    pixels = stripes(144, 256, 8, 1, bright=200)
    pixels[rows::2] = 0
    assert look(pixels).fine == look(pixels).coarse == 0.0


def test_what_is_the_opposite_in_every_second_row_is_noise():
    pixels = stripes(144, 256, 16, 1, bright=200)
    pixels[::2] = 200 - pixels[::2]
    assert look(pixels).fine == look(pixels).coarse == 0.0


@pytest.mark.parametrize(
    ("height", "width", "step"),
    [
        (144, 256, 1),
        (287, 512, 1),
        (288, 511, 1),
        (288, 512, 2),
        (288, 768, 2),
        (432, 700, 2),
        (432, 768, 3),
    ],
)
def test_a_picture_is_thinned_out_as_long_as_it_stays_large_enough(height, width, step):
    """Only every second or third column is looked at where there are 256 and 144 rows then: others
    may be anything.
    """
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, ::step] = 90
    assert look(pixels).mean == 90.0
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, :: step + 1] = 90
    assert look(pixels).mean < 90.0


@pytest.mark.parametrize(
    ("height", "width", "judged"),
    [(24, 12, True), (23, 12, False), (24, 11, False), (144, 11, False), (23, 256, False)],
)
def test_a_picture_is_judged_from_six_small_blocks_each_way(height, width, judged):
    sight = look(np.full((height, width, 3), 77, np.uint8))
    expected = 0.0 if judged else math.inf
    assert (sight.fine, sight.coarse, sight.mean) == (expected, expected, 77.0)
    assert sight.blind is judged


def test_blind_begins_below_either_limit():
    below = math.nextafter
    assert not Sight(FINE_LIMIT, COARSE_LIMIT, 100.0).blind
    assert Sight(below(FINE_LIMIT, 0.0), COARSE_LIMIT, 100.0).blind
    assert Sight(FINE_LIMIT, below(COARSE_LIMIT, 0.0), 100.0).blind


@pytest.mark.parametrize(
    ("mean", "text"),
    [
        (24.9, "black: is the lens covered, is there light?"),
        (25.0, "without contrast: is the lens covered or fogged, is it out of focus?"),
        (230.0, "without contrast: is the lens covered or fogged, is it out of focus?"),
        (230.1, "white: is it overexposed?"),
    ],
    ids=range(4),
)
def test_a_blind_picture_is_described_by_its_brightness(mean, text):
    assert Sight(0.0, 0.0, mean).text == text


# The frame guard


@pytest.fixture
def guard():
    return FrameGuard(nominal_period=0.1, longest_gap=1.0, frozen_after=0.5)


def test_a_gap_is_a_step_up_to_the_longest(guard, pictures):
    guard.see(5 * SECOND, pictures[0])
    assert guard.see(6 * SECOND, pictures[1]) == Verdict(FrameAction.STEP, 1.0)
    assert guard.see(7 * SECOND + 1, pictures[2]) == Verdict(
        FrameAction.RESTART, 0.1, "stamps jumped ahead by 1.00 s, state reset"
    )
    assert guard.see(7 * SECOND, pictures[3]) == Verdict(
        FrameAction.RESTART, 0.1, "stamps jumped backwards by 0.00 s, state reset"
    )


def test_a_short_jump_ahead_is_reported_as_such(pictures):
    guard = FrameGuard(nominal_period=0.1, longest_gap=0.2, frozen_after=0.0)
    guard.see(SECOND, pictures[0])
    assert (
        guard.see(SECOND + 300 * MS, pictures[1]).reason
        == "stamps jumped ahead by 0.30 s, state reset"
    )


def test_repeated_and_lost_frames_are_counted_and_a_reset_keeps_the_numbers(guard, pictures):
    for stamp in (1000, 1000, 1000, 1100, 1400, 1400):
        guard.see(stamp * MS, pictures[stamp % 5])
    assert (guard.frames, guard.repeated, guard.lost) == (3, 3, 2)
    guard.reset()
    assert guard.see(1400 * MS, pictures[0]) == Verdict(FrameAction.RESTART, 0.1)
    assert (guard.frames, guard.repeated, guard.lost) == (4, 3, 2)


def test_a_frozen_camera_is_named_from_its_limit_on_and_restarts_the_time_when_it_moves(
    guard, pictures
):
    guard.see(3 * SECOND, pictures[0])
    for k in range(1, 5):
        assert guard.see(3 * SECOND + k * 100 * MS, pictures[0].copy()).action is FrameAction.STEP
    assert guard.see(3 * SECOND + 500 * MS - 1, pictures[0].copy()).action is FrameAction.STEP
    assert guard.see(3 * SECOND + 500 * MS, pictures[0].copy()) == Verdict(
        FrameAction.IGNORE,
        pytest.approx(1e-9),
        "camera is frozen: identical pixels for 0.5 s, check the camera driver",
    )
    assert guard.see(3 * SECOND + 600 * MS, pictures[1]).action is FrameAction.STEP
    assert guard.see(3 * SECOND + 700 * MS, pictures[1]).action is FrameAction.STEP


def test_a_blind_camera_is_named_from_its_limit_on():
    guard = FrameGuard(nominal_period=0.1, longest_gap=1.0, frozen_after=0.0, blind_after=0.5)
    dark = np.zeros((72, 128, 3), np.uint8)
    guard.see(3 * SECOND, dark)
    assert guard.see(3 * SECOND + 500 * MS - 1, dark).action is FrameAction.STEP
    assert guard.see(3 * SECOND + 500 * MS, dark) == Verdict(
        FrameAction.IGNORE,
        pytest.approx(1e-9),
        "camera is blind: pictures for 0.5 s are black: is the lens covered, is there light?",
    )


@pytest.mark.parametrize(
    ("late", "verdict"),
    [
        (0, Verdict(FrameAction.STEP, 1.0)),
        (1, Verdict(FrameAction.RESTART, 0.1, "frames were ignored for 1.00 s, state reset")),
    ],
)
def test_ignored_time_is_made_up_for_up_to_the_longest_gap(pictures, late, verdict):
    guard = FrameGuard(nominal_period=0.1, longest_gap=1.0, frozen_after=0.2)
    guard.see(3 * SECOND, pictures[0])
    for k in (2, 4, 6, 8):
        assert guard.see(3 * SECOND + k * 100 * MS, pictures[0]).action is FrameAction.IGNORE
    assert guard.see(4 * SECOND + late, pictures[1]) == verdict


# Subscriptions, with a node that only keeps the callback


class Owner:
    """In place of a node; ``statuses`` is what was published of the diagnostics, one list each
    time.
    """

    def __init__(self):
        self.callbacks, self.options, self.statuses, self.running = {}, {}, [], True
        self.context = SimpleNamespace(ok=lambda: self.running)

    def create_subscription(self, kind, topic, callback, qos, *, raw=False):
        self.callbacks[topic], self.options[topic] = callback, (kind, qos, raw)
        return topic

    def create_publisher(self, kind, topic, qos):
        return SimpleNamespace(publish=lambda message: self.statuses.append(list(message.status)))

    def create_timer(self, period, callback, clock):
        self.second = callback

    def get_name(self):
        return "owner"

    def get_namespace(self):
        return "/d1"

    def get_logger(self):
        return SimpleNamespace(
            info=lambda text: None, warning=lambda text: None, error=lambda text: None
        )

    def get_clock(self):
        from builtin_interfaces.msg import Time

        return SimpleNamespace(now=lambda: SimpleNamespace(to_msg=Time))


@pytest.fixture
def owner():
    return Owner()


def listening(owner, **options):
    """Subscribe to ``text``; what arrives there is raised if it is an error. Returns the callback
    and what was used.
    """
    used = []

    def use(message):
        if isinstance(message, BaseException):
            raise message
        used.append(message)

    assert (
        subscribe(owner, Diagnostics(owner), str, "text", use, reliable_qos(3), **options) == "text"
    )
    return owner.callbacks["text"], used


@pytest.mark.parametrize("raw", [True, False])
def test_a_subscription_is_created_as_it_was_asked_for(owner, raw):
    listening(owner, raw=raw)
    assert owner.options["text"] == (str, reliable_qos(3), raw)
    listening(owner)
    assert owner.options["text"][2] is False


def test_every_drop_is_reported_with_its_number_and_the_last_error(owner):
    receive, used = listening(owner)
    reported = []
    for message in (
        "a",
        ValueError("x"),
        ValueError("y"),
        TypeError("z"),
        "b",
        "c",
        ValueError("w"),
    ):
        receive(message)
        owner.second()
        (status,) = owner.statuses[-1] or [None]
        reported.append(
            status
            and (status.level, status.message, [(pair.key, pair.value) for pair in status.values])
        )
        assert status is None or (status.name, status.hardware_id) == ("owner: input text", "d1")
    assert used == ["a", "b", "c"]

    def facts(level, text, count, error):
        return level, text, [("count", str(count)), ("last_error", error)]

    good = facts(OK, "3 message(s) dropped so far, the last one was used", 3, "TypeError: z")
    assert reported == [
        None,
        facts(ERROR, "1 message(s) dropped: ValueError: x", 1, "ValueError: x"),
        facts(ERROR, "2 message(s) dropped: ValueError: y", 2, "ValueError: y"),
        facts(ERROR, "3 message(s) dropped: TypeError: z", 3, "TypeError: z"),
        good,
        good,
        facts(ERROR, "4 message(s) dropped: ValueError: w", 4, "ValueError: w"),
    ]


def test_the_first_drop_of_a_kind_is_published_at_once_with_its_values_and_a_flood_is_not(owner):
    receive, _ = listening(owner)
    receive(ValueError("x"))
    ((status,),) = owner.statuses
    assert {pair.key: pair.value for pair in status.values} == {
        "count": "1",
        "last_error": "ValueError: x",
    }
    for k in range(20):
        receive(ValueError(str(k)))
    receive("good")
    assert len(owner.statuses) == 1
    receive(TypeError("y"))
    assert len(owner.statuses) == 2


def test_the_end_of_a_process_and_errors_after_a_shutdown_go_through(owner):
    receive, _ = listening(owner)
    with pytest.raises(Finished):
        receive(Finished(3))
    owner.running = False
    with pytest.raises(ValueError, match="late"):
        receive(ValueError("late"))
    assert owner.statuses == []


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (LONGEST - 1, "a" * (LONGEST - 1)),
        (LONGEST, "a" * LONGEST),
        (LONGEST + 1, "a" * (LONGEST - 3) + "..."),
    ],
    ids=["below", "at", "above"],
)
def test_a_long_text_of_an_error_is_cut(length, shown):
    assert one_line(ValueError("a" * length)) == f"ValueError: {shown}"


def test_an_error_without_text_is_its_type_and_spaces_are_made_one():
    assert one_line(KeyError()) == "KeyError"
    assert one_line(ValueError(" a \n\t b \ud800")) == "ValueError: a b ?"
