#include "formats/coco_json.h"

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "evaluation/coco.h"
#include "evaluation/random_sets.h"

using namespace tenon;
using namespace tenon::evaluation;
using formats::CocoJsonOptions;

namespace {

const std::string kFiles = TENON_SOURCE_DIR "/tests/data/evaluation/files/";

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void compare(const std::string& truth_name, const std::string& results_name, Task task,
             const std::string& golden_name) {
  const CocoJsonOptions read{.task = task, .drops_unknown_classes = true};
  const Truth truth = formats::read_coco_truth(read_file(kFiles + truth_name), truth_name, read);
  const Detections detections =
      formats::read_coco_results(read_file(kFiles + results_name), results_name, truth, read);
  const CocoOptions options = CocoOptions::of(task);
  const CocoResult result = evaluate_coco(truth, detections, options);
  const auto expected = nlohmann::json::parse(read_file(kFiles + "golden.json")).at(golden_name);
  CHECK(tests::digest(result.precision) == expected.at("precision"));
  CHECK(tests::digest(result.recall) == expected.at("recall"));
  CHECK(tests::digest(result.scores) == expected.at("scores"));
  CHECK(coco_table(summarize_coco(result, options)) == expected.at("table"));
}

nlohmann::json dataset() {
  return nlohmann::json::parse(R"({"images":[{"id":7,"width":4,"height":5,"file_name":"a.jpg"}],
    "categories":[{"id":1,"name":"cat"},{"id":3,"name":"dog"}],
    "annotations":[{"id":1,"image_id":7,"category_id":3,"bbox":[0,0,2,2],"area":4,"iscrowd":0,
                    "segmentation":{"size":[5,4],"counts":":53M"},"keypoints":[1,1,2]}]})");
}
nlohmann::json results() {
  return nlohmann::json::parse(R"([{"image_id":7,"category_id":3,"bbox":[0,0,2,2],"score":0.5,
                    "segmentation":{"size":[5,4],"counts":":53M"},"keypoints":[1,1,2]}])");
}

struct Change {
  const char* pointer;
  const char* value;  // JSON; empty: the field is taken away
  const char* message;
};

std::string what(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

nlohmann::json changed(nlohmann::json document, const Change& change) {
  const nlohmann::json::json_pointer pointer(change.pointer);
  if (*change.value == '\0')
    document.at(pointer.parent_pointer()).erase(pointer.back());
  else
    document[pointer] = nlohmann::json::parse(change.value);
  return document;
}

}  // namespace

