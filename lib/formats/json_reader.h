#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/error.h"

/// For .cpp files only: it includes all of nlohmann/json.
namespace tenon::formats {

/// What a strict reader of one JSON document overrides; an event that it does not expect is an
/// error. Nothing is built in memory but what the reader keeps, and nesting goes only as deep
/// as it allows.
class JsonReader {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  explicit JsonReader(std::string file) : file_(std::move(file)) {}
  virtual ~JsonReader() = default;

  virtual bool start_object(std::size_t) { return unexpected("an object"); }
  virtual bool end_object() { return true; }
  virtual bool start_array(std::size_t) { return unexpected("an array"); }
  virtual bool end_array() { return true; }
  virtual bool key(string_t&) { return unexpected("a key"); }
  virtual bool string(string_t&) { return unexpected("a string"); }
  virtual bool number_unsigned(number_unsigned_t) { return unexpected("a number"); }
  virtual bool number_integer(number_integer_t) { return unexpected("a negative number"); }
  virtual bool number_float(number_float_t, const string_t&) { return unexpected("a fraction"); }
  virtual bool boolean(bool) { return unexpected("true or false"); }
  virtual bool null() { return unexpected("null"); }
  bool binary(binary_t&) { return unexpected("binary data"); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) {
    throw Error(ErrorKind::Input, "is not valid JSON")
        .at(file_, 0, "JSON byte " + std::to_string(position));
  }

 protected:
  /// Where the reader stands, for messages: "tensor \"a\"".
  virtual std::string place() const = 0;
  [[noreturn]] void fail(const std::string& message) const {
    throw Error(ErrorKind::Input, place() + " " + message).at(file_);
  }

 private:
  [[noreturn]] bool unexpected(const char* what) const {
    fail(std::string("has ") + what + " where none belongs");
  }

  std::string file_;
};

/// Feeds the document `text` to `reader`.
template <typename Reader>
void read_json(std::string_view text, Reader& reader) {
  nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
}

}  // namespace tenon::formats
