"""Orders and reports: what supervisor and bridge send each other, and what each makes of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liquid_nav.safety import (
    BridgeReport,
    Mode,
    Order,
    Phase,
    SafetyLimits,
    SafetySupervisor,
    WatchLimits,
)
from liquid_nav.types import Command

FORWARD = Command(vx=1.0)
texts = st.text(max_size=20)
counts = st.integers(0, 2**53 - 1)
orders = st.builds(
    Order,
    texts.filter(bool),
    st.sampled_from(Mode),
    counts,
    counts,
    st.floats(allow_nan=False, allow_infinity=False),
    counts,
)
reports = st.builds(
    BridgeReport,
    st.sampled_from(Phase),
    armed=st.booleans(),
    airborne=st.booleans(),
    supervisor=texts,
    act=counts,
    fault=texts,
    text=texts,
    change=counts,
    flips=counts,
    switched_on=st.booleans(),
    bridge=texts,
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@given(orders)
def test_an_order_survives_its_way_as_json(order):
    assert Order.from_facts(json.loads(json.dumps(order.to_facts()))) == order


@given(reports)
def test_a_report_survives_its_way_as_json(report):
    assert BridgeReport.from_facts(json.loads(json.dumps(report.to_facts()))) == report


@given(
    orders,
    st.sampled_from(("supervisor", "mode", "act", "engagement", "stamp", "change")),
    anything,
)
def test_an_order_with_anything_in_it_is_an_order_or_nothing(order, key, value):
    read = Order.from_facts(order.to_facts() | {key: value})
    assert read is None or (read.act >= 0 and read.engagement >= 0 and read.supervisor)


@given(
    st.dictionaries(
        st.sampled_from(("phase", "armed", "supervisor", "act", "kind", "fault", "change")),
        anything,
    )
)
def test_a_report_of_anything_is_a_report_or_nothing(facts):
    read = BridgeReport.from_facts(facts)
    assert read is None or read.act >= 0


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("supervisor", ""),
        ("supervisor", 3),
        ("mode", "flying"),
        ("mode", ["engaged"]),
        ("act", -1),
        ("act", True),
        ("act", 1.0),
        ("act", 2**53),
        ("engagement", None),
        ("stamp", "now"),
        ("stamp", float("nan")),
        ("stamp", float("inf")),
        pytest.param("stamp", 10**400, id="stamp too large for a float"),
        pytest.param("stamp", -(10**400), id="stamp too small for a float"),
        ("stamp", True),
        ("change", -1),
        ("change", 0.5),
    ],
)
def test_what_is_no_order(key, value):
    good = Order("a", Mode.ENGAGED, 1, 1, 2.0).to_facts()
    assert Order.from_facts(good) is not None
    assert Order.from_facts(good | {key: value}) is None and Order.from_facts(None) is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("phase", "engaged"),
        ("phase", None),
        ("supervisor", 3),
        ("act", -1),
        ("act", True),
        ("kind", None),
        ("fault", []),
        ("change", "3"),
        ("change", -2),
    ],
)
def test_what_is_no_report(key, value):
    good = BridgeReport(Phase.FLYING).to_facts()
    assert BridgeReport.from_facts(good) is not None
    assert (
        BridgeReport.from_facts(good | {key: value}) is None
        and BridgeReport.from_facts(None) is None
    )


@pytest.mark.parametrize(
    "kind",
    [Order("a", Mode.ENGAGED, 1, 1, 2.0), BridgeReport(Phase.FLYING)],
    ids=["order", "report"],
)
def test_nothing_may_be_missing(kind):
    facts = kind.to_facts()
    for key in facts:
        assert (
            type(kind).from_facts({name: value for name, value in facts.items() if name != key})
            is None
        ), key


@pytest.mark.parametrize("value", ["true", 1, None])
def test_only_true_is_true(value):
    report = BridgeReport.from_facts(
        BridgeReport(Phase.FLYING, True, True).to_facts() | {"armed": value}
    )
    assert not report.armed and report.airborne


class Bench:
    """A supervisor with fresh inputs, and a bridge that the test plays."""

    def __init__(self, **limits):
        self.supervisor = SafetySupervisor(
            SafetyLimits(**limits), WatchLimits(autopilot_age=1.0), "us"
        )
        self.now = 10.0
        self.receive(Phase.READY)

    def step(self, seconds=0.1):
        self.now += seconds
        self.supervisor.image(self.now)
        self.supervisor.command(FORWARD, self.now, self.now)
        return self.supervisor.update(self.now)

    def receive(self, phase, fault="", change=None, supervisor="us"):
        order = self.supervisor.order
        change = order.change if change is None else change
        text = fault and f"because of {fault}"
        report = BridgeReport(phase, True, True, supervisor, order.act, fault, text, change)
        self.supervisor.bridge(report, self.now)
        return self

    def engage(self):
        self.step()
        assert self.supervisor.engage(self.now)[0]
        return self.receive(Phase.FLYING)

    @property
    def mode(self):
        return self.supervisor.mode


def test_every_request_of_a_person_has_a_number_and_nothing_else_has():
    bench = Bench().engage()
    supervisor = bench.supervisor
    assert (supervisor.order.act, supervisor.order.engagement, supervisor.order.mode) == (
        1,
        1,
        Mode.ENGAGED,
    )
    supervisor.hold(bench.now)
    supervisor.land(bench.now)
    assert (supervisor.order.act, supervisor.order.engagement) == (3, 1)
    supervisor.disengage(bench.now)
    assert (supervisor.order.act, supervisor.order.engagement) == (4, 1)
    bench.engage()
    assert (supervisor.order.act, supervisor.order.engagement) == (5, 2)
    bench.now += 2.0
    supervisor.update(bench.now)  # a fault
    assert bench.mode == "holding"
    bench.receive(Phase.HOLDING)
    for _ in range(15):
        bench.step()
        bench.receive(Phase.HOLDING)
    assert bench.mode == "engaged"  # resumed
    assert (supervisor.order.act, supervisor.order.engagement) == (5, 2)
    bench.receive(Phase.RELEASED, "foreign_mode")
    assert bench.mode == "pilot"
    assert (supervisor.order.act, supervisor.order.engagement) == (5, 2)


def test_a_refused_engagement_has_no_number():
    bench = Bench()
    assert not bench.supervisor.engage(bench.now)[0]
    assert (bench.supervisor.order.act, bench.supervisor.order.engagement) == (0, 0)


@pytest.mark.parametrize(
    ("phase", "fault", "mode"),
    [
        (Phase.RELEASED, "foreign_mode", "pilot"),
        (Phase.READY, "refused", "disengaged"),
        (Phase.READY, "", "disengaged"),
        (Phase.HOLDING, "supervisor_silent", "holding"),
        (Phase.HOLDING, "", "engaged"),
        (Phase.STARTING, "", "engaged"),
        (Phase.FLYING, "", "engaged"),
        (Phase.OFFLINE, "link_lost", "engaged"),
        (Phase.STOPPING, "", "engaged"),
    ],
)
def test_what_a_report_makes_of_an_engaged_supervisor(phase, fault, mode):
    bench = Bench().engage().receive(phase, fault)
    assert bench.mode == mode
    if mode != "engaged":
        assert bench.supervisor.why
        for _ in range(40):
            bench.step()
            bench.receive(phase, fault)
        assert bench.mode == mode, "only a person goes on"


@pytest.mark.parametrize("phase", list(Phase))
def test_a_report_from_before_the_last_act_changes_nothing(phase):
    bench = Bench().engage().receive(phase, "foreign_mode", change=0)
    assert bench.mode == "engaged"


def test_a_report_from_before_a_resume_does_not_end_it():
    """The act is the same: only the count of changes shows that the bridge has not received the
    resume yet.
    """
    bench = Bench().engage()
    bench.now += 2.0
    bench.supervisor.update(bench.now)
    assert bench.mode == "holding"
    received = bench.supervisor.order.change
    for _ in range(14):
        bench.receive(Phase.HOLDING, "position_old")
        bench.step()
        if bench.mode == "engaged":
            break
    bench.receive(Phase.HOLDING, "position_old", change=received)
    assert bench.mode == "engaged"
    bench.receive(Phase.HOLDING, "resume_refused")
    assert bench.mode == "holding"


@pytest.mark.parametrize("phase", list(Phase))
def test_a_report_for_another_supervisor_changes_nothing_but_the_faults(phase):
    bench = Bench().engage().receive(phase, "foreign_mode", supervisor="them")
    assert bench.mode == "engaged"
    assert bench.step().mode == "holding"  # the bridge does not receive us


def test_a_landing_ends_when_the_vehicle_is_disarmed_and_not_before():
    bench = Bench().engage()
    bench.supervisor.land(bench.now)
    for phase in (Phase.FLYING, Phase.LANDING, Phase.STOPPING, Phase.OFFLINE, Phase.HOLDING):
        bench.receive(phase)
        bench.step()
        assert bench.mode == "landing"
    bench.receive(Phase.READY)
    assert bench.mode == "disengaged" and "down" in bench.supervisor.why


def test_a_pilot_who_ends_a_landing_is_a_pilot():
    bench = Bench().engage()
    bench.supervisor.land(bench.now)
    bench.receive(Phase.RELEASED, "foreign_mode")
    assert bench.mode == "pilot"


def test_a_hold_of_the_bridges_own_needs_a_person_where_a_fault_of_ours_would_not():
    bench = Bench().engage()
    bench.receive(Phase.HOLDING, "supervisor_silent")
    for _ in range(30):
        bench.step()
        bench.receive(Phase.HOLDING, "supervisor_silent")
    assert bench.mode == "holding"
    assert bench.supervisor.engage(bench.now)[0]


@pytest.mark.parametrize("phase", [Phase.LANDING])
def test_nothing_engages_while_the_bridge_still_lands(phase):
    bench = Bench()
    bench.step()
    bench.receive(phase)
    done, why = bench.supervisor.engage(bench.now)
    assert not done and "landing goes on" in why


@pytest.mark.parametrize(
    ("phase", "text"), [(Phase.OFFLINE, "offline"), (Phase.FLYING, "not received")]
)
def test_landing_where_no_bridge_can_land_is_reported(phase, text):
    bench = Bench().engage()
    bench.receive(phase, supervisor="us" if phase is Phase.OFFLINE else "them")
    done, why = bench.supervisor.land(bench.now)
    assert not done and text in why and "remote control" in why and bench.mode == "landing"


def test_landing_with_a_bridge_is_promised():
    bench = Bench().engage()
    assert bench.supervisor.land(bench.now) == (True, "landing")


def test_a_bridge_that_is_silent_cannot_land():
    bench = Bench().engage()
    bench.now += 5.0
    assert not bench.supervisor.land(bench.now)[0]


@pytest.mark.parametrize("service", ["engage", "hold", "land"])
def test_a_touch_ends_every_active_mode(service):
    bench = Bench().engage()
    getattr(bench.supervisor, service)(bench.now)
    assert bench.supervisor.joy("rc", (0.0, 0.0), (), bench.now) == ""
    assert bench.supervisor.joy("rc", (0.0, 0.9), (), bench.now) == "stick 1"
    assert bench.mode == "pilot" and "stick 1" in bench.supervisor.why
    assert bench.step().command == Command()


def test_a_touch_while_nothing_flies_changes_nothing():
    bench = Bench()
    bench.supervisor.joy("rc", (0.0, 0.0), (), bench.now)
    bench.supervisor.joy("rc", (0.0, 0.9), (), bench.now)
    assert bench.mode == "disengaged"


@pytest.mark.parametrize(
    ("phase", "text", "why"),
    [
        (Phase.RELEASED, "", "the bridge has let go"),
        (Phase.RELEASED, "a pilot", "a pilot"),
        (Phase.READY, "", "the vehicle is disarmed"),
        (Phase.READY, "arming refused", "arming refused"),
    ],
)
def test_why_it_ended_is_reported_with_the_bridges_text_or_ours(phase, text, why):
    bench = Bench().engage()
    bench.supervisor.bridge(BridgeReport(phase, True, True, "us", 1, "", text, 1), 77.0)
    assert bench.supervisor.why == why and bench.supervisor.order.stamp == 77.0


def test_every_change_has_its_time():
    bench = Bench().engage()
    supervisor = bench.supervisor
    supervisor.land(31.0)
    assert supervisor.order.stamp == 31.0
    supervisor.bridge(BridgeReport(Phase.READY, False, False, "us", 2, change=2), 32.0)
    assert (supervisor.order.stamp, supervisor.why) == (32.0, "down and disarmed")
    supervisor.hold(33.0)
    assert (supervisor.order.stamp, supervisor.why) == (33.0, "")
    supervisor.joy("rc", (0.0,), (), 34.0)
    supervisor.joy("rc", (1.0,), (), 35.0)
    assert supervisor.order.stamp == 35.0
    bench = Bench().engage()
    bench.supervisor.bridge(
        BridgeReport(Phase.HOLDING, True, True, "us", 1, "refused", "a reason", 1), 36.0
    )
    assert (bench.supervisor.order.stamp, bench.supervisor.why) == (36.0, "a reason")


@pytest.mark.parametrize(
    ("phase", "armed", "ends"),
    [
        (Phase.HOLDING, True, True),
        (Phase.LANDING, True, True),
        (Phase.STARTING, False, False),
        (Phase.RELEASED, True, False),
        (Phase.READY, False, False),
        (None, False, False),
    ],
)
def test_a_touch_counts_while_the_bridge_has_an_armed_drone(phase, armed, ends):
    supervisor = SafetySupervisor(identity="us")
    supervisor.joy("rc", (0.0, 0.0), (), 1.0)
    if phase is not None:
        supervisor.bridge(BridgeReport(phase, armed, armed, "us"), 1.0)
    supervisor.joy("rc", (0.0, 0.9), (), 2.0)
    assert (supervisor.mode == "pilot") is ends
