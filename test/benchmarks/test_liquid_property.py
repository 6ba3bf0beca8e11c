"""The liquid property can be measured on a core, and holds where theory requires it."""

import torch

from liquid_nav.liquid import LTC, NCPWiring
from liquid_nav_benchmarks.bench.liquid_property import compare, jump, respond, time_constants_along


def test_time_constants_along_a_sequence_agree_with_single_instants():
    torch.manual_seed(0)
    core = LTC(4, NCPWiring(6, 5, 2, 3, 3, 3, 3, 0), kernel="torch")
    features, elapsed, state = torch.rand(2, 5, 4), torch.full((2, 5), 0.03), core.initial_state(2)
    tau = time_constants_along(core, features, elapsed)
    for t in range(5):
        _, state = core(features[:, t : t + 1], state, elapsed[:, t : t + 1])
        assert torch.allclose(tau[:, t], core.time_constants(features[:, t], state), rtol=1e-4)


def test_stronger_input_shortens_time_constants():
    """Open synapses add conductance: a jump from a weak to a strong input makes every reached
    neuron faster.
    """
    torch.manual_seed(0)
    core = LTC(4, NCPWiring(6, 5, 2, 3, 3, 3, 3, 0), kernel="torch")
    calm = torch.stack((torch.full((40, 4), 0.2), torch.full((40, 4), 1.5)))
    response = compare(core, calm, {"jump": jump(calm, 20)}, torch.full((2, 40), 1 / 30), start=20)
    inter = core.slices["inter"]
    jumped = response.changed["jump"]
    factor = (jumped / response.calm)[0, 20:, inter]
    assert (factor < 0.95).all()
    assert torch.equal(jumped[0, :20], response.calm[0, :20]), "nothing may change before the jump"


def test_respond_leaves_what_came_before_alone():
    torch.manual_seed(0)
    core = LTC(4, NCPWiring(6, 5, 2, 3, 3, 3, 3, 0), kernel="torch")
    response = respond(core, torch.rand(3, 30, 4), torch.full((3, 30), 1 / 30), start=15, noise=1.0)
    assert torch.equal(response.changed["noise"][:, :15], response.calm[:, :15])
    change = response.change(15)
    assert set(change) == {"noise", "jump"} and all(
        v.shape == (13,) and (v > 0).all() for v in change.values()
    )
