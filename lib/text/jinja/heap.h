#pragma once

#include <memory>
#include <string>
#include <vector>

#include "text/chat_template.h"
#include "text/jinja/value.h"

namespace tenon::text::jinja {

/// Owns every object of one rendering and keeps its budget. A hostile template runs into
/// Error(Resource), never into a hang or the end of memory.
class Heap {
 public:
  explicit Heap(const RenderLimits& limits) : limits_(limits), steps_left_(limits.steps) {}
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  const RenderLimits& limits() const { return limits_; }

  /// Counts work; throws once the template has used up its steps.
  void spend(std::int64_t steps) {
    steps_left_ -= steps;
    if (steps_left_ < 0) fail_steps();
  }
  /// Work on `bytes` of text.
  void spend_text(std::size_t bytes) { spend(1 + static_cast<std::int64_t>(bytes / 64)); }
  /// Counts bytes alive; throws beyond the limit.
  void charge(std::size_t bytes);
  void discharge(std::size_t bytes) { memory_used_ -= bytes; }
  /// More bytes inside `object`; given back when it is freed.
  void charge(Object& object, std::size_t bytes);
  /// Throws where a string of that size cannot be allowed, before it is made.
  void check_room(std::size_t bytes) const;

  template <typename T, typename... Arguments>
  Value make(std::size_t extra_bytes, Arguments&&... arguments) {
    auto object = std::make_unique<T>(std::forward<Arguments>(arguments)...);
    return adopt(std::move(object), sizeof(T) + extra_bytes);
  }

  Value string(std::string text, bool is_markup = false);
  Value undefined(std::string message);
  Value sequence(SequenceObject::Flavor flavor, std::vector<Value> items);
  Value list(std::vector<Value> items) {
    return sequence(SequenceObject::Flavor::List, std::move(items));
  }
  Value tuple(std::vector<Value> items) {
    return sequence(SequenceObject::Flavor::Tuple, std::move(items));
  }
  Value dict() { return make<DictObject>(0); }
  /// dict[key] = value, charged.
  void set(Value& dict, Value key, Value value);
  void set(Object& owner, Dict& dict, Value key, Value value);

 private:
  friend class Value;
  Value adopt(std::unique_ptr<Object> object, std::size_t bytes);
  void retire(Object* object);  // the last reference is gone
  void unlink(Object* object);
  [[noreturn]] void fail_steps() const;
  [[noreturn]] void fail_memory() const;

  RenderLimits limits_;
  std::int64_t steps_left_;
  std::size_t memory_used_ = 0;
  Object* first_ = nullptr;  // every object alive
  std::vector<Object*>
      retired_;  // freed one after another, so that deep nesting needs no deep stack
  bool is_freeing_ = false;
};

}  // namespace tenon::text::jinja
