"""The ABI as it was acknowledged, against the library that was built: baseline.py VERB LIBRARY HEADER BASELINE

    check   fails with the difference, if there is one
    accept  writes BASELINE anew

What the library offers is read by libabigail (abidw) from its symbols and debug information, versions from
the header's comments. Status 77: there is no abidw.
"""

import difflib
import pathlib
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

from header_text import deprecated, functions, since

# How C spells integers is a matter of the compiler and the C library; their size and sign are the ABI.
INTEGER = re.compile(r"(unsigned |signed )?(char|short|int|long|long long)( int| unsigned int)?")

PREAMBLE = """\
# The ABI of libcfutures, as acknowledged: name, since, deprecated, result (parameters), types resolved.
# Written by `./dev abi accept`; README.md tells when.
"""


class Corpus:
    """The types of one library, written as C does without names of parameters and typedefs."""

    def __init__(self, root):
        self.soname = root.get("soname")
        self._types = {element.get("id"): element for element in root.iter() if element.get("id")}
        # A declaration without its symbol can be all that there is: version 2.2 loses some definitions.
        declarations = {}
        for declaration in root.iter("function-decl"):
            if declaration.get("elf-symbol-id") or declaration.get("name") not in declarations:
                declarations[declaration.get("name")] = declaration
        self.functions = {}
        for symbol in root.find("elf-function-symbols"):
            name = symbol.get("name")
            if name not in declarations:
                raise SystemExit(f"there is no debug information for {name}")
            self.functions[name] = symbol.get("version"), self._signature(declarations[name])

    def _signature(self, function, declarator=""):
        parameters = [
            "..." if parameter.get("is-variadic") else self._type(parameter.get("type-id"))
            for parameter in function.iter("parameter")]
        return self._type(function.find("return").get("type-id"),
                          f"{declarator}({', '.join(parameters) or 'void'})")

    def _type(self, identifier, declarator=""):
        """The type, around a declarator as in C: a pointer to T is T around `*`."""
        element = self._types[identifier]
        name, tag = element.get("name"), element.tag
        inner = element.get("type-id")
        if tag == "typedef-decl":
            return self._type(inner, declarator)
        if tag == "pointer-type-def":
            target = self._types[inner]
            return self._type(inner, f"(*){declarator}" if target.tag == "function-type" else f"*{declarator}")
        if tag == "function-type":
            return self._signature(element, declarator)
        if tag == "qualified-type-def":
            qualifiers = "".join(f"{word} " for word in ("const", "volatile") if element.get(word) == "yes")
            if self._types[inner].tag == "pointer-type-def":
                return self._type(inner, declarator).replace("*", "* " + qualifiers.strip() + " ", 1)
            return qualifiers + self._type(inner, declarator)
        if tag == "type-decl" and name != "char" and INTEGER.fullmatch(name):
            name = f"{'u' if 'unsigned' in name else ''}int{element.get('size-in-bits')}_t"
        return f"{name} {declarator}".rstrip()


def offered(library, header, abidw):
    """The lines of the baseline that this library asks for."""
    corpus = Corpus(ElementTree.fromstring(subprocess.run(
        [abidw, "--headers-dir", header.parent, "--drop-private-types", "--type-id-style", "hash", library],
        check=True, stdout=subprocess.PIPE).stdout))
    comments = dict(functions(header.read_text(encoding="utf-8")))

    def version(told):
        return "{}.{}".format(*told) if told else "-"

    lines = [PREAMBLE, f"soname {corpus.soname}\n"]
    for name, (node, signature) in sorted(corpus.functions.items()):
        comment = comments.get(name, "")
        lines.append(f"{name}@{node} {version(since(comment))} {version(deprecated(comment))} {signature}\n")
    return "".join(lines).splitlines(keepends=True)


def main(verb, library, header, baseline):
    abidw = shutil.which("abidw")
    if not abidw:
        print("abidw is missing: Debian has it in abigail-tools", file=sys.stderr)
        return 77
    baseline = pathlib.Path(baseline)
    lines = offered(library, pathlib.Path(header), abidw)
    if verb == "accept":
        baseline.write_text("".join(lines), encoding="utf-8")
        return 0
    difference = list(difflib.unified_diff(
        baseline.read_text(encoding="utf-8").splitlines(keepends=True), lines, "acknowledged", "built"))
    sys.stdout.writelines(difference)
    if difference:
        print("The ABI is not the acknowledged one. If it is meant to change: ./dev abi accept")
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
