#pragma once

#include <cstddef>
#include <string_view>

namespace tenon::text {

/// How text is cut into words before byte pairs are merged; merges never cross words.
struct PreTokenizer {
  /// "gpt-2", "smollm", "llama-bpe", "qwen2" or "default".
  std::string_view rule;
  /// Where the word ends that begins at byte `begin` < text.size(): after `begin`, at most
  /// text.size(). The first word begins at 0 and the next where the last one ended, so words cover
  /// the text.
  std::size_t (*word_end)(std::string_view text, std::size_t begin);
  /// A whole word that is in the vocabulary is that token, whatever the merges say.
  bool ignores_merges = false;
  /// Texts begin with the beginning token where the file does not say otherwise: the Hugging Face
  /// tokenizers of these families put it there by a template that GGUF lacks.
  bool adds_bos = false;
};

/// The rule behind a value of `tokenizer.ggml.pre`, the names of model families that share a rule
/// included. Empty means "default": files from before the key. Throws Error(Unsupported) for
/// another name, naming those there are.
PreTokenizer find_pre_tokenizer(std::string_view name);

/// PreTokenizer::adds_bos of that name; false for a name that find_pre_tokenizer() refuses.
bool adds_bos_by_default(std::string_view name);

}  // namespace tenon::text
