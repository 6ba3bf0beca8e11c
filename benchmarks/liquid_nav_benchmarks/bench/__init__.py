"""The measurements of ``liquid-nav bench``: its options, a module for each command, and what they
measure with.
"""
