#include "cli/record_writer.h"

#include <utility>

namespace tenon::cli {
namespace {

// Two spaces deeper: a record as an element of the array.
std::string indented(const std::string& text) {
  std::string result = "  ";
  for (const char c : text) {
    result += c;
    if (c == '\n') result += "  ";
  }
  return result;
}

}  // namespace

RecordWriter::RecordWriter(std::string format, std::function<Output&()> output)
    : format_(std::move(format)), output_(std::move(output)) {}

void RecordWriter::write(const Record& record) {
  TENON_CHECK(takes_records());  // text and tsv are written by the job itself
  if (format_ == "jsonl") return output_().write(record.json() + "\n");
  if (is_array_) return output_().write(",\n" + indented(record.pretty_json()));
  if (held_.empty()) {
    held_ = record.pretty_json();
    return;
  }
  is_array_ = true;
  output_().write("[\n" + indented(std::exchange(held_, {})) + ",\n" +
                  indented(record.pretty_json()));
}

void RecordWriter::write_summary(const Record& record) {
  if (format_ == "jsonl") output_().write(record.json() + "\n");
}

void RecordWriter::finish() {
  if (!held_.empty()) output_().write(std::exchange(held_, {}) + "\n");
  if (std::exchange(is_array_, false)) output_().write("\n]\n");
}

}  // namespace tenon::cli
