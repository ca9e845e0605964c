#!/usr/bin/python3
"""packages.py -- random packages of models with hostile names: ormc refuses them with a message, or makes code that compiles.

    tests/fuzz/packages.py BUILD (--count N | --seconds N) [--seed N]

What is taken compiles without a warning as C, its header as C++ too, and its program makes and removes the tables on SQLite.
A package that fails stays in BUILD/tests/fuzz/bad/. The same seed makes the same packages.
SPDX-License-Identifier: MIT
"""

import argparse
import json
import pathlib
import random
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
NAMES = """
a A b B x X values list query get find one first count exists each add delete merge validate set item items status order
order_status post post_list in_null opt column model relation s c row rows where limit offset load lock has of null NULL
errno stdin EOF value found added result problems changes unix 1st 2nd größe it's "q" a-b a.b a_b A_B a__b _a _A __a class
template this int32 int64_t size_t bool true false orm orm_x ORM_X h H schema create_all drop_all verify entity entities
self key index user data text bytes name type enum struct union main printf assert NAN I complex major minor set_x get_x
add_to_x remove_from_x x_id id array x_array opt_int in_int change_int of_ints of_int ints insert insert_many copy upsert
fetch select update_where delete_where merged models relations columns 100% */ // -- ??/ \\ {{a}} ? an_x x_changes x_model
""".split() + ["two words", "new\nline", " ", "\t", "\u202ename", "n" * 63, "N" * 63]
PACKAGES = ["p", "blog", "a", "int_", "x_y", "s", "h", "post"]
TYPES = """bool int16 int32 int64 float32 float64 decimal decimal(10,2) text bytes uuid date time timestamp timestamptz
interval json jsonb inet""".split()
NUMBERS = ("int16", "int32", "int64", "float32", "float64")
MAIN = """#include "case.h"
int main(void)
{
    orm_error error;
    orm_engine *engine;
    if (orm_engine_open("sqlite://", NULL, &engine, &error))
        return 2;
    orm_status status = %(p)s_create_all(engine, &error);
    status = status ? status : %(p)s_create_all(engine, &error);
    status = status ? status : %(p)s_verify(engine, &error);
    status = status ? status : %(p)s_drop_all(engine, &error);
    orm_engine_close(engine);
    if (status)
        fprintf(stderr, "%%s\\n", error.message);
    return status != ORM_OK;
}
"""


class Maker:
    """One package after another, from one source of chance."""

    def __init__(self, seed):
        self.chance = random.Random(seed)

    def some(self, most):
        return self.chance.sample(NAMES, self.chance.randint(0, most))

    def often(self, share, value):
        return value() if self.chance.random() < share else ""

    def package(self):
        name, enums, models = self.chance.choice(PACKAGES), self.some(3), self.some(4) + [self.chance.choice(NAMES)]
        lines = [f"package: {name}", "enums:" if enums else ""]
        lines += [f"  {quoted(enum)}: [{', '.join(map(quoted, self.some(4) + ['last']))}]" for enum in enums]
        lines.append("models:")
        for model in dict.fromkeys(models):
            lines += self.model(model, models, enums)
        return name, "\n".join(line for line in lines if line) + "\n"

    def model(self, model, models, enums):
        yield f"  {quoted(model)}:"
        yield self.often(0.2, lambda: f"    doc: {quoted(self.chance.choice(NAMES))}")
        yield self.often(0.15, lambda: f"    schema: {quoted(self.chance.choice(NAMES))}")
        key = self.chance.choice(("id", "key", "a"))
        columns = [name for name in self.some(8) if name != key]
        yield "    columns:"
        key_type = self.chance.choice(("int64", "int64", "int32", "uuid", "text"))
        yield f"      {key}: {{type: {key_type}{self.often(0.95, lambda: ', primary_key: true')}}}"
        for column in columns:
            yield f"      {quoted(column)}: {self.column(enums)}"
        relations = [name for name in self.some(3) if name not in columns + [key]]
        yield "    relations:" if relations else ""
        for relation in relations:
            yield f"      {quoted(relation)}: {self.relation(quoted(self.chance.choice(models)))}"

    def column(self, enums):
        word = self.chance.choice(TYPES + enums * 6)
        if self.chance.random() < 0.15:
            return f"{{type: [{quoted(word)}]{self.often(0.3, lambda: ', nullable: true')}}}"
        keys = [self.often(0.3, lambda: ", nullable: true"), self.often(0.1, lambda: ", unique: true")]
        keys += [self.often(0.1, lambda: ", index: true"), self.often(0.1, lambda: ", sensitive: true")]
        keys.append(self.often(0.2, lambda: f", doc: {quoted(self.chance.choice(NAMES))}"))
        if word == "text":
            keys.append(self.often(0.3, lambda: f", default: {quoted(self.chance.choice(NAMES))}"))
        elif word in NUMBERS:
            limits = (", default: 5, min: -1", ", max: 100", ", default: -32768", ", min: 0, max: 1", ", generated: 1 + 1")
            keys.append(self.often(0.4, lambda: self.chance.choice(limits)))
        elif word in ("date", "timestamptz"):
            keys.append(self.often(0.3, lambda: ", default: now, on_update: now"))
        return f"{{type: {quoted(word)}{''.join(keys)}}}"

    def relation(self, target):
        forms = (
            f"{{many_to_one: {target}}}",
            f"{{many_to_one: {target}, nullable: true}}",
            f"{{many_to_one: {target}, on_delete: cascade}}",
            f"{{one_to_one: {target}, column: {quoted(self.chance.choice(('z_id', 'w id')))}}}",
            f"{{many_to_many: {target}, through: {{model: {quoted(self.chance.choice(NAMES))}, from: f, to: t}}}}",
        )
        return self.chance.choice(forms)


