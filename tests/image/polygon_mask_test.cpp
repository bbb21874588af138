#include "image/polygon_mask.h"

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"

using namespace tenon;
using namespace tenon::image;

TEST_SUITE("image") {
  // scripts/oracles/mask_runs.py
  TEST_CASE("polygons cover the pixels that pycocotools gives them") {
    std::ifstream file(TENON_SOURCE_DIR "/tests/data/image/polygon_masks.json");
    const auto cases = nlohmann::json::parse(file);
    REQUIRE(cases.size() == 4);
    for (const auto& picture : cases) {
      const PictureSize size{picture.at("size")[0], picture.at("size")[1]};
      std::vector<RunList> masks;
      for (const auto& golden : picture.at("masks")) {
        CAPTURE(golden.dump());
        const auto polygon = golden.at("polygon").get<std::vector<double>>();
        masks.push_back(polygon_runs(polygon, size));
        CHECK(text_from_runs(masks.back()) == golden.at("runs"));
        CHECK(runs_from_text(golden.at("runs").get<std::string>(), size) == masks.back());
        CHECK_NOTHROW(check_runs(masks.back(), size));
        CHECK(mask_area(masks.back()) == golden.at("area"));
        const PixelBox box = tight_box(masks.back(), size.height);
        CHECK(std::vector{box.left, box.top, box.width, box.height} ==
              golden.at("box").get<std::vector<std::uint32_t>>());
      }
      for (std::size_t i = 0; i < masks.size(); ++i) {
        const auto& golden = picture.at("masks")[i];
        const RunList& next = masks[(i + 1) % masks.size()];
        CHECK(intersection_area(masks[i], next) == golden.at("common"));
        CHECK(text_from_runs(unite(masks[i], next)) == golden.at("union"));
      }
    }
  }

  TEST_CASE("a box is the polygon of its corners") {
    const PictureSize size{20, 30};
    CHECK(box_runs(2, 3, 4, 5, size) ==
          polygon_runs(std::vector<double>{2, 3, 2, 8, 6, 8, 6, 3}, size));
    CHECK(mask_area(box_runs(2, 3, 4, 5, size)) == 20);
  }

  TEST_CASE("polygons that are none are refused") {
    const PictureSize size{20, 30};
    const auto polygon = [&](std::vector<double> xy) { return polygon_runs(xy, size); };
    CHECK_THROWS_AS(polygon({1, 2, 3, 4}), Error);
    CHECK_THROWS_AS(polygon({1, 2, 3, 4, 5, 6, 7}), Error);
    CHECK_THROWS_AS(polygon({1, 2, 3, 4, 5, std::nan("")}), Error);
    CHECK_THROWS_AS(polygon({1, 2, 3, 4, 5, 1e300}), Error);
    CHECK_THROWS_AS(polygon_runs(std::vector<double>{0, 0, 1, 1, 2, 0}, {0, 5}), Error);
  }
}
