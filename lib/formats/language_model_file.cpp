#include "formats/language_model_file.h"

#include <algorithm>
#include <array>

#include "formats/gguf_llama_config.h"
#include "formats/gguf_vocabulary.h"

namespace tenon::formats {

namespace {

constexpr std::array<std::string_view, 3> kArchitectures = {"llama", "qwen2", "qwen3"};

}  // namespace

LanguageModelFile LanguageModelFile::open(const std::string& path) {
  return LanguageModelFile(GgufFile::open(path));
}

LanguageModelFile::LanguageModelFile(GgufFile file)
    : file_(std::move(file)),
      path_(file_.origin()),
      architecture_(file_.metadata().require_string("general.architecture")) {
  if (!has_vocabulary()) return;
  try {
    vocabulary_ = read_vocabulary(file_.metadata());
    vocabulary_size_ = static_cast<std::int64_t>(vocabulary_->pieces.size());
  } catch (const Error& error) {
    vocabulary_error_ = error;  // for whoever wants the vocabulary
  }
}

bool LanguageModelFile::has_vocabulary() const {
  return formats::has_vocabulary(file_.metadata());
}

const text::Vocabulary& LanguageModelFile::vocabulary() const {
  if (vocabulary_error_) throw *vocabulary_error_;
  if (!vocabulary_)
    throw Error(ErrorKind::Input, "the file has no vocabulary (no tokenizer.ggml keys)").at(path_);
  return *vocabulary_;
}

text::Vocabulary LanguageModelFile::release_vocabulary() {
  vocabulary();  // says why there is none
  text::Vocabulary released = *std::move(vocabulary_);
  vocabulary_.reset();
  vocabulary_error_ = Error(ErrorKind::Internal, "the vocabulary was released").at(path_);
  return released;
}

models::LlamaConfig LanguageModelFile::config() const {
  if (std::ranges::count(kArchitectures, architecture_) == 0)
    throw Error(ErrorKind::Unsupported,
                "the architecture " + quoted(architecture_) + " is not supported")
        .at(path_)
        .hint("supported: llama (also Mistral and SmolLM2), qwen2, qwen3");
  models::LlamaConfig config = read_llama_config(file_);
  if (vocabulary_size_ >= 0 && vocabulary_size_ != config.vocab)
    throw Error(ErrorKind::Input, "the tensor \"token_embd.weight\" has " +
                                      std::to_string(config.vocab) + " rows, the vocabulary " +
                                      std::to_string(vocabulary_size_) + " tokens")
        .at(path_);
  return config;
}

std::unique_ptr<models::LanguageModel> LanguageModelFile::make_model(
    const models::LoadOptions& options, Team& team) const {
  try {
    return models::make_llama(config(), file_, options, team);
  } catch (Error& error) {
    throw error.in(path_);
  }
}

}  // namespace tenon::formats
