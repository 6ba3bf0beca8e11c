"""Learning to fly: labelled flights, data sets on disk, imitation with real elapsed times, rounds
of DAgger.
"""

from typing import TYPE_CHECKING

from liquid_nav.lazy_names import lazy_names

if TYPE_CHECKING:
    from liquid_nav.learning.cache import CacheError
    from liquid_nav.learning.hardware import TrainingHardware
    from liquid_nav.learning.imitation import ImitationModule
    from liquid_nav.learning.import_dataset import (
        IMPORT_REPORT_NAME,
        data_set_shards,
        import_recordings,
    )
    from liquid_nav.learning.ingest import IngestOptions
    from liquid_nav.learning.recipe import (
        TRAINING_SEED_LIMIT,
        Recipe,
        RecipeError,
        load_recipe,
        read_recipe_mapping,
        recipe_from_mapping,
    )
    from liquid_nav.learning.recording_replay import ReplayedFlight, replay_recording
    from liquid_nav.learning.screening import REFUSED_FINDINGS
    from liquid_nav.learning.stills import StillConfig, build_still_data_set, find_still_pictures
    from liquid_nav.learning.training import PolicyTrainer
    from liquid_nav.learning.windows import WindowDataset
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "cache": ["CacheError"],
            "hardware": ["TrainingHardware"],
            "imitation": ["ImitationModule"],
            "import_dataset": ["IMPORT_REPORT_NAME", "data_set_shards", "import_recordings"],
            "ingest": ["IngestOptions"],
            "recipe": [
                "Recipe",
                "RecipeError",
                "TRAINING_SEED_LIMIT",
                "load_recipe",
                "read_recipe_mapping",
                "recipe_from_mapping",
            ],
            "recording_replay": ["ReplayedFlight", "replay_recording"],
            "screening": ["REFUSED_FINDINGS"],
            "stills": ["StillConfig", "build_still_data_set", "find_still_pictures"],
            "training": ["PolicyTrainer"],
            "windows": ["WindowDataset"],
        },
    )

__all__ = [
    "CacheError",
    "IMPORT_REPORT_NAME",
    "ImitationModule",
    "IngestOptions",
    "PolicyTrainer",
    "REFUSED_FINDINGS",
    "Recipe",
    "RecipeError",
    "ReplayedFlight",
    "StillConfig",
    "TRAINING_SEED_LIMIT",
    "TrainingHardware",
    "WindowDataset",
    "build_still_data_set",
    "data_set_shards",
    "find_still_pictures",
    "import_recordings",
    "load_recipe",
    "read_recipe_mapping",
    "recipe_from_mapping",
    "replay_recording",
]
