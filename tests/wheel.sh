#!/bin/sh
# The sdist and the wheel, installed in a clean environment away from the source tree: they work there, and tests,
# examples and benchmarks type-check against the installed package.
set -eu
root=$(pwd)
python=$(cd "$(dirname "$PYTHON")" && pwd)/$(basename "$PYTHON")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$python" -m build --quiet --outdir "$work/dist" "$root"  # the wheel from the sdist, so that this is whole
for archive in "$work"/dist/*; do echo "built $(basename "$archive")"; done
"$python" -m venv "$work/venv"
for wheel in "$work"/dist/*.whl; do  # with what the tests import, so that their types are known too
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check "$wheel[test]" types-networkx
done

cd "$work"
printf 'aag 3 2 0 1 1\n2\n4\n6\n6 4 2\n' > and.aag
venv/bin/netc opt and.aag -q -o and.aig
venv/bin/netc cec and.aag and.aig
venv/bin/netc verilog and.aig --out and.v
venv/bin/netc passes > /dev/null
venv/bin/netc explain and.aig > /dev/null
venv/bin/python -c 'import netc; assert netc.compile(netc.load("and.aig")).bits([[1, 1], [1, 0]]).tolist() == [[True], [False]]'
mkdir built
venv/bin/netc compile and.aig -q -o built
make -s -C built
test "$(printf '11\n10\n' | built/model | tr '\n' ' ')" = "1 0 "
if ls venv/lib/python3*/site-packages | grep -qxE 'passes|backends|runtime'; then
    echo "a folder landed in site-packages under a bare name" >&2
    exit 1
fi

mkdir typed
cp -r "$root/tests" "$root/examples" "$root/benchmarks" "$root/pyproject.toml" typed/
cd typed
MYPYPATH=tests "$python" -m mypy --python-executable "$work/venv/bin/python" --explicit-package-bases tests
for folder in examples benchmarks; do
    MYPYPATH=$folder "$python" -m mypy --python-executable "$work/venv/bin/python" --explicit-package-bases $folder
done
