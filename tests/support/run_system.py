"""run_system.py BINARY [MODULE...] : the system tests, which see the binary only from outside.

Modules run beside each other, because most of them wait most of the time. The last line counts the
tests of all.
"""

import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import time

AT_ONCE = 3
MODULE_SECONDS = 1200  # a module that takes longer hangs


def run(module, binary):
    start = time.monotonic()
    environment = {**os.environ, "SERIN_BINARY": binary, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": "tests/system"}
    words = [sys.executable, "-m", "unittest", module]
    try:
        done = subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=MODULE_SECONDS)
        return module, done.returncode, done.stdout.decode(errors="replace"), time.monotonic() - start
    except subprocess.TimeoutExpired as late:
        return module, 1, (late.stdout or b"").decode(errors="replace") + "\nhangs", time.monotonic() - start


def count(status, report):
    """Passed, failed, skipped. A test with several failed parts has failed once."""
    ran = int((re.findall(r"^Ran (\d+) tests?", report, re.M) or ["0"])[-1])
    skipped = int((re.findall(r"skipped=(\d+)", report) or ["0"])[-1])
    bad = {(kind, name) for kind, name in re.findall(r"^(FAIL|ERROR): (.*?\))", report, re.M)}
    failed = len({name for _, name in bad}) or int(status != 0)
    return max(ran - failed - skipped, 0), failed, skipped


def main(binary, modules):
    binary = os.path.abspath(binary)
    modules = modules or sorted(os.path.basename(path)[:-3] for path in glob.glob("tests/system/test_*.py"))
    totals = [0, 0, 0]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for future in concurrent.futures.as_completed([pool.submit(run, module, binary) for module in modules]):
            module, status, report, seconds = future.result()
            numbers = count(status, report)
            totals = [total + number for total, number in zip(totals, numbers)]
            print("  %-20s %d passed, %d failed%s (%.0f s)" % (module[len("test_") :], *numbers[:2], f", {numbers[2]} skipped" if numbers[2] else "", seconds), flush=True)
            if numbers[1]:
                print(report, flush=True)
    passed, failed, skipped = totals
    print(f"system: {passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
