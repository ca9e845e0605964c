#!/usr/bin/python3
"""editor.py -- the JSON Schema for editors agrees with ormc, by the word of a public validator.

    tests/editor.py BUILD [--update]

schemas/ormc.schema.json is what ormc prints; it takes every good schema of this repository and of its manuals, and
refuses every bad one of tests/errors whose mistake is one of structure. --update writes schemas/ormc.schema.json anew.
SPDX-License-Identifier: MIT
"""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMMITTED = ROOT / "schemas/ormc.schema.json"

# What ormc says of a mistake in structure: a key that is unknown or missing, a value of the wrong kind.
STRUCTURE = re.compile(
    r": error: ("
    r"unknown key '"
    r"|the key 'package' is missing"
    r"|'\w+' has no value"
    r"|'\w+' must be (a text|a list|a mapping|true or false|a whole number), not "
    r"|a schema is a mapping"
    r"|enum '.*' must be a list of values"
    r"|a value of an enum is a text"
    r"|model '.*' must be a mapping"
    r"|column '.*' has (no type|both a type and a db_type)"
    r"|expected (the name of a type|a list of columns|a name) here"
    r"|an array is written as its type in brackets: \[text\]"
    r"|a default is a single value"
    r"|a relation is a mapping"
    r"|relation '.*' (has no kind|is both \w+ and)"
    r"|'(on_delete|on_update|orphan)' (is|can only be)"
    r"|'on_update' can only be"
    r"|'through' is the name of a model, or"
    r"|relation '.*' needs '(through|inverse)'"
    r"|'\w+' belongs to .*, and '\w+' is \w+$"
    r"|an index (is a list of columns, or|without columns|is of columns or of)"
    r"|this check has no 'sql'"
    r"|.* is SQL text, or"
    r")",
    re.MULTILINE,
)


def make_loader(yaml):
    """YAML as ormc and the language servers read it: words of YAML 1.2, keys always texts."""

    class Loader(yaml.CSafeLoader):
        yaml_implicit_resolvers = {}

        def construct_mapping(self, node, deep=False):
            self.flatten_mapping(node)
            return {key.value: self.construct_object(value, deep=True) for key, value in node.value}

        def construct_whole(self, node):
            return self.construct_mapping(node)

    for tag, pattern, first in (
        ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
        ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
        ("int", r"[-+]?[0-9]+", "-+0123456789"),
        ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan", "-+.0123456789"),
        ("merge", r"<<", "<"),
    ):
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))
    Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))
    Loader.add_constructor("tag:yaml.org,2002:map", Loader.construct_whole)
    return Loader


def good_schemas():
    """(name, text) of each that ormc takes."""
    for pattern in ("schemas/*/*.yaml", "tests/database/*.yaml", "tests/golden/*.yaml", "tests/golden/*.in/*.yaml"):
        for path in sorted(ROOT.glob(pattern)):
            yield str(path.relative_to(ROOT)), path.read_text()
    yield from examples()
    readme = (ROOT / "README.md").read_text()
    for number, block in enumerate(re.findall(r"^<!-- (?:all|part) of: .*\n```yaml\n(.*?)^```$", readme, re.M | re.S)):
        if block.startswith("package:"):
            yield f"README.md, block {number + 1}", block


def examples():
    """Those of the reference, with what their place lacks of a whole file in front, as tests/reference.sh has it."""
    starts = {
        "schema": ("", 0),
        "models": ("package: example\nmodels:\n", 2),
        "columns": ("package: example\nmodels:\n  item:\n    columns:\n      id: {type: int64, primary_key: true}\n", 6),
    }
    reference = (ROOT / "schemas/README.md").read_text()
    blocks = re.findall(r"^<!-- (schema|models|columns) -->\n```yaml\n(.*?)^```$", reference, re.M | re.S)
    for number, (place, block) in enumerate(blocks):
        start, indent = starts[place]
        lines = (" " * indent + line if line.strip() else line for line in block.splitlines(keepends=True))
        yield f"schemas/README.md, example {number + 1}", start + "".join(lines)


def bad_schemas():
    """(name, texts of its files) of each whose mistake is one of structure."""
    folder = ROOT / "tests/errors"
    for expected in sorted(folder.glob("*.expected")):
        if not STRUCTURE.search(expected.read_text()):
            continue
        one = expected.with_suffix(".yaml")
        paths = [one] if one.exists() else sorted(expected.with_suffix(".in").glob("*.yaml"))
        yield str(expected.relative_to(ROOT).with_suffix("")), [path.read_text() for path in paths]


def find_mistakes(name, validator, text, load):
    return [f"{name}: {error.json_path}: {error.message}" for error in validator.iter_errors(load(text))]


def main():
    build = pathlib.Path(sys.argv[1])
    printed = subprocess.run([build / "ormc", "jsonschema"], capture_output=True, check=True, text=True).stdout
    if "--update" in sys.argv[2:]:
        COMMITTED.write_text(printed)
    try:
        import jsonschema
        import yaml
    except ImportError as error:
        print(f"skipped: {error}: install python3-jsonschema and python3-yaml")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    loader = make_loader(yaml)
    schema = json.loads(printed)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    good, bad = list(good_schemas()), list(bad_schemas())
    failures, passed = [], 0

    def count(failed):
        nonlocal passed
        passed += not failed
        failures.extend(failed)

    count([] if len(good) > 20 and len(bad) > 40 else [f"only {len(good)} good and {len(bad)} bad schemas were found"])
    count([] if COMMITTED.read_text() == printed else [f"{COMMITTED} is stale: make golden-update"])
    for name, text in good:
        count(find_mistakes(name, validator, text, lambda text: yaml.load(text, loader)))
    for name, texts in bad:
        refused = any(find_mistakes(name, validator, text, lambda text: yaml.load(text, loader)) for text in texts)
        count([] if refused else [f"{name} is taken, and its mistake is one of structure"])
    for failure in failures:
        print(f"failed: {failure}")
    print(f"{passed} passed, {len(failures)} failed, 0 skipped")
    return 1 if failures else 0


sys.exit(main())
