#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "formats/gguf.h"

namespace tenon::formats {

/// Names a model by what is in it: 128 bits, the same on every machine and under every file name.
struct ContentKey {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool operator==(const ContentKey&) const = default;
  /// 32 hexadecimal digits.
  std::string to_string() const;
};

/// FNV-1a with 128 bits (Fowler, Noll, Vo; RFC 9923): not for adversaries, who could make
/// two files collide.
class Fnv128 {
 public:
  void add(std::span<const std::byte> bytes);
  void add(std::string_view text) { add(std::as_bytes(std::span(text.data(), text.size()))); }
  void add_number(std::uint64_t value);  // as eight bytes, little-endian
  ContentKey key() const;

 private:
  // The offset basis 0x6c62272e07bb014262b821756295c58d.
  std::uint64_t high_ = 0x6c62272e07bb0142u;
  std::uint64_t low_ = 0x62b821756295c58du;
};

/// The key of a model file: every metadata key and value but split.*, then of every tensor in order
/// its name, type, shape and four samples of up to 256 bytes, spread evenly from its first to its
/// last byte. So it reads a few pages of each tensor, not the file; a file changed only between the
/// samples would keep its key.
ContentKey content_key(const GgufFile& file);

}  // namespace tenon::formats
