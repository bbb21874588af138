#include "formats/json_syntax.h"

#include <algorithm>
#include <optional>

#include "formats/json_reader.h"

namespace tenon::formats {

namespace {

/// Accepts every value and remembers where the text ceases to be JSON.
class SyntaxReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t at, const std::string&,
                   const nlohmann::detail::exception&) override {
    position = at;
    return false;
  }

  std::optional<std::size_t> position;  // bytes read when the error was seen
};

}  // namespace

Error json_syntax_error(std::string_view text, const std::string& path, std::string_view reason) {
  SyntaxReader reader;
  nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
  if (!reader.position)
    return Error(ErrorKind::Input, "cannot be read as JSON: " + std::string(reason)).at(path);
  const std::size_t seen = std::min(*reader.position, text.size());
  const long line =
      1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(seen), '\n');
  Error error(ErrorKind::Input,
              seen == text.size() ? "ends before its JSON does" : "is not valid JSON");
  error.at(path, line, "byte " + std::to_string(seen));
  const std::string_view around = text.substr(seen < 12 ? 0 : seen - 12, 24);
  for (const std::string_view word : {"NaN", "Infinity", "nan", "inf"}) {
    if (around.find(word) == std::string_view::npos) continue;
    error.hint(std::string(word) + " is no number in JSON; leave such detections out");
    break;
  }
  return error;
}

}  // namespace tenon::formats
