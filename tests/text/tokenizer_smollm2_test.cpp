#include "base/error.h"
#include "formats/gguf.h"
#include "formats/gguf_vocabulary.h"
#include "text/golden_texts.h"

namespace tenon::text {
namespace {

using Tokens = std::vector<std::int32_t>;

std::filesystem::path model_path() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::filesystem::path(value != nullptr ? value : "");
  };
  if (const auto given = variable("TENON_TEST_MODEL"); !given.empty()) return given;
  const auto cache = variable("XDG_CACHE_HOME");
  return (cache.empty() ? variable("HOME") / ".cache" : cache) / "tenon" /
         "SmolLM2-135M-Instruct.Q4_1.gguf";
}

const Tokenizer& smollm2() {
  static const auto tokenizer = [] {
    const std::string path = model_path().string();
    REQUIRE_MESSAGE(
        std::filesystem::exists(path),
        "no " << path << "; fetch it with scripts/fetch_model, or set TENON_TEST_MODEL");
    return make_tokenizer(formats::read_vocabulary(formats::GgufFile::open(path).metadata()));
  }();
  return *tokenizer;
}

// As scripts/oracles/tokenizer_vectors.py writes it: -1 and the position where the vocabulary lacks a
// byte.
Tokens encode_or_position(const std::string& text, bool parse_special) {
  try {
    return smollm2().encode(text, {.parse_special = parse_special});
  } catch (const Error& error) {
    REQUIRE(error.kind() == ErrorKind::Input);
    REQUIRE(error.pointer().starts_with("byte "));
    return {-1, std::stoi(error.pointer().substr(5))};
  }
}

TEST_SUITE_BEGIN("text");

// Hugging Face tokenizers 0.23.3 on the same vocabulary.
TEST_CASE("tokens of SmolLM2 are those of its published tokenizer") {
  const auto golden = read_golden("smollm2.json");
  const auto& texts = golden_texts();
  REQUIRE(golden["special"].size() == texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    CAPTURE(texts[i]);
    const Tokens special = encode_or_position(texts[i], true);
    CHECK(special == golden["special"][i].get<Tokens>());
    CHECK(digest_of(encode_or_position(texts[i], false)) == golden["plain"][i].get<std::string>());
    const bool is_refused = !special.empty() && special[0] < 0;
    if (!is_refused) CHECK(smollm2().decode(special, true) == texts[i]);
  }
  check_random_texts(golden["random"],
                     [](const std::string& text) { return encode_or_position(text, true); });
}

TEST_CASE("SmolLM2 ends an answer with <|im_end|> or <|endoftext|> and begins without a token") {
  CHECK(smollm2().encode("Hi") == Tokens{26843});  // Hugging Face tokenizers
  CHECK(smollm2().ends_generation(2));
  CHECK(smollm2().ends_generation(0));
  CHECK_FALSE(smollm2().ends_generation(1));
  CHECK_FALSE(smollm2().ends_generation(26843));
  CHECK(smollm2().piece(2).empty());
  CHECK(smollm2().piece(2, true) == "<|im_end|>");
}

TEST_CASE("a stream of SmolLM2's tokens shows whole characters only") {
  const std::string text = "a \U0001F9A9 and \u1780\u17B6 \u6d77";
  const Tokens tokens = smollm2().encode(text);
  Utf8Stream stream;
  std::string shown;
  int held_back = 0;
  for (const std::int32_t token : tokens) {
    const std::string chunk = stream.push(smollm2().piece(token));
    held_back += chunk.empty();
    CHECK(chunk.find("\uFFFD") == std::string::npos);
    shown += chunk;
  }
  CHECK(held_back > 0);
  CHECK(stream.finish().empty());
  CHECK(shown == text);
}

TEST_SUITE_END();

}  // namespace
}  // namespace tenon::text
