"""Simulated autopilots to test against: a vehicle that sends and receives real MAVLink as PX4 or as
ArduPilot does, and flights in lock step through it. Test equipment, not part of what flies a drone.
"""
