#include "cli/console.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cli/suggest.h"

namespace tenon::cli {
namespace {

constexpr std::string_view kEraseLine = "\r\x1b[K";

// Where the library reports a missing file, this layer knows what is there instead.
std::string hint_for(const Error& error) {
  if (!error.hint().empty()) return error.hint();
  // Only then: an output that cannot be created is not there either.
  const bool is_missing = error.kind() == ErrorKind::Resource && !error.file().empty() &&
                          error.message().find(std::strerror(ENOENT)) != std::string::npos;
  return is_missing ? did_you_mean_file(error.file()) : "";
}

// Names of files and what libraries say may hold anything; a message is one line and steers no terminal.
std::string harmless(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  std::string result;
  std::size_t escaped = 0;  // bytes from here on that are written as numbers
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_c0 = byte(i) < 0x20 || byte(i) == 0x7F;
    const bool is_c1 = byte(i) == 0xC2 && i + 1 < text.size() && byte(i + 1) < 0xA0;  // U+0080...
    escaped = is_c1 ? 2 : is_c0 ? 1 : escaped;
    if (escaped == 0) {
      result += text[i];
      continue;
    }
    --escaped;
    result += "\\x";
    result += kHex[byte(i) >> 4];
    result += kHex[byte(i) & 15];
  }
  return result;
}

}  // namespace

Console::Console(std::string program) : program_(std::move(program)) {}

void Console::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void Console::line(std::string_view word, Style style, std::string_view text,
                   std::string_view hint) {
  // One write a message: lines of two processes on one terminal do not mix.
  std::string lines = program_ + ": " + styled(std::string(word) + ":", style, has_color_) + " " +
                      std::string(text) + "\n";
  if (!hint.empty())
    lines +=
        program_ + ": " + styled("hint:", Style::Cyan, has_color_) + " " + std::string(hint) + "\n";
  print(lines);
}

void Console::note(std::string_view text) {
  line("note", Style::Plain, text, {});
}

void Console::warning(std::string_view text, std::string_view hint) {
  line("warning", Style::Yellow, harmless(text), harmless(hint));
}

void Console::error(std::string_view text, std::string_view hint) {
  line("error", Style::Red, harmless(text), harmless(hint));
}

void Console::error(const Error& error) {
  const bool is_internal = error.kind() == ErrorKind::Internal;
  this->error((is_internal ? "internal error: " : "") + std::string(error.what()), hint_for(error));
}

void Console::print(std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (has_bar_) write(kEraseLine);
  has_bar_ = false;
  write(text);
}

void Console::show_bar(const std::string& text) {
  const std::lock_guard lock(mutex_);
  has_bar_ = true;
  write(std::string(kEraseLine) + text);
}

void Console::erase_bar() {
  const std::lock_guard lock(mutex_);
  if (has_bar_) write(kEraseLine);
  has_bar_ = false;
}

}  // namespace tenon::cli
