#include "formats/gguf.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/error.h"

using namespace tenon;
using namespace tenon::formats;
using namespace std::string_literals;

namespace {

/// Puts a GGUF file together from its parts, by the specification (ggml docs/gguf.md) and without
/// the writer.
struct FileBytes {
  std::string text;

  template <typename T>
  FileBytes& number(T value) {
    text.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  FileBytes& string(std::string_view value) {
    number<std::uint64_t>(value.size());
    text += value;
    return *this;
  }
  FileBytes& head(std::uint32_t version, std::uint64_t tensors, std::uint64_t keys) {
    text += "GGUF";
    return number(version).number(tensors).number(keys);
  }
  FileBytes& key(std::string_view name, std::uint32_t type) { return string(name).number(type); }
  FileBytes& tensor(std::string_view name, std::vector<std::uint64_t> dimensions,
                    std::uint32_t type, std::uint64_t offset) {
    string(name).number<std::uint32_t>(static_cast<std::uint32_t>(dimensions.size()));
    for (const std::uint64_t dimension : dimensions) number(dimension);
    return number(type).number(offset);
  }
  FileBytes& pad(std::size_t alignment = 32) {
    text.resize((text.size() + alignment - 1) / alignment * alignment, '\0');
    return *this;
  }
};

/// The bytes where a mapping would have them: aligned.
struct Memory {
  explicit Memory(const FileBytes& file) : buffer(file.text.size()) {
    std::memcpy(buffer.data(), file.text.data(), file.text.size());
  }
  GgufFile open() const { return GgufFile::from_bytes(buffer.span(), "small.gguf"); }
  AlignedBuffer<std::byte> buffer;
};

std::string error_of(const FileBytes& file) {
  const Memory memory(file);
  try {
    memory.open();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_SUITE("formats") {
  TEST_CASE("gguf reads keys and tensors of a file laid out by hand") {
    FileBytes file;
    file.head(3, 2, 3);
    file.key("general.architecture", 8).string("llama");
    file.key("llama.block_count", 4).number<std::uint32_t>(30);
    file.key("tokenizer.ggml.scores", 9).number<std::uint32_t>(6).number<std::uint64_t>(2);
    file.number(-1.5f).number(2.0f);
    file.tensor("a", {3, 2}, 0, 0).tensor("b", {32}, 3, 32).pad();
    for (int i = 0; i < 6; ++i) file.number(static_cast<float>(i));
    file.pad();
    file.text += "0123456789abcdefghij";
    const Memory memory(file);
    const GgufFile gguf = memory.open();
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

  TEST_CASE("gguf says what a file is that is something else") {
    const auto error = [](const std::string& text) { return error_of({text}); };
    CHECK(error("") == "small.gguf: is not a GGUF file, it looks like an empty file");
    CHECK(error("\x7f"
                "ELF\x02"s)
              .ends_with("it looks like an ELF program or library"));
    CHECK(error("PK\x03\x04rest").ends_with("a ZIP archive (PyTorch saves checkpoints so)"));
    CHECK(error("lmgg\x01"s).ends_with("it looks like GGML, the format before GGUF"));
    CHECK(error(" {\"a\": 1}").ends_with("it looks like JSON"));
    CHECK(error("Once upon a time").ends_with("it looks like text"));
    CHECK(
        error("\x14\0\0\0\0\0\0\0{\"a\":{}}            "s).ends_with("it looks like safetensors"));
    CHECK(error("\x01\x02\x03"s).ends_with("it looks like binary data"));
  }

  TEST_CASE("gguf refuses old versions and big-endian files by name") {
    CHECK(error_of(FileBytes().head(1, 0, 0)) ==
          "small.gguf: is GGUF version 1, versions 2 and 3 are supported");
    CHECK(error_of(FileBytes().head(3u << 24, 0, 0)) == "small.gguf: is a big-endian GGUF file");
    CHECK(error_of(FileBytes().head(4, 0, 0)) ==
          "small.gguf: is GGUF version 4, versions 2 and 3 are supported");
    CHECK(error_of(FileBytes().head(2, 0, 0)) == "no error");
  }
}
