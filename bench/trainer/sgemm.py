"""Prints the GFLOP/s of a large 32-bit matrix product, an upper bound for every trainer on this machine."""

import statistics
import sys
import time

import torch

torch.set_num_threads(int(sys.argv[1]))
size = 2048
a, b = torch.rand(size, size), torch.rand(size, size)
seconds = []
for _ in range(12):
    begin = time.perf_counter()
    a @ b
    seconds.append(time.perf_counter() - begin)
print(f"{2 * size**3 / statistics.median(seconds) / 1e9:.0f}")
