#include "formats/safetensors_header.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "formats/byte_reader.h"
#include "formats/file_kind.h"
#include "formats/json_reader.h"

namespace tenon::formats {

namespace {

constexpr std::string_view kMetadataKey = "__metadata__";

struct TypeSize {
  std::string_view name;
  std::uint64_t bytes;
};
// Types of the format that Tenon can list only; 0: parts of bytes, the length is not checked.
constexpr std::array<TypeSize, 8> kOtherTypes = {{{"U16", 2},
                                                  {"U32", 4},
                                                  {"U64", 8},
                                                  {"F8_E8M0", 1},
                                                  {"C64", 8},
                                                  {"F4", 0},
                                                  {"F6_E2M3", 0},
                                                  {"F6_E3M2", 0}}};
constexpr std::array<DType, 12> kDTypes = {DType::F64, DType::F32,  DType::F16,     DType::BF16,
                                           DType::I64, DType::I32,  DType::I16,     DType::I8,
                                           DType::U8,  DType::Bool, DType::F8_E4M3, DType::F8_E5M2};

/// {"name":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},...,"__metadata__":{"key":"text"}}
class HeaderReader final : public JsonReader {
 public:
  HeaderReader(const std::string& file, SafetensorsHeader& header)
      : JsonReader(file), header_(header) {}

  bool start_object(std::size_t) override {
    if (depth_ >= 2 || list_ != nullptr || !field_.empty()) fail("nests objects too deep");
    ++depth_;
    return true;
  }
  bool end_object() override {
    if (depth_ == 2 && !is_metadata_) finish_tensor();
    is_metadata_ = false;
    --depth_;
    return true;
  }
  bool key(string_t& name) override {
    if (depth_ == 1)
      begin_entry(name);
    else
      begin_field(name);
    return true;
  }
  bool string(string_t& text) override {
    if (depth_ == 2 && is_metadata_)
      header_.metadata.emplace_back(field_, text);
    else if (depth_ == 2 && field_ == "dtype" && list_ == nullptr)
      tensor_.type_name = text;
    else
      fail("has a string where none belongs");
    field_.clear();
    return true;
  }
  bool start_array(std::size_t) override {
    if (depth_ != 2 || is_metadata_ || list_ != nullptr) fail("has an array where none belongs");
    if (field_ == "shape")
      list_ = &shape_;
    else if (field_ == "data_offsets")
      list_ = &offsets_;
    else
      fail("has an array where none belongs");
    return true;
  }
  bool end_array() override {
    list_ = nullptr;
    field_.clear();
    return true;
  }
  bool number_unsigned(number_unsigned_t number) override {
    if (list_ == nullptr) fail("has a number where none belongs");
    // A shape of many more dimensions is refused below; it must not grow meanwhile.
    if (list_->size() > Shape::kMaxRank)
      fail("has more than " + std::to_string(Shape::kMaxRank) + " dimensions");
    list_->push_back(number);
    return true;
  }

 protected:
  std::string place() const override {
    if (depth_ == 0) return "the header";
    return is_metadata_ ? std::string(kMetadataKey) : "tensor " + tenon::quoted(tensor_.name);
  }

 private:
  void begin_entry(const std::string& name) {
    tensor_ = SafetensorsTensor{};
    tensor_.name = name;
    if (!names_.insert(name).second) fail("is there twice");
    is_metadata_ = name == kMetadataKey;
    fields_.clear();
    shape_.clear();
    offsets_.clear();
  }
  void begin_field(const std::string& name) {
    const bool is_known = name == "dtype" || name == "shape" || name == "data_offsets";
    if (!is_metadata_ && !is_known) fail("has the unknown field " + tenon::quoted(name));
    if (!fields_.insert(name).second) fail("has the field " + tenon::quoted(name) + " twice");
    field_ = name;
  }
  void finish_tensor() {
    for (const char* field : {"dtype", "shape", "data_offsets"})
      if (!fields_.contains(field)) fail("lacks the field " + tenon::quoted(field));
    if (offsets_.size() != 2 || offsets_[0] > offsets_[1])
      fail("has data_offsets that are not a begin and an end after it");
    std::vector<std::int64_t> dimensions;
    for (const std::uint64_t dimension : shape_) {
      if (dimension > static_cast<std::uint64_t>(INT64_MAX)) fail("has an impossible dimension");
      dimensions.push_back(static_cast<std::int64_t>(dimension));
    }
    if (dimensions.size() > Shape::kMaxRank)
      fail("has more than " + std::to_string(Shape::kMaxRank) + " dimensions");
    tensor_.shape = Shape(dimensions);
    tensor_.offset = offsets_[0];
    tensor_.bytes = offsets_[1] - offsets_[0];
    header_.tensors.push_back(std::move(tensor_));
  }

