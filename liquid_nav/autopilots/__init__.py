"""From the supervisor's orders to an autopilot: one offboard session, and an adapter for each protocol."""
