#pragma once

#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include "base/error.h"
#include "models/language/language_model.h"
#include "text/tokenizer.h"

/// A language model and a tokenizer small enough to reason about.
namespace tenon::generation::fake {

inline constexpr std::int32_t kVocab = 32;
inline constexpr std::int32_t kEnd = 31;

/// Tokens 0..25 are letters; then space, line break, the two bytes of "é", "ab" and the end of the text.
class FakeTokenizer : public text::Tokenizer {
 public:
  FakeTokenizer() {
    for (char c = 'a'; c <= 'z'; ++c) vocabulary_.pieces.emplace_back(1, c);
    for (const char* piece : {" ", "\n", "\xC3", "\xA9", "ab", "<end>"})
      vocabulary_.pieces.emplace_back(piece);
    vocabulary_.types.assign(kVocab, text::Vocabulary::TokenType::Normal);
    vocabulary_.types[kEnd] = text::Vocabulary::TokenType::Control;
  }
  const text::Vocabulary& vocabulary() const override { return vocabulary_; }
  std::vector<std::int32_t> encode(std::string_view text,
                                   const text::EncodeOptions& options) const override {
    std::vector<std::int32_t> tokens;
    while (!text.empty()) {
      std::int32_t found = -1;
      for (std::int32_t token = kVocab - 1; token >= 0 && found < 0; --token) {
        if (token == kEnd && !options.parse_special) continue;
        if (text.starts_with(vocabulary_.pieces[static_cast<std::size_t>(token)])) found = token;
      }
      if (found < 0) throw Error(ErrorKind::Input, "no token for this byte");
      tokens.push_back(found);
      text.remove_prefix(vocabulary_.pieces[static_cast<std::size_t>(found)].size());
    }
    return tokens;
  }
  std::string piece(std::int32_t token, bool show_special) const override {
    if (token == kEnd && !show_special) return {};
    return vocabulary_.pieces[static_cast<std::size_t>(token)];
  }
  std::string decode(std::span<const std::int32_t> tokens, bool show_special) const override {
    std::string text;
    for (const std::int32_t token : tokens) text += piece(token, show_special);
    return text;
  }
  bool ends_generation(std::int32_t token) const override { return token == kEnd; }

 private:
  text::Vocabulary vocabulary_;
};

class FakeState : public models::State {
 public:
  std::vector<std::int32_t> tokens;   // committed
  std::vector<std::int32_t> waiting;  // pending, a chain

  std::int32_t length() const override { return static_cast<std::int32_t>(tokens.size()); }
  std::int32_t capacity() const override { return 1 << 20; }
  std::int32_t pending() const override { return static_cast<std::int32_t>(waiting.size()); }
  void commit(std::span<const std::int32_t>) override { TENON_CHECK(false); }
  void commit_all() override {
    tokens.insert(tokens.end(), waiting.begin(), waiting.end());
    waiting.clear();
  }
  void truncate(std::int32_t length) override {
    TENON_CHECK(length <= this->length());
    tokens.resize(static_cast<std::size_t>(length));
    waiting.clear();
  }
  std::unique_ptr<models::State> fork(std::int32_t length) const override {
    TENON_CHECK(length <= this->length());
    auto copy = std::make_unique<FakeState>();
    copy->tokens.assign(tokens.begin(), tokens.begin() + length);
    return copy;
  }
  std::vector<std::byte> save(std::int32_t length) const override {
    std::vector<std::byte> bytes(static_cast<std::size_t>(length) * 4);
    std::memcpy(bytes.data(), tokens.data(), bytes.size());
    return bytes;
  }
  void load(std::span<const std::byte> bytes, std::int32_t length) override {
    TENON_CHECK(bytes.size() == static_cast<std::size_t>(length) * 4);
    tokens.resize(static_cast<std::size_t>(length));
    std::memcpy(tokens.data(), bytes.data(), bytes.size());
  }
  std::size_t bytes() const override { return tokens.size() * 4; }
};

/// Logits are a hash of all tokens so far, so a wrong, missing or doubled token anywhere shows at once.
class FakeModel : public models::LanguageModel {
 public:
  FakeModel() { info_.vocab = kVocab; }

  std::int64_t rows_computed = 0;
  std::int64_t passes = 0;
  std::size_t largest_pass = 0;
  /// Texts (as tokens) after which one token is nearly certain.
  std::map<std::vector<std::int32_t>, std::int32_t> scripted;

  const models::LanguageModelInfo& info() const override { return info_; }
  std::unique_ptr<models::State> make_state(const models::StateOptions&) const override {
    return std::make_unique<FakeState>();
  }
  void forward(const models::Batch& batch, std::span<models::State* const> states, Team&,
               models::ForwardOutput& output) override {
    ++passes;
    rows_computed += static_cast<std::int64_t>(batch.size());
    largest_pass = std::max(largest_pass, batch.size());
    std::int64_t wanted = 0;
    for (const models::BatchRow& row : batch) wanted += row.wants_logits;
    output.logits = AlignedBuffer<float>(static_cast<std::size_t>(wanted * kVocab));
    output.logit_rows = wanted;
    output.vocab = kVocab;
    float* logits = output.logits.data();
    std::vector<std::int32_t> last_row(states.size(), models::BatchRow::kAfterCommitted);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const models::BatchRow& row = batch[i];
      auto& state = dynamic_cast<FakeState&>(*states[static_cast<std::size_t>(row.sequence)]);
      // Chains only: each row follows the one before it in its sequence.
      TENON_CHECK(row.parent == last_row[static_cast<std::size_t>(row.sequence)]);
      last_row[static_cast<std::size_t>(row.sequence)] = static_cast<std::int32_t>(i);
      state.waiting.push_back(row.token);
      if (!row.wants_logits) continue;
      std::vector<std::int32_t> text = state.tokens;
      text.insert(text.end(), state.waiting.begin(), state.waiting.end());
      write_logits(text, logits);
      logits += kVocab;
    }
  }

  void write_logits(const std::vector<std::int32_t>& text, float* logits) const {
    std::uint64_t hash = 0xCBF29CE484222325u;
    for (const std::int32_t token : text)
      hash = (hash ^ static_cast<std::uint64_t>(token + 1)) * 0x100000001B3u;
    for (std::int32_t token = 0; token < kVocab; ++token) {
      std::uint64_t x = hash + static_cast<std::uint64_t>(token) * 0x9E3779B97F4A7C15u;
      x = (x ^ x >> 29) * 0xBF58476D1CE4E5B9u;
      logits[token] = static_cast<float>(x >> 40) * 0x1p-24f * 6.0f;
    }
    logits[kEnd] -= 3.0f;  // answers of some length
    const auto certain = scripted.find(text);
    if (certain != scripted.end()) logits[certain->second] += 100.0f;
  }

 private:
  models::LanguageModelInfo info_;
};

}  // namespace tenon::generation::fake
