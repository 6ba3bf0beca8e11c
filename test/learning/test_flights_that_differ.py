"""What is drawn for a flight that is trained on: its camera, its look, its rate, where it
starts.
"""

from dataclasses import replace

import numpy as np

from liquid_nav.learning import rollout
from liquid_nav.learning.rollout import (
    CAMERA,
    FAST,
    SIGHT,
    RolloutTask,
    draw_camera,
    draw_condition,
    run_rollout,
    start_anywhere,
)
from liquid_nav.worlds import AppearanceSpec, generate_layout, load_condition, load_scenario

SUMMER = load_condition("summer")
FOREST, FIELD = load_scenario("forest"), load_scenario("field")
SEEDS = range(2000, 2400)


def test_by_default_a_flight_is_summer_with_the_usual_camera():
    assert draw_condition(RolloutTask(FOREST, SUMMER, 3)) == SUMMER


def test_another_camera_is_another_in_every_respect_and_within_its_bounds():
    cameras = [
        draw_camera(RolloutTask(FOREST, SUMMER, seed, camera=0.5), SUMMER.camera) for seed in SEEDS
    ]
    others = [camera for camera in cameras if camera != SUMMER.camera]
    assert 0.42 < len(others) / len(cameras) < 0.58
    for name in ("noise", "blur", "drop", "jitter", "mounting"):
        values = np.array([getattr(camera, name) for camera in others])
        most = getattr(CAMERA, name)
        assert (values >= 0.0).all() and (values <= most).all()
        assert values.min() < 0.1 * most and values.max() > 0.9 * most
    assert {camera.view for camera in others} == {CAMERA.view}
    assert {camera.exposure for camera in others} == {SUMMER.camera.exposure}


def test_the_draw_belongs_to_the_seed():
    first, again, other = (
        draw_condition(RolloutTask(FOREST, SUMMER, seed, camera=1.0, drifting=1.0))
        for seed in (5, 5, 6)
    )
    assert first == again != other


def test_a_random_look_is_asked_for_with_its_probability():
    assert draw_condition(RolloutTask(FOREST, SUMMER, 3, random=0.4)).appearance == AppearanceSpec(
        random=0.4
    )


def test_the_target_hides_in_its_share_of_the_flights_and_comes_into_sight_at_every_distance():
    looks = [
        draw_condition(RolloutTask(FIELD, SUMMER, seed, hidden=0.3, random=0.4)).appearance
        for seed in SEEDS
    ]
    assert {look.random for look in looks} == {0.4}
    hidden = [seed for seed, look in zip(SEEDS, looks, strict=True) if look.sight == SIGHT]
    assert 0.22 < len(hidden) / len(SEEDS) < 0.38
    assert {look.sight for look in looks} == {SIGHT, AppearanceSpec().sight}
    distances = np.array([AppearanceSpec(sight=SIGHT).draw_sight(seed) for seed in SEEDS])
    assert (
        SIGHT[0] <= distances.min() < SIGHT[0] + 0.5
        and SIGHT[1] - 0.5 < distances.max() <= SIGHT[1]
    )


def test_what_the_encoder_is_asked_to_see_knows_where_the_target_comes_into_sight():
    """A target 12 m away or farther that hides until 5 to 16 m: only in some flights is it visible
    at the start.
    """
    flights = [
        run_rollout(RolloutTask(FIELD, SUMMER, seed, anywhere=0.0, hidden=1.0, time_limit=0.5))
        for seed in range(6)
    ]
    drawn = [AppearanceSpec(sight=SIGHT).draw_sight(seed) for seed in range(6)]
    for flight, sight in zip(flights, drawn, strict=True):
        distance = 3.0 * (1.0 / flight.auxiliary[0, 1] - 1.0)
        assert flight.auxiliary[0, 2] == float(distance <= sight)


def test_a_start_somewhere_else_may_be_higher_or_lower():
    layout = generate_layout(load_scenario("field"), 3)
    for heights in (0.1, 0.8):
        starts = [
            start_anywhere(layout, np.random.default_rng(k), heights).start for k in range(60)
        ]
        off = np.array([start.z - layout.start.z for start in starts])
        assert np.abs(off).max() <= heights and np.ptp(off) > 1.5 * heights


def test_a_fast_camera_has_a_rate_of_its_own(monkeypatch):
    rates = []

    def fly(*place, frame_rate, **more):
        rates.append(frame_rate)
        raise StopIteration

    monkeypatch.setattr(rollout, "fly_in_simulation", fly)
    task = RolloutTask(FIELD, SUMMER, 0, frame_rate=(7.0, 20.0), fast=0.5)
    for seed in range(40):
        try:
            run_rollout(replace(task, seed=seed))
        except StopIteration:
            pass
    fast = [rate for rate in rates if rate > 20.0]
    assert len(rates) == 40 and 12 <= len(fast) <= 28
    assert all(FAST[0] <= rate <= FAST[1] for rate in fast)
    assert all(7.0 <= rate <= 20.0 for rate in rates if rate not in fast)
