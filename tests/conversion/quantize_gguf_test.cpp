#include "conversion/quantize_gguf.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <vector>

#include "conversion/compare_tensors.h"
#include "formats/gguf_writer.h"
#include "support/real_model.h"

using namespace tenon;
using namespace tenon::conversion;
using formats::GgufFile;
using formats::GgufMetadata;
using formats::MetadataValue;

namespace {

// Bytes aligned for GgufFile::from_bytes().
class Buffer {
 public:
  formats::ByteSink sink() {
    return [this](std::span<const std::byte> bytes) {
      bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    };
  }
  GgufFile open() const { return GgufFile::from_bytes(bytes_, "buffer"); }
  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

Buffer small_file() {
  GgufMetadata metadata;
  metadata.add("general.architecture", MetadataValue::of("llama"));
  metadata.add("general.file_type", MetadataValue::of(std::uint32_t{0}));
  metadata.add("llama.block_count", MetadataValue::of(std::uint32_t{1}));
  const std::vector<std::string> tokens = {"a", "b", "c"};
  metadata.add("tokenizer.ggml.tokens", MetadataValue::array(tokens));
  struct Row {
    const char* name;
    Shape shape;
  };
  const Row rows[] = {{"token_embd.weight", {3, 256}},
                      {"blk.0.attn_norm.weight", {256}},
                      {"blk.0.ffn_down.weight", {5, 96}}};
  std::vector<formats::GgufTensorPlan> plan;
  for (const Row& row : rows)
    plan.push_back(formats::GgufTensorPlan::of(row.name, DType::F32, row.shape));
  Buffer buffer;
  formats::GgufWriter writer(buffer.sink(), metadata, plan);
  for (const Row& row : rows) {
    std::vector<float> numbers(static_cast<std::size_t>(row.shape.elements()));
    for (std::size_t i = 0; i < numbers.size(); ++i)
      numbers[i] = std::sin(1.7f * static_cast<float>(i));
    writer.write(row.name, std::as_bytes(std::span(numbers)));
  }
  writer.finish();
  return buffer;
}

}  // namespace

TEST_SUITE("quantize_gguf") {
  TEST_CASE("the new file has the metadata, the tensors in order, and the types of the plan") {
    const Buffer input = small_file();
    const GgufFile source = input.open();
    Team team(2);
    for (const DType dtype : {DType::Q4_K, DType::Q8_0, DType::BF16}) {
      CAPTURE(dtype_name(dtype));
      Buffer output;
      const auto reports = quantize_gguf(source, {.dtype = dtype}, output.sink(), team);
      const GgufFile result = output.open();
      CHECK(result.names() == source.names());
      CHECK(result.metadata().require_u64("general.quantization_version") == 2);
      CHECK(result.metadata().require_strings("tokenizer.ggml.tokens").size() == 3);
      CHECK(result.metadata().require_string("general.architecture") == "llama");
      CHECK(result.metadata().entries().size() == source.metadata().entries().size() + 1);
      // What the report says is what a comparison of the two files finds.
      const TensorComparison comparison = compare_tensors(source, result, team);
      REQUIRE(comparison.tensors.size() == reports.size());
      for (std::size_t i = 0; i < reports.size(); ++i) {
        CHECK(comparison.tensors[i].name == reports[i].plan.name);
        CHECK(comparison.tensors[i].second_dtype == reports[i].plan.to);
        CHECK(comparison.tensors[i].max_difference == reports[i].max_error);
        CHECK(comparison.tensors[i].rms_difference == doctest::Approx(reports[i].rms_error));
      }
      CHECK(reports[0].rms_error > 0);
      CHECK(reports[1].rms_error == 0);  // the norm
    }
  }

  TEST_CASE("general.file_type names the type of most tensors by llama.cpp's numbers") {
    const Buffer input = small_file();
    const GgufFile source = input.open();
    Team team(1);
    // enum llama_ftype of llama.h
    const std::pair<DType, std::uint64_t> numbers[] = {
        {DType::F32, 0},   {DType::F16, 1},  {DType::Q4_0, 2}, {DType::Q4_1, 3},
        {DType::Q8_0, 7},  {DType::Q5_0, 8}, {DType::Q5_1, 9}, {DType::Q4_K, 14},
        {DType::Q6_K, 18}, {DType::BF16, 32}};
    for (const auto& [dtype, number] : numbers) {
      Buffer output;
      quantize_gguf(source, {.dtype = dtype}, output.sink(), team);
      CHECK(output.open().metadata().require_u64("general.file_type") == number);
    }
  }

  TEST_CASE("to the type it has a file is copied tensor by tensor") {
    const Buffer input = small_file();
    Team team(2);
    Buffer once, twice;
    quantize_gguf(input.open(), {.dtype = DType::Q4_0}, once.sink(), team);
    const auto reports = quantize_gguf(once.open(), {.dtype = DType::Q4_0}, twice.sink(), team);
    CHECK(once.bytes() == twice.bytes());
    for (const TensorReport& report : reports) CHECK(report.max_error == 0.0);
  }

  TEST_CASE("the bytes do not depend on the number of threads") {
    const Buffer input = small_file();
    Team one(1), three(3);
    Buffer a, b;
    quantize_gguf(input.open(), {.dtype = DType::Q4_K}, a.sink(), one);
    quantize_gguf(input.open(), {.dtype = DType::Q4_K}, b.sink(), three);
    CHECK(a.bytes() == b.bytes());
  }
}

TEST_SUITE("quantize the real model") {
  TEST_CASE("each matrix of SmolLM2 gets the type that its rows allow") {
    const GgufFile file = GgufFile::open(test::real_model_path());
    std::map<std::string, int> counts;
    for (const TensorPlan& plan : plan_quantization(file, {.dtype = DType::Q4_K}))
      ++counts[std::string(dtype_name(plan.to)) + " " + std::string(type_reason_name(plan.reason))];
    // Rows of ffn_down have 1536 numbers, all others 576, which is no multiple of 256; 30 layers.
    CHECK(counts == std::map<std::string, int>{{"F32 vector", 61},
                                               {"Q4_K asked", 30},
                                               {"Q5_0 fallback", 180},
                                               {"Q8_0 fallback", 1}});
  }

  TEST_CASE("the error of whole matrices is no larger than the reference's") {
    struct Row {
      std::string name;
      DType dtype;
      double reference;
    };
    // scripts/oracles/block_formats.py, libggml-base 0.25.3
    const Row rows[] = {{"blk.0.ffn_down.weight", DType::Q4_K, 0.018544},
                        {"blk.0.ffn_down.weight", DType::Q6_K, 0.017933},
                        {"blk.14.ffn_down.weight", DType::Q4_K, 0.019329},
                        {"blk.14.ffn_down.weight", DType::Q6_K, 0.018331},
                        {"blk.29.ffn_down.weight", DType::Q4_K, 0.019121},
                        {"blk.29.ffn_down.weight", DType::Q6_K, 0.018172},
                        {"blk.0.ffn_down.weight", DType::IQ4_NL, 0.075647},
                        {"blk.0.ffn_down.weight", DType::Q2_K, 0.305602},
                        {"blk.0.ffn_down.weight", DType::Q3_K, 0.154412},
                        {"blk.0.ffn_down.weight", DType::Q5_K, 0.019446},
                        {"blk.14.ffn_down.weight", DType::IQ4_NL, 0.077184},
                        {"blk.14.ffn_down.weight", DType::Q2_K, 0.309847},
                        {"blk.14.ffn_down.weight", DType::Q3_K, 0.157719},
                        {"blk.14.ffn_down.weight", DType::Q5_K, 0.020073},
                        {"blk.29.ffn_down.weight", DType::IQ4_NL, 0.076649},
                        {"blk.29.ffn_down.weight", DType::Q2_K, 0.308340},
                        {"blk.29.ffn_down.weight", DType::Q3_K, 0.156248},
                        {"blk.29.ffn_down.weight", DType::Q5_K, 0.019875}};
    const GgufFile file = GgufFile::open(test::real_model_path());
    Team team(2);
    for (const Row& row : rows) {
      CAPTURE(row.name);
      CAPTURE(dtype_name(row.dtype));
      auto plan = plan_quantization(file, {.dtype = row.dtype});
      std::erase_if(plan, [&](const TensorPlan& tensor) { return tensor.name != row.name; });
      REQUIRE(plan.size() == 1);
      const auto reports = quantize_tensors(
          file, plan, [](const TensorPlan&, std::span<const std::byte>) {}, team);
      CHECK(reports[0].plan.to == row.dtype);
      CHECK(reports[0].relative_rms_error < row.reference);
      CHECK(reports[0].relative_rms_error > 0.3 * row.reference);
    }
  }
}
