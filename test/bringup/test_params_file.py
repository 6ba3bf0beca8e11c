"""A person's parameter file: which node it means, what it wins against, and what is refused of
it.
"""

import runpy
from pathlib import Path

import pytest
import setuptools

from liquid_nav.bringup.params_file import NODES, ParamsFile, read_params_file
from liquid_nav.errors import UserError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def file(tmp_path):
    """Return a function that writes a file and reads it as a launch file does."""

    def write(text):
        path = tmp_path / "mine.yaml"
        path.write_text(text)
        return read_params_file(str(path))

    return write


@pytest.mark.parametrize(
    ("key", "node", "meant"),
    [
        ("/**", "/a/camera", True),
        ("/**", "/camera", True),
        ("/**/camera", "/camera", True),
        ("/**/camera", "/a/b/camera", True),
        ("/**/camera", "/a/camera2", False),
        ("camera", "/camera", True),
        ("/camera", "/camera", True),
        ("camera", "/a/camera", False),
        ("/*/camera", "/a/camera", True),
        ("/*/camera", "/camera", False),
        ("/*/camera", "/a/b/camera", False),
        ("/a/camera", "/a/camera", True),
        ("a", "/a", True),
    ],
)
def test_a_section_means_the_nodes_that_ros_means_by_it(file, key, node, meant):
    found = file(f"{key}: {{ros__parameters: {{speed: 1.0}}}}").values(node)
    assert found == ({"speed": 1.0} if meant else {})


def test_namespaces_may_be_keys_of_their_own_and_the_last_section_counts(file):
    reported = file("""
/**: {ros__parameters: {speed: 1.0, radius: 5.0}}
d1:
  safety_supervisor: {ros__parameters: {speed: 2.0}}
""")
    assert reported.values("/d1/safety_supervisor") == {"speed": 2.0, "radius": 5.0}
    assert reported.values("/d2/safety_supervisor") == {"speed": 1.0, "radius": 5.0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2]", "nothing that can be read below 'the top'"),
        ("", "nothing that can be read below 'the top'"),
        ("speed: 1.0", "nothing that can be read below '/speed'"),
        ("camera: {speed: 1.0}", "nothing that can be read below '/camera/speed'"),
        ("ros__parameters: {speed: 1.0}", "ros__parameters of 'no node'"),
        ("camera: {ros__parameters: 3}", "ros__parameters of '/camera'"),
        ("camera: {ros__parameters: {width: 1, width: 2}}", "stands twice"),
        ("camera: [", "is no YAML"),
    ],
)
def test_what_is_no_parameter_file_is_one_line(file, text, message):
    with pytest.raises(UserError) as caught:
        file(text)
    assert (
        message in str(caught.value)
        and "mine.yaml" in str(caught.value)
        and "\n" not in str(caught.value)
    )


def test_a_file_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(UserError, match="cannot read params_file .*: No such file"):
        read_params_file(str(tmp_path / "none.yaml"))
    assert read_params_file("") == ParamsFile()


def test_a_node_that_does_not_exist_is_refused_with_the_nearest_name(file):
    reported = file("/**/safty_supervisor: {ros__parameters: {speed: 1.0}}")
    with pytest.raises(
        UserError,
        match="no node is called '/\\*\\*/safty_supervisor'. did you mean safety_supervisor?",
    ):
        reported.check(["/safety_supervisor"])


def test_a_section_that_misses_the_namespace_is_refused_and_not_lost(file):
    reported = file("safety_supervisor: {ros__parameters: {speed: 1.0}}")
    reported.check(["/safety_supervisor"])
    with pytest.raises(
        UserError,
        match="none of the nodes here: /d1/safety_supervisor. write /\\*\\*/safety_supervisor",
    ):
        reported.check(["/d1/safety_supervisor"])


def test_a_node_of_ours_that_is_not_started_may_stand_in_the_file(file):
    file("/**/recorder: {ros__parameters: {jpeg_quality: 80}}").check(["/safety_supervisor"])


def test_every_node_of_the_package_is_known():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(setuptools, "setup", lambda **arguments: None)
        patch.chdir(ROOT)
        names = runpy.run_path("setup.py")["NODES"]
    # world_camera is the old name of simulated_camera.
    assert set(names) - {"world_camera"} == set(NODES)


def test_names_for_one_node_are_distinguished_from_those_for_all_around_it(file):
    found = file(
        "/**: {ros__parameters: {foo: 1}}\n/**/camera: {ros__parameters: {rate: 2.0, deep: {name: "
        "3}}}\n"
    )
    assert found.own("/d1/camera") == ["rate", "deep.name"]
    assert found.own("/d1/recorder") == []
