#include "generation/saved_state.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "generation/common_prefix.h"

namespace tenon::generation {

namespace {

constexpr std::string_view kMagic{"TENONKV\0", 8};
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeaderBytes = 48, kChecksumBytes = 4;

struct CacheTypeNumber {
  DType dtype;
  std::uint32_t number;  // ggml_type
};
constexpr CacheTypeNumber kCacheTypes[] = {
    {DType::F32, 0}, {DType::F16, 1}, {DType::BF16, 30}, {DType::Q8_0, 8}};

template <typename Number>
void append_number(std::string& bytes, Number value) {
  for (std::size_t i = 0; i < sizeof value; ++i)
    bytes += static_cast<char>(value >> (8 * i) & 0xFF);
}

template <typename Number>
Number number_at(std::span<const std::byte> bytes, std::size_t offset) {
  Number value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i)
    value |= static_cast<Number>(static_cast<Number>(bytes[offset + i]) << (8 * i));
  return value;
}

Error damaged(const std::string& what) {
  return Error(ErrorKind::Input, what).hint("save the state again with --save-state");
}

// Eight tables, so that eight bytes are taken in at a time (Kounavis and Berry 2005, "slicing by 8").
using CrcTables = std::array<std::array<std::uint32_t, 256>, 8>;
constexpr CrcTables make_crc_tables() {
  CrcTables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? 0xEDB88320u : 0u);
    tables[0][byte] = value;
  }
  for (std::size_t table = 1; table < 8; ++table)
    for (std::size_t byte = 0; byte < 256; ++byte)
      tables[table][byte] =
          tables[table - 1][byte] >> 8 ^ tables[0][tables[table - 1][byte] & 0xFF];
  return tables;
}

std::string header_of(const SavedState& saved) {
  std::string header(kMagic);
  append_number(header, kVersion);
  append_number(header, static_cast<std::uint32_t>(saved.origin.computation.size()));
  append_number(header, saved.origin.model.high);
  append_number(header, saved.origin.model.low);
  for (const CacheTypeNumber& type : kCacheTypes)
    if (type.dtype == saved.origin.cache_type) append_number(header, type.number);
  append_number(header, static_cast<std::uint32_t>(saved.tokens.size()));
  append_number(header, static_cast<std::uint64_t>(saved.state.size()));
  TENON_CHECK(header.size() == kHeaderBytes);
  return header;
}

/// Sizes of the parts after the header, which fill the file exactly.
struct Layout {
  std::uint64_t computation_bytes = 0;
  std::uint64_t token_count = 0;
  std::uint64_t state_bytes = 0;
};

// Checks everything about the file as a whole before anything is read out of it.
Layout checked_layout(std::span<const std::byte> bytes) {
  const bool has_magic =
      bytes.size() >= kMagic.size() && std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) == 0;
  if (!has_magic)
    throw Error(ErrorKind::Input, "is not a saved state")
        .hint("--load-state reads what --save-state of tenon-generate has written");
  if (bytes.size() < kHeaderBytes + kChecksumBytes) throw damaged("the saved state is cut short");
  const auto version = number_at<std::uint32_t>(bytes, 8);
  if (version != kVersion)
    throw damaged("the saved state has version " + std::to_string(version) +
                  ", this program reads version " + std::to_string(kVersion));

  const Layout layout{.computation_bytes = number_at<std::uint32_t>(bytes, 12),
                      .token_count = number_at<std::uint32_t>(bytes, 36),
                      .state_bytes = number_at<std::uint64_t>(bytes, 40)};
  // Each part is compared with what is left, so no sum of counts from the file can overflow.
  std::uint64_t left = bytes.size() - kHeaderBytes - kChecksumBytes;
  for (const std::uint64_t part :
       {layout.computation_bytes, 4 * layout.token_count, layout.state_bytes}) {
    if (part > left) throw damaged("the saved state is cut short");
    left -= part;
  }
  if (left != 0) throw damaged("the saved state is longer than it says");
  const std::size_t content_bytes = bytes.size() - kChecksumBytes;
  if (crc32(bytes.first(content_bytes)) != number_at<std::uint32_t>(bytes, content_bytes))
    throw damaged("the checksum of the saved state does not match, it is damaged");
  return layout;
}

