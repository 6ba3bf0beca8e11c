"""Domains and ports that two runs on one machine cannot both get, and what a test run may reach
by.
"""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from liquid_nav.bringup import claims
from liquid_nav.bringup import simulated_flight as bringup
from liquid_nav.bringup.claims import EPHEMERAL, PORTS, claim, free_port, release
from liquid_nav.cli.processes import claim_ros_domain
from liquid_nav.errors import UserError

ROOT = Path(__file__).parents[2]
ELSEWHERE = (
    "import sys; from liquid_nav.bringup.claims import claim; sys.exit(not claim(sys.argv[1]))"
)
"""Exit code 0 where another process gets what is claimed."""


@pytest.fixture
def name():
    """Return a name that no other run uses; it is released at the end."""
    own = f"test {os.getpid()}"
    yield own
    release(own)


def gets_it(name):
    """Return whether another process, which ends at once, gets the name."""
    return subprocess.run([sys.executable, "-c", ELSEWHERE, name], cwd=ROOT).returncode == 0


def test_what_one_process_has_no_other_gets_until_it_is_released(name):
    assert gets_it(name)
    assert claim(name), "who has ended holds nothing"
    assert not claim(name)
    assert not gets_it(name)
    release(name)
    assert gets_it(name)


def test_what_is_released_twice_or_was_never_claimed_does_no_harm(name):
    release(name)
    assert claim(name)
    release(name)
    release(name)
    assert claim(name)


def test_two_draws_of_a_domain_never_meet(monkeypatch):
    """Between a draw and the first participant's sockets seconds may pass: a process starts
    meanwhile.
    """
    domain = claim_ros_domain()
    monkeypatch.setattr(claims, "DOMAINS", range(domain, domain + 1))
    with pytest.raises(UserError, match="no free ROS domain"):
        claim_ros_domain()
    claims.release_ros_domain(domain)


def test_a_domain_in_use_is_left_out(monkeypatch):
    domain = claim_ros_domain()
    claims.release_ros_domain(domain)
    monkeypatch.setattr(claims, "DOMAINS", range(domain, domain + 1))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("", 7400 + 250 * domain + 12))
        for _ in range(2):
            with pytest.raises(UserError, match="no free ROS domain"):
                claim_ros_domain()


def test_two_draws_of_a_port_never_meet(monkeypatch):
    port = free_port()
    monkeypatch.setattr(claims, "PORTS", range(port, port + 1))
    with pytest.raises(UserError, match="no free UDP port"):
        free_port()
    release(f"port {port}")


def test_a_port_in_use_is_left_out(monkeypatch):
    port = free_port()
    release(f"port {port}")
    monkeypatch.setattr(claims, "PORTS", range(port, port + 1))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", port))
        with pytest.raises(UserError, match="no free UDP port"):
            free_port()


def test_ports_are_neither_those_of_our_domains_nor_those_that_the_system_hands_out():
    of_domains = {
        7400 + 250 * domain + offset for domain in claims.DOMAINS for offset in range(250)
    }
    assert not of_domains & {*PORTS}
    assert not {*EPHEMERAL} & {*PORTS}
    assert max(of_domains) < EPHEMERAL.start


def test_a_test_vehicle_and_its_bridge_have_a_port_that_is_claimed():
    graph = bringup.autopilot_graph(bringup.FlightPlan(autopilot="test-px4"))
    (port,) = [
        process.parameters["port"] for process in graph if process.executable == "test_vehicle"
    ]
    assert port in PORTS
    assert not claim(f"port {port}")
    release(f"port {port}")


UNSAFE = {
    "ROS_DOMAIN_ID": "0",
    "ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET",
    "ROS_LOCALHOST_ONLY": "0",
    "ROS_STATIC_PEERS": "192.168.1.7",
    "ROS_DISCOVERY_SERVER": "192.168.1.7:11811",
}
"""What a person has set who works with a real drone."""
PRINT = (
    "import conftest, os, json; print(json.dumps({k: v for k, v in os.environ.items() if "
    "k.startswith('ROS_')}))"
)


def test_a_test_run_is_received_on_this_computer_alone_whatever_the_shell_sets():
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("ROS_")
    } | UNSAFE
    command = [sys.executable, "-c", PRINT]
    done = subprocess.run(
        command, cwd=ROOT / "test", env=environment, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    assert int(found.pop("ROS_DOMAIN_ID")) in claims.DOMAINS
    assert found == {"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}


def test_two_test_runs_at_once_have_two_domains():
    waiting = (
        "import conftest, os, sys; print(os.environ['ROS_DOMAIN_ID'], flush=True); sys.stdin.read()"
    )
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", waiting],
            cwd=ROOT / "test",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    domains = [int(run.stdout.readline()) for run in runs]
    for run in runs:
        run.communicate("")
    assert len({*domains, int(os.environ["ROS_DOMAIN_ID"])}) == 3
