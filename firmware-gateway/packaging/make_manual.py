#!/usr/bin/python3
"""Writes gateway(1): the page's frame, with a chapter of what the program says of its commands.

    make_manual.py FRAME VERSION OUTPUT PROGRAM...      PROGRAM may be an emulator and the program

Every verb and option is in the page because `--help` of every verb is asked for.
"""
import re
import subprocess
import sys


def help_of(program, verbs):
    return subprocess.run([*program, *verbs, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout


def sections(text):
    """{"": introduction, "Options": lines, "Positionals": lines, "Subcommands": lines}"""
    found, name = {"": []}, ""
    for line in text.splitlines():
        title = re.fullmatch(r"(Options|Positionals|Subcommands):", line)
        if title:
            name = title.group(1)
            found[name] = []
        elif not line.strip() and name:
            name = "-"
            found.setdefault(name, [])
        else:
            found[name].append(line)
    return found


def entries(lines):
    """(left, right) of a list whose right column begins at 30, on the same line or, when the left one is long, on the next."""
    result = []
    for line, following in zip(lines, [*lines[1:], ""]):
        if line.startswith(" " * 30):
            result[-1] = (result[-1][0], line.strip())
        elif following.startswith(" " * 30):
            result.append((line.strip(), ""))
        else:
            result.append((line[:30].strip(), line[30:].strip()))
    return result


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in ".'" else text


def verbs_below(program, path):
    found = sections(help_of(program, path))
    below = entries(found.get("Subcommands", []))
    if not below:
        yield path, found
    for verb, _ in below:
        yield from verbs_below(program, [*path, verb])


def chapter(program):
    out = []
    for path, found in verbs_below(program, []):
        if not path:
            continue
        usage = next(line for line in found[""] if line.startswith("Usage:"))
        intro = " ".join(line for line in found[""] if not line.startswith("Usage:")).strip()
        out += [".SS " + roff(usage.removeprefix("Usage: ")), roff(intro) + "."]
        for left, right in entries(found.get("Positionals", [])) + entries(found.get("Options", [])):
            if left.startswith("-h,--help"):
                continue
            out += [".TP", ".B " + roff(left), roff(right)]
    return "\n".join(out)


def main():
    frame, version, output, *program = sys.argv[1:]
    with open(frame, encoding="utf-8") as file:
        page = file.read()
    page = page.replace("@VERSION@", version).replace("@COMMANDS@", chapter(program))
    with open(output, "w", encoding="utf-8") as file:
        file.write(page)


if __name__ == "__main__":
    main()