def quoted(text):
    return json.dumps(text)


class Trial:
    def __init__(self, build, folder):
        self.build, self.folder = build, folder
        include = [f"-I{ROOT}/runtime/include", f"-I{folder}"]
        strict = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
        libraries = subprocess.run(
            ["pkg-config", "--libs", "libpq", "sqlite3"], capture_output=True, check=True, text=True
        ).stdout.split()
        self.as_cpp = ["g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", *include, "-fsyntax-only", "-x", "c++"]
        self.as_c = ["gcc", "-std=c11", *strict, *include, "-include", "stdio.h", folder / "case.c", folder / "main.c"]
        self.as_c += [build / "liborm.a", *libraries, "-lm", "-pthread", "-o", folder / "case"]

    def run(self, name, text):
        """None: refused with a message. Otherwise what went wrong, or nothing."""
        (self.folder / "case.yaml").write_text(text)
        (self.folder / "main.c").write_text(MAIN % {"p": name})
        (self.folder / "alone.cpp").write_text('#include "case.h"\n')
        made = said([self.build / "ormc", "generate", self.folder / "case.yaml", "-o", self.folder])
        if made.returncode == 1 and "error: " in made.stderr:
            return None
        if made.returncode:
            return f"ormc: status {made.returncode}: {made.stderr}"
        for command in (self.as_c, [*self.as_cpp, self.folder / "alone.cpp"], [self.folder / "case"]):
            done = said(command)
            if done.returncode or done.stderr:
                return f"{pathlib.Path(command[0]).name}: status {done.returncode}: {done.stderr}"
        return ""


def said(command):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=lambda word: pathlib.Path(word).resolve())
    parser.add_argument("--count", type=int, default=1 << 30)
    parser.add_argument("--seconds", type=int, default=1 << 30)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    bad = given.build / "tests/fuzz/bad"
    end, taken, refused, failed = time.monotonic() + given.seconds, 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(given.build, pathlib.Path(folder))
        for number in range(given.count):
            if time.monotonic() > end:
                break
            name, text = Maker(given.seed * 1000000 + number).package()
            wrong = trial.run(name, text)
            taken, refused, failed = taken + (wrong == ""), refused + (wrong is None), failed + bool(wrong)
            if wrong:
                bad.mkdir(parents=True, exist_ok=True)
                (bad / f"package-{given.seed}-{number}.yaml").write_text(text)
                print(f"failed: {bad}/package-{given.seed}-{number}.yaml: {wrong[:600]}")
    print(f"{refused} were refused")
    print(f"{taken} passed, {failed} failed, 0 skipped")
    return 1 if failed or not taken else 0


raise SystemExit(main())
