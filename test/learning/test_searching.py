"""Labels while the target is out of sight: on ahead, or turning on in one sense."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liquid_nav.learning.rollout import RolloutTask, run_rollout
from liquid_nav.learning.searching import AHEAD, SLOW, TURN, Search
from liquid_nav.types import Command
from liquid_nav.worlds import load_condition, load_scenario

SHOWN = Command(1.0, -0.4, 0.2, 0.9)
BEARINGS = st.floats(-math.pi, math.pi)


@given(st.lists(st.tuples(BEARINGS, st.booleans()), max_size=30))
def test_without_a_search_the_labels_are_the_experts(frames):
    search = Search(0.0)
    for bearing, visible in frames:
        assert search.label(SHOWN, bearing, visible, 0.1) == SHOWN


@given(BEARINGS)
def test_a_target_in_sight_is_flown_to(bearing):
    assert Search(3.0).label(SHOWN, bearing, True, 0.1) == SHOWN


def test_it_begins_when_the_target_is_out_of_sight_for_long_enough():
    search = Search(3.0)
    search.label(SHOWN, 0.1, True, 0.0)
    labels = [search.label(SHOWN, 0.1, False, 0.5) for _ in range(8)]
    assert [label == SHOWN for label in labels] == [True] * 5 + [False] * 3


def test_a_target_that_was_never_seen_is_searched_for_at_once():
    assert Search(3.0).label(SHOWN, 0.1, False, 0.0).yaw_rate == 0.0


def test_ahead_the_heading_is_kept_and_the_way_is_the_experts():
    label = Search(3.0).label(SHOWN, AHEAD - 0.01, False, 0.1)
    assert label == Command(SHOWN.vx, SHOWN.vy, SHOWN.vz, 0.0)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_it_turns_on_in_the_sense_in_which_it_began(side):
    search = Search(3.0)
    for bearing in (1.2, 2.5, -3.0, -1.2):
        label = search.label(SHOWN, side * bearing, False, 0.1)
        assert label == Command(SLOW * SHOWN.vx, SLOW * SHOWN.vy, SHOWN.vz, side * TURN)
    # Ahead the turn is over; the next one may go the other way round.
    assert search.label(SHOWN, 0.0, False, 0.1).yaw_rate == 0.0
    assert search.label(SHOWN, -side * 1.2, False, 0.1).yaw_rate == -side * TURN


def test_a_flight_is_labelled_so_and_flown_by_its_labels():
    task = RolloutTask(
        load_scenario("field"),
        load_condition("summer"),
        5205,
        disturbed=0.0,
        anywhere=0.0,
        hidden=1.0,
        time_limit=3.0,
        search=3.0,
    )
    flight = run_rollout(task)
    unseen = flight.auxiliary[:, 2] == 0.0
    assert unseen.sum() > 5
    assert np.isin(np.abs(flight.labels[unseen, 3]), np.float32((0.0, TURN))).all()
