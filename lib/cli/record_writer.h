#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cli/context.h"

namespace tenon::cli {

/// Records in the form of --format. jsonl: one a line, as they come. json: one document; a single
/// record is the object itself, several are an array (a record is held back until the next one
/// shows which).
class RecordWriter {
 public:
  /// `output` is asked for at the first record.
  RecordWriter(std::string format, std::function<Output&()> output);

  /// Before the first record.
  void set_format(std::string_view format) { format_ = format; }
  bool takes_records() const { return format_ == "json" || format_ == "jsonl"; }
  void write(const Record& record);
  /// The summary ends a stream (jsonl); a document (json) goes without.
  void write_summary(const Record& record);
  /// Ends the document.
  void finish();

 private:
  std::string format_;
  std::function<Output&()> output_;
  std::string held_;  // first record of a document, indented
  bool is_array_ = false;
};

}  // namespace tenon::cli
