#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/context.h"

namespace tenon::cli {

/// Reads input files and stdin ("-"). A missing file, a directory or a failing read is
/// Error(Resource); SIGINT while a pipe keeps silent is Interrupted.
class Input {
 public:
  /// Opens; `on_terminal` is called where "-" is a terminal, for a note to whoever sits there.
  Input(const std::string& path, const std::function<void()>& on_terminal);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  /// Appends what comes next to `buffer`; false at the end.
  bool read_more(std::string& buffer);
  /// Something, or the end, is there to be read.
  bool is_ready() const;

 private:
  std::string shown_;
  int descriptor_;
  bool is_owned_;
};

std::string read_whole(Input& input);
std::unique_ptr<Context::Lines> lines_of(std::unique_ptr<Input> input);

}  // namespace tenon::cli
