"""A message that a callback cannot use, over DDS; and JSON from any node."""

import json
from pathlib import Path

import pytest
from std_msgs.msg import String

import liquid_nav.nodes
from liquid_nav.json_text import DEEPEST, read_json
from liquid_nav.nodes.diagnostics import Diagnostics
from liquid_nav.nodes.qos import reliable_qos
from liquid_nav.nodes.running import Finished
from liquid_nav.nodes.subscribing import one_line, subscribe

STATUS = "listener: input text"


class Bench:
    """A node whose callback raises what the test sets, and a publisher."""

    def __init__(self, harness, raw=False):
        import rclpy

        self.harness = harness
        harness.listen_to_diagnostics()
        self.node = harness._enter(rclpy.create_node("listener", context=harness.context))
        self.errors = []
        self.used = []
        self.published = []
        diagnostics = Diagnostics(self.node)
        report = diagnostics.report

        def note(name, *rest, **values):
            self.published.append(name)
            report(name, *rest, **values)

        diagnostics.report = note
        self.publisher = harness.probe.create_publisher(String, "text", reliable_qos(100))
        subscribe(
            self.node, diagnostics, String, "text", self._subscribe_to, reliable_qos(100), raw=raw
        )
        harness.matched(self.publisher)

    def _subscribe_to(self, message):
        self.used.append(message)
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error

    def publish_each(self, *errors):
        """Send one message for each error (None: a good one) and wait until all were received."""
        self.errors.extend(errors)
        wanted = len(self.used) + len(errors)
        for _ in errors:
            self.publisher.publish(String(data="x"))
        self.harness.until(lambda: len(self.used) == wanted, "all messages")

    def status(self, *parts):
        self.harness.until(lambda: self.harness.reports(STATUS, *parts), str(parts))
        return self.harness.diagnostics[STATUS]


@pytest.fixture
def bench(harness):
    return Bench(harness)


def values(status):
    return {pair.key: pair.value for pair in status.values}


@pytest.mark.parametrize(
    "error", [ValueError("no\nheader"), RecursionError("no header"), MemoryError("no header")]
)
def test_what_a_callback_cannot_use_is_dropped_counted_and_named(bench, error):
    bench.publish_each(error)
    status = bench.status("1 message(s) dropped", f"{type(error).__name__}: no header")
    assert status.level == b"\x02"
    bench.publish_each(None)
    assert len(bench.used) == 2


def test_a_good_message_clears_the_level_and_keeps_the_count(bench):
    bench.publish_each(KeyError("phase"), KeyError("phase"), None, None)
    status = bench.status("2 message(s) dropped so far")
    assert status.level == b"\x00"
    assert values(status) == {"count": "2", "last_error": "KeyError: 'phase'"}
    bench.publish_each(KeyError("fault"))
    status = bench.status("3 message(s) dropped", "'fault'")
    assert status.level == b"\x02" and values(status)["count"] == "3"


def test_a_kind_of_error_is_logged_once_however_often_it_comes(bench):
    bench.publish_each(*(ValueError(str(k)) for k in range(20)))
    bench.publish_each(None, ValueError("again"), TypeError("other"))
    bench.status("22 message(s) dropped", "TypeError: other")
    assert bench.published == ["input text"] * 2


def test_nothing_is_reported_as_long_as_all_is_well(bench):
    bench.publish_each(None, None)
    assert not bench.published


def test_the_end_of_a_node_is_not_an_error(bench):
    with pytest.raises(Finished):
        bench.publish_each(Finished(3))


def test_after_a_shutdown_the_error_is_the_executors(bench):
    bench.node.context.try_shutdown()
    (listener,) = bench.node.subscriptions
    bench.errors.append(RuntimeError("the context is invalid"))
    with pytest.raises(RuntimeError, match="the context is invalid"):
        listener.callback(String())


def test_raw_bytes_come_as_they_are(harness):
    bench = Bench(harness, raw=True)
    bench.publish_each(None)
    assert bytes(bench.used[0][:2]) == b"\x00\x01"


def test_an_error_is_one_short_line_that_can_be_published():
    line = one_line(ValueError("a\n b\t" + "\ud800" + "c" * 10000))
    assert line.startswith("ValueError: a b ?c") and len(line) < 250 and line.endswith("...")
    line.encode()
    assert one_line(MemoryError()) == "MemoryError"


@pytest.mark.parametrize(
    "name", ["expert_pilot", "liquid_controller", "recorder", "simulated_camera", "weather"]
)
def test_nodes_of_a_flight_subscribe_in_this_way_only(name):
    text = (Path(liquid_nav.nodes.__path__[0]) / f"{name}.py").read_text()
    assert " subscribe(" in text and "create_subscription" not in text


def nested(depth, opening="[", closing="]"):
    """An object that is ``depth`` levels deep."""
    return '{"a": ' + opening * (depth - 1) + closing * (depth - 1) + "}"


def test_an_object_is_read():
    facts = {"phase": "flying", "fault": "\u2603", "speed": -1.5e3, "more": [{"list": [1, None]}]}
    assert read_json(json.dumps(facts)) == facts
    assert read_json(json.dumps(facts, ensure_ascii=False).encode()) == facts
    assert read_json(nested(DEEPEST)) is not None


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
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": 1e999}',
        '{"a": ' + "9" * 20000 + "}",
        nested(DEEPEST + 1),
        nested(20000),
        nested(10000, '{"a":', "}"),
    ],
    ids=lambda text: repr(text)[:20],
)
def test_what_is_no_plain_object_is_none(text):
    assert read_json(text) is None


def test_a_text_is_read_up_to_its_limit():
    text = json.dumps({"a": "x" * 91})
    assert len(text) == 100
    assert read_json(text, limit=100) is not None
    assert read_json(text, limit=99) is None
    assert read_json(json.dumps({"a": "x" * 65536})) is None
