"""From outcomes to the page: synthetic campaigns whose truth is known."""

import dataclasses

import numpy as np
import pytest

from liquid_nav.comparison import (
    Analysis,
    EntrantFacts,
    Results,
    Verdict,
    answer,
    load_results,
    write_page,
)
from liquid_nav.errors import UserError

FACTS = EntrantFacts("a core | of units", False, 5668, 48, 0.006, (0.04, 0.05), 30.0, 0.0005)
FLIGHTS = 120
"""In each world."""


def letters(rate, rng):
    """Outcomes of three trainings; failures are collisions."""
    reached = rng.random((3, 2 * FLIGHTS)) < rate
    return tuple("".join("sc"[not one] for one in row) for row in reached)


def campaign(**rates):
    """Results of entrants with success rates (in each of two questions)."""
    rng = np.random.default_rng(5)
    results = Results("p" * 64, "d" * 64, "software 1", ("forest", "field"), "24000:24120")
    results.questions = {"summer": "where all have learned", "fog": "fog | mist"}
    for name in rates:
        results.entrants[name] = dataclasses.replace(FACTS, liquid=name.startswith("ltc"))
    results.outcomes = {
        question: {name: letters(rate[number], rng) for name, rate in rates.items()}
        for number, question in enumerate(results.questions)
    }
    return results


@pytest.fixture
def results():
    return campaign(ltc_ncp=(0.9, 0.6), gru=(0.9, 0.2), lstm=(0.6, 0.6))


def test_a_large_difference_is_found_and_a_small_one_left_open(results):
    analysis = Analysis(results)
    summer = {row.entrant: row for row in analysis.rows("summer")}
    fog = {row.entrant: row for row in analysis.rows("fog")}
    assert summer["lstm"].verdict is Verdict.WORSE and fog["gru"].verdict is Verdict.WORSE
    assert summer["gru"].verdict is Verdict.OPEN and fog["lstm"].verdict is Verdict.OPEN
    assert summer["ltc_ncp"].verdict is None and summer["ltc_ncp"].difference is None
    assert fog["gru"].difference.value == pytest.approx(-0.4, abs=0.08)
    assert [row.rate.value for row in analysis.rows("fog")] == sorted(
        (row.rate.value for row in fog.values()), reverse=True
    )


def test_all_questions_together(results):
    pooled = {one.row.entrant: one for one in Analysis(results).pooled()}
    assert pooled["ltc_ncp"].row.rate.value == pytest.approx(0.75, abs=0.04)
    assert pooled["gru"].row.verdict is Verdict.WORSE
    assert pooled["gru"].improvement.value < 0.35
    assert pooled["gru"].p < 1e-6 and pooled["ltc_ncp"].p is None
    assert pooled["ltc_ncp"].improvement is None


def test_who_has_not_flown_everything_is_in_no_sum(results):
    del results.outcomes["fog"]["gru"]
    analysis = Analysis(results)
    assert {one.row.entrant for one in analysis.pooled()} == {"ltc_ncp", "lstm"}
    assert {row.entrant for row in analysis.rows("summer")} == {"ltc_ncp", "gru", "lstm"}


def test_a_question_for_some_alone_is_in_no_sum_and_leaves_the_entrants(results):
    before = Analysis(results).pooled()
    results.questions["plastic"] = "synapses that change"
    results.limited = ["plastic"]
    results.outcomes["plastic"] = {"ltc_ncp": results.outcomes["fog"]["ltc_ncp"]}
    analysis = Analysis(results)
    assert analysis.pooled() == before
    assert [row.entrant for row in analysis.rows("plastic")] == ["ltc_ncp"]


def test_liquid_cores_against_ordinary_ones(results):
    difference = Analysis(results).liquid_against_ordinary("fog")
    assert difference.value == pytest.approx(0.6 - (0.2 + 0.6) / 2, abs=0.08)
    assert Analysis(campaign(ltc_ncp=(1, 1))).liquid_against_ordinary("fog") is None


def test_without_the_reference_there_is_nothing_to_compare_with(results):
    del results.entrants["ltc_ncp"]
    with pytest.raises(UserError, match="ltc_ncp, with which all others are compared"):
        Analysis(results)


def test_results_survive_their_file(results, tmp_path):
    path = tmp_path / "results.json"
    results.save(path)
    assert load_results(path) == results
    assert path.stat().st_size < 20_000
    path.write_text("{}")
    with pytest.raises(UserError, match="holds no results of a comparison"):
        load_results(path)


def test_the_page(results, tmp_path):
    results.claims = {
        "gru": {"roughness": None, "noisy_roughness": 0.25, "noise": 0.1, "missing": 0.2}
        | {"clean": 3.0, "noisy": 2.0, "randomised": 1.1}
    }
    analysis = Analysis(results)
    write_page({"shared": analysis, "end_to_end": analysis}, tmp_path)
    text = (tmp_path / "comparison.md").read_text()
    html = (tmp_path / "comparison.html").read_text()
    for part in (text, html):
        assert "3 cores of equal size were trained 3 times each" in part
        assert "p" * 64 in part and "d" * 64 in part and "24000:24120" in part
    fog = next(line for line in text.splitlines() if line.startswith("- Shared encoder: fog:"))
    assert "1 worse" in fog and "1 undecided" in fog and "liquid cores together are +" in fog
    tables = [line for line in text.splitlines() if line.startswith("|")]
    widths = {line.count("|") for line in tables if line.startswith("| gru")}
    assert widths == {3, 5, 8, 9}
    assert "| gru | - | 0.250 | 0.100 | 0.200 | 3.000 | 2.000 | 1.100 |" in tables
    gained = 100 * (results.table("fog", "gru").mean() - results.table("summer", "gru").mean())
    assert f"| gru | {gained:+.1f} |" in tables
    for name in ("shared_summer", "shared_fog", "end_to_end_summer", "end_to_end_fog"):
        assert (tmp_path / "images" / f"comparison_{name}.png").stat().st_size > 5000
    assert html.count("data:image/png;base64,") == 4 and "<script" not in html


def test_every_question_has_a_sentence(results):
    sentences = answer({"end_to_end": Analysis(results)})
    assert [one.split(":")[:2] for one in sentences[1:]] == [
        ["End to end", " summer"],
        ["End to end", " fog"],
    ]
