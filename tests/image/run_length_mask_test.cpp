#include "image/run_length_mask.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace tenon;
using namespace tenon::image;

namespace {

std::string refusal(std::string_view text, PictureSize size) {
  try {
    runs_from_text(text, size);
  } catch (const Error& error) {
    return error.message();
  }
  return "accepted";
}

}  // namespace

TEST_SUITE("image") {
  // Texts by pycocotools 2.0.11.
  TEST_CASE("runs and their text are each other's inverse") {
    CHECK(text_from_runs(RunList{10, 5, 3, 2}) == ":53M");
    CHECK(text_from_runs(RunList{6, 1, 40, 4, 5, 4, 5, 4, 21}) == "61X13mN000`0");
    CHECK(text_from_runs(RunList{100000, 70000, 50000}) == "PeQ3`[T2`j`1");
    CHECK(runs_from_text(":53M", {5, 4}) == RunList{10, 5, 3, 2});
    CHECK(runs_from_text("61X13mN000`0", {9, 10}) == RunList{6, 1, 40, 4, 5, 4, 5, 4, 21});
    CHECK(runs_from_text("PeQ3`[T2`j`1", {400, 550}) == RunList{100000, 70000, 50000});
  }

  TEST_CASE("runs that overrun the picture, end short of it or are empty are refused") {
    CHECK(refusal(":53M", {5, 4}) == "accepted");
    CHECK(refusal(":53M", {5, 3}) ==
          "the run-length mask overruns the picture at run 2: it has 15 pixels");
    CHECK(refusal(":53M", {5, 5}) ==
          "the run-length mask covers 20 of the 25 pixels of the picture");
    CHECK(refusal("", {5, 5}) == "the run-length mask covers 0 of the 25 pixels of the picture");
    CHECK(refusal(":0:", {5, 4}) == "the run-length mask has run 1 of length 0");
    CHECK(refusal("J:", {5, 4}) == "the run-length mask has run 0 of negative length");
    CHECK(refusal(":P", {5, 4}) == "the run-length mask ends within a number");
    CHECK(refusal("oooooooooooo", {5, 4}) ==
          "the run-length mask has a number that is too long at byte 8");
    CHECK(refusal(": 5", {5, 4}) ==
          "the run-length mask has a character that no mask has at byte 1");
    CHECK(refusal(":5", {65536, 65536}) ==
          "the run-length mask belongs to a picture of 2^32 pixels or more");
    CHECK(refusal(":5", {0, 7}) == "the run-length mask belongs to a picture without pixels");
    CHECK_THROWS_AS(check_runs(RunList{4, 0, 16}, {5, 4}), Error);
    CHECK_NOTHROW(check_runs(RunList{0, 20}, {5, 4}));
  }

  TEST_CASE("empty and full masks have the areas, boxes and unions one expects") {
    const RunList empty = {20}, full = {0, 20};
    CHECK(mask_area(empty) == 0);
    CHECK(mask_area(full) == 20);
    CHECK(tight_box(empty, 5) == PixelBox{});
    CHECK(tight_box(full, 5) == PixelBox{0, 0, 4, 5});
    CHECK(intersection_area(empty, full) == 0);
    CHECK(intersection_area(full, full) == 20);
    CHECK(unite(empty, full) == full);
    CHECK(unite(empty, empty) == empty);
    CHECK(unite(RunList{2, 3, 15}, RunList{5, 15}) == RunList{2, 18});
  }

  TEST_CASE("a run over the end of a column makes the box as tall as the picture") {
    CHECK(tight_box(RunList{3, 4, 13}, 5) == PixelBox{0, 0, 2, 5});
    CHECK(tight_box(RunList{6, 2, 3, 1, 8}, 5) == PixelBox{1, 1, 2, 2});
  }
}
