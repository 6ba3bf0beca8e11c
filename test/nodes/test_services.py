"""Calling services: answers that get lost, and services that never answer."""

import pytest
from std_srvs.srv import Trigger

from liquid_nav.nodes import services
from liquid_nav.nodes.services import Caller, GraphError


@pytest.fixture
def lossy(harness, monkeypatch):
    """A caller; ``lost(n)``: the first n answers go astray. Yields (caller, requests that the
    server received, lost).
    """
    monkeypatch.setattr(services, "REPEAT", 0.5)
    probe, received, left = harness.probe, [], [0]

    def answer(request, response):
        received.append(request)
        response.success = True
        return response

    probe.create_service(Trigger, "engage", answer)
    create = probe.create_client

    def create_client(*arguments):
        client = create(*arguments)
        call = client.call_async

        def call_async(request):
            future = call(request)
            if left[0]:
                left[0] -= 1
                client.remove_pending_request(
                    future
                )  # what DDS does to an answer without a known receiver
            return future

        client.call_async = call_async
        return client

    monkeypatch.setattr(probe, "create_client", create_client)
    yield (
        lambda patience: Caller(probe, harness.executor, patience),
        received,
        lambda n: left.__setitem__(0, n),
    )


def test_a_lost_answer_is_asked_for_again(lossy):
    caller, received, lose = lossy
    lose(2)
    caller(20.0).trigger("engage")
    assert len(received) == 3


def test_a_service_that_never_answers_is_named(lossy):
    caller, received, lose = lossy
    lose(1000)
    with pytest.raises(GraphError, match="'engage' does not answer"):
        caller(1.2).trigger("engage")
    assert len(received) > 1
