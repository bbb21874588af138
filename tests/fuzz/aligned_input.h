#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/aligned_buffer.h"

namespace tenon::fuzz {

/// The fuzzer's bytes where a mapping would have them: aligned, and with nothing
/// readable behind them.
class AlignedInput {
 public:
  AlignedInput(const std::uint8_t* data, std::size_t size) : buffer_(size) {
    if (size > 0) std::memcpy(buffer_.data(), data, size);
  }
  std::span<const std::byte> bytes() const { return buffer_.span(); }

 private:
  AlignedBuffer<std::byte> buffer_;
};

/// Reads every byte, so that asan sees those beyond the end.
inline std::uint64_t sum_of(std::span<const std::byte> bytes) {
  std::uint64_t sum = 0;
  for (const std::byte byte : bytes) sum += std::to_integer<std::uint64_t>(byte);
  return sum;
}

}  // namespace tenon::fuzz
