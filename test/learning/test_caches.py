"""Training from recorded flights alone, and what is reported when they do not fit."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from liquid_nav.learning.cache import CacheError
from liquid_nav.learning.import_dataset import import_recordings
from liquid_nav.learning.ingest import IngestOptions
from liquid_nav.learning.recipe import Recipe, RecipeError, Round, load_recipe
from liquid_nav.learning.training import PolicyTrainer
from liquid_nav.learning.windows import WindowConfig
from liquid_nav.policy import Policy
from liquid_nav.recordings import RecordingError

_SPEC = importlib.util.spec_from_file_location("bags", Path(__file__).with_name("bags.py"))
bags = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(bags)
SMALL = IngestOptions(height=24, width=32, shortest=4)


@pytest.fixture
def data(tmp_path):
    bags.write_bag(tmp_path / "bag", bags.flight_rows(30))
    import_recordings([tmp_path / "bag"], tmp_path / "data", SMALL)
    return tmp_path / "data"


def test_a_model_learns_from_bags_alone(data, tiny, tmp_path):
    recipe = Recipe(
        (Round(0, 3),), policy=tiny, windows=WindowConfig(batch=2, steps=4), caches=(str(data),)
    )
    card = Policy.load(
        PolicyTrainer(recipe, tmp_path / "run", report=lambda line: None).run()
    ).card["training"]
    assert card["recorded"] == {str(data): {"flights": 1, "frames": 30}}
    assert np.isfinite(list(card["final_loss"].values())).all()
    assert card["rounds"][0]["flights"] == 0


def test_what_does_not_fit_is_one_line(data, tiny, tmp_path):
    wide = replace(tiny, encoder=replace(tiny.encoder, width=48))
    recipe = Recipe((Round(0, 3),), policy=wide, caches=(str(data),))
    with pytest.raises(CacheError, match="import them again with --size 48x24"):
        PolicyTrainer(recipe, tmp_path / "run").run()
    with pytest.raises(RecordingError, match="holds no data set"):
        PolicyTrainer(replace(recipe, caches=(str(tmp_path),)), tmp_path / "run").run()
    with pytest.raises(RecipeError, match="nothing to learn from"):
        Recipe((Round(0, 3),), policy=tiny)


def test_caches_are_named_in_the_recipe(data, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        f"caches: [{data}]\nrounds:\n  - {{flights: 0, steps: 5}}\n  - {{flights: 4, steps: 5}}\n"
    )
    recipe = load_recipe(path)
    assert recipe.caches == (str(data),)
    assert [r.flights for r in recipe.rounds] == [0, 4]
