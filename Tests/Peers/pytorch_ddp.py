#!/usr/bin/env python3
"""PyTorch's DistributedDataParallel over gloo on this machine, as a measure: the batch of pytorch_centralized.py dealt out among processes of
one thread each. Prints milliseconds a step of the second half of the steps, and the peak memory of the first process.

Needs python3-torch. Not the same result as centralized training where the parts of a batch differ in size: DDP takes the mean of their means.
"""
import os
import tempfile

# Debian's torch multiplies with OpenBLAS, whose threads torch.set_num_threads does not reach.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import torch
import torch.distributed as dist
import torch.multiprocessing as multiprocessing
from torch.nn.parallel import DistributedDataParallel

from pytorch_centralized import SAMPLES, arguments, build, data, report, train


def work(rank, options, meeting_point):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{meeting_point}", rank=rank, world_size=options.processes)
    model = DistributedDataParallel(build(options.model))
    torch.manual_seed(1)  # everybody knows the same order, as with a DistributedSampler
    order = torch.randperm(SAMPLES)
    inputs, labels = data(options.model)

    def rows(step):
        batch = order[step * options.batch_size % (SAMPLES - options.batch_size):][:options.batch_size]
        return batch[rank::options.processes]

    milliseconds = train(model, inputs, labels, rows, options.steps)
    dist.barrier()
    if rank == 0:
        report(f"DDP over gloo, {options.processes} processes", options, milliseconds)
    dist.destroy_process_group()


def main():
    parser = arguments()
    parser.add_argument("--processes", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        multiprocessing.start_processes(work, (options, os.path.join(folder, "meeting_point")), options.processes, start_method="fork")


if __name__ == "__main__":
    main()
