"""The senders' own kits, installed once into build/sdk-venv at the versions of requirements.txt."""

import fcntl
import os
import shutil
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(os.path.dirname(os.path.dirname(HERE)), "build", "sdk-venv")
WANTED = os.path.join(HERE, "requirements.txt")
SECONDS = 300  # for an installation


def is_installed():
    try:
        with open(WANTED, encoding="ascii") as wanted, open(os.path.join(FOLDER, "requirements.txt"), encoding="ascii") as found:
            return wanted.read() == found.read()
    except FileNotFoundError:
        return False


def install():
    subprocess.run([sys.executable, "-m", "venv", "--clear", FOLDER], check=True, timeout=SECONDS)
    words = ["install", "--quiet", "--disable-pip-version-check", "--requirement", WANTED]
    subprocess.run([os.path.join(FOLDER, "bin", "pip"), *words], check=True, timeout=SECONDS)
    shutil.copy(WANTED, FOLDER)


def python():
    """A Python that has them. Where they cannot be had the test is skipped, but never under CI."""
    os.makedirs(os.path.dirname(FOLDER), exist_ok=True)
    with open(FOLDER + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            if not is_installed():
                install()
        except (subprocess.SubprocessError, OSError) as failure:
            if os.environ.get("CI"):
                raise
            raise unittest.SkipTest(f"the senders' kits cannot be installed: {failure}") from failure
    return os.path.join(FOLDER, "bin", "python")


def send(script, *words, seconds=60):
    """Runs a script of this folder with that Python; what it printed."""
    done = subprocess.run([python(), "-B", os.path.join(HERE, script), *words], capture_output=True, text=True, timeout=seconds, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{script}: {done.stderr}")
    return done.stdout
