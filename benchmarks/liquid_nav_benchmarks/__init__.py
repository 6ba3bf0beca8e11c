"""What measures liquid_nav, and what draws pictures of it for the documentation.

It comes with the source only: flying, training and evaluating need nothing of it.
"""
