#!/usr/bin/env python3
"""Golden outputs of chat templates, from Jinja2 in the environment of Hugging Face transformers.

Versions: jinja2 3.1.6, markupsafe 3.0, transformers 5.24.0, Python 3.11 (Unicode 14).

    chat_templates.py                 rewrites tests/data/chat_templates/{cases,mutable_cases,unicode}.json and golden/
    chat_templates.py FOLDER OUT      the conversations through every FOLDER/*.jinja, goldens to OUT
                                      (for templates whose licence does not let them be kept here)

The small cases are in chat_template_cases.py. Time stands at 2026-07-26T14:05:09.
"""

import datetime
import json
import pathlib
import sys
import unicodedata

import jinja2
import jinja2.sandbox
from transformers.utils import chat_template_utils

from chat_template_cases import CASES, MUTABLE_CASES

DATA = pathlib.Path(__file__).resolve().parents[2] / "tests" / "data" / "chat_templates"
NOW = datetime.datetime(2026, 7, 26, 14, 5, 9)


def compile_template(source, is_mutable=False):
    if not is_mutable:
        compiled = chat_template_utils._compile_jinja_template(source)
        compiled.environment.globals["strftime_now"] = NOW.strftime
        return compiled
    # The same without the rule that lists and dicts stay as they are.
    environment = jinja2.sandbox.SandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    return environment.from_string(source)


def run(source, variables, is_mutable=False):
    """{"output": text} or {"error": class, "message": words}."""
    try:
        return {"output": compile_template(source, is_mutable).render(**variables)}
    except RecursionError as error:
        return {"error": "RecursionError", "message": str(error)}
    except Exception as error:
        return {"error": type(error).__name__, "message": str(error)}


def write_cases(path, cases, is_mutable=False):
    lines = []
    for template, *rest in cases:
        variables = rest[0] if rest else {}
        record = {"template": template}
        if variables:
            record["variables"] = variables
        record.update(run(template, json.loads(json.dumps(variables)), is_mutable))
        lines.append(json.dumps(record, ensure_ascii=False))
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def golden(source, conversations):
    """One result a conversation, in order."""
    results = []
    for conversation in conversations:
        variables = {
            "messages": conversation["messages"],
            "tools": None,
            "documents": None,
            "add_generation_prompt": conversation["add_generation_prompt"],
            "bos_token": "<s>",
            "eos_token": "</s>",
            "date_string": "2026-07-26T14:05:09",
        }
        variables.update(conversation.get("variables", {}))
        results.append({"conversation": conversation["name"], **run(source, variables)})
    return results


def write_goldens(folder, out, conversations):
    for path in sorted(folder.glob("*.jinja")):
        results = golden(path.read_text(encoding="utf-8"), conversations)
        lines = ",\n".join(json.dumps(result, ensure_ascii=False) for result in results)
        out.mkdir(parents=True, exist_ok=True)
        (out / (path.stem + ".json")).write_text("[\n" + lines + "\n]\n", encoding="utf-8")


def fnv1a(data):
    digest = 0xCBF29CE484222325
    for byte in data:
        digest = ((digest ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{digest:016x}"


def unicode_properties():
    """What str methods say of every character that Unicode 14 knows (Python 3.11; utf8proc knows 15).

    "assigned": ranges of code points. The other entries: FNV-1a of the mapped characters, each with a
    newline, or of "1" and "0" a character.
    """
    characters = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    known = [c for c in characters if unicodedata.category(c) != "Cn"]
    ranges = []
    for c in map(ord, known):
        if ranges and ranges[-1][1] == c - 1:
            ranges[-1][1] = c
        else:
            ranges.append([c, c])
    result = {"assigned": ranges}
    for name in ["upper", "lower", "title", "capitalize", "swapcase"]:
        result[name] = fnv1a("".join(getattr(c, name)() + "\n" for c in known).encode())
    for name in ["isspace", "isalpha", "isdecimal", "isdigit", "isalnum", "isupper", "islower", "isprintable"]:
        result[name] = fnv1a("".join("01"[getattr(c, name)()] for c in known).encode())
    return result


def main():
    conversations = json.loads((DATA / "conversations.json").read_text(encoding="utf-8"))
    if len(sys.argv) == 3:
        write_goldens(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), conversations)
        return
    write_cases(DATA / "cases.json", CASES)
    write_cases(DATA / "mutable_cases.json", MUTABLE_CASES, is_mutable=True)
    write_goldens(DATA / "templates", DATA / "golden", conversations)
    (DATA / "unicode.json").write_text(json.dumps(unicode_properties(), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
