#!/usr/bin/env python3
"""Writes a small table as docs/reference/data.md describes: train.csv, test.csv and schema.json.

    make_table.py breast-cancer DIR    569 real biopsies, 30 numbers, malignant or benign (Wolberg et al. 1995); needs python3-sklearn
    make_table.py patients DIR         600 made patients, numbers and categories, values that are missing; needs nothing

With --nodes N it also writes DIR/node1 to DIR/nodeN, each with its part of train.csv: one directory for each data holder.
"""
import argparse
import csv
import json
import os
import random


def breast_cancer():
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    header = [*data.feature_names, "diagnosis"]
    rows = [[*map(repr, map(float, x)), data.target_names[y]] for x, y in zip(data.data, data.target)]
    return header, rows, {"label": "diagnosis"}


def patients():
    rng = random.Random(1)
    rows = []
    for number in range(1, 601):
        site = rng.choice(["Aachen", "Köln", "Mainz, Ost"])
        smoker = rng.choice(["yes", "no", "former"])
        age = rng.gauss(58, 14)
        pressure = rng.gauss(120 + 0.4 * (age - 58) + (8 if smoker == "yes" else 0), 12)
        dose = rng.choice([0, 50, 100, 200])
        risk = 0.05 * (age - 58) + 0.06 * (pressure - 122) + {"yes": 1.2, "no": -0.8, "former": 0}[smoker] - 0.004 * dose
        outcome = "ill" if risk + rng.gauss(0, 0.7) > 0 else "well"
        row = [number, f"{age:.0f}", f"{pressure:.1f}", dose, smoker, site, outcome]
        for column in (1, 2, 4):
            if rng.random() < 0.06:
                row[column] = rng.choice(["", "NA"])
        rows.append(row)
    header = ["patient", "age", "pressure", "dose", "smoker", "site", "outcome"]
    return header, rows, {"label": "outcome", "categorical": ["smoker", "site"], "ignore": ["patient"]}


def write(directory, schema, **parts):
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "schema.json"), "w", encoding="utf-8") as file:
        json.dump(schema, file, ensure_ascii=False)
        file.write("\n")
    for name, (header, rows) in parts.items():
        with open(os.path.join(directory, name + ".csv"), "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        print(f"{os.path.join(directory, name + '.csv')}: {len(rows)} rows of {len(header)} columns")


def main():
    sets = {"breast-cancer": breast_cancer, "patients": patients}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=sets)
    parser.add_argument("directory")
    parser.add_argument("--nodes", type=int, default=0)
    args = parser.parse_args()

    header, rows, schema = sets[args.table]()
    random.Random(2).shuffle(rows)
    held_out = len(rows) // 5
    test, train = rows[:held_out], rows[held_out:]
    write(args.directory, schema, train=(header, train), test=(header, test))
    for node in range(1, args.nodes + 1):
        write(os.path.join(args.directory, f"node{node}"), schema, train=(header, train[node - 1::args.nodes]))


main()
