#include "cli/record.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

using tenon::cli::Record;
using Json = nlohmann::ordered_json;

TEST_SUITE("record") {
  TEST_CASE("fields stand in the order they are added, type first") {
    const Record record =
        Record("line").add("id", 7).add("text", "a").add("ok", true).add_null("none");
    CHECK(record.json() == R"({"type":"line","id":7,"text":"a","ok":true,"none":null})");
    CHECK(Record().json() == "{}");
    CHECK(Record().add("a", 1).json() == R"({"a":1})");
  }

  TEST_CASE("a parser reads back every kind of value") {
    const std::vector<std::int32_t> small = {1, -2, 2147483647};
    const std::vector<std::int64_t> large = {std::numeric_limits<std::int64_t>::min(), 0};
    const std::vector<double> reals = {0.1, 1e300, -0.0};
    const std::vector<std::string> texts = {"a\"b", "", "\n"};
    const std::vector<Record> records = {Record("x").add("n", 1), Record()};
    const Record record = Record("all")
                              .add("small", small)
                              .add("large", large)
                              .add("reals", reals)
                              .add("texts", texts)
                              .add("records", records)
                              .add("record", Record().add("deep", 1.5))
                              .add("unsigned", std::numeric_limits<std::uint64_t>::max())
                              .add("string", std::string("s"))
                              .add("view", std::string_view("v"))
                              .add("empty", std::vector<double>{})
                              .add_json("id", R"({"any": [1, "x"]})");
    const Json json = Json::parse(record.json());
    CHECK(json["small"].get<std::vector<std::int32_t>>() == small);
    CHECK(json["large"].get<std::vector<std::int64_t>>() == large);
    CHECK(json["reals"].get<std::vector<double>>() == reals);
    CHECK(json["texts"].get<std::vector<std::string>>() == texts);
    CHECK(json["records"][0]["n"] == 1);
    CHECK(json["records"].size() == 2);
    CHECK(json["record"]["deep"] == 1.5);
    CHECK(json["unsigned"].get<std::uint64_t>() == std::numeric_limits<std::uint64_t>::max());
    CHECK(json["id"]["any"][1] == "x");
    CHECK(json["empty"].empty());
    CHECK(json.size() == 12);
    CHECK(record.json().find('\n') == std::string::npos);
  }

  TEST_CASE("doubles take their shortest form and come back bit for bit") {
    CHECK(Record().add("x", 0.1).json() == R"({"x":0.1})");
    CHECK(Record().add("x", 3.0).json() == R"({"x":3})");
    for (const double value : {1.0 / 3, 5e-324, 1.7976931348623157e308, -2.5e-7, 123456789.123}) {
      const Json json = Json::parse(Record().add("x", value).json());
      CHECK(json["x"].get<double>() == value);
    }
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK(Record().add("x", infinity).json() == R"({"x":null})");
    CHECK(Record().add("x", std::nan("")).json() == R"({"x":null})");
    const std::vector<double> values = {1, -infinity};
    CHECK(Record().add("x", values).json() == R"({"x":[1,null]})");
  }

  TEST_CASE("every byte as text gives valid JSON, and text that is UTF-8 survives") {
    std::string bytes;
    for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
    const Json json = Json::parse(Record().add("x", bytes).json());
    const std::string back = json["x"];
    CHECK(back.substr(0, 128) == bytes.substr(0, 128));
    const std::string text = "a\u00e9\u20ac\U0001F600\u0080\"\\/\b\f\n\r\t\x7f";
    CHECK(Json::parse(Record().add("x", text).json())["x"] == text);
    CHECK(Json::parse(Record().add(text, 1).json()).contains(text));
  }

  TEST_CASE("bytes that are no UTF-8 become U+FFFD one by one") {
    const auto shown = [](const std::string& bytes) {
      return Json::parse(Record().add("x", bytes).json())["x"].get<std::string>();
    };
    const std::string bad = "\xEF\xBF\xBD";
    CHECK(shown("a\xFFz") == "a" + bad + "z");
    CHECK(shown("\xC0\xAF") == bad + bad);                      // overlong
    CHECK(shown("\xE0\x80\xAF") == bad + bad + bad);            // overlong
    CHECK(shown("\xED\xA0\x80") == bad + bad + bad);            // a surrogate
    CHECK(shown("\xF4\x90\x80\x80") == bad + bad + bad + bad);  // above U+10FFFF
    CHECK(shown("\xE2\x82") == bad + bad);                      // cut off
    CHECK(shown("\xE2\x82\xAC") == "\xE2\x82\xAC");
    CHECK(shown("\xF0\x9F\x98\x80") == "\xF0\x9F\x98\x80");
    CHECK(shown("\xED\x9F\xBF\xEE\x80\x80") ==
          "\xED\x9F\xBF\xEE\x80\x80");  // beside the surrogates
  }

  TEST_CASE("a passed-through value stays on one line") {
    CHECK(Record().add_json("id", "{\n\"a\":\r\n 1}").json() == R"({"id":{"a": 1}})");
  }

  TEST_CASE("appended fields follow, without the type") {
    const Record summary = Record("summary").add("seed", 0);
    CHECK(Record(summary).append(Record().add("n", 1)).json() ==
          R"({"type":"summary","seed":0,"n":1})");
    CHECK(Record(summary).append(Record("summary").add("n", 1)).json() ==
          R"({"type":"summary","seed":0,"n":1})");
    CHECK(Record(summary).append(Record()).json() == summary.json());
    CHECK(Record(summary).append(Record("summary")).json() == summary.json());
    CHECK(Record().append(Record("x").add("n", 1)).json() == R"({"n":1})");
  }
}
