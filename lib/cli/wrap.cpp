#include "cli/wrap.h"

namespace tenon::cli {
namespace {

// Characters, not bytes: continuation bytes of UTF-8 take no column.
std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) width += (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
  return width;
}

}  // namespace

std::string wrap(std::string_view text, std::size_t columns, std::size_t indent) {
  std::string result;
  std::size_t width = 0;   // of the current line
  std::size_t blanks = 0;  // before the next word
  bool has_word = false;   // on the current line, so that it may be broken
  while (!text.empty()) {
    if (text.front() == ' ') {
      ++blanks;
      text.remove_prefix(1);
      continue;
    }
    const std::string_view word = text.substr(0, text.find(' '));
    if (has_word && width + blanks + width_of(word) > columns) {
      result += "\n" + std::string(indent, ' ');
      width = indent;
      blanks = 0;
    }
    result += std::string(blanks, ' ') + std::string(word);
    width += blanks + width_of(word);
    blanks = 0;
    has_word = true;
    text.remove_prefix(word.size());
  }
  return result;
}

}  // namespace tenon::cli
