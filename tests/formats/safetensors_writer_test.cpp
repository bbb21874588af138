#include "formats/safetensors_writer.h"

#include <doctest/doctest.h>

#include "formats/format_files.h"

using namespace tenon;
using namespace tenon::formats;
using namespace tenon::formats::test;

namespace {

std::vector<SafetensorsPlan> plan_of(const SafetensorsFile& file) {
  std::vector<SafetensorsPlan> plan;
  for (const SafetensorsTensor& tensor : file.tensors())
    plan.push_back(SafetensorsPlan::of(tensor.name, *tensor.dtype, tensor.shape));
  return plan;
}

std::string write_all(const SafetensorsFile& source, const std::vector<SafetensorsPlan>& plan,
                      const SafetensorsFile::Metadata& metadata, std::size_t piece = SIZE_MAX) {
  Collected collected;
  SafetensorsWriter writer(collected.sink(), plan, metadata);
  for (const SafetensorsPlan& tensor : plan) {
    auto bytes = source.tensor_bytes(*source.find_tensor(tensor.name));
    while (!bytes.empty()) {
      const std::size_t count = std::min(piece, bytes.size());
      writer.write(tensor.name, bytes.first(count));
      bytes = bytes.subspan(count);
    }
  }
  writer.finish();
  CHECK(writer.position() == collected.text.size());
  return collected.text;
}

}  // namespace

TEST_SUITE("safetensors writer") {
  TEST_CASE("the writer and the safetensors package write the same contents as the same bytes") {
    const std::string path = data_path("every_type.safetensors");
    const SafetensorsFile file = SafetensorsFile::open(path);
    CHECK(write_all(file, plan_of(file), {{"format", "pt"}}) == file_text(path));
    CHECK(write_all(file, plan_of(file), {{"format", "pt"}}, 3) == file_text(path));
  }

  TEST_CASE("shards and their index are those that huggingface_hub and safetensors write") {
    const SafetensorsFile source = SafetensorsFile::open(data_path("sharded"));
    const auto shards = plan_shards(plan_of(source), 50);
    REQUIRE(shards.size() == 3);
    for (const SafetensorsShard& shard : shards)
      CHECK(write_all(source, shard.tensors, {}) ==
            file_text(data_path("sharded/" + shard.file_name)));
    CHECK(safetensors_index(shards) ==
          file_text(data_path("sharded/model.safetensors.index.json")));
  }

  TEST_CASE("one shard needs no number, and a tensor over the limit has a file to itself") {
    const auto plan = [](const char* name, std::int64_t count) {
      return SafetensorsPlan::of(name, DType::F32, {count});
    };
    const auto one = plan_shards({plan("a", 1), plan("b", 1)}, 8);
    REQUIRE(one.size() == 1);
    CHECK(one[0].file_name == "model.safetensors");
    const auto many = plan_shards({plan("a", 1), plan("large", 100), plan("b", 1)}, 8);
    REQUIRE(many.size() == 3);
    CHECK(many[1].tensors[0].name == "large");
    CHECK(many[2].file_name == "model-00003-of-00003.safetensors");
    CHECK(plan_shards({}, 8).size() == 1);
  }

  TEST_CASE("the data start at a multiple of eight whatever the header says") {
    for (std::size_t length = 1; length < 10; ++length) {
      Collected collected;
      const std::string name(length, 'n');
      SafetensorsWriter writer(collected.sink(), {SafetensorsPlan::of(name, DType::F64, {1})});
      CHECK(writer.position() % 8 == 0);
      const double value = 2.5;
      writer.write(name, std::as_bytes(std::span(&value, 1)));
      writer.finish();
      const Memory memory(collected.text);
      const SafetensorsFile file = SafetensorsFile::from_bytes(memory.bytes());
      CHECK(numbers_of<double>(file.tensor_bytes(file.tensors()[0])) == std::vector<double>{2.5});
    }
  }

  TEST_CASE("the writer refuses what the format lacks") {
    const auto refusal = [](std::vector<SafetensorsPlan> plan,
                            SafetensorsFile::Metadata metadata = {}) {
      Collected collected;
      return error_of([&] { SafetensorsWriter(collected.sink(), std::move(plan), metadata); });
    };
    const auto plan = [](const char* name) { return SafetensorsPlan::of(name, DType::F32, {1}); };
    CHECK(error_of([] { SafetensorsPlan::of("a", DType::Q4_K, {256}); }) ==
          "safetensors has no type for Q4_K, which tensor \"a\" has");
    CHECK(refusal({plan("a"), plan("a")}) == "there are two tensors named \"a\"");
    CHECK(refusal({plan("__metadata__")}) == "a tensor cannot be named \"__metadata__\"");
    CHECK(refusal({plan("\xff")}).find("is not UTF-8") != std::string::npos);
    CHECK(refusal({}, {{"a", "\xff"}}).find("is not UTF-8") != std::string::npos);
    CHECK(refusal({}) == "no error");
  }

  TEST_CASE("safetensors writer holds the caller to the plan") {
    Collected collected;
    SafetensorsWriter writer(collected.sink(), {SafetensorsPlan::of("a", DType::I8, {2})});
    const std::vector<std::byte> bytes(3);
    CHECK_THROWS_AS(writer.write("b", std::span(bytes).first(1)), Error);
    CHECK_THROWS_AS(writer.write("a", bytes), Error);
    writer.write("a", std::span(bytes).first(1));
    CHECK_THROWS_AS(writer.finish(), Error);
  }
}
