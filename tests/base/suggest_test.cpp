#include "base/suggest.h"

#include <doctest/doctest.h>

using namespace tenon;

TEST_SUITE("suggest") {
  TEST_CASE("the edit distance counts inserted, deleted, replaced and swapped letters") {
    CHECK(edit_distance("", "") == 0);
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("abc", "") == 3);
    CHECK(edit_distance("kitten", "sitting") == 3);  // the textbook pair
    CHECK(edit_distance("format", "fromat") == 1);
    CHECK(edit_distance("ab", "ba") == 1);
    CHECK(edit_distance("ca", "abc") == 3);  // optimal string alignment; full Damerau says 2
    CHECK(edit_distance("JSON", "json") == 0);
  }

  TEST_CASE("the nearest words are offered, all at the same distance, in their order") {
    const std::vector<std::string> flags = {"--temperature", "--top-k", "--top-p", "--typical-p",
                                            "--seed"};
    using Words = std::vector<std::string>;
    CHECK(closest_words("--temprature", flags) == Words{"--temperature"});
    CHECK(closest_words("--top-x", flags) == Words{"--top-k", "--top-p"});
    CHECK(closest_words("--temp", flags) == Words{"--temperature"});  // its beginning
    CHECK(closest_words("--overwrite", flags).empty());
    CHECK(closest_words("", flags).empty());
    CHECK(closest_words("x", {"y", "z"}).empty());  // nothing of the word would be left
    CHECK(closest_words(std::string(10000, 'a'), {std::string(9999, 'a')}).empty());
  }

  TEST_CASE("the question names one, two or three words") {
    CHECK(did_you_mean("jsno", {"text", "json"}) == "did you mean json?");
    CHECK(did_you_mean("top-x", {"top-k", "top-p"}) == "did you mean top-k or top-p?");
    CHECK(did_you_mean("top-x", {"top-k", "top-p", "top-q", "top-r"}) ==
          "did you mean top-k, top-p or top-q?");
    CHECK(did_you_mean("quite", {"other"}).empty());
  }
}
