#!/usr/bin/env python3
"""What a careful script in Python does with the same files, beside the program: fastexcel, polars and lxml on two
processes read every declaration, hold its CAS numbers against one list of restricted substances with a limit each, and
write what breaches. Far less than a check (no units, no silence, no levels, one limit a substance), so the ratio
flatters Python.

    pip install polars fastexcel lxml pyarrow
    python3 benches/mixed.py KEMKOLL FOLDER [ROUNDS]

FOLDER holds xlsx, csv and Kemkoll's own XML and nothing else: the folders of these names that `cargo bench --bench whole` with
KEMKOLL_BENCH_KEEP=PLACE leaves there.
"""

import multiprocessing
import pathlib
import statistics
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import fastexcel
import polars as pl
from lxml import etree

LIMITS = {"7439-92-1": 0.1, "7439-97-6": 0.1, "7440-43-9": 0.01, "117-81-7": 0.1, "85-68-7": 0.1, "84-74-2": 0.1}
SPACE = "{urn:kemkoll:declaration:1}"


def digit_holds(cas):
    digits = [int(c) for c in cas if c.isdigit()]
    return len(digits) > 4 and sum(n * d for n, d in enumerate(reversed(digits))) % 10 == digits[-1]


def rows(path):
    if path.suffix == ".xlsx":
        sheet = fastexcel.read_excel(path).load_sheet(0)
        frame = sheet.to_polars()
        share = next(name for name in frame.columns if name.startswith("Concentration"))
        scale = 1.0 if "%" in share else 100.0
        frame = frame.with_columns((pl.col(share).cast(pl.Float64) * scale).alias("percent"))
        return frame.select("Article number", "CAS number", "percent").rows()
    if path.suffix == ".csv":
        frame = pl.read_csv(path)
        return frame.select("Article number", "CAS number", "Concentration (%)").rows()
    found = []
    for product in etree.parse(path).getroot().iter(SPACE + "product"):
        article = product.get("articleNumber")
        for constituent in product.iter(SPACE + "constituent"):
            found.append((article, constituent.get("cas"), float(constituent.get("amount").rstrip(" %"))))
    return found


def check(path):
    breaches = []
    for article, cas, percent in rows(path):
        if cas and digit_holds(cas) and percent >= LIMITS.get(cas, 1000.0):
            breaches.append((path.name, article, cas, percent))
    return breaches


def python(pool, files):
    start = time.perf_counter()
    found = [breach for breaches in pool.map(check, files, chunksize=16) for breach in breaches]
    pl.DataFrame(found, schema=["file", "article", "cas", "percent"], orient="row").write_csv("/dev/null")
    return time.perf_counter() - start, len(found)


def kemkoll(program, folder):
    start = time.perf_counter()
    command = [program, "check", folder, "--jobs", "2", "--no-cache", "--format", "json"]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start


def main():
    program, folder = sys.argv[1], sys.argv[2]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    files = sorted(path for path in pathlib.Path(folder).rglob("*") if path.suffix in (".xlsx", ".csv", ".xml"))
    ratios = []
    # Processes of their own and not copies of this one: polars has threads. That they start is not counted.
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        for number in range(rounds + 1):
            script, found = python(pool, files)
            own = kemkoll(program, folder)
            if number:
                ratios.append(script / own)
            print(f"{len(files)} files: Python {script:.2f} s ({found} breaches), kemkoll {own:.2f} s", flush=True)
    print(f"Python / kemkoll: {statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})")


if __name__ == "__main__":
    main()
