#!/usr/bin/env python3
"""Golden COCO results -> tests/data/evaluation/coco_random_sets.json, and with files as arguments their numbers

Random sets come from a generator that tests/evaluation/random_sets.h has too, so that only digests of the arrays
precision, recall and scores need to be kept: every double of them takes part with its bits and its place.
The sets have crowds, equal scores, equal overlaps, empty classes and pictures, boxes without area, areas exactly at
the limits of the ranges, more than 100 detections in a picture, annotation ids from 0, several lists of caps.

  scripts/oracles/coco_evaluation.py                        writes the golden file and small files for the readers
  scripts/oracles/coco_evaluation.py bbox TRUTH RESULTS     prints digests, numbers and table of these files

Made with pycocotools 2.0.11, numpy 2.4.6 (its exp that of the C library: the AVX-512 one differs in the last bit).
Run from the top of the repository.
"""

import contextlib
import io
import json
import os
import pathlib
import sys

os.environ["NPY_DISABLE_CPU_FEATURES"] = "X86_V4 AVX512_ICL AVX512_SPR"

import numpy
from pycocotools import mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

OUTPUT = pathlib.Path("tests/data/evaluation/coco_random_sets.json")
SETS = 110
TASKS = {"bbox": 1, "segm": 2, "keypoints": 3}
WIDTH, HEIGHT = 160, 120


