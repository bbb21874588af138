#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/descriptor_output.h"

namespace tenon::cli {

/// Opens "-" (stdout) or a file. A regular file is written beside its place, under a name that
/// begins with a dot, and is removed with the object unless keep() was called; a symbolic link
/// stays one and its target is replaced. A device or named pipe is written directly. Throws
/// Error(Usage) for a file that exists (unless `overwrite`) and for binary data to a terminal,
/// Error(Resource) for a directory or a missing folder.
std::unique_ptr<PendingOutput> open_output_file(const std::string& path, bool overwrite,
                                                bool is_binary,
                                                std::function<void()> before_terminal_write);

/// What open_output_file would refuse for its path, without creating anything: before long work.
void check_output_path(const std::string& path, bool overwrite);

/// All outputs of a run.
class OutputSet {
 public:
  /// `before_terminal_write`: called before bytes go to a terminal (to erase a progress bar).
  explicit OutputSet(bool overwrite, std::function<void()> before_terminal_write);

  Output& standard(const std::string& path, bool is_binary);
  bool has_standard() const { return standard_ != nullptr; }
  Output& open(const std::string& path, bool is_binary);

  /// Closes all, then puts all in place: a failing one leaves none of the files behind.
  void keep();
  /// Writes out what stdout has so far; files are given up with the object.
  void flush_stdout() noexcept;

 private:
  PendingOutput& insert(const std::string& path, bool is_binary);

  bool overwrite_;
  std::function<void()> before_terminal_write_;
  std::vector<std::unique_ptr<PendingOutput>> outputs_;
  PendingOutput* standard_ = nullptr;
};

}  // namespace tenon::cli
