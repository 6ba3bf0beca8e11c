"""The old name of ``simulated_camera``, for one release: it logs the new one and runs that node."""

from __future__ import annotations

from rclpy.logging import get_logger

from liquid_nav.nodes import simulated_camera


def main(arguments: list[str] | None = None) -> None:
    """Run the node."""
    get_logger("world_camera").warning(
        "world_camera is now called simulated_camera, which is started; the old name goes with the "
        "next release"
    )
    simulated_camera.main(arguments)


if __name__ == "__main__":
    main()
