#include "text/vocabulary_check.h"

#include <limits>

#include "base/error.h"

namespace tenon::text {
namespace {

using TokenType = Vocabulary::TokenType;

Error contradiction(std::string message) {
  return Error(ErrorKind::Input, std::move(message))
      .hint("the vocabulary of this file is damaged; fetch or convert the model again");
}

void check_sizes(const Vocabulary& vocabulary) {
  const std::size_t size = vocabulary.pieces.size();
  if (size == 0) throw contradiction("the vocabulary has no tokens");
  if (size > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    throw contradiction("the vocabulary has more tokens than 32-bit numbers can name");
  }
  const auto check_list = [&](std::size_t count, std::string_view name) {
    if (count == 0 || count == size) return;
    throw contradiction("the vocabulary has " + std::to_string(size) + " tokens but " +
                        std::to_string(count) + ' ' + std::string(name));
  };
  check_list(vocabulary.scores.size(), "scores");
  check_list(vocabulary.types.size(), "token types");
}

void check_types(const Vocabulary& vocabulary) {
  for (std::size_t i = 0; i < vocabulary.types.size(); ++i) {
    const TokenType type = vocabulary.types[i];
    if (type < TokenType::Normal || type > TokenType::Byte) {
      throw contradiction("token " + std::to_string(i) + " has the type " +
                          std::to_string(static_cast<int>(type)) + "; types are 1 to 6");
    }
    if (type == TokenType::Byte && byte_token_value(vocabulary.pieces[i]) < 0) {
      throw contradiction("token " + std::to_string(i) + " is a byte but reads " +
                          quoted(vocabulary.pieces[i]) + ", not <0xNN>");
    }
  }
}

PieceTable check_pieces(const Vocabulary& vocabulary) {
  PieceTable table(vocabulary.pieces);
  for (std::size_t i = 0; i < vocabulary.pieces.size(); ++i) {
    // Pruned vocabularies leave empty places; no text becomes one.
    if (vocabulary.pieces[i].empty()) continue;
    const std::int32_t same = table.insert(static_cast<std::int32_t>(i));
    if (same == PieceTable::kNone) continue;
    throw contradiction("tokens " + std::to_string(same) + " and " + std::to_string(i) +
                        " are both " + quoted(vocabulary.pieces[i]));
  }
  return table;
}

void check_named_tokens(const Vocabulary& vocabulary) {
  const auto check = [&](const std::optional<std::int32_t>& token, std::string_view role) {
    const auto size = static_cast<std::int32_t>(vocabulary.pieces.size());
    if (!token || (*token >= 0 && *token < size)) return;
    throw contradiction("the " + std::string(role) + " token is " + std::to_string(*token) +
                        ", outside the vocabulary of " + std::to_string(size));
  };
  check(vocabulary.bos, "beginning");
  check(vocabulary.eos, "end");
  check(vocabulary.unknown, "unknown");
  check(vocabulary.padding, "padding");
  check(vocabulary.end_of_turn, "end-of-turn");
  if (vocabulary.adds_bos && !vocabulary.bos) {
    throw contradiction("the vocabulary asks for a beginning token but names none");
  }
  if (vocabulary.adds_eos && !vocabulary.eos) {
    throw contradiction("the vocabulary asks for an end token but names none");
  }
}

}  // namespace

PieceTable check_vocabulary(const Vocabulary& vocabulary) {
  check_sizes(vocabulary);
  check_types(vocabulary);
  PieceTable table = check_pieces(vocabulary);
  check_named_tokens(vocabulary);
  return table;
}

int byte_token_value(std::string_view piece) {
  if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>') return -1;
  int value = 0;
  for (const char digit : piece.substr(3, 2)) {
    value *= 16;
    if (digit >= '0' && digit <= '9') {
      value += digit - '0';
    } else if (digit >= 'A' && digit <= 'F') {
      value += digit - 'A' + 10;
    } else if (digit >= 'a' && digit <= 'f') {
      value += digit - 'a' + 10;
    } else {
      return -1;
    }
  }
  return value;
}

}  // namespace tenon::text
