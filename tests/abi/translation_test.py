"""Whether another language's translator takes the whole header: translation_test.py LANGUAGE HEADER TOOL...

LANGUAGE is rust, zig or go; TOOL is the command that translates. Nothing that the header declares may be lost,
and what stands for a number has to be one.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
from types import SimpleNamespace

import header_text


def translate(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def lost(declared, translated, function, handle, constant):
    """The declarations without a match of their kind's pattern."""
    return [name
            for names, pattern in ((declared.functions, function), (declared.types, handle),
                                   (declared.constants, constant))
            for name in names if not re.search(pattern.format(name), translated)]


def rust(header, declared, tool):
    """bindgen puts the name of its enum before an enumerator."""
    return lost(declared, translate(*tool, header),
                r"\bpub fn {}\b", r"\bpub (?:type|struct) {}\b",
                r"\bpub const (?:cf_[a-z_]+_)?{}: \w+ = -?\d+;")


def zig(header, declared, tool):
    return lost(declared, translate(*tool, "translate-c", "-lc", header),
                r"\bpub extern fn {}\(", r"\bpub const {} = (?!@compileError|anyopaque)",
                r"\bpub const {}(?:: c_int)? = (?:-?\d+|@as\(c_int, -?\d+\));")


def go(header, declared, tool):
    """cgo translates what a package uses: this one uses everything, and does not build otherwise."""
    uses = [f"_ = unsafe.Pointer(C.{name})" for name in declared.functions]
    uses += [f"_ *C.{name}" for name in declared.types]
    uses += [f"_ int32 = C.{name}" for name in declared.constants]
    with tempfile.TemporaryDirectory() as folder:
        package = pathlib.Path(folder)
        (package / "go.mod").write_text("module everything\n", encoding="utf-8")
        (package / "everything.go").write_text(
            f'package everything\n\n// #include "{header}"\nimport "C"\nimport "unsafe"\n\n'
            "var (\n\t" + "\n\t".join(uses) + "\n)\n", encoding="utf-8")
        translate(*tool, "build", cwd=package, env={
            **os.environ, "CGO_ENABLED": "1", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod",
            # It is never linked with the library.
            "CGO_LDFLAGS": "-Wl,--unresolved-symbols=ignore-all", "CGO_LDFLAGS_ALLOW": ".*"})
    return []


def main(language, header, *tool):
    text = pathlib.Path(header).read_text(encoding="utf-8")
    declared = SimpleNamespace(
        functions=[name for name, _ in header_text.functions(text)], types=header_text.types(text),
        constants=header_text.constants(text) + header_text.values(text))
    missing = {"rust": rust, "zig": zig, "go": go}[language](header, declared, tool)
    for name in missing:
        print(f"lost in translation: {name}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
