#pragma once

#include "text/tokenizer.h"

namespace tenon::text {

/// Gives the vocabulary back, or throws Error(Input) where it contradicts itself: lists of
/// different lengths, two tokens of one text, byte tokens that are not <0xNN>, named tokens outside
/// it, ends that it wants added but does not name.
Vocabulary checked_vocabulary(Vocabulary vocabulary);

/// The value of a piece "<0xNN>", -1 for any other text.
int byte_token_value(std::string_view piece);

}  // namespace tenon::text
