"""A published network, imported, flies: in lock step, and frame by frame through the ROS
controller.
"""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

REFERENCE = Path(__file__).parents[2].parent / "shared" / "reference" / "checkpoints"
GOLDEN = REFERENCE / "public.npz"
FRAMES = 4

pytestmark = pytest.mark.skipif(
    not GOLDEN.exists(), reason=f"no published checkpoints: {GOLDEN} is absent"
)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The published NCP as a model folder, as ``liquid-nav import keras`` writes it."""
    pytest.importorskip("h5py", reason="h5py is not installed: pip install 'liquid_nav[import]'")
    from typer.testing import CliRunner

    from liquid_nav.cli import app as cli

    folder = tmp_path_factory.mktemp("models") / "published_ncp"
    arguments = [
        "import",
        "keras",
        str(REFERENCE / "ncp.hdf5"),
        "--kind",
        "ncp",
        "--out",
        str(folder),
    ]
    result = CliRunner().invoke(cli.app, arguments)
    assert result.exit_code == 0, result.stderr
    return folder


def test_it_flies_in_lock_step(model):
    from liquid_nav.evaluation import entrants
    from liquid_nav.simulation import fly_in_simulation
    from liquid_nav.worlds import load_condition, load_scenario

    scenario = load_scenario("field")
    short = dataclasses.replace(
        scenario, success=dataclasses.replace(scenario.success, time_limit=0.4)
    )
    pilot = entrants.build_pilot(entrants.resolve_pilot(str(model)))
    record = fly_in_simulation(short, 10_000, load_condition("summer"), pilot, frame_rate=10.0)
    assert record.pilot == "published_ncp" and record.outcome.reason == "timeout"
    assert len(record.columns["time"]) >= FRAMES
    commands = record.columns["command"]
    assert np.isfinite(commands).all() and len(np.unique(commands, axis=0)) > 1, (
        "it answers what it sees"
    )


def test_the_controller_gives_the_published_commands(harness, model):
    """At any rate: these networks were trained, and fly, with an elapsed time of 1.0 at every
    frame.
    """
    from geometry_msgs.msg import TwistStamped
    from sensor_msgs.msg import Image

    from liquid_nav.nodes.liquid_controller import LiquidController
    from liquid_nav.nodes.messages import command_from, image_message
    from liquid_nav.nodes.qos import reliable_qos, sensor_data_qos

    camera = harness.probe.create_publisher(Image, "camera/image_raw", sensor_data_qos())
    commands = harness.listen("liquid_controller/cmd_vel", TwistStamped, reliable_qos(10))
    node = harness.add(LiquidController, model=str(model))
    node.start()
    harness.matched(camera)
    harness.until(lambda: node.count_subscribers("liquid_controller/cmd_vel"), "discovery")
    with np.load(GOLDEN) as golden:
        images, wanted = golden["frames/sample"][:FRAMES], golden["ncp/sample/out"][:FRAMES]
    for k, image in enumerate(images):
        camera.publish(image_message(image, 1_000_000_000 + k * 50_000_000, "camera_optical_frame"))
        harness.until(lambda k=k: len(commands) > k, f"a command for frame {k}")
    np.testing.assert_allclose(
        [command_from(c).as_array() for c in commands], wanted, atol=1e-5, rtol=0
    )