TEST_SUITE("formats") {
  // Files and numbers: scripts/oracles/coco_evaluation.py, pycocotools 2.0.11.
  TEST_CASE("coco_json reads boxes, masks and keypoints as pycocotools does") {
    compare("boxes_truth.json", "boxes_results.json", Task::Box, "boxes boxes bbox");
    compare("masks_truth.json", "masks_results.json", Task::Mask, "masks masks segm");
    compare("points_truth.json", "points_results.json", Task::Keypoints, "points points keypoints");
  }

  TEST_CASE("coco_json makes boxes of masks and masks of boxes where they are missing") {
    compare("masks_truth.json", "masks_results.json", Task::Box, "masks masks bbox");
    compare("masks_truth.json", "boxed_results.json", Task::Mask, "masks boxed segm");
  }

  TEST_CASE("coco_json names file, pointer and fault of a dataset") {
    const Change changes[] = {
        {"/annotations", "", "t.json: has no array \"annotations\""},
        {"/annotations/0/bbox", "[0,0,-4,2]",
         "t.json at /annotations/0/bbox: width is negative, it must be 0 or more"},
        {"/annotations/0/bbox", "[0,0,4]",
         "t.json at /annotations/0/bbox: has 3 numbers, it must have 4"},
        {"/annotations/0/bbox", "[0,0,4,\"5\"]",
         "t.json at /annotations/0/bbox: holds something that is not a number"},
        {"/annotations/0/area", "", "t.json at /annotations/0: has no area"},
        {"/annotations/0/id", "\"1\"",
         "t.json at /annotations/0/id: is a text, it must be an integer"},
        {"/annotations/0/iscrowd", "2", "t.json at /annotations/0/iscrowd: is neither 0 nor 1"},
        {"/annotations/0/image_id", "8",
         "t.json at /annotations/0/image_id: is 8, the truth has no such picture"},
        {"/annotations/0/category_id", "2",
         "t.json at /annotations/0/category_id: is 2, the truth has no such class"},
        {"/annotations/1",
         "{\"id\":1,\"image_id\":7,\"category_id\":1,\"bbox\":[0,0,1,1],\"area\":1,"
         "\"segmentation\":[[0,0,2,0,2,2]]}",
         "t.json at /annotations/1/id: is 1, as that of /annotations/0"},
        {"/annotations/1", "5", "t.json at /annotations/1: is not an object"},
        {"/images/0/width", "0", "t.json at /images/0/width: is 0, it must be 1 to 65536 pixels"},
        {"/images/1", "{\"id\":7}", "t.json at /images/1/id: is 7, as that of /images/0"},
        {"/annotations/0/segmentation/size", "[4,5]",
         "t.json at /annotations/0/segmentation/size: is not the size of the picture, [5, 4]"},
        {"/annotations/0/segmentation/counts", "\":53N\"",
         "t.json at /annotations/0/segmentation: the run-length mask overruns the picture at run "
         "3: it has 20 pixels"},
        {"/annotations/0/segmentation/counts", "[10,5]",
         "t.json at /annotations/0/segmentation: the run-length mask covers 15 of the 20 pixels of "
         "the picture"},
        {"/annotations/0/segmentation/counts", "[10,-5]",
         "t.json at /annotations/0/segmentation/counts: holds something that is no length of a "
         "run"},
        {"/annotations/0/segmentation", "[]",
         "t.json at /annotations/0/segmentation: has no polygon"},
        {"/annotations/0/segmentation", "[[1,2,3,4]]",
         "t.json at /annotations/0/segmentation: a polygon has 4 numbers"},
    };
    for (const Change& change : changes) {
      CAPTURE(change.pointer);
      const std::string text = changed(dataset(), change).dump();
      // Boxes are asked of boxes, masks of masks.
      const bool is_mask = std::string(change.pointer).find("segm") != std::string::npos;
      const CocoJsonOptions read{.task = is_mask ? Task::Mask : Task::Box};
      CHECK(what([&] { formats::read_coco_truth(text, "t.json", read); }) == change.message);
    }
    CHECK(what([] { formats::read_coco_truth("[]", "t.json", {}); }) ==
          "t.json: is not a COCO dataset: it must be an object");
  }

  TEST_CASE("coco_json names file, pointer and fault of results") {
    const CocoJsonOptions masks{.task = Task::Mask};
    const Truth truth = formats::read_coco_truth(dataset().dump(), "t.json", masks);
    const Change changes[] = {
        {"/0/score", "", "d.json at /0: has no score"},
        {"/0/score", "\"high\"", "d.json at /0/score: is not a number"},
        {"/0/image_id", "9", "d.json at /0/image_id: is 9, the truth has no such picture"},
        {"/0/category_id", "0", "d.json at /0/category_id: is 0, the truth has no such class"},
        {"/0/bbox", "[0,0,2,-1]", "d.json at /0/bbox: height is negative, it must be 0 or more"},
        {"/0/segmentation/counts", "\":5\"",
         "d.json at /0/segmentation: the run-length mask covers 15 of the 20 pixels of the "
         "picture"},
        {"/1", "{\"image_id\":7,\"category_id\":3,\"score\":1}", "d.json at /1: has no bbox"},
    };
    for (const Change& change : changes) {
      CAPTURE(change.pointer);
      const std::string text = changed(results(), change).dump();
      CHECK(what([&] { formats::read_coco_results(text, "d.json", truth, masks); }) ==
            change.message);
    }
    CHECK(formats::read_coco_results("[]", "d.json", truth, masks).size() == 0);
    const std::string other = changed(results(), {"/0/category_id", "0", ""}).dump();
    CHECK(formats::read_coco_results(other, "d.json", truth, {.drops_unknown_classes = true})
              .size() == 0);
    CHECK(what([&] {
            formats::read_coco_results("[{\"image_id\":7,\"category_id\":3}]", "d.json", truth, {});
          }) == "d.json at /0: has neither bbox nor segmentation nor keypoints");
  }

  TEST_CASE("coco_json says where a text ceases to be JSON, and what NaN is") {
    const Truth truth = formats::read_coco_truth(dataset().dump(), "t.json", {});
    const std::string text = "[\n{\"image_id\": 7, \"score\": NaN}]";
    try {
      formats::read_coco_results(text, "d.json", truth, {});
      FAIL("accepted");
    } catch (const Error& error) {
      CHECK(error.line() == 2);
      CHECK(error.message() == "is not valid JSON");
      CHECK(error.hint() == "NaN is no number in JSON; leave such detections out");
    }
    const std::string nested(5'000'000, '[');
    CHECK_THROWS_AS(formats::read_coco_results(nested, "d.json", truth, {}), Error);
  }

  TEST_CASE("coco_json refuses or reads every truncation of a file without harm") {
    const std::string text = dataset().dump();
    const CocoJsonOptions masks{.task = Task::Mask};
    for (std::size_t size = 0; size < text.size(); ++size)
      CHECK_THROWS_AS(formats::read_coco_truth(text.substr(0, size), "t.json", masks), Error);
  }
}
