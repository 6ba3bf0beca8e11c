"""Not a test, a measurement: how long others stand still when a process that publishes is killed.

``python test/nodes/stalls_after_kills.py 42`` kills one 42 times.

Two small nodes go on while a third one publishes as fast as it can, is killed, and begins again. A pause of the first
two that is longer than ``LONG`` is printed. Over Fast DDS's shared memory there are some now and then, of a second: it
guards each port with a lock that a killed process leaves behind. ``FASTDDS_BUILTIN_TRANSPORTS=UDPv4`` before the
command tries UDP alone.
"""

import random
import subprocess
import sys
import time

import rclpy
from rclpy.qos import QoSProfile, ReliabilityPolicy
from std_msgs.msg import UInt8MultiArray

LONG = 0.1
"""s of wall time."""
PERIOD = 0.005
"""s between two messages of the steady publisher."""
QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


def flood():
    """Publish as fast as possible, from when somebody listens."""
    publisher = rclpy.create_node("flood").create_publisher(UInt8MultiArray, "flood", QOS)
    while publisher.get_subscription_count() == 0:
        time.sleep(PERIOD)
    print("begun", flush=True)
    message = UInt8MultiArray(data=bytes(20_000))
    while True:
        publisher.publish(message)


def steady():
    """Publish in a steady rhythm; print how long a call took that took long."""
    publisher = rclpy.create_node("steady").create_publisher(UInt8MultiArray, "steady", QOS)
    message = UInt8MultiArray(data=bytes(10))
    while True:
        begin = time.monotonic()
        publisher.publish(message)
        took = time.monotonic() - begin
        if took > LONG:
            print(f"steady: publishing took {took:.2f} s", flush=True)
        time.sleep(PERIOD)


def listen():
    """Listen to both; print pauses of the steady one."""
    node = rclpy.create_node("listen")
    heard = [time.monotonic()]

    def on_steady(message):
        heard.append(time.monotonic())
        pause = heard[-1] - heard.pop(0)
        if pause > LONG:
            print(f"listen: nothing for {pause:.2f} s", flush=True)

    node.create_subscription(UInt8MultiArray, "flood", lambda message: None, QOS)
    node.create_subscription(UInt8MultiArray, "steady", on_steady, QOS)
    rclpy.spin(node)


def start(role, **options):
    """Start one of the three in a process of its own."""
    return subprocess.Popen([sys.executable, __file__, role], **options)


def main(kills):
    """Kill the flood so often."""
    others = [start("listen"), start("steady")]
    try:
        time.sleep(3.0)
        for number in range(kills):
            victim = start("flood", stdout=subprocess.PIPE)
            victim.stdout.readline()
            time.sleep(random.uniform(0.3, 0.5))
            victim.kill()
            victim.wait()
            print(f"killed {number + 1} of {kills}", flush=True)
            # The locks time out after one second, and where there are two of them after two.
            time.sleep(2.2)
    finally:
        for process in others:
            process.kill()


if __name__ == "__main__":
    roles = {"flood": flood, "steady": steady, "listen": listen}
    if sys.argv[1] in roles:
        rclpy.init()
        roles[sys.argv[1]]()
    else:
        main(int(sys.argv[1]))
