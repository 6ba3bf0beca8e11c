"""Learning to fly: labelled flights, data sets on disk, imitation with real elapsed times, rounds
of DAgger.
"""

from typing import TYPE_CHECKING

from liquid_nav.lazy_names import lazy_names

if TYPE_CHECKING:
    from liquid_nav.learning.auxiliary import VISIBLE
    from liquid_nav.learning.cache import CacheError, Shard
    from liquid_nav.learning.collecting import collect_flights, round_tasks
    from liquid_nav.learning.front_features import (
        Answer,
        answers,
        compute_looks,
        front_of,
        open_looks,
    )
    from liquid_nav.learning.hardware import TrainingHardware, bfloat16_is_fast
    from liquid_nav.learning.imitation import ImitationModule, one_cycle
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
    from liquid_nav.learning.windows import StoredLooks, WindowConfig, WindowDataset
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "auxiliary": ["VISIBLE"],
            "cache": ["CacheError", "Shard"],
            "collecting": ["collect_flights", "round_tasks"],
            "front_features": ["Answer", "answers", "compute_looks", "front_of", "open_looks"],
            "hardware": ["TrainingHardware", "bfloat16_is_fast"],
            "imitation": ["ImitationModule", "one_cycle"],
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
            "windows": ["StoredLooks", "WindowConfig", "WindowDataset"],
        },
    )

__all__ = [
    "Answer",
    "CacheError",
    "IMPORT_REPORT_NAME",
    "ImitationModule",
    "IngestOptions",
    "PolicyTrainer",
    "REFUSED_FINDINGS",
    "Recipe",
    "RecipeError",
    "ReplayedFlight",
    "Shard",
    "StillConfig",
    "StoredLooks",
    "TRAINING_SEED_LIMIT",
    "TrainingHardware",
    "VISIBLE",
    "WindowConfig",
    "WindowDataset",
    "answers",
    "bfloat16_is_fast",
    "build_still_data_set",
    "collect_flights",
    "compute_looks",
    "data_set_shards",
    "find_still_pictures",
    "front_of",
    "import_recordings",
    "load_recipe",
    "one_cycle",
    "open_looks",
    "read_recipe_mapping",
    "recipe_from_mapping",
    "replay_recording",
    "round_tasks",
]
