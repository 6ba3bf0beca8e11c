"""When two messages are the same message: when every field is equal."""

import math

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from nav_msgs.msg import Odometry
from sensor_msgs.msg import BatteryState, CompressedImage, JointState
from std_msgs.msg import ByteMultiArray, String

from liquid_nav.nodes.repeated_messages import RepeatedMessages, content


def odometry(**changed):
    message = Odometry()
    for name, value in changed.items():
        setattr(message, name, value)
    return message


def with_covariance(*places):
    message = Odometry()
    for place in places:
        message.pose.covariance[place] = 1.0
    return message


DIFFERENT = [
    (String(data="a"), String(data="b")),
    (odometry(), odometry(child_frame_id="base_link")),
    (with_covariance(0), with_covariance(0, 35)),
    (JointState(position=[1.0, 2.0]), JointState(position=[2.0, 1.0])),
    (JointState(position=[1.0]), JointState(velocity=[1.0])),
    (JointState(name=["a", "b"]), JointState(name=["ab"])),
    (BatteryState(voltage=math.nan), BatteryState(voltage=12.0)),
    (CompressedImage(data=b"\1\2"), CompressedImage(data=b"\1\3")),
    (ByteMultiArray(data=[b"a"]), ByteMultiArray(data=[b"b"])),
    (
        DiagnosticArray(status=[DiagnosticStatus(values=[KeyValue(key="a", value="1")])]),
        DiagnosticArray(status=[DiagnosticStatus(values=[KeyValue(key="a", value="2")])]),
    ),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_one_field_distinguishes_two_messages(one, other):
    assert content(one) != content(other)


def test_equal_messages_have_equal_content_even_with_a_value_that_is_not_a_number():
    for one, _ in DIFFERENT:
        copy = type(one)(**{name: getattr(one, name) for name in one.get_fields_and_field_types()})
        assert content(one) == content(copy)
        assert hash(content(one)) == hash(content(copy))
    assert content(BatteryState(voltage=math.nan)) == content(BatteryState(voltage=float("nan")))


def test_topics_and_stamps_differ_and_a_topic_forgets_what_has_an_older_stamp():
    messages = RepeatedMessages()
    a, b = String(data="a"), String(data="b")
    assert not messages.is_repeated("odom", 1, a)
    assert not messages.is_repeated("pose", 1, a)
    assert not messages.is_repeated("odom", 1, b)
    assert messages.is_repeated("odom", 1, a)
    assert messages.is_repeated("odom", 1, b)
    assert not messages.is_repeated("odom", 2, a)
    assert not messages.is_repeated("odom", 1, a)
    messages.clear()
    assert not messages.is_repeated("odom", 1, a)
