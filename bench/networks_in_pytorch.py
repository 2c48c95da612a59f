#!/usr/bin/env python3
"""The training steps of networks.cpp in PyTorch, beside those of downhill_bench in one run.

    python3 bench/networks_in_pytorch.py [build/release/bench/downhill_bench]

On Debian: sudo apt-get install python3-torch libopenblas0-pthread. One thread each. A step is zero_grad, the forward
pass, the loss, backward and the optimizer's step, on a batch that is there already. Rounds alternate between the two
programs, and the fastest of each counts.
"""

import json
import os
import subprocess
import sys
import time

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
try:
    import torch
except ImportError:
    sys.exit("networks_in_pytorch.py: PyTorch is not installed: sudo apt-get install python3-torch libopenblas0-pthread")

SETTINGS = [
    ("2-16-16-1, batch 32, descent", [2, 16, 16, 1], 32, torch.nn.Tanh, False),
    ("64-64-10, batch 32, Adam", [64, 64, 10], 32, torch.nn.ReLU, True),
    ("784-128-10, batch 64, descent", [784, 128, 10], 64, torch.nn.ReLU, False),
    ("784-512-512-10, batch 128, Adam", [784, 512, 512, 10], 128, torch.nn.ReLU, True),
]


def stepper(sizes, batch, activation, adam):
    """One training step as a function."""
    layers = []
    for before, after in zip(sizes, sizes[1:]):
        layers += [torch.nn.Linear(before, after), activation()]
    network = torch.nn.Sequential(*layers[:-1])
    inputs = torch.rand(batch, sizes[0]) * 2 - 1
    if sizes[-1] == 1:
        loss_of, targets = torch.nn.BCEWithLogitsLoss(), torch.randint(0, 2, (batch, 1)).float()
    else:
        loss_of, targets = torch.nn.CrossEntropyLoss(), torch.randint(0, sizes[-1], (batch,))
    make = torch.optim.Adam if adam else torch.optim.SGD
    optimizer = make(network.parameters(), lr=1e-3)

    def step():
        optimizer.zero_grad()
        loss_of(network(inputs), targets).backward()
        optimizer.step()

    return step


def fastest(step, seconds=1.0):
    """Microseconds of the fastest of many short repetitions."""
    for _ in range(10):
        step()
    began = time.perf_counter()
    step()
    at_once = max(1, int(0.003 / (time.perf_counter() - began)))
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        for _ in range(at_once):
            step()
        best = min(best, (time.perf_counter() - began) / at_once)
    return best * 1e6


def ours(program, title):
    """Microseconds of Mlp's step and of the step by hand."""
    out = subprocess.run(
        [program, f"--benchmark_filter={title}/(Mlp|P)(/|$)", "--benchmark_format=json", "--benchmark_repetitions=40"],
        check=True, capture_output=True, text=True).stdout
    times = {}
    for run in json.loads(out)["benchmarks"]:
        if run.get("run_type") == "iteration":
            name = run["run_name"].removeprefix(title + "/").split("/")[0]
            times[name] = min(times.get(name, float("inf")), run["cpu_time"] / 1e3)
    return times["Mlp"], times["P"]


def main():
    torch.set_num_threads(1)
    program = sys.argv[1] if len(sys.argv) > 1 else "build/release/bench/downhill_bench"
    if not os.path.exists(program):
        sys.exit(f"networks_in_pytorch.py: there is no {program}: cmake --preset bench && cmake --build --preset bench")
    print(f"PyTorch {torch.__version__}, one thread; microseconds a step\n")
    print("| network | by hand | Mlp | PyTorch | Mlp / by hand | PyTorch / Mlp |")
    print("|:---|---:|---:|---:|---:|---:|")
    for title, sizes, batch, activation, adam in SETTINGS:
        step = stepper(sizes, batch, activation, adam)
        rounds = [(*ours(program, title), fastest(step)) for _ in range(3)]
        mlp, by_hand, pytorch = (min(times) for times in zip(*rounds))
        print(f"| {title} | {by_hand:.1f} | {mlp:.1f} | {pytorch:.1f} | {mlp / by_hand:.2f} | {pytorch / mlp:.1f} |")


if __name__ == "__main__":
    main()
