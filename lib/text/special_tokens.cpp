#include "text/special_tokens.h"

namespace tenon::text {

using TokenType = Vocabulary::TokenType;

SpecialTokens::SpecialTokens(const Vocabulary& vocabulary) : nodes_(1) {
  for (std::size_t i = 0; i < vocabulary.types.size(); ++i) {
    const TokenType type = vocabulary.types[i];
    const bool is_user_defined = type == TokenType::UserDefined;
    const bool is_special = type == TokenType::Control || type == TokenType::Unknown;
    if (vocabulary.pieces[i].empty() || !(is_user_defined || is_special)) continue;
    insert(vocabulary.pieces[i], static_cast<std::int32_t>(i), is_user_defined);
  }
}

void SpecialTokens::insert(std::string_view piece, std::int32_t token, bool is_user_defined) {
  std::int32_t node = 0;
  for (const char byte : piece) {
    std::int32_t next = child(node, byte);
    if (next == kNone) {
      next = static_cast<std::int32_t>(nodes_.size());
      nodes_.push_back(
          {.next_sibling = nodes_[static_cast<std::size_t>(node)].first_child, .byte = byte});
      nodes_[static_cast<std::size_t>(node)].first_child = next;
    }
    node = next;
  }
  nodes_[static_cast<std::size_t>(node)].token = token;
  nodes_[static_cast<std::size_t>(node)].is_user_defined = is_user_defined;
  const auto first = static_cast<unsigned char>(piece[0]);
  begins_any_[first] = true;
  if (is_user_defined) begins_user_defined_[first] = true;
}

std::int32_t SpecialTokens::child(std::int32_t node, char byte) const {
  std::int32_t next = nodes_[static_cast<std::size_t>(node)].first_child;
  while (next != kNone && nodes_[static_cast<std::size_t>(next)].byte != byte) {
    next = nodes_[static_cast<std::size_t>(next)].next_sibling;
  }
  return next;
}

std::optional<SpecialTokens::Match> SpecialTokens::match_at(std::string_view text,
                                                            std::size_t begin,
                                                            bool parse_special) const {
  std::optional<Match> longest;
  std::int32_t node = 0;
  for (std::size_t i = begin; i < text.size(); ++i) {
    node = child(node, text[i]);
    if (node == kNone) break;
    const Node& reached = nodes_[static_cast<std::size_t>(node)];
    if (reached.token != kNone && (parse_special || reached.is_user_defined)) {
      longest = Match{begin, i + 1 - begin, reached.token};
    }
  }
  return longest;
}

std::optional<SpecialTokens::Match> SpecialTokens::find(std::string_view text, std::size_t begin,
                                                        bool parse_special) const {
  if (nodes_.size() == 1) return std::nullopt;
  const auto& begins = parse_special ? begins_any_ : begins_user_defined_;
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (!begins[static_cast<unsigned char>(text[i])]) continue;
    const auto match = match_at(text, i, parse_special);
    if (match) return match;
  }
  return std::nullopt;
}

}  // namespace tenon::text
