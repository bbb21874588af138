#include "formats/content_key.h"

#include <algorithm>
#include <cstdio>

namespace tenon::formats {

namespace {

constexpr std::size_t kSamples = 4;
constexpr std::size_t kSampleBytes = 256;

void add_text(Fnv128& hash, std::string_view text) {
  hash.add_number(text.size());
  hash.add(text);
}

void add_samples(Fnv128& hash, std::span<const std::byte> bytes) {
  if (bytes.size() <= kSamples * kSampleBytes) {
    hash.add(bytes);
    return;
  }
  const std::size_t last = bytes.size() - kSampleBytes;
  for (std::size_t i = 0; i < kSamples; ++i)
    hash.add(bytes.subspan(last / (kSamples - 1) * i + last % (kSamples - 1) * i / (kSamples - 1),
                           kSampleBytes));
}

}  // namespace

std::string ContentKey::to_string() const {
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(high),
                static_cast<unsigned long long>(low));
  return text;
}

void Fnv128::add(std::span<const std::byte> bytes) {
  // The prime is 2^88 + 0x13b.
  constexpr unsigned __int128 kPrime = (static_cast<unsigned __int128>(1) << 88) + 0x13b;
  unsigned __int128 hash = (static_cast<unsigned __int128>(high_) << 64) | low_;
  for (const std::byte byte : bytes) {
    hash ^= std::to_integer<unsigned>(byte);
    hash *= kPrime;
  }
  high_ = static_cast<std::uint64_t>(hash >> 64);
  low_ = static_cast<std::uint64_t>(hash);
}

void Fnv128::add_number(std::uint64_t value) {
  std::array<std::byte, sizeof value> bytes{};
  for (std::byte& byte : bytes) {
    byte = static_cast<std::byte>(value);
    value >>= 8;
  }
  add(bytes);
}

ContentKey Fnv128::key() const {
  return {high_, low_};
}

ContentKey content_key(const GgufFile& file) {
  Fnv128 hash;
  for (const GgufMetadata::Entry& entry : file.metadata().entries()) {
    if (entry.key.starts_with("split.")) continue;
    add_text(hash, entry.key);
    hash.add_number(static_cast<std::uint64_t>(entry.value.type()));
    hash.add_number(entry.value.encoded().size());
    hash.add(entry.value.encoded());
  }
  for (const GgufTensor& tensor : file.tensors()) {
    add_text(hash, tensor.name);
    hash.add_number(tensor.ggml_type);
    hash.add_number(static_cast<std::uint64_t>(tensor.shape.rank()));
    for (const std::int64_t dimension : tensor.shape.dimensions())
      hash.add_number(static_cast<std::uint64_t>(dimension));
    if (tensor.bytes) add_samples(hash, file.tensor_bytes(tensor));
  }
  return hash.key();
}

}  // namespace tenon::formats
