"""Evaluate a run: is the tuned model better than its base, in what, and which rows made it worse.

    python -m train evaluate RUN

`evaluation` is the straight line: `heldout` and `benchmarks` measure, `compare` sets side by side,
`faults` and `findings` trace errors to training rows, `files`, `table` and `page` show it,
`sheet` lets people judge.
"""

from train.evaluate.evaluation import Evaluation, Options, evaluate

__all__ = ["Evaluation", "Options", "evaluate"]
