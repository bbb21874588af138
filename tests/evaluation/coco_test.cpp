#include "evaluation/coco.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "base/team.h"
#include "evaluation/random_sets.h"
#include "formats/coco_json.h"

using namespace tenon;
using namespace tenon::evaluation;

namespace {

nlohmann::json golden(const char* task) {
  static const nlohmann::json all = [] {
    std::ifstream file(TENON_SOURCE_DIR "/tests/data/evaluation/coco_random_sets.json");
    return nlohmann::json::parse(file);
  }();
  return all.at(task);
}

std::vector<double> numbers_of(const std::vector<CocoMetric>& metrics) {
  std::vector<double> numbers;
  for (const CocoMetric& metric : metrics) numbers.push_back(metric.value.value_or(-1.0));
  return numbers;
}

/// A text as the script digests it.
std::string text_digest(const std::string& text) {
  return tests::digest(std::vector<double>(text.begin(), text.end()));
}

void compare_with(const nlohmann::json& expected, const CocoResult& result,
                  const CocoOptions& options) {
  CHECK(tests::digest(result.precision) == expected.at("precision"));
  CHECK(tests::digest(result.recall) == expected.at("recall"));
  CHECK(tests::digest(result.scores) == expected.at("scores"));
  const auto metrics = summarize_coco(result, options);
  const auto numbers = numbers_of(metrics);
  if (expected.at("numbers").is_array()) {
    CHECK(numbers == expected.at("numbers").get<std::vector<double>>());
    CHECK(coco_table(metrics) == expected.at("table"));
  } else {
    CHECK(tests::digest(numbers) == expected.at("numbers"));
    CHECK(text_digest(coco_table(metrics)) == expected.at("table"));
  }
}

void compare_random_sets(Task task, const char* name) {
  const nlohmann::json sets = golden(name);
  REQUIRE(sets.size() >= 100);
  for (std::size_t number = 0; number < sets.size(); ++number) {
    if (sets[number].is_null()) continue;
    CAPTURE(number);
    const auto set = tests::RandomSetMaker(task, static_cast<int>(number)).make();
    compare_with(sets[number], evaluate_coco(set.truth, set.detections, set.options), set.options);
  }
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_SUITE("evaluation") {
  TEST_CASE("boxes of random sets score bit for bit as pycocotools has them") {
    compare_random_sets(Task::Box, "bbox");
  }

  TEST_CASE("masks of random sets score bit for bit as pycocotools has them") {
    compare_random_sets(Task::Mask, "segm");
  }

  TEST_CASE("keypoints of random sets score bit for bit as pycocotools has them") {
    compare_random_sets(Task::Keypoints, "keypoints");
  }

  TEST_CASE("the number of threads changes no bit") {
    const auto set = tests::RandomSetMaker(Task::Box, 7).make();
    const CocoResult alone = evaluate_coco(set.truth, set.detections, set.options);
    for (const int threads : {1, 2, 5}) {
      Team team(threads);
      const CocoResult shared = evaluate_coco(set.truth, set.detections, set.options, &team);
      CHECK(shared.precision == alone.precision);
      CHECK(shared.recall == alone.recall);
      CHECK(shared.scores == alone.scores);
    }
  }

  TEST_CASE("a truth with id 0 is lost to pycocotools and found by the corrected rules") {
    Truth truth;
    truth.images = {{1}, {""}, {{100, 100}}};
    truth.categories = {{1}, {"thing"}};
    truth.image = truth.category = {0};
    truth.boxes = {{10, 10, 50, 50}};
    truth.areas = {2500};
    truth.ids = {0};
    truth.is_crowd = truth.is_difficult = {0};
    Detections detections;
    detections.image = detections.category = {0};
    detections.boxes = truth.boxes;
    detections.scores = {0.5};
    detections.areas = {2500};
    CocoOptions options;
    const auto first = [&] {
      return summarize_coco(evaluate_coco(truth, detections, options), options)[0].value;
    };
    CHECK(first() == 0.0);
    options.quirks = Quirks::Corrected;
    CHECK(first().value() == doctest::Approx(1.0));
    options.max_detections = {1, 10};
    CHECK(first().value() == doctest::Approx(1.0));
    options.quirks = Quirks::Strict;
    CHECK(first() == std::nullopt);
  }

  TEST_CASE("options that cannot be evaluated are refused") {
    CocoOptions options;
    options.max_detections = {10, 1};
    CHECK_THROWS_AS(check_options(options), Error);
    options = CocoOptions();
    options.iou_thresholds = {};
    CHECK_THROWS_AS(check_options(options), Error);
    options = CocoOptions::of(Task::Keypoints);
    options.use_categories = false;
    CHECK_THROWS_AS(check_options(options), Error);
  }

  // The sample of the COCO API: results/instances_val2014_fake*100_results.json with
  // annotations/instances_val2014.json cut to their 100 pictures.
  TEST_CASE("the sample results of the COCO API score as published") {
    const char* folder = std::getenv("TENON_TEST_COCO100");
    if (folder == nullptr) {
      MESSAGE("skipped: TENON_TEST_COCO100 does not name the folder of the sample");
      return;
    }
    const std::string path = folder;
    for (const Task task : {Task::Box, Task::Mask}) {
      const formats::CocoJsonOptions read{.task = task};
      const std::string results =
          path + (task == Task::Box ? "/instances_val2014_fakebbox100_results.json"
                                    : "/instances_val2014_fakesegm100_results.json");
      const Truth truth =
          formats::read_coco_truth(read_file(path + "/instances_val2014_100.json"), "truth", read);
      const Detections detections =
          formats::read_coco_results(read_file(results), "results", truth, read);
      const CocoOptions options = CocoOptions::of(task);
      const CocoResult result = evaluate_coco(truth, detections, options);
      const auto expected =
          nlohmann::json::parse(read_file(TENON_SOURCE_DIR "/tests/data/evaluation/coco100.json"));
      compare_with(expected.at(task == Task::Box ? "bbox" : "segm"), result, options);
    }
  }
}
