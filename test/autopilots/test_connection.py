"""How people write the way to an autopilot: as pymavlink, MAVROS and MAVSDK have it."""

import pytest

from liquid_nav.autopilots.connection import FORMS, Connection, Kind, read_connection
from liquid_nav.errors import UserError

ANY = "0.0.0.0"
HERE = "127.0.0.1"
THERE = "192.168.1.7"


def listens(place, port, peer=None):
    return Connection(Kind.LISTENS, place, port, peer)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        # pymavlink and MAVProxy
        ("udp:0.0.0.0:14540", listens(ANY, 14540)),
        ("udp:192.168.1.7:14540", listens(THERE, 14540)),
        ("udpin:localhost:0", listens("localhost", 0)),
        ("udpout:192.168.1.7:14550", Connection(Kind.CALLS, THERE, 14550)),
        ("tcp:127.0.0.1:5760", Connection(Kind.TCP, HERE, 5760)),
        ("/dev/ttyUSB0,57600", Connection(Kind.SERIAL, "/dev/ttyUSB0", 57600)),
        ("COM3,57600", Connection(Kind.SERIAL, "COM3", 57600)),
        # MAVSDK
        ("udp://:14540", listens(ANY, 14540)),
        ("udp://0.0.0.0:14540", listens(ANY, 14540)),
        ("udpin://0.0.0.0:14540", listens(ANY, 14540)),
        ("udpout://192.168.1.7:14550", Connection(Kind.CALLS, THERE, 14550)),
        ("tcpout://127.0.0.1:5760", Connection(Kind.TCP, HERE, 5760)),
        ("tcp://127.0.0.1:5760/", Connection(Kind.TCP, HERE, 5760)),
        ("serial:///dev/ttyACM0:921600", Connection(Kind.SERIAL, "/dev/ttyACM0", 921600)),
        # MAVROS
        ("udp://:14540@", listens(ANY, 14540)),
        ("udp://127.0.0.1:14540@", listens(HERE, 14540)),
        ("udp://:14540@127.0.0.1:14557", listens(ANY, 14540, (HERE, 14557))),
        ("udp://127.0.0.1:14540@192.168.1.7:65535/", listens(HERE, 14540, (THERE, 65535))),
        ("udp://@192.168.1.7:14550", Connection(Kind.CALLS, THERE, 14550)),
        ("/dev/ttyACM0:57600", Connection(Kind.SERIAL, "/dev/ttyACM0", 57600)),
        # others
        ("tcpout:127.0.0.1:5760", Connection(Kind.TCP, HERE, 5760)),
        ("serial:/dev/ttyACM0:57600", Connection(Kind.SERIAL, "/dev/ttyACM0", 57600)),
        ("serial:/dev/usb:1:57600", Connection(Kind.SERIAL, "/dev/usb:1", 57600)),
        ("serial:///dev/ttyACM0?baud=57600", Connection(Kind.SERIAL, "/dev/ttyACM0", 57600)),
        ("serial:///dev/ttyACM0?baudrate=57600", Connection(Kind.SERIAL, "/dev/ttyACM0", 57600)),
        ("serial:COM3:57600", Connection(Kind.SERIAL, "COM3", 57600)),
    ],
)
def test_a_connection_means_what_it_means_to_its_tool(text, meaning):
    assert read_connection(text) == meaning


@pytest.mark.parametrize(
    "text",
    [
        "",
        "udp",
        "udp:here",
        "udp::1",
        "udp:::14540",
        "udp:[::1]:14540",
        "udp:a b:14540",
        "udp:a:b:14540",
        "udp:/a:14540",
        "udpin://:",
        "udpout://:14550",
        "udp://@:14550",
        "udp://@192.168.1.7",
        "udp://:14540@192.168.1.7",
        "udp://:14540@?ids=255,240",
        "udpbcast:192.168.1.255:14550",
        "udp-b://:14555@",
        "UDP:a:1",
        "udp:a:²",
        "tcp:host:",
        "tcp:a:1.5",
        "tcp:a:-1",
        "tcpin:0.0.0.0:5760",
        "tcp-l://:5760",
        "serial:x:y",
        "serial:ttyACM0:57600",
        "serial:/dev/ttyACM0",
        "serial:///dev/ttyACM0:57600?ids=1,240",
        "/dev/ttyACM0:57600?ids=1,1",
        "serial:/dev/ttyACM0:57,600",
        "/dev/ttyS0:57600,8n1",
        "/dev/ttyACM0",
        "/dev/ttyACM0:",
        "COM3",
        "127.0.0.1:14550",
        "blue:a:1",
    ],
)
def test_a_connection_that_cannot_be_read_is_named_with_what_can(text):
    with pytest.raises(UserError) as error:
        read_connection(text)
    assert (error.value.cause, error.value.remedy) == (
        f"cannot read the connection '{text}'",
        FORMS,
    )


@pytest.mark.parametrize("host", [HERE, THERE, "drone.local"])
def test_what_listens_for_one_tool_and_calls_for_another_is_not_guessed(host):
    with pytest.raises(UserError) as error:
        read_connection(f"udp://{host}:14540")
    assert str(error.value) == (
        f"the connection 'udp://{host}:14540' listens for MAVROS and calls for MAVSDK. "
        f"give udpin:{host}:14540 to listen, or udpout:{host}:14540 to call"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("udp:a:65536", "no port 65536 in 'udp:a:65536'. ports end at 65535"),
        ("udp://:65536", "no port 65536 in 'udp://:65536'. ports end at 65535"),
        ("udp://:1@a:65536", "no port 65536 in 'udp://:1@a:65536'. ports end at 65535"),
        ("tcp:a:99999", "no port 99999 in 'tcp:a:99999'. ports end at 65535"),
        ("tcp:a:0", "no port 0 in 'tcp:a:0'. ports to call begin at 1"),
        ("udpout:a:0", "no port 0 in 'udpout:a:0'. ports to call begin at 1"),
        ("udp://:1@a:0", "no port 0 in 'udp://:1@a:0'. ports to call begin at 1"),
        (
            "serial:/dev/ttyACM0:0",
            "no baud rate 0 in 'serial:/dev/ttyACM0:0'. give that of the autopilot's port, such as "
            "57600 or 921600",
        ),
    ],
)
def test_a_number_that_no_port_has_is_named(text, message):
    with pytest.raises(UserError) as error:
        read_connection(text)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("text", "waits"),
    [
        ("udp:0.0.0.0:14540", False),
        ("udpout:192.168.1.7:14550", False),
        ("udp://:14540@192.168.1.7:14557", False),
        ("/dev/ttyACM0:57600", False),
        ("udp:localhost:14540", True),
        ("udpout:drone.local:14550", True),
        ("udp://:14540@drone.local:14557", True),
        ("tcp:127.0.0.1:5760", True),
    ],
)
def test_what_needs_an_answer_from_the_network_may_wait(text, waits):
    assert read_connection(text).may_wait is waits
