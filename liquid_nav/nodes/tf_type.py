"""The message class of ``/tf``: that of tf2_msgs where it is installed, else one that is made here
without a compiler.

No wheel on PyPI has tf2_msgs. What a middleware needs of a type are a few tables in memory:
name, hash, description, and functions between a message in memory and bytes. A type of the same
shape (one unbounded sequence of messages: visualization_msgs/MarkerArray) has such tables; here
they are copied, with names, hash and members of tf2_msgs/TFMessage. The functions between memory
and bytes are not copied but replaced by ones that refuse. So the class carries serialized messages
alone: publishers of it take ``bytes`` (``tf_cdr.encode``), subscriptions must be raw. The bytes
that are sent are those of the real type: a test compares them with an independent implementation.

Reading tables of another layout would end the process. So this is done only with wheels of versions
whose headers were compared with the structures below (Jazzy to Kilted); with any other there is no
class, and TF is left out.
"""

from __future__ import annotations

import ctypes
from ctypes import (
    POINTER,
    Structure,
    c_bool,
    c_char_p,
    c_size_t,
    c_uint8,
    c_uint32,
    c_uint64,
    c_void_p,
)
from functools import lru_cache
from importlib import metadata
from typing import TYPE_CHECKING, TypeVar

from geometry_msgs.msg import TransformStamped
from rclpy import utilities
from rclpy.type_support import check_for_type_support

if TYPE_CHECKING:
    from _ctypes import CFuncPtr

    from rclpy.type_support import Msg

NAME = "tf2_msgs/msg/TFMessage"
DEFINITION = "geometry_msgs/TransformStamped[] transforms\n"
HASH = "RIHS01_e369d0f05a23ae52508854b66f6aa0437f3449d652e8cbf22d5abe85d020f087"
"""Type hash of tf2_msgs/msg/TFMessage in Jazzy, Kilted and Lyrical."""
FAST_DDS = "rmw_fastrtps_cpp"
"""The middleware that reads these tables."""
KNOWN = {
    "ros-rosidl-runtime-c": ((4, 6), (4, 10)),
    "ros-rosidl-typesupport-fastrtps-c": ((3, 6), (3, 9)),
}
"""Wheel with the tables -> from which version on, and before which, it has the layout below."""
NO_TYPE = "there is neither tf2_msgs nor a way to make its message type here"

_RUNTIME = b"rosidl_typesupport_c"
_FAST_DDS = b"rosidl_typesupport_fastrtps_c"
_INTROSPECTION = b"rosidl_typesupport_introspection_c"
_SEQUENCE_OF_MESSAGES = 145
"""NESTED_TYPE_UNBOUNDED_SEQUENCE of type_description_interfaces/FieldType."""
_kept: list[object] = []
"""Everything that the tables point to: the middleware keeps pointers as long as the process lives.
"""


class _Handle(Structure):
    """``rosidl_message_type_support_t``."""

    _fields_ = [
        ("identifier", c_char_p),
        ("data", c_void_p),
        ("find", c_void_p),
        ("hash", c_void_p),
        ("description", c_void_p),
        ("sources", c_void_p),
    ]


class _Callbacks(Structure):
    """``message_type_support_callbacks_t`` of rosidl_typesupport_fastrtps."""

    _fields_ = [
        ("namespace", c_char_p),
        ("name", c_char_p),
        ("serialize", c_void_p),
        ("deserialize", c_void_p),
        ("size", c_void_p),
        ("largest", c_void_p),
        ("key", c_void_p),
    ]


class _Member(Structure):
    """``rosidl_typesupport_introspection_c__MessageMember``."""

    _fields_ = [
        ("name", c_char_p),
        ("kind", c_uint8),
        ("string_bound", c_size_t),
        ("members", c_void_p),
        ("is_key", c_bool),
        ("is_array", c_bool),
        ("array_size", c_size_t),
        ("is_bounded", c_bool),
        ("offset", c_uint32),
        ("default", c_void_p),
        ("functions", c_void_p * 6),
    ]


class _Members(Structure):
    """``rosidl_typesupport_introspection_c__MessageMembers``."""

    _fields_ = [
        ("namespace", c_char_p),
        ("name", c_char_p),
        ("count", c_uint32),
        ("size", c_size_t),
        ("has_key", c_bool),
        ("members", POINTER(_Member)),
        ("begin", c_void_p),
        ("end", c_void_p),
    ]


class _Text(Structure):
    """``rosidl_runtime_c__String``."""

    _fields_ = [("data", c_char_p), ("size", c_size_t), ("capacity", c_size_t)]


class _Sequence(Structure):
    """Any sequence of rosidl_runtime_c."""

    _fields_ = [("data", c_void_p), ("size", c_size_t), ("capacity", c_size_t)]


