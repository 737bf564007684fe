"""Documents in, a published instruction dataset out. See README.md.

from curate import load, run
run(load("recipes/python-reference.yaml"))
"""

__version__ = "0.1.0"
