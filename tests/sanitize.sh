#!/bin/sh
# The core rebuilt with AddressSanitizer and UBSan, with its assertions on, and the tests run against it.
set -eu
root=$(pwd)
python=$(cd "$(dirname "$PYTHON")" && pwd)/$(basename "$PYTHON")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/source" "$work/away"  # tests run away from the source, which would hide what is installed
for name in netc passes backends runtime setup.py pyproject.toml README.md LICENSE; do
    cp -r "$root/$name" "$work/source"
done
cp -r "$root/tests" "$root/examples" "$root/docs" "$root/benchmarks" "$root/pyproject.toml" "$work/away"
cd "$work/source"
rm -rf netc/_core* build
flags="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -UNDEBUG -O1 -g"
"$python" -m venv "$work/venv"
pip="$work/venv/bin/pip --quiet --disable-pip-version-check"
$pip install '.[test]'  # with what it needs, built as usual
rm -rf build
CFLAGS="$flags" LDFLAGS="-fsanitize=address,undefined" $pip install --force-reinstall --no-deps .

cd "$work/away"
preload="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)"
# Python itself leaks at exit by design, so leaks are not looked for.
LD_PRELOAD="$preload" ASAN_OPTIONS=detect_leaks=0 "$work/venv/bin/python" -m pytest -q -m "not slow" \
    --numprocesses auto --maxprocesses 8 --dist worksteal \
    tests/core tests/frontends tests/passes tests/laws tests/runtime tests/explanation \
    tests/test_cec.py tests/test_certificate.py tests/test_manager.py tests/test_mersenne.py tests/test_recover.py
LD_PRELOAD="$preload" ASAN_OPTIONS=detect_leaks=0 "$work/venv/bin/netc" fuzz --seconds 60 --seed 1
