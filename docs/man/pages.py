"""Makes the man pages of the library: pages.py HEADER FOLDER

Each file of pages/ is a page whose text is written by hand. Its lines `.\\" functions PREFIX...` are replaced by
the functions of the header whose names begin so: their prototypes in the synopsis, their comments further down. So
what a function does is told in one place, the header. A function belongs to the page with the longest prefix, and
has a page of its own name that leads there. Says on stdout which functions no page has, and fails if there are any.
"""

import pathlib
import re
import sys

PAGES = pathlib.Path(__file__).parent / "pages"
HEADER, FOLDER = map(pathlib.Path, sys.argv[1:3])

FUNCTION = re.compile(r"(?:^[ \t]*/\*\*((?:(?!\*/).)*)\*/\n)^CFUTURES_API\b([^;]*);", re.MULTILINE | re.DOTALL)
DECLARATION = re.compile(r"^(.*?)\s*\b(cf_\w+)\((.*)\)$", re.DOTALL)
PLACE = re.compile(r'^\.\\" (synopsis|functions) (.*)\n', re.MULTILINE)
FIELD = re.compile(r"^(@param \w+|@return|Thread:)", re.MULTILINE)
VERSION = re.compile(r"^#define CFUTURES_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)$", re.MULTILINE)


def functions(text):
    """(name, result, parameters, comment) of each."""
    for comment, declaration in FUNCTION.findall(text):
        result, name, parameters = DECLARATION.match(" ".join(declaration.split())).groups()
        yield name, result, re.split(r", (?![^(]*\))", parameters), re.sub(r"^[ \t]*\* ?", "", comment, flags=re.M).strip()


def plain(text):
    """Text for the formatter: words alone."""
    text = " ".join(text.split()).replace("\\", "\\e")
    text = re.sub(r"`([^`]*)`", r"\\fB\1\\fP", text)
    # A line for each sentence, none of which may begin as a request does.
    text = re.sub(r"(?<=[.?]) (?=[A-Z])|(?<=[.?][\")]) (?=[A-Z])", "\n", text)
    return re.sub(r"^(?=[.'])", r"\\&", text, flags=re.MULTILINE)


def synopsis(function):
    name, result, parameters, _ = function
    quoted = " ".join(f'"{parameter}"' for parameter in parameters)
    return f'.Ft "{result}"\n.Fn {name} {quoted}\n'


def described(function):
    name, _, _, comment = function
    pieces = FIELD.split(comment)
    lines = [f".It Fn {name}", plain(pieces[0])]
    parameters = []
    closing = []
    for field, text in zip(pieces[1::2], pieces[2::2]):
        if field.startswith("@param"):
            parameters += [f".It Fa {field.split()[1]}", plain(text)]
        elif field == "@return":
            closing += [".Pp", plain("Returns " + text.strip())]
        else:
            closing += [".Pp", plain(field + text)]
    if parameters:
        lines += [".Bl -tag -width Ds", *parameters, ".El"]
    return "\n".join(lines + closing) + "\n"


def owners(names, prefixes):
    """The page of each name."""
    found = {}
    for name in names:
        fitting = [(len(prefix), page) for page, mine in prefixes.items() for prefix in mine
                   if name == prefix or (prefix.endswith("_") and name.startswith(prefix))]
        found[name] = max(fitting, default=(0, None))[1]
    return found


def main():
    text = HEADER.read_text(encoding="utf-8")
    known = {function[0]: function for function in functions(text)}
    pages = {page.name: page.read_text(encoding="utf-8") for page in sorted(PAGES.iterdir())}
    prefixes = {page: [prefix for _, words in PLACE.findall(content) for prefix in words.split()]
                for page, content in pages.items()}
    owner = owners(known, prefixes)
    version = ".".join(VERSION.findall(text))
    for page, content in pages.items():
        mine = [known[name] for name in known if owner[name] == page]

        def fill(place):
            make = synopsis if place.group(1) == "synopsis" else described
            return "".join(map(make, mine))

        content = PLACE.sub(fill, content).replace("@VERSION@", version)
        target = FOLDER / f"man{page[-1]}" / page
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")
        for name, *_ in mine:
            if name + ".3" != page:
                (FOLDER / "man3" / f"{name}.3").write_text(f".so man3/{page}\n", encoding="utf-8")
    lost = [name for name, page in owner.items() if page is None]
    for name in lost:
        print(f"no man page has {name}: see docs/man/pages")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
