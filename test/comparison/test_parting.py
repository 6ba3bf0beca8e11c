"""Flights in which entrants part ways: which they are, and what is made of them."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from liquid_nav.comparison import (
    Analysis,
    EntrantFacts,
    Parting,
    Results,
    film_parting,
    find_partings,
    parting_flights,
    write_page,
)
from liquid_nav.errors import UserError
from liquid_nav.evaluation import read_video

FACTS = EntrantFacts("a core", False, 5668, 48, 0.006, (0.04,), 30.0, 0.0005)


def results_of(**outcomes):
    """Results of one question: seeds 24000 to 24002 in two worlds."""
    results = Results("p", "d", "s", ("forest", "field"), "24000:24003")
    results.questions = {"summer": "where all have learned"}
    results.entrants = {name: FACTS for name in outcomes}
    results.outcomes = {"summer": {name: tuple(rows) for name, rows in outcomes.items()}}
    return results


def test_the_place_that_divides_most_is_chosen():
    results = results_of(
        ltc_ncp=("sscssc", "ssssss", "sscsss"),
        gru=("sssssc", "ssssss", "ssssss"),
        lstm=("sscctc", "ssssst", "sscccs"),
    )
    (parting,) = find_partings(Analysis(results))
    # The LSTM differs most; of its flights the fifth, where two of three trainings fail, ties with
    # the fourth: the first of them counts.
    assert parting == Parting("summer", "field", 24000, "ltc_ncp", "lstm", (1, 1))


def test_the_reference_may_be_the_one_that_fails():
    results = results_of(ltc_ncp=("sscsss", "sccsss"), gru=("csssss", "ssssss"))
    (parting,) = find_partings(Analysis(results))
    assert parting == Parting("summer", "forest", 24002, "gru", "ltc_ncp", (1, 1))


def test_where_nothing_differs_there_is_none():
    assert find_partings(Analysis(results_of(ltc_ncp=("ss" * 3,), gru=("ss" * 3,)))) == []


@pytest.fixture
def expert_and_straight(monkeypatch):
    """Built-in pilots in the places of two models."""

    def place(folder, protocol, question, entrant, rate, training):
        return Path({"ltc_ncp": "expert", "gru": "straight"}[entrant])

    monkeypatch.setattr(parting_flights, "flown_model", place)


@pytest.mark.slow
def test_films_and_picture_of_a_parting(expert_and_straight, plan, tmp_path):
    results = results_of(ltc_ncp=("s" * 6,), gru=("s" * 4 + "cs",))
    results.worlds = ("forest", "field")
    (parting,) = find_partings(Analysis(results))
    assert (parting.world, parting.seed) == ("field", 24001)
    film_parting(plan, tmp_path, results, parting, tmp_path / "images")
    for name in ("ltc_ncp", "gru"):
        frames = list(read_video(tmp_path / "images" / f"parting_summer_{name}_24001.mp4"))
        assert len(frames) > 10 and np.asarray(frames[0]).std() > 10.0
    picture = tmp_path / "images" / "parting_summer_ltc_ncp_gru_24001.png"
    assert picture.stat().st_size > 50_000
    write_page({"shared": Analysis(results)}, tmp_path, [parting])
    html = (tmp_path / "comparison.html").read_text()
    assert html.count("<video") == 2 and "images/parting_summer_gru_24001.mp4" in html
    assert picture.name in (tmp_path / "comparison.md").read_text()
    # Nothing is flown again.
    before = picture.stat().st_mtime_ns
    film_parting(plan, tmp_path, results, parting, tmp_path / "images")
    assert picture.stat().st_mtime_ns == before


@pytest.mark.slow
def test_flights_that_end_otherwise_than_in_the_results_are_refused(
    expert_and_straight, plan, tmp_path
):
    results = results_of(ltc_ncp=("s" * 6,), gru=("s" * 4 + "cs",))
    (parting,) = find_partings(Analysis(results))
    swapped = dataclasses.replace(parting, reaching="gru", failing="ltc_ncp")
    with pytest.raises(UserError, match="end otherwise than in the results"):
        film_parting(plan, tmp_path, results, swapped, tmp_path / "images")
    assert not list((tmp_path / "images").glob("*.png"))
