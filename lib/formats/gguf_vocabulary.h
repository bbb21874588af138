#pragma once

#include "formats/gguf_metadata.h"
#include "text/tokenizer.h"

namespace tenon::formats {

/// True where the file says anything of a tokenizer.
bool has_vocabulary(const GgufMetadata& metadata);

/// The vocabulary that the keys tokenizer.ggml.* and tokenizer.chat_template
/// describe (ggml docs/gguf.md).
///
/// Where a file is silent: SentencePiece files have beginning of text 1, end of text 2, unknown 0,
/// add a beginning of text and a space in front; byte pairs add neither, but for the pre-tokenizers
/// of Llama 3 and Mistral's tekken, which add a beginning of text. The end of a chat answer (eot)
/// is found by its usual names. The number -1 stands for no token.
///
/// Throws Error(Unsupported) for tokenizers other than "gpt2" and "llama", Error(Input) naming the
/// key where lengths disagree or a token number lies outside the vocabulary.
text::Vocabulary read_vocabulary(const GgufMetadata& metadata);

}  // namespace tenon::formats
