#!/usr/bin/python3
"""Writes metrics.json: accuracy, macro-F1 and AUC by their definitions, written out by hand, and held against scikit-learn's.

The area under the curve is counted pair by pair, not by ranks. Run with a Python that has numpy and scikit-learn
(made with 1.24.2 and 1.2.1): /usr/bin/python3 Tests/Golden/make_metrics_golden.py
"""
import math

import numpy as np
from sklearn import metrics

import golden_json



def softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def macro_f1(predicted, labels, classes):
    """Mean over all classes; one that is neither among the labels nor predicted counts 0."""
    total = 0.0
    for c in range(classes):
        hits = int(np.sum((predicted == c) & (labels == c)))
        rows = int(np.sum(predicted == c)) + int(np.sum(labels == c))
        total += 2 * hits / rows if rows else 0.0
    return total / classes


def auc_of(scores, positive):
    """The share of pairs of one row of each kind that the score puts in order; a tie is half a pair. None without a pair."""
    above, below = scores[positive], scores[~positive]
    if not len(above) or not len(below):
        return None
    wins = int(np.sum(above[:, None] > below[None, :]))
    ties = int(np.sum(above[:, None] == below[None, :]))
    return (2 * wins + ties) / (2 * len(above) * len(below))


def auc(probabilities, labels, classes):
    if classes == 2:
        return auc_of(probabilities[:, 1], labels == 1)
    areas = [auc_of(probabilities[:, c], labels == c) for c in range(classes)]
    areas = [a for a in areas if a is not None]
    return sum(areas) / len(areas) if areas else None


def close(a, b):
    assert math.isclose(a, b, rel_tol=1e-12), (a, b)


def case(name, logits, labels):
    logits, labels = np.asarray(logits, dtype=np.float64), np.asarray(labels)
    classes = logits.shape[1]
    predicted, probabilities = logits.argmax(axis=1), softmax(logits)
    item = {
        "name": name, "classes": classes, "labels": labels.tolist(), "logits": logits.flatten().tolist(),
        "probabilities": probabilities.flatten().tolist(), "accuracy": float(np.mean(predicted == labels)),
        "macro_f1": macro_f1(predicted, labels, classes), "auc": auc(probabilities, labels, classes)}
    close(item["accuracy"], metrics.accuracy_score(labels, predicted))
    close(item["macro_f1"], metrics.f1_score(labels, predicted, labels=range(classes), average="macro", zero_division=0))
    present = np.unique(labels)
    if classes == 2 and len(present) == 2:
        close(item["auc"], metrics.roc_auc_score(labels, probabilities[:, 1]))
    elif len(present) > 1:
        # scikit-learn wants every class in the labels; its binary area, class by class, says the same for those that are.
        close(item["auc"], np.mean([metrics.roc_auc_score(labels == c, probabilities[:, c]) for c in present]))
        if len(present) == classes:
            close(item["auc"], metrics.roc_auc_score(labels, probabilities, multi_class="ovr", average="macro"))
    return item


def main():
    random = np.random.default_rng(7)
    learned = random.normal(size=(60, 5))
    labels = random.integers(0, 5, 60)
    learned[np.arange(60), labels] += 1.0
    coarse = np.round(learned)
    two = random.normal(size=(40, 2))
    cases = [
        case("five classes", learned, labels),
        case("five classes, many ties", coarse, labels),
        case("two classes", two, (two[:, 1] - two[:, 0] + random.normal(size=40) > 0).astype(int)),
        case("two classes, many ties", np.round(two), random.integers(0, 2, 40)),
        case("all scores the same", np.zeros((6, 3)), [0, 1, 2, 0, 1, 2]),
        case("a class that is nowhere", np.where(np.arange(5) == 3, -20, learned), np.where(labels == 3, 4, labels)),
        case("a class that is predicted and has no rows", learned, np.where(labels == 3, 4, labels)),
        case("a class that has rows and is never predicted", np.where(np.arange(5) == 3, -20, learned), labels),
        case("one class only, of three", learned[:10, :3], np.full(10, 2)),
        case("one class only, of two", two[:10], np.zeros(10, dtype=int)),
        case("a single row", learned[:1], labels[:1]),
        case("large logits", learned * 400, labels),
    ]
    golden_json.save("metrics", {"cases": cases})


main()
