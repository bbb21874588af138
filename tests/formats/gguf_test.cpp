#include "formats/gguf.h"

#include <doctest/doctest.h>

#include "formats/format_files.h"

using namespace tenon;
using namespace tenon::formats;
using namespace tenon::formats::test;
using namespace std::string_literals;

namespace {

constexpr std::uint32_t kU32 = 4, kF32 = 6, kBool = 7, kString = 8, kArray = 9;

std::string gguf_error(std::string_view text) {
  const Memory memory(text);
  return error_of([&] { GgufFile::from_bytes(memory.bytes(), "small.gguf"); });
}

std::string gguf_error(const FileBytes& file) {
  return gguf_error(file.text);
}

FileBytes with_tensor(std::vector<std::uint64_t> dimensions, std::uint32_t type,
                      std::uint64_t offset, std::size_t data_bytes) {
  FileBytes file;
  file.head(3, 1, 0).tensor("weight", dimensions, type, offset).pad();
  file.text += std::string(data_bytes, 'x');
  return file;
}

}  // namespace

TEST_SUITE("gguf") {
  TEST_CASE("gguf reads keys and tensors of a file laid out by hand") {
    FileBytes file;
    file.head(3, 2, 3);
    file.key("general.architecture", kString).string("llama");
    file.key("llama.block_count", kU32).number<std::uint32_t>(30);
    file.key("tokenizer.ggml.scores", kArray).number(kF32).number<std::uint64_t>(2);
    file.number(-1.5f).number(2.0f);
    file.tensor("a", {3, 2}, 0, 0).tensor("b", {32}, 3, 32).pad();
    for (int i = 0; i < 6; ++i) file.number(static_cast<float>(i));
    file.pad();
    file.text += "0123456789abcdefghij";
    const Memory memory(file.text);
    const GgufFile gguf = GgufFile::from_bytes(memory.bytes(), "small.gguf");
    CHECK(gguf.metadata().require_string("general.architecture") == "llama");
    CHECK(gguf.metadata().require_u64("llama.block_count") == 30);
    CHECK(gguf.metadata().require_f64s("tokenizer.ggml.scores") == std::vector<double>{-1.5, 2.0});
    CHECK(gguf.names() == std::vector<std::string>{"a", "b"});
    const auto a = gguf.find("a");
    REQUIRE(a);
    CHECK(a->shape == Shape{2, 3});
    const auto floats = a->floats();
    CHECK(std::vector<float>(floats.begin(), floats.end()) == std::vector<float>{0, 1, 2, 3, 4, 5});
    const auto b = gguf.find("b");
    REQUIRE(b);
    CHECK(b->dtype == DType::Q4_1);
    CHECK(std::string(reinterpret_cast<const char*>(b->data), 20) == "0123456789abcdefghij");
    CHECK_FALSE(gguf.find("c"));
    CHECK(gguf.origin() == "small.gguf");
  }

  TEST_CASE("gguf reads every metadata type as the gguf package wrote it") {
    const GgufFile file = GgufFile::open(data_path("every_type.gguf"));
    const GgufMetadata& metadata = file.metadata();
    CHECK(metadata.require_u64("test.u8") == 250);
    CHECK(metadata.require_i64("test.i8") == -100);
    CHECK(metadata.require_u64("test.u16") == 65000);
    CHECK(metadata.require_i64("test.i16") == -30000);
    CHECK(metadata.require_u64("test.u32") == 4000000000);
    CHECK(metadata.require_i64("test.i32") == -2000000000);
    CHECK(metadata.require_f64("test.f32") == double{0.1f});
    CHECK(metadata.require_bool("test.true"));
    CHECK_FALSE(metadata.require_bool("test.false"));
    CHECK(metadata.require_string("test.string") == "caf\u00e9 \u2581 \U0001F600\n");
    CHECK(metadata.require_string("test.empty_string") == "");
    CHECK(metadata.require_u64("test.u64") == 18000000000000000000u);
    CHECK(metadata.require_i64("test.i64") == -9000000000000000000);
    CHECK(metadata.require_f64("test.f64") == 0.1);
    CHECK(metadata.require_i64s("test.array.u8") == std::vector<std::int64_t>{0, 1, 255});
    CHECK(metadata.require_i64s("test.array.i8") == std::vector<std::int64_t>{-128, 0, 127});
    CHECK(metadata.require_i64s("test.array.u16") == std::vector<std::int64_t>{0, 65535});
    CHECK(metadata.require_i64s("test.array.i16") == std::vector<std::int64_t>{-32768, 32767});
    CHECK(metadata.require_i64s("test.array.u32") == std::vector<std::int64_t>{0, 4294967295});
    CHECK(metadata.require_i64s("test.array.i32") ==
          std::vector<std::int64_t>{-2147483648, 2147483647});
    CHECK(metadata.require_f64s("test.array.f32") == std::vector<double>{0.5, -1.25, 3.0});
    CHECK(metadata.find("test.array.bool")->to_json() == "[true,false,true]");
    CHECK(metadata.require_strings("test.array.string") ==
          std::vector<std::string_view>{"", "a", "\u0120the"});
    CHECK(metadata.require_i64s("test.array.i64") == std::vector<std::int64_t>{INT64_MIN});
    CHECK(metadata.require_f64s("test.array.f64") == std::vector<double>{1e300, -0.0});
    CHECK(metadata.find("test.array.u64")->to_json() == "[18446744073709551615]");
    CHECK(metadata.find("test.array.nested")->to_json() == "[[1,2],[3],[4,5,6]]");
    CHECK(metadata.find("test.array.nested_strings")->to_json() == R"([[["x"]],[["y","z"]]])");
    CHECK(metadata.entries().size() == 30);
  }

  TEST_CASE("gguf reads tensors of every kind as the gguf package wrote them") {
    const GgufFile file = GgufFile::open(data_path("every_type.gguf"));
    CHECK(file.parts()[0].alignment == 64);
    const auto bytes = [&](const char* name) {
      const GgufTensor* tensor = file.find_tensor(name);
      REQUIRE(tensor != nullptr);
      CHECK(tensor->offset % 64 == 0);
      return file.tensor_bytes(*tensor);
    };
    CHECK(numbers_of<float>(bytes("plain.f32")) == std::vector<float>{0, 1, 2, 3, 4, 5});
    CHECK(file.find("plain.f32")->shape == Shape{2, 3});
    CHECK(numbers_of<std::uint16_t>(bytes("plain.f16")) ==
          std::vector<std::uint16_t>{0x3C00, 0xC000, 0x3800});
    CHECK(numbers_of<double>(bytes("plain.f64")) == std::vector<double>{0.1});
    CHECK(numbers_of<std::int8_t>(bytes("plain.i8")) == std::vector<std::int8_t>{-1, 2, 3});
    CHECK(numbers_of<std::int16_t>(bytes("plain.i16")) == std::vector<std::int16_t>{-300});
    CHECK(numbers_of<std::int32_t>(bytes("plain.i32")) == std::vector<std::int32_t>{-70000, 5});
    CHECK(numbers_of<std::int64_t>(bytes("plain.i64")) ==
          std::vector<std::int64_t>{-(std::int64_t{1} << 40)});
    const auto is_pattern = [&](const char* name, std::size_t count, std::size_t step) {
      const auto data = bytes(name);
      REQUIRE(data.size() == count);
      for (std::size_t i = 0; i < count; ++i)
        if (std::to_integer<std::size_t>(data[i]) != i * step % 251) return false;
      return true;
    };
    CHECK(is_pattern("plain.bf16", 16, 3));
    CHECK(file.find("plain.bf16")->shape == Shape{2, 4});
    CHECK(is_pattern("block.q4_1", 480, 5));
    CHECK(file.find("block.q4_1")->shape == Shape{4, 3, 64});
    CHECK(is_pattern("block.q4_k", 144, 7));
    CHECK(file.find("block.q4_k")->shape == Shape{1, 256});
    CHECK(is_pattern("block.iq2_xxs", 132, 11));
    CHECK(file.find("rank4.i8")->shape == Shape{2, 3, 1, 4});
  }

  TEST_CASE("a tensor of a type that Tenon lacks is listed and refused when it is asked for") {
    const GgufFile file = GgufFile::open(data_path("every_type.gguf"));
    const GgufTensor* tensor = file.find_tensor("block.iq2_xxs");
    REQUIRE(tensor != nullptr);
    CHECK(tensor->type_name == "IQ2_XXS");
    CHECK(tensor->shape == Shape{2, 256});
    CHECK(tensor->bytes == 132);
    try {
      file.find("block.iq2_xxs");
      FAIL("not refused");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::Unsupported);
      CHECK(error.message() ==
            "tensor \"block.iq2_xxs\" is stored as IQ2_XXS, which Tenon does not read");
    }
    const Memory unknown(with_tensor({5}, 99, 0, 0).text);
    const GgufFile other = GgufFile::from_bytes(unknown.bytes(), "small.gguf");
    CHECK(other.tensors()[0].type_name == "type 99");
    CHECK_FALSE(other.tensors()[0].bytes);
    CHECK(error_of([&] { other.find("weight"); }) ==
          "small.gguf: tensor \"weight\" is stored as type 99, which Tenon does not read");
  }

  TEST_CASE("gguf says what a file is that is something else") {
    CHECK(gguf_error("") == "small.gguf: is not a GGUF file, it looks like an empty file");
    CHECK(gguf_error("\x7f"
                     "ELF\x02")
              .ends_with("it looks like an ELF program or library"));
    CHECK(gguf_error("PK\x03\x04rest").ends_with("a ZIP archive (PyTorch saves checkpoints so)"));
    CHECK(gguf_error("lmgg\x01").ends_with("it looks like GGML, the format before GGUF"));
    CHECK(gguf_error(" {\"a\": 1}").ends_with("it looks like JSON"));
    CHECK(gguf_error("Once upon a time").ends_with("it looks like text"));
    CHECK(gguf_error("version https://git-lfs.github.com/spec/v1\n").find("Git LFS pointer") !=
          std::string::npos);
    CHECK(gguf_error("\x14\0\0\0\0\0\0\0{\"a\":{}}            "s)
              .ends_with("it looks like safetensors"));
    CHECK(gguf_error("\x01\x02\x03").ends_with("it looks like binary data"));
  }

  TEST_CASE("gguf refuses old versions and big-endian files by name") {
    CHECK(gguf_error(FileBytes().head(1, 0, 0)) ==
          "small.gguf: is GGUF version 1, versions 2 and 3 are supported");
    CHECK(gguf_error(FileBytes().head(3u << 24, 0, 0)) == "small.gguf: is a big-endian GGUF file");
    CHECK(gguf_error(FileBytes().head(4, 0, 0)) ==
          "small.gguf: is GGUF version 4, versions 2 and 3 are supported");
    CHECK(gguf_error(FileBytes().head(2, 0, 0)) == "no error");
  }

  TEST_CASE("gguf refuses counts that the file is too short for, with the reason") {
    CHECK(gguf_error(FileBytes().head(3, 1u << 30, 0)) ==
          "small.gguf at byte 24: the file says it has 1073741824 tensors, its remaining 0 bytes "
          "cannot hold them");
    CHECK(
        gguf_error(FileBytes().head(3, 0, UINT64_MAX))
            .ends_with("has 18446744073709551615 metadata keys, its remaining 0 bytes cannot hold "
                       "them"));
    FileBytes array;
    array.head(3, 0, 1).key("big", kArray).number(kF32).number<std::uint64_t>(UINT64_MAX / 2);
    CHECK(gguf_error(array).find("elements in the value of \"big\"") != std::string::npos);
    FileBytes text;
    text.head(3, 0, 1).key("text", kString).number<std::uint64_t>(UINT64_MAX - 3);
    CHECK(gguf_error(text).find("the file ends inside the value of \"text\"") != std::string::npos);
  }

  TEST_CASE("gguf refuses keys and names that are used twice, empty or too long") {
    FileBytes twice;
    twice.head(3, 0, 2).key("a", kBool).number<std::uint8_t>(1).key("a", kBool);
    twice.number<std::uint8_t>(0);
    CHECK(gguf_error(twice) == "small.gguf at a: the key appears twice");
    FileBytes tensors;
    tensors.head(3, 2, 0).tensor("w", {1}, 0, 0).tensor("w", {1}, 0, 32).pad().pad();
    CHECK(gguf_error(tensors).ends_with("there are two tensors named \"w\""));
    CHECK(gguf_error(FileBytes().head(3, 0, 1).key("", kU32).number(1u))
              .ends_with("a metadata key is empty"));
    CHECK(gguf_error(FileBytes().head(3, 0, 1).key(std::string(65536, 'k'), kU32).number(1u))
              .ends_with("a metadata key has 65536 bytes, at most 65535 are allowed"));
  }

  TEST_CASE("gguf refuses metadata values that no file may have") {
    CHECK(gguf_error(FileBytes().head(3, 0, 1).key("a", 13).number(1u))
              .ends_with("the value of \"a\" has the unknown type 13"));
    CHECK(gguf_error(FileBytes().head(3, 0, 1).key("abc", kBool).number<std::uint8_t>(2))
              .ends_with("is a bool of 2, it must be 0 or 1"));
    FileBytes deep;
    deep.head(3, 0, 1).key("deep", kArray);
    for (int i = 0; i < 9; ++i) deep.number(kArray).number<std::uint64_t>(1);
    deep.number(kU32).number<std::uint64_t>(0);
    CHECK(gguf_error(deep).ends_with("the value of \"deep\" nests arrays deeper than 8"));
    for (const std::uint32_t alignment : {0u, 4u, 12u, 1u << 31})
      CHECK(gguf_error(FileBytes().head(3, 0, 1).key("general.alignment", kU32).number(alignment))
                .find("it must be a multiple of 8") != std::string::npos);
  }

  TEST_CASE("gguf refuses tensors that do not lie within the file") {
    CHECK(gguf_error(with_tensor({8}, 0, 0, 32)) == "no error");
    CHECK(gguf_error(with_tensor({8}, 0, 0, 31))
              .find("tensor \"weight\" does not lie within the file, which has") !=
          std::string::npos);
    CHECK(gguf_error(with_tensor({8}, 0, 16, 64)).find("no multiple of the alignment 32") !=
          std::string::npos);
    CHECK(gguf_error(with_tensor({8}, 0, UINT64_MAX - 31, 64)).find("does not lie within") !=
          std::string::npos);
    CHECK(gguf_error(with_tensor({1u << 31, 1u << 31, 4}, 0, 0, 64)).find("more elements") !=
          std::string::npos);
    CHECK(gguf_error(with_tensor({1u << 31, 1u << 31}, 28, 0, 64)).find("more bytes") !=
          std::string::npos);
    CHECK(gguf_error(with_tensor({UINT64_MAX}, 0, 0, 64))
              .find("a dimension of 18446744073709551615") != std::string::npos);
    CHECK(gguf_error(with_tensor({1, 1, 1, 1, 1}, 0, 0, 64))
              .ends_with("has 5 dimensions, at most 4 are allowed"));
    CHECK(gguf_error(with_tensor({33}, 2, 0, 64)).find("no multiple of 32, the block of Q4_0") !=
          std::string::npos);
    FileBytes overlap;
    overlap.head(3, 2, 0).tensor("b", {8}, 0, 32).tensor("a", {9}, 0, 0).pad();
    overlap.text += std::string(64, 'x');
    CHECK(gguf_error(overlap) == "small.gguf: tensors \"a\" and \"b\" overlap");
  }

  TEST_CASE("a scalar, and a tensor without elements, are tensors too") {
    FileBytes file;
    file.head(3, 2, 0).tensor("scalar", {}, 0, 0).tensor("empty", {0, 4}, 0, 32).pad();
    file.number(2.5f).pad();
    const Memory memory(file.text);
    const GgufFile gguf = GgufFile::from_bytes(memory.bytes());
    CHECK(gguf.find("scalar")->floats()[0] == 2.5f);
    CHECK(gguf.find("empty")->shape == Shape{4, 0});
    CHECK(gguf.find("empty")->bytes() == 0);
  }
}

