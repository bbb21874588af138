#include "formats/gguf_writer.h"

#include <doctest/doctest.h>

#include "formats/format_files.h"
#include "formats/ggml_types.h"
#include "formats/gguf.h"

using namespace tenon;
using namespace tenon::formats;
using namespace tenon::formats::test;

namespace {

// The metadata of scripts/oracles/gguf_files.py, every_type.gguf.
GgufMetadata every_type() {
  using V = MetadataValue;
  using U = MetadataType;
  GgufMetadata m;
  m.add("general.architecture", V::of("llama"));
  m.add("general.alignment", V::of(std::uint32_t{64}));
  m.add("test.u8", V::of(std::uint8_t{250}));
  m.add("test.i8", V::of(std::int8_t{-100}));
  m.add("test.u16", V::of(std::uint16_t{65000}));
  m.add("test.i16", V::of(std::int16_t{-30000}));
  m.add("test.u32", V::of(std::uint32_t{4000000000}));
  m.add("test.i32", V::of(std::int32_t{-2000000000}));
  m.add("test.f32", V::of(0.1f));
  m.add("test.true", V::of(true));
  m.add("test.false", V::of(false));
  m.add("test.string", V::of("caf\u00e9 \u2581 \U0001F600\n"));
  m.add("test.empty_string", V::of(""));
  m.add("test.u64", V::of(std::uint64_t{18000000000000000000u}));
  m.add("test.i64", V::of(std::int64_t{-9000000000000000000}));
  m.add("test.f64", V::of(0.1));
  const auto list = [&](const char* key, U type, std::vector<V> values) {
    m.add(std::string("test.array.") + key, V::array(type, values));
  };
  list("u8", U::U8, {V::of(std::uint8_t{0}), V::of(std::uint8_t{1}), V::of(std::uint8_t{255})});
  list("i8", U::I8, {V::of(std::int8_t{-128}), V::of(std::int8_t{0}), V::of(std::int8_t{127})});
  list("u16", U::U16, {V::of(std::uint16_t{0}), V::of(std::uint16_t{65535})});
  list("i16", U::I16, {V::of(std::int16_t{-32768}), V::of(std::int16_t{32767})});
  m.add("test.array.u32", V::array(std::vector<std::uint32_t>{0, 4294967295}));
  m.add("test.array.i32", V::array(std::vector<std::int32_t>{INT32_MIN, INT32_MAX}));
  m.add("test.array.f32", V::array(std::vector<float>{0.5f, -1.25f, 3.0f}));
  list("bool", U::Bool, {V::of(true), V::of(false), V::of(true)});
  m.add("test.array.string", V::array(std::vector<std::string>{"", "a", "\u0120the"}));
  list("u64", U::U64, {V::of(std::uint64_t{UINT64_MAX})});
  list("i64", U::I64, {V::of(std::int64_t{INT64_MIN})});
  list("f64", U::F64, {V::of(1e300), V::of(-0.0)});
  const auto ints = [](std::vector<std::int32_t> values) { return V::array(values); };
  list("nested", U::Array, {ints({1, 2}), ints({3}), ints({4, 5, 6})});
  const auto texts = [](std::vector<std::string> values) {
    return V::array(U::Array, std::vector<V>{V::array(values)});
  };
  list("nested_strings", U::Array, {texts({"x"}), texts({"y", "z"})});
  return m;
}

struct TensorText {
  GgufTensorPlan plan;
  std::string bytes;
};

template <typename T>
TensorText plain(const char* name, DType dtype, const Shape& shape, std::vector<T> values) {
  std::string bytes(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  return {GgufTensorPlan::of(name, dtype, shape), std::move(bytes)};
}

TensorText pattern(GgufTensorPlan plan, std::size_t step) {
  std::string bytes;
  for (std::size_t i = 0; i < plan.bytes; ++i) bytes += static_cast<char>(i * step % 251);
  return {std::move(plan), std::move(bytes)};
}

std::vector<TensorText> every_tensor() {
  std::vector<std::int8_t> count(24);
  for (std::size_t i = 0; i < count.size(); ++i) count[i] = static_cast<std::int8_t>(i);
  return {plain<float>("plain.f32", DType::F32, {2, 3}, {0, 1, 2, 3, 4, 5}),
          plain<std::uint16_t>("plain.f16", DType::F16, {3}, {0x3C00, 0xC000, 0x3800}),
          plain<double>("plain.f64", DType::F64, {1, 1}, {0.1}),
          plain<std::int8_t>("plain.i8", DType::I8, {3}, {-1, 2, 3}),
          plain<std::int16_t>("plain.i16", DType::I16, {1}, {-300}),
          plain<std::int32_t>("plain.i32", DType::I32, {2}, {-70000, 5}),
          plain<std::int64_t>("plain.i64", DType::I64, {1}, {-(std::int64_t{1} << 40)}),
          pattern(GgufTensorPlan::of("plain.bf16", DType::BF16, {2, 4}), 3),
          pattern(GgufTensorPlan::of("block.q4_1", DType::Q4_1, {4, 3, 64}), 5),
          pattern(GgufTensorPlan::of("block.q4_k", DType::Q4_K, {1, 256}), 7),
          pattern({"block.iq2_xxs", 16, {2, 256}, 132}, 11),
          plain<std::int8_t>("rank4.i8", DType::I8, {2, 3, 1, 4}, count)};
}

std::string write_all(const GgufMetadata& metadata, const std::vector<TensorText>& tensors,
                      std::size_t piece = SIZE_MAX) {
  std::vector<GgufTensorPlan> plan;
  for (const TensorText& tensor : tensors) plan.push_back(tensor.plan);
  Collected collected;
  GgufWriter writer(collected.sink(), metadata, plan);
  for (const TensorText& tensor : tensors)
    for (std::size_t at = 0; at < tensor.bytes.size(); at += std::min(piece, tensor.bytes.size())) {
      const std::string part = tensor.bytes.substr(at, piece);
      writer.write(tensor.plan.name, std::as_bytes(std::span(part)));
    }
  writer.finish();
  CHECK(writer.position() == collected.text.size());
  return collected.text;
}

}  // namespace

TEST_SUITE("gguf writer") {
  TEST_CASE("gguf writer and the gguf package write the same contents as the same bytes") {
    const std::string expected = file_text(data_path("every_type.gguf"));
    CHECK(write_all(every_type(), every_tensor()) == expected);
    CHECK(write_all(every_type(), every_tensor(), 7) == expected);
  }

  TEST_CASE("a file read and written again is the same to the bit") {
    const std::string path = data_path("every_type.gguf");
    const GgufFile file = GgufFile::open(path);
    std::vector<GgufTensorPlan> plan;
    for (const GgufTensor& tensor : file.tensors())
      plan.push_back({tensor.name, tensor.ggml_type, tensor.shape, *tensor.bytes});
    Collected collected;
    GgufWriter writer(collected.sink(), file.metadata(), plan);
    for (const GgufTensor& tensor : file.tensors())
      writer.write(tensor.name, file.tensor_bytes(tensor));
    writer.finish();
    CHECK(collected.text == file_text(path));
  }

  TEST_CASE("split files written as one lose their split keys and nothing else") {
    const GgufFile file = GgufFile::open(data_path("split-00001-of-00003.gguf"));
    std::vector<GgufTensorPlan> plan;
    for (const GgufTensor& tensor : file.tensors())
      plan.push_back({tensor.name, tensor.ggml_type, tensor.shape, *tensor.bytes});
    Collected collected;
    GgufWriter writer(collected.sink(), file.metadata(), plan);
    for (const GgufTensor& tensor : file.tensors())
      writer.write(tensor.name, file.tensor_bytes(tensor));
    writer.finish();
    const Memory memory(collected.text);
    const GgufFile whole = GgufFile::from_bytes(memory.bytes());
    CHECK(whole.names() == file.names());
    CHECK(whole.metadata().entries().size() == 2);
    CHECK(whole.find("blk.4.weight")->floats()[0] == 4.0f);
  }

  TEST_CASE("the header is all that a writer holds of a large file") {
    std::vector<GgufTensorPlan> plan;
    for (int i = 0; i < 4; ++i)
      plan.push_back(GgufTensorPlan::of(std::to_string(i), DType::F32, {1024, 1024}));
    std::uint64_t total = 0, largest = 0;
    GgufWriter writer(
        [&](std::span<const std::byte> bytes) {
          total += bytes.size();
          largest = std::max<std::uint64_t>(largest, bytes.size());
        },
        GgufMetadata(), plan);
    const std::vector<std::byte> row(4096);
    for (const GgufTensorPlan& tensor : plan)
      for (int i = 0; i < 1024; ++i) writer.write(tensor.name, row);
    writer.finish();
    CHECK(total > 4u * 4096 * 1024);
    CHECK(largest == 4096);
  }

  TEST_CASE("gguf writer refuses what no reader would take") {
    const auto refusal = [](std::vector<GgufTensorPlan> plan,
                            const GgufMetadata& metadata = GgufMetadata()) {
      Collected collected;
      return error_of([&] { GgufWriter(collected.sink(), metadata, std::move(plan)); });
    };
    const auto plan = [](const char* name) { return GgufTensorPlan::of(name, DType::F32, {1}); };
    CHECK(refusal({plan("a"), plan("a")}) == "there are two tensors named \"a\"");
    CHECK(refusal({plan("")}).starts_with("a tensor name has 0 bytes"));
    CHECK(refusal({GgufTensorPlan::of("a", DType::F32, {1, 1, 1, 1, 1})})
              .ends_with("more than 4 dimensions"));
    CHECK(error_of([] { GgufTensorPlan::of("a", DType::F8_E4M3, {1}); }) ==
          "GGUF has no tensor type for F8_E4M3, which tensor \"a\" has");
    CHECK(error_of([] {
            GgufTensorPlan::of("a", DType::Q4_0, {2, 31});
          }) == "Q4_0 rows come in blocks of 32, a row has 31 elements");
    GgufMetadata odd;
    odd.add("general.alignment", MetadataValue::of(std::uint32_t{20}));
    CHECK(refusal({}, odd).find("multiple of 8") != std::string::npos);
  }

  TEST_CASE("gguf writer holds the caller to the plan") {
    Collected collected;
    GgufWriter writer(
        collected.sink(), GgufMetadata(),
        {GgufTensorPlan::of("a", DType::F32, {2}), GgufTensorPlan::of("b", DType::F32, {1})});
    const std::vector<std::byte> bytes(9);
    CHECK_THROWS_AS(writer.write("b", std::span(bytes).first(4)), Error);
    CHECK_THROWS_AS(writer.write("a", bytes), Error);
    writer.write("a", std::span(bytes).first(8));
    CHECK_THROWS_AS(writer.finish(), Error);
    writer.write("b", std::span(bytes).first(4));
    CHECK_NOTHROW(writer.finish());
  }

  TEST_CASE("every dtype of the block formats has its number in gguf, and the sizes agree") {
    for (std::uint32_t id = 0; id < 43; ++id) {
      const auto dtype = dtype_of_ggml_type(id);
      if (!dtype) continue;
      CHECK(ggml_type_of_dtype(*dtype) == id);
      const GgmlType* type = find_ggml_type(id);
      CHECK(type->block_elements == static_cast<std::uint32_t>(dtype_info(*dtype).block_elements));
      CHECK(type->block_bytes == static_cast<std::uint32_t>(dtype_info(*dtype).block_bytes));
    }
    for (const DType dtype : {DType::F8_E4M3, DType::F8_E5M2, DType::U8, DType::Bool})
      CHECK_FALSE(ggml_type_of_dtype(dtype));
    for (const DType dtype : {DType::Q2_K, DType::IQ4_NL, DType::BF16})
      CHECK(ggml_type_of_dtype(dtype));
  }
}