  SafetensorsHeader& header_;
  int depth_ = 0;
  bool is_metadata_ = false;
  SafetensorsTensor tensor_;
  std::string field_;                           // whose value comes next
  std::vector<std::uint64_t>* list_ = nullptr;  // the array being read
  std::vector<std::uint64_t> shape_, offsets_;
  std::unordered_set<std::string> names_, fields_;
};

/// {"metadata":{...},"weight_map":{"tensor":"file",...}}: the rest is stepped over.
class IndexReader final : public JsonReader {
 public:
  explicit IndexReader(const std::string& file) : JsonReader(file) {}

  std::vector<std::pair<std::string, std::string>> map;
  bool has_map = false;

  bool start_object(std::size_t) override { return enter(); }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override { return enter(); }
  bool end_array() override { return leave(); }
  bool key(string_t& name) override {
    if (depth_ == 1) section_ = name;
    if (depth_ == 1 && name == "weight_map") {
      if (has_map) fail("is there twice");
      has_map = true;
    }
    if (is_in_map() && !names_.insert(name).second) fail("names " + tenon::quoted(name) + " twice");
    if (is_in_map()) tensor_ = name;
    return true;
  }
  bool string(string_t& text) override {
    if (is_in_map()) map.emplace_back(tensor_, text);
    return value("");
  }
  bool number_unsigned(number_unsigned_t) override { return value("a number"); }
  bool number_integer(number_integer_t) override { return value("a number"); }
  bool number_float(number_float_t, const string_t&) override { return value("a number"); }
  bool boolean(bool) override { return value("true or false"); }
  bool null() override { return value("null"); }

 protected:
  std::string place() const override {
    return section_.empty() ? "the index" : tenon::quoted(section_);
  }

 private:
  static constexpr int kMaxDepth = 32;

  bool is_in_map() const { return depth_ == 2 && section_ == "weight_map"; }
  bool enter() {
    if (is_in_map()) fail("must name files");
    if (++depth_ > kMaxDepth) fail("is nested too deep");
    return true;
  }
  bool leave() {
    --depth_;
    return true;
  }
  bool value(const std::string& what) {
    if (depth_ == 0 || (depth_ == 1 && section_ == "weight_map")) fail("is no object");
    if (is_in_map() && !what.empty()) fail("must name files, it has " + what);
    return true;
  }

