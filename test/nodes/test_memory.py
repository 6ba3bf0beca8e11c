"""Memory of large messages is kept, not asked for anew at every frame; in processes of their own:
it lasts for life.
"""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
from liquid_nav.nodes.memory import keep_memory
kept = keep_memory() if sys.argv[1] == "keep" else None
size, blocks = 2_764_800, 4
def frame():
    images = [bytearray(size) for _ in range(blocks)]
frame()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    frame()
faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(kept, faults / (10 * blocks * size / 4096))
"""


def run(part, **variables):
    """Return what keep_memory returned, and the share of the blocks' pages that the system had to
    give anew.
    """
    kept = {
        name: text
        for name, text in os.environ.items()
        if not name.startswith(("MALLOC_", "GLIBC_"))
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, part],
        env=kept | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    lines, share = done.stdout.split()
    return lines, float(share)


def test_blocks_of_the_size_of_images_are_used_again():
    lines, share = run("keep")
    if lines == "False":
        pytest.skip("the C library has no mallopt")
    assert share < 0.1 < run("leave")[1]


def test_what_the_user_has_set_stays():
    assert run("keep", MALLOC_TRIM_THRESHOLD_="1000000")[0] == "False"
