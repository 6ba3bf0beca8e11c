"""Not a test: what a process leaves behind that is killed while it reads from Fast DDS's shared
memory.

``python test/nodes/left_locks.py`` kills a listener in that moment, and prints how long two others
stand still: a publisher whose messages it would have got, and another listener to the same
publisher. With ``FASTDDS_BUILTIN_TRANSPORTS=UDPv4`` before the command none does.

Each process reads from ports in shared memory, each of which has a lock. A process that is killed
while it holds one leaves it locked. Whoever sends to that port then waits for it for one second, a
constant of Fast DDS (``BOOST_INTERPROCESS_TIMEOUT_WHEN_LOCKING_DURATION_MS``), before it gives the
port up. A kill meets that moment once in many times; here the lock is taken on purpose.
"""

import ctypes
import mmap
import os
import re
import struct
import subprocess
import sys
import time
from pathlib import Path

PORTS = Path("/dev/shm")
MUTEX = 20848
"""Where the lock of a port (``PortNode::empty_cv_mutex``) is in its file, Fast DDS 3.2 on x86-64,
bytes.
"""
SHARED = 128
"""``__kind`` of a pthread mutex between processes."""
KIND = 16
"""Where that is in a mutex, bytes."""
LONG = 0.1
"""s of wall time."""
PERIOD = 0.01
"""s between two messages."""


class UnknownLayout(RuntimeError):
    """Shared memory of another Fast DDS: nothing was touched."""


def ports_of(pid):
    """Return the files of the ports that a process reads from: it has locked a file beside each of
    them.

    Its open files do not show it: a node that was launched inherits those of the launch process.
    """
    locks = re.findall(rf"FLOCK +ADVISORY +WRITE {pid} \S+:(\d+) ", Path("/proc/locks").read_text())
    inodes = {int(inode) for inode in locks}
    found = {one: one.stat().st_ino for one in PORTS.glob("fast*_port*_el")}
    return sorted(
        PORTS / one.name.removesuffix("_el") for one, inode in found.items() if inode in inodes
    )


def lock(path):
    """Lock a port and leave it so; whoever calls this must end afterwards, or hold it for ever."""
    with path.open("r+b") as file:
        memory = mmap.mmap(file.fileno(), 0)
    (kind,) = struct.unpack_from("<i", memory, MUTEX + KIND)
    if kind != SHARED:
        raise UnknownLayout(f"{path} has no lock at {MUTEX}")
    start = ctypes.addressof((ctypes.c_char * len(memory)).from_buffer(memory))
    library = ctypes.CDLL(None)
    while library.pthread_mutex_trylock(ctypes.c_void_p(start + MUTEX)):
        time.sleep(0.0001)


def kill_in_that_moment(pid):
    """Kill a process as if it held the locks of all its ports; raises UnknownLayout, having killed
    nothing.
    """
    ports = ports_of(pid)
    if not ports:
        raise UnknownLayout(f"process {pid} reads from no port in shared memory")
    for path in ports:
        lock(path)
    os.kill(pid, 9)


def publish():
    """Publish in a steady rhythm; print how long a call took that took long."""
    from std_msgs.msg import UInt8MultiArray

    publisher = _node("publisher").create_publisher(UInt8MultiArray, "steady", _qos())
    message = UInt8MultiArray(data=bytes(10))
    while True:
        begin = time.monotonic()
        publisher.publish(message)
        took = time.monotonic() - begin
        if took > LONG:
            print(f"publisher: a call took {took:.2f} s", flush=True)
        time.sleep(PERIOD)


def listen():
    """Listen; print pauses."""
    import rclpy
    from std_msgs.msg import UInt8MultiArray

    node = _node(f"listener_{os.getpid()}")
    received = []

    def on_message(message):
        now = time.monotonic()
        if not received:
            print("receives", flush=True)
        elif now - received.pop() > LONG:
            print(f"listener: nothing for a while, until {now:.2f} s", flush=True)
        received.append(now)

    node.create_subscription(UInt8MultiArray, "steady", on_message, _qos())
    rclpy.spin(node)


def _node(name):
    import rclpy

    rclpy.init()
    return rclpy.create_node(name)


def _qos():
    from rclpy.qos import QoSProfile, ReliabilityPolicy

    return QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


def main():
    """Start three, kill one, and look at the others for 5 s."""
    roles = ("publish", "listen", "listen")
    processes = [
        subprocess.Popen([sys.executable, __file__, role], stdout=subprocess.PIPE) for role in roles
    ]
    try:
        for listener in processes[1:]:
            listener.stdout.readline()
        time.sleep(2.0)
        print(
            f"killed at {time.monotonic():.2f} s, ports: "
            f"{[path.name for path in ports_of(processes[2].pid)]}"
        )
        try:
            kill_in_that_moment(processes[2].pid)
        except UnknownLayout as error:
            print(f"killed without a lock: {error}")
            processes[2].kill()
        time.sleep(5.0)
    finally:
        for process in processes:
            process.kill()
    for process in processes[:2]:
        print(process.stdout.read().decode(), end="")


if __name__ == "__main__":
    roles = {"publish": publish, "listen": listen}
    if len(sys.argv) > 1:
        roles[sys.argv[1]]()
    else:
        main()
