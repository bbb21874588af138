#pragma once

#include <cstddef>
#include <string>

/// Signals of a running command. SIGINT sets a flag for the job to see, a second one ends the
/// process; SIGTERM, SIGHUP and SIGQUIT end it at once. Half-written files are removed in every
/// case.
namespace tenon::cli {

/// A signal that was ignored when the command began (nohup, a background job of a script) stays
/// ignored. SIGPIPE and SIGXFSZ are ignored, so that a write fails with EPIPE or EFBIG instead.
void install_signal_handlers();

/// SIGINT came since the handlers were installed.
bool was_interrupted();

/// Ends the process as the signal itself would have, so that a shell sees it.
[[noreturn]] void end_by_signal(int signal);

/// A file that is removed when a signal ends the process, as long as the object lives.
class DoomedFile {
 public:
  explicit DoomedFile(const std::string& path);
  ~DoomedFile();
  DoomedFile(const DoomedFile&) = delete;
  DoomedFile& operator=(const DoomedFile&) = delete;

 private:
  std::size_t slot_;
  std::string path_;
};

}  // namespace tenon::cli
