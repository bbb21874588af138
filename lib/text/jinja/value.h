#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

/// The values of a running template, with the meaning Python gives them: Jinja expressions are
/// Python expressions, and published templates rely on it (truth, printing, order, what is an
/// error).
namespace tenon::text::jinja {

class Heap;

/// Values inside values inside values: comparing, printing and hashing go no deeper.
inline constexpr int kMaxValueDepth = 256;

enum class Type : std::uint8_t {
  None,
  Boolean,
  Integer,  // 64 bits; a result that needs more is an error
  Float,
  Undefined,  // from here on objects
  String,
  Sequence,
  Dict,
  Namespace,
  Loop,
  Scope,
  Macro,
  Function,
  Method,
};

/// What lives on a Heap. Counted; freed when the last Value lets go, or with the Heap.
class Object {
 public:
  explicit Object(Type type) : type_(type) {}
  virtual ~Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  Type type() const { return type_; }
  Heap& heap() const { return *heap_; }
  /// Lets go of every Value inside, so that cycles can be freed.
  virtual void drop_values() {}

 private:
  friend class Heap;
  friend class Value;
  Type type_;
  std::uint32_t references_ = 0;
  Heap* heap_ = nullptr;
  std::size_t charged_ = 0;  // bytes of the heap's budget
  Object* previous_ = nullptr;
  Object* next_ = nullptr;
};

/// One value: small ones inside, objects by counted reference. One thread at a time.
class Value {
 public:
  Value() = default;  // None
  static Value boolean(bool value);
  static Value integer(std::int64_t value);
  static Value real(double value);
  explicit Value(Object* object);
  Value(const Value& other);
  Value(Value&& other) noexcept;
  Value& operator=(const Value& other);
  Value& operator=(Value&& other) noexcept;
  ~Value() { release(); }

  Type type() const { return type_; }
  bool is(Type type) const { return type_ == type; }
  bool is_none() const { return type_ == Type::None; }
  bool is_undefined() const { return type_ == Type::Undefined; }
  bool is_object() const { return type_ >= Type::Undefined; }
  bool is_number() const { return type_ >= Type::Boolean && type_ <= Type::Float; }
  /// An integer to Python: a bool counts as 0 or 1.
  bool is_integral() const { return type_ == Type::Boolean || type_ == Type::Integer; }

  bool as_boolean() const { return bits_.boolean; }
  std::int64_t as_integer() const { return is(Type::Boolean) ? bits_.boolean : bits_.integer; }
  /// Of any number.
  double as_real() const;
  Object* object() const { return bits_.object; }
  template <typename T>
  T& as() const {
    TENON_CHECK(type_ == T::kType);
    return static_cast<T&>(*bits_.object);
  }
  template <typename T>
  T* get_if() const {
    return type_ == T::kType ? static_cast<T*>(bits_.object) : nullptr;
  }
  /// The same object, or equal small values of one type: Python's `is`.
  bool same_as(const Value& other) const;

 private:
  void release();

  Type type_ = Type::None;
  union {
    bool boolean;
    std::int64_t integer;
    double real;
    Object* object;
  } bits_ = {.integer = 0};
};

struct StringObject : Object {
  static constexpr Type kType = Type::String;
  StringObject(std::string bytes, bool markup)
      : Object(kType), text(std::move(bytes)), is_markup(markup) {}
  std::string text;          // UTF-8; invalid bytes count as one character each
  bool is_markup;            // made by |safe: text added to it is HTML-escaped (MarkupSafe)
  std::int64_t length = -1;  // characters, once counted
};

/// A missing variable or attribute: prints as nothing, is false and empty; anything else is an
/// error with this message.
struct UndefinedObject : Object {
  static constexpr Type kType = Type::Undefined;
  explicit UndefinedObject(std::string words) : Object(kType), message(std::move(words)) {}
  std::string message;
};

struct SequenceObject : Object {
  static constexpr Type kType = Type::Sequence;
  enum class Flavor { List, Tuple, Range, Keys, Values, Items, Generator };

  SequenceObject(Flavor kind, std::vector<Value> values)
      : Object(kType), flavor(kind), items(std::move(values)) {}
  void drop_values() override { items.clear(); }

  Flavor flavor;
  std::vector<Value> items;
  std::size_t consumed = 0;                    // Generator: it can be walked once
  std::int64_t start = 0, stop = 0, step = 1;  // Range: how it prints
};

/// Keys and values in order of insertion. Keys are hashed and compared as Python does (1 == 1.0 ==
/// True).
class Dict {
 public:
  struct Entry {
    Value key;
    Value value;
  };
  const std::vector<Entry>& entries() const { return entries_; }
  std::size_t size() const { return entries_.size(); }
  /// Throws Error(Input) for a key that cannot be one (a list, a dict).
  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;
  /// True where the key is new.
  bool set(Value key, Value value);
  void erase(const Value& key);
  void clear();

 private:
  std::size_t position(const Value& key) const;
  std::size_t slot_of(std::size_t hash, const Value* key, std::string_view text) const;
  void rebuild(std::size_t slots);

  std::vector<Entry> entries_;
  std::vector<std::size_t> hashes_;   // of each entry
  std::vector<std::uint32_t> slots_;  // open addressing: entry + 1, 0 empty; unused while small
};

struct DictObject : Object {
  static constexpr Type kType = Type::Dict;
  DictObject() : Object(kType) {}
  void drop_values() override { dict.clear(); }
  Dict dict;
};

/// namespace(): the one value whose attributes a template may set.
struct NamespaceObject : Object {
  static constexpr Type kType = Type::Namespace;
  NamespaceObject() : Object(kType) {}
  void drop_values() override { attributes.clear(); }
  Dict attributes;
};

/// `loop` inside a for loop.
struct LoopObject : Object {
  static constexpr Type kType = Type::Loop;
  explicit LoopObject(std::vector<Value> values) : Object(kType), items(std::move(values)) {}
  void drop_values() override {
    items.clear();
    last_changed = Value();
  }
  std::vector<Value> items;
  std::size_t index = 0;  // of the turn under way, from 0
  Value last_changed;     // arguments of the last loop.changed(): a tuple, or None
};

}  // namespace tenon::text::jinja
