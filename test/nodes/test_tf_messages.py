"""Transforms as bytes, and the message class that is made where tf2_msgs is not installed."""

import hashlib
import json
import struct
import sys

import pytest
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Quaternion, Transform, TransformStamped, Vector3
from hypothesis import given
from hypothesis import strategies as st
from rclpy.serialization import deserialize_message, serialize_message
from std_msgs.msg import Header
from type_description_interfaces.srv import GetTypeDescription

from liquid_nav.nodes import tf_type
from liquid_nav.nodes.qos import reliable_qos
from liquid_nav.nodes.tf_cdr import decode, encode
from liquid_nav.nodes.tf_type import HASH, NAME, make_class, tf_message_class


def transform(
    parent="odom", child="base_link", numbers=(1.0, 2.0, 3.0, 0.1, 0.2, 0.3, 0.9), stamp=(5, 6)
):
    return TransformStamped(
        header=Header(stamp=Time(sec=stamp[0], nanosec=stamp[1]), frame_id=parent),
        child_frame_id=child,
        transform=Transform(
            translation=Vector3(**dict(zip("xyz", numbers))),
            rotation=Quaternion(**dict(zip("xyzw", numbers[3:]))),
        ),
    )


@pytest.fixture(scope="module")
def types():
    """The independent implementation: messages and CDR of the rosbags library."""
    from rosbags.typesys import Stores, get_typestore

    return get_typestore(Stores.ROS2_JAZZY)


def theirs(types, transforms):
    """Return the same transforms as the rosbags library's message."""
    kinds = types.types

    def one(message):
        stamp, move, turn = (
            message.header.stamp,
            message.transform.translation,
            message.transform.rotation,
        )
        return kinds["geometry_msgs/msg/TransformStamped"](
            kinds["std_msgs/msg/Header"](
                kinds["builtin_interfaces/msg/Time"](stamp.sec, stamp.nanosec),
                message.header.frame_id,
            ),
            message.child_frame_id,
            kinds["geometry_msgs/msg/Transform"](
                kinds["geometry_msgs/msg/Vector3"](move.x, move.y, move.z),
                kinds["geometry_msgs/msg/Quaternion"](turn.x, turn.y, turn.z, turn.w),
            ),
        )

    return kinds[NAME]([one(message) for message in transforms])


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
transforms = st.lists(
    st.builds(
        transform,
        names,
        names,
        st.tuples(*[st.floats(allow_nan=False)] * 7),
        st.tuples(st.integers(-(2**31), 2**31 - 1), st.integers(0, 2**32 - 1)),
    ),
    max_size=4,
)


@given(transforms)
def test_the_bytes_are_those_of_an_independent_implementation(types, sent):
    data = encode(sent)
    assert data == bytes(types.serialize_cdr(theirs(types, sent), NAME))
    assert decode(data) == sent


def test_the_other_byte_order_is_read_too(types):
    sent = [transform(), transform("base_link", "camera")]
    data = bytes(types.serialize_cdr(theirs(types, sent), NAME, little_endian=False))
    assert data[:2] == b"\0\0" and decode(data) == sent


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-1],
        lambda data: data[:30],
        lambda data: b"\x00\x07" + data[2:],
        lambda data: data[:4] + struct.pack("<I", 2**31) + data[8:],
        lambda data: data[:16] + struct.pack("<I", 2**31) + data[20:],
        lambda data: data[:16] + struct.pack("<I", 0) + data[20:],
        lambda data: data[:24] + b"x" + data[25:],
        lambda data: b"",
    ],
)
def test_bytes_that_are_no_transforms_are_a_value_error(change):
    with pytest.raises(ValueError):
        decode(change(encode([transform()])))


@given(st.binary(max_size=200))
def test_no_bytes_end_anything_but_by_a_value_error(data):
    try:
        decode(b"\0\1\0\0" + data)
    except ValueError:
        pass


def test_the_installed_class_is_preferred(monkeypatch):
    class TFMessage:
        pass

    class Installed:
        msg = type("msg", (), {"TFMessage": TFMessage})

    monkeypatch.setitem(sys.modules, "tf2_msgs", Installed)
    monkeypatch.setitem(sys.modules, "tf2_msgs.msg", Installed.msg)
    tf_message_class.cache_clear()
    try:
        assert tf_message_class() is TFMessage
    finally:
        tf_message_class.cache_clear()


