"""Nodes without a network: topics, services, timers and clocks that the test holds in its hands."""

from types import SimpleNamespace

import pytest
import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.time import Time

from liquid_nav.bringup.claims import claim_ros_domain, release_ros_domain

NANO = 1_000_000_000


class Publisher:
    """In place of a publisher: keeps what was published."""

    def __init__(self, kind, publish, wait):
        self.msg_type, self.publish, self.wait_for_all_acked = kind, publish, wait
        self.listeners = 0

    def get_subscription_count(self):
        return self.listeners


class Log(list):
    """In place of a logger: (level, text) of each line."""

    def __getattr__(self, level):
        return lambda text, **more: self.append((level, text))


class Wires:
    """To be mixed into a node: topics, services and timers end in the test and not in DDS.

    ``sent[topic]`` are messages, ``callbacks[topic]``, ``offers[service]`` and ``ticks`` callbacks,
    ``seen[topic]`` is how it was created, ``topics_sent`` the topics in the order of their
    messages. ``several[name]`` is how many publish on a topic (1 where nothing is set).
    ``stamping``, if set, is what the clock shows that stamps messages, s.
    """

    stamping = None

    def __init__(self, **options):
        self.sent, self.callbacks, self.seen, self.offers, self.ticks = {}, {}, {}, {}, []
        self.several, self.looked, self.waited, self.topics_sent, self.log = {}, [], [], [], Log()
        super().__init__(**options)

    def create_publisher(self, kind, topic, qos, **more):
        self.seen[topic] = (kind, qos)
        messages = self.sent.setdefault(topic, [])

        def publish(message):
            messages.append(message)
            self.topics_sent.append(topic)

        return Publisher(kind, publish, self.waited.append)

    def create_subscription(self, kind, topic, callback, qos, *, raw=False, **more):
        self.seen[topic], self.callbacks[topic] = (kind, qos, raw), callback

    def create_service(self, kind, name, callback, **more):
        self.offers[name] = kind, callback

    def create_timer(self, period, callback, callback_group=None, clock=None):
        self.ticks.append((period, clock and clock.clock_type, callback))

    def count_publishers(self, name):
        self.looked.append(name)
        return self.several.get(name, 1)

    def get_logger(self):
        return self.log

    def get_clock(self):
        if self.stamping is None:
            return super().get_clock()
        return SimpleNamespace(now=lambda: Time(nanoseconds=round(self.stamping * NANO)))

    def statuses(self):
        """Publish the diagnostics, as it happens every second; returns {name: status}."""
        for period, _, callback in self.ticks:
            if period == 1.0:
                callback()
        return {
            status.name.split(": ", 1)[1]: status for status in self.sent["/diagnostics"][-1].status
        }

    def status(self, name):
        """Return level, text and values of one status."""
        found = self.statuses()[name]
        return found.level, found.message, {pair.key: pair.value for pair in found.values}


class Plain(Wires, Node):
    """A node without a life of its own."""

    def __init__(self, **options):
        super().__init__(node_name="plain", **options)


@pytest.fixture(scope="module")
def context():
    """A context for all tests, on a domain of its own. Its first node stays: making a participant
    takes longest.
    """
    context = rclpy.Context()
    domain = claim_ros_domain()
    rclpy.init(context=context, domain_id=domain)
    keeper = rclpy.create_node("keeper", context=context)
    yield context
    keeper.destroy_node()
    rclpy.try_shutdown(context=context)
    release_ros_domain(domain)


@pytest.fixture
def node(context):
    """Return a function that makes a node of a class from its parameters."""
    made = []

    def create(kind, **parameters):
        overrides = [Parameter(name, value=value) for name, value in parameters.items()]
        made.append(kind(context=context, parameter_overrides=overrides, enable_rosout=False))
        return made[-1]

    yield create
    for each in made:
        each.destroy_node()
