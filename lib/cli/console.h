#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "base/error.h"
#include "cli/terminal.h"

namespace tenon::cli {

/// stderr: lines for people, and at most one progress bar below them. May be called from any
/// thread. What cannot be written there is dropped: there is nowhere left to complain.
class Console {
 public:
  /// `program` stands in front of every line, so that mixed logs stay readable.
  explicit Console(std::string program);

  void set_color(bool is_on) { has_color_ = is_on; }
  bool has_color() const { return has_color_; }

  void note(std::string_view text);  // may hold styled words
  void warning(std::string_view text, std::string_view hint);
  /// "tenon-x: error: WHAT" and, if there is one, "tenon-x: hint: HOW".
  void error(std::string_view text, std::string_view hint);
  void error(const Error& error);
  /// As it is, such as help.
  void print(std::string_view text);

  /// One line that is drawn over; lines written meanwhile appear above it.
  void show_bar(const std::string& text);
  void erase_bar();

 private:
  void line(std::string_view word, Style style, std::string_view text, std::string_view hint);
  void write(std::string_view text);

  std::string program_;
  bool has_color_ = false;
  std::mutex mutex_;
  bool has_bar_ = false;
};

}  // namespace tenon::cli
