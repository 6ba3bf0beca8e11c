"""The bench of the graph: both routes give the same command, and the rows name their variant."""

from geometry_msgs.msg import TwistStamped
from sensor_msgs.msg import Image

from liquid_nav.cli import bench_graph
from liquid_nav.nodes.graph_bench import MessageController
from liquid_nav.nodes.liquid_controller import LiquidController
from liquid_nav.nodes.messages import command_from, image_message
from liquid_nav.nodes.qos import reliable, sensor_data


def test_both_routes_answer_alike(harness, small_model, pictures):
    camera = harness.probe.create_publisher(Image, "camera/image_raw", sensor_data())
    answers = {}
    harness.probe.create_subscription(
        TwistStamped, "liquid_controller/cmd_vel", lambda m: answers.setdefault("last", m), reliable(10)
    )
    commands = []
    for kind in (MessageController, LiquidController):
        node = harness.add(kind, model=str(small_model))
        node.start()
        harness.matched(camera)
        harness.until(lambda node=node: node.count_subscribers("liquid_controller/cmd_vel"), "discovery")
        answers.clear()

        def answered():
            camera.publish(image_message(pictures[0], 1_000_000_000, "camera"))
            return answers

        harness.until(answered, "a command")
        commands.append(command_from(answers["last"]))
        harness.executor.remove_node(node)
        harness.nodes.remove(node)
        node.destroy_node()
        harness.until(lambda: camera.get_subscription_count() == 0, "the controller to go")
    assert commands[0] == commands[1]


def test_rows_name_their_variant(monkeypatch):
    monkeypatch.setattr(bench_graph, "_measure", lambda *arguments: {"share": 1.0})
    ticks = []
    rows = bench_graph.graph_rows("default", (1280, 720), 30.0, 1.0, lambda: ticks.append(1))
    assert len(rows) == len(ticks) == 4
    assert {(row["fastdds_profile"], row["route"]) for row in rows} == set(bench_graph.VARIANTS)
    assert rows[0]["image"] == "1280 x 720"
