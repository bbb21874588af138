#include "cli/pretty_json.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using tenon::cli::pretty_json;

TEST_SUITE("pretty_json") {
  TEST_CASE("one field a line, plain lists on one line, empty ones closed") {
    CHECK(pretty_json(R"({"a":1,"b":[1,2,"]"],"c":{},"d":[],"e":{"f":[{"g":null}]}})") ==
          "{\n"
          "  \"a\": 1,\n"
          "  \"b\": [1, 2, \"]\"],\n"
          "  \"c\": {},\n"
          "  \"d\": [],\n"
          "  \"e\": {\n"
          "    \"f\": [\n"
          "      {\n"
          "        \"g\": null\n"
          "      }\n"
          "    ]\n"
          "  }\n"
          "}");
  }

  TEST_CASE("numbers and texts are copied as they are written") {
    CHECK(pretty_json(R"([1.50,"a, b: {c}\"\\",1e5])") == R"([1.50, "a, b: {c}\"\\", 1e5])");
  }

  TEST_CASE("blanks between tokens do not matter") {
    CHECK(pretty_json(" { \"a\" :\t[ 1 ,\n 2 ] , \"b\" : { } } ") ==
          "{\n  \"a\": [1, 2],\n  \"b\": {}\n}");
  }

  TEST_CASE("what comes out means what went in") {
    const std::string text =
        R"({"x":[[1,[2]],{"y":"\u00e9\n"}],"z":[true,false,null,-1e-7],"":{"":[]}})";
    CHECK(nlohmann::ordered_json::parse(pretty_json(text)) == nlohmann::ordered_json::parse(text));
    CHECK(pretty_json(pretty_json(text)) == pretty_json(text));
  }
}
