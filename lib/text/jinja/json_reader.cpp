#include <nlohmann/json.hpp>

#include "text/jinja/json.h"

namespace tenon::text::jinja {

namespace {

using nlohmann::json;

// Takes the events of nlohmann's parser and builds values on the heap.
class Builder : public nlohmann::json_sax<json> {
 public:
  Builder(Heap& heap, std::string_view what) : heap_(heap), what_(what) {}

  Value take() { return std::move(root_); }

  bool null() override { return add(Value()); }
  bool boolean(bool value) override { return add(Value::boolean(value)); }
  bool number_integer(number_integer_t value) override { return add(Value::integer(value)); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<number_unsigned_t>(INT64_MAX)) fail_integer();
    return add(Value::integer(static_cast<std::int64_t>(value)));
  }
  bool number_float(number_float_t value, const string_t& digits) override {
    // What is too large for nlohmann's integers comes as a float; Python would keep it whole.
    if (digits.find_first_of(".eE") == std::string::npos) fail_integer();
    return add(Value::real(value));
  }
  bool string(string_t& value) override { return add(heap_.string(std::move(value))); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(heap_.dict()); }
  bool key(string_t& key) override {
    open_.back().key = heap_.string(std::move(key));
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(heap_.list({})); }
  bool end_array() override { return close(); }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& problem) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error while ...".
    std::string words = problem.what();
    if (const auto colon = words.find(": "); colon != std::string::npos)
      words = words.substr(colon + 2);
    throw std::move(Error(ErrorKind::Input, "not JSON: " + quoted(words, 200))
                        .at(what_, 0, "byte " + std::to_string(position)));
  }

 private:
  struct Open {
    Value container;
    Value key;
  };

  bool add(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return true;
    }
    Open& open = open_.back();
    if (open.container.is(Type::Dict)) {
      heap_.set(open.container, open.key, std::move(value));
    } else {
      auto& list = open.container.as<SequenceObject>();
      heap_.charge(list, sizeof(Value));
      list.items.push_back(std::move(value));
    }
    return true;
  }

  bool open(Value container) {
    constexpr std::size_t kMaxNesting = kMaxValueDepth / 2;  // templates may wrap it further
    if (open_.size() >= kMaxNesting)
      throw std::move(
          Error(ErrorKind::Resource, "nested more than " + std::to_string(kMaxNesting) + " deep")
              .at(what_));
    add(container);
    open_.push_back({std::move(container), {}});
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  [[noreturn]] void fail_integer() const {
    throw std::move(Error(ErrorKind::Unsupported, "an integer of more than 64 bits").at(what_));
  }

  Heap& heap_;
  std::string what_;
  Value root_;
  std::vector<Open> open_;
};

}  // namespace

Value from_json(Heap& heap, std::string_view text, std::string_view what) {
  Builder builder(heap, what);
  json::sax_parse(text.begin(), text.end(), &builder);
  return builder.take();
}

}  // namespace tenon::text::jinja
