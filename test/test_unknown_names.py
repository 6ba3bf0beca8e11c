"""Misspelt names are refused with the nearest one; what belongs to others passes. No ROS needed."""

import pytest

from liquid_nav.bringup.unknown_names import (
    is_named,
    refuse_arguments,
    refuse_unknown_parameters,
    wildcard_parameters,
)
from liquid_nav.errors import UserError

KNOWN = ["seed", "model", "speed", "use_sim_time"]


def test_a_misspelt_launch_argument_is_refused_with_the_nearest_name():
    refuse_arguments(["seed", "model"], KNOWN)
    with pytest.raises(UserError, match="unknown launch argument 'sed'. did you mean 'seed'?"):
        refuse_arguments(["model", "sed"], KNOWN)
    with pytest.raises(
        UserError, match="unknown launch argument 'wholly_other'. --show-args lists them all"
    ):
        refuse_arguments(["wholly_other"], KNOWN)


def test_only_our_own_launch_file_is_looked_at(tmp_path, monkeypatch):
    ours = tmp_path / "share" / "drone.launch.py"
    theirs = tmp_path / "drone.launch.py"
    for file in (ours, theirs):
        file.parent.mkdir(exist_ok=True)
        file.touch()
    monkeypatch.chdir(tmp_path)
    assert is_named(ours, ["ros2", "launch", "liquid_nav", "drone.launch.py", "sorce:=0"])
    assert is_named(ours, ["ros2", "launch", "share/drone.launch.py"])
    assert not is_named(ours, ["ros2", "launch", "drone.launch.py", "gps:=true"]), (
        "a person's file of the same name"
    )
    assert not is_named(ours, ["ros2", "launch", "their_package", "bringup.launch.py"])


def test_a_misspelt_parameter_is_refused_with_the_nearest_name():
    refuse_unknown_parameters("camera", KNOWN, KNOWN)
    refuse_unknown_parameters("camera", ["qos_overrides./odom.subscription.depth"], KNOWN)
    with pytest.raises(UserError, match="camera has no parameter 'modle'. did you mean 'model'?"):
        refuse_unknown_parameters("camera", ["modle"], KNOWN)
    with pytest.raises(
        UserError, match="camera has no parameter 'wholly_other'. --help lists them all"
    ):
        refuse_unknown_parameters("camera", ["wholly_other"], KNOWN)


REPLACING = ["personal", "autopilot", "port"]
"""What a node or a launch file reads: the nearest name to ``personality`` is not its new one."""


def test_a_replaced_launch_argument_is_refused_with_its_name_now():
    with pytest.raises(UserError) as caught:
        refuse_arguments(["port", "personality"], REPLACING)
    assert str(caught.value) == (
        "unknown launch argument 'personality'. it is called 'autopilot' now. --show-args lists "
        "them all"
    )


@pytest.mark.parametrize("for_all", [(), ("personality",)])
def test_a_replaced_parameter_is_refused_with_its_name_now(for_all):
    with pytest.raises(UserError) as caught:
        refuse_unknown_parameters("test_vehicle", ["personality"], REPLACING, for_all)
    assert str(caught.value) == (
        "test_vehicle has no parameter 'personality'. it is called 'autopilot' now. --help lists "
        "them all"
    )


def test_a_replaced_name_is_only_one_where_the_new_one_is_read():
    refuse_unknown_parameters("camera", ["personality"], KNOWN, for_all=["personality"])
    with pytest.raises(UserError, match="'personality'. --help lists them all"):
        refuse_unknown_parameters("camera", ["personality"], KNOWN)


def test_what_is_given_to_every_node_may_be_another_nodes_but_not_a_misspelling():
    refuse_unknown_parameters("camera", ["wholly_other"], KNOWN, for_all=["wholly_other"])
    with pytest.raises(UserError, match="did you mean 'model'"):
        refuse_unknown_parameters("camera", ["modle"], KNOWN, for_all=["modle"])


def test_a_longer_name_of_another_package_is_no_misspelling():
    known = ["yaw_rate", "target_system", "speed"]
    shared = ["max_yaw_rate", "target_system_id", "max_speed"]
    refuse_unknown_parameters("camera", shared, known, for_all=shared)
    with pytest.raises(UserError, match="did you mean 'yaw_rate'"):
        refuse_unknown_parameters("camera", ["yaw_rat"], known, for_all=["yaw_rat"])


@pytest.mark.parametrize("section", ["/**", "/d1/**", "/**/*", "'**'", "/*", "/d1:\n  '**'"])
def test_every_pattern_that_fits_any_node_applies_to_all(tmp_path, section):
    file = tmp_path / "all.yaml"
    file.write_text(f"{section}: {{ros__parameters: {{foo: 1}}}}\n")
    assert wildcard_parameters(["--params-file", str(file)]) == {"foo"}
    file.write_text("/d1/camera: {ros__parameters: {foo: 1}}\n")
    assert wildcard_parameters(["--params-file", str(file)]) == set()


def test_what_files_give_to_every_node_is_read_from_them(tmp_path):
    file = tmp_path / "all.yaml"
    file.write_text(
        "/**:\n  ros__parameters:\n    a: 1\n    b: {c: 2}\n/**/camera:\n  ros__parameters: {d: "
        "3}\n"
    )
    broken = tmp_path / "broken.yaml"
    broken.write_text("/**: [")
    arguments = [
        "--ros-args",
        "--params-file",
        str(file),
        "--params-file",
        str(broken),
        "--params-file",
        "/nowhere",
    ]
    assert wildcard_parameters(arguments) == {"a", "b.c"}
