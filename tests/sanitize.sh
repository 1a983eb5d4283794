#!/bin/sh
# The core rebuilt with AddressSanitizer and UBSan, with its assertions on, and the tests run against it.
set -eu
root=$(pwd)
python=$(cd "$(dirname "$PYTHON")" && pwd)/$(basename "$PYTHON")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp -r "$root/netc" "$root/passes" "$root/backends" "$root/runtime" "$root/tests" "$root/examples" "$work"
cp "$root/setup.py" "$root/pyproject.toml" "$root/README.md" "$root/LICENSE" "$work"
cd "$work"
rm -f netc/_core*.so
flags="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -UNDEBUG -O1 -g"
"$python" -m venv --system-site-packages venv
cp -r "$(dirname "$python")/../lib" venv/ 2>/dev/null || true
CFLAGS="$flags" LDFLAGS="-fsanitize=address,undefined" venv/bin/python -m pip install --quiet --no-build-isolation --force-reinstall --no-deps .
cd tests
preload="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)"
# Python itself leaks at exit by design, so leaks are not looked for.
LD_PRELOAD="$preload" ASAN_OPTIONS=detect_leaks=0 ../venv/bin/python -m pytest -q -m "not slow" -c ../pyproject.toml \
    --rootdir .. -o pythonpath=. core frontends passes laws runtime test_cec.py test_manager.py
