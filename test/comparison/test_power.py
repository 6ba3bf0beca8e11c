"""The simulated campaigns have the rates that were asked for, and intervals that hold them."""

import numpy as np
import pytest

from liquid_nav.comparison import Design, Scatter, power, simulate_campaigns
from liquid_nav.comparison.power import _draw_tables, _level

CALM = Scatter(trainings=0.0, flights=0.0)
USUAL = Scatter(trainings=0.4, flights=1.5, interaction=0.4)


@pytest.mark.parametrize("scatter", [CALM, USUAL, Scatter(2.0, 0.5)])
@pytest.mark.parametrize("rate", [0.5, 0.8, 0.97])
def test_flights_succeed_as_often_as_asked_for(scatter, rate):
    design = Design(trainings=200, flights=2000)
    (table,) = _draw_tables(design, scatter, [_level(rate, scatter)], np.random.default_rng(0))
    assert table.mean() == pytest.approx(rate, abs=0.03)


def test_places_are_shared_and_trainings_are_not():
    design = Design(trainings=400, flights=400)
    level = _level(0.7, Scatter(0.0, 3.0))
    a, b = _draw_tables(design, Scatter(0.0, 3.0), [level, level], np.random.default_rng(0))
    assert np.corrcoef(a.mean(axis=0), b.mean(axis=0))[0, 1] > 0.9
    a, b = _draw_tables(design, Scatter(3.0, 0.0), [level, level], np.random.default_rng(0))
    assert abs(np.corrcoef(a.mean(axis=1), b.mean(axis=1))[0, 1]) < 0.2


@pytest.mark.parametrize(("interaction", "alike"), [(0.0, True), (3.0, False)])
def test_a_training_may_be_good_in_one_question_and_bad_in_another(interaction, alike):
    design = Design(trainings=300, flights=200, questions=2)
    scatter = Scatter(1.0, 0.0, interaction)
    (table,) = _draw_tables(design, scatter, [0.0], np.random.default_rng(0))
    question = np.arange(table.shape[1]) % 4 // 2
    rates = [table[:, question == number].mean(axis=1) for number in (0, 1)]
    assert (np.corrcoef(*rates)[0, 1] > 0.9) == alike


def test_more_flights_and_trainings_find_more():
    few = simulate_campaigns(Design(5, 40), USUAL, (0.9, 0.8), campaigns=60, draws=200)
    many = simulate_campaigns(Design(10, 200), USUAL, (0.9, 0.8), campaigns=60, draws=200)
    assert many.found > few.found and many.width < few.width
    assert few.difference == pytest.approx(0.1)


def test_intervals_hold_the_truth_and_no_difference_is_found_where_there_is_none():
    none = simulate_campaigns(Design(8, 200), CALM, (0.8, 0.8), campaigns=150, draws=200)
    assert none.covered >= 0.9 and none.found <= 0.1
    surely = simulate_campaigns(Design(10, 600), CALM, (0.99, 0.99), campaigns=60, draws=200)
    assert surely.same >= 0.9


def test_the_table_is_printed(capsys):
    power.main("--trainings 3 --flights 10 --questions 2 --differences 0.05 --campaigns 5".split())
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and lines[2].startswith("| 3 | 10 | 2 | 5% |")
