#!/usr/bin/env python3
"""Golden VOC results -> tests/data/evaluation/voc_random_sets.json

The protocol as VOCdevkit and py-faster-rcnn's voc_eval.py describe it, written down in numpy over plain lists, on
the random sets of coco_evaluation.py (a crowd is taken for a difficult object). Set n has the conventions that the
bits of n choose, so that 256 sets have all combinations. Digests as there, NaN counted as -1.

Made with numpy 2.4.6. Run from the top of the repository.
"""

import json
import pathlib

import numpy

from coco_evaluation import digest, make_set

OUTPUT = pathlib.Path("tests/data/evaluation/voc_random_sets.json")
SETS = 256


def conventions(number):
    names = ["eleven", "continuous", "next_free", "above", "counted", "reversed", "decimal", "with_any"]
    chosen = {name: bool(number >> bit & 1) for bit, name in enumerate(names)}
    chosen["threshold"] = [0.5, 0.3, 0.7][number % 3]
    chosen["matlab"] = number % 4 == 1  # unless decimal; the others of numpy
    chosen["undefined"] = number % 5 == 0  # precision while nothing counted
    return chosen


def overlap(a, b, extra):
    ax, ay, bx, by = a[0] + a[2], a[1] + a[3], b[0] + b[2], b[1] + b[3]
    w = min(ax, bx) - max(a[0], b[0]) + extra
    h = min(ay, by) - max(a[1], b[1]) + extra
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / ((a[2] + extra) * (a[3] + extra) + (b[2] + extra) * (b[3] + extra) - w * h)


def score_class(truths, found, how):
    extra = 0.0 if how["continuous"] else 1.0
    difficult = [bool(t["iscrowd"]) and not how["counted"] for t in truths]
    used = [False] * len(truths)
    positives = difficult.count(False)
    order = list(range(len(found)))
    if how["reversed"]:
        order.reverse()
    order.sort(key=lambda i: -found[i]["score"])  # stable
    tp, fp = numpy.zeros(len(order)), numpy.zeros(len(order))
    for place, i in enumerate(order):
        best, which = -numpy.inf, None
        for j, truth in enumerate(truths):
            if truth["image_id"] != found[i]["image_id"]:
                continue
            if how["next_free"] and used[j] and not difficult[j]:
                continue
            value = overlap(found[i]["bbox"], truth["bbox"], extra)
            if value > best:
                best, which = value, j
        passes = best > how["threshold"] if how["above"] else best >= how["threshold"]
        if not passes:
            fp[place] = 1
        elif not difficult[which]:
            if used[which]:
                fp[place] = 1
            else:
                tp[place] = 1
                used[which] = True
    tp, fp = numpy.cumsum(tp), numpy.cumsum(fp)
    with numpy.errstate(invalid="ignore", divide="ignore"):
        recall = tp / float(positives) if positives else numpy.full(len(order), numpy.nan)
        precision = tp / (tp + fp)
        if not how["undefined"]:
            precision = numpy.where(tp + fp == 0, 0.0, precision)
    return positives, recall, precision


def average_precision(recall, precision, how):
    precision_or_less = numpy.where(numpy.isnan(precision), -1.0, precision)
    if how["eleven"]:
        total = 0.0
        for k in range(11):
            t = numpy.arange(0.0, 1.1, 0.1)[k]
            if how["matlab"] and k > 5:
                t = 1.0 - (10 - k) * 0.1  # its colon operator counts the upper half from the end
            if how["decimal"]:
                t = k / 10
            chosen = precision_or_less[recall >= t]
            best = 0.0 if chosen.size == 0 else numpy.max(chosen)
            if best < 0:
                return None
            total = total + best / 11.0
        return float(total)
    recalls = numpy.concatenate(([0.0], recall, [1.0]))
    envelope = numpy.concatenate(([0.0], precision_or_less, [0.0]))
    envelope = numpy.maximum.accumulate(envelope[::-1])[::-1]
    at = numpy.where(recalls[1:] != recalls[:-1])[0]
    return float(numpy.sum((recalls[at + 1] - recalls[at]) * envelope[at + 1]))


def evaluate(number):
    truth, results, _ = make_set("bbox", number)
    how = conventions(number)
    averages, curves = [], []
    for category in truth["categories"]:
        truths = [t for t in truth["annotations"] if t["category_id"] == category["id"]]
        found = [f for f in results if f["category_id"] == category["id"]]
        positives, recall, precision = score_class(truths, found, how)
        average = average_precision(recall, precision, how) if positives else None
        if not positives and how["with_any"] and truths + found:
            average = 0.0
        averages.append(average)
        curves += [float(positives)] + list(recall) + list(precision)
    defined = [average for average in averages if average is not None]
    return {
        "mean": float(numpy.mean(defined)) if defined else None,
        "averages": digest(numpy.array([-1.0 if average is None else average for average in averages])),
        "curves": digest(numpy.nan_to_num(numpy.array(curves, dtype=float), nan=-1.0)),
    }


if __name__ == "__main__":
    rows = ",\n".join(json.dumps(evaluate(number)) for number in range(SETS))
    OUTPUT.write_text("[\n" + rows + "\n]\n")
