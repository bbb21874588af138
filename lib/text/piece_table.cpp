#include "text/piece_table.h"

#include <bit>
#include <cstring>

namespace tenon::text {

// At most half full, so that a search ends after a step or two.
PieceTable::PieceTable(const std::vector<std::string>& pieces)
    : pieces_(&pieces), slots_(std::bit_ceil(2 * pieces.size() + 1)), mask_(slots_.size() - 1) {}

// Eight bytes a step, each mixed by a multiplication whose halves are folded together.
std::uint64_t PieceTable::hash_of(std::string_view text) {
  constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15u;  // 2^64 / golden ratio
  std::uint64_t hash = text.size();
  const auto mix = [&](std::uint64_t word) {
    hash = (hash ^ word) * kMultiplier;
    hash ^= hash >> 32;
  };
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= sizeof(std::uint64_t); left -= sizeof(std::uint64_t)) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    mix(word);
    at += sizeof word;
  }
  std::uint64_t last = 0;
  if (left > 0) std::memcpy(&last, at, left);
  mix(last);
  return hash * kMultiplier;
}

std::size_t PieceTable::place_of(std::string_view text, std::uint64_t hash) const {
  const auto upper = static_cast<std::uint32_t>(hash >> 32);
  for (std::size_t i = static_cast<std::size_t>(hash >> 20) & mask_;; i = (i + 1) & mask_) {
    const Slot& slot = slots_[i];
    if (slot.token == kNone) return i;
    if (slot.hash == upper && (*pieces_)[static_cast<std::size_t>(slot.token)] == text) return i;
  }
}

std::int32_t PieceTable::insert(std::int32_t token) {
  const std::string_view text = (*pieces_)[static_cast<std::size_t>(token)];
  const std::uint64_t hash = hash_of(text);
  Slot& slot = slots_[place_of(text, hash)];
  if (slot.token != kNone) return slot.token;
  slot = {static_cast<std::uint32_t>(hash >> 32), token};
  return kNone;
}

}  // namespace tenon::text
