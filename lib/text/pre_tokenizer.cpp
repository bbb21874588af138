#include "text/pre_tokenizer.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "text/pre_tokenizer_rules.h"

namespace tenon::text {
namespace {

struct Name {
  std::string_view name;
  PreTokenizer pre_tokenizer;
};

constexpr PreTokenizer kGpt2{"gpt-2", gpt2_word_end};
constexpr PreTokenizer kSmolLm{"smollm", smollm_word_end};
constexpr PreTokenizer kLlamaBpe{"llama-bpe", llama_bpe_word_end, true};
constexpr PreTokenizer kLlamaBpeWithBos{"llama-bpe", llama_bpe_word_end, true, true};
constexpr PreTokenizer kLlamaBpeMerging{"llama-bpe", llama_bpe_word_end, false};
constexpr PreTokenizer kQwen2{"qwen2", qwen2_word_end};
constexpr PreTokenizer kDefault{"default", default_word_end};

// Values of tokenizer.ggml.pre as GGUF converters write them; the first of a rule is its own name.
constexpr Name kNames[] = {
    {"gpt-2", kGpt2},
    {"gpt2", kGpt2},
    {"a.x-4.0", kGpt2},
    {"exaone4", kGpt2},
    {"gigachat", kGpt2},
    {"granite-docling", kGpt2},
    {"jais", kGpt2},
    {"jina-de", kGpt2},
    {"jina-es", kGpt2},
    {"jina-v2-de", kGpt2},
    {"jina-v2-es", kGpt2},
    {"mellum", kGpt2},
    {"modern-bert", kGpt2},
    {"mpt", kGpt2},
    {"olmo", kGpt2},
    {"phi-2", kGpt2},
    {"trillion", kGpt2},
    {"smollm", kSmolLm},
    {"codeshell", kSmolLm},
    {"command-r", kSmolLm},
    {"exaone", kSmolLm},
    {"mellum2", kSmolLm},
    {"minerva-7b", kSmolLm},
    {"refact", kSmolLm},
    {"starcoder", kSmolLm},
    {"llama-bpe", kLlamaBpeWithBos},
    {"llama3", kLlamaBpeWithBos},
    {"llama-v3", kLlamaBpeWithBos},
    {"falcon-h1", kLlamaBpeWithBos},
    {"falcon3", kLlamaBpeWithBos},
    {"glm4", kLlamaBpe},
    {"glm5", kLlamaBpe},
    {"jina-v5-nano", kLlamaBpeWithBos},
    {"lfm2", kLlamaBpeWithBos},
    {"midm-2.0", kLlamaBpeWithBos},
    {"pixtral", kLlamaBpeWithBos},
    {"chatglm-bpe", kLlamaBpeMerging},
    {"dbrx", kLlamaBpeMerging},
    {"smaug-bpe", kLlamaBpeMerging},
    {"qwen2", kQwen2},
    {"deepseek-r1-qwen", kQwen2},
    {"f2llmv2", kQwen2},
    {"grok-2", kQwen2},
    {"hunyuan", kQwen2},
    {"kormo", kQwen2},
    {"megrez", kQwen2},
    {"solar-open", kQwen2},
    {"stablelm2", kQwen2},
    {"default", kDefault},
    {"", kDefault},
};

// "gpt-2 (gpt2, a.x-4.0, ...), smollm (...)"
std::string known_names() {
  std::string list;
  std::string_view rule;
  bool has_aliases = false;
  for (const Name& entry : kNames) {
    if (entry.name.empty()) continue;
    if (entry.pre_tokenizer.rule != rule) {
      rule = entry.pre_tokenizer.rule;
      if (has_aliases) list += ')';
      if (!list.empty()) list += ", ";
      list += entry.name;
      has_aliases = false;
    } else {
      list += has_aliases ? ", " : " (";
      list += entry.name;
      has_aliases = true;
    }
  }
  return has_aliases ? list + ')' : list;
}

}  // namespace

PreTokenizer find_pre_tokenizer(std::string_view name) {
  for (const Name& entry : kNames) {
    if (entry.name == name) return entry.pre_tokenizer;
  }
  throw Error(ErrorKind::Unsupported, "the vocabulary wants the pre-tokenizer " + quoted(name) +
                                          ", which Tenon does not have")
      .hint("there are " + known_names());
}

bool adds_bos_by_default(std::string_view name) {
  const auto* entry = std::ranges::find(kNames, name, &Name::name);
  return entry != std::ranges::end(kNames) && entry->pre_tokenizer.adds_bos;
}

}  // namespace tenon::text
