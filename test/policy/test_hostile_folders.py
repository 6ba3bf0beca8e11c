"""A model file from elsewhere is judged before anything is allocated for it; each refusal is one
line.
"""

import json
import resource

import pytest

from liquid_nav.policy import ModelError, Policy, PolicyConfig
from liquid_nav.policy.model_folder import CONFIG, POLICY_CARD_NAME

h5py = pytest.importorskip("h5py", reason="h5py is not installed: pip install 'liquid_nav[import]'")


@pytest.fixture(autouse=True)
def little_memory():
    """Whoever allocates what a file claims fails here, and not the machine: 2 GiB more than there
    are now.
    """
    before = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 2**31, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def refusal(folder):
    with pytest.raises(ModelError) as error:
        Policy.load(folder)
    line = str(error.value)
    assert "\n" not in line and error.value.remedy and len(line) < 500
    return line


def change(model, path, value):
    """Change one value of a config, given by its keys."""
    data = json.loads((model / CONFIG).read_text())
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    (model / CONFIG).write_text(json.dumps(data))


@pytest.mark.parametrize(
    "scale",
    [
        [1e6, 1.0, 0.6, 1.0],
        [1.6, 1.0, 0.6, 1e6],
        [-1.6, 1.0, 0.6, 1.0],
        [0.0, 1.0, 0.6, 1.0],
        [float("nan"), 1.0, 0.6, 1.0],
        [float("inf"), 1.0, 0.6, 1.0],
        [1.6, 1.0, 0.6],
        [1.6, 1.0, 0.6, 1.0, 1.0],
        [],
        ["fast", 1.0, 0.6, 1.0],
        [None, 1.0, 0.6, 1.0],
        [[1.6], 1.0, 0.6, 1.0],
        [True, 1.0, 0.6, 1.0],
        1.6,
        "1111",
    ],
)
def test_a_command_scale_that_no_drone_flies_is_refused(model, scale):
    change(model, ["command_scale"], scale)
    assert "command_scale" in refusal(model)


def test_usual_scales_are_fine():
    assert PolicyConfig(command_scale=(12, 8.0, 4.0, 3.0)).command_scale[0] == 12


HUGE = 10**9


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["core", "wiring", "inter"], HUGE),
        (["core", "wiring", "inter"], 5000),
        (["core", "wiring", "command"], HUGE),
        (["core", "wiring", "recurrent_command"], HUGE),
        (["core", "unfolds"], HUGE),
        (["core", "unfolds"], 10**40),
        (["core", "wiring"], {"kind": "dense", "units": HUGE}),
        (["core", "wiring"], {"kind": "random", "units": 20_000}),
        (
            ["core", "wiring"],
            {"kind": "table", "sensory": [], "internal": [], "layers": {"motor": HUGE}},
        ),
        (["core"], {"kind": "lstm", "units": HUGE}),
        (["core"], {"kind": "lstm", "units": 20_000}),
        (["core"], {"kind": "tcn", "units": 8, "kernel": HUGE}),
        (["core"], {"kind": "tcn", "units": 8, "dilations": [HUGE]}),
        (["core"], {"kind": "tcn", "units": 2000, "kernel": 500}),
        (["core"], {"kind": "cfc", "units": 8, "backbone_units": HUGE}),
        (["core"], {"kind": "cfc", "units": 60_000}),
        (["core"], {"kind": "feedforward", "units": HUGE}),
        (["core"], {"kind": "ctrnn", "units": 8, "solver": {"kind": "euler", "steps": HUGE}}),
        (["core"], {"kind": "published_cfc", "units": 8, "backbone": [HUGE]}),
        (["core", "time_constant"], [0.05, 1e300]),
        (["encoder", "features"], HUGE),
        (["encoder", "height"], HUGE),
        (["encoder", "width"], 70_000),
        (["encoder", "channels"], [HUGE, 6]),
        (["encoder", "channels"], [4000, 4000]),
        (["encoder", "kernels"], [HUGE, 3]),
        (
            ["encoder"],
            {
                "height": 2000,
                "width": 2000,
                "channels": [64],
                "kernels": [1],
                "strides": [1],
                "features": 2000,
            },
        ),
        (["outputs"], {"command": [0, 4], "more": [4, HUGE]}),
        (["outputs"], {"command": [HUGE, HUGE + 4]}),
    ],
)
def test_a_network_larger_than_any_that_flies_is_refused_before_it_is_built(model, path, value):
    change(model, path, value)
    line = refusal(model)
    assert "config" in line


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["encoder", "strides"], [0, 2]),
        (["encoder", "kernels"], [0, 3]),
        (["encoder", "kernels"], ["5", 3]),
        (["encoder", "channels"], [0, 6]),
        (["encoder", "channels"], [4.5, 6]),
        (["encoder", "features"], 0),
        (["encoder", "features"], -3),
        (["encoder", "features"], "7"),
        (["encoder", "height"], 24.5),
        (["encoder", "mean"], [0.0, 0.0]),
        (["encoder", "mean"], "abc"),
        (["encoder", "variance"], [0.0, 1.0, 1.0]),
        (["encoder", "variance"], [-1.0, 1.0, 1.0]),
        (["encoder", "bounded"], "yes"),
        (["encoder"], {"kind": "backbone", "maps": [[5], 11]}),
        (["encoder"], {"kind": "backbone", "looked": [0, 32]}),
        (["core", "kind"], ["ltc"]),
        (["core"], []),
        (["core", "unfolds"], 0),
        (["core", "unfolds"], -1),
        (["core", "unfolds"], "6"),
        (["core", "unfolds"], 2.5),
        (["core", "unfolds"], True),
        (["core", "solver"], {"kind": "rk4", "steps": 0}),
        (["core", "solver"], {"kind": "euler", "steps": 1.5}),
        (["core", "solver"], {"kind": "implicit", "iterations": 0}),
        (["outputs"], {"command": [0, 4, 5]}),
        (["outputs"], {"command": [-4, 0]}),
        (["outputs"], {"command": [0, 4], "more": [4, 4]}),
        (["camera"], [80]),
        (["camera"], None),
        (["nominal_period"], True),
        (["nominal_period"], "0.03"),
    ],
)
def test_values_of_another_kind_are_refused_before_anything_is_built_of_them(model, path, value):
    """A variance of 0 makes infinite features, 0 steps a state that stands still."""
    change(model, path, value)
    assert "config" in refusal(model)


