#include "text/jinja/value.h"

#include "text/jinja/comparison.h"
#include "text/jinja/heap.h"

namespace tenon::text::jinja {

Value Value::boolean(bool value) {
  Value result;
  result.type_ = Type::Boolean;
  result.bits_.boolean = value;
  return result;
}

Value Value::integer(std::int64_t value) {
  Value result;
  result.type_ = Type::Integer;
  result.bits_.integer = value;
  return result;
}

Value Value::real(double value) {
  Value result;
  result.type_ = Type::Float;
  result.bits_.real = value;
  return result;
}

Value::Value(Object* object) : type_(object->type()) {
  bits_.object = object;
  ++object->references_;
}

Value::Value(const Value& other) : type_(other.type_), bits_(other.bits_) {
  if (is_object()) ++bits_.object->references_;
}

Value::Value(Value&& other) noexcept : type_(other.type_), bits_(other.bits_) {
  other.type_ = Type::None;
}

Value& Value::operator=(const Value& other) {
  Value copy(other);
  return *this = std::move(copy);
}

Value& Value::operator=(Value&& other) noexcept {
  std::swap(type_, other.type_);
  std::swap(bits_, other.bits_);
  return *this;
}

void Value::release() {
  if (is_object() && --bits_.object->references_ == 0) bits_.object->heap_->retire(bits_.object);
}

double Value::as_real() const {
  return is(Type::Float) ? bits_.real : static_cast<double>(as_integer());
}

bool Value::same_as(const Value& other) const {
  if (type_ != other.type_) return false;
  if (is_object()) return bits_.object == other.bits_.object;
  if (is_none()) return true;
  return is(Type::Float) ? bits_.real == other.bits_.real : as_integer() == other.as_integer();
}

namespace {

constexpr std::size_t kNotFound = static_cast<std::size_t>(-1);
constexpr std::size_t kSmallDict = 8;  // below this a walk is faster than a table

}  // namespace

// The entry with this key, given as a value or (key == nullptr) as text.
std::size_t Dict::slot_of(std::size_t hash, const Value* key, std::string_view text) const {
  const auto matches = [&](std::size_t entry) {
    if (hashes_[entry] != hash) return false;
    const Value& there = entries_[entry].key;
    if (key != nullptr) return equal(there, *key);
    const auto* string = there.get_if<StringObject>();
    return string != nullptr && string->text == text;
  };
  if (slots_.empty()) {
    for (std::size_t i = 0; i < entries_.size(); ++i)
      if (matches(i)) return i;
    return kNotFound;
  }
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = hash & mask; slots_[slot] != 0; slot = (slot + 1) & mask)
    if (matches(slots_[slot] - 1)) return slots_[slot] - 1;
  return kNotFound;
}

std::size_t Dict::position(const Value& key) const {
  return slot_of(hash_of(key), &key, {});
}

const Value* Dict::find(const Value& key) const {
  const std::size_t at = position(key);
  return at == kNotFound ? nullptr : &entries_[at].value;
}

const Value* Dict::find(std::string_view key) const {
  const std::size_t at = slot_of(hash_of(key), nullptr, key);
  return at == kNotFound ? nullptr : &entries_[at].value;
}

bool Dict::set(Value key, Value value) {
  const std::size_t hash = hash_of(key);
  const std::size_t at = slot_of(hash, &key, {});
  if (at != kNotFound) {
    entries_[at].value = std::move(value);
    return false;
  }
  entries_.push_back({std::move(key), std::move(value)});
  hashes_.push_back(hash);
  if (entries_.size() <= kSmallDict) return true;
  if (entries_.size() * 2 > slots_.size()) {
    rebuild(slots_.empty() ? 4 * kSmallDict : slots_.size() * 2);
  } else {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = hash & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<std::uint32_t>(entries_.size());
  }
  return true;
}

void Dict::rebuild(std::size_t slots) {
  slots_.assign(slots, 0);
  const std::size_t mask = slots - 1;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    std::size_t slot = hashes_[i] & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<std::uint32_t>(i + 1);
  }
}

void Dict::erase(const Value& key) {
  const std::size_t at = position(key);
  if (at == kNotFound) return;
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(at));
  hashes_.erase(hashes_.begin() + static_cast<std::ptrdiff_t>(at));
  if (!slots_.empty()) rebuild(slots_.size());
}

void Dict::clear() {
  entries_.clear();
  hashes_.clear();
  slots_.clear();
}

}  // namespace tenon::text::jinja