DType cache_type_of(std::uint32_t number) {
  for (const CacheTypeNumber& type : kCacheTypes)
    if (type.number == number) return type.dtype;
  throw damaged("the saved state has an unknown cache type, number " + std::to_string(number));
}

}  // namespace

std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t so_far) {
  static constexpr CrcTables kTables = make_crc_tables();
  std::uint32_t crc = ~so_far;
  const std::byte* data = bytes.data();
  std::size_t size = bytes.size();
  const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(data[i]); };
  for (; size >= 8; data += 8, size -= 8) {
    const std::uint32_t low = crc ^ (at(0) | at(1) << 8 | at(2) << 16 | at(3) << 24);
    crc = kTables[7][low & 0xFF] ^ kTables[6][low >> 8 & 0xFF] ^ kTables[5][low >> 16 & 0xFF] ^
          kTables[4][low >> 24] ^ kTables[3][at(4)] ^ kTables[2][at(5)] ^ kTables[1][at(6)] ^
          kTables[0][at(7)];
  }
  for (std::size_t i = 0; i < size; ++i) crc = crc >> 8 ^ kTables[0][(crc ^ at(i)) & 0xFF];
  return ~crc;
}

void write_saved_state(const SavedState& saved,
                       const std::function<void(std::string_view)>& write) {
  std::uint32_t crc = 0;
  const auto put = [&](std::string_view bytes) {
    crc = crc32(std::as_bytes(std::span(bytes.data(), bytes.size())), crc);
    write(bytes);
  };
  put(header_of(saved));
  put(saved.origin.computation);
  std::string tokens;
  for (const std::int32_t token : saved.tokens)
    append_number(tokens, static_cast<std::uint32_t>(token));
  put(tokens);
  put({reinterpret_cast<const char*>(saved.state.data()), saved.state.size()});
  std::string checksum;
  append_number(checksum, crc);
  write(checksum);
}

SavedState read_saved_state(std::span<const std::byte> bytes) {
  const Layout layout = checked_layout(bytes);
  SavedState saved;
  saved.origin.model = {number_at<std::uint64_t>(bytes, 16), number_at<std::uint64_t>(bytes, 24)};
  saved.origin.cache_type = cache_type_of(number_at<std::uint32_t>(bytes, 32));
  std::size_t offset = kHeaderBytes;
  saved.origin.computation.assign(reinterpret_cast<const char*>(bytes.data()) + offset,
                                  layout.computation_bytes);
  offset += layout.computation_bytes;
  for (std::uint64_t i = 0; i < layout.token_count; ++i, offset += 4)
    saved.tokens.push_back(static_cast<std::int32_t>(number_at<std::uint32_t>(bytes, offset)));
  const auto state = bytes.subspan(offset, layout.state_bytes);
  saved.state.assign(state.begin(), state.end());
  return saved;
}

void check_origin(const StateOrigin& saved, const StateOrigin& current) {
  if (saved.model != current.model)
    throw Error(ErrorKind::Input, "the saved state is of another model, of content key " +
                                      saved.model.to_string() + " and not " +
                                      current.model.to_string())
        .hint("name the model that it was saved with, or save it again");
  if (saved.computation != current.computation)
    throw Error(ErrorKind::Input, "the saved state was computed with " + quoted(saved.computation) +
                                      ", this run computes with " + quoted(current.computation))
        .hint("give the same --precision and --kernels, or save it again on this machine");
  if (saved.cache_type != current.cache_type)
    throw Error(ErrorKind::Input, "the saved state has a cache of type " +
                                      std::string(dtype_name(saved.cache_type)) + " and not " +
                                      std::string(dtype_name(current.cache_type)))
        .hint("give the same --cache-type, or save it again");
}

std::size_t usable_length(std::span<const std::int32_t> saved,
                          std::span<const std::int32_t> prompt) {
  constexpr std::size_t kLongestSeam = 32;
  const std::size_t common = common_prefix(saved, prompt);
  const std::size_t seam = std::min(kLongestSeam, saved.size() / 4);
  if (saved.size() - common <= seam) return common;
  throw Error(ErrorKind::Input, "the saved state is of another text: of its " +
                                    std::to_string(saved.size()) + " tokens " +
                                    std::to_string(common) + " begin the prompt")
      .hint("give the whole prompt, beginning with the text that was saved");
}

}  // namespace tenon::generation
