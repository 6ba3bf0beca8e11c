"""``python -m liquid_nav``, ``-h``, and what a shell is offered when a person presses the tab
key.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from liquid_nav.cli import offers
from liquid_nav.resources import find

ROOT = Path(__file__).parents[2]


def module(*arguments, **variables):
    """Run ``python -m liquid_nav``; returns exit code and standard output."""
    done = subprocess.run(
        [sys.executable, "-m", "liquid_nav", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
        env=os.environ | variables,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def offered(line):
    """Return what bash is offered for a line that ends where the cursor stands."""
    arguments = line.split(" ")
    code, out = module(
        _LIQUID_NAV_COMPLETE="complete_bash",
        COMP_WORDS=" ".join(arguments),
        COMP_CWORD=str(len(arguments) - 1),
    )
    assert code == 0
    return out.split()


@pytest.mark.parametrize(
    "arguments", [("-h",), ("fly", "-h"), ("bench", "core", "-h"), ("import", "-h")]
)
def test_help_is_also_h_everywhere(arguments):
    code, out = module(*arguments)
    assert code == 0 and "Usage: liquid-nav" in out and "-h" in out


def test_the_package_is_a_command():
    code, out = module("--version")
    assert code == 0 and out.startswith("liquid_nav ")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("liquid-nav fl", {"fly"}),
        ("liquid-nav fly --scen", {"--scenario"}),
        ("liquid-nav fly --scenario ", {"field", "forest"}),
        ("liquid-nav fly --condition dri", {"drift", "drift_wandering"}),
        ("liquid-nav fly --model d", {"default"}),
        ("liquid-nav fly --pilot ", {"policy", "expert"}),
        ("liquid-nav evaluate --model str", {"straight"}),
        ("liquid-nav evaluate --condition pseudo/s", {"pseudo/sepia", "pseudo/stripes"}),
        ("liquid-nav world fie", {"field"}),
        ("liquid-nav replay bag --model def", {"default"}),
    ],
)
def test_a_shell_is_offered_what_there_is(line, expected):
    assert set(offered(line)) == expected


def test_every_name_that_comes_with_the_package_is_offered():
    from liquid_nav.bringup.simulated_flight import PILOT_KINDS
    from liquid_nav.evaluation import entrants
    from liquid_nav.worlds import load_condition, load_scenario

    assert set(offers.pilots("")) == set(PILOT_KINDS)
    assert set(entrants.PILOTS) <= set(offers.models_and_pilots(""))
    assert set(offers.conditions("")) >= {
        path.stem for path in find("config/conditions").glob("*.yaml")
    }
    for name in offers.conditions(""):
        load_condition(name)
    for name in offers.scenarios(""):
        load_scenario(name)


def test_offering_imports_nothing_heavy():
    code = (
        "import sys; from liquid_nav.cli import offers, fly, evaluate, world_command, replay\n"
        "offers.models_and_pilots(''), offers.conditions('')\n"
        "print(sorted({'torch', 'mujoco', 'rclpy', 'cv2', 'lightning'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=ROOT
    )
    assert done.stdout.strip() == "[]", done.stderr
