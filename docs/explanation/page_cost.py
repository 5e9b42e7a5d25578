#!/usr/bin/env python3
"""What the live page costs a step: pairs of runs, with the page and somebody who looks, and without, in turn.

    docs/explanation/page_cost.py [PAIRS] [EPOCHS]

Of each run the last epoch counts: by then everything is compiled. Wall time is that of run.json; processor time is the orchestrator's own, over all of
its threads, from the line of the epoch before to the last one. Built in Release before; Fashion-MNIST, three nodes, mlp, one thread each.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from threading import Thread

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TICKS = os.sysconf("SC_CLK_TCK")


def program(name):
    return os.path.join(ROOT, name, "bin", "Release", "net10.0", name)


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def look(url):
    try:
        with urllib.request.urlopen(url + "stream") as stream:
            while stream.read1(65536):
                pass
    except OSError:
        pass


def run(with_page, epochs):
    with tempfile.TemporaryDirectory() as folder:
        output = os.path.join(folder, "run")
        command = [program("Orchestrator"), "--num_nodes", "3", "--epochs", str(epochs), "--port", "0", "--threads", "1", "--device", "cpu", "--output", output]
        command += ["--dashboard_port", "0"] if with_page else []
        orchestrator = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        nodes, at = [], []
        for line in orchestrator.stdout:
            if "live page: " in line:
                Thread(target=look, args=(line.split()[-1],), daemon=True).start()
            elif "waiting for " in line:
                port = line.rsplit(":", 1)[1].strip()
                nodes = [
                    subprocess.Popen(
                        [program("Node"), "--node_id", str(i), "--num_nodes", "3", "--port", port, "--threads", "1", "--device", "cpu"],
                        stdout=subprocess.DEVNULL)
                    for i in (1, 2, 3)]
            elif line.startswith("epoch ") and ": train loss" in line:
                at.append(processor_seconds(orchestrator.pid))
        orchestrator.wait()
        for node in nodes:
            node.wait()
        with open(os.path.join(output, "run.json")) as summary:
            figures = json.load(summary)["performance"]
        return figures["step_ms"], (at[-1] - at[-2]) * 1e3 / figures["steps"], figures["step_allocated_bytes"]


def main():
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    epochs = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    without, with_page = [], []
    for pair in range(pairs):
        # Which of the two comes first changes from pair to pair.
        for page in ((False, True) if pair % 2 == 0 else (True, False)):
            figures = run(page, epochs)
            (with_page if page else without).append(figures)
            print(f"pair {pair + 1}, {'with' if page else 'without'} the page: {figures[0]:.3f} ms a step, {figures[1]:.3f} ms of processor, {figures[2] / 1e3:.1f} kB allocated", flush=True)
    for index, name, unit in ((0, "time", "ms"), (1, "processor time", "ms"), (2, "allocated", "B")):
        a, b = ([f[index] for f in side] for side in (without, with_page))
        change = [100 * (y - x) / x for x, y in zip(a, b)]
        print(f"{name}: median {statistics.median(a):.3f} without, {statistics.median(b):.3f} with ({unit} a step); paired {statistics.median(change):+.2f} % (median of {pairs})")


if __name__ == "__main__":
    main()
