#!/usr/bin/env python3
"""The architecture, checked: what the table in docs/architecture.md allows is all that is imported.

    check_layers.py [ROOT]

Checks the dependencies in Package.swift, every import in Sources, who touches a C library, that no driver folder
knows another driver, that `public` stays in the products, that Foundation stays out of Sources, and the length of files.
Prints one line per finding and exits 1 when there is any.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

LONGEST_FILE = 500
# A C library is imported in one place only.
C_LIBRARIES = {
    "CCurl": "Sources/Transfer/Curl/",
    "CRabbitMQ": "Sources/Messaging/AMQP/",
    "COpenSSL": "Sources/Cryptography/",
    "CProcessor": "Sources/Cryptography/",
    "CLibXML2": "Sources/XML/",
    "CLibSSH": "Sources/SFTPDriver/Session/",
    "CYAML": "Sources/ServiceRuntime/Configuration/",
}
# The products, the driver seam, and the values of ServiceRuntime that stand in the seam's signatures.
PUBLIC_TARGETS = {"StowageContract", "StrictCoding", "Storage", "StowageKit", "ServiceRuntime"}
FORBIDDEN = {"Foundation", "FoundationNetworking", "FoundationXML", "FoundationInternationalization"}

IMPORT = re.compile(
    r"^\s*(?:@[\w()_]+\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?"
    r"import\s+(?:(?:struct|class|enum|protocol|typealias|func|var|let|actor)\s+)?(\w+)", re.M)
TYPE = re.compile(r"^(?:@\w+(?:\([^)]*\))?\s+|\w+\s+)*?(?:struct|class|enum|actor|protocol)\s+(\w+)", re.M)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')
PUBLIC = re.compile(r"^\s*(?:@[\w()]+\s+)*(?:public|open)\s+(?!import\b)\w", re.M)


def allowed_imports(page):
    """The rows of the table: target -> names that it may import."""
    _, _, rest = page.read_text(encoding="utf-8").partition("| target | may import |\n")
    rows = (line.strip("|").split("|") for line in rest.split("\n\n")[0].splitlines()[1:])
    names = re.compile(r"`(\w+)`")
    return {target: set(names.findall(imports)) for targets, imports in rows for target in names.findall(targets)}


def without_comments(text):
    """Code alone: the words of comments and texts are no use of a type."""
    return COMMENT.sub("", STRING.sub('""', text))


def dependencies(root):
    """Targets of the package below Sources, with the names that each depends on."""
    command = ["swift", "package", "--package-path", str(root), "dump-package"]
    package = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    for target in package["targets"]:
        if target["type"] in ("regular", "executable") and not (target.get("path") or "").startswith("Tests/"):
            names = {next(iter(dependency.values()))[0] for dependency in target["dependencies"]}
            yield target["name"], names


def check_package(root, table):
    for name, depends_on in dependencies(root):
        if name not in table:
            yield f"Package.swift: {name} does not stand in the table of docs/architecture.md"
            continue
        for extra in sorted(depends_on - table[name]):
            yield f"Package.swift: {name} depends on {extra}, which the table does not allow"


def check_imports(path, target, code, table):
    local = set(table) | set(C_LIBRARIES) | {"CLinux"}
    for name in IMPORT.findall(code):
        if name in local and name != target and name not in table.get(target, set()):
            yield f"{path}: {target} may not import {name}"
        if name in C_LIBRARIES and not path.startswith(C_LIBRARIES[name]):
            yield f"{path}: {name} is imported in {C_LIBRARIES[name]} only"
        if name in FORBIDDEN:
            yield f"{path}: {name} is not imported in Sources (start-up time and memory)"


def check_sources(root, table):
    for file in sorted((root / "Sources").rglob("*.swift")):
        path = str(file.relative_to(root))
        target = path.split("/")[1]
        code = without_comments(file.read_text(encoding="utf-8"))
        yield from check_imports(path, target, code, table)
        if target not in PUBLIC_TARGETS and PUBLIC.search(code):
            yield f"{path}: `public` is for {', '.join(sorted(PUBLIC_TARGETS))} only; `package` crosses targets"


def check_drivers(root):
    """No driver folder mentions a type that another driver folder declares."""
    folders = sorted(folder for folder in (root / "Sources/StorageDrivers").glob("*") if folder.is_dir())
    folders += sorted((root / "Sources").glob("*?Driver"))
    code = {folder: {file: without_comments(file.read_text(encoding="utf-8")) for file in sorted(folder.rglob("*.swift"))}
            for folder in folders}
    declared = {folder: {name for text in files.values() for name in TYPE.findall(text)} for folder, files in code.items()}
    for folder, files in code.items():
        for other in folders:
            foreign = declared[other] - declared[folder]
            if other == folder or not foreign:
                continue
            words = re.compile(r"\b(" + "|".join(sorted(map(re.escape, foreign))) + r")\b")
            for file, text in files.items():
                for name in sorted(set(words.findall(text))):
                    yield f"{file.relative_to(root)}: mentions {name} of {other.name}; drivers do not know each other"


def check_lengths(root):
    for top in ("Sources", "Tests"):
        for file in sorted((root / top).rglob("*.swift")):
            lines = len(file.read_text(encoding="utf-8").splitlines())
            if lines > LONGEST_FILE:
                yield f"{file.relative_to(root)}: {lines} lines; none has more than {LONGEST_FILE}"


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    table = allowed_imports(root / "docs/architecture.md")
    if len(table) < 10:
        sys.exit("check_layers: no table of targets in docs/architecture.md")
    findings = [*check_package(root, table), *check_sources(root, table), *check_drivers(root), *check_lengths(root)]
    for finding in findings:
        print(finding)
    print(f"layers: {len(table)} targets, {len(findings)} findings")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
