#include "text/jinja/heap.h"

namespace tenon::text::jinja {

Heap::~Heap() {
  // Pin all, empty all, free all: nothing is freed while something may still let go of it.
  for (Object* object = first_; object != nullptr; object = object->next_) ++object->references_;
  for (Object* object = first_; object != nullptr; object = object->next_) object->drop_values();
  is_freeing_ = true;
  while (first_ != nullptr) {
    Object* object = first_;
    unlink(object);
    delete object;
  }
}

void Heap::charge(std::size_t bytes) {
  check_room(bytes);
  memory_used_ += bytes;
}

void Heap::charge(Object& object, std::size_t bytes) {
  charge(bytes);
  object.charged_ += bytes;
}

void Heap::check_room(std::size_t bytes) const {
  if (bytes > limits_.memory_bytes || memory_used_ > limits_.memory_bytes - bytes) fail_memory();
}

Value Heap::adopt(std::unique_ptr<Object> object, std::size_t bytes) {
  charge(bytes);
  object->charged_ = bytes;
  object->heap_ = this;
  object->next_ = first_;
  if (first_ != nullptr) first_->previous_ = object.get();
  first_ = object.get();
  return Value(object.release());
}

void Heap::unlink(Object* object) {
  if (object->previous_ != nullptr) object->previous_->next_ = object->next_;
  if (object->next_ != nullptr) object->next_->previous_ = object->previous_;
  if (first_ == object) first_ = object->next_;
  object->previous_ = object->next_ = nullptr;
}

void Heap::retire(Object* object) {
  unlink(object);
  retired_.push_back(object);
  if (is_freeing_) return;
  is_freeing_ = true;
  while (!retired_.empty()) {
    Object* next = retired_.back();
    retired_.pop_back();
    memory_used_ -= next->charged_;
    delete next;
  }
  is_freeing_ = false;
}

Value Heap::string(std::string text, bool is_markup) {
  spend_text(text.size());
  const std::size_t bytes = text.capacity();
  return make<StringObject>(bytes, std::move(text), is_markup);
}

Value Heap::undefined(std::string message) {
  const std::size_t bytes = message.capacity();
  return make<UndefinedObject>(bytes, std::move(message));
}

Value Heap::sequence(SequenceObject::Flavor flavor, std::vector<Value> items) {
  const std::size_t bytes = items.capacity() * sizeof(Value);
  spend(1 + static_cast<std::int64_t>(items.size() / 8));
  return make<SequenceObject>(bytes, flavor, std::move(items));
}

void Heap::set(Object& owner, Dict& dict, Value key, Value value) {
  // An entry, its hash, and its share of slots at most half full.
  constexpr std::size_t kEntryBytes =
      sizeof(Dict::Entry) + sizeof(std::size_t) + 4 * sizeof(std::uint32_t);
  spend(1);
  if (dict.set(std::move(key), std::move(value))) charge(owner, kEntryBytes);
}

void Heap::set(Value& dict, Value key, Value value) {
  auto& object = dict.as<DictObject>();
  set(object, object.dict, std::move(key), std::move(value));
}

void Heap::fail_steps() const {
  throw Error(ErrorKind::Resource, "the template takes more than " + std::to_string(limits_.steps) +
                                       " steps, it may never end")
      .hint("RenderLimits::steps sets the limit");
}

void Heap::fail_memory() const {
  throw Error(ErrorKind::Resource, "the template needs more than " +
                                       std::to_string(limits_.memory_bytes) + " bytes of memory")
      .hint("RenderLimits::memory_bytes sets the limit");
}

}  // namespace tenon::text::jinja
