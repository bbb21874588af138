#include "text/tokenizer.h"

#include "text/vocabulary_tokenizer.h"

namespace tenon::text {

std::unique_ptr<Tokenizer> make_tokenizer(Vocabulary vocabulary) {
  return vocabulary.kind == Vocabulary::Kind::SentencePiece
             ? make_sentence_piece_tokenizer(std::move(vocabulary))
             : make_byte_pair_tokenizer(std::move(vocabulary));
}

}  // namespace tenon::text