TEST_SUITE("gguf metadata") {
  TEST_CASE("a key that is missing or of another kind is named with its file") {
    GgufMetadata metadata("model.gguf");
    metadata.add("name", MetadataValue::of("SmolLM2"));
    metadata.add("count", MetadataValue::of(-4));
    metadata.add("list", MetadataValue::array(std::vector<float>{1.5f}));
    CHECK(error_of([&] { metadata.require_u64("llama.block_count"); }) ==
          "model.gguf at llama.block_count: the key is missing");
    CHECK(error_of([&] { metadata.find_u64("name"); }) ==
          "model.gguf at name: has type string, a non-negative integer is needed");
    CHECK(error_of([&] { metadata.find_u64("count"); }) ==
          "model.gguf at count: has type i32 and value -4, a non-negative integer is needed");
    CHECK(error_of([&] { metadata.require_strings("list"); }) ==
          "model.gguf at list: has type array of f32, an array of strings is needed");
    CHECK(error_of([&] { metadata.find_i64s("list"); }) ==
          "model.gguf at list: has type array of f32, an array of integers is needed");
    CHECK(error_of([&] { metadata.require_bool("evil\x1b[31m\n"); }) ==
          "model.gguf at \"evil\\x1B[31m\\x0A\": the key is missing");
    CHECK_FALSE(metadata.find_bool("nothing"));
    CHECK(metadata.find_i64("count") == -4);
  }

  TEST_CASE("set replaces in place, remove keeps the order of the rest") {
    GgufMetadata metadata;
    for (const char* key : {"a", "b", "c"}) metadata.add(key, MetadataValue::of(1));
    metadata.set("b", MetadataValue::of(2));
    metadata.remove("a");
    metadata.set("d", MetadataValue::of(4));
    std::string order;
    for (const auto& entry : metadata.entries()) order += entry.key + entry.value.to_json();
    CHECK(order == "b2c1d4");
    CHECK(metadata.find_i64("c") == 1);
    CHECK_FALSE(metadata.has("a"));
  }

  TEST_CASE("long arrays are cut in json, and strange bytes and numbers are made safe") {
    const std::vector<std::int32_t> numbers = {1, 2, 3, 4};
    CHECK(MetadataValue::array(numbers).to_json(2) == R"([1,2,"... 4 in all"])");
    CHECK(MetadataValue::array(numbers).to_json(0) == R"(["... 4 in all"])");
    CHECK(MetadataValue::of("a\xff\"").to_json() == "\"a\uFFFD\\\"\"");
    CHECK(MetadataValue::of(std::numeric_limits<float>::infinity()).to_json() == "null");
    CHECK(MetadataValue::of(0.1f).to_json() == "0.1");
  }

  TEST_CASE("an array refuses elements of another type") {
    const std::vector<MetadataValue> mixed = {MetadataValue::of(1), MetadataValue::of("x")};
    CHECK(error_of([&] { MetadataValue::array(MetadataType::I32, mixed); }) ==
          "an array of i32 cannot hold string");
  }
}