  int depth_ = 0;
  std::string section_, tensor_;
  std::unordered_set<std::string> names_;
};

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string_view take_header(ByteReader& reader, std::span<const std::byte> bytes) {
  const auto refuse = [&](const std::string& message) {
    return Error(ErrorKind::Input, message).at(reader.file());
  };
  // Two bytes are the least header: {}.
  if (bytes.size() < sizeof(std::uint64_t) + 2 || bytes[sizeof(std::uint64_t)] != std::byte{'{'})
    throw refuse("is not a safetensors file, it looks like " + file_kind(bytes));
  const auto length = reader.read<std::uint64_t>("the header length");
  if (length > kSafetensorsMaxHeaderBytes)
    throw refuse("its header would have " + std::to_string(length) + " bytes, at most " +
                 std::to_string(kSafetensorsMaxHeaderBytes) + " are allowed");
  return as_text(reader.take(length, "the header"));
}

// Bytes of one element, 0 where that is not to be checked.
std::uint64_t element_bytes(const SafetensorsTensor& tensor, const std::string& path) {
  if (tensor.dtype) return static_cast<std::uint64_t>(dtype_info(*tensor.dtype).block_bytes);
  const auto found = std::ranges::find(kOtherTypes, tensor.type_name, &TypeSize::name);
  if (found == kOtherTypes.end())
    throw Error(ErrorKind::Input, "tensor " + tenon::quoted(tensor.name) +
                                      " has the unknown type " + tenon::quoted(tensor.type_name))
        .at(path);
  return found->bytes;
}

void check_length(const SafetensorsTensor& tensor, const std::string& path) {
  std::uint64_t expected = element_bytes(tensor, path);
  if (expected == 0) return;
  bool is_over = false;
  for (const std::int64_t dimension : tensor.shape.dimensions())
    is_over |= __builtin_mul_overflow(expected, static_cast<std::uint64_t>(dimension), &expected);
  if (is_over || expected != tensor.bytes)
    throw Error(ErrorKind::Input, "tensor " + tenon::quoted(tensor.name) + " of type " +
                                      tensor.type_name + " and shape " + tensor.shape.to_string() +
                                      " has " + std::to_string(tensor.bytes) + " bytes")
        .at(path);
}

// The format wants the data filled from begin to end, without overlaps and holes.
void check_places(const std::vector<SafetensorsTensor>& tensors, std::uint64_t data_bytes,
                  const std::string& path) {
  std::vector<const SafetensorsTensor*> order;
  for (const SafetensorsTensor& tensor : tensors) order.push_back(&tensor);
  std::ranges::sort(order, {}, [](const SafetensorsTensor* tensor) {
    return std::pair(tensor->offset, tensor->bytes);
  });
  std::uint64_t end = 0;
  for (const SafetensorsTensor* tensor : order) {
    const auto refuse = [&](const std::string& message) {
      return Error(ErrorKind::Input, "tensor " + tenon::quoted(tensor->name) + " " + message)
          .at(path);
    };
    if (tensor->offset < end) throw refuse("overlaps the one before it");
    if (tensor->offset > end) throw refuse("leaves a hole in front of it");
    if (tensor->bytes > data_bytes - tensor->offset)
      throw refuse("does not lie within the file, whose data has " + std::to_string(data_bytes) +
                   " bytes")
          .hint("the file is damaged or was not copied to its end; fetch it again");
    end += tensor->bytes;
  }
  if (end != data_bytes)
    throw Error(ErrorKind::Input,
                "has " + std::to_string(data_bytes - end) + " bytes behind the last tensor")
        .at(path);
}

}  // namespace

std::optional<DType> dtype_of_safetensors(std::string_view name) {
  for (const DType dtype : kDTypes)
    if (dtype_name(dtype) == name) return dtype;
  return std::nullopt;
}

SafetensorsHeader read_safetensors_header(std::span<const std::byte> bytes,
                                          const std::string& path) {
  ByteReader reader(bytes, path);
  const std::string_view text = take_header(reader, bytes);
  SafetensorsHeader header;
  HeaderReader json(path, header);
  read_json(text, json);
  for (SafetensorsTensor& tensor : header.tensors) {
    tensor.dtype = dtype_of_safetensors(tensor.type_name);
    check_length(tensor, path);
  }
  check_places(header.tensors, reader.remaining(), path);
  for (SafetensorsTensor& tensor : header.tensors) tensor.offset += reader.position();
  return header;
}

std::vector<std::pair<std::string, std::string>> read_safetensors_index(
    std::span<const std::byte> text, const std::string& path) {
  if (text.size() > kSafetensorsMaxHeaderBytes)
    throw Error(ErrorKind::Input, "is larger than any index, " +
                                      std::to_string(kSafetensorsMaxHeaderBytes) +
                                      " bytes are allowed")
        .at(path);
  IndexReader reader(path);
  read_json(as_text(text), reader);
  if (!reader.has_map)
    throw Error(ErrorKind::Input, "has no \"weight_map\", so it is no index of safetensors files")
        .at(path);
  for (const auto& [tensor, file] : reader.map)
    if (file.empty() || file == "." || file == ".." || file.find('/') != std::string::npos ||
        file.find('\0') != std::string::npos)
      throw Error(ErrorKind::Input, "tensor " + tenon::quoted(tensor) + " is said to be in " +
                                        tenon::quoted(file) +
                                        ", which is no name of a file in this folder")
          .at(path);
  return std::move(reader.map);
}

}  // namespace tenon::formats