class Draw:
    """SplitMix64 (Steele, Lea, Flood 2014); below(n) is the remainder."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        full = 0xFFFFFFFFFFFFFFFF
        self.state = (self.state + 0x9E3779B97F4A7C15) & full
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & full
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & full
        return (z ^ (z >> 31)) % n


def draw_box(draw):
    left, top = draw.below(400) / 4, draw.below(300) / 4
    kind = draw.below(8)
    if kind == 0:
        return [left, top, 32.0, 32.0]
    if kind == 1:
        return [left, top, 96.0, 96.0]
    if kind == 2:
        return [left, top, 0.0, draw.below(40) / 4]
    return [left, top, draw.below(240) / 4, draw.below(200) / 4]


def jitter_box(draw, box):
    moved = [box[0] + draw.below(9) - 4, box[1] + (draw.below(9) - 4) / 4, box[2], box[3]]
    if draw.below(2) == 0:
        moved[2] = moved[2] + draw.below(5)
    return moved


def corner_polygon(draw, box):
    """A quadrangle about a box; its corners move by quarters of a pixel and may leave the picture."""
    x, y, w, h = box
    corners = [x, y, x, y + h, x + w, y + h, x + w, y]
    return [c + (draw.below(13) - 6) / 4 for c in corners]


def draw_points(draw, box):
    blind = draw.below(6) == 0
    points = []
    for _ in range(17):
        points += [float(int(box[0]) + draw.below(int(box[2]) + 1)), float(int(box[1]) + draw.below(int(box[3]) + 1))]
        points.append(0 if blind else draw.below(3))
    return points


def make_set(task, number):
    draw = Draw(number * 8 + TASKS[task])
    first_id = 0 if draw.below(4) == 0 else 1
    pictures = 1 + draw.below(10)
    classes = 1 + draw.below(4)
    crowded = draw.below(8) == 0  # one picture has more than 100 detections
    images = [{"id": 3 * i + draw.below(3), "width": WIDTH, "height": HEIGHT} for i in range(pictures)]
    annotations, results = [], []
    for i, image in enumerate(images):
        boxes = []
        for _ in range(draw.below(7)):
            box = draw_box(draw)
            area = [box[2] * box[3], 1024.0, 9216.0, box[2] * box[3] / 2][draw.below(4)]
            truth = {"id": first_id + len(annotations), "image_id": image["id"], "bbox": box, "area": area,
                     "category_id": 1 + draw.below(classes), "iscrowd": 1 if draw.below(6) == 0 else 0}
            if task == "segm":
                truth["segmentation"] = [corner_polygon(draw, box)]
                if draw.below(3) == 0:
                    truth["segmentation"].append(corner_polygon(draw, draw_box(draw)))
            if task == "keypoints":
                truth["keypoints"] = draw_points(draw, box)
                truth["num_keypoints"] = sum(v > 0 for v in truth["keypoints"][2::3])
            boxes.append(truth)
            annotations.append(truth)
        count = 130 if crowded and i == 0 else draw.below(12)
        for _ in range(count):
            near = boxes[draw.below(len(boxes))] if boxes and draw.below(3) > 0 else None
            box = jitter_box(draw, near["bbox"]) if near else draw_box(draw)
            category = near["category_id"] if near and draw.below(5) > 0 else 1 + draw.below(classes + 1)
            found = {"image_id": image["id"], "category_id": category, "score": draw.below(20) / 20}
            if task == "bbox":
                found["bbox"] = box
            if task == "segm":
                found["segmentation"] = [corner_polygon(draw, box)]
            if task == "keypoints":
                points = list(near["keypoints"]) if near else draw_points(draw, box)
                for p in range(17):
                    points[3 * p] += (draw.below(7) - 3) / 2
                    points[3 * p + 1] += (draw.below(7) - 3) / 2
                found["keypoints"] = points
            results.append(found)
    truth = {"images": images, "annotations": annotations, "categories": [{"id": c + 1} for c in range(classes + 1)]}
    options = {"caps": None, "use_categories": True}
    if task != "keypoints":
        options["caps"] = [None, [1, 3, 7], None, [2, 5, 100]][draw.below(4)]
        options["use_categories"] = draw.below(7) != 0
    return truth, results, options


def digest(array):
    bits = numpy.ascontiguousarray(array, dtype=numpy.float64).reshape(-1).view(numpy.uint64)
    places = 2 * numpy.arange(bits.size, dtype=numpy.uint64) + numpy.uint64(1)
    with numpy.errstate(over="ignore"):
        mixed = (bits ^ (bits >> numpy.uint64(29))) * (places * numpy.uint64(0x9E3779B97F4A7C15))
    return "%016x" % int(mixed.sum(dtype=numpy.uint64))


def evaluate(task, truth, results, options):
    """Results in the COCO format, or the path of such a file."""
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(truth) if isinstance(truth, str) else COCO()
        if not isinstance(truth, str):
            coco.dataset = truth
            coco.createIndex()
        if task == "segm" and not isinstance(results, str):
            for found in results:
                found["segmentation"] = mask.merge(mask.frPyObjects(found["segmentation"], HEIGHT, WIDTH))
        evaluator = COCOeval(coco, coco.loadRes(results), task)
        if options.get("caps"):
            evaluator.params.maxDets = options["caps"]
        evaluator.params.useCats = 1 if options.get("use_categories", True) else 0
        evaluator.evaluate()
        evaluator.accumulate()
    with contextlib.redirect_stdout(io.StringIO()) as table:
        evaluator.summarize()
    return {
        "precision": digest(evaluator.eval["precision"]),
        "recall": digest(evaluator.eval["recall"]),
        "scores": digest(evaluator.eval["scores"]),
        "numbers": [float(number) for number in evaluator.stats],
        "table": table.getvalue(),
    }


def uncompressed(runs):
    """The counts of compressed runs as a list."""
    pixels = mask.decode(runs).reshape(-1, order="F")
    changes = numpy.flatnonzero(numpy.diff(pixels)) + 1
    counts = numpy.diff(numpy.concatenate(([0], changes, [pixels.size]))).tolist()
    return [0] + counts if pixels[0] else counts


def write_files():
    """Small files for the readers, and what pycocotools makes of them."""
    folder = OUTPUT.parent / "files"
    folder.mkdir(exist_ok=True)
    golden = {}
    for name, task, number in [("boxes", "bbox", 12), ("masks", "segm", 12), ("points", "keypoints", 5)]:
        truth, results, _ = make_set(task, number)
        for i, annotation in enumerate(truth["annotations"]):
            if task == "segm" and i % 3 == 0:
                runs = mask.merge(mask.frPyObjects(annotation["segmentation"], HEIGHT, WIDTH))
                counts = runs["counts"].decode() if i % 2 == 0 else uncompressed(runs)
                annotation["segmentation"] = {"size": [HEIGHT, WIDTH], "counts": counts}
        for found in results:
            if task == "segm":
                runs = mask.merge(mask.frPyObjects(found["segmentation"], HEIGHT, WIDTH))
                found["segmentation"] = {"size": [HEIGHT, WIDTH], "counts": runs["counts"].decode()}
        if task == "segm":
            boxed = [{**found, "bbox": [v + 0.5 for v in mask.toBbox(found["segmentation"]).tolist()]} for found in results]
            boxed = [{key: found[key] for key in ("image_id", "category_id", "score", "bbox")} for found in boxed]
            (folder / "boxed_results.json").write_text(json.dumps(boxed, separators=(",", ":")) + "\n")
        truth["categories"].reverse()
        truth["images"].reverse()
        for part, content in [("truth", truth), ("results", results)]:
            (folder / f"{name}_{part}.json").write_text(json.dumps(content, separators=(",", ":")) + "\n")
    for truth, results, task in [("boxes", "boxes", "bbox"), ("masks", "masks", "segm"), ("points", "points", "keypoints"),
                                 ("masks", "masks", "bbox"), ("masks", "boxed", "segm")]:
        files = [str(folder / f"{truth}_truth.json"), str(folder / f"{results}_results.json")]
        golden[f"{truth} {results} {task}"] = evaluate(task, *files, {})
    (folder / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")


def main():
    if len(sys.argv) == 4:
        print(json.dumps(evaluate(sys.argv[1], sys.argv[2], sys.argv[3], {}), indent=1))
        return
    golden = {}
    for task in TASKS:
        golden[task] = []
        for number in range(SETS):
            truth, results, options = make_set(task, number)
            if not results:  # pycocotools cannot read them
                golden[task].append(None)
                continue
            values = evaluate(task, truth, results, options)
            if number >= 3:
                values["numbers"] = digest(numpy.array(values["numbers"]))
                values["table"] = digest(numpy.frombuffer(values["table"].encode(), dtype=numpy.uint8))
            golden[task].append(values)
    with OUTPUT.open("w") as file:
        file.write("{\n")
        for i, (task, sets) in enumerate(golden.items()):
            rows = ",\n".join(json.dumps(values) for values in sets)
            file.write('"%s": [\n%s\n]%s\n' % (task, rows, "," if i + 1 < len(golden) else ""))
        file.write("}\n")
    write_files()


if __name__ == "__main__":
    main()
