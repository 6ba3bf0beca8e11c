"""Errors for people: one line, and whole after a trip through a process pool."""

import pickle

import pytest

from liquid_nav.distribution import check_distribution
from liquid_nav.errors import UserError
from liquid_nav.resources import ResourceError, find


def test_one_line_with_cause_and_remedy():
    error = UserError("the file\n is empty.", "write it again")
    assert str(error) == "the file is empty. write it again"
    assert isinstance(error, ValueError)


def test_survives_pickling():
    error = pickle.loads(pickle.dumps(ResourceError("gone", "bring it back")))
    assert (type(error), error.cause, error.remedy) == (ResourceError, "gone", "bring it back")


def test_missing_resource_names_the_places():
    with pytest.raises(ResourceError, match="config/nothing is in none of: .*liquid_nav"):
        find("config/nothing")


def test_resources_of_this_tree_are_found():
    assert find("package.xml").is_file()


def test_old_distribution_is_refused_in_one_line():
    with pytest.raises(UserError, match="Humble is sourced.*use one of Jazzy"):
        check_distribution({"ROS_DISTRO": "humble"})


def test_supported_and_absent_distributions_pass():
    assert check_distribution({"ROS_DISTRO": "jazzy"}) == "jazzy"
    assert check_distribution({}) is None


@pytest.mark.parametrize(
    ("cause", "line"),
    [
        ("the file is empty", "the file is empty. write it again"),
        ("the file is empty.", "the file is empty. write it again"),
        ("is the link up?", "is the link up? write it again"),
    ],
)
def test_cause_and_remedy_are_two_sentences(cause, line):
    assert str(UserError(cause, "write it again")) == line
