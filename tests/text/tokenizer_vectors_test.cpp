#include <sstream>

#include "formats/gguf.h"
#include "formats/gguf_vocabulary.h"
#include "text/golden_texts.h"

namespace tenon::text {
namespace {

using Tokens = std::vector<std::int32_t>;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file, "cannot open " << path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

// Texts are parted by a line of its own.
std::vector<std::string> read_texts(const std::filesystem::path& path) {
  constexpr std::string_view kBorder = "\n__ggml_vocab_test__\n";
  const std::string all = read_file(path);
  std::vector<std::string> texts;
  for (std::size_t begin = 0; begin < all.size();) {
    const std::size_t end = all.find(kBorder, begin);
    if (end == std::string::npos) break;
    texts.push_back(all.substr(begin, end - begin));
    begin = end + kBorder.size();
  }
  return texts;
}

std::vector<Tokens> read_tokens(const std::filesystem::path& path) {
  std::vector<Tokens> lists;
  std::istringstream lines(read_file(path));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream numbers(line);
    Tokens tokens;
    for (std::int32_t token; numbers >> token;) tokens.push_back(token);
    lists.push_back(tokens);
  }
  return lists;
}

TEST_SUITE_BEGIN("text");

TEST_CASE("tokens are those of the shared vectors of GPT-2 and Llama") {
  const auto folder = shared_folder() / "tokenizers";
  if (!std::filesystem::is_directory(folder)) {
    MESSAGE(
        "not run: no shared/ beside the checkout (TENON_SHARED names it); the golden data of this "
        "folder stand in");
    return;
  }
  for (const char* name : {"ggml-vocab-gpt-2.gguf", "ggml-vocab-llama-spm.gguf"}) {
    CAPTURE(name);
    const auto tokenizer = make_tokenizer(
        formats::read_vocabulary(formats::GgufFile::open((folder / name).string()).metadata()));
    const auto texts = read_texts(folder / (std::string(name) + ".inp"));
    const auto expected = read_tokens(folder / (std::string(name) + ".out"));
    REQUIRE(texts.size() >= 46);
    REQUIRE(texts.size() == expected.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      CAPTURE(texts[i]);
      const Tokens tokens = tokenizer->encode(texts[i], {.add_bos = false});
      CHECK(tokens == expected[i]);
      CHECK(tokenizer->decode(tokens) == texts[i]);
    }
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace tenon::text
