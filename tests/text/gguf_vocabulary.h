#pragma once

#include <cstdint>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "text/tokenizer.h"

namespace tenon::text {

/// The tokenizer keys of a GGUF v3 file, for tests of this folder, which lies below lib/formats.
class GgufVocabularyReader {
 public:
  explicit GgufVocabularyReader(const std::string& path) : file_(path, std::ios::binary) {
    if (!file_) throw std::runtime_error("cannot open " + path);
  }

  Vocabulary read() {
    if (number<std::uint32_t>() != 0x46554747) throw std::runtime_error("not GGUF");
    number<std::uint32_t>();
    number<std::uint64_t>();
    const auto keys = number<std::uint64_t>();
    for (std::uint64_t i = 0; i < keys; ++i) {
      const std::string key = text();
      read_value(key, number<std::uint32_t>());
    }
    return std::move(vocabulary_);
  }

 private:
  static constexpr std::uint32_t kFloat = 6, kString = 8, kArray = 9;

  template <class T>
  T number() {
    T value{};
    file_.read(reinterpret_cast<char*>(&value), sizeof value);
    if (!file_) throw std::runtime_error("the file ends early");
    return value;
  }

  std::string text() {
    std::string value(number<std::uint64_t>(), '\0');
    file_.read(value.data(), static_cast<std::streamsize>(value.size()));
    return value;
  }

  std::int64_t integer(std::uint32_t type) {
    switch (type) {
      case 0:
      case 1:
      case 7:
        return number<std::uint8_t>();
      case 2:
      case 3:
        return number<std::uint16_t>();
      case 4:
      case 5:
        return number<std::int32_t>();
      case kFloat:
        return static_cast<std::int64_t>(number<float>());
      case 10:
      case 11:
        return number<std::int64_t>();
      case 12:
        return static_cast<std::int64_t>(number<double>());
      default:
        throw std::runtime_error("unknown value type");
    }
  }

  void read_value(const std::string& key, std::uint32_t type) {
    Vocabulary& v = vocabulary_;
    if (type == kArray) return read_array(key);
    if (type == kString) {
      const std::string value = text();
      if (key == "tokenizer.ggml.model" && value == "llama") {
        v.kind = Vocabulary::Kind::SentencePiece;
        v.adds_bos = true;
      }
      if (key == "tokenizer.ggml.pre") v.pre_tokenizer = value;
      return;
    }
    const std::int64_t value = integer(type);
    const auto token = static_cast<std::int32_t>(value);
    if (key == "tokenizer.ggml.bos_token_id") v.bos = token;
    if (key == "tokenizer.ggml.eos_token_id") v.eos = token;
    if (key == "tokenizer.ggml.unknown_token_id") v.unknown = token;
    if (key == "tokenizer.ggml.add_bos_token") v.adds_bos = value != 0;
    if (key == "tokenizer.ggml.add_eos_token") v.adds_eos = value != 0;
    if (key == "tokenizer.ggml.add_space_prefix") v.adds_space_prefix = value != 0;
  }

  void read_array(const std::string& key) {
    Vocabulary& v = vocabulary_;
    const auto type = number<std::uint32_t>();
    const auto count = number<std::uint64_t>();
    for (std::uint64_t i = 0; i < count; ++i) {
      if (type == kString) {
        std::string value = text();
        if (key == "tokenizer.ggml.tokens") v.pieces.push_back(std::move(value));
        if (key == "tokenizer.ggml.merges") v.merges.push_back(std::move(value));
      } else if (type == kFloat) {
        const auto value = number<float>();
        if (key == "tokenizer.ggml.scores") v.scores.push_back(value);
      } else {
        const auto value = integer(type);
        if (key == "tokenizer.ggml.token_type") {
          v.types.push_back(static_cast<Vocabulary::TokenType>(value));
        }
      }
    }
  }

  std::ifstream file_;
  Vocabulary vocabulary_;
};

inline Vocabulary read_gguf_vocabulary(const std::string& path) {
  return GgufVocabularyReader(path).read();
}

}  // namespace tenon::text
