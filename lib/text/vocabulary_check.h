#pragma once

#include "text/piece_table.h"
#include "text/tokenizer.h"

namespace tenon::text {

/// Throws Error(Input) where the vocabulary contradicts itself: lists of different lengths, two
/// tokens of one text, byte tokens that are not <0xNN>, named tokens outside it, ends that it wants
/// added but does not name. Gives the table of its pieces that are not empty.
PieceTable check_vocabulary(const Vocabulary& vocabulary);

/// The value of a piece "<0xNN>", -1 for any other text.
int byte_token_value(std::string_view piece);

}  // namespace tenon::text
