/// Damaged files: cut short at every byte, changed at every byte, and changed at random. Whatever
/// comes in, a reader opens it or throws Error; it asks for no more memory than the file explains.
/// The asan preset makes reads beyond the bytes fatal.

#include <doctest/doctest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "formats/language_model_file.h"
#include "formats/numpy_file.h"
#include "formats/safetensors.h"
#include "formats/safetensors_header.h"
#include "formats/small_model.h"
#include "kernels/kernels.h"

namespace {

std::atomic<std::size_t> largest_request{0};
std::atomic<std::size_t> live_bytes{0};
std::atomic<std::size_t> most_live_bytes{0};

void* count(void* memory, std::size_t size) {
  if (size > largest_request) largest_request = size;
  if (memory == nullptr) return nullptr;
  live_bytes += ::malloc_usable_size(memory);
  if (live_bytes > most_live_bytes) most_live_bytes = live_bytes.load();
  return memory;
}

void release(void* memory) {
  if (memory != nullptr) live_bytes -= ::malloc_usable_size(memory);
  std::free(memory);
}

void* allocate(std::size_t size, std::size_t alignment) {
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  return count(rounded < size ? nullptr : std::aligned_alloc(alignment, rounded), size);
}

void* or_throw(void* memory) {
  return memory != nullptr ? memory : throw std::bad_alloc();
}

}  // namespace

