"""Four folders, one package: passes/, backends/ and runtime/ install as netc.passes, netc.backends and netc.runtime."""

import os
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from setuptools import find_packages, setup
from setuptools.command.build_ext import build_ext

HOMES = {"netc": "netc", "netc.passes": "passes", "netc.backends": "backends", "netc.runtime": "runtime"}


class BuildSideBySide(build_ext):
    """The core is one extension of many files, which would be compiled one after another."""

    def build_extensions(self) -> None:
        compile_all, compile_one = self.compiler.compile, self.compiler._compile

        def compile_side_by_side(*args: Any, **kwargs: Any) -> Any:
            running: list[Future[None]] = []
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                self.compiler._compile = lambda *file: running.append(pool.submit(compile_one, *file))
                objects = compile_all(*args, **kwargs)
            for done in running:
                done.result()
            return objects

        self.compiler.compile = compile_side_by_side
        super().build_extensions()


setup(
    cmdclass={"build_ext": BuildSideBySide},
    package_dir=HOMES,
    packages=[
        ".".join(filter(None, (name, sub))) for name, home in HOMES.items() for sub in ("", *find_packages(home))
    ],
    include_package_data=False,
    package_data={
        "netc": ["py.typed", "checker/netc_check.c"],
        "netc.runtime": ["netc_runtime.h", "netc_targets.inc", "netc_kernels.inc", "netc_main.c"],
    },
    cffi_modules=["netc/core/build.py:ffibuilder"],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
