"""The bond with a lifecycle manager, over DDS; the other side is bondpy where it is installed."""

import sys
from types import SimpleNamespace

import pytest
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState

from liquid_nav.errors import UserError
from liquid_nav.nodes import bond
from liquid_nav.nodes.bond import ENDINGS, PERIOD, TIMEOUT, TOPIC, Bond
from liquid_nav.nodes.liquid_controller import LiquidController

MISSING = "the ROS package bond is not installed: no wheel has it"


@pytest.fixture
def controller(harness, small_model):
    """A controller with a bond, active."""
    pytest.importorskip("bond.msg", reason=MISSING)
    node = harness.add(LiquidController, model=str(small_model), bond=True)
    received = harness.listen(TOPIC, status_type(), 100)
    harness.until(lambda: node.count_subscribers(TOPIC) == 2, "discovery")
    node.start()
    return node, received


def status_type():
    from bond.msg import Status

    return Status


def change(harness, transition):
    """Ask for a transition over the service."""
    client = harness.probe.create_client(ChangeState, "liquid_controller/change_state")
    harness.until(client.service_is_ready, "service change_state")
    future = client.call_async(ChangeState.Request(transition=Transition(id=transition)))
    harness.until(future.done, "answer of change_state")
    assert future.result().success


def test_without_the_package_a_bond_is_refused_in_one_line(harness, small_model, monkeypatch):
    monkeypatch.setitem(sys.modules, "bond", None)
    monkeypatch.setitem(sys.modules, "bond.msg", None)
    with pytest.raises(
        UserError, match="bond is true, and the ROS package bond is not installed"
    ) as caught:
        harness.add(LiquidController, model=str(small_model), bond=True)
    assert "ros-$ROS_DISTRO-bond" in str(caught.value)


def test_without_the_parameter_there_is_no_bond(harness, small_model):
    node = harness.add(LiquidController, model=str(small_model))
    node.start()
    assert TOPIC not in {name.strip("/") for name, _ in node.get_topic_names_and_types()}


def test_a_heartbeat_while_it_is_active_and_a_message_when_it_ends(harness, controller):
    _, received = controller
    harness.until(lambda: len(received) >= 3, "heartbeats")
    assert {(m.id, m.active) for m in received} == {("liquid_controller", True)}
    assert received[0].heartbeat_period == pytest.approx(PERIOD) and received[
        0
    ].heartbeat_timeout == pytest.approx(TIMEOUT)
    change(harness, Transition.TRANSITION_DEACTIVATE)
    harness.until(lambda: not received[-1].active, "the end of the bond")
    # Sent again and again, as no manager answers, and no heartbeat between; then nothing is sent.
    harness.until(
        lambda: [m.active for m in received].count(False) == ENDINGS, "every message of its end"
    )
    reported = len(received)
    periods = []
    harness.probe.create_timer(PERIOD, lambda: periods.append(True))
    harness.until(lambda: len(periods) >= 5, "five periods")
    assert len(received) == reported and not any(m.active for m in received[-ENDINGS:])
    change(harness, Transition.TRANSITION_ACTIVATE)
    harness.until(lambda: received[-1].active, "a new bond")


def test_a_manager_that_breaks_the_bond_is_answered(harness, controller):
    _, received = controller
    harness.until(lambda: len(received) >= 1, "a heartbeat")
    publisher = harness.probe.create_publisher(status_type(), TOPIC, 10)
    harness.matched(publisher)
    own = received[0].instance_id
    # Neither another node's bond nor the node's own message, which it receives too, ends this one.
    publisher.publish(status_type()(id="another_node", instance_id="manager", active=False))
    publisher.publish(status_type()(id="liquid_controller", instance_id=own, active=False))
    before = len(received)
    harness.until(lambda: len(received) > before + 5, "more heartbeats")
    ends = [m.active for m in received if m.instance_id == own]
    assert ends.count(False) == 1 and ends[-1]
    publisher.publish(status_type()(id="liquid_controller", instance_id="manager", active=False))
    harness.until(lambda: not [m.active for m in received if m.instance_id == own][-1], "an answer")
    # It is answered once.
    reported = len(received)
    periods = []
    harness.probe.create_timer(PERIOD, lambda: periods.append(True))
    harness.until(lambda: len(periods) >= 5, "five periods")
    assert len(received) == reported


def test_bondpy_forms_and_breaks_it(harness, controller):
    bondpy = pytest.importorskip("bondpy.bondpy", reason="bondpy is not installed")
    node, _ = controller
    formed = []
    broken = []
    other = bondpy.Bond(
        harness.probe,
        TOPIC,
        "liquid_controller",
        lambda: broken.append(True),
        lambda: formed.append(True),
    )
    other.start()
    harness.until(lambda: formed, "a bond")
    assert not broken
    change(harness, Transition.TRANSITION_DEACTIVATE)
    harness.until(lambda: broken, "the end of the bond")
    other.shutdown()


class Alone:
    """What a bond needs of its node, and a timer that beats when the test wants it."""

    def __init__(self, monkeypatch):
        monkeypatch.setattr(
            bond, "_status_type", lambda: lambda **of: SimpleNamespace(header=Alone.header(), **of)
        )
        self.sent = []
        self.beating = False
        self.bond = Bond(self)

    @staticmethod
    def header():
        return SimpleNamespace(stamp=None)

    def create_publisher(self, kind, topic, depth):
        return SimpleNamespace(publish=lambda message: self.sent.append(message.active))

    def create_subscription(self, kind, topic, callback, depth):
        self.receive = callback

    def create_timer(self, period, callback, clock):
        self.beat = callback
        return SimpleNamespace(reset=lambda: self._set(True), cancel=lambda: self._set(False))

    def _set(self, beating):
        self.beating = beating

    def get_name(self):
        return "liquid_controller"

    def get_clock(self):
        return SimpleNamespace(now=lambda: SimpleNamespace(to_msg=lambda: None))

    def wait(self, periods):
        """Let the timer run for so many periods."""
        for _ in range(periods):
            if self.beating:
                self.beat()

    def report_of_manager(self, active, id="liquid_controller", instance_id="manager"):
        self.receive(SimpleNamespace(id=id, instance_id=instance_id, active=active))


def test_the_end_of_a_bond_is_sent_for_a_while_and_a_new_one_can_begin(monkeypatch):
    alone = Alone(monkeypatch)
    alone.wait(3)
    alone.bond.stop()
    assert not alone.sent, "without a bond there is no end of one"
    alone.bond.start()
    alone.wait(3)
    assert alone.sent == [True] * 4
    alone.bond.stop()
    alone.wait(5 * ENDINGS)
    assert alone.sent[4:] == [False] * ENDINGS
    alone.bond.start()
    assert alone.sent[-1] and alone.beating


def test_only_the_managers_end_of_this_bond_ends_it(monkeypatch):
    alone = Alone(monkeypatch)
    alone.bond.start()
    alone.report_of_manager(True)
    alone.report_of_manager(False, id="another_node")
    alone.report_of_manager(False, instance_id=alone.bond._instance)
    alone.wait(2)
    assert alone.sent == [True] * 3
    alone.report_of_manager(False)
    alone.wait(5)
    assert alone.sent[3:] == [False], "it is answered once"


def test_a_manager_that_answers_gets_no_more_ends(monkeypatch):
    alone = Alone(monkeypatch)
    alone.bond.start()
    alone.bond.stop()
    alone.wait(2)
    alone.report_of_manager(False)
    alone.wait(ENDINGS)
    assert alone.sent == [True] + [False] * 3
