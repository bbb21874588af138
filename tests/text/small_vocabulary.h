#pragma once

#include "text/golden_texts.h"
#include "text/tokenizer.h"

namespace tenon::text {

inline std::vector<Vocabulary::TokenType> token_types(const nlohmann::json& types) {
  std::vector<Vocabulary::TokenType> result;
  for (const auto& type : types) {
    result.push_back(static_cast<Vocabulary::TokenType>(type.get<int>()));
  }
  return result;
}

/// The byte-level vocabulary of byte_pairs.json: all 256 bytes, <|end|> and <|im_start|> control
/// tokens, <tool> and <tool>x user-defined ones.
inline Vocabulary small_byte_pairs(const nlohmann::json& golden, const std::string& pre_tokenizer) {
  Vocabulary vocabulary;
  vocabulary.pre_tokenizer = pre_tokenizer;
  vocabulary.pieces = golden["pieces"].get<std::vector<std::string>>();
  vocabulary.types = token_types(golden["types"]);
  vocabulary.merges = golden["merges"].get<std::vector<std::string>>();
  return vocabulary;
}

/// A vocabulary of sentence_pieces.json: "bytes" with byte tokens, "unknown" without.
inline Vocabulary small_sentence_pieces(const nlohmann::json& golden) {
  Vocabulary vocabulary;
  vocabulary.kind = Vocabulary::Kind::SentencePiece;
  vocabulary.pieces = golden["pieces"].get<std::vector<std::string>>();
  vocabulary.types = token_types(golden["types"]);
  vocabulary.scores = golden["scores"].get<std::vector<float>>();
  vocabulary.unknown = 0;
  vocabulary.bos = 1;
  vocabulary.eos = 2;
  vocabulary.adds_bos = true;
  return vocabulary;
}

}  // namespace tenon::text