// Every allocation of this program is counted.
void* operator new(std::size_t size) {
  return or_throw(count(std::malloc(size), size));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return count(std::malloc(size), size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return or_throw(allocate(size, static_cast<std::size_t>(alignment)));
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
  release(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  release(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  release(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  release(memory);
}
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  release(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  release(memory);
}

using namespace tenon;
using namespace tenon::formats;
using namespace tenon::formats::test;

namespace {

// One request: the file and a little. Together: the tables of a file of tiny entries are
// larger than it.
constexpr std::size_t kConstant = 16 * 1024;
constexpr std::size_t kLiveFactor = 24;

std::uint64_t sum_of(std::span<const std::byte> bytes) {
  std::uint64_t sum = 0;
  for (const std::byte byte : bytes) sum += std::to_integer<std::uint64_t>(byte);
  return sum;
}

/// Reads all that a GGUF file gives: every value in every form, every byte of every tensor.
std::uint64_t read_gguf(std::span<const std::byte> bytes) {
  const GgufFile file = GgufFile::from_bytes(bytes, "damaged.gguf");
  std::uint64_t sum = 0;
  for (const auto& entry : file.metadata().entries()) {
    sum += entry.value.to_json().size() + entry.value.as_strings().has_value();
    sum += entry.value.as_i64s().has_value() + entry.value.as_f64s().has_value();
    sum += entry.value.as_string().value_or("").size() + entry.value.elements().size();
  }
  for (const GgufTensor& tensor : file.tensors())
    if (tensor.bytes) sum += sum_of(file.tensor_bytes(tensor));
  return sum + content_key(file).low;
}

std::uint64_t read_model(std::span<const std::byte> bytes) {
  const LanguageModelFile file(GgufFile::from_bytes(bytes, "damaged.gguf"));
  std::uint64_t sum = static_cast<std::uint64_t>(file.config().layers);
  return sum + file.vocabulary().pieces.size();
}

std::uint64_t read_safetensors(std::span<const std::byte> bytes) {
  const SafetensorsFile file = SafetensorsFile::from_bytes(bytes, "damaged.safetensors");
  std::uint64_t sum = 0;
  for (const SafetensorsTensor& tensor : file.tensors()) {
    sum += sum_of(file.tensor_bytes(tensor));
    if (!tensor.dtype) continue;
    const auto view = file.find(tensor.name);
    sum += sum_of({view->data, view->bytes()});
  }
  return sum;
}

std::uint64_t read_array(std::span<const std::byte> bytes) {
  return sum_of(read_numpy(bytes, "damaged.npy").data);
}

std::uint64_t read_index(std::span<const std::byte> bytes) {
  return read_safetensors_index(bytes, "damaged.json").size();
}

/// True where the bytes opened; fails the test for any exception but Error and for too much memory.
template <typename Reader>
bool opens(std::string_view text, Reader reader) {
  const Memory memory(text);
  bool is_open = false;
  const std::size_t live_before = live_bytes;
  largest_request = 0;
  most_live_bytes = live_before;
  try {
    reader(memory.bytes());
    is_open = true;
  } catch (const Error& error) {
    if (error.message().empty()) FAIL("an error without a message");
  }
  if (largest_request > text.size() + kConstant)
    FAIL("one request of " << largest_request << " bytes for a file of " << text.size());
  const std::size_t used = most_live_bytes - live_before;
  if (used > kLiveFactor * text.size() + kConstant)
    FAIL(used << " bytes in use for a file of " << text.size());
  return is_open;
}

/// Every prefix shorter than `needed` bytes is refused, every longer one opens.
template <typename Reader>
void cut_at_every_byte(const std::string& text, std::size_t needed, Reader reader) {
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const bool is_open = opens(std::string_view(text).substr(0, length), reader);
    if (is_open != (length >= needed)) FAIL("cut to " << length << " bytes: " << is_open);
  }
}

template <typename Reader>
void change_every_byte(const std::string& text, Reader reader) {
  std::size_t refused = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    for (const unsigned value : {0x00u, 0xFFu, byte ^ 1u, byte ^ 0x80u}) {
      std::string changed = text;
      changed[at] = static_cast<char>(value);
      refused += !opens(changed, reader);
    }
  }
  CHECK(refused > 0);
}

/// One of the changes that a fuzzer makes, drawn from `random` at `draw`.
std::string mutate(std::string text, const RandomStream& random, std::uint64_t draw) {
  constexpr std::uint64_t kTelling[] = {
      0,         1,         7, 8, 9, 31, 0xFF, 0x7FFFFFFF, 0xFFFFFFFF, std::uint64_t{1} << 32,
      INT64_MAX, UINT64_MAX};
  const std::uint64_t bits = random.bits(draw);
  const std::size_t at = bits % text.size();
  const std::size_t length = std::min<std::size_t>(1 + (bits >> 20) % 24, text.size() - at);
  const std::uint64_t number = kTelling[(bits >> 40) % std::size(kTelling)];
  switch ((bits >> 56) % 6) {
    case 0:
      text[at] = static_cast<char>(bits >> 48);
      break;
    case 1:
      text[at] = static_cast<char>(text[at] ^ (1 << (bits >> 48) % 8));
      break;
    case 2:
      text.erase(at, length);
      break;
    case 3:
      text.insert(at, text.substr((bits >> 25) % text.size(), length));
      break;
    case 4:
      std::memcpy(text.data() + at, &number, std::min<std::size_t>(8, text.size() - at));
      break;
    default:
      std::memcpy(text.data() + at, &number, std::min<std::size_t>(4, text.size() - at));
  }
  return text.empty() ? std::string(1, '\0') : text;
}

/// `count` files of one to four changes each; the same ones in every run.
template <typename Reader>
void change_at_random(const std::string& text, const char* name, int count, Reader reader) {
  const RandomStream random(0, name);
  int opened = 0;
  for (int i = 0; i < count; ++i) {
    std::string changed = text;
    const auto first = static_cast<std::uint64_t>(i) * 8;
    const std::uint64_t changes = 1 + random.bits(first) % 4;
    for (std::uint64_t j = 1; j <= changes; ++j) changed = mutate(changed, random, first + j);
    opened += opens(changed, reader);
  }
  CHECK(opened > 0);
  CHECK(opened < count);
}

std::string every_type() {
  return file_text(data_path("every_type.gguf"));
}
std::string every_dtype() {
  return file_text(data_path("every_type.safetensors"));
}
std::string small_model() {
  return small_file(small_metadata(), small_plan());
}
std::string shard_index() {
  return file_text(data_path("sharded/model.safetensors.index.json"));
}
std::string array() {
  return file_text(data_path("float32.npy"));
}

}  // namespace

TEST_SUITE("corruption") {
  TEST_CASE("a gguf file cut short anywhere is refused") {
    // The last tensor ends before the padding of the file: 24 numbers of one byte.
    const std::string text = every_type();
    const Memory memory(text);
    const GgufFile file = GgufFile::from_bytes(memory.bytes());
    cut_at_every_byte(text, file.tensors().back().offset + 24, read_gguf);
    cut_at_every_byte(small_model(), small_model().size(), read_model);
  }

  TEST_CASE("a gguf file changed at any byte opens or is refused") {
    change_every_byte(every_type(), read_gguf);
  }

  TEST_CASE("a language model file changed at any byte opens or is refused") {
    change_every_byte(small_model(), read_model);
  }

  TEST_CASE("a safetensors file cut short or changed at any byte opens or is refused") {
    cut_at_every_byte(every_dtype(), every_dtype().size(), read_safetensors);
    change_every_byte(every_dtype(), read_safetensors);
  }

  TEST_CASE("an index and an array cut short or changed at any byte open or are refused") {
    cut_at_every_byte(shard_index(), shard_index().size() - 1, read_index);
    change_every_byte(shard_index(), read_index);
    cut_at_every_byte(array(), array().size(), read_array);
    change_every_byte(array(), read_array);
  }

  TEST_CASE("files changed at random open or are refused") {
    change_at_random(every_type(), "gguf", 4000, read_gguf);
    change_at_random(small_model(), "model", 4000, read_model);
    change_at_random(every_dtype(), "safetensors", 4000, read_safetensors);
    change_at_random(shard_index(), "index", 2000, read_index);
    change_at_random(array(), "array", 2000, read_array);
  }

  TEST_CASE("counts that a large file could hold take no memory before the entries are there") {
    FileBytes file;
    file.head(3, 40'000, 0);
    file.text += std::string(1 << 20, '\0');  // as many entries with empty names
    const Memory memory(file.text);
    largest_request = 0;
    CHECK(error_of([&] {
            GgufFile::from_bytes(memory.bytes(), "m.gguf");
          }).ends_with("a tensor name is empty"));
    CHECK(largest_request < 64 * 1024);
  }
}
