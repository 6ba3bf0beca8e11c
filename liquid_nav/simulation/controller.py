"""The cascaded velocity controller of the embedded autopilot: velocity -> acceleration -> attitude
-> rates -> rotors.

Structure and typical gains follow a multicopter position controller as documented by PX4
(https://docs.px4.io/main/en/flight_stack/controller_diagrams.html). Scalars and ``math`` on
purpose: at 250 Hz, NumPy calls on three-vectors would cost more than the physics.
"""

from __future__ import annotations

import math
from typing import Sequence

from liquid_nav.geometry import body_axes, turned, yaw_of
from liquid_nav.simulation.response import DroneResponse
from liquid_nav.types import Command
from liquid_nav.worlds import DRONE_MODEL

GRAVITY = 9.81
"""m/s^2, as in MuJoCo."""
INERTIA_PER_KG = DRONE_MODEL.inertia_per_kg
ROTOR_LAYOUT = DRONE_MODEL.rotor_layout
INTEGRAL_LIMIT = 2.5
"""Largest integral part of the acceleration on an axis, m/s^2."""
ACCELERATION_LIMIT = 5.0
"""Largest commanded acceleration on an axis, m/s^2."""


class VelocityController:
    """Turns a level-body velocity set point into four rotor thrusts, with limits and lags.

    State: integral of the velocity error (m/s^2, ENU), filtered yaw-rate set point (rad/s), rotor
    thrusts (N).
    """

    def __init__(self, response: DroneResponse) -> None:
        self.response = response
        self.integral = [0.0, 0.0, 0.0]
        self.yaw_rate = 0.0
        self.thrusts = [response.mass * GRAVITY / 4.0] * 4

    def update(
        self,
        command: Command,
        quaternion: list[float],
        velocity: Sequence[float],
        rates: list[float],
        dt: float,
    ) -> tuple[float, float, float, float]:
        """Advance by ``dt`` seconds; returns total thrust (N, body up) and body moments (N m).

        Args:
            command: set point in the level body frame.
            quaternion: attitude, w x y z, body to ENU.
            velocity: estimated velocity, ENU m/s.
            rates: angular velocity, body rad/s.
            dt: time to go on by, s.
        """
        p = self.response
        target = (*turned(command.vx, command.vy, yaw_of(quaternion)), command.vz)

        acceleration = [0.0, 0.0, 0.0]
        gains = (p.velocity_gain, p.velocity_gain, p.vertical_gain)
        for i in range(3):
            error = target[i] - velocity[i]
            self.integral[i] = _clip(
                self.integral[i] + p.integral_gain * error * dt, INTEGRAL_LIMIT
            )
            acceleration[i] = _clip(gains[i] * error + self.integral[i], ACCELERATION_LIMIT)
        ax = acceleration[0]
        ay = acceleration[1]
        az = acceleration[2] + GRAVITY
        horizontal = math.hypot(ax, ay)
        most = az * math.tan(p.tilt_limit)
        if horizontal > most:
            ax = ax * most / horizontal
            ay = ay * most / horizontal

        # Body axes in the world; the tilt error is the rotation that takes body z onto the wanted
        # thrust axis.
        bx, by, bz = body_axes(quaternion)
        norm = math.sqrt(ax * ax + ay * ay + az * az)
        d = (ax / norm, ay / norm, az / norm)
        e = (bz[1] * d[2] - bz[2] * d[1], bz[2] * d[0] - bz[0] * d[2], bz[0] * d[1] - bz[1] * d[0])
        roll_rate = p.attitude_gain * (e[0] * bx[0] + e[1] * bx[1] + e[2] * bx[2])
        pitch_rate = p.attitude_gain * (e[0] * by[0] + e[1] * by[1] + e[2] * by[2])
        self.yaw_rate += (command.yaw_rate - self.yaw_rate) * (1.0 - math.exp(-dt / p.yaw_lag))

        thrust = p.mass * (ax * bz[0] + ay * bz[1] + az * bz[2])
        wanted = (
            INERTIA_PER_KG[0] * p.mass * p.rate_gain * (roll_rate - rates[0]),
            INERTIA_PER_KG[1] * p.mass * p.rate_gain * (pitch_rate - rates[1]),
            INERTIA_PER_KG[2] * p.mass * p.rate_gain * 0.5 * (self.yaw_rate - rates[2]),
        )
        return self._rotors(thrust, wanted, dt)

    def _rotors(
        self, thrust: float, moments: tuple[float, float, float], dt: float
    ) -> tuple[float, float, float, float]:
        """Mix onto four rotors, saturate, lag, and return what they really give."""
        blend = 1.0 - math.exp(-dt / self.response.motor_lag)
        total = 0.0
        mx = 0.0
        my = 0.0
        mz = 0.0
        for i, (rx, ry, spin) in enumerate(ROTOR_LAYOUT):
            f = (
                0.25 * thrust
                + 0.25 * moments[0] / ry
                - 0.25 * moments[1] / rx
                + 0.25 * spin * moments[2] / DRONE_MODEL.rotor_yaw_moment
            )
            f = min(max(f, 0.0), DRONE_MODEL.rotor_thrust_limit)
            f = self.thrusts[i] + blend * (f - self.thrusts[i])
            self.thrusts[i] = f
            total += f
            mx += f * ry
            my -= f * rx
            mz += f * spin * DRONE_MODEL.rotor_yaw_moment
        return total, mx, my, mz


def wrench(
    controller: VelocityController,
    command: Command,
    quaternion: list[float],
    velocity: tuple[float, float, float],
    rates: list[float],
    air: tuple[float, float, float],
    dt: float,
    error: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Advance the controller by ``dt`` seconds; returns what rotors and air do: force (N) and
    torque (N m), ENU.

    Args:
        controller: of the drone.
        command: its set point.
        quaternion: its attitude, w x y z, body to ENU.
        velocity: true velocity of the drone, ENU m/s.
        rates: its angular velocity, body rad/s.
        air: velocity of the wind, ENU m/s.
        dt: time to go on by, s.
        error: of the velocity estimate that the controller uses, estimated minus true, ENU m/s;
            default: none.
    """
    vx, vy, vz = velocity
    estimate = (vx + error[0], vy + error[1], vz + error[2])
    thrust, mx, my, mz = controller.update(command, quaternion, estimate, rates, dt)
    drag = controller.response.drag
    bx, by, bz = body_axes(quaternion)
    force = (
        thrust * bz[0] - drag * (vx - air[0]),
        thrust * bz[1] - drag * (vy - air[1]),
        thrust * bz[2] - drag * (vz - air[2]),
    )
    torque = (
        mx * bx[0] + my * by[0] + mz * bz[0],
        mx * bx[1] + my * by[1] + mz * bz[1],
        mx * bx[2] + my * by[2] + mz * bz[2],
    )
    return force, torque


def _clip(value: float, limit: float) -> float:
    if value > limit:
        return limit
    if value < -limit:
        return -limit
    return value