@pytest.mark.parametrize("name", [CONFIG, POLICY_CARD_NAME])
@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        "1" * 5000,
        '{"nominal_period": ' + "9" * 5000 + "}",
        '{"a": "' + "x" * 20_000_000,
        "\x00",
        '"\\ud800"',
        "",
    ],
    ids=[
        "deep list",
        "deep object",
        "long number",
        "long number inside",
        "large",
        "zero",
        "surrogate",
        "empty",
    ],
)
def test_json_that_is_made_to_break_readers_is_one_line(model, name, text):
    (model / name).write_text(text)
    assert name in refusal(model)


@pytest.mark.parametrize("name", [CONFIG, POLICY_CARD_NAME])
def test_a_config_nested_deeper_than_any_is_refused(model, name):
    data = json.loads((model / name).read_text())
    data["camera"] = json.loads('{"a":' * 400 + "1" + "}" * 400)
    (model / name).write_text(json.dumps(data))
    assert name in refusal(model)


def test_a_folder_in_place_of_the_card_is_one_line(model):
    (model / POLICY_CARD_NAME).unlink()
    (model / POLICY_CARD_NAME).mkdir()
    assert POLICY_CARD_NAME in refusal(model)


def keras(path, fill):
    """Write what looks like a headless Keras checkpoint of one layer; ``fill`` writes its array."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"conv"]
        group = file.create_group("conv")
        group.attrs["weight_names"] = [b"kernel:0"]
        fill(group)
    return path


def import_refusal(path):
    from liquid_nav.policy.published.importing import import_keras_checkpoint

    with pytest.raises(ModelError) as error:
        import_keras_checkpoint(path, "ncp")
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_small_file_that_declares_160_gb_is_refused(tmp_path):
    path = keras(
        tmp_path / "a.hdf5",
        lambda g: g.create_dataset("kernel:0", (200_000, 200_000), "f4", chunks=(64, 64)),
    )
    assert path.stat().st_size < 10_000
    assert "kernel:0" in (line := import_refusal(path)) and "160" in line


def test_many_arrays_that_are_large_together_are_refused(tmp_path):
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        names = [f"k{i}".encode() for i in range(60)]
        file.attrs["layer_names"] = [b"conv"]
        group = file.create_group("conv")
        group.attrs["weight_names"] = names
        for name in names:
            group.create_dataset(name.decode(), (4000, 4000), "f4", chunks=(64, 64))
    assert "GB" in import_refusal(tmp_path / "a.hdf5")


def test_links_to_other_files_are_refused(tmp_path):
    with h5py.File(tmp_path / "secret.hdf5", "w") as file:
        file["kernel"] = [1.0, 2.0]
    path = keras(
        tmp_path / "a.hdf5",
        lambda g: g.__setitem__("kernel:0", h5py.ExternalLink("secret.hdf5", "/kernel")),
    )
    assert "another file" in import_refusal(path)


def test_raw_data_in_other_files_is_refused(tmp_path):
    (tmp_path / "raw").write_bytes(bytes(64))
    path = keras(
        tmp_path / "a.hdf5",
        lambda g: g.create_dataset(
            "kernel:0", (4, 4), "f4", external=[(str(tmp_path / "raw"), 0, 64)]
        ),
    )
    assert "another file" in import_refusal(path)


def test_a_virtual_array_is_refused(tmp_path):
    layout = h5py.VirtualLayout((4,), "f4")
    with h5py.File(tmp_path / "secret.hdf5", "w") as file:
        file.create_dataset("kernel", (4,), "f4")
    layout[:] = h5py.VirtualSource(str(tmp_path / "secret.hdf5"), "kernel", (4,))
    path = keras(tmp_path / "a.hdf5", lambda g: g.create_virtual_dataset("kernel:0", layout))
    assert "another file" in import_refusal(path)


def test_a_layer_that_is_a_link_to_another_file_is_refused(tmp_path):
    keras(tmp_path / "secret.hdf5", lambda g: g.create_dataset("kernel:0", (4,), "f4"))
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        file.attrs["layer_names"] = [b"conv"]
        file["conv"] = h5py.ExternalLink("secret.hdf5", "/conv")
    assert "another file" in import_refusal(tmp_path / "a.hdf5")
    with h5py.File(tmp_path / "b.hdf5", "w") as file:
        file["model_weights"] = h5py.ExternalLink("secret.hdf5", "/")
    assert "another file" in import_refusal(tmp_path / "b.hdf5")


def test_an_array_of_strings_is_refused(tmp_path):
    path = keras(tmp_path / "a.hdf5", lambda g: g.create_dataset("kernel:0", data=[b"weights"]))
    assert "kernel:0" in import_refusal(path)
