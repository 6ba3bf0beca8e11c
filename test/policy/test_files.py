"""Model folders: what is saved comes back, and whatever is wrong with a folder is one line that
is reported.
"""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from liquid_nav.errors import UserError
from liquid_nav.policy import ModelError, Observation, Policy, PolicyConfig, resolve_model
from liquid_nav.policy.model_folder import CONFIG, POLICY_CARD_NAME, WEIGHTS, sha256


def refusal(folder):
    """Return the one line with which a folder is refused."""
    with pytest.raises(ModelError) as error:
        Policy.load(folder)
    line = str(error.value)
    assert isinstance(error.value, UserError) and "\n" not in line and error.value.remedy
    return line


def rewrite(path, **changes):
    data = json.loads(path.read_text())
    path.write_text(json.dumps(data | changes))


def sign(folder):
    """Put the hash of the weights that lie there into the card, as a careless or hostile editor
    would.
    """
    rewrite(folder / POLICY_CARD_NAME, sha256=sha256(folder / WEIGHTS))


def test_what_is_saved_comes_back(policy, model, images):
    loaded = Policy.load(model)
    assert loaded.config == PolicyConfig.from_dict(json.loads((model / CONFIG).read_text()))
    assert not loaded.training
    for name, value in policy.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value), name
    for image in images[:3]:
        ours, _ = policy.step(Observation(image), policy.initial_state(), 0.1)
        theirs, _ = loaded.step(Observation(image), loaded.initial_state(), 0.1)
        assert ours == theirs


def test_the_card_states_how_it_was_made_and_names_the_weights(model):
    card = Policy.load(model).card
    assert card == {"made": "for a test", "seeds": [0, 3], "sha256": sha256(model / WEIGHTS)}


def test_saving_again_changes_nothing(model, tmp_path):
    Policy.load(model).save(tmp_path / "copy")
    for name in (CONFIG, WEIGHTS, POLICY_CARD_NAME):
        assert (tmp_path / "copy" / name).read_bytes() == (model / name).read_bytes()


def test_there_is_nothing_in_a_folder_that_could_run(model):
    assert sorted(p.name for p in model.iterdir()) == [POLICY_CARD_NAME, CONFIG, WEIGHTS]


def test_the_config_survives_json(config):
    there = PolicyConfig.from_dict(json.loads(json.dumps(config.to_dict())))
    assert there == config


@pytest.mark.parametrize("name", ["nowhere", "/nowhere/model", "a/b/c", 300 * "a"])
def test_no_model_there(name):
    assert f"no model at '{name}'" in refusal(name)


@pytest.mark.parametrize("name", [POLICY_CARD_NAME, WEIGHTS])
def test_a_missing_file(model, name):
    (model / name).unlink()
    assert f"has no {name}" in refusal(model)


def test_a_missing_config_means_that_there_is_no_model(model):
    (model / CONFIG).unlink()
    assert f"{CONFIG} is missing" in refusal(model)


@pytest.mark.parametrize("position", [0, 300, -1])
def test_one_changed_byte_of_the_weights(model, position):
    data = bytearray((model / WEIGHTS).read_bytes())
    data[position] ^= 1
    (model / WEIGHTS).write_bytes(data)
    assert "sha256" in refusal(model)


def test_a_card_without_a_hash(model):
    card = json.loads((model / POLICY_CARD_NAME).read_text())
    del card["sha256"]
    (model / POLICY_CARD_NAME).write_text(json.dumps(card))
    assert "sha256" in refusal(model)


@pytest.mark.parametrize("name", [CONFIG, POLICY_CARD_NAME])
@pytest.mark.parametrize(
    "content", [b"{", b"", b"\xff\xfe\x00", b"[1, 2]", b"7", b"null"], ids=repr
)
def test_what_is_no_json_object(model, name, content):
    (model / name).write_bytes(content)
    assert name in refusal(model)


@pytest.mark.parametrize("cut", [0, 5, 100, -20])
def test_weights_that_are_cut_short(model, cut):
    (model / WEIGHTS).write_bytes((model / WEIGHTS).read_bytes()[:cut])
    sign(model)
    assert "do not fit" in refusal(model)


def test_weights_of_another_network(model):
    tensors = load_file(model / WEIGHTS)
    tensors["core.w"] = torch.zeros(3)
    save_file(tensors, model / WEIGHTS)
    sign(model)
    assert "do not fit its config" in refusal(model)


@pytest.mark.parametrize(
    "changes, expected",
    [
        ({"surprise": 1}, "surprise"),
        ({"hold": "forward"}, "forward"),
        ({"command_fields": ["vx", "vy"]}, "command_fields"),
        ({"outputs": {"speed": [0, 4]}}, "command"),
        ({"outputs": {"command": [0, 3]}}, "command"),
        ({"outputs": 4}, "does not fit"),
        ({"outputs": {"command": [0.0, 4.0]}}, "outputs are"),
        ({"outputs": {"command": [0, 4], "spare": [2, 2]}}, "outputs are"),
        ({"encoder": {"height": 24, "colour": True}}, "colour"),
        ({"encoder": {"height": 4, "width": 4}}, "too small"),
        ({"encoder": {"channels": [4], "kernels": [3, 3], "strides": [1]}}, "same length"),
        ({"encoder": [1]}, "does not fit"),
        ({"core": {"kind": "perceptron"}}, "perceptron"),
        ({"core": {}}, "None"),
        ({"core": None}, "core"),
        ({"core": {"kind": "ltc"}}, "wiring"),
        ({"core": {"kind": "ltc", "wiring": {"kind": "spaghetti"}}}, "spaghetti"),
        ({"core": {"kind": "ltc", "wiring": {"kind": "ncp", "inter": 6}}}, "does not fit"),
        (
            {
                "core": {
                    "kind": "ltc",
                    "wiring": {"kind": "ncp", "inter": 0, "command": 5, "motor": 4},
                }
            },
            "inter",
        ),
        (
            {
                "core": {
                    "kind": "ltc",
                    "wiring": {"kind": "ncp", "inter": 9, "command": 9, "motor": 3},
                }
            },
            "motor",
        ),
    ],
    ids=str,
)
def test_a_config_that_cannot_be_flown(model, changes, expected):
    rewrite(model / CONFIG, **changes)
    assert expected in refusal(model)


def test_errors_survive_a_process_pool(model):
    import pickle

    with pytest.raises(ModelError) as error:
        Policy.load("nowhere")
    again = pickle.loads(pickle.dumps(error.value))
    assert type(again) is ModelError and str(again) == str(error.value)


def test_a_released_model_is_found_by_name(model, monkeypatch, tmp_path):
    from liquid_nav import resources

    shutil.copytree(model, tmp_path / "models" / "small")
    monkeypatch.setattr(resources, "roots", lambda: [tmp_path])
    assert resolve_model("small") == tmp_path / "models" / "small"
    assert Policy.load("small").card == Policy.load(model).card
