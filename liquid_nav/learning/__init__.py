"""Learning to fly: labelled flights, data sets on disk, imitation with real elapsed times, rounds
of DAgger.
"""
