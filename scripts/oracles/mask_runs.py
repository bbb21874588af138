#!/usr/bin/env python3
"""Golden masks -> tests/data/image/polygon_masks.json

Polygons, many of them odd (leaving the picture, without area, with repeated vertices, crossing themselves), with
their compressed runs, area, tight box, and the area of the intersection with the next mask and the runs of the union.

Made with pycocotools 2.0.11, numpy 2.4.6. Run from the top of the repository.
"""

import json
import pathlib

import numpy
from pycocotools import mask

OUTPUT = pathlib.Path("tests/data/image/polygon_masks.json")


def make_polygons(rng, height, width):
    yield [0, 0, width, 0, width, height, 0, height]
    yield [0, 0, 0, 0, 0, 0]
    yield [2, 2, 2, 2, 7, 2, 7, 9, 2, 9, 2, 2]
    yield [-50, -50, width + 50, -50, width + 50, height + 50, -50, height + 50]
    yield [-9, -9, -2, -9, -2, -2]
    yield [0.5, 0.5, 0.5, height - 0.5, 1.5, 0.5]
    for i in range(90):
        count = int(rng.integers(3, 12))
        xy = rng.uniform(-0.2, 1.2, (count, 2)) * [width, height]
        if i % 3 == 0:
            xy = numpy.round(xy * 10) / 10
        if i % 3 == 1:
            xy = numpy.round(xy)
        if i % 7 == 0:
            xy = (xy - xy.mean(0)) * 0.1 + xy.mean(0)
        yield [float(v) for v in xy.reshape(-1)]


def main():
    rng = numpy.random.default_rng(11)
    cases = []
    for height, width, count in [(37, 53, 96), (1, 9, 20), (9, 1, 20), (190, 250, 30)]:
        polygons = list(make_polygons(rng, height, width))[:count]
        runs = [mask.frPyObjects([p], height, width)[0] for p in polygons]
        masks = []
        for i, (polygon, run) in enumerate(zip(polygons, runs)):
            after = runs[(i + 1) % len(runs)]
            masks.append({
                "polygon": polygon,
                "runs": run["counts"].decode(),
                "area": int(mask.area(run)),
                "box": [int(v) for v in mask.toBbox(run)],
                "common": int(mask.area(mask.merge([run, after], intersect=True))),
                "union": mask.merge([run, after])["counts"].decode(),
            })
        cases.append({"size": [height, width], "masks": masks})
    OUTPUT.parent.mkdir(exist_ok=True)
    rows = ",\n".join(json.dumps(case) for case in cases)
    OUTPUT.write_text("[\n" + rows + "\n]\n")


if __name__ == "__main__":
    main()
