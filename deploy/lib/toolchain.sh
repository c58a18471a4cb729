# require_swift: put a Swift that is new enough on the PATH and set SWIFT_VERSION, or say what is missing. Sourced, never run.
# shellcheck shell=bash

OLDEST_SWIFT=6.2

require_swift() {
    local place version
    # sudo may have cut the PATH down.
    for place in /opt/swift/usr/bin /usr/libexec/swift/usr/bin "$HOME/.local/share/swiftly/bin"; do
        if ! command -v swift >/dev/null && [ -x "$place/swift" ]; then PATH=$place:$PATH; fi
    done
    if ! command -v swift >/dev/null; then
        echo "No swift on the PATH: install a toolchain of version $OLDEST_SWIFT or newer (https://swift.org/install)." >&2
        return 1
    fi
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | sed -n 1p)
    if [ "$(printf '%s\n' "$OLDEST_SWIFT" "$version" | sort -V | sed -n 1p)" != "$OLDEST_SWIFT" ]; then
        echo "Swift $version is too old: $OLDEST_SWIFT or newer is needed (https://swift.org/install)." >&2
        return 1
    fi
    # shellcheck disable=SC2034
    SWIFT_VERSION=$version
}
