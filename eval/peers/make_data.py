"""Make the sets that `[bench.*]` of data.toml names.

    python eval/peers/make_data.py [--out DIR] [--list] [NAME...]

NAME is a shell pattern; without one, everything is made but the tables of 10⁸ rows. A
set that is already there, made by the same recipe, is left alone. Written are, all C order:

    NAME.npy           float64, n × d          (NAME.parquet where format says so)
    NAME.labels.npy    int32, the groups it was drawn from, -1 = background
    NAME.init<k>.npy   float64, k × d: k distinct rows, the common start of every tool
    NAME.recipe        generator and parameters
"""

import argparse
import fnmatch
import json
import os
import pathlib
import sys
import tomllib

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
DATA = pathlib.Path(os.environ.get("MORES_PEERDATA", "/tmp/peerdata"))
INIT_SEED = 7
# Keys of a set that are no parameters of its generator.
OURS = {"doc", "generator", "init", "format"}


def sets():
    """name -> table of data.toml."""
    return tomllib.loads((HERE / "data.toml").read_text())["bench"]


def parameters(spec):
    return {k: v for k, v in spec.items() if k not in OURS and not isinstance(v, dict)}


def path(name, spec, out=DATA):
    return out / f"{name}.{spec.get('format', 'npy')}"


def save(file, a):
    part = file.with_suffix(".part.npy")  # a set that is there is whole
    np.save(part, np.ascontiguousarray(a))
    part.rename(file)


def make(name, spec, out=DATA):
    """Make one set and its starts, where they are not there; True if something was made."""
    out.mkdir(parents=True, exist_ok=True)
    file, p = path(name, spec, out), parameters(spec)
    recipe, note = json.dumps([spec["generator"], p, spec.get("init", [])]), out / f"{name}.recipe"
    if file.exists() and note.exists() and note.read_text() == recipe:
        return False
    if spec["generator"] == "rows":
        import rows

        part = file.with_name(f"{name}.part.{spec['format']}")
        rows.write_parquet(part, p["n"], p["d"], p["groups"], p["seed"], p.get("spread", 10.0))
        part.rename(file)
    else:
        import generators
        import multimodal

        x, y = (generators.GENERATORS | multimodal.GENERATORS)[spec["generator"]](**p)
        save(out / f"{name}.labels.npy", y.astype(np.int32))
        for k in spec.get("init", []):
            save(out / f"{name}.init{k}.npy", x[np.random.RandomState(INIT_SEED).choice(len(x), k, replace=False)])
        save(file, x.astype(np.float64))
    note.write_text(recipe)
    return True


def main():
    a = argparse.ArgumentParser(description="make the sets of data.toml's [bench]")
    a.add_argument("--out", type=pathlib.Path, default=DATA, help="folder (MORES_PEERDATA, else /tmp/peerdata)")
    a.add_argument("--list", action="store_true", help="name the sets and what runs on them")
    a.add_argument("names", nargs="*")
    o = a.parse_args()
    known = sets()
    for name in o.names:
        if not fnmatch.filter(known, name):
            sys.exit(f"no set is named {name}; --list names them")
    for name, spec in known.items():
        if o.names and not any(fnmatch.fnmatch(name, g) for g in o.names):
            continue
        if o.list:
            print(f"{name:20} {spec['generator']:14} {spec['n']:>11,}  {' '.join(k for k, v in spec.items() if isinstance(v, dict))}")
        elif o.names or spec["n"] < 100_000_000:
            if make(name, spec, o.out):
                print(name, path(name, spec, o.out).stat().st_size >> 20, "MiB", flush=True)


if __name__ == "__main__":
    main()
