"""Four folders, one package: passes/, backends/ and runtime/ install as netc.passes, netc.backends and netc.runtime."""

from setuptools import find_packages, setup

HOMES = {"netc": "netc", "netc.passes": "passes", "netc.backends": "backends", "netc.runtime": "runtime"}

setup(
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
