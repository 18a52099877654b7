"""Reads an executed notebook and fails on an error, a panic or a failed check.

GoNB turns a panic, os.Exit or failing test into text on stderr and goes on, so
the exit code of nbconvert says nothing; the outputs do.
"""

import json
import re
import sys

BAD = re.compile(r"^(panic:|fatal error:|--- FAIL|FAIL\b|exit status [1-9]|Traceback )|\berror\[|check failed", re.M)

book = json.load(open(sys.argv[1]))
faults, pictures, checks = [], 0, 0
for number, cell in enumerate(book["cells"]):
    if cell["cell_type"] != "code":
        continue
    if cell.get("execution_count") is None:
        faults.append(f"cell {number} did not run")
    for out in cell["outputs"]:
        data = out.get("data", {})
        text = "".join(out.get("text", "")) + "".join(data.get("text/plain", "")) + "".join(data.get("text/html", ""))
        if out["output_type"] == "error":
            text = "\n".join(out["traceback"])
            faults.append(f"cell {number}: {text[:2000]}")
        elif BAD.search(text):
            faults.append(f"cell {number}: {text[:2000]}")
        pictures += any(t.startswith("image/") for t in data) or "<svg" in text
        checks += text.count("check ok")
if not pictures:
    faults.append("no picture in any output")
if not checks:
    faults.append('no cell printed "check ok"')
for fault in faults:
    print(fault, file=sys.stderr)
print(f"{sys.argv[1].rsplit('/', 1)[-1]}: {len(book['cells'])} cells, {pictures} pictures, {checks} checks, {len(faults)} faults")
sys.exit(bool(faults))
