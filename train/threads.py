"""How many threads PyTorch computes with on a processor: one for each physical core it may use."""

from __future__ import annotations

import os


def set_threads() -> None:
    """Share the physical cores among the processes on this machine.

    Two threads of one core wait for each other's arithmetic, and torchrun gives each process only
    one thread. OMP_NUM_THREADS is heeded where a person set it.
    """
    import psutil
    import torch

    processes = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if "OMP_NUM_THREADS" in os.environ and (processes == 1 or os.environ["OMP_NUM_THREADS"] != "1"):
        return
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2**16
    cores = min(allowed, psutil.cpu_count(logical=False) or os.cpu_count() or 1)
    torch.set_num_threads(max(1, cores // processes))
