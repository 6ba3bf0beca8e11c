"""Plans: what is refused, and that the shipped one can be followed."""

from pathlib import Path

import pytest
import yaml

from liquid_nav.comparison import ENTRANTS, PlanError, load_plan
from liquid_nav.errors import UserError
from liquid_nav.evaluation import FIRST_REPORTED_SEED, parse_seeds
from liquid_nav.worlds import load_condition

SHIPPED = Path("config/comparison/default.yaml")


def written(tmp_path, **changes):
    data = yaml.safe_load(SHIPPED.read_text()) | changes
    path = tmp_path / "plan.yaml"
    path.write_text(yaml.safe_dump(data))
    return path


def test_the_shipped_plan_asks_what_has_to_be_asked():
    plan = load_plan(SHIPPED)
    assert plan.shared.trainings == 5 and len(ENTRANTS) >= 13
    assert plan.end_to_end.trainings == 3 and len(plan.end_to_end.entrants) == 5
    names = {question.name for question in plan.questions}
    assert names >= {"summer", "winter", "fog", "dusk", "drift", "irregular", "slow", "occluded"}
    assert {question.share for question in plan.questions_of(plan.shared)} == {1.0, 0.1}
    assert {question.share for question in plan.questions_of(plan.end_to_end)} == {1.0}
    assert parse_seeds(plan.seeds).start >= FIRST_REPORTED_SEED
    assert plan.encoder.command == 0.0
    for question in plan.questions:
        load_condition(question.condition)


def test_the_plain_plan_differs_by_its_encoder_alone():
    plan, plain = load_plan(SHIPPED), load_plan(SHIPPED.with_name("plain_encoder.yaml"))
    assert plain.encoder.first_seed == plan.encoder.first_seed
    assert plain.encoder.rounds[0].flights == plan.encoder.rounds[0].flights
    assert (plain.shared, plain.windows, plain.seeds) == (plan.shared, plan.windows, plan.seeds)
    assert set(plain.questions) < set(plan.questions)
    assert not isinstance(plain.encoder.policy.encoder, type(plan.encoder.policy.encoder))


def test_the_data_has_seeds_of_its_own():
    plan = load_plan(SHIPPED)
    expert = range(plan.encoder.first_seed, plan.encoder.first_seed + 300)
    assert plan.mixture_seed == expert.stop


def test_the_digest_is_that_of_the_content(tmp_path):
    same = load_plan(written(tmp_path)).digest()
    assert same == load_plan(SHIPPED).digest()
    assert load_plan(written(tmp_path, mixture=11)).digest() != same


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"shared": {"steps": 0}}, "steps is 0"),
        ({"shared": {"steps": "many"}}, "steps is 'many'"),
        ({"end_to_end": {"trainings": 0}}, "trainings is 0"),
        ({"end_to_end": {"questions": ["fogg"]}}, "no question 'fogg'"),
        ({"trainigs": 5}, "unknown keys"),
        ({"choosing": "24000:24010"}, "learning rates are chosen on seeds 24000:24010"),
        ({"choosing": "500:510"}, "learning rates are chosen on seeds 500:510"),
        ({"shared": {"learning_rates": [0.01, -1.0]}}, "give positive numbers"),
        ({"questions": []}, "no questions"),
        ({"frame_rate": 0}, "frame_rate is 0"),
        ({"questions": [{"name": "a", "about": "b"}] * 2}, "same name"),
        ({"questions": [{"name": "a", "about": "b", "share": 0.0}]}, "share of question a is 0.0"),
        ({"questions": [{"name": "a", "abot": "b"}]}, "abot"),
        ({"mixture": 40}, "reach the seeds for choosing"),
        ({"encoder": {"rounds": []}}, "first round"),
    ],
)
def test_what_cannot_be_followed_is_refused_in_one_line(tmp_path, changes, expected):
    with pytest.raises(UserError, match=expected) as refusal:
        load_plan(written(tmp_path, **changes))
    assert "\n" not in str(refusal.value)


def test_a_file_without_an_encoder_is_no_plan(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text("questions: []\n")
    with pytest.raises(PlanError, match="does not fit"):
        load_plan(path)
