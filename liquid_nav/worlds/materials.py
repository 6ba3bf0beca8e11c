"""Which materials have a plain colour, what a season leaves out, and how large the ground's texture
is.
"""

TILE = 32.0  # m of one tile of the ground
PLAIN = {
    "paint": (0.85, 0.42, 0.12),
    "poppy": (0.78, 0.16, 0.1),
    "petal0": (0.9, 0.85, 0.3),
    "petal1": (0.92, 0.92, 0.9),
    "petal2": (0.55, 0.42, 0.75),
    "fabric": (0.82, 0.05, 0.07),
    "frame": (0.1, 0.1, 0.11),
}
MISSING = {
    "summer": (),
    "autumn": ("poppies", "flowers"),
    "winter": ("poppies", "flowers", "litter"),
}
BROAD = ("birch", "beech", "oak", "hazel", "berry", "hedge", "marked_beech", "lone_oak", "far_tree")
