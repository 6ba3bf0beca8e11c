"""A ROS graph for one test: a domain of its own, nodes under test beside a probe, and deadlines
instead of sleeps.
"""

import time

import pytest

DEADLINE = 30.0
"""s of wall time that an expected thing may take on a busy machine."""


class Landed(Exception):
    """Ends the endless loop of a simulator."""


class Harness:
    """Owns a context; ``add`` creates a node under test, ``until`` serves callbacks until something
    holds.
    """

    def __init__(self):
        import rclpy
        from rclpy.executors import SingleThreadedExecutor

        from liquid_nav.bringup.claims import claim_ros_domain

        self.context = rclpy.Context()
        # On which no other process is: other tests of this machine would be second publishers.
        self.domain = claim_ros_domain()
        rclpy.init(context=self.context, domain_id=self.domain)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.nodes = []
        self.probe = self._enter(rclpy.create_node("probe", context=self.context))
        self.received = {}
        self.diagnostics = {}
        self.pumps = []
        """Called between callbacks: what else goes on. A thread beside the executor would starve on
        a busy machine.
        """

    def _enter(self, node):
        self.nodes.append(node)
        self.executor.add_node(node)
        return node

    def add(self, kind, remappings=(), **parameters):
        return self._enter(self.make(kind, remappings, **parameters))

    def make(self, kind, remappings=(), **parameters):
        """Make a node; ``remappings``: (name in its source, name in the graph) of topics."""
        from rclpy.parameter import Parameter

        overrides = [Parameter(name, value=value) for name, value in parameters.items()]
        arguments = [part for old, new in remappings for part in ("-r", f"{old}:={new}")]
        return kind(
            context=self.context,
            cli_args=["--ros-args", *arguments] if arguments else None,
            parameter_overrides=overrides,
        )

    def listen(self, topic, kind, qos):
        """Collect the messages of a topic in ``received[topic]``."""
        self.received[topic] = []
        self.probe.create_subscription(kind, topic, self.received[topic].append, qos)
        return self.received[topic]

    def listen_to_diagnostics(self):
        """Keep the last status of each name in ``diagnostics``."""
        from diagnostic_msgs.msg import DiagnosticArray

        def keep(message):
            self.diagnostics.update({status.name: status for status in message.status})

        self.probe.create_subscription(DiagnosticArray, "/diagnostics", keep, 10)

    def reports(self, name, *parts):
        """Whether the last status of that name contains all parts."""
        status = self.diagnostics.get(name)
        return status is not None and all(part in status.message for part in parts)

    def matched(self, publisher, count=1):
        self.until(lambda: publisher.get_subscription_count() >= count, "discovery")

    def until(self, condition, what="what was expected", deadline=DEADLINE):
        end = time.monotonic() + deadline
        while not condition():
            assert time.monotonic() < end, f"{what} did not happen; diagnostics: {self.diagnostics}"
            self.executor.spin_once(timeout_sec=0.02)
            for pump in self.pumps:
                pump()

    def fly(self, simulator, until, deadline=300.0, burst=0):
        """Run the loop of a simulator in this thread until ``until()`` gives something; returns
        that.

        Simulated time waits for the others, which live between its frames: nothing depends on the
        machine's speed. Where no commands come back it does not wait: then ``burst`` more callbacks
        are served at each turn.
        """
        end = time.monotonic() + deadline

        class Turns:
            def spin_once(_self, timeout_sec):
                assert time.monotonic() < end, f"it did not happen; diagnostics: {self.diagnostics}"
                self.executor.spin_once(timeout_sec=min(timeout_sec, 0.02))
                for _ in range(burst):
                    self.executor.spin_once(timeout_sec=0.0)
                for pump in self.pumps:
                    pump()
                found = until()
                if found is not None:
                    raise Landed(found)

        try:
            simulator.run(Turns())
        except Landed as landed:
            return landed.args[0]

    def call(self, service):
        from std_srvs.srv import Trigger

        client = self.probe.create_client(Trigger, service)
        self.until(client.service_is_ready, f"service {service}")
        future = client.call_async(Trigger.Request())
        self.until(future.done, f"answer of {service}")
        return future.result()

    def ask(self, client, request, again=5.0):
        """Return the answer to a request that may be made twice, which it is after ``again`` s.

        A service is ready as soon as its client knows it; an answer that is given before the
        server knows the client is lost.
        """
        self.until(client.service_is_ready, "the service")
        futures = []
        due = time.monotonic()

        def answered():
            nonlocal due
            if time.monotonic() >= due:
                futures.append(client.call_async(request))
                due += again
            return any(future.done() for future in futures)

        self.until(answered, "the answer")
        return next(future.result() for future in futures if future.done())

    def close(self):
        import rclpy

        from liquid_nav.bringup.claims import release_ros_domain

        self.executor.shutdown()
        for node in self.nodes:
            node.destroy_node()
        rclpy.try_shutdown(context=self.context)
        release_ros_domain(self.domain)


@pytest.fixture
def harness():
    graph = Harness()
    yield graph
    graph.close()


@pytest.fixture(scope="session")
def small_model(tmp_path_factory):
    """A policy with random weights in a folder."""
    import torch

    from liquid_nav.policy import Policy

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("model")
    Policy().save(folder)
    return folder
