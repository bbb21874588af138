#include "evaluation/voc.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/team.h"
#include "evaluation/random_sets.h"
#include "formats/box_text.h"
#include "formats/voc_xml.h"

using namespace tenon;
using namespace tenon::evaluation;

namespace {

/// The conventions of set `number` in scripts/oracles/voc_evaluation.py.
VocOptions conventions(int number) {
  const auto bit = [&](int place) { return (number >> place & 1) != 0; };
  VocOptions options;
  options.average = bit(0) ? AverageRule::ElevenPoint : AverageRule::Area;
  options.pixels = bit(1) ? PixelRule::Continuous : PixelRule::Inclusive;
  options.matching = bit(2) ? MatchingRule::NextFree : MatchingRule::ArgMax;
  options.threshold = bit(3) ? ThresholdRule::Above : ThresholdRule::AtLeast;
  options.difficult = bit(4) ? DifficultRule::Counted : DifficultRule::Honoured;
  options.ties = bit(5) ? TieOrder::Reversed : TieOrder::Stable;
  options.grid = bit(6)            ? RecallGrid::Decimal
                 : number % 4 == 1 ? RecallGrid::Matlab
                                   : RecallGrid::Numpy;
  options.classes = bit(7) ? AveragedClasses::WithAny : AveragedClasses::WithTruth;
  constexpr double kThresholds[] = {0.5, 0.3, 0.7};
  options.iou_threshold = kThresholds[number % 3];
  if (number % 5 == 0) options.empty_precision = EmptyPrecision::Undefined;
  return options;
}

double number_or_minus_one(double value) {
  return std::isnan(value) ? -1.0 : value;
}

void compare_with(const nlohmann::json& expected, const VocResult& result) {
  std::vector<double> averages, curves;
  for (const VocClass& scored : result.classes) {
    averages.push_back(scored.average_precision.value_or(-1.0));
    curves.push_back(static_cast<double>(scored.positives));
    for (const double value : scored.recall) curves.push_back(number_or_minus_one(value));
    for (const double value : scored.precision) curves.push_back(number_or_minus_one(value));
  }
  CHECK(tests::digest(averages) == expected.at("averages"));
  CHECK(tests::digest(curves) == expected.at("curves"));
  if (expected.at("mean").is_null())
    CHECK(result.mean == std::nullopt);
  else
    CHECK(result.mean == expected.at("mean").get<double>());
}

/// One picture, one class.
struct Single {
  Truth truth;
  Detections detections;

  Single() {
    truth.images = {{1}, {"picture"}, {{200, 200}}};
    truth.categories = {{1}, {"thing"}};
  }
  void add_truth(Box box, bool is_difficult = false) {
    truth.image.push_back(0);
    truth.category.push_back(0);
    truth.boxes.push_back(box);
    truth.areas.push_back(box.area());
    truth.ids.push_back(static_cast<std::int64_t>(truth.ids.size()) + 1);
    truth.is_crowd.push_back(0);
    truth.is_difficult.push_back(is_difficult);
    truth.labelled_points.push_back(0);
  }
  void add_detection(Box box, double score) {
    detections.image.push_back(0);
    detections.category.push_back(0);
    detections.boxes.push_back(box);
    detections.areas.push_back(box.area());
    detections.scores.push_back(score);
  }
  const VocClass score(const VocOptions& options) const {
    return evaluate_voc(truth, detections, options).classes[0];
  }
};

}  // namespace

