#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace tenon {

/// What kind of thing went wrong; the command line turns it into an exit status (Usage = 2, the
/// rest = 1).
enum class ErrorKind {
  Usage,        // the command line or an option value is wrong
  Input,        // a file or record is wrong
  Shape,        // dimensions disagree
  Unsupported,  // understood, but not something Tenon does
  Resource,     // the system refused: memory, disk, a missing file
  Internal,     // a mistake in Tenon
};

/// The one exception type of the library: what, where, and how to mend it.
///
///   throw Error(ErrorKind::Input, "width is -4, it must be positive")
///       .at("dets.json", 3, "/3/bbox")
///       .hint("boxes are [x, y, width, height]");
///
/// The message is one line without a final full stop. Text from files is quoted with `quoted()`, so
/// that control characters never reach a terminal. Outer layers add the place while unwinding:
/// `catch (Error& error) { throw error.in("model.gguf"); }` fills the file only where none is set.
class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

  Error& at(std::string_view file);
  Error& at(std::string_view file, long line, std::string_view pointer = {});
  Error& in(std::string_view file);
  Error& on_line(long line);
  Error& hint(std::string_view text);

  ErrorKind kind() const { return kind_; }
  const std::string& message() const { return message_; }
  const std::string& file() const { return file_; }
  long line() const { return line_; }  // 1-based; 0: none
  const std::string& pointer() const {
    return pointer_;
  }  // JSON pointer or byte position; may be empty
  const std::string& hint() const { return hint_; }

  /// "FILE:LINE at POINTER: MESSAGE", without the hint.
  const char* what() const noexcept override;

 private:
  ErrorKind kind_;
  std::string message_;
  std::string file_;
  long line_ = 0;
  std::string pointer_;
  std::string hint_;
  mutable std::string what_;
};

/// Text from outside, safe to show: in double quotes; control characters, invalid UTF-8 and
/// characters that turn or break the line (bidirectional overrides, U+2028) escaped as \xNN; cut
/// with "..." after `limit` bytes.
std::string quoted(std::string_view text, std::size_t limit = 80);

[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace tenon

/// A condition that only a programming mistake can break; kept in release builds at interface
/// edges.
#define TENON_CHECK(condition) \
  ((condition) ? (void)0 : ::tenon::check_failed(#condition, __FILE__, __LINE__))
