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
"$python" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check '.[test]'  # with what it needs, built as usual
rm -rf build
CFLAGS="$flags" LDFLAGS="-fsanitize=address,undefined" \
    venv/bin/pip install --quiet --disable-pip-version-check --force-reinstall --no-deps .
cd tests
preload="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)"
# Python itself leaks at exit by design, so leaks are not looked for.
LD_PRELOAD="$preload" ASAN_OPTIONS=detect_leaks=0 ../venv/bin/python -m pytest -q -m "not slow" -c ../pyproject.toml \
    --rootdir .. -o pythonpath=. core frontends passes laws runtime explanation test_cec.py test_manager.py test_mersenne.py test_recover.py