class _Field(Structure):
    """``rosidl_runtime_c__type_description__Field``."""

    _fields_ = [
        ("name", _Text),
        ("kind", c_uint8),
        ("capacity", c_uint64),
        ("string_capacity", c_uint64),
        ("nested", _Text),
        ("default", _Text),
    ]


class _OneType(Structure):
    """``rosidl_runtime_c__type_description__IndividualTypeDescription``."""

    _fields_ = [("name", _Text), ("fields", _Sequence)]


class _Description(Structure):
    """``rosidl_runtime_c__type_description__TypeDescription``."""

    _fields_ = [("type", _OneType), ("referenced", _Sequence)]


class _Source(Structure):
    """``rosidl_runtime_c__type_description__TypeSource``."""

    _fields_ = [("name", _Text), ("encoding", _Text), ("contents", _Text)]


_Table = TypeVar("_Table", bound=Structure)
_Kept = TypeVar("_Kept")
_Find = ctypes.CFUNCTYPE(c_void_p, c_void_p, c_char_p)
_Get = ctypes.CFUNCTYPE(c_void_p, c_void_p)
_Refuse = ctypes.CFUNCTYPE(c_bool, c_void_p, c_void_p)
_NoSize = ctypes.CFUNCTYPE(c_uint32, c_void_p)


@lru_cache(maxsize=1)
def tf_message_class() -> type | None:
    """Return the class of tf2_msgs/msg/TFMessage.

    None: it is neither installed nor can be made.
    """
    try:
        from tf2_msgs.msg import TFMessage

        return TFMessage
    except ImportError:
        pass
    try:
        return make_class()
    except Exception:
        # Without it a drone flies as well as with it.
        return None


def make_class() -> type:
    """Make the class from tables of visualization_msgs.

    Raises:
        ImportError: there is no visualization_msgs, or the ROS here is none of wheels.
        ValueError: another middleware, or tables whose layout is not known here.
    """
    _require_known_versions()
    from visualization_msgs.msg import MarkerArray

    middleware = utilities.get_rmw_implementation_identifier()
    if middleware != FAST_DDS:
        raise ValueError(f"{middleware} may read other tables than {FAST_DDS}")
    donor = _handle_of(MarkerArray)
    element = _handle_of(TransformStamped)
    tables: dict[bytes, Structure] = {
        _FAST_DDS: _fast_dds_table(_found(donor, _FAST_DDS)),
        _INTROSPECTION: _introspection_table(
            _found(donor, _INTROSPECTION), _found(element, _INTROSPECTION)
        ),
        _RUNTIME: _Sequence(),
    }
    common = {
        "hash": _getter(_hash_table()),
        "description": _getter(_description_table(element)),
        "sources": _getter(_sources_table(element)),
    }
    handles: dict[bytes, int] = {}

    def find(_: int, identifier: bytes) -> int | None:
        return handles.get(identifier)

    finder = _keep(_Find(find))
    for identifier, table in tables.items():
        handle = _Handle(identifier=identifier, data=ctypes.addressof(_keep(table)))
        handle.find = ctypes.cast(finder, c_void_p)
        for name, function in common.items():
            setattr(handle, name, ctypes.cast(function, c_void_p))
        handles[identifier] = ctypes.addressof(_keep(handle))
    return _class_of(_capsule(handles[_RUNTIME]))


def _require_known_versions() -> None:
    """Raise ValueError, or ImportError where no wheel is installed, before any memory is read."""
    for name, (first, after) in KNOWN.items():
        text = metadata.version(name)
        found = tuple(int(part) for part in text.split(".")[:2])
        if not first <= found < after:
            raise ValueError(f"the tables of {name} {text} are not known here")


def _class_of(type_support: object) -> type:
    """Return a class as rosidl's Python generator writes it; rclpy refuses its functions for
    messages in memory.
    """

    class Metaclass(type):
        _TYPE_SUPPORT = type_support
        _CREATE_ROS_MESSAGE = "serialized messages only"
        _CONVERT_FROM_PY = _CREATE_ROS_MESSAGE
        _CONVERT_TO_PY = _CREATE_ROS_MESSAGE
        _DESTROY_ROS_MESSAGE = _CREATE_ROS_MESSAGE

    class TFMessage(metaclass=Metaclass):
        """tf2_msgs/msg/TFMessage, for publishers of bytes and raw subscriptions."""

        SLOT_TYPES = ()

        @classmethod
        def get_fields_and_field_types(cls) -> dict[str, str]:
            """Return the message's fields with their types, as generated classes do."""
            return {"transforms": "sequence<geometry_msgs/TransformStamped>"}

    TFMessage.__module__ = "tf2_msgs.msg"
    TFMessage.__qualname__ = "TFMessage"
    return TFMessage


