#include "cli/record_writer.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "memory_output.h"

using namespace tenon::cli;
using Json = nlohmann::json;

namespace {

std::string written(const std::string& format, int records, bool has_summary) {
  MemoryOutput output;
  RecordWriter writer(format, [&]() -> Output& { return output; });
  for (int i = 0; i < records; ++i) writer.write(Record("line").add("id", i));
  if (has_summary) writer.write_summary(Record("summary"));
  writer.finish();
  writer.finish();  // once is enough
  return output.bytes;
}

}  // namespace

TEST_SUITE("record_writer") {
  TEST_CASE("jsonl is one record a line with the summary last") {
    CHECK(written("jsonl", 2, true) ==
          "{\"type\":\"line\",\"id\":0}\n{\"type\":\"line\",\"id\":1}\n{\"type\":\"summary\"}\n");
  }

  TEST_CASE("json is one document however many records there are") {
    CHECK(written("json", 1, true) == "{\n  \"type\": \"line\",\n  \"id\": 0\n}\n");
    for (const int count : {2, 3, 10}) {
      const Json json = Json::parse(written("json", count, true));
      REQUIRE(json.is_array());
      CHECK(static_cast<int>(json.size()) == count);
      CHECK(json[0]["id"] == 0);
      CHECK(json.back()["id"] == count - 1);
    }
    CHECK(written("json", 0, true).empty());
  }

  TEST_CASE("text and tsv write their own results, and no summary") {
    CHECK(written("text", 0, true).empty());
    CHECK_THROWS_AS(written("text", 1, false), tenon::Error);
    CHECK_THROWS_AS(written("tsv", 1, false), tenon::Error);
  }
}
