#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/content_key.h"
#include "models/language/language_model.h"

namespace tenon::generation {

/// What a saved state was computed with; a state goes on only in the hands of the same.
struct StateOrigin {
  formats::ContentKey model;
  std::string computation;  // precision and kernels: "fast, avx512 (AVX-512F VNNI)"
  DType cache_type = DType::F16;

  bool operator==(const StateOrigin&) const = default;
};

/// A computed prompt on disk (.tenon-state). All numbers little-endian; layout, version 1:
///
///   offset   bytes  field
///   0        8      "TENONKV" and a zero byte
///   8        4      version, 1
///   12       4      C, bytes of `computation`
///   16       16     content key of the model: high half, low half
///   32       4      cache type: GGML's number of F32 (0), F16 (1) or BF16 (30)
///   36       4      T, number of tokens
///   40       8      S, bytes of the state
///   48       C      computation, UTF-8
///   48+C     4 T    token ids, int32
///   ...      S      the state: what models::State::save gives for T positions
///   ...      4      CRC-32 (IEEE 802.3, as zlib) of all bytes before
struct SavedState {
  StateOrigin origin;
  std::vector<std::int32_t> tokens;
  std::vector<std::byte> state;
};

/// Hands the bytes of the file to `write`, piece by piece.
void write_saved_state(const SavedState& saved, const std::function<void(std::string_view)>& write);

/// Throws Error(Input): no saved state at all, another version, cut short, longer than it says, or with a
/// checksum that does not match.
SavedState read_saved_state(std::span<const std::byte> bytes);

/// Throws Error(Input) naming the first thing that differs: the model, how it was computed, the cache type.
void check_origin(const StateOrigin& saved, const StateOrigin& current);

/// How much of a saved state a prompt can go on from. The saved tokens must begin the prompt, but for a
/// seam at their end: the last saved tokens may have become others together with the text after them
/// (or be the end of a chat message). The seam is at most a quarter of the tokens and 32.
/// Throws Error(Input) naming the first token that differs beyond that.
std::size_t usable_length(std::span<const std::int32_t> saved,
                          std::span<const std::int32_t> prompt);

/// CRC-32 of IEEE 802.3, as zlib's crc32(); `so_far` continues one.
std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t so_far = 0);

}  // namespace tenon::generation