def _handle_of(kind: type[Msg]) -> _Handle:
    check_for_type_support(kind)
    read = ctypes.pythonapi.PyCapsule_GetPointer
    read.restype = c_void_p
    read.argtypes = [ctypes.py_object, c_char_p]
    return _Handle.from_address(read(kind._TYPE_SUPPORT, None))


def _capsule(address: int) -> object:
    make = ctypes.pythonapi.PyCapsule_New
    make.restype = ctypes.py_object
    make.argtypes = [c_void_p, c_char_p, c_void_p]
    return make(address, None, None)


def _found(handle: _Handle, identifier: bytes) -> _Handle:
    address = _Find(handle.find)(ctypes.addressof(handle), identifier)
    if not address:
        raise ValueError(f"there is no {identifier.decode()}")
    found = _Handle.from_address(address)
    _expect("identifier", found.identifier, identifier)
    return found


def _fast_dds_table(donor: _Handle) -> _Callbacks:
    table = _copy(_Callbacks.from_address(donor.data))
    _expect("namespace", table.namespace, b"visualization_msgs::msg")
    _expect("name", table.name, b"MarkerArray")
    _expect("key", table.key, None)
    refuse = ctypes.cast(_keep(_Refuse(lambda *_: False)), c_void_p)
    table.namespace = b"tf2_msgs::msg"
    table.name = b"TFMessage"
    table.serialize = refuse
    table.deserialize = refuse
    table.size = ctypes.cast(_keep(_NoSize(lambda _: 0)), c_void_p)
    return table


def _introspection_table(donor: _Handle, element: _Handle) -> _Members:
    table = _copy(_Members.from_address(donor.data))
    _expect("namespace", table.namespace, b"visualization_msgs__msg")
    _expect("name", table.name, b"MarkerArray")
    _expect("members", table.count, 1)
    _expect("size", table.size, ctypes.sizeof(_Sequence))
    member = _copy(table.members[0])
    _expect("member", member.name, b"markers")
    _expect(
        "array",
        (member.is_array, member.array_size, member.is_bounded, member.offset),
        (True, 0, False, 0),
    )
    member.name = b"transforms"
    member.members = ctypes.addressof(element)
    member.functions = (c_void_p * 6)()
    table.namespace = b"tf2_msgs__msg"
    table.name = b"TFMessage"
    table.members = ctypes.pointer(_keep(member))
    table.begin = None
    table.end = None
    return table


def _hash_table() -> ctypes.Array[c_uint8]:
    """Return ``rosidl_type_hash_t``: a version, and 32 bytes."""
    parts = HASH.removeprefix("RIHS").split("_")
    return (c_uint8 * 33)(int(parts[0]), *bytes.fromhex(parts[1]))


def _description_table(element: _Handle) -> _Description:
    donor = _Description.from_address(_Get(element.description)(ctypes.addressof(element)))
    name = _string(donor.type.name)
    _expect("description", name, "geometry_msgs/msg/TransformStamped")
    known = [donor.type, *_items(donor.referenced, _OneType)]
    known.sort(key=lambda one: _string(one.name))
    field = _Field(
        name=_text("transforms"), kind=_SEQUENCE_OF_MESSAGES, nested=_text(name), default=_text("")
    )
    own = _OneType(_text(NAME), _sequence([field], _Field))
    return _Description(own, _sequence(known, _OneType))


def _sources_table(element: _Handle) -> _Sequence:
    donor = _Sequence.from_address(_Get(element.sources)(ctypes.addressof(element)))
    own = _Source(_text(NAME), _text("msg"), _text(DEFINITION))
    return _sequence([own, *_items(donor, _Source)], _Source)


def _getter(table: Structure | ctypes.Array[c_uint8]) -> CFuncPtr:
    address = ctypes.addressof(_keep(table))
    return _keep(_Get(lambda _: address))


def _keep(thing: _Kept) -> _Kept:
    _kept.append(thing)
    return thing


def _copy(table: _Table) -> _Table:
    return type(table).from_buffer_copy(table)


def _text(text: str) -> _Text:
    buffer = _keep(ctypes.create_string_buffer(text.encode()))
    return _Text(ctypes.cast(buffer, c_char_p), len(text), len(text) + 1)


def _string(text: _Text) -> str:
    return text.data.decode()


def _items(sequence: _Sequence, kind: type[_Table]) -> list[_Table]:
    return list((kind * sequence.size).from_address(sequence.data))


def _sequence(items: list[Structure], kind: type[Structure]) -> _Sequence:
    data = _keep((kind * len(items))(*items))
    return _Sequence(ctypes.addressof(data), len(items), len(items))


def _expect(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise ValueError(
            f"{what} of the known type is {found!r}, expected {expected!r}: the layout is another "
            "one"
        )
