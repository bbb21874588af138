#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/error.h"
#include "formats/byte_sink.h"

/// What the tests of file formats share: bytes put together by hand, files of tests/data,
/// errors as text.
namespace tenon::formats::test {

/// Puts a GGUF file together from its parts, by the specification (ggml docs/gguf.md) and
/// without the writer.
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

/// Bytes where a mapping would have them: aligned, and with nothing readable behind
/// them under asan.
class Memory {
 public:
  explicit Memory(std::string_view text) : buffer_(text.size()) {
    if (!text.empty()) std::memcpy(buffer_.data(), text.data(), text.size());
  }
  std::span<const std::byte> bytes() const { return buffer_.span(); }
  std::span<std::byte> mutable_bytes() { return buffer_.span(); }

 private:
  AlignedBuffer<std::byte> buffer_;
};

/// A sink that keeps what it is given, and how large its largest piece was.
struct Collected {
  std::string text;
  std::size_t largest = 0;
  ByteSink sink() {
    return [this](std::span<const std::byte> bytes) {
      text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      largest = std::max(largest, bytes.size());
    };
  }
};

inline std::string data_path(const std::string& name) {
  return std::string(TENON_SOURCE_DIR) + "/tests/data/formats/" + name;
}

inline std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// A folder of its own for a test, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "tenon_formats_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string write(const std::string& name, std::string_view text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
  std::string path(const std::string& name = "") const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// The message of the Error that `action` throws, "no error" where it throws none.
template <typename Action>
std::string error_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

template <typename T>
std::vector<T> numbers_of(std::span<const std::byte> bytes) {
  std::vector<T> result(bytes.size() / sizeof(T));
  if (!result.empty()) std::memcpy(result.data(), bytes.data(), bytes.size());
  return result;
}

}  // namespace tenon::formats::test
