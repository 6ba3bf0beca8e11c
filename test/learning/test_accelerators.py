"""Learning on a GPU: it computes what a processor computes; the recurrent core stays on the
processor.
"""

import numpy as np
import pytest
import torch

from liquid_nav.learning import hardware as module
from liquid_nav.learning.cache import write_shard
from liquid_nav.learning.front_features import compute_looks, open_looks, pad_to
from liquid_nav.learning.hardware import TrainingHardware, loader
from liquid_nav.learning.imitation import follow_parameters
from liquid_nav.learning.recipe import Recipe, Round, Stop
from liquid_nav.learning.training import PolicyTrainer
from liquid_nav.learning.windows import WindowConfig, WindowDataset
from liquid_nav.policy import Policy
from liquid_nav.vision import BackboneConfig, BackboneEncoder

SMALL = BackboneConfig(
    height=24, width=32, blocks=3, maps=(1, 3), reduced=(4, 4), looked=(3, 3), features=7
)
ON_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


@pytest.fixture
def shard(flight, tmp_path):
    write_shard(tmp_path / "data", [flight(60, 0), flight(4, 1), flight(200, 2)])
    return tmp_path / "data"


@pytest.mark.parametrize("skip", [0, 2])
def test_batches_that_other_processes_read_are_the_same_in_the_same_order(shard, skip):
    config = WindowConfig(batch=4, steps=6)
    here, there = (
        list(loader(WindowDataset([shard], config, 7, seed=5, skip=skip), readers))
        for readers in (0, 3)
    )
    assert len(here) == 7 - skip
    for one, other in zip(here, there, strict=True):
        for name, values in one.items():
            assert torch.equal(values, other[name]), name


@pytest.mark.parametrize(
    ("hardware", "readers"),
    [
        (TrainingHardware(), 4),
        (TrainingHardware("gpu", "1"), 4),
        (TrainingHardware("cuda"), 4),
        (TrainingHardware("cpu"), 0),
        (TrainingHardware("gpu", 2), 0),
        (TrainingHardware("gpu", "auto"), 0),
        (TrainingHardware("gpu", nodes=2), 0),
    ],
)
def test_only_a_single_gpu_has_batches_read_beside_it(monkeypatch, hardware, readers):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(module, "available_cores", lambda: 16)
    assert hardware.readers() == readers and (hardware.device().type == "cuda") is (
        hardware.accelerator != "cpu"
    )
    monkeypatch.setattr(module, "available_cores", lambda: 1)
    assert hardware.readers() == min(readers, 1)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert hardware.readers() == 0 and hardware.device() == torch.device("cpu")


def test_images_are_filled_up_with_black_ones():
    images = torch.ones(2, 3, 4)
    padded = pad_to(images, 5)
    assert padded.shape == (5, 3, 4)
    assert torch.equal(padded[:2], images) and not padded[2:].any()
    assert torch.equal(pad_to(images, 2), images)


def test_an_optimizer_follows_parameters_that_have_moved():
    parameter = torch.nn.Parameter(torch.empty(2, 3, device="meta"))
    optimizer = torch.optim.AdamW([parameter])
    optimizer.state[parameter] = {
        "step": torch.tensor(3.0),
        "exp_avg": torch.ones(2, 3),
        "exp_avg_sq": torch.ones(2, 3),
    }
    follow_parameters(optimizer)
    where = {name: value.device.type for name, value in optimizer.state[parameter].items()}
    # A number of steps is counted on the processor.
    assert where == {"step": "cpu", "exp_avg": "meta", "exp_avg_sq": "meta"}


def test_a_core_that_has_a_compiled_kernel_asks_for_the_processor(tiny):
    core = Policy(tiny).core
    for kernel, asks in (("auto", True), ("numba", True), ("torch", False)):
        core.kernel = kernel
        assert core.wants_processor is asks
    core.kernel = "auto"
    assert not core.double().wants_processor


@ON_GPU
def test_maps_of_a_gpu_are_those_of_a_processor(shard):
    encoder = BackboneEncoder(SMALL).eval()
    compute_looks(shard, encoder, 1, None, 1)
    here = np.array(open_looks(shard)[0][0], dtype=np.float32)
    (shard / "looks.json").unlink()
    compute_looks(shard, encoder.to("cuda"), 1, None, 1)
    there = np.array(open_looks(shard)[0][0], dtype=np.float32)
    assert np.abs(here - there).max() < 0.02 * np.abs(here).max()


@pytest.mark.parametrize("where", ["cpu", pytest.param("gpu", marks=ON_GPU)])
@pytest.mark.parametrize(
    "stop", [None, Stop(every=40, patience=2, held_out=0.5)], ids=["all steps", "held out"]
)
def test_a_round_is_learned_where_it_is_wanted(tiny, flight, tmp_path, stop, where):
    """The core's kernel is for processors: only the encoder is on a GPU, also where held-out
    flights are measured.
    """
    cache = tmp_path / "cache"
    write_shard(cache / "data", [flight(60, 0), flight(80, 1)])
    recipe = Recipe(
        policy=tiny,
        caches=(str(cache),),
        rounds=(Round(flights=0, steps=120, learning_rate=1e-3),),
        windows=WindowConfig(batch=4, steps=6),
        stop=stop,
    )
    model = PolicyTrainer(recipe, tmp_path / "run", hardware=TrainingHardware(where)).run()
    learned = Policy.load(model).state_dict()
    torch.manual_seed(0)
    assert all(torch.isfinite(value).all() for value in learned.values())
    assert not torch.equal(learned["core.gleak"], Policy(tiny).state_dict()["core.gleak"])
