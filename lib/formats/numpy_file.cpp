#include "formats/numpy_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/error.h"
#include "formats/byte_reader.h"
#include "formats/file_kind.h"

namespace tenon::formats {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kAlignment = 64;  // of the data, as numpy.save has it since 1.14

struct TypeName {
  DType dtype;
  std::string_view descr;
};
constexpr std::array<TypeName, 4> kTypes = {
    {{DType::F32, "<f4"}, {DType::F64, "<f8"}, {DType::I32, "<i4"}, {DType::I64, "<i8"}}};

std::string shape_text(const Shape& shape) {
  std::string text = "(";
  for (int axis = 0; axis < shape.rank(); ++axis)
    text += (axis > 0 ? ", " : "") + std::to_string(shape[axis]);
  return text + (shape.rank() == 1 ? ",)" : ")");
}

std::string header_text(std::string_view descr, const Shape& shape) {
  std::string header = "{'descr': '" + std::string(descr) +
                       "', 'fortran_order': False, 'shape': " + shape_text(shape) + ", }";
  // numpy.save leaves room for the first dimension to grow to 21 digits in place.
  if (shape.rank() > 0) header.append(21 - std::to_string(shape[0]).size(), ' ');
  constexpr std::size_t kBefore = 10;  // magic, version, length
  const std::size_t total =
      (kBefore + header.size() + 1 + kAlignment - 1) / kAlignment * kAlignment;
  header.resize(total - kBefore - 1, ' ');
  return header + "\n";
}

/// Walks over the Python dictionary of a header; it is written by programs, in few ways.
class DictionaryReader {
 public:
  DictionaryReader(std::string_view text, std::string path) : text_(text), path_(std::move(path)) {}

  Error fail(const std::string& message) const {
    return Error(ErrorKind::Input, "the header of the array " + message).at(path_);
  }
  bool accept(std::string_view token) {
    skip_spaces();
    if (!text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }
  void expect(std::string_view token) {
    if (!accept(token)) throw fail("lacks " + quoted(token) + " before " + quoted(text_, 20));
  }
  std::string_view string() {
    skip_spaces();
    const char quote = text_.empty() ? '\0' : text_[0];
    const std::size_t end =
        quote == '\'' || quote == '"' ? text_.find(quote, 1) : std::string_view::npos;
    if (end == std::string_view::npos) throw fail("lacks a string before " + quoted(text_, 20));
    const std::string_view result = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    return result;
  }
  std::optional<std::int64_t> number() {
    skip_spaces();
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (error == std::errc::result_out_of_range) throw fail("has an impossible dimension");
    if (error != std::errc() || value < 0) return std::nullopt;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return value;
  }
  Shape shape() {
    std::vector<std::int64_t> dimensions;
    expect("(");
    while (const auto dimension = number()) {
      if (dimensions.size() == Shape::kMaxRank) throw fail("has too many dimensions");
      dimensions.push_back(*dimension);
      if (!accept(",")) break;
    }
    expect(")");
    return Shape(dimensions);
  }
  const std::string& path() const { return path_; }

 private:
  void skip_spaces() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\n')) text_.remove_prefix(1);
  }

  std::string_view text_;
  std::string path_;
};

struct Header {
  std::optional<std::string_view> descr;
  std::optional<bool> is_column_major;
  std::optional<Shape> shape;
};

Header read_dictionary(DictionaryReader& reader) {
  Header header;
  reader.expect("{");
  while (!reader.accept("}")) {
    const std::string_view key = reader.string();
    reader.expect(":");
    if (key == "descr")
      header.descr = reader.string();
    else if (key == "shape")
      header.shape = reader.shape();
    else if (key == "fortran_order") {
      header.is_column_major = reader.accept("True");
      if (!*header.is_column_major) reader.expect("False");
    } else
      throw reader.fail("has the unknown key " + quoted(key));
    if (!reader.accept(",")) {
      reader.expect("}");
      break;
    }
  }
  if (!header.descr || !header.is_column_major || !header.shape)
    throw reader.fail("lacks one of 'descr', 'fortran_order', 'shape'");
  return header;
}

DType read_type(std::string_view descr, const std::string& path) {
  const auto found = std::ranges::find(kTypes, descr, &TypeName::descr);
  if (found == kTypes.end())
    throw Error(ErrorKind::Unsupported, "the array has type " + quoted(descr))
        .at(path)
        .hint("float32, float64, int32 and int64 are read, little-endian");
  return found->dtype;
}

std::string_view take_header(ByteReader& reader, std::span<const std::byte> bytes) {
  const auto magic = std::as_bytes(std::span(kMagic));
  if (bytes.size() < magic.size() || !std::ranges::equal(bytes.first(magic.size()), magic))
    throw Error(ErrorKind::Input, "is not a .npy file, it looks like " + file_kind(bytes))
        .at(reader.file());
  reader.take(magic.size(), "the magic");
  const auto major = reader.read<std::uint8_t>("the version");
  reader.read<std::uint8_t>("the version");
  if (major < 1 || major > 3)
    throw Error(ErrorKind::Unsupported,
                "is .npy version " + std::to_string(major) + ", versions 1 to 3 are read")
        .at(reader.file());
  const std::uint64_t length = major == 1 ? reader.read<std::uint16_t>("the header length")
                                          : reader.read<std::uint32_t>("the header length");
  const auto text = reader.take(length, "the header");
  return {reinterpret_cast<const char*>(text.data()), text.size()};
}

}  // namespace

NumpyWriter::NumpyWriter(ByteSink sink, DType dtype, const Shape& shape)
    : sink_(std::move(sink)), dtype_(dtype) {
  const auto type = std::ranges::find(kTypes, dtype, &TypeName::dtype);
  if (type == kTypes.end())
    throw Error(ErrorKind::Unsupported,
                "arrays of " + std::string(dtype_name(dtype)) + " are not written as .npy");
  missing_ = TensorView{dtype, shape, nullptr}.bytes();
  const std::string header = header_text(type->descr, shape);
  std::string start(kMagic);
  start += "\x01\x00"sv;
  start += static_cast<char>(header.size() & 0xFF);
  start += static_cast<char>(header.size() >> 8);
  start += header;
  sink_(std::as_bytes(std::span(start)));
}

void NumpyWriter::write(std::span<const std::byte> bytes) {
  TENON_CHECK(bytes.size() <= missing_);
  if (!bytes.empty()) sink_(bytes);
  missing_ -= bytes.size();
}

void NumpyWriter::write(std::span<const float> numbers) {
  TENON_CHECK(dtype_ == DType::F32);
  write(std::as_bytes(numbers));
}

void NumpyWriter::finish() {
  TENON_CHECK(missing_ == 0);
}

NumpyArray read_numpy(std::span<const std::byte> bytes, const std::string& path) {
  ByteReader reader(bytes, path);
  DictionaryReader dictionary(take_header(reader, bytes), path);
  const Header header = read_dictionary(dictionary);
  NumpyArray array{read_type(*header.descr, path), *header.shape, {}};
  if (*header.is_column_major && array.shape.rank() > 1)
    throw Error(ErrorKind::Unsupported, "the array is stored column by column")
        .at(path)
        .hint("save numpy.ascontiguousarray(x)");
  std::uint64_t size = static_cast<std::uint64_t>(dtype_info(array.dtype).block_bytes);
  for (const std::int64_t dimension : array.shape.dimensions())
    if (__builtin_mul_overflow(size, static_cast<std::uint64_t>(dimension), &size))
      throw dictionary.fail("has a shape of more elements than can be counted");
  array.data = reader.take(size, "the numbers of the array");
  return array;
}

}  // namespace tenon::formats
