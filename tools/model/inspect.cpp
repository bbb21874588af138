#include <algorithm>
#include <cstdio>
#include <map>

#include "formats/gguf.h"
#include "formats/open_weights.h"
#include "run.h"

namespace tenon::model_tool {

namespace {

struct TypeTotal {
  std::string type;
  std::int64_t tensors = 0;
  std::int64_t elements = 0;
  std::int64_t bytes = 0;
};

// What a table of tensors is made of, whatever file they come from.
struct TensorLine {
  std::string name;
  std::string type;
  Shape shape;
  std::int64_t elements = 0;
  std::int64_t bytes = -1;  // -1: a type whose size is unknown
  bool is_copy = false;     // packed, of another tensor: no parameters of its own
};

std::vector<TensorLine> tensor_lines(const formats::OpenedWeights& opened) {
  std::vector<TensorLine> lines;
  if (opened.gguf != nullptr) {
    for (const formats::GgufTensor& tensor : opened.gguf->tensors())
      lines.push_back({tensor.name, tensor.type_name, tensor.shape,
                       static_cast<std::int64_t>(tensor.elements),
                       tensor.bytes ? static_cast<std::int64_t>(*tensor.bytes) : -1,
                       tensor.is_packed && tensor.name.ends_with(".packed")});
    return lines;
  }
  for (const formats::SafetensorsTensor& tensor : opened.safetensors->tensors())
    lines.push_back({tensor.name, tensor.type_name, tensor.shape, tensor.shape.elements(),
                     static_cast<std::int64_t>(tensor.bytes)});
  return lines;
}

std::vector<TypeTotal> totals(const std::vector<TensorLine>& lines) {
  std::map<std::string, TypeTotal> by_type;
  for (const TensorLine& line : lines) {
    TypeTotal& total = by_type[line.type];
    total.type = line.type;
    ++total.tensors;
    total.elements += line.elements;
    total.bytes += std::max<std::int64_t>(line.bytes, 0);
  }
  std::vector<TypeTotal> result;
  for (auto& [type, total] : by_type) result.push_back(total);
  std::ranges::sort(result,
                    [](const TypeTotal& a, const TypeTotal& b) { return a.bytes > b.bytes; });
  return result;
}

std::vector<std::int64_t> dimensions(const Shape& shape) {
  return {shape.dimensions().begin(), shape.dimensions().end()};
}

cli::Record model_record(const formats::OpenedWeights& opened,
                         const std::vector<TensorLine>& lines) {
  std::int64_t parameters = 0, bytes = 0;
  for (const TensorLine& line : lines) {
    parameters += line.is_copy ? 0 : line.elements;
    bytes += std::max<std::int64_t>(line.bytes, 0);
  }
  cli::Record record("model");
  record.add("file", opened.weights->origin()).add("format", opened.format);
  if (opened.gguf != nullptr) {
    const auto& parts = opened.gguf->parts();
    record.add("format_version", static_cast<std::int64_t>(parts.front().version));
    if (parts.size() > 1) record.add("parts", static_cast<std::int64_t>(parts.size()));
    if (const auto name = opened.gguf->metadata().find_string("general.architecture"))
      record.add("architecture", *name);
    if (const auto name = opened.gguf->metadata().find_string("general.name"))
      record.add("name", *name);
  }
  return record.add("tensors", static_cast<std::int64_t>(lines.size()))
      .add("parameters", parameters)
      .add("tensor_bytes", bytes);
}

cli::Record tensor_record(const TensorLine& line) {
  cli::Record record("tensor");
  record.add("name", line.name)
      .add("dtype", line.type)
      .add("shape", std::span<const std::int64_t>(dimensions(line.shape)))
      .add("elements", line.elements);
  if (line.bytes >= 0)
    record.add("bytes", line.bytes);
  else
    record.add_null("bytes");
  return record;
}

cli::Record size_record(const TypeTotal& total) {
  return cli::Record("size")
      .add("dtype", total.type)
      .add("tensors", total.tensors)
      .add("elements", total.elements)
      .add("bytes", total.bytes);
}

std::vector<cli::Record> metadata_records(const formats::GgufFile& file) {
  std::vector<cli::Record> records;
  for (const auto& entry : file.metadata().entries())
    records.push_back(cli::Record("metadata")
                          .add("key", entry.key)
                          .add("value_type", entry.value.description())
                          .add_json("value", entry.value.to_json()));
  return records;
}

std::string human_bytes(std::int64_t bytes) {
  const char* const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  int unit = 0;
  while (value >= 1024 && unit < 4) value /= 1024, ++unit;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text;
}

std::string column(std::string text, std::size_t width, bool is_right = false) {
  if (text.size() >= width) return text;
  const std::string padding(width - text.size(), ' ');
  return is_right ? padding + text : text + padding;
}

void print_text(cli::Context& context, const formats::OpenedWeights& opened,
                const std::vector<TensorLine>& lines, const InspectSettings& settings) {
  std::string text;
  const auto fact = [&](const std::string& name, const std::string& value) {
    text += column(name, 14) + value + "\n";
  };
  std::int64_t parameters = 0, bytes = 0;
  for (const TensorLine& line : lines)
    parameters += line.is_copy ? 0 : line.elements, bytes += std::max<std::int64_t>(line.bytes, 0);
  fact("file", opened.weights->origin());
  fact("format", opened.format);
  if (opened.gguf != nullptr) {
    if (const auto name = opened.gguf->metadata().find_string("general.architecture"))
      fact("architecture", std::string(*name));
  }
  fact("parameters", std::to_string(parameters));
  fact("tensors", std::to_string(lines.size()) + ", " + human_bytes(bytes));
  for (const TypeTotal& total : totals(lines))
    fact("", column(total.type, 8) + column(std::to_string(total.tensors), 6, true) + " tensors " +
                 column(human_bytes(total.bytes), 11, true));
  if (settings.shows_metadata && opened.gguf != nullptr) {
    text += "\nmetadata\n";
    for (const auto& entry : opened.gguf->metadata().entries())
      text += "  " + entry.key + " = " + entry.value.to_json(4) + "\n";
  }
  if (settings.shows_tensors) {
    std::size_t width = 0;
    for (const TensorLine& line : lines) width = std::max(width, line.name.size());
    text += "\ntensors\n";
    for (const TensorLine& line : lines)
      text += "  " + column(line.name, width + 2) + column(line.type, 8) +
              column(line.shape.to_string(), 18) +
              (line.bytes >= 0 ? human_bytes(line.bytes) : "size unknown") + "\n";
  }
  context.output().write(text);
}

}  // namespace

int run_inspect(cli::Context& context, const InspectSettings& settings) {
  const formats::OpenedWeights opened = formats::open_weights(settings.model);
  const std::vector<TensorLine> lines = tensor_lines(opened);
  if (context.common().format == "text") {
    print_text(context, opened, lines, settings);
    return cli::kExitDone;
  }

  std::vector<cli::Record> metadata, tensors, sizes;
  if (settings.shows_metadata && opened.gguf != nullptr) metadata = metadata_records(*opened.gguf);
  if (settings.shows_tensors)
    for (const TensorLine& line : lines) tensors.push_back(tensor_record(line));
  for (const TypeTotal& total : totals(lines)) sizes.push_back(size_record(total));

  cli::Record model = model_record(opened, lines);
  if (context.common().format == "json") {
    model.add("sizes", std::span<const cli::Record>(sizes));
    if (settings.shows_metadata) model.add("metadata", std::span<const cli::Record>(metadata));
    if (settings.shows_tensors) model.add("tensor_list", std::span<const cli::Record>(tensors));
    context.write(model);
    return cli::kExitDone;
  }
  context.write(model);
  for (const auto* records : {&sizes, &metadata, &tensors})
    for (const cli::Record& record : *records) context.write(record);
  return cli::kExitDone;
}

}  // namespace tenon::model_tool
