#include "text/utf8.h"

#include "text/tokenizer.h"

namespace tenon::text {
namespace {

unsigned char byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

// How a sequence with a certain first byte goes on: its length and what the second byte may be,
// which is where overlong forms, surrogates and code points above U+10FFFF are told apart.
struct FirstByte {
  std::size_t length;  // 0: no sequence begins so
  unsigned char second_low, second_high;
};

FirstByte first_byte(unsigned char byte) {
  if (byte < 0x80) return {1, 0, 0};
  if (byte < 0xC2) return {0, 0, 0};
  if (byte < 0xE0) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte < 0xF0) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte < 0xF4) return {4, 0x80, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

Utf8Sequence read_utf8(std::string_view text) {
  using State = Utf8Sequence::State;
  const unsigned char first = byte_at(text, 0);
  if (first < 0x80) return {State::Valid, 1, first};
  const FirstByte form = first_byte(first);
  if (form.length == 0) return {State::Invalid, 1, 0};
  char32_t code_point = first & (0x7Fu >> form.length);
  for (std::size_t i = 1; i < form.length; ++i) {
    if (i == text.size()) return {State::Unfinished, i, 0};
    const unsigned char byte = byte_at(text, i);
    const unsigned char low = i == 1 ? form.second_low : 0x80;
    const unsigned char high = i == 1 ? form.second_high : 0xBF;
    if (byte < low || byte > high) return {State::Invalid, i, 0};
    code_point = (code_point << 6) | (byte & 0x3Fu);
  }
  return {State::Valid, form.length, code_point};
}

void append_utf8(std::string& text, char32_t code_point) {
  const auto push = [&](char32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    push(code_point);
  } else if (code_point < 0x800) {
    push(0xC0 | (code_point >> 6));
    push(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    push(0xE0 | (code_point >> 12));
    push(0x80 | ((code_point >> 6) & 0x3F));
    push(0x80 | (code_point & 0x3F));
  } else {
    push(0xF0 | (code_point >> 18));
    push(0x80 | ((code_point >> 12) & 0x3F));
    push(0x80 | ((code_point >> 6) & 0x3F));
    push(0x80 | (code_point & 0x3F));
  }
}

std::string Utf8Stream::push(std::string_view bytes) {
  held_.append(bytes);
  std::string shown;
  std::string_view rest = held_;
  while (!rest.empty()) {
    const Utf8Sequence sequence = read_utf8(rest);
    if (sequence.state == Utf8Sequence::State::Unfinished) break;
    if (sequence.state == Utf8Sequence::State::Valid) {
      shown.append(rest.substr(0, sequence.length));
    } else {
      shown.append(kReplacementCharacter);
    }
    rest.remove_prefix(sequence.length);
  }
  held_.erase(0, held_.size() - rest.size());
  return shown;
}

std::string Utf8Stream::finish() {
  std::string shown;
  if (!held_.empty()) shown = kReplacementCharacter;
  held_.clear();
  return shown;
}

}  // namespace tenon::text