def test_the_graph_sees_the_real_type(harness):
    """Name and hash on the wire are those of tf2_msgs; what one side sends the other one gets, byte
    by byte.
    """
    kind = make_class()
    sent = encode([transform(), transform("base_link", "camera_link")])
    received = []
    publisher = harness.probe.create_publisher(kind, "/tf", reliable_qos(10))
    harness.probe.create_subscription(kind, "/tf", received.append, reliable_qos(10), raw=True)
    harness.matched(publisher)
    publisher.publish(sent)
    harness.until(lambda: received, "the transforms")
    assert received == [sent]
    (info,) = harness.probe.get_publishers_info_by_topic("/tf")
    assert (info.topic_type, str(info.topic_type_hash)) == (NAME, HASH)


def hash_of(description):
    """Return the RIHS01 hash of a type description, as REP-2011 has it."""

    def type_of(one):
        fields = [
            {
                "name": field.name,
                "type": {
                    "type_id": field.type.type_id,
                    "capacity": field.type.capacity,
                    "string_capacity": field.type.string_capacity,
                    "nested_type_name": field.type.nested_type_name,
                },
            }
            for field in one.fields
        ]
        return {"type_name": one.type_name, "fields": fields}

    reported = {
        "type_description": type_of(description.type_description),
        "referenced_type_descriptions": [
            type_of(one) for one in description.referenced_type_descriptions
        ],
    }
    return "RIHS01_" + hashlib.sha256(json.dumps(reported).encode()).hexdigest()


def test_the_node_describes_the_type_and_the_description_has_the_hash(harness):
    """What recorders ask a node for: the hash follows from the description, not from a constant."""
    harness.probe.create_publisher(make_class(), "/tf", reliable_qos(10))
    client = harness.probe.create_client(GetTypeDescription, "/probe/get_type_description")
    harness.until(client.service_is_ready, "the service")
    future = client.call_async(
        GetTypeDescription.Request(type_name=NAME, type_hash=HASH, include_type_sources=True)
    )
    harness.until(future.done, "the description")
    answer = future.result()
    assert answer.successful, answer.failure_reason
    assert hash_of(answer.type_description) == HASH
    sources = {source.type_name: source.raw_file_contents for source in answer.type_sources}
    assert sources[NAME] == "geometry_msgs/TransformStamped[] transforms\n"
    assert "child_frame_id" in sources["geometry_msgs/msg/TransformStamped"]


def test_messages_in_memory_are_refused_and_end_nothing(harness):
    """There is no way between them and bytes: what would be undefined in C is an exception in
    Python.
    """
    kind = make_class()
    publisher = harness.probe.create_publisher(kind, "/tf", reliable_qos(10))
    with pytest.raises(TypeError):
        publisher.publish(kind())
    with pytest.raises(TypeError):
        serialize_message(kind())
    with pytest.raises(TypeError):
        deserialize_message(encode([transform()]), kind)


@pytest.mark.parametrize(
    ("package", "version"),
    [
        ("ros-rosidl-runtime-c", "4.5.9"),
        ("ros-rosidl-runtime-c", "5.0.0"),
        ("ros-rosidl-runtime-c", "4.10.0"),
        ("ros-rosidl-typesupport-fastrtps-c", "3.9.0"),
        ("ros-rosidl-typesupport-fastrtps-c", "3.5.2"),
    ],
)
def test_tables_of_other_versions_are_not_even_read(monkeypatch, package, version):
    """As after an update of ROS: another layout would end the process."""
    real = tf_type.metadata.version
    monkeypatch.setattr(
        tf_type.metadata, "version", lambda name: version if name == package else real(name)
    )
    monkeypatch.setattr(tf_type, "_handle_of", lambda kind: pytest.fail("memory was read"))
    with pytest.raises(ValueError, match=f"{package} {version}"):
        make_class()


def test_tables_of_another_type_are_left_alone(monkeypatch):
    monkeypatch.setattr("visualization_msgs.msg.MarkerArray", TransformStamped)
    with pytest.raises(ValueError, match="the layout is another one"):
        make_class()


def test_another_middleware_gets_no_class(monkeypatch):
    monkeypatch.setattr(
        "rclpy.utilities.get_rmw_implementation_identifier", lambda: "rmw_cyclonedds_cpp"
    )
    with pytest.raises(ValueError, match="rmw_cyclonedds_cpp"):
        make_class()
