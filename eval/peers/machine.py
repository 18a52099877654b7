"""Is the machine fit to measure on? Two cores must be two cores."""

import concurrent.futures
import hashlib
import os
import re
import subprocess
import time

BLOCK = bytes(4 << 20)
ENOUGH = 1.8


def hashes(seconds):
    """How many blocks one thread hashes; the interpreter's lock is not held meanwhile."""
    end, done = time.perf_counter() + seconds, 0
    while time.perf_counter() < end:
        hashlib.sha256(BLOCK).digest()
        done += 1
    return done


def cores(seconds=0.06):
    """What two threads do at once, as a multiple of what one does: near 2 on two free
    cores. The better of two tries each, for a pause of either spoils it."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        one = max(hashes(seconds), hashes(seconds), 1)
        return max(sum(pool.map(hashes, [seconds] * 2)) for _ in range(2)) / one


def wait_for_two(patience):
    """Wait for a spell with two cores, at most `patience` seconds; the last ratio seen."""
    end = time.perf_counter() + patience
    while (seen := cores()) < ENOUGH and time.perf_counter() < end:
        time.sleep(2)
    return seen


def load():
    return os.getloadavg()[0]


def rates(root, *name, count):
    """GFLOP/s of our kernels' benchmarks of that name (the parts between slashes), the
    best of `count` runs: {"Peak/avx512/float32/cores=1": …}."""
    out = subprocess.run(
        ["go", "test", "./internal/kernel", "-run", "xxx", "-bench", "/".join(name), "-benchtime", "0.1s", "-count", str(count)],
        cwd=root, capture_output=True, text=True,
    ).stdout  # fmt: skip
    best = {}
    for m in re.finditer(r"^Benchmark(\S+?)(?:-\d+)?\s.*?([\d.]+) GFLOP/s", out, re.M):
        best[m[1]] = max(best.get(m[1], 0), float(m[2]))
    return best


def about():
    """One line for the head of a report."""
    model = re.search(r"model name\s*: (.*)", open("/proc/cpuinfo").read())
    memory = re.search(r"MemTotal:\s*(\d+)", open("/proc/meminfo").read())
    return f"{os.cpu_count()} cores of {model[1] if model else 'unknown'}, {int(memory[1]) / 2**20:.0f} GiB"
