#include "formats/box_text.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace tenon;
using evaluation::Box;
using formats::BoxNumbers;
using formats::BoxTextOptions;

namespace {

evaluation::Truth one_picture() {
  evaluation::Truth truth;
  truth.images = {{1}, {"a.jpg"}, {{100, 200}}};
  truth.categories = {{1, 2}, {"cat", "dog"}};
  return truth;
}

evaluation::Detections read(const std::string& text, const BoxTextOptions& options = {}) {
  evaluation::Detections detections;
  formats::read_box_text(text, "a.txt", 0, one_picture(), options, detections);
  return detections;
}

std::string refusal(const std::string& text, const BoxTextOptions& options = {}) {
  try {
    read(text, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_SUITE("formats") {
  TEST_CASE("box_text reads corners, sides and parts of the picture as the same box") {
    CHECK(read("dog 0.5 10 20 50 80\r\n\n cat\t1e-3 0 0 1 1").boxes ==
          std::vector{Box{10, 20, 40, 60}, Box{0, 0, 1, 1}});
    CHECK(read("dog 0.5 10 20 40 60", {.numbers = BoxNumbers::Sides}).boxes[0] ==
          Box{10, 20, 40, 60});
    CHECK(read("dog 0.5 0.15 0.5 0.2 0.6", {.numbers = BoxNumbers::RelativeCentre}).boxes[0] ==
          Box{10, 20, 40, 60});
    const auto numbered = read("1 0.5 10 20 50 80", {.class_names = {"cat", "dog"}});
    CHECK(numbered.category == std::vector<std::uint32_t>{1});
    CHECK(numbered.scores == std::vector<double>{0.5});
    CHECK(numbered.areas == std::vector<double>{2400});
  }

  TEST_CASE("box_text names the line and what is wrong with it") {
    CHECK(refusal("dog 0.5 1 2 3 4\ndog 0.5 1 2 3") == "a.txt:2: has 5 words, it must have 6");
    CHECK(refusal("dog nan 1 2 3 4") == "a.txt:1: has \"nan\" where a number belongs");
    CHECK(refusal("dog 0,5 1 2 3 4") == "a.txt:1: has \"0,5\" where a number belongs");
    CHECK(refusal("dgo 0.5 1 2 3 4") ==
          "a.txt:1: has the class \"dgo\", which the truth does not know");
    CHECK(refusal("dog 0.5 10 20 5 40") ==
          "a.txt:1: its right is left of its left, or its bottom above its top");
    CHECK(refusal("dog 0.5 1 2 -3 4", {.numbers = BoxNumbers::Sides}) ==
          "a.txt:1: its width or height is negative");
    CHECK(refusal("2 0.5 1 2 3 4", {.class_names = {"cat", "dog"}}) ==
          "a.txt:1: has the class \"2\", it must be a number from 0 to 1");
  }
}
