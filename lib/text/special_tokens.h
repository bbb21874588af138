#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"

namespace tenon::text {

/// Finds the tokens that are split out of the text before anything else happens to it: UserDefined
/// ones always, Control and Unknown ones where special tokens are parsed. The earliest match wins,
/// of those at one place the longest. A trie: the cost does not grow with the number of tokens.
///
/// GGUF has no flags for swallowing white space beside such a token (`lstrip`, `rstrip` of
/// tokenizer.json), so none is swallowed.
class SpecialTokens {
 public:
  struct Match {
    std::size_t begin;  // byte position
    std::size_t length;
    std::int32_t token;
  };

  explicit SpecialTokens(const Vocabulary& vocabulary);

  /// The first match at or after `begin`.
  std::optional<Match> find(std::string_view text, std::size_t begin, bool parse_special) const;

 private:
  static constexpr std::int32_t kNone = -1;

  struct Node {
    std::int32_t first_child = kNone;
    std::int32_t next_sibling = kNone;
    std::int32_t token = kNone;  // the token that ends here
    char byte = 0;
    bool is_user_defined = false;
  };

  void insert(std::string_view piece, std::int32_t token, bool is_user_defined);
  std::int32_t child(std::int32_t node, char byte) const;
  std::optional<Match> match_at(std::string_view text, std::size_t begin, bool parse_special) const;

  std::vector<Node> nodes_;
  // First bytes: of UserDefined tokens, and of all.
  std::array<bool, 256> begins_user_defined_{};
  std::array<bool, 256> begins_any_{};
};

}  // namespace tenon::text
