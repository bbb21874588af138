#include "text/utf8.h"

#include "text/golden_texts.h"
#include "text/tokenizer.h"

namespace tenon::text {
namespace {

using State = Utf8Sequence::State;

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

TEST_SUITE_BEGIN("text");

TEST_CASE("utf8 reads back every code point, and every beginning of one is unfinished") {
  for (char32_t code_point = 0; code_point < 0x110000; ++code_point) {
    if (code_point >= 0xD800 && code_point < 0xE000) continue;
    std::string text;
    append_utf8(text, code_point);
    const std::size_t length =
        1u + (code_point > 0x7F) + (code_point > 0x7FF) + (code_point > 0xFFFF);
    const Utf8Sequence sequence = read_utf8(text + "x");
    const bool is_read = sequence.state == State::Valid && sequence.length == length &&
                         text.size() == length && sequence.code_point == code_point;
    if (!is_read) FAIL("code point " << static_cast<unsigned>(code_point));
    for (std::size_t cut = 1; cut < length; ++cut) {
      const Utf8Sequence part = read_utf8(text.substr(0, cut));
      if (part.state != State::Unfinished || part.length != cut) {
        FAIL("code point " << static_cast<unsigned>(code_point) << " cut after " << cut);
      }
    }
  }
}

TEST_CASE(
    "utf8 finds as many characters of two bytes as there are, and none overlong or surrogate") {
  int valid = 0;
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const char bytes[2] = {static_cast<char>(first), static_cast<char>(second)};
      const Utf8Sequence sequence = read_utf8({bytes, 2});
      valid += sequence.state == State::Valid && sequence.length == 2;
    }
  }
  CHECK(valid == 0x800 - 0x80);
  for (const char* bytes : {"\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80",
                            "\xED\xBF\xBF", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF",
                            "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\x80", "\xBF"}) {
    CAPTURE(static_cast<int>(static_cast<unsigned char>(bytes[0])));
    const Utf8Sequence sequence = read_utf8(bytes);
    CHECK(sequence.state == State::Invalid);
    CHECK(sequence.length == 1);
  }
}

// Python 3.11's decoder with errors="replace".
TEST_CASE("a stream replaces what can never become a character as other decoders do") {
  for (const auto& item : read_golden("utf8.json")) {
    const std::string bytes = from_hex(item[0].get<std::string>());
    const std::string expected = from_hex(item[1].get<std::string>());
    CAPTURE(item[0].get<std::string>());
    Utf8Stream at_once;
    const std::string whole = at_once.push(bytes);
    CHECK(whole + at_once.finish() == expected);
    Utf8Stream in_bytes;
    std::string text;
    for (const char byte : bytes) text += in_bytes.push({&byte, 1});
    CHECK(text + in_bytes.finish() == expected);
  }
}

TEST_CASE("a stream never shows a part of a character, however the bytes come") {
  const std::string text = "a\u00e9\u6d77\U0001f30a b";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    Utf8Stream stream;
    std::string shown;
    for (std::size_t i = 0; i < text.size(); i += step) {
      const std::string chunk = stream.push(std::string_view(text).substr(i, step));
      for (std::size_t at = 0; at < chunk.size();) {
        const Utf8Sequence sequence = read_utf8(std::string_view(chunk).substr(at));
        REQUIRE(sequence.state == State::Valid);
        at += sequence.length;
      }
      shown += chunk;
    }
    CHECK(stream.finish().empty());
    CHECK(shown == text);
  }
}

TEST_CASE("a stream can be used again after its end") {
  Utf8Stream stream;
  CHECK(stream.push("x\xF0\x9F") == "x");
  CHECK(stream.finish() == "\uFFFD");
  CHECK(stream.finish().empty());
  CHECK(stream.push("\x98y") == "\uFFFDy");
}

TEST_SUITE_END();

}  // namespace
}  // namespace tenon::text
