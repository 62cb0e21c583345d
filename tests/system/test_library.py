"""libserin as other programs see it: installed headers, pkg-config, shared and static library."""

import os
import subprocess
import tempfile
import unittest

from service import SANITIZED

PROGRAM = r"""
#include <serin/serin.h>
#include <stdio.h>

int main(void)
{
    const uint64_t counts[] = {40, 10, 5, 45};
    const struct serin_table table = {counts, 2, 2};
    struct serin_nmi_estimate estimate;
    if (serin_nmi_estimate(&table, SERIN_GEOMETRIC, &estimate) != SERIN_OK) {
        return 1;
    }
    printf("%s %.12f %.12f\n", serin_version(), estimate.nmi, estimate.standard_error);
    return 0;
}
"""


def run(*command, **options):
    """The command's output; its errors are part of the failure."""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}:\n{done.stdout}{done.stderr}")
    return done.stdout


@unittest.skipIf(SANITIZED, "a sanitized library needs its sanitizer")
class Library(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="serin-library-")
        cls.prefix = os.path.join(cls.folder.name, "usr")
        binary = os.environ["SERIN_BINARY"]
        cls.version = run(binary, "--version").split()[-1]
        variant, _, compiler = os.path.basename(os.path.dirname(binary)).partition("-")
        settings = [f"VARIANT={variant}", f"PREFIX={cls.prefix}"]
        if compiler:
            settings.append(f"CC={compiler}")
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
        run("make", "--silent", "install", *settings, env=environment)
        cls.source = os.path.join(cls.folder.name, "program.c")
        with open(cls.source, "w", encoding="utf-8") as file:
            file.write(PROGRAM)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def flags(self, *arguments):
        path = os.path.join(self.prefix, "lib", "pkgconfig")
        environment = dict(os.environ, PKG_CONFIG_PATH=path)
        return run("pkg-config", *arguments, "serin", env=environment).split()

    def build(self, name, *libraries):
        program = os.path.join(self.folder.name, name)
        run("cc", "-std=c17", "-Wall", "-Wextra", "-Werror", "-pedantic", self.source, "-o", program,
            *self.flags("--cflags"), *libraries)
        return program

    def expect_answer(self, output):
        version, nmi, error = output.split()
        self.assertEqual(version, self.version)
        self.assertEqual(nmi, "0.398755835820")
        self.assertEqual(error, "0.089147326175")

    def test_a_program_links_the_shared_library_by_pkg_config(self):
        program = self.build("shared", *self.flags("--libs"))
        path = os.path.join(self.prefix, "lib")
        self.expect_answer(run(program, env=dict(os.environ, LD_LIBRARY_PATH=path)))

    def test_a_program_links_the_static_library(self):
        archive = os.path.join(self.prefix, "lib", "libserin.a")
        self.expect_answer(run(self.build("static", archive, "-lm")))

    def test_nothing_but_serin_s_own_names_is_exported(self):
        shared = os.path.join(self.prefix, "lib", "libserin.so.0")
        names = [line.split()[-1] for line in run("nm", "-D", "--defined-only", shared).splitlines()]
        self.assertIn("serin_compare", names)
        self.assertEqual([name for name in names if not name.startswith("serin_")], [])

    def test_the_shared_library_needs_the_c_library_alone(self):
        shared = os.path.join(self.prefix, "lib", "libserin.so.0")
        needed = [line.split("[")[1].rstrip("]") for line in run("readelf", "-d", shared).splitlines()
                  if "(NEEDED)" in line]
        others = [name for name in needed if not name.startswith(("libc.so", "libm.so", "ld-linux"))]
        self.assertEqual(others, [])

    def test_every_installed_header_stands_alone(self):
        folder = os.path.join(self.prefix, "include", "serin")
        for header in sorted(os.listdir(folder)):
            with self.subTest(header=header):
                run("cc", "-std=c17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-include",
                    f"serin/{header}", "-x", "c", os.devnull, *self.flags("--cflags"))


if __name__ == "__main__":
    unittest.main()
