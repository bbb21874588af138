#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tenon::formats {

/// Walks over the bytes of a file in order and never past their end: every read says what it wants,
/// and where the bytes run out an Error(Input) names the file, the position and that thing. Numbers
/// are little-endian, as the processors Tenon runs on.
class ByteReader {
 public:
  ByteReader(std::span<const std::byte> bytes, std::string_view file)
      : bytes_(bytes), file_(file) {}

  std::size_t position() const { return position_; }
  std::size_t remaining() const { return bytes_.size() - position_; }
  std::string_view file() const { return file_; }

  /// `count` bytes; `what` completes "the file ends inside ...".
  std::span<const std::byte> take(std::uint64_t count, std::string_view what) {
    if (count > remaining()) fail_short(count, what);
    const auto result = bytes_.subspan(position_, static_cast<std::size_t>(count));
    position_ += static_cast<std::size_t>(count);
    return result;
  }

  template <typename T>
  T read(std::string_view what) {
    T value;
    std::memcpy(&value, take(sizeof(T), what).data(), sizeof(T));
    return value;
  }

  /// Text after its length as a 64-bit number. Points into the bytes.
  std::string_view read_text(std::string_view what) {
    const auto length = read<std::uint64_t>(what);
    const auto bytes = take(length, what);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  /// Refuses a count of things of at least `minimal_bytes` each that cannot fit the rest of the
  /// file, before anything is allocated for them.
  void check_count(std::uint64_t count, std::size_t minimal_bytes, std::string_view what) const {
    if (count > remaining() / minimal_bytes)
      throw fail("the file says it has " + std::to_string(count) + " " + std::string(what) +
                 ", its remaining " + std::to_string(remaining()) + " bytes cannot hold them");
  }

  /// Error(Input) at the present position.
  Error fail(std::string message) const {
    return Error(ErrorKind::Input, std::move(message))
        .at(file_, 0, "byte " + std::to_string(position_));
  }

 private:
  [[noreturn]] void fail_short(std::uint64_t count, std::string_view what) const {
    throw fail("the file ends inside " + std::string(what) + ": " + std::to_string(count) +
               " bytes are needed, " + std::to_string(remaining()) + " are left")
        .hint("the file is damaged or was not copied to its end; fetch it again");
  }

  std::span<const std::byte> bytes_;
  std::string_view file_;
  std::size_t position_ = 0;
};

}  // namespace tenon::formats
