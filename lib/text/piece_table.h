#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::text {

/// Piece → token: a hash table with open addressing over the pieces of a vocabulary, which must
/// outlive it and keep their places. Opening a model looks up every piece and three pieces a merge,
/// so this is most of the time of making a tokenizer.
class PieceTable {
 public:
  static constexpr std::int32_t kNone = -1;

  /// Empty, with room for every piece. At most 2^31 - 1 pieces.
  explicit PieceTable(const std::vector<std::string>& pieces);

  /// Adds a piece of the vocabulary. Gives back the token that has the same text already, which
  /// stays, or kNone.
  std::int32_t insert(std::int32_t token);

  /// kNone where no piece has this text.
  std::int32_t find(std::string_view text) const {
    const Slot& slot = slots_[place_of(text, hash_of(text))];
    return slot.token;
  }

 private:
  struct Slot {
    std::uint32_t hash = 0;  // its upper half: saves most looks at the text
    std::int32_t token = kNone;
  };

  static std::uint64_t hash_of(std::string_view text);
  /// The slot that holds the text, or the empty one where it would go.
  std::size_t place_of(std::string_view text, std::uint64_t hash) const;

  const std::vector<std::string>* pieces_;
  std::vector<Slot> slots_;
  std::size_t mask_;
};

}  // namespace tenon::text
