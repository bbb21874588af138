#include "cli/wrap.h"

#include <doctest/doctest.h>

using tenon::cli::wrap;

TEST_SUITE("wrap") {
  TEST_CASE("lines break at blanks and continue indented") {
    CHECK(wrap("one two three", 8, 2) == "one two\n  three");
    CHECK(wrap("one two three", 7, 2) == "one two\n  three");
    CHECK(wrap("one two three", 6, 0) == "one\ntwo\nthree");
    CHECK(wrap("one two three", 100, 2) == "one two three");
    CHECK(wrap("", 10, 2).empty());
  }

  TEST_CASE("blanks before the first word and between words are kept") {
    CHECK(wrap("  --flag  N   text here", 20, 14) == "  --flag  N   text\n              here");
  }

  TEST_CASE("a word longer than the line stands alone") {
    CHECK(wrap("a incomprehensible b", 5, 1) == "a\n incomprehensible\n b");
  }

  TEST_CASE("letters are counted, not bytes") {
    CHECK(wrap("ää öö üü", 5, 0) == "ää öö\nüü");
  }
}