TEST_SUITE("evaluation") {
  TEST_CASE("random sets score as voc_eval has them, under every combination of conventions") {
    std::ifstream file(TENON_SOURCE_DIR "/tests/data/evaluation/voc_random_sets.json");
    const auto sets = nlohmann::json::parse(file);
    REQUIRE(sets.size() == 256);
    for (int number = 0; number < 256; ++number) {
      CAPTURE(number);
      auto set = tests::RandomSetMaker(Task::Box, number).make();
      set.truth.is_difficult = set.truth.is_crowd;
      compare_with(sets[static_cast<std::size_t>(number)],
                   evaluate_voc(set.truth, set.detections, conventions(number)));
    }
  }

  TEST_CASE("voc 2007 gives 1.0 when every object is found once") {
    Single set;
    set.add_truth({10, 10, 20, 20});
    set.add_truth({100, 100, 20, 20});
    set.add_detection({10, 10, 20, 20}, 0.9);
    set.add_detection({100, 100, 20, 20}, 0.8);
    CHECK(*set.score({.average = AverageRule::ElevenPoint}).average_precision ==
          doctest::Approx(1.0));
    CHECK(*set.score({}).average_precision == 1.0);
  }

  // MATLAB's documentation of colon: the elements are symmetric about the middle; numpy 2.4.6 prints
  // 0.30000000000000004, 0.6000000000000001, 0.7000000000000001 for the points 3, 6 and 7.
  TEST_CASE("the grids of eleven recalls differ in the points 3, 6 and 7 alone") {
    const double above[] = {0.30000000000000004, 0.6000000000000001, 0.7000000000000001};
    const int places[] = {3, 6, 7};
    for (int point = 0; point <= 10; ++point) {
      const auto* place = std::find(std::begin(places), std::end(places), point);
      const double decimal = std::stod("0." + std::to_string(point));
      const double literal = point == 10 ? 1.0 : decimal;
      const double numpy = place == std::end(places) ? literal : above[place - places];
      CHECK(eleven_point(RecallGrid::Decimal, point) == literal);
      CHECK(eleven_point(RecallGrid::Numpy, point) == numpy);
      CHECK(eleven_point(RecallGrid::Matlab, point) == (point == 3 ? numpy : literal));
    }
  }

  TEST_CASE("pixels count inclusively: one pixel overlaps itself") {
    const Box pixel{5, 5, 0, 0};
    CHECK(voc_overlap(pixel, pixel, PixelRule::Inclusive) == 1.0);
    CHECK(voc_overlap(pixel, pixel, PixelRule::Continuous) == 0.0);
    // 10 x 10 and 10 x 10 pixels that share 5 x 10.
    CHECK(voc_overlap({0, 0, 9, 9}, {5, 0, 9, 9}, PixelRule::Inclusive) == 50.0 / 150.0);
  }

  TEST_CASE("a detection whose best truth is taken is wrong though another truth is free") {
    Single set;
    set.add_truth({0, 0, 99, 99});
    set.add_truth({0, 0, 99, 79});
    set.add_detection({0, 0, 99, 99}, 0.9);
    set.add_detection({0, 0, 99, 98}, 0.8);
    CHECK(set.score({}).verdicts[1] == VocVerdict::Wrong);
    CHECK(set.score({.matching = MatchingRule::NextFree}).verdicts[1] == VocVerdict::Right);
  }

  TEST_CASE("an overlap of exactly the threshold is found unless it must lie above") {
    Single set;
    set.add_truth({0, 0, 9, 9});
    set.add_detection({0, 0, 9, 4}, 0.9);
    CHECK(set.score({}).verdicts[0] == VocVerdict::Right);
    CHECK(set.score({.threshold = ThresholdRule::Above}).verdicts[0] == VocVerdict::Wrong);
  }

  TEST_CASE("difficult objects are found any number of times and count for nothing") {
    Single set;
    set.add_truth({0, 0, 9, 9}, true);
    set.add_truth({50, 50, 9, 9});
    for (const double score : {0.9, 0.8}) set.add_detection({0, 0, 9, 9}, score);
    set.add_detection({50, 50, 9, 9}, 0.7);
    const VocClass honoured = set.score({});
    CHECK(honoured.positives == 1);
    CHECK(honoured.verdicts ==
          std::vector{VocVerdict::Ignored, VocVerdict::Ignored, VocVerdict::Right});
    CHECK(honoured.average_precision == 1.0);
    const VocClass counted = set.score({.difficult = DifficultRule::Counted});
    CHECK(counted.positives == 2);
    CHECK(counted.verdicts == std::vector{VocVerdict::Right, VocVerdict::Wrong, VocVerdict::Right});
  }

  TEST_CASE("a class without an object to find has no average") {
    Single set;
    set.add_detection({0, 0, 9, 9}, 0.9);
    CHECK(set.score({}).average_precision == std::nullopt);
    CHECK(evaluate_voc(set.truth, set.detections, {}).mean == std::nullopt);
    CHECK(set.score({.classes = AveragedClasses::WithAny}).average_precision == 0.0);
  }

  TEST_CASE("the number of threads changes no voc number") {
    const auto set = tests::RandomSetMaker(Task::Box, 7).make();
    Team team(3);
    const VocResult alone = evaluate_voc(set.truth, set.detections, {});
    const VocResult shared = evaluate_voc(set.truth, set.detections, {}, &team);
    CHECK(shared.mean == alone.mean);
  }

  TEST_CASE("a threshold that no overlap can meet is refused") {
    const Single set;
    CHECK_THROWS_AS(evaluate_voc(set.truth, set.detections, {.iou_threshold = 1.5}), Error);
    CHECK_THROWS_AS(evaluate_voc(set.truth, set.detections, {.iou_threshold = 0}), Error);
  }

  // data/database of rafaelpadilla/review_object_detection_metrics: 100 pictures of VOC 2012; the
  // numbers were computed from these files by other programs.
  TEST_CASE("the hundred VOC pictures score as published") {
    const char* folder = std::getenv("TENON_TEST_VOC100");
    if (folder == nullptr) {
      MESSAGE("skipped: TENON_TEST_VOC100 does not name the folder of the sample");
      return;
    }
    const std::string path = folder;
    const Truth truth = formats::read_voc_annotations(
        formats::voc_annotation_paths(path + "/gts/pascalvoc_format"));
    // The detections number VOC's twenty classes by name.
    formats::BoxTextOptions read{.class_names = truth.categories.names};
    const Detections detections =
        formats::read_box_text_folder(path + "/dets/abs_xyx2y2", truth, read);
    CHECK(truth.size() == 273);
    CHECK(detections.size() == 452);
    const auto mean = [&](const VocOptions& options) {
      return *evaluate_voc(truth, detections, options).mean;
    };
    constexpr double kPrinted = 5e-7;  // six decimals
    VocOptions options;
    CHECK(std::abs(mean(options) - 0.613875) < kPrinted);
    options.difficult = DifficultRule::Counted;
    CHECK(std::abs(mean(options) - 0.610913) < kPrinted);
    options.average = AverageRule::ElevenPoint;
    CHECK(std::abs(mean(options) - 0.604126) < kPrinted);
    options.grid = RecallGrid::Numpy;  // a recall lies exactly on the grid
    CHECK(std::abs(mean(options) - 0.598969) < kPrinted);
    options.difficult = DifficultRule::Honoured;
    CHECK(std::abs(mean(options) - 0.607511) < kPrinted);
  }
}
