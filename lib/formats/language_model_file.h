#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/team.h"
#include "formats/content_key.h"
#include "formats/gguf.h"
#include "models/language/language_model.h"
#include "models/language/llama.h"
#include "text/tokenizer.h"

namespace tenon::formats {

/// A language model in a GGUF file: its vocabulary, its shape, and the model over its weights.
/// Opening reads metadata and the tensor table, no weight.
///
///   LanguageModelFile file = LanguageModelFile::open("model.gguf");
///   auto tokenizer = text::make_tokenizer(file.vocabulary());
///   auto model = file.make_model({.kernels = &kernels}, team);      // `file` must outlive it
///   where it is
///
/// A file of an architecture that Tenon lacks, or that holds a vocabulary only, still opens and
/// tokenizes: config() and make_model() are what refuses it.
class LanguageModelFile {
 public:
  /// Throws as GgufFile does; Error(Input) where general.architecture is missing.
  static LanguageModelFile open(const std::string& path);
  explicit LanguageModelFile(GgufFile file);

  const GgufFile& gguf() const { return file_; }
  const std::string& path() const { return path_; }
  const std::string& architecture() const { return architecture_; }

  bool has_vocabulary() const;
  /// Throws Error(Input) where the file has none, and what read_vocabulary (gguf_vocabulary.h)
  /// throws.
  const text::Vocabulary& vocabulary() const;
  /// The same, moved out for the tokenizer of the model; vocabulary() is then an error of the
  /// caller.
  text::Vocabulary release_vocabulary();

  /// Throws Error(Unsupported) naming the supported architectures, and what read_llama_config
  /// (gguf_llama_config.h) throws; Error(Input) where the embedding has another number of rows than
  /// the vocabulary has tokens.
  models::LlamaConfig config() const;

  /// The model. Beyond config(): Error(Unsupported) naming a tensor that the model would not
  /// read (leaving a bias out in silence gives wrong text), Error(Input) for missing tensors
  /// and wrong shapes.
  std::unique_ptr<models::LanguageModel> make_model(const models::LoadOptions& options,
                                                    Team& team) const;

  /// What the file holds, in 128 bits (content_key.h says which bytes): keys saved states.
  ContentKey content_key() const { return formats::content_key(file_); }

 private:
  GgufFile file_;
  std::string path_;
  std::string architecture_;
  std::optional<text::Vocabulary> vocabulary_;
  std::int64_t vocabulary_size_ = -1;  // stays when the vocabulary is released; -1: there is none
  std::optional<Error> vocabulary_error_;
};

}  // namespace tenon::formats
